package infill

import "context"

// plate is the smooth surface through what is known that also goes on as steeply as it
// arrives: the slopes beside the hole are spread harmonically and integrated (Δu = div g),
// so a gradient passes through, a light gets its top and an outpaint keeps its direction.
// A membrane (Δu = 0) has a crease at the border. It is worked out on lumps of f×f cells.
type plate struct {
	w, h, f int
	lump    []lump
	value   *sheet          // at the middle of each lump
	slope   [][2][3]float32 // per lump, along x and y
	free    []int32         // lumps without a known cell
}

// lump sums known cells and their places.
type lump struct{ n, x, y, r, g, b float32 }

const (
	plateDeep  = 20 // lumps from the border to the deepest part of a hole, at most
	plateLook  = 3  // lumps around one that its slope is measured on
	plateSteps = 200
	plateOver  = 1.85 // over-relaxation, good for about plateDeep
)

// smoothOver is the surface over all of s through the cells that count, made to meet the
// local means of the cells that are pinned.
func (s *sheet) smoothOver(ctx context.Context, counts, pinned func(i int) bool) (*sheet, error) {
	known := make([]bool, len(s.c))
	for i := range known {
		known[i] = counts(i)
	}
	p := s.lumps(known, 1)
	for p.deepest() > plateDeep && min(p.w, p.h) > 2*plateLook {
		p = s.lumps(known, 2*p.f)
	}
	p.fit()
	p.solve()
	out, apart, fix := s.blank(), s.blank(), s.blank()
	err := chunks(ctx, s.h, 8, func(y0, y1 int) {
		for i := y0 * s.w; i < y1*s.w; i++ {
			o, c := p.value.between(i%s.w, i/s.w, p.f), s.c[i]
			if out.c[i] = o; pinned(i) {
				apart.c[i] = cell{c.r - o.r, c.g - o.g, c.b - o.b, 0, 1}
			}
		}
	})
	if err != nil {
		return nil, err
	}
	err = chunks(ctx, s.h, 8, func(y0, y1 int) {
		for i := y0 * s.w; i < y1*s.w; i++ {
			if apart.c[i].w > 0 {
				fix.c[i] = meanAround(apart.c, s.w, s.h, i, windowHalf)
			}
		}
	})
	if err != nil {
		return nil, err
	}
	if err := pullPush(ctx, fix, membraneSteps); err != nil {
		return nil, err
	}
	for i := range known { // and what it has to meet, such as a blurred bit of grass where all that counts is sky
		known[i] = known[i] || apart.c[i].w > 0
	}
	low, high := s.extremes(known)
	room := 0.1 / max(p.openness(), 0.01)
	for i, e := range fix.c {
		c := &out.c[i]
		c.r, c.g, c.b = within(c.r+e.r, low.r, high.r, room), within(c.g+e.g, low.g, high.g, room), within(c.b+e.b, low.b, high.b, room)
	}
	return out, nil
}

// extremes are the least and the greatest of some cells.
func (s *sheet) extremes(of []bool) (low, high cell) {
	low = cell{r: 255, g: 255, b: 255}
	for i, c := range s.c {
		if of[i] {
			low = cell{r: min(low.r, c.r), g: min(low.g, c.g), b: min(low.b, c.b)}
			high = cell{r: max(high.r, c.r), g: max(high.g, c.g), b: max(high.b, c.b)}
		}
	}
	return low, high
}

// within lets v leave the range of what was seen by no more than room times that range,
// gently: a row of outpaints would run into black or white.
func within(v, low, high, room float32) float32 {
	room *= max(high-low, 4)
	soft := func(over float32) float32 { return room * over / (room + over) }
	switch {
	case v > high:
		v = high + soft(v-high)
	case v < low:
		v = low - soft(low-v)
	}
	return clampTo(v, 255)
}

func (s *sheet) blank() *sheet { return &sheet{w: s.w, h: s.h, c: make([]cell, len(s.c))} }

// lumps sums the known cells by f×f.
func (s *sheet) lumps(known []bool, f int) *plate {
	p := &plate{w: (s.w + f - 1) / f, h: (s.h + f - 1) / f, f: f}
	p.lump = make([]lump, p.w*p.h)
	for y := range s.h {
		for x := range s.w {
			if i := y*s.w + x; known[i] {
				l, c := &p.lump[y/f*p.w+x/f], &s.c[i]
				l.n, l.x, l.y = l.n+1, l.x+float32(x), l.y+float32(y)
				l.r, l.g, l.b = l.r+c.r, l.g+c.g, l.b+c.b
			}
		}
	}
	for i := range p.lump {
		l := &p.lump[i]
		if l.n == 0 {
			p.free = append(p.free, int32(i))
			continue
		}
		k := 1 / l.n
		l.x, l.y, l.r, l.g, l.b = l.x*k, l.y*k, l.r*k, l.g*k, l.b*k
	}
	return p
}

// deepest is how many lumps the free ones are away from the nearest other at most.
func (p *plate) deepest() int {
	most := uint8(0)
	for _, d := range steps(p.w, p.h, func(i int) bool { return p.lump[i].n > 0 }) {
		most = max(most, d)
	}
	return int(most)
}

// middle is where lump i's value is, in cells.
func (p *plate) middle(i int) (x, y float32) {
	half := float32(p.f-1) / 2
	return float32(i%p.w*p.f) + half, float32(i/p.w*p.f) + half
}

// fit gives the known lumps their values, and those beside free ones the plane through
// what is around them.
func (p *plate) fit() {
	p.value, p.slope = &sheet{p.w, p.h, make([]cell, len(p.lump))}, make([][2][3]float32, len(p.lump))
	for i, l := range p.lump {
		p.value.c[i] = cell{r: l.r, g: l.g, b: l.b}
	}
	for _, i := range p.free {
		p.around(int(i), func(j, _, _ int) {
			if p.lump[j].n > 0 {
				p.plane(j)
			}
		})
	}
}

