package pipeline

import (
	"context"
	"fmt"
	"hash/maphash"
	"image"
	"os"
	"sync"

	"pentimento/fault"
	"pentimento/pipeline/cutout"
)

// lastMatte is what the network that was asked last saw in the picture that it was shown: whoever tries another edge does
// not wait for it again. Safe for use by several goroutines.
type lastMatte struct {
	mu     sync.Mutex
	of     string // network and device
	seen   uint64 // the picture
	matte  *cutout.Matte
	device string
}

// matteSeed is of the hashes of pictures.
var matteSeed = maphash.MakeSeed()

// pictureHash tells pictures apart, in this process alone.
func pictureHash(img *image.NRGBA) uint64 {
	var h maphash.Hash
	h.SetSeed(matteSeed)
	fmt.Fprint(&h, img.Rect.Size())
	for y := range img.Rect.Dy() {
		h.Write(img.Pix[y*img.Stride:][:4*img.Rect.Dx()])
	}
	return h.Sum64()
}

// findSubject asks the network where the subject is, unless that is what was asked last.
func (r *run) findSubject(ctx context.Context, img *image.NRGBA) (*cutout.Matte, error) {
	c := *r.req.Cut
	st, err := os.Stat(c.Network)
	if err != nil {
		return nil, fault.With(fmt.Errorf("cutout: %w", err), "Choose a file that is there, or person.")
	}
	if c.Sum, err = r.p.sums.file(ctx, c.Network); err != nil {
		return nil, err
	}
	r.req.Cut = &c
	of, seen, last := fmt.Sprint(c.Network, c.Kind, st.Size(), st.ModTime(), r.req.Device), pictureHash(img), &r.p.matte
	last.mu.Lock()
	defer last.mu.Unlock()
	if last.matte != nil && last.of == of && last.seen == seen {
		r.device = last.device
		return last.matte, nil
	}
	n, done, err := r.openCutout(ctx, c)
	if err != nil {
		return nil, err
	}
	defer done()
	r.device = n.Device()
	m, err := n.Find(ctx, img)
	if err != nil {
		return nil, err
	}
	last.of, last.seen, last.matte, last.device = of, seen, m, r.device
	return m, nil
}
