package tools

import (
	"context"
	"fmt"
	"image"

	"pentimento/canvas"
	"pentimento/canvas/wand"
	"pentimento/fault"
	"pentimento/tools/stroke"
)

// Work is a change that may take longer than a frame: Do makes one State of another, on any
// goroutine, and ends early with ctx.Err().
type Work struct {
	Label string
	Do    func(ctx context.Context, s *canvas.State) (*canvas.State, error)
}

// Worker is implemented by tools whose Release asks for a Work; ok is true once per release.
type Worker interface {
	Work() (w Work, ok bool)
}

// bucket fills the pixels of the active layer that are of one colour, or of which the picture
// is, with the foreground colour; the right button takes the background colour. On a hidden
// layer it does nothing.
type bucket struct {
	held  bool
	right bool
	work  *Work
}

func newBucket() Tool { return &bucket{} }

// Press takes note.
func (t *bucket) Press(h Host, p Pointer) {
	t.held, t.right, t.work = p.Button != Middle && near(p), p.Button == Right, nil
}

// Drag does nothing.
func (t *bucket) Drag(Host, Pointer) {}

// Release asks for the fill at the place of the pointer.
func (t *bucket) Release(h Host, p Pointer) {
	if !t.held || !near(p) || !takes(h.State()) {
		return
	}
	b, tile := h.Brush(), h.View().Tile
	c := b.Colour
	if t.right {
		c = b.Back
	}
	t.held = false
	t.work = &Work{"Bucket fill", func(ctx context.Context, s *canvas.State) (*canvas.State, error) {
		return flooded(ctx, s, p.Point(), tile, b, s.Source.Space().Brush(c))
	}}
}

// takes says whether the active layer can be painted: it is seen, and not locked.
func takes(s *canvas.State) bool {
	l := s.Layer(s.Active)
	return l != nil && s.Seen(l) && s.Takes(l.ID)
}

// Work implements Worker.
func (t *bucket) Work() (Work, bool) { return taken(&t.work) }

func taken(w **Work) (Work, bool) {
	out := *w
	if *w = nil; out == nil {
		return Work{}, false
	}
	return *out, true
}

// Cancel forgets the press.
func (t *bucket) Cancel(Host) { t.held, t.work = false, nil }

// Cursor is a cross.
func (t *bucket) Cursor(Host, Pointer) Cursor { return Cross }

// maxFilled bounds the area that is looked at, or painted all over.
const maxFilled = 1 << 28

// paintable is an error where an area is too large.
func paintable(who string, area image.Rectangle) error {
	if area.Dx()*area.Dy() > maxFilled || max(area.Dx(), area.Dy()) > wand.MaxSide {
		return fault.New(fmt.Sprintf("%s: the picture is %d × %d pixels, want at most %d megapixels and %d a side", who, area.Dx(), area.Dy(), maxFilled>>20, wand.MaxSide), "select a part of it first")
	}
	return nil
}

// paintArea is what tools without a shape of their own paint at most: the selection, else the
// picture with the frame.
func paintArea(s *canvas.State) image.Rectangle {
	if s.Selection.Len() > 0 {
		return canvas.CoverUsed(s.Selection)
	}
	return s.Used().Union(s.Frame)
}

// flooded is the picture with what hangs together at a pixel filled; in a tile that repeats, across its
// sides, too.
func flooded(ctx context.Context, s *canvas.State, at image.Point, tile image.Rectangle, b BrushSettings, c colour) (*canvas.State, error) {
	area := inTile(paintArea(s), tile)
	if err := paintable("bucket", area); err != nil {
		return nil, err
	}
	cover, err := wand.Find(ctx, wand.Request{Bounds: area, Tile: tile, At: at, Tolerance: b.Tolerance, Contiguous: !b.Apart, Smooth: !b.HardEdge,
		Read: func(dst *canvas.Tile, r image.Rectangle) { read(s, dst.Pix[:], r, b.ThisLayer) }})
	if err != nil {
		return nil, err
	}
	strength := stroke.Strength(b.Opacity * float64(c.A) / 255)
	return s.Painted(ctx, s.Active, canvas.CoverUsed(cover), func(t *canvas.Tile, r image.Rectangle) {
		var m canvas.MaskTile
		var cov [canvas.TileSize * canvas.TileSize]uint16
		canvas.ReadCover(cover, m.Pix[:], canvas.TileSize, r)
		for i, v := range m.Pix {
			cov[i] = uint16(v) * (stroke.Full / 255)
		}
		stroke.Colour(t.Pix[:], t.Pix[:], cov[:], strength, c.R, c.G, c.B)
	})
}