// around calls do for the four neighbours of lump i inside the sheet.
func (p *plate) around(i int, do func(j, dx, dy int)) {
	x, y := i%p.w, i/p.w
	if x > 0 {
		do(i-1, -1, 0)
	}
	if x < p.w-1 {
		do(i+1, 1, 0)
	}
	if y > 0 {
		do(i-p.w, 0, -1)
	}
	if y < p.h-1 {
		do(i+p.w, 0, 1)
	}
}

// plane fits value and slope of known lump i by least squares, weighed by the cells.
func (p *plate) plane(i int) {
	px, py := p.middle(i)
	x, y, k := i%p.w, i/p.w, 1/float32(p.f)
	var n, sx, sy, sxx, sxy, syy float32
	var v, vx, vy, vv [3]float32
	for yy := max(0, y-plateLook); yy <= min(p.h-1, y+plateLook); yy++ {
		for xx := max(0, x-plateLook); xx <= min(p.w-1, x+plateLook); xx++ {
			l := p.lump[yy*p.w+xx]
			if l.n == 0 {
				continue
			}
			dx, dy := (l.x-px)*k, (l.y-py)*k
			n, sx, sy = n+l.n, sx+l.n*dx, sy+l.n*dy
			sxx, sxy, syy = sxx+l.n*dx*dx, sxy+l.n*dx*dy, syy+l.n*dy*dy
			for c, u := range [3]float32{l.r, l.g, l.b} {
				v[c], vx[c], vy[c], vv[c] = v[c]+l.n*u, vx[c]+l.n*dx*u, vy[c]+l.n*dy*u, vv[c]+l.n*u*u
			}
		}
	}
	// Cramer's rule about the centre of gravity.
	mx, my := sx/n, sy/n
	a, b, d := sxx-n*mx*mx, sxy-n*mx*my, syy-n*my*my
	det := a*d - b*b
	if det < 0.05*n*n { // too few places for a slope
		return
	}
	for c := range v {
		m := v[c] / n
		ex, ey := vx[c]-n*mx*m, vy[c]-n*my*m
		gx, gy := (d*ex-b*ey)/det, (a*ey-b*ex)/det
		// What the plane explains of the variance is how far it is one.
		is := min(max((gx*ex+gy*ey)/max(vv[c]-n*m*m, 0.01*n), 0), 1)
		gx, gy = is*gx, is*gy
		p.slope[i][0][c], p.slope[i][1][c] = gx, gy
		v[c] = m - gx*mx - gy*my
	}
	p.value.c[i] = cell{r: v[0], g: v[1], b: v[2]}
}

// openness is the share of the free lumps' border where the sheet ends: 0 for a hole with
// picture all around, about 0.6 for an outpaint.
func (p *plate) openness() float32 {
	ends, meets := float32(0), float32(0)
	for _, i := range p.free {
		n := float32(4)
		p.around(int(i), func(j, _, _ int) {
			n--
			if p.lump[j].n > 0 {
				meets++
			}
		})
		ends += n
	}
	return ends / max(ends+meets, 1)
}

// solve spreads slopes, then values. Beyond the picture slopes fade, over about one and a
// half times the greatest depth: nobody knows how long they go on.
func (p *plate) solve() {
	far := p.openness() / float32(max(p.deepest(), 1))
	fade := far * far
	for range plateSteps {
		for _, i := range p.free {
			var sum [2][3]float32
			n := fade
			p.around(int(i), func(j, _, _ int) {
				n++
				for a := range sum {
					for c := range sum[a] {
						sum[a][c] += p.slope[j][a][c]
					}
				}
			})
			for a := range sum {
				for c := range sum[a] {
					g := &p.slope[i][a][c]
					*g += plateOver * (sum[a][c]/n - *g)
				}
			}
		}
	}
	for range plateSteps {
		for _, i := range p.free {
			var sum cell
			p.around(int(i), func(j, dx, dy int) {
				v := p.value.c[j]
				rise := func(c int) float32 {
					return ((p.slope[i][0][c]+p.slope[j][0][c])*float32(dx) + (p.slope[i][1][c]+p.slope[j][1][c])*float32(dy)) / 2
				}
				sum.r, sum.g, sum.b, sum.w = sum.r+v.r-rise(0), sum.g+v.g-rise(1), sum.b+v.b-rise(2), sum.w+1
			})
			v := &p.value.c[i]
			v.r += plateOver * (sum.r/sum.w - v.r)
			v.g += plateOver * (sum.g/sum.w - v.g)
			v.b += plateOver * (sum.b/sum.w - v.b)
		}
	}
}

// between is the colour at a cell of a sheet f times as large, between the middles of four
// cells or beyond the outermost.
func (s *sheet) between(x, y, f int) cell {
	if s.w < 2 || s.h < 2 {
		return s.c[0]
	}
	fx, fy := float32(2*x-f+1)/float32(2*f), float32(2*y-f+1)/float32(2*f)
	i, j := min(max(int(fx), 0), s.w-2), min(max(int(fy), 0), s.h-2)
	fx, fy = fx-float32(i), fy-float32(j)
	a, b, c, d := &s.c[j*s.w+i], &s.c[j*s.w+i+1], &s.c[(j+1)*s.w+i], &s.c[(j+1)*s.w+i+1]
	mix := func(a, b, c, d float32) float32 { return (a*(1-fx)+b*fx)*(1-fy) + (c*(1-fx)+d*fx)*fy }
	return cell{mix(a.r, b.r, c.r, d.r), mix(a.g, b.g, c.g, d.g), mix(a.b, b.b, c.b, d.b), 255, 1}
}
