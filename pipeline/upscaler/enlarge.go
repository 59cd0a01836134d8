package upscaler

import (
	"context"
	"fmt"
	"image"
	"math"

	"pentimento/fault"
)

// MaxSide is the largest side of what is made.
const MaxSide = 16384

// Size is what a picture of the given size becomes when it is enlarged by a factor from 1 to 8; an
// error where a side would be more than MaxSide.
func Size(w, h int, by float64) (W, H int, err error) {
	if !(by >= 1 && by <= 8) {
		return 0, 0, fmt.Errorf("enlarged %g times, want 1 to 8", by)
	}
	W, H = max(int(math.Round(float64(w)*by)), 1), max(int(math.Round(float64(h)*by)), 1)
	if most := max(w, h); max(W, H) > MaxSide {
		return 0, 0, fault.New(fmt.Sprintf("%d×%d enlarged %g times is %d×%d, want sides of at most %d", w, h, by, W, H, MaxSide),
			fmt.Sprintf("Enlarge it at most %.2g times.", math.Floor(10*float64(MaxSide)/float64(most))/10))
	}
	return W, H, nil
}

// Options are how a picture is enlarged.
type Options struct {
	Tile   int                    // the side of what a network reads at once, margins included, at least LeastTile; 0: by Memory
	Memory int64                  // that an evaluation may take, in bytes; 0: 512 MiB
	Free   uint64                 // memory of the machine, in bytes; 0: not known
	Report func(fraction float64) // may be nil; never falling
}

// Enlarge brings a picture to a size: by a network, as often as it takes, and a filter that makes
// the rest, or, with n nil, by the filter alone. Transparency is scaled by the filter. ctx ends it between two
// operators of the network.
func Enlarge(ctx context.Context, n *Network, p *Picture, w, h int, o Options) (*Picture, error) {
	if o.Report == nil {
		o.Report = func(float64) {}
	}
	if w < 1 || h < 1 || p.W < 1 || p.H < 1 || max(w, h) > MaxSide {
		return nil, fmt.Errorf("upscaler: %d×%d enlarged to %d×%d, want sides from 1 to %d", p.W, p.H, w, h, MaxSide)
	}
	reads := []image.Point(nil)
	if n != nil {
		reads = passes(image.Pt(p.W, p.H), image.Pt(w, h), n.scale)
	}
	if need := needs(reads, w, h, n); o.Free > 0 && uint64(need) > o.Free {
		return nil, fault.New(fmt.Sprintf("upscaler: %d×%d takes %.1f GB of memory, %.1f GB are free", w, h, float64(need)/1e9, float64(o.Free)/1e9), "Enlarge it less, a part at a time, or close other programs.")
	}
	p = bled(p)
	if n == nil {
		return lanczos(ctx, p, w, h, o.Report)
	}
	alpha := p
	p = &Picture{W: p.W, H: p.H, Pix: p.Pix}
	work := newWork(reads, w*h, o.Report)
	var err error
	for _, size := range reads {
		if p, err = lanczos(ctx, p, size.X, size.Y, func(float64) {}); err != nil {
			return nil, err
		}
		if p, err = n.pass(ctx, p, o, work.of(size.X*size.Y*passCost)); err != nil {
			return nil, err
		}
	}
	if p, err = lanczos(ctx, p, w, h, work.of(w*h)); err != nil || alpha.Alpha == nil {
		return p, err
	}
	p.Alpha, err = scaledAlpha(ctx, alpha, w, h)
	return p, err
}

// scaledAlpha is the alpha of a picture at another size.
func scaledAlpha(ctx context.Context, p *Picture, w, h int) ([]uint16, error) {
	grey := &Picture{W: p.W, H: p.H, Pix: make([]uint16, 3*len(p.Alpha)), Alpha: p.Alpha}
	out, err := lanczos(ctx, grey, w, h, func(float64) {})
	if err != nil {
		return nil, err
	}
	return out.Alpha, nil
}

// passes are the sizes that a network reads, one after another, to reach a size: first the picture as
// it is. Where a later pass would make more than is wanted, what it reads is made smaller
// before, so that it makes just that.
func passes(from, to image.Point, scale int) []image.Point {
	most := MaxSide / scale // a side that is read
	shrunk := func(p image.Point, by float64) image.Point {
		return image.Pt(max(int(math.Ceil(float64(p.X)*by)), 1), max(int(math.Ceil(float64(p.Y)*by)), 1))
	}
	if long := max(from.X, from.Y); long > most {
		from = shrunk(from, float64(most)/float64(long)*(1-1e-9))
	}
	out := []image.Point{from}
	for now := from.Mul(scale); scale > 1 && (now.X < to.X || now.Y < to.Y); {
		next := now
		if now.X*scale > to.X || now.Y*scale > to.Y {
			next = shrunk(to, 1/float64(scale))
		}
		out = append(out, next)
		now = next.Mul(scale)
	}
	return out
}

// needs is about what the pictures between two steps take at most, in bytes.
func needs(reads []image.Point, w, h int, n *Network) int64 {
	most := 18 * int64(w) * int64(h)
	for _, r := range reads {
		made := int64(r.X) * int64(r.Y) * int64(n.scale*n.scale)
		most = max(most, 6*made+10*int64(w)*int64(h))
	}
	return most
}

// passCost is what a pixel costs a network, of what one costs the filter.
const passCost = 100

// work adds up the progress of steps.
type work struct {
	all, done float64
	report    func(float64)
}

func newWork(reads []image.Point, filtered int, report func(float64)) *work {
	w := &work{all: float64(filtered), report: report}
	for _, r := range reads {
		w.all += float64(r.X * r.Y * passCost)
	}
	return w
}

// of is the report of a step that is so much of it.
func (w *work) of(part int) func(float64) {
	before := w.done
	w.done += float64(part)
	return func(f float64) { w.report((before + f*float64(part)) / w.all) }
}
