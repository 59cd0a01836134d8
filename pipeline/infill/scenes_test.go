package infill

import (
	"image"
	"math"
	"math/rand/v2"
)

// scene is a synthetic picture whose truth is known.
type scene struct {
	name  string
	level func(x, y float64) [3]float64 // noiseless colour
	noise func(x, y float64) float64    // σ of the added noise, may be nil
}

// draw renders a scene of w × h with noise from seed.
func (s scene) draw(w, h int, seed uint64) *image.NRGBA {
	rng := rand.New(rand.NewPCG(seed, 7))
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			c := s.level(float64(x), float64(y))
			sigma := 0.0
			if s.noise != nil {
				sigma = s.noise(float64(x), float64(y))
			}
			for k := range 3 {
				img.Pix[4*(y*w+x)+k] = uint8(math.Round(min(max(c[k]+sigma*rng.NormFloat64(), 0), 255)))
			}
			img.Pix[4*(y*w+x)+3] = 255
		}
	}
	return img
}

// brick is the brightness of a running-bond wall of 48×24 bricks with 3 px mortar; step
// numbers a brick's brightness 0..6.
func brick(x, y float64, step func(col, row int) int) float64 {
	row := math.Floor(y / 24)
	if math.Mod(row, 2) != 0 {
		x += 24
	}
	col := math.Floor(x / 48)
	v := float64(6 * step(int(col), int(row)))
	if x-48*col < 3 || y-24*row < 3 {
		return -50 + 18
	}
	return v
}

func regular(col, row int) int { return ((col*3+row*5)%7 + 7) % 7 }

func random(col, row int) int { return int(mix(uint64(col), uint64(row)) % 7) }

// wall is the scene of the figures: sky above, bricks below.
func wall(h float64, step func(col, row int) int) scene {
	horizon := 0.45 * h
	return scene{
		name: "wall",
		level: func(x, y float64) [3]float64 {
			if y < horizon {
				t := y / horizon
				return [3]float64{90 + 80*t, 140 + 60*t, 220 + 15*t}
			}
			v := brick(x, y-horizon, step)
			return [3]float64{150 + v, 90 + v, 70 + v}
		},
		noise: func(x, y float64) float64 {
			if y < horizon {
				return 2
			}
			return 8
		},
	}
}

// disc is a round mask of the given share of the picture, in its middle.
func disc(w, h int, share float64) *image.Alpha {
	m := image.NewAlpha(image.Rect(0, 0, w, h))
	r2 := share * float64(w*h) / math.Pi
	for y := range h {
		for x := range w {
			dx, dy := float64(x)+0.5-float64(w)/2, float64(y)+0.5-float64(h)/2
			if dx*dx+dy*dy < r2 {
				m.Pix[y*w+x] = 255
			}
		}
	}
	return m
}

// grey wraps a brightness as a colour with a slight tint.
func grey(f func(x, y float64) float64) func(x, y float64) [3]float64 {
	return func(x, y float64) [3]float64 {
		v := f(x, y)
		return [3]float64{v, 0.9*v + 10, 0.8*v + 25}
	}
}

// flat is the same noise everywhere.
func flat(sigma float64) func(x, y float64) float64 {
	return func(x, y float64) float64 { return sigma }
}

// stripes have smooth edges, a period and an angle.
func stripes(period, angle float64) func(x, y float64) float64 {
	c, s := math.Cos(angle), math.Sin(angle)
	return func(x, y float64) float64 {
		return 128 + 60*math.Tanh(3*math.Sin(2*math.Pi*(c*x+s*y)/period))
	}
}

// floor views f in perspective: the plane recedes toward a horizon above the picture.
func floor(f func(u, v float64) float64) func(x, y float64) float64 {
	return func(x, y float64) float64 {
		d := 260 / (y + 200)
		return f((x-192)*d*1.2, 500*d)
	}
}

// facade views f as a wall that recedes to the right.
func facade(f func(u, v float64) float64) func(x, y float64) float64 {
	return func(x, y float64) float64 {
		d := 700 / (900 - x)
		return f(500*d, (y-100)*d)
	}
}

