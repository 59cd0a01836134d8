package canvas

import (
	"image"
	"slices"

	"pentimento/canvas/blend"
)

// LayerID names a layer for as long as the Document lives; 0 is none.
type LayerID uint64

// Layer is one sheet of the picture. It is never written once it is in a State.
type Layer struct {
	ID      LayerID
	Name    string
	Visible bool
	Opacity uint8 // 0..255
	Blend   blend.Mode
	// Offset is added to a tile's own coordinates to get document pixels.
	Offset image.Point
	Tiles  Grid[Tile]
	// Placed is set while the layer still shows exactly one placed picture, so that it
	// can be scaled again from the original; painting on the layer drops it.
	Placed *Placed
	// Text is set while the layer shows exactly what it says, as JSON that the canvas does not read: a
	// text (canvas/lettering), or people in a pose (canvas/figure). It can be edited again; painting
	// on the layer drops it.
	Text []byte

	// Group says that the layer holds others (those whose Parent it is) and no pixels.
	Group  bool
	Parent LayerID // the group that it is in; 0: none
	// PassThrough lets the layers in a group mix with what is below the group; otherwise they
	// are laid together first (an isolated group).
	PassThrough bool
	Collapsed   bool // the panel hides what is in the group
	// Clip shows the layer only where the one below it in its group is that is not clipped itself.
	Clip bool
	Lock Lock
	Mask *LayerMask // nil: none
	// Guide says that the layer is no part of the picture: fills follow what is painted on it. It is
	// shown dimmed over the canvas. A Reference stands for it in the strip. No group is one.
	Guide bool
}

// Lock is a set of what tools may not do to a layer, or to all layers in a group.
type Lock uint8

// The locks.
const (
	LockPixels   Lock = 1 << iota // nothing paints on it
	LockPosition                  // it stays where it is
	LockAlpha                     // painting leaves transparency as it is
)

// LayerMask hides parts of a layer or group. It is never written once it is in a State.
//
// 2026-11-27: tiles hold how far a pixel differs from Outside, so that a missing tile is
// one like all the plane around, and everything that works on masks works on these.
type LayerMask struct {
	Tiles   Grid[MaskTile] // in the layer's own coordinates: what shows, XOR Outside
	Outside uint8          // what shows where no tile is: 0 or 255
	Off     bool           // it is kept, and hides nothing
}

// Placed is a picture laid on the canvas: its own pixels and the rectangle it fills.
type Placed struct {
	Source *image.NRGBA // never written
	Rect   image.Rectangle
}

// Bounds is the rectangle of whole tiles that holds the layer's pixels, in document pixels.
func (l *Layer) Bounds() image.Rectangle {
	b := l.Tiles.Bounds()
	if b.Empty() {
		return b
	}
	return b.Add(l.Offset)
}

// Read copies the layer's own pixels (premultiplied, without opacity and blend mode) in
// r into dst, rows stride bytes apart. Where nothing is, dst becomes transparent.
func (l *Layer) Read(dst []uint8, stride int, r image.Rectangle) {
	local := r.Sub(l.Offset)
	for y := local.Min.Y; y < local.Max.Y; y++ {
		row := dst[(y-local.Min.Y)*stride:][:local.Dx()*4]
		for x := local.Min.X; x < local.Max.X; {
			k := KeyAt(image.Pt(x, y))
			n := min(int(k.X+1)<<tileShift, local.Max.X) - x
			out := row[(x-local.Min.X)*4:][:n*4]
			if t := l.Tiles.At(k); t != nil {
				copy(out, t.Pix[((y&(TileSize-1))*TileSize+x&(TileSize-1))*4:])
			} else {
				clear(out)
			}
			x += n
		}
	}
}

// Reference is a picture kept in the strip beside the canvas for use as a source. One without an
// Image is a place of the canvas, which shows what it shows when it is used.
type Reference struct {
	Name  string
	Image *image.NRGBA // never written; nil: it is taken of the canvas
	Layer LayerID      // without Image: the guide layer that it is taken of; 0: the picture
}

