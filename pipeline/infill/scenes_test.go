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

// psnr compares two pictures where the mask is set, in decibel.
func psnr(a, b *image.NRGBA, mask *image.Alpha) float64 {
	sum, n := 0.0, 0
	for i, m := range mask.Pix {
		if m != 0 {
			for k := range 3 {
				d := float64(a.Pix[4*i+k]) - float64(b.Pix[4*i+k])
				sum += d * d
			}
			n += 3
		}
	}
	return 10 * math.Log10(255*255*float64(n)/max(sum, 1e-9))
}
