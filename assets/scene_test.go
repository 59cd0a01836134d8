package assets

import "math"

// vec is a point, a direction or a linear colour. x is right, y up, z away from the eye.
type vec [3]float64

func (a vec) add(b vec) vec       { return vec{a[0] + b[0], a[1] + b[1], a[2] + b[2]} }
func (a vec) sub(b vec) vec       { return vec{a[0] - b[0], a[1] - b[1], a[2] - b[2]} }
func (a vec) mul(f float64) vec   { return vec{a[0] * f, a[1] * f, a[2] * f} }
func (a vec) tint(b vec) vec      { return vec{a[0] * b[0], a[1] * b[1], a[2] * b[2]} }
func (a vec) dot(b vec) float64   { return a[0]*b[0] + a[1]*b[1] + a[2]*b[2] }
func (a vec) unit() vec           { return a.mul(1 / math.Sqrt(a.dot(a))) }
func mix(a, b vec, f float64) vec { return a.mul(1 - f).add(b.mul(f)) }

func step(lo, hi, v float64) float64 {
	t := min(1, max(0, (v-lo)/(hi-lo)))
	return t * t * (3 - 2*t)
}

// hash gives 0..1 for a lattice point.
func hash(x, y, salt int) float64 {
	h := uint32(x)*0x8da6b343 ^ uint32(y)*0xd8163841 ^ uint32(salt)*0xcb1ab31f
	h ^= h >> 15
	h *= 0x2c1b3c6d
	h ^= h >> 12
	h *= 0x297a2d39
	h ^= h >> 15
	return float64(h>>8) / (1 << 24)
}

// value is smooth noise, 0..1.
func value(x, y float64, salt int) float64 {
	fx, fy := math.Floor(x), math.Floor(y)
	i, j := int(fx), int(fy)
	u, v := x-fx, y-fy
	u, v = u*u*(3-2*u), v*v*(3-2*v)
	a := hash(i, j, salt) + u*(hash(i+1, j, salt)-hash(i, j, salt))
	b := hash(i, j+1, salt) + u*(hash(i+1, j+1, salt)-hash(i, j+1, salt))
	return a + v*(b-a)
}

// fbm sums octaves of value noise around 0; those finer than footprint fade out.
func fbm(x, y float64, octaves, salt int, footprint float64) float64 {
	sum, amp, freq := 0.0, 0.5, 1.0
	for o := range octaves {
		fade := step(1.2, 0.3, freq*footprint)
		if fade == 0 {
			break
		}
		sum += amp * fade * (value(x*freq, y*freq, salt+o) - 0.5)
		amp, freq = amp*0.55, freq*2.03
	}
	return 2 * sum
}

// box is an upright box that may be turned about the vertical.
type box struct {
	at, along vec // lower left front corner; direction of its length
	l, h, t   float64
	paint     func(u, y, w, footprint float64, face int) (colour vec, bump vec)
	out       vec // across its thickness
}

// hit returns distance, local coordinates and face (0 length, 1 top, 2 thickness).
func (b *box) hit(o, d vec) (t float64, local, normal vec, face int, ok bool) {
	p := o.sub(b.at)
	lo, ld := vec{p.dot(b.along), p[1], p.dot(b.out)}, vec{d.dot(b.along), d[1], d.dot(b.out)}
	size := vec{b.l, b.h, b.t}
	near, far, axis := -1e9, 1e9, 0
	for i := range 3 {
		if math.Abs(ld[i]) < 1e-12 {
			if lo[i] < 0 || lo[i] > size[i] {
				return
			}
			continue
		}
		t0, t1 := -lo[i]/ld[i], (size[i]-lo[i])/ld[i]
		if t0 > t1 {
			t0, t1 = t1, t0
		}
		if t0 > near {
			near, axis = t0, i
		}
		far = min(far, t1)
	}
	if near > far || near < 1e-4 {
		return
	}
	local = lo.add(ld.mul(near))
	axes := [3]vec{b.along, {0, 1, 0}, b.out}
	normal = axes[axis]
	if ld[axis] > 0 {
		normal = normal.mul(-1)
	}
	return near, local, normal, [3]int{2, 1, 0}[axis], true
}

var (
	sun      = vec{-0.62, 0.52, -0.50}.unit()
	sunlight = vec{1.0, 0.83, 0.62}.mul(2.5)
	skylight = vec{0.42, 0.55, 0.80}.mul(0.62)
	haze     = vec{0.86, 0.80, 0.74}
	ballAt   = vec{0.42, 0.40, 5.0}
	eye      = vec{0, 1.55, 0}
)

