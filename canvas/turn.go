package canvas

import (
	"image"
	"image/draw"
)

// Turn is a flip or a turn by quarters: every pixel goes somewhere else and none changes.
type Turn int

// The turns.
const (
	stay Turn = iota
	FlipHorizontal
	FlipVertical
	TurnRight // a quarter, clockwise
	TurnLeft
	TurnAround
)

// motion takes pixels of the plane elsewhere: what is in from lies at to afterwards, by its
// upper left corner, and all else moves along.
type motion struct {
	turn Turn
	from image.Rectangle
	to   image.Point
}

func (m motion) point(p image.Point) image.Point {
	p = p.Sub(m.from.Min)
	right, low := m.from.Dx()-1, m.from.Dy()-1
	switch m.turn {
	case FlipHorizontal:
		p.X = right - p.X
	case FlipVertical:
		p.Y = low - p.Y
	case TurnAround:
		p = image.Pt(right-p.X, low-p.Y)
	case TurnRight:
		p = image.Pt(low-p.Y, p.X)
	case TurnLeft:
		p = image.Pt(p.Y, right-p.X)
	}
	return p.Add(m.to)
}

func (m motion) rect(r image.Rectangle) image.Rectangle {
	if r.Empty() {
		return r
	}
	a, b := m.point(r.Min), m.point(r.Max.Sub(image.Pt(1, 1)))
	out := image.Rect(a.X, a.Y, b.X, b.Y)
	out.Max = out.Max.Add(image.Pt(1, 1))
	return out
}

// back is the way there and back.
func (m motion) back() motion {
	turn := m.turn
	switch turn {
	case TurnRight:
		turn = TurnLeft
	case TurnLeft:
		turn = TurnRight
	}
	return motion{turn, m.rect(m.from), m.from.Min}
}

// move fills the rows of r, of pixels of size bytes, from what m takes there: src has the
// rows of m.back().rect(r).
func (m motion) move(dst, src []uint8, r image.Rectangle, size int) {
	back := m.back()
	from := back.rect(r)
	at := func(x, y int) int {
		p := back.point(image.Pt(x, y)).Sub(from.Min)
		return (p.Y*from.Dx() + p.X) * size
	}
	step := at(r.Min.X+1, r.Min.Y) - at(r.Min.X, r.Min.Y)
	o := 0
	for y := r.Min.Y; y < r.Max.Y; y++ {
		i := at(r.Min.X, y)
		for range r.Dx() {
			copy(dst[o:o+size], src[i:i+size])
			i, o = i+step, o+size
		}
	}
}

// own is a motion of the same turn that leaves a picture of its own at 0, 0.
func (m motion) own(r image.Rectangle) motion { return motion{m.turn, r, image.Point{}} }

func (m motion) picture(img *image.NRGBA) *image.NRGBA {
	if img.Stride != 4*img.Rect.Dx() { // a part of another
		whole := image.NewNRGBA(img.Rect)
		draw.Draw(whole, img.Rect, img, img.Rect.Min, draw.Src)
		img = whole
	}
	own := m.own(img.Rect)
	out := image.NewNRGBA(own.rect(img.Rect))
	own.move(out.Pix, img.Pix, out.Rect, 4)
	return out
}

func (m motion) mask(a *image.Alpha) *image.Alpha {
	out := image.NewAlpha(m.rect(a.Rect))
	m.move(out.Pix, a.Pix, out.Rect, 1)
	return out
}

// exact turns what a Source has beyond its tiles; what is not turned has the same samples.
func (m motion) exact(img image.Image) image.Image {
	if m.turn == stay {
		r := img.Bounds()
		r = r.Sub(r.Min)
		switch img := img.(type) {
		case *image.NRGBA64:
			return &image.NRGBA64{Pix: img.Pix, Stride: img.Stride, Rect: r}
		case *image.Gray16:
			return &image.Gray16{Pix: img.Pix, Stride: img.Stride, Rect: r}
		case *image.NRGBA:
			return &image.NRGBA{Pix: img.Pix, Stride: img.Stride, Rect: r}
		}
	}
	pix, size := samples(img)
	own := m.own(img.Bounds())
	out, to := blankExact(img, own.rect(img.Bounds()))
	own.move(to, pix, out.Bounds(), size)
	return out
}

// blankExact is an empty picture of the kind of img, and its samples.
func blankExact(img image.Image, r image.Rectangle) (image.Image, []uint8) {
	switch img.(type) {
	case *image.NRGBA64:
		out := image.NewNRGBA64(r)
		return out, out.Pix
	case *image.Gray16:
		out := image.NewGray16(r)
		return out, out.Pix
	}
	out := image.NewNRGBA(r)
	return out, out.Pix
}

