package render

import (
	"image"

	"pentimento/canvas"
	"pentimento/canvas/blend"
)

// overlay is a picture that is over all layers without being part of the State.
type overlay struct {
	img  *image.NRGBA
	mask *image.Alpha
	rect image.Rectangle // where both are
	over bool            // it hides the mask's tint
}

// scene is all that a flattened pixel depends on. It is not written after newScene (but
// a draft's tiles may be, between Render calls).
type scene struct {
	state   *canvas.State
	stack   *canvas.Stack
	layers  []leaf        // of pixels, those that are seen, bottom first
	clears  bool          // a layer changes pixels where it has none itself
	mask    *canvas.Layer // whose mask is shown instead, within page
	page    image.Rectangle
	overlay *overlay
	tint    uint32          // of the mask, premultiplied; 0 for none
	epoch   uint64          // the last change that it holds
	tile    image.Rectangle // that repeats all over the plane (repeat.go); empty: nothing does
}

// leaf is a layer of pixels. plain says that where no other is, its pixels are the picture's.
type leaf struct {
	*canvas.Layer
	plain bool
}

// newScene is what a screen shows: guide layers, too.
func newScene(s *canvas.State, o *overlay, tint uint32) *scene {
	return staged(s, s.ShownStack(), o, tint)
}

func staged(s *canvas.State, stack *canvas.Stack, o *overlay, tint uint32) *scene {
	sc := &scene{state: s, stack: stack, overlay: o, tint: tint}
	stack.Leaves(func(l *canvas.Layer, plain bool) {
		sc.layers = append(sc.layers, leaf{l, plain})
	})
	for _, l := range s.Layers {
		sc.clears = sc.clears || l.Blend.Clears()
	}
	return sc
}

// empty says whether nothing at all is in the rectangle.
func (s *scene) empty(r image.Rectangle) bool {
	if s.repeats(r) {
		for _, p := range fold(r, s.tile) {
			if !s.bare(p.from) {
				return false
			}
		}
		return true
	}
	return s.bare(r)
}

// bare is empty of a rectangle of the document.
func (s *scene) bare(r image.Rectangle) bool {
	if s.mask != nil && r.Overlaps(s.page) {
		return false
	}
	for _, l := range s.layers {
		if l.Tiles.Any(r.Sub(l.Offset)) {
			return false
		}
	}
	return !s.covered(r)
}

// covered says whether overlay or tint may lie over the rectangle.
func (s *scene) covered(r image.Rectangle) bool {
	return s.overlay != nil && r.Overlaps(s.overlay.rect) || s.tint != 0 && s.state.Mask.Any(r)
}

// direct looks for a tile that already is the flat cell r (one cell at level 0): one
// layer alone, aligned, at full opacity, where its mode has nothing to mix with. found
// is false where several things have to be laid over each other.
func (s *scene) direct(r image.Rectangle) (t *canvas.Tile, found bool) {
	if s.covered(r) || s.clears || s.mask != nil || s.repeats(r) {
		return nil, false
	}
	for _, l := range s.layers {
		local := r.Sub(l.Offset)
		if local.Min.X&(canvas.TileSize-1)|local.Min.Y&(canvas.TileSize-1) != 0 {
			if l.Tiles.Any(local) {
				return nil, false
			}
			continue
		}
		if own := l.Tiles.At(canvas.KeyAt(local.Min)); own != nil {
			if t != nil || !l.plain {
				return nil, false
			}
			t = own
		}
	}
	return t, true
}

// compose flattens the rectangle r into dst, rows stride bytes apart, premultiplied.
func (s *scene) compose(dst []uint8, stride int, r image.Rectangle) {
	if !s.repeats(r) {
		s.flatten(dst, stride, r)
		return
	}
	for _, p := range fold(r, s.tile) {
		s.flatten(dst[p.at.Y*stride+p.at.X*4:], stride, p.from)
	}
	repeat(dst, stride, r.Size(), s.tile.Size())
}

