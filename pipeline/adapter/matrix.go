package adapter

import "math"

// product multiplies a [rows, inner] with b [inner, n], in float32.
func product(a, b []float32, rows, inner int) []float32 {
	out := make([]float32, rows*(len(b)/inner))
	accumulate(out, a, b, rows)
	return out
}

// accumulate adds a [rows, inner] times b [inner, n] to out [rows, n].
func accumulate(out, a, b []float32, rows int) {
	if n, inner := len(out)/rows, len(a)/rows; tiles(rows, n) {
		tiled(out, a, b, rows, n, inner)
		return
	}
	plain(out, a, b, rows)
}

// tiles says whether a product of so many rows and columns is computed by tiles.
func tiles(rows, n int) bool { return fused && rows >= tileRows && n >= tileColumns }

// The part of a product that is computed at a time, in registers; so many rows and columns of
// such parts, and so much of the sums, stay in the processor's nearest memory.
const (
	tileRows, tileColumns   = 6, 16
	blockRows, blockColumns = 8 * tileRows, 8 * tileColumns
	blockDepth              = 256
)

// tiled is accumulate by tiles, the fastest way (Goto and van de Geijn 2008, "Anatomy of
// High-Performance Matrix Multiplication"): more than ten times as fast as plain.
func tiled(out, a, b []float32, rows, n, inner int) {
	packed := make([]float32, min(inner, blockDepth)*blockColumns)
	for k := 0; k < inner; k += blockDepth {
		depth := min(blockDepth, inner-k)
		for c := 0; c < n; c += blockColumns {
			columns := min(blockColumns, n-c)
			pack(packed, b[k*n+c:], n, depth, columns)
			for r := 0; r < rows; r += blockRows {
				block(out[r*n+c:], a[r*inner+k:], packed, n, inner, min(blockRows, rows-r), columns, depth)
			}
		}
	}
}

// panels are all of a matrix [inner, n] in the order in which tiles read it.
type panels struct {
	values   []float32
	inner, n int
}

func packed(b []float32, inner, n int) *panels {
	wide := (n + tileColumns - 1) / tileColumns * tileColumns
	p := &panels{make([]float32, inner*wide), inner, n}
	for k := 0; k < inner; k += blockDepth {
		depth := min(blockDepth, inner-k)
		pack(p.values[k*wide:][:depth*wide], b[k*n:], n, depth, n)
	}
	return p
}

// addTo adds a [rows, inner] times the matrix to out [rows, n], as tiled does.
func (p *panels) addTo(out, a []float32, rows int) {
	wide := len(p.values) / p.inner
	for k := 0; k < p.inner; k += blockDepth {
		depth := min(blockDepth, p.inner-k)
		for c := 0; c < p.n; c += blockColumns {
			for r := 0; r < rows; r += blockRows {
				block(out[r*p.n+c:], a[r*p.inner+k:], p.values[k*wide+c*depth:], p.n, p.inner, min(blockRows, rows-r), min(blockColumns, p.n-c), depth)
			}
		}
	}
}

// block adds a part of a times packed columns of b to a part of out; n and inner are the
// lengths of the rows of out and a.
func block(out, a, packed []float32, n, inner, rows, columns, depth int) {
	for c := 0; c < columns; c += tileColumns {
		panel := &packed[c*depth]
		for r := 0; r < rows; r += tileRows {
			if r+tileRows <= rows && c+tileColumns <= columns {
				tile6x16(&out[r*n+c], 4*n, &a[r*inner], 4*inner, panel, depth)
				continue
			}
			// A tile that reaches beyond the edge.
			var sum [tileRows * tileColumns]float32
			var short [tileRows * blockDepth]float32
			last, width := min(r+tileRows, rows), min(tileColumns, columns-c)
			for i := r; i < last; i++ {
				copy(short[(i-r)*depth:(i-r+1)*depth], a[i*inner:])
			}
			tile6x16(&sum[0], 4*tileColumns, &short[0], 4*depth, panel, depth)
			for i := r; i < last; i++ {
				for j, v := range sum[(i-r)*tileColumns:][:width] {
					out[i*n+c+j] += v
				}
			}
		}
	}
}

