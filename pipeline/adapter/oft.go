package adapter

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// oft turns a weight's outputs (Qiu et al. 2023, arXiv:2306.07280): block by block W' = Rᵀ·W,
// R = (I+Q)(I−Q)⁻¹ with Q = B − Bᵀ of oft_blocks [blocks, n, n] (Cayley); oft_diag is R itself.
// alpha, where it is above 0, limits the norm of all Q together. BOFT (Liu et al. 2023,
// arXiv:2311.06243) is several such turns after another, oft_blocks [turns, blocks, n, n], of
// outputs in the order of a butterfly. rescale multiplies each turned output.
var oft = Kind{
	Name:  "OFT",
	Marks: map[string]string{"oft_blocks": ".weight", "oft_diag": ".weight"},
	Keys:  []string{"alpha", "rescale"},
	Fits:  oftFits,
	Delta: oftDelta,
}

// oftKey is the tensor that holds the turns.
func oftKey(m Module) string {
	if m.Has("oft_diag") {
		return "oft_diag"
	}
	return "oft_blocks"
}

func oftFits(m Module, w Tensor) error {
	key, s := oftKey(m), m.Shape(oftKey(m))
	n := len(s)
	if n != 3 && n != 4 || size(s) < 1 || s[n-1] != s[n-2] || len(w.Shape) < 2 || size(w.Shape) < 1 || s[n-3]*s[n-1] != w.Shape[0] {
		return fmt.Errorf("%s of shape %v, want square blocks for the outputs of a weight of shape %v", key, s, w.Shape)
	}
	// Turn i pairs outputs that are 2^i half blocks apart.
	if n == 4 && (s[3]%2 != 0 || s[0] > 30 || w.Shape[0]%(s[3]<<(s[0]-1)) != 0) {
		return fmt.Errorf("%s of shape %v, want turns that divide %d outputs", key, s, w.Shape[0])
	}
	if m.Has("rescale") && size(m.Shape("rescale")) != w.Shape[0] {
		return fmt.Errorf("rescale of shape %v, want %d values", m.Shape("rescale"), w.Shape[0])
	}
	return nil
}

func oftDelta(m Module, w Tensor) (Delta, error) {
	blocks, err := m.Tensor(oftKey(m))
	if err != nil {
		return Delta{}, err
	}
	s := blocks.Shape
	n := int(s[len(s)-1])
	if oftKey(m) == "oft_blocks" {
		alpha, err := m.Scalar("alpha", 0)
		if err != nil {
			return Delta{}, err
		}
		if strings.HasPrefix(m.Name, "oft_") { // sd-scripts counts it by outputs
			alpha *= float32(w.Shape[0])
		}
		cayley(blocks.Values, n, float64(alpha))
	} else {
		minusIdentity(blocks.Values, n)
	}
	turns := 1
	if len(s) == 4 {
		turns = int(s[0])
	}
	each := len(blocks.Values) / turns
	// Only the change is summed: what a small turn leaves of W would drown its digits.
	out, now := make([]float32, len(w.Values)), slices.Clone(w.Values)
	for i := range turns {
		r := blocks.Values[i*each : (i+1)*each]
		if len(s) == 3 {
			turn(out, now, r, n, int(w.Shape[0]), 0, true)
		} else {
			turn(out, now, r, n, int(w.Shape[0]), n/2<<i, false)
		}
		for at, v := range w.Values {
			now[at] = v + out[at]
		}
	}
	if m.Has("rescale") {
		t, err := m.Tensor("rescale")
		if err != nil {
			return Delta{}, err
		}
		along(w.Shape, 0, func(at, i int) { out[at] = out[at]*t.Values[i] + w.Values[at]*(t.Values[i]-1) })
	}
	return Delta{Values: out}, nil
}

// turn adds blocks of n rows of w, times r [blocks, n, n] or its transposed, to out. apart says
// which rows a block holds: 0 is n in a row, else they are gathered from rows that lie so far
// apart, two by two.
func turn(out, w, r []float32, n, rows, apart int, transpose bool) {
	rest := len(w) / rows
	order := make([]int, 0, rows)
	if apart == 0 {
		apart = 1 // groups of one are in their own order
		for i := range rows {
			order = append(order, i)
		}
	} else {
		for c := 0; c < rows; c += 2 * apart {
			for k := range apart {
				order = append(order, c+k, c+apart+k)
			}
		}
	}
	for b := 0; b < rows; b += n {
		block := r[b*n : (b+n)*n]
		for i := range n {
			to := out[order[b+i]*rest:][:rest]
			for j := range n {
				f := block[i*n+j]
				if transpose {
					f = block[j*n+i]
				}
				from := w[order[b+j]*rest:][:len(to)]
				for x := range to {
					to[x] += f * from[x]
				}
			}
		}
	}
}

// minusIdentity takes the identity from matrices R [blocks, n, n].
func minusIdentity(r []float32, n int) {
	for at := range r {
		if i := at % (n * n); i/n == i%n {
			r[at]--
		}
	}
}

// cayley makes R − I of B [blocks, n, n], in its place.
func cayley(b []float32, n int, limit float64) {
	q, norm := make([]float64, len(b)), 0.0
	for at := 0; at < len(b); at += n * n {
		for i := range n {
			for j := range n {
				v := float64(b[at+i*n+j]) - float64(b[at+j*n+i])
				q[at+i*n+j] = v
				norm += v * v
			}
		}
	}
	if norm = math.Sqrt(norm) + 1e-8; limit > 0 && norm > limit {
		for i := range q {
			q[i] *= limit / norm
		}
	}
	for at := 0; at < len(b); at += n * n {
		rotation(q[at:at+n*n], n, b[at:at+n*n])
	}
}

// rotation is R − I, R = (I+Q)(I−Q)⁻¹, for a skew-symmetric Q, for which I−Q has an inverse.
// Both factors commute, so it solves (I−Q)·X = 2·Q: by Gauss, with the largest of each column
// first.
func rotation(q []float64, n int, out []float32) {
	a, r := make([]float64, n*n), make([]float64, n*n)
	for i := range q {
		a[i], r[i] = -q[i], 2*q[i]
	}
	for i := range n {
		a[i*n+i]++
	}
	swap := func(m []float64, i, j int) {
		for k := range n {
			m[i*n+k], m[j*n+k] = m[j*n+k], m[i*n+k]
		}
	}
	for c := range n {
		best := c
		for i := c + 1; i < n; i++ {
			if math.Abs(a[i*n+c]) > math.Abs(a[best*n+c]) {
				best = i
			}
		}
		swap(a, c, best)
		swap(r, c, best)
		for i := range n {
			if f := a[i*n+c] / a[c*n+c]; i != c && f != 0 {
				for k := c; k < n; k++ {
					a[i*n+k] -= f * a[c*n+k]
				}
				for k := range n {
					r[i*n+k] -= f * r[c*n+k]
				}
			}
		}
	}
	for i := range n {
		for k := range n {
			out[i*n+k] = float32(r[i*n+k] / a[i*n+i])
		}
	}
}