const ballRadius = 0.40

func wallBoxes() []*box {
	along := vec{0.50, 0, 0.866}
	out := vec{-0.866, 0, 0.50}
	wall := &box{at: vec{-4.1, 0, 3.2}, along: along, out: out, l: 9.5, h: 1.50, t: 0.36, paint: bricks}
	cap := &box{at: vec{-4.1, 1.50, 3.2}.sub(along.mul(0.05)).sub(out.mul(0.06)), along: along, out: out, l: 9.6, h: 0.11, t: 0.48, paint: stone}
	return []*box{wall, cap}
}

func signBoxes() []*box {
	x, z := vec{0.97, 0, 0.2425}, vec{-0.2425, 0, 0.97}
	post := &box{at: vec{2.62, 0, 7.0}, along: x, out: z, l: 0.09, h: 1.75, t: 0.09, paint: wood}
	upper := &box{at: vec{2.10, 1.22, 6.86}, along: x, out: z, l: 1.15, h: 0.20, t: 0.04, paint: wood}
	lower := &box{at: vec{2.10, 0.98, 6.86}, along: x, out: z, l: 1.15, h: 0.20, t: 0.04, paint: wood}
	return []*box{post, upper, lower}
}

// bricks is a running bond: 24 × 8.5 cm with 1.2 cm of mortar.
func bricks(u, y, w, footprint float64, face int) (vec, vec) {
	if face == 2 {
		u = w
	}
	const bw, bh, joint = 0.24, 0.085, 0.012
	row := math.Floor(y / bh)
	x := u + math.Mod(row, 2)*bw/2
	col := math.Floor(x / bw)
	fx, fy := x-col*bw, y-row*bh
	edge := min(fx, bw-fx, fy, bh-fy)
	wobble := 0.004 * fbm(u*40, y*40, 3, 3, footprint*40)
	in := step(joint/2-footprint/2+wobble, joint/2+0.006+footprint/2+wobble, edge)
	n := hash(int(col), int(row), 5)
	c := mix(vec{0.30, 0.105, 0.06}, vec{0.47, 0.20, 0.115}, n)
	if m := hash(int(col), int(row), 6); m > 0.9 {
		c = mix(c, vec{0.13, 0.09, 0.08}, 0.6) // burnt ones
	} else if m < 0.1 {
		c = mix(c, vec{0.55, 0.36, 0.24}, 0.5)
	}
	c = c.mul(1 + 0.28*fbm(u*55, y*55, 4, 7, footprint*55) + 0.25*fbm(u*3, y*3, 3, 8, footprint*3))
	c = mix(vec{0.42, 0.38, 0.33}.mul(1+0.2*fbm(u*90, y*90, 3, 9, footprint*90)), c, in)
	moss := step(0.25, 0.75, 0.62-y*0.75+0.8*fbm(u*2.2, y*3, 4, 10, footprint*3))
	c = mix(c, vec{0.09, 0.13, 0.045}, 0.55*moss*(1-0.35*in))
	var bump vec
	if edge < joint {
		switch edge {
		case fx:
			bump[0] = -1
		case bw - fx:
			bump[0] = 1
		case fy:
			bump[1] = -1
		default:
			bump[1] = 1
		}
	}
	return c, bump.mul(0.7 * in * step(0.02, 0.004, footprint))
}

func stone(u, y, w, footprint float64, face int) (vec, vec) {
	joint := math.Abs(u/0.62 - math.Round(u/0.62))
	c := vec{0.40, 0.37, 0.33}.mul(1 + 0.35*fbm(u*14, (y+w)*14, 5, 21, footprint*14) + 0.2*(hash(int(math.Round(u/0.62-0.5)), 0, 22)-0.5))
	c = mix(c, vec{0.10, 0.13, 0.05}, 0.5*step(0.1, 0.5, fbm(u*2, w*9, 4, 23, footprint*9)))
	return c.mul(0.45 + 0.55*step(0.006, 0.02+footprint, joint)), vec{}
}

func wood(u, y, w, footprint float64, face int) (vec, vec) {
	grain := fbm(u*2.5, y*60, 4, 31, footprint*60)
	if u < 0.1 && y > 0.25 || face == 2 { // the post's grain stands upright
		grain = fbm((u+w)*60, y*2.5, 4, 32, footprint*60)
	}
	c := mix(vec{0.30, 0.19, 0.10}, vec{0.52, 0.37, 0.22}, 0.5+0.9*grain)
	return c, vec{}
}