// State is the whole picture at one moment: immutable, safe from any goroutine.
type State struct {
	// Layers are listed bottom first. What is in a group stands together just before it.
	Layers     []*Layer
	Active     LayerID
	Mask       Grid[MaskTile] // what a fill changes
	Selection  Grid[MaskTile] // what tools, copying and fills are limited to; empty: nothing is
	Channels   []Channel      // selections that were saved
	Frame      image.Rectangle
	References []*Reference
	Origins    []*Origin
	Source     *Source // of the file that was opened; nil: sRGB of 8 bits
	GuideLines []GuideLine
}

// Layer returns the layer with that ID, or nil.
func (s *State) Layer(id LayerID) *Layer {
	if i := s.Index(id); i >= 0 {
		return s.Layers[i]
	}
	return nil
}

// Index is the layer's place from the bottom, or -1.
func (s *State) Index(id LayerID) int {
	return slices.IndexFunc(s.Layers, func(l *Layer) bool { return l.ID == id })
}

// Content is the union of all layers' bounds, in whole tiles, hidden layers included.
func (s *State) Content() image.Rectangle {
	var r image.Rectangle
	for _, l := range s.Layers {
		r = r.Union(l.Bounds())
	}
	return r
}

// Used is the exact rectangle of pixels that are not transparent in visible layers. What is on guide
// layers does not count.
func (s *State) Used() image.Rectangle {
	var r image.Rectangle
	for _, l := range s.Layers {
		if s.Counts(l) {
			r = r.Union(l.Used())
		}
	}
	return r
}

// Used is the exact rectangle of the layer's pixels that are not transparent.
func (l *Layer) Used() image.Rectangle {
	used := usedBounds(l.Tiles, func(t *Tile, i int) bool { return t.Pix[i*4+3] != 0 })
	if used.Empty() {
		return used
	}
	return used.Add(l.Offset)
}

// MaskUsed is the exact rectangle of mask pixels above 0.
func (s *State) MaskUsed() image.Rectangle {
	return CoverUsed(s.Mask)
}

// usedBounds looks into a tile only where that could still enlarge the answer, so a
// large picture costs its border tiles.
func usedBounds[T any](g Grid[T], set func(t *T, i int) bool) image.Rectangle {
	var r image.Rectangle
	g.Each(func(k TileKey, t *T) {
		tr := k.Rect()
		if tr.In(r) {
			return
		}
		r = r.Union(usedInTile(t, set).Add(tr.Min))
	})
	return r
}

func usedInTile[T any](t *T, set func(t *T, i int) bool) image.Rectangle {
	const n = TileSize
	row := func(y int) bool {
		for x := 0; x < n; x++ {
			if set(t, y*n+x) {
				return true
			}
		}
		return false
	}
	col := func(x int) bool {
		for y := 0; y < n; y++ {
			if set(t, y*n+x) {
				return true
			}
		}
		return false
	}
	r := image.Rect(0, 0, n, n)
	for r.Min.Y < n && !row(r.Min.Y) {
		r.Min.Y++
	}
	if r.Min.Y == n {
		return image.Rectangle{}
	}
	for !row(r.Max.Y - 1) {
		r.Max.Y--
	}
	for !col(r.Min.X) {
		r.Min.X++
	}
	for !col(r.Max.X - 1) {
		r.Max.X--
	}
	return r
}

// ReadMask copies the mask in r into dst, rows stride bytes apart.
func (s *State) ReadMask(dst []uint8, stride int, r image.Rectangle) {
	ReadCover(s.Mask, dst, stride, r)
}

// MaskAt is the mask at a pixel.
func (s *State) MaskAt(x, y int) uint8 {
	t := s.Mask.At(KeyAt(image.Pt(x, y)))
	if t == nil {
		return 0
	}
	return t.Pix[y&(TileSize-1)*TileSize+x&(TileSize-1)]
}

// MaskImage is the mask in r as a picture of its own.
func (s *State) MaskImage(r image.Rectangle) *image.Alpha {
	return CoverImage(s.Mask, r)
}
