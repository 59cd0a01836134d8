package assets

import (
	"bytes"
	"flag"
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"os"
	"sync"
	"testing"
)

var update = flag.Bool("update", false, "render sample.jpg again")

// world is what a ray may meet beside the ground and the sky.
type world struct{ boxes []*box }

func newWorld() *world { return &world{append(wallBoxes(), signBoxes()...)} }

func ballHit(o, d vec) (float64, bool) {
	p := o.sub(ballAt)
	b := p.dot(d)
	disc := b*b - p.dot(p) + ballRadius*ballRadius
	if disc < 0 {
		return 0, false
	}
	t := -b - math.Sqrt(disc)
	return max(t, 0), t > 1e-4 || p.dot(p) < ballRadius*ballRadius // blades reach into its foot
}

// lit tells whether the sun (a disc, sampled at j) is seen from p.
func (w *world) lit(p vec, jx, jy float64) float64 {
	d := sun.add(vec{0.022 * (jx - 0.5), 0.022 * (jy - 0.5), 0.011 * (jx + jy - 1)}).unit()
	if _, hit := ballHit(p, d); hit {
		return 0
	}
	for _, b := range w.boxes {
		if _, _, _, _, hit := b.hit(p, d); hit {
			return 0
		}
	}
	return 1
}

// open is how much of the sky a point of the ground sees.
func (w *world) open(p vec) float64 {
	d := p.sub(vec{ballAt[0], 0, ballAt[2]})
	r := math.Hypot(d[0], d[2])
	a := 1 - 0.8*step(2.4*ballRadius, 0.15, r)
	for _, b := range w.boxes {
		q := p.sub(b.at)
		u, v := q.dot(b.along), q.dot(b.out)
		if b.at[1] > 0.5 {
			continue
		}
		du, dv := max(-u, 0, u-b.l), max(-v, 0, v-b.t)
		a *= 1 - 0.6*step(min(0.9, b.h*0.5*min(1, b.l)), 0, math.Hypot(du, dv))
	}
	return a
}

func shade(c, n, p, view vec, sunlit, ambient, gloss float64) vec {
	direct := sunlight.mul(sunlit * max(0, n.dot(sun)))
	around := skylight.mul(ambient * (0.6 + 0.4*n[1])).add(vec{0.10, 0.11, 0.03}.mul(ambient * (0.5 - 0.5*n[1])))
	out := c.tint(direct.add(around))
	if gloss > 0 {
		half := sun.sub(view).unit()
		out = out.add(sunlight.mul(gloss * sunlit * math.Pow(max(0, n.dot(half)), 60)))
		fresnel := math.Pow(1-max(0, -n.dot(view)), 5)
		out = mix(out, sky(view.sub(n.mul(2*n.dot(view)))), 0.03+0.35*fresnel)
	}
	return out
}

// trace follows one ray from the eye. footprint is the width of a pixel one metre away.
func (w *world) trace(d vec, footprint, jx, jy float64) vec {
	best := 1e9
	c := sky(d)
	if d[1] < 0 {
		t := -eye[1] / d[1]
		p := eye.add(d.mul(t))
		foot := footprint * t / math.Sqrt(max(0.02, -d[1]))
		paint, bump := grass(p[0], p[2], foot)
		n := vec{0, 1, 0}.sub(bump.mul(0.5)).unit()
		g := shade(paint, n, p, d, w.lit(p.add(vec{0, 0.02, 0}), jx, jy), w.open(p), 0)
		c = mix(g, haze.tint(vec{0.85, 0.90, 0.85}), 0.40*step(25, 160, t))
		best = t
	}
	for _, b := range w.boxes {
		t, at, n, face, hit := b.hit(eye, d)
		if !hit || t > best {
			continue
		}
		best = t
		p := eye.add(d.mul(t))
		paint, bump := b.paint(at[0], at[1], at[2], footprint*t/max(0.15, math.Abs(n.dot(d))), face)
		bent := n.add(b.along.mul(0.45 * bump[0])).add(vec{0, 0.45 * bump[1], 0}).unit()
		ambient := 0.55 + 0.45*step(0, 0.7, p[1])
		c = shade(paint, bent, p, d, w.lit(p.add(n.mul(1e-3)), jx, jy), ambient, 0)
	}
	if t, hit := ballHit(eye, d); hit && t < best {
		p := eye.add(d.mul(t))
		n := p.sub(ballAt).unit()
		paint := vec{0.62, 0.035, 0.03}
		axis := vec{0.35, 0.86, -0.37}
		if a := n.dot(axis); a > 0.10 && a < 0.34 {
			paint = vec{0.85, 0.82, 0.76}
		}
		c = shade(paint, n, p, d, w.lit(p.add(n.mul(1e-3)), jx, jy), 0.45+0.55*step(-0.9, 0.6, n[1]), 0.5)
	}
	return c
}

