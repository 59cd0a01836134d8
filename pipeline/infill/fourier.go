package infill

import (
	"math"
	"math/bits"
	"math/cmplx"
)

// fourier transforms squares of n×n complex numbers, n a power of two (Cooley and Tukey
// 1965, in place). It may be used by several goroutines.
type fourier struct {
	n    int
	turn []complex64 // exp(−πik/h) at h+k, for h = 1, 2, 4 … n/2 and k < h
	swap []int       // bit-reversed places
}

func newFourier(n int) *fourier {
	f := &fourier{n: n, turn: make([]complex64, n), swap: make([]int, n)}
	for h := 1; h < n; h *= 2 {
		for k := range h {
			f.turn[h+k] = complex64(cmplx.Exp(complex(0, -math.Pi*float64(k)/float64(h))))
		}
	}
	shift := bits.LeadingZeros64(uint64(n)) + 1
	for i := range f.swap {
		f.swap[i] = int(bits.Reverse64(uint64(i)) >> shift)
	}
	return f
}

// square transforms rows, then columns; rows from used on are zero. Twice in a row gives n²
// times the square turned about its origin.
func (f *fourier) square(a []complex64, used int) {
	n := f.n
	for y := range used {
		f.line(a[y*n : (y+1)*n])
	}
	for y := range n {
		for x := range y {
			a[y*n+x], a[x*n+y] = a[x*n+y], a[y*n+x]
		}
	}
	for y := range n {
		f.line(a[y*n : (y+1)*n])
	}
	for y := range n {
		for x := range y {
			a[y*n+x], a[x*n+y] = a[x*n+y], a[y*n+x]
		}
	}
}

func (f *fourier) line(a []complex64) {
	for i, j := range f.swap {
		if i < j {
			a[i], a[j] = a[j], a[i]
		}
	}
	for i := 0; i < len(a); i += 2 {
		a[i], a[i+1] = a[i]+a[i+1], a[i]-a[i+1]
	}
	for half := 2; half < f.n; half *= 2 {
		turn := f.turn[half : 2*half]
		for s := 0; s < f.n; s += 2 * half {
			p, q := a[s:s+half:s+half], a[s+half:s+2*half:s+2*half]
			for k, w := range turn {
				e := q[k]
				t := complex(real(w)*real(e)-imag(w)*imag(e), real(w)*imag(e)+imag(w)*real(e))
				p[k], q[k] = p[k]+t, p[k]-t
			}
		}
	}
}

// repeats gives, for values v that are known where w is 1 (0 elsewhere), how alike they are
// to themselves moved by each offset: Σ v·v′ over the root of Σ v²w′ · Σ v′²w, at index
// dy*n+dx modulo n. It is 0 where that root is below least. v and w are squares of n/2, so
// that nothing comes around.
func (f *fourier) repeats(v, w []float32, least float32) []float32 {
	n, h := f.n, f.n/2
	a, b := make([]complex64, n*n), make([]complex64, n*n)
	for y := range h {
		for x := range h {
			e := v[y*h+x]
			a[y*n+x], b[y*n+x] = complex(e, w[y*h+x]), complex(e*e, 0)
		}
	}
	f.square(a, h)
	f.square(b, h)
	// The transforms of v and w are the even and the odd part of a. The power of v goes back
	// to Σ v·v′, conj(F v²)·F w to Σ v²w′; both are real, so one transform does.
	c := make([]complex64, n*n)
	for y := range n {
		for x := range n {
			i, j := y*n+x, (n-y)%n*n+(n-x)%n
			p, q := a[i], complex(real(a[j]), -imag(a[j]))
			s, d := p+q, p-q
			fw := complex(imag(d)/2, -real(d)/2)
			e := complex(real(b[i]), -imag(b[i])) * fw
			c[i] = complex((real(s)*real(s)+imag(s)*imag(s))/4-imag(e), real(e))
		}
	}
	f.square(c, n)
	out := make([]float32, n*n)
	k := 1 / float32(n*n)
	for i := range out {
		j := (n-i/n)%n*n + (n-i%n)%n // the way back is turned about the origin
		if e := imag(c[i]) * imag(c[j]); e > 0 {
			if e = float32(math.Sqrt(float64(e))) * k; e >= least {
				out[i] = real(c[j]) * k / e
			}
		}
	}
	return out
}