// pack puts columns of b, of rows of length n, into panels as wide as a tile, one after
// another, zeros beyond the edge.
func pack(packed, b []float32, n, depth, columns int) {
	clear(packed)
	for c := 0; c < columns; c += tileColumns {
		panel, width := packed[c*depth:], min(tileColumns, columns-c)
		for k := range depth {
			copy(panel[k*tileColumns:], b[k*n+c:k*n+c+width])
		}
	}
}

// plain is accumulate without the help of the processor's wide registers. Four rows of b at a
// time are twice as fast as one.
func plain(out, a, b []float32, rows int) {
	n, inner := len(out)/rows, len(a)/rows
	for i := range rows {
		row, k := out[i*n:(i+1)*n], 0
		for ; k+4 <= inner; k += 4 {
			f, g := a[i*inner+k:i*inner+k+4], b[k*n:]
			b0, b1, b2, b3 := g[:len(row)], g[n:n+len(row)], g[2*n:2*n+len(row)], g[3*n:3*n+len(row)]
			f0, f1, f2, f3 := f[0], f[1], f[2], f[3]
			for j := range row {
				row[j] += f0*b0[j] + f1*b1[j] + f2*b2[j] + f3*b3[j]
			}
		}
		for ; k < inner; k++ {
			for j, v := range b[k*n : (k+1)*n] {
				row[j] += a[i*inner+k] * v
			}
		}
	}
}

// addTo adds the change, times a strength, to a weight of so many rows.
func (d Delta) addTo(sum []float32, rows int, strength float32) {
	if d.Values == nil {
		up := append([]float32(nil), d.Up...)
		scaled(up, strength)
		accumulate(sum, up, d.Down, rows)
		return
	}
	for i, v := range d.Values {
		sum[i] += v * strength
	}
}

func scaled(v []float32, by float32) {
	if by == 1 {
		return
	}
	for i := range v {
		v[i] *= by
	}
}

// columns are the first n of a matrix with so many.
func columns(m []float32, of, n int) []float32 {
	var out []float32
	for ; len(m) >= of; m = m[of:] {
		out = append(out, m[:n]...)
	}
	return out
}

// transposed is a matrix of so many rows with rows and columns exchanged.
func transposed(m []float32, rows int) []float32 {
	n := len(m) / rows
	out := make([]float32, len(m))
	for i := range rows {
		for j := range n {
			out[j*rows+i] = m[i*n+j]
		}
	}
	return out
}

// swapped is the shape of a matrix transposed.
func swapped(shape []int64) []int64 {
	if len(shape) != 2 {
		return shape
	}
	return []int64{shape[1], shape[0]}
}

// inner exchanges the last two axes [a, b] of a tensor.
func inner(t []float32, a, b int) []float32 {
	out := make([]float32, 0, len(t))
	for at := 0; at < len(t); at += a * b {
		out = append(out, transposed(t[at:at+a*b], a)...)
	}
	return out
}

// fitsTucker says whether a [o, r] times core [r, q, kernel] times b [q, i] is a weight.
func fitsTucker(core []int64, r, q, o, i int64, w []int64) bool {
	return len(core) > 2 && len(w) == len(core) && size(core) > 0 && size(w) > 0 && core[0] == r && core[1] == q && w[0] == o && w[1] == i && size(core[2:]) == size(w[2:])
}

// tucker is Σ a[o, r] · core[r, q, kernel] · b[q, i], as [o, i, kernel]. The sum that leaves
// less to keep is first, so that ranks of any size want little more memory than their file.
func tucker(a []float32, core Tensor, b []float32) []float32 {
	r, q := int(core.Shape[0]), int(core.Shape[1])
	k, o, i := len(core.Values)/r/q, len(a)/r, len(b)/q
	c := inner(core.Values, q, k) // [r, kernel, q]
	var out []float32             // [o, kernel, i]
	if o*q <= r*i {
		out = product(product(a, c, o, r), b, o*k, q)
	} else {
		out = product(a, product(c, b, r*k, q), o, r)
	}
	return inner(out, k, i)
}

// largest is the largest absolute value; infinity and what is no number are larger than all.
func largest(v []float32) float64 {
	most := uint32(0) // the bits of floats without their sign are in the floats' order
	for _, x := range v {
		most = max(most, math.Float32bits(x)&^(1<<31))
	}
	return float64(math.Float32frombits(most))
}