// render draws the scene with samples×samples rays a pixel, each row by itself.
func render(width, height, samples int) *image.NRGBA {
	w := newWorld()
	img := image.NewNRGBA(image.Rect(0, 0, width, height))
	var wg sync.WaitGroup
	for y := range height {
		wg.Go(func() {
			for x := range width {
				img.SetNRGBA(x, y, w.pixel(x, y, width, height, samples))
			}
		})
	}
	wg.Wait()
	return img
}

func (w *world) pixel(x, y, width, height, samples int) color.NRGBA {
	var sum vec
	scale := 1.12 / float64(width) // of the image plane one metre away
	for k := range samples * samples {
		jx, jy := hash(x, y, 900+2*k), hash(x, y, 901+2*k)
		px := float64(x) + (float64(k%samples)+jx)/float64(samples) - float64(width)/2
		py := float64(y) + (float64(k/samples)+jy)/float64(samples) - float64(height)*0.44
		sum = sum.add(w.trace(vec{px * scale, -py * scale, 1}.unit(), scale/float64(samples), jx, jy))
	}
	c := sum.mul(1 / float64(samples*samples))
	rx, ry := float64(x)/float64(width)-0.5, float64(y)/float64(height)-0.5
	c = c.mul(0.90 * (1 - 0.35*(rx*rx+ry*ry)))
	var out [3]byte
	for i, v := range c {
		v = v * (2.51*v + 0.03) / (v*(2.43*v+0.59) + 0.14) // a film's curve (Narkowicz 2015)
		grain := (hash(x, y, 800+i) + hash(x, y, 810) - 1) * 4
		out[i] = byte(max(0, min(255, 255*math.Pow(max(0, min(1, v)), 1/2.2)+grain+0.5)))
	}
	return color.NRGBA{out[0], out[1], out[2], 255}
}

// TestSampleIsTheRenderedScene compares the picture with a small rendering of the scene.
// `go test ./assets -update` renders it again.
func TestSampleIsTheRenderedScene(t *testing.T) {
	if *update {
		var b bytes.Buffer
		if err := jpeg.Encode(&b, render(1024, 768, 4), &jpeg.Options{Quality: 90}); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile("sample.jpg", b.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
		Sample = b.Bytes()
	}
	if n := len(Sample); n > 400<<10 {
		t.Errorf("sample.jpg has %d bytes, want at most 400 KiB", n)
	}
	img, err := jpeg.Decode(bytes.NewReader(Sample))
	if err != nil {
		t.Fatal(err)
	}
	if img.Bounds() != image.Rect(0, 0, 1024, 768) {
		t.Fatalf("bounds %v, want 1024×768", img.Bounds())
	}
	const n = 16 // pixels a side that are averaged
	small := render(1024/n, 768/n, 6)
	var sum float64
	for y := range 768 / n {
		for x := range 1024 / n {
			var mean [3]float64
			for i := range n * n {
				r, g, b, _ := img.At(x*n+i%n, y*n+i/n).RGBA()
				for k, v := range [3]uint32{r, g, b} {
					mean[k] += float64(v) / 257 / (n * n)
				}
			}
			c := small.NRGBAAt(x, y)
			for k, v := range [3]uint8{c.R, c.G, c.B} {
				sum += (mean[k] - float64(v)) * (mean[k] - float64(v))
			}
		}
	}
	if psnr := 10 * math.Log10(255*255*3*1024/n*768/n/sum); psnr < 24 {
		t.Errorf("sample.jpg and the scene differ: PSNR %.1f dB, want 24 or more; render it anew with -update", psnr)
	} else {
		t.Logf("PSNR %.1f dB", psnr)
	}
}