func tiles(size float64) func(x, y float64) float64 {
	return func(x, y float64) float64 {
		if (int(math.Floor(x/size))+int(math.Floor(y/size)))&1 == 0 {
			return 180
		}
		return 80
	}
}

func bricks(step func(col, row int) int) func(x, y float64) float64 {
	return func(x, y float64) float64 { return 120 + brick(x, y, step) }
}

// cloud is value noise: smooth random hills of the given size.
func cloud(size float64) func(x, y float64) float64 {
	at := func(i, j int) float64 { return float64(mix(uint64(i+1000), uint64(j+1000)) % 120) }
	return func(x, y float64) float64 {
		i, j := math.Floor(x/size), math.Floor(y/size)
		u, v := x/size-i, y/size-j
		u, v = u*u*(3-2*u), v*v*(3-2*v)
		a, b := int(i), int(j)
		return 70 + (at(a, b)*(1-u)+at(a+1, b)*u)*(1-v) + (at(a, b+1)*(1-u)+at(a+1, b+1)*u)*v
	}
}

// class says what a scene must show.
type class int

const (
	structured class = iota // content must win clearly
	smooth                  // content must not lose
	rough                   // reported only: no method can know the truth
)

// trial is a scene with what it must show.
type trial struct {
	scene
	class class
}

func trials() []trial {
	radial := func(x, y float64) float64 { return 60 + 0.4*math.Hypot(x-60, y+40) }
	linear := func(x, y float64) float64 { return 40 + 0.3*x + 0.25*y }
	bowl := func(x, y float64) float64 { return 60 + 0.0012*((x-250)*(x-250)+(y-100)*(y-100)) }
	half := func(f, g func(x, y float64) float64) func(x, y float64) float64 {
		return func(x, y float64) float64 {
			if x+0.3*y < 235 {
				return f(x, y)
			}
			return g(x, y)
		}
	}
	shaded := func(x, y float64) float64 { return stripes(26, 0.5)(x, y)*0.6 + 0.25*x }
	return []trial{
		{scene{"stripes 0", grey(stripes(24, 0)), flat(4)}, structured},
		{scene{"stripes 90", grey(stripes(31, math.Pi/2)), flat(4)}, structured},
		{scene{"stripes 30", grey(stripes(24, 0.52)), flat(4)}, structured},
		{scene{"stripes 63 fine", grey(stripes(9, 1.1)), flat(4)}, structured},
		{scene{"stripes shaded", grey(shaded), flat(4)}, structured},
		{scene{"bricks", grey(bricks(regular)), flat(8)}, structured},
		{scene{"bricks random", grey(bricks(random)), flat(8)}, structured},
		{scene{"tiles", grey(tiles(28)), flat(5)}, structured},
		{scene{"floor tiles", grey(floor(tiles(40))), flat(4)}, structured},
		{scene{"floor stripes", grey(floor(stripes(50, 0))), flat(4)}, structured},
		{scene{"facade bricks", grey(facade(bricks(regular))), flat(5)}, structured},
		{scene{"facade stripes", grey(facade(stripes(30, math.Pi/2))), flat(4)}, structured},
		{scene{"wall", wall(288, regular).level, wall(288, regular).noise}, structured},
		{scene{"stripes | tiles", grey(half(stripes(20, 0.3), tiles(30))), flat(5)}, structured},
		{scene{"stripes | sky", grey(half(stripes(20, 0.3), linear)), flat(3)}, structured},
		{scene{"linear", grey(linear), nil}, smooth},
		{scene{"linear noisy", grey(linear), flat(3)}, smooth},
		{scene{"radial", grey(radial), flat(1)}, smooth},
		{scene{"bowl", grey(bowl), flat(2)}, smooth},
		{scene{"two gradients", grey(half(linear, radial)), flat(2)}, smooth},
		{scene{"noise", grey(func(x, y float64) float64 { return 128 }), flat(25)}, rough},
		{scene{"cloud", grey(cloud(20)), flat(2)}, rough},
		{scene{"cloud fine", grey(cloud(6)), flat(4)}, rough},
	}
}