// layer is a layer after the motion, its own coordinates beginning at offset.
func (m motion) layer(l *Layer, offset image.Point) *Layer {
	if l.Tiles.Len() == 0 && l.Offset == offset && l.Mask == nil {
		return l
	}
	out := *l
	goes := func(r image.Rectangle) image.Rectangle { return m.rect(r.Add(l.Offset)).Sub(offset) }
	if l.Mask != nil {
		mask := *l.Mask
		mask.Tiles = remade(mask.Tiles, goes, func(t *MaskTile) []uint8 { return t.Pix[:] }, func(dst []uint8, r image.Rectangle) {
			var src MaskTile
			r = r.Add(offset)
			ReadCover(l.Mask.Tiles, src.Pix[:], m.back().rect(r).Dx(), m.back().rect(r).Sub(l.Offset))
			m.move(dst, src.Pix[:], r, 1)
		})
		out.Mask = &mask
	}
	out.Text = nil
	out.Offset, out.Tiles = offset, remade(l.Tiles, goes, func(t *Tile) []uint8 { return t.Pix[:] }, func(dst []uint8, r image.Rectangle) {
		var src Tile
		r = r.Add(offset)
		l.Read(src.Pix[:], TileSize*4, m.back().rect(r))
		m.move(dst, src.Pix[:], r, 4)
	})
	if l.Placed != nil {
		out.Placed = &Placed{m.picture(l.Placed.Source), m.rect(l.Placed.Rect)}
	}
	return &out
}

// origin goes on telling a fill's pixels apart after the motion of its layer, as far as they
// lie in clip, document pixels of before; nil where nothing of it is left there.
func (s *State) origin(o *Origin, m motion, clip image.Rectangle, now *Layer) *Origin {
	r := s.Now(o)
	if s.Layer(o.Layer) == nil {
		return o
	}
	in := r.Intersect(clip)
	if in.Empty() {
		return nil
	}
	out := &Origin{Rect: m.rect(in), Layer: o.Layer, Recipe: o.Recipe, Offset: now.Offset}
	if still := s.Still(o); still != nil {
		part := image.NewAlpha(in)
		from := still.Rect.Min.Add(in.Min.Sub(r.Min))
		for y := range in.Dy() {
			copy(part.Pix[y*part.Stride:][:in.Dx()], still.Pix[still.PixOffset(from.X, from.Y+y):])
		}
		out.Mask = m.mask(part)
	}
	if o.Settled() {
		out.Settle(now)
	}
	return out
}

// Turned is the picture with everything turned, r (document pixels) in its place by the upper
// left corner: layers, mask, selections, frame, fills and what the opened picture has beyond 8 bits. Safe
// from any goroutine.
func (s *State) Turned(t Turn, r image.Rectangle) *State {
	m := motion{t, r, r.Min}
	out := s.moved(m, func(*Layer) bool { return true })
	out.Frame, out.GuideLines = m.rect(s.Frame), movedLines(s.GuideLines, m.line)
	out.covers(func(g Grid[MaskTile]) Grid[MaskTile] {
		return remade(g, m.rect, func(t *MaskTile) []uint8 { return t.Pix[:] }, func(dst []uint8, r image.Rectangle) {
			var src MaskTile
			ReadCover(g, src.Pix[:], TileSize, m.back().rect(r))
			m.move(dst, src.Pix[:], r, 1)
		})
	})
	return out
}

// TurnedLayer is the picture with one layer, or all that is in a group, turned about its
// middle. A quarter turn back gives the very same pixels.
func (s *State) TurnedLayer(t Turn, id LayerID) *State {
	l := s.Layer(id)
	if l == nil {
		return s
	}
	meant := func(l *Layer) bool { return l.ID == id || s.In(l.ID, id) }
	var r image.Rectangle
	for _, l := range s.Layers {
		if meant(l) {
			r = r.Union(l.Used())
		}
	}
	m := motion{t, r, r.Min}
	m.to = r.Min.Add(r.Size().Sub(m.rect(r).Size()).Div(2))
	return s.moved(m, meant)
}

// Rebased is the same picture with Source.Exact beginning at 0, 0, as it must, and the own pixels
// and the Offset of its layer moved so that all looks as before. For makers of States.
func (s *State) Rebased() *State {
	src := s.Source
	if src == nil || src.Exact == nil || src.Exact.Bounds().Min == (image.Point{}) {
		return s
	}
	return s.moved(motion{}, func(l *Layer) bool { return l.ID == src.Layer })
}

// moved moves the layers that are meant, with their fills and the exact picture.
func (s *State) moved(m motion, meant func(*Layer) bool) *State {
	out := *s
	out.Layers, out.Origins = nil, nil
	for _, l := range s.Layers {
		if !meant(l) {
			out.Layers = append(out.Layers, l)
			continue
		}
		offset := image.Point{}
		if src := s.Source; src != nil && src.Exact != nil && src.Layer == l.ID { // its pixels begin at 0, 0
			offset = m.rect(src.Exact.Bounds().Add(l.Offset)).Min
			out.Source = &Source{Profile: src.Profile, Meaning: src.Meaning, Layer: src.Layer, Exact: m.exact(src.Exact)}
		}
		out.Layers = append(out.Layers, m.layer(l, offset))
	}
	for _, o := range s.Origins {
		if l := s.Layer(o.Layer); l != nil && meant(l) {
			o = s.origin(o, m, s.Now(o), out.Layer(l.ID))
		}
		if o != nil {
			out.Origins = append(out.Origins, o)
		}
	}
	return &out
}
