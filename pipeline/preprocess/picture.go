package preprocess

import (
	"context"
	"fmt"
	"image"
	"math"
	"runtime"

	"pentimento/fault"
)

// maxSide and maxPixels bound a picture on either side of a module.
const (
	maxSide   = 1 << 15
	maxPixels = 1 << 27
)

// Picture is a map or picture: W × H pixels of 1, 3 or 4 interleaved channels (grey; red,
// green, blue; and straight alpha), 0..255.
type Picture struct {
	W, H, Channels int
	Pix            []uint8
}

func newPicture(w, h, channels int) Picture {
	return Picture{w, h, channels, make([]uint8, w*h*channels)}
}

// Of is a picture of the program's; where it is transparent, the ground is white.
func Of(img *image.NRGBA) Picture {
	p := newPicture(img.Rect.Dx(), img.Rect.Dy(), 4)
	for y := range p.H {
		copy(p.Pix[4*y*p.W:][:4*p.W], img.Pix[img.PixOffset(img.Rect.Min.X, img.Rect.Min.Y+y):])
	}
	return p.rgb()
}

// NRGBA is the picture as the program's others are, opaque, with its corner at the origin.
func (p Picture) NRGBA() *image.NRGBA {
	out := image.NewNRGBA(image.Rect(0, 0, p.W, p.H))
	p = p.rgb()
	for i := range p.W * p.H {
		copy(out.Pix[4*i:], p.Pix[3*i:3*i+3])
		out.Pix[4*i+3] = 255
	}
	return out
}

func (p Picture) clone() Picture {
	p.Pix = append([]uint8(nil), p.Pix...)
	return p
}

// check refuses what is no picture, or too large a one.
func (p Picture) check() error {
	switch {
	case p.W < 1 || p.H < 1:
		return fmt.Errorf("found a picture of %d × %d pixels, want one pixel at least", p.W, p.H)
	case p.Channels != 1 && p.Channels != 3 && p.Channels != 4:
		return fmt.Errorf("found a picture of %d channels, want 1, 3 or 4", p.Channels)
	case len(p.Pix) != p.W*p.H*p.Channels:
		return fmt.Errorf("found %d values for %d × %d pixels of %d channels, want %d", len(p.Pix), p.W, p.H, p.Channels, p.W*p.H*p.Channels)
	}
	return fits(float64(p.W), float64(p.H))
}

func fits(w, h float64) error {
	if !(w*h <= maxPixels) { // also NaN
		return fault.New(fmt.Sprintf("a map of %.0f × %.0f pixels, want at most %d million", w, h, maxPixels>>20), "A smaller resolution makes a smaller map.")
	}
	return nil
}

// rgb is the picture in three channels. Transparency lies on white; as in the extension, what
// the mix has behind the point is cut off.
func (p Picture) rgb() Picture {
	if p.Channels == 3 {
		return p
	}
	out := newPicture(p.W, p.H, 3)
	for i := range p.W * p.H {
		if p.Channels == 1 {
			v := p.Pix[i]
			out.Pix[3*i], out.Pix[3*i+1], out.Pix[3*i+2] = v, v, v
			continue
		}
		alpha := float32(p.Pix[4*i+3]) / 255
		rest := 255 * (1 - alpha)
		for c := range 3 {
			v := float32(float32(p.Pix[4*i+c])*alpha) + rest
			out.Pix[3*i+c] = uint8(min(max(v, 0), 255))
		}
	}
	return out
}

// grey says whether all channels of every pixel are one.
func (p Picture) grey() bool {
	if p.Channels == 1 {
		return true
	}
	for i := 0; i < len(p.Pix); i += p.Channels {
		if p.Pix[i] != p.Pix[i+1] || p.Pix[i] != p.Pix[i+2] {
			return false
		}
	}
	return true
}

// padded has its right and lower edges go on to multiples of 64.
func (p Picture) padded() Picture {
	out := newPicture((p.W+63)/64*64, (p.H+63)/64*64, p.Channels)
	n := p.Channels
	for y := range out.H {
		src, dst := p.Pix[min(y, p.H-1)*p.W*n:][:p.W*n], out.Pix[y*out.W*n:][:out.W*n]
		for x := copy(dst, src); x < len(dst); x += n {
			copy(dst[x:x+n], src[len(src)-n:])
		}
	}
	return out
}

// cropped is the w × h pixels at x, y.
func (p Picture) cropped(x, y, w, h int) Picture {
	out := newPicture(w, h, p.Channels)
	for i := range h {
		copy(out.Pix[i*w*p.Channels:][:w*p.Channels], p.Pix[((y+i)*p.W+x)*p.Channels:])
	}
	return out
}

// worked is a picture whose shorter side has res pixels.
func (p Picture) worked(ctx context.Context, res int) (Picture, error) {
	k := float64(res) / float64(min(p.W, p.H))
	w, h := math.RoundToEven(float64(p.W)*k), math.RoundToEven(float64(p.H)*k)
	if err := fits(w, h); err != nil {
		return Picture{}, err
	}
	how := area
	if k > 1 {
		how = cubic
	}
	return resize(ctx, p, max(int(w), 1), max(int(h), 1), how)
}

// rows runs do for bands of 0…n−1 on all cores; do need not look at ctx within a row.
func rows(ctx context.Context, n int, do func(y int)) error {
	var wg fault.Group
	parts := min(runtime.GOMAXPROCS(0), n)
	for p := range parts {
		wg.Go(func() {
			for y := n * p / parts; y < n*(p+1)/parts && ctx.Err() == nil; y++ {
				do(y)
			}
		})
	}
	wg.Wait()
	return ctx.Err()
}