// flatten is compose of a rectangle of the document.
func (s *scene) flatten(dst []uint8, stride int, r image.Rectangle) {
	for y := range r.Dy() {
		clear(dst[y*stride:][:r.Dx()*4])
	}
	if s.mask != nil {
		s.grey(dst, stride, r)
		return
	}
	if s.stack.Flat == nil {
		s.stack.LayIn(dst, stride, r)
	}
	clean := true // nothing has been laid yet: the next layer can be copied
	for _, l := range s.stack.Flat {
		if lay(dst, stride, r, l, clean && l.Opacity == 255 && l.Blend.Plain()) {
			clean = false
		}
	}
	has := s.overlay != nil && r.Overlaps(s.overlay.rect)
	if has && !s.overlay.over {
		s.overlay.lay(dst, stride, r)
	}
	if s.tint != 0 {
		s.layTint(dst, stride, r)
	}
	if has && s.overlay.over {
		s.overlay.lay(dst, stride, r)
	}
}

// lay lays one layer over dst and says whether it has any tile there.
func lay(dst []uint8, stride int, r image.Rectangle, l *canvas.Layer, replace bool) (any bool) {
	local := r.Sub(l.Offset)
	put := func(dst, src []uint8) {
		if replace {
			copy(dst, src)
		} else {
			blend.Span(dst, src, l.Blend, l.Opacity)
		}
	}
	canvas.KeysIn(local, func(k canvas.TileKey) {
		t := l.Tiles.At(k)
		if t == nil {
			return
		}
		any = true
		part := k.Rect().Intersect(local)
		if part.Dx() == canvas.TileSize && stride == canvas.TileSize*4 {
			i := part.Min.Y & (canvas.TileSize - 1) * stride
			put(dst[(part.Min.Y-local.Min.Y)*stride:], t.Pix[i:i+part.Dy()*stride])
			return
		}
		n := part.Dx() * 4
		for y := part.Min.Y; y < part.Max.Y; y++ {
			out := dst[(y-local.Min.Y)*stride+(part.Min.X-local.Min.X)*4:][:n]
			put(out, t.Pix[(y&(canvas.TileSize-1)*canvas.TileSize+part.Min.X&(canvas.TileSize-1))*4:][:n])
		}
	})
	return any
}

func (o *overlay) lay(dst []uint8, stride int, r image.Rectangle) {
	part := r.Intersect(o.rect)
	var buf [cellSize * 4]uint8
	for y := part.Min.Y; y < part.Max.Y; y++ {
		for x := part.Min.X; x < part.Max.X; x += cellSize {
			n := min(cellSize, part.Max.X-x)
			span := buf[:n*4]
			o.read(span, x, y)
			blend.Span(dst[(y-r.Min.Y)*stride+(x-r.Min.X)*4:], span, blend.Normal, 255)
		}
	}
}

// read puts pixels of one row, premultiplied and weighted by the mask, into dst.
func (o *overlay) read(dst []uint8, x, y int) {
	canvas.Premultiply(dst, o.img.Pix[o.img.PixOffset(x, y):][:len(dst)])
	if o.mask == nil {
		return
	}
	cover := o.mask.Pix[o.mask.PixOffset(x, y):]
	for i := 0; i < len(dst); i += 4 {
		if c := cover[i/4]; c != 255 {
			store(dst[i:], blend.Scale(load(dst[i:]), c))
		}
	}
}

func (s *scene) layTint(dst []uint8, stride int, r image.Rectangle) {
	canvas.KeysIn(r, func(k canvas.TileKey) {
		t := s.state.Mask.At(k)
		if t == nil {
			return
		}
		part := k.Rect().Intersect(r)
		for y := part.Min.Y; y < part.Max.Y; y++ {
			cover := t.Pix[y&(canvas.TileSize-1)*canvas.TileSize+part.Min.X&(canvas.TileSize-1):][:part.Dx()]
			blend.Tint(dst[(y-r.Min.Y)*stride+(part.Min.X-r.Min.X)*4:], cover, s.tint)
		}
	})
}