// grass is the meadow at a point of the ground.
func grass(x, z, footprint float64) (vec, vec) {
	broad := fbm(x*0.35, z*0.35, 4, 41, footprint*0.35)
	stripe := 0.5 + 0.5*math.Tanh(3*math.Sin(2*math.Pi*(x*0.94-z*0.34)/1.9))
	blades := fbm(x*46, z*11, 4, 42, footprint*18)
	fine := fbm(x*120, z*34, 3, 43, footprint*50)
	clump := fbm(x*5, z*3, 3, 44, footprint*5)
	c := mix(vec{0.085, 0.155, 0.028}, vec{0.20, 0.275, 0.06}, 0.40+0.45*blades+0.32*fine+0.6*clump)
	c = mix(c, vec{0.30, 0.27, 0.10}, max(0, 0.25*broad+0.14*blades))
	c = c.mul(0.92 + 0.16*stripe)
	// Daisies and buttercups, each in a cell of its own.
	const cell = 0.19
	i, j := math.Floor(x/cell), math.Floor(z/cell)
	if k := hash(int(i), int(j), 45); k < 0.16 && hash(int(i)/6, int(j)/6, 46) > 0.35 {
		cx, cz := (i+0.25+0.5*hash(int(i), int(j), 47))*cell, (j+0.25+0.5*hash(int(i), int(j), 48))*cell
		d := math.Hypot(x-cx, (z-cz)*0.8)
		petal := vec{0.80, 0.80, 0.74}
		if k < 0.05 {
			petal = vec{0.85, 0.62, 0.06}
		}
		r := 0.026
		c = mix(c, petal, 0.95*step(r+footprint, r-0.010, d)*step(0.15, 0.02, footprint))
		c = mix(c, vec{0.75, 0.50, 0.05}, step(0.010+footprint/2, 0.004, d)*step(0.03, 0.008, footprint))
	}
	return c, vec{0.5 * blades, 0, 0.35 * clump}
}

// sky is the colour in a direction: gradient, clouds, and the hills before it.
func sky(d vec) vec {
	up := max(0, d[1])
	c := mix(haze.tint(vec{1.05, 1.0, 0.96}), vec{0.16, 0.37, 0.80}, 1-math.Exp(-5.5*up))
	if d[1] > 0.01 {
		u, v := d[0]/(d[1]+0.10), d[2]/(d[1]+0.10)
		n := fbm(u*0.75+3.1, v*0.55+8.2, 6, 51, 0.004)
		shade := fbm(u*0.75+3.0, v*0.55+8.35, 5, 51, 0.004)
		cover := step(0.02, 0.42, n) * step(0.0, 0.10, d[1])
		c = mix(c, mix(vec{0.74, 0.72, 0.76}, vec{1.08, 1.0, 0.92}, step(-0.2, 0.25, n-shade+0.08)), 0.85*cover)
	}
	az, el := math.Atan2(d[0], d[2]), d[1]/math.Hypot(d[0], d[2])
	for i, ridge := range []struct{ base, rough, freq, fog float64 }{{0.150, 0.105, 2.3, 0.70}, {0.088, 0.060, 3.4, 0.42}, {0.040, 0.036, 6, 0.14}} {
		top := ridge.base + ridge.rough*fbm(az*ridge.freq+9.7*float64(i), 0.5, 5, 60+i, 0) + 0.004*float64(i)*fbm(az*150, 1, 3, 64+i, 0)
		if el > top {
			continue
		}
		woods := fbm(az*70*(1+float64(i)), el*190, 4, 70+i, 0)
		fields := fbm(az*7+float64(i), el*40, 3, 75+i, 0)
		green := mix(vec{0.055, 0.09, 0.035}, vec{0.16, 0.17, 0.06}, 0.5+0.9*fields).mul(1 + 0.9*woods)
		lit := 0.75 + 1.3*max(0, fbm(az*ridge.freq+9.7*float64(i)-0.06, 0.5, 4, 60+i, 0)-fbm(az*ridge.freq+9.7*float64(i), 0.5, 4, 60+i, 0))
		c = mix(green.mul(1.9*lit), haze.tint(vec{0.80, 0.90, 1.06}), min(1, ridge.fog+0.30*step(0.6, 0, el/top)*ridge.fog))
	}
	return c
}
