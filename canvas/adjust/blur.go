package adjust

import (
	"image"
	"math"
	"math/cmplx"
	"runtime"

	"pentimento/canvas"
	"pentimento/fault"
)

// Blur is a Gaussian blur of Sigma pixels, or, where Amount is not 0, an unsharp mask made
// with it: v + Amount·(v − blurred) where |v − blurred| is at least Threshold (0..1), alpha
// left as it is.
type Blur struct {
	Sigma, Amount, Threshold float64
	// Edge says that the layer's outermost pixels go on beyond it, as of a photograph (Filled);
	// otherwise nothing is there and what is blurred spreads out.
	Edge bool
}

// Gaussian blurs.
func Gaussian(sigma float64) *Change { return &Change{Blur: &Blur{Sigma: sigma}, Grey: true} }

// Sharpen is an unsharp mask.
func Sharpen(sigma, amount, threshold float64) *Change {
	if amount == 0 {
		return &Change{}
	}
	return &Change{Blur: &Blur{Sigma: sigma, Amount: amount, Threshold: threshold}, Grey: true}
}

// nothing: a Gaussian this narrow moves no sample of 8 bits.
func (b *Blur) nothing() bool { return b == nil || b.Sigma < 0.1 }

// reach is how far a pixel is seen, in pixels.
func (b *Blur) reach() int {
	if b.nothing() {
		return 0
	}
	return int(math.Ceil(4 * b.Sigma))
}

// narrow is the widest Gaussian that is summed directly; wider ones are recursive.
const narrow = 3

// kernel is the Gaussian's right half, in whole a sum of 1.
func kernel(sigma float64) []float64 {
	k := make([]float64, int(math.Ceil(4*sigma))+1)
	sum := 0.0
	for i := range k {
		k[i] = math.Exp(-float64(i*i) / (2 * sigma * sigma))
		sum += k[i]
		if i > 0 {
			sum += k[i]
		}
	}
	for i := range k {
		k[i] /= sum
	}
	return k
}

// line blurs lines of samples of n pixels by four channels; it is one goroutine's.
type line struct {
	kernel []float64 // nil: recursive
	pole   [2]complex128
	gain   [2]complex128 // normalised
	room   []float64
}

// newLine: a Gaussian wider than narrow is the sum of two damped waves, fitted by Deriche
// ("Recursively implementing the Gaussian and its derivatives", INRIA report 1893, 1993),
// with the four-term constants that Getreuer gives ("A survey of Gaussian convolution
// algorithms", IPOL 3, 2013, table 1). Its cost does not grow with sigma.
func newLine(sigma float64) *line {
	if sigma <= narrow {
		return &line{kernel: kernel(sigma)}
	}
	l := &line{gain: [2]complex128{complex(0.84, 1.8675), complex(-0.34015, -0.1299)}}
	var sum complex128
	for k, lambda := range []complex128{complex(1.783, 0.6318), complex(1.723, 1.997)} {
		l.pole[k] = cmplx.Exp(-lambda / complex(sigma, 0))
		sum += l.gain[k] * (1 + l.pole[k]) / (1 - l.pole[k]) // of both sides, the middle once
	}
	for k := range l.gain {
		l.gain[k] /= complex(real(sum), 0)
	}
	return l
}

// run blurs p in place. Beyond its ends the first and the last sample go on.
func (l *line) run(p []float32) {
	n := len(p)
	l.room = append(l.room[:0], make([]float64, n)...)
	out := l.room
	if l.kernel != nil {
		for i := range n {
			v := l.kernel[0] * float64(p[i])
			for j, k := range l.kernel[1:] {
				v += k * (float64(p[max(i-j-1, 0)]) + float64(p[min(i+j+1, n-1)]))
			}
			out[i] = v
		}
	} else {
		for k, pole := range l.pole {
			gain := l.gain[k]
			z := complex(float64(p[0]), 0) / (1 - pole)
			for i := range n {
				z = complex(float64(p[i]), 0) + pole*z
				out[i] += real(gain)*real(z) - imag(gain)*imag(z)
			}
			z = complex(float64(p[n-1]), 0) * pole / (1 - pole)
			for i := n - 1; i >= 0; i-- {
				out[i] += real(gain)*real(z) - imag(gain)*imag(z)
				z = pole * (complex(float64(p[i]), 0) + z)
			}
		}
	}
	for i, v := range out {
		p[i] = float32(v)
	}
}

// blurred is a rectangle of premultiplied pixels, 0..255, four samples each.
type blurred struct {
	rect image.Rectangle
	pix  []float32
}

// blur is the Gaussian of a layer's pixels in r (document pixels, inside domain), beyond which
// its edge goes on.
func blur(l *canvas.Layer, r, domain image.Rectangle, b *Blur) *blurred {
	r = r.Inset(-b.reach()).Intersect(domain)
	out := &blurred{r, make([]float32, 4*r.Dx()*r.Dy())}
	parallel(r.Dy(), func(from, to int) {
		ln, row := newLine(b.Sigma), make([]uint8, 4*r.Dx())
		one := make([]float32, r.Dx())
		for y := from; y < to; y++ {
			l.Read(row, len(row), image.Rect(r.Min.X, r.Min.Y+y, r.Max.X, r.Min.Y+y+1))
			here := out.pix[y*len(row):][:len(row)]
			for c := range 4 {
				for x := range one {
					one[x] = float32(row[4*x+c])
				}
				ln.run(one)
				for x, v := range one {
					here[4*x+c] = v
				}
			}
		}
	})
	const side = 16 // samples of a row that are taken at once: they share a line of the cache
	width := 4 * r.Dx()
	parallel((width+side-1)/side, func(from, to int) {
		ln, columns := newLine(b.Sigma), make([]float32, side*r.Dy())
		for c := from; c < to; c++ {
			n := min(side, width-c*side)
			for y := range r.Dy() {
				for i, v := range out.pix[y*width+c*side:][:n] {
					columns[i*r.Dy()+y] = v
				}
			}
			for i := range n {
				ln.run(columns[i*r.Dy():][:r.Dy()])
			}
			for y := range r.Dy() {
				for i := range n {
					out.pix[y*width+c*side+i] = columns[i*r.Dy()+y]
				}
			}
		}
	})
	return out
}

// Filled says whether a layer is opaque all around its border, as a photograph is.
func Filled(l *canvas.Layer) bool {
	u := l.Used()
	for _, r := range []image.Rectangle{
		image.Rect(u.Min.X, u.Min.Y, u.Max.X, u.Min.Y+1), image.Rect(u.Min.X, u.Max.Y-1, u.Max.X, u.Max.Y),
		image.Rect(u.Min.X, u.Min.Y, u.Min.X+1, u.Max.Y), image.Rect(u.Max.X-1, u.Min.Y, u.Max.X, u.Max.Y),
	} {
		p := make([]uint8, 4*r.Dx()*r.Dy())
		l.Read(p, 4*r.Dx(), r)
		for i := 3; i < len(p); i += 4 {
			if p[i] != 255 {
				return false
			}
		}
	}
	return true
}

// parallel splits 0..n over the cores.
func parallel(n int, do func(from, to int)) {
	parts := min(runtime.GOMAXPROCS(0), n)
	var wg fault.Group
	for i := range parts {
		wg.Go(func() { do(i*n/parts, (i+1)*n/parts) })
	}
	wg.Wait()
}