// sample flattens single pixels: dst[j·len(xs)+i] becomes the one at xs[i], ys[j]. It
// costs the same whatever the distance between them.
func (s *scene) sample(dst []uint8, xs, ys []int) {
	clear(dst)
	if !s.tile.Empty() {
		xs, ys = folded(xs, s.tile.Min.X, s.tile.Dx()), folded(ys, s.tile.Min.Y, s.tile.Dy())
	}
	if s.mask != nil {
		shows := make([]uint8, len(dst)/4)
		samples{xs, ys}.Cover(shows, s.mask)
		for i, v := range shows {
			if image.Pt(xs[i%len(xs)], ys[i/len(xs)]).In(s.page) {
				store(dst[4*i:], uint32(v)*0x010101|255<<24)
			}
		}
		return
	}
	s.stack.Lay(dst, samples{xs, ys})
	if s.overlay == nil && s.tint == 0 {
		return
	}
	span := make([]uint8, len(xs)*4)
	for j, y := range ys {
		row := dst[j*len(span):][:len(span)]
		for i, x := range xs {
			p := image.Pt(x, y)
			has := s.overlay != nil && p.In(s.overlay.rect)
			if has && !s.overlay.over {
				s.overlay.lay1(row[i*4:], span, p)
			}
			if t := s.state.Mask.At(canvas.KeyAt(p)); t != nil && s.tint != 0 {
				at := y&(canvas.TileSize-1)*canvas.TileSize + x&(canvas.TileSize-1)
				blend.Tint(row[i*4:][:4], t.Pix[at:at+1], s.tint)
			}
			if has && s.overlay.over {
				s.overlay.lay1(row[i*4:], span, p)
			}
		}
	}
}

// lay1 lays one pixel; buf is room for one.
func (o *overlay) lay1(dst, buf []uint8, p image.Point) {
	o.read(buf[:4], p.X, p.Y)
	blend.Span(dst, buf[:4], blend.Normal, 255)
}

// grey is the mask that is shown instead of the picture.
func (s *scene) grey(dst []uint8, stride int, r image.Rectangle) {
	shows := make([]uint8, r.Dx()*r.Dy())
	canvas.Rectangle(r).Cover(shows, s.mask)
	for i, v := range shows {
		x, y := i%r.Dx(), i/r.Dx()
		if image.Pt(r.Min.X+x, r.Min.Y+y).In(s.page) {
			store(dst[y*stride+4*x:], uint32(v)*0x010101|255<<24)
		}
	}
}

// samples are single pixels, as the Area of a Stack.
type samples struct{ xs, ys []int }

func (a samples) Pixels() int { return len(a.xs) * len(a.ys) }

func (a samples) Read(dst []uint8, l *canvas.Layer) (any bool) {
	n := 4 * len(a.xs)
	for j, y := range a.ys {
		any = sampleRow(dst[j*n:][:n], l, a.xs, y) || any
	}
	return any
}

func (a samples) Cover(dst []uint8, l *canvas.Layer) {
	for j, y := range a.ys {
		for i, x := range a.xs {
			p := image.Pt(x, y).Sub(l.Offset)
			l.Mask.Read(dst[j*len(a.xs)+i:], 1, image.Rectangle{Min: p, Max: p.Add(image.Pt(1, 1))})
		}
	}
}

func sampleRow(span []uint8, l *canvas.Layer, xs []int, y int) (any bool) {
	var t *canvas.Tile
	last, known := canvas.TileKey{}, false
	ly := y - l.Offset.Y
	for i, x := range xs {
		lx := x - l.Offset.X
		if k := canvas.KeyAt(image.Pt(lx, ly)); !known || k != last {
			t, last, known = l.Tiles.At(k), k, true
		}
		if t == nil {
			store(span[i*4:], 0)
			continue
		}
		any = true
		store(span[i*4:], load(t.Pix[(ly&(canvas.TileSize-1)*canvas.TileSize+lx&(canvas.TileSize-1))*4:]))
	}
	return any
}
