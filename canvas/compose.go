package canvas

import (
	"image"
	"sync"

	"pentimento/canvas/blend"
)

// Stack is the visible layers of a State as they lie over each other: groups, masks and
// clipping resolved. It is not written once made; any goroutine may use it.
//
// A group is laid together on clear ground, then over what is below it with its mask, opacity
// and mode (W3C Compositing and Blending Level 1, section 3.2, isolated groups). Layers of a
// group that is passed through are laid over what is below; where that group has an opacity or
// a mask, the result is mixed with what was there before. Clipped layers are laid atop of the
// one that they are clipped to, before that one's opacity and mode.
type Stack struct {
	items []item
	// Flat are the layers where nothing but plain layers is seen, the lowest first; nil where
	// something needs more than one after the other.
	Flat []*Layer
}

type item struct {
	layer *Layer
	kids  []item // of a group, the lowest first
	clips []item // that are clipped to it
}

// Area is a set of pixels and what layers have there.
type Area interface {
	Pixels() int
	// Read fills dst with a layer's own pixels, premultiplied; false: there are none, and dst
	// is as it was.
	Read(dst []uint8, l *Layer) bool
	// Cover fills dst with what a layer's mask shows.
	Cover(dst []uint8, l *Layer)
}

// Stack is how the visible layers of the picture lie over each other, without guide layers.
func (s *State) Stack() *Stack { return s.stackIn(0, false) }

// ShownStack is Stack with the guide layers that are seen, dimmed, for the screen.
func (s *State) ShownStack() *Stack { return s.stackIn(0, true) }

// Alone is a layer or group as if nothing else were there, hidden or not, in normal mode.
func (s *State) Alone(id LayerID) *Stack {
	l := s.Layer(id)
	if l == nil || l.Opacity == 0 {
		return &Stack{Flat: []*Layer{}}
	}
	shown := *l
	shown.Visible, shown.Clip, shown.Parent, shown.Blend, shown.PassThrough, shown.Guide = true, false, 0, blend.Normal, false, false
	lo, hi := s.whole(id)
	return (&State{Layers: append(append([]*Layer(nil), s.Layers[lo:hi]...), &shown)}).Stack()
}

// stackIn is the Stack of what is in a group, with its guide layers or without.
func (s *State) stackIn(group LayerID, guides bool) *Stack {
	kids := map[LayerID][]*Layer{}
	plain := true
	for _, l := range s.Layers {
		if l.Guide {
			continue
		}
		kids[l.Parent] = append(kids[l.Parent], l)
		plain = plain && (!l.Visible || !l.Group && !l.Clip && !l.Mask.On() && !l.Blend.Clears())
	}
	for _, l := range s.Layers { // over all else, or an opaque picture would hide them
		if guides && l.Guide && s.Seen(l) {
			kids[group] = append(kids[group], l.asGuide())
			plain = plain && !l.Mask.On()
		}
	}
	st := &Stack{items: itemsOf(kids, group)}
	if plain {
		st.Flat = make([]*Layer, 0, len(st.items))
		for _, it := range st.items {
			st.Flat = append(st.Flat, it.layer)
		}
	}
	return st
}

func itemsOf(kids map[LayerID][]*Layer, parent LayerID) []item {
	var out []item
	base := false // the last one that is not clipped is seen
	for i, l := range kids[parent] {
		seen := l.Visible && l.Opacity > 0
		clipped := l.Clip && i > 0
		if !clipped {
			base = seen
		}
		if !seen || !base {
			continue
		}
		it := item{layer: l}
		if l.Group {
			it.kids = itemsOf(kids, l.ID)
		}
		if clipped {
			under := &out[len(out)-1]
			under.clips = append(under.clips, it)
		} else {
			out = append(out, it)
		}
	}
	return out
}

// Leaves calls visit with every layer of pixels that is seen, the lowest first. plain says that
// it and all around it are laid as they are: where no other layer is, its pixels are the picture's.
func (s *Stack) Leaves(visit func(l *Layer, plain bool)) {
	var walk func(items []item, plain bool)
	walk = func(items []item, plain bool) {
		for _, it := range items {
			l := it.layer
			p := plain && l.Opacity == 255 && !l.Mask.On() && len(it.clips) == 0 && l.Blend.Plain()
			if !l.Group {
				visit(l, p)
			}
			walk(it.kids, p)
			walk(it.clips, false)
		}
	}
	walk(s.items, true)
}

// Lay lays the layers over dst, which has the area's pixels, premultiplied, and says whether
// any layer has pixels there.
func (s *Stack) Lay(dst []uint8, a Area) bool { return layItems(dst, s.items, a) }

// LayIn lays the layers over the rectangle r of document pixels in dst, rows stride bytes apart.
func (s *Stack) LayIn(dst []uint8, stride int, r image.Rectangle) {
	row := 4 * r.Dx()
	if stride == row {
		s.Lay(dst[:row*r.Dy()], Rectangle(r))
		return
	}
	buf := scratch(row * r.Dy())
	defer release(buf)
	for y := range r.Dy() {
		copy((*buf)[y*row:][:row], dst[y*stride:])
	}
	s.Lay(*buf, Rectangle(r))
	for y := range r.Dy() {
		copy(dst[y*stride:][:row], (*buf)[y*row:])
	}
}

func layItems(dst []uint8, items []item, a Area) (any bool) {
	for _, it := range items {
		l := it.layer
		if l.Group && l.PassThrough && len(it.clips) == 0 {
			any = it.passThrough(dst, a) || any
			continue
		}
		buf := scratch(len(dst))
		if it.content(*buf, a) {
			any = true
			blend.Span(dst, *buf, l.Blend, l.Opacity)
		} else if l.Blend.Clears() {
			clear(*buf)
			blend.Span(dst, *buf, l.Blend, l.Opacity)
		}
		release(buf)
	}
	return any
}

// passThrough lays what is in a group over dst.
func (it *item) passThrough(dst []uint8, a Area) bool {
	l := it.layer
	if l.Opacity == 255 && !l.Mask.On() {
		return layItems(dst, it.kids, a)
	}
	before := scratch(len(dst))
	defer release(before)
	copy(*before, dst)
	any := layItems(dst, it.kids, a)
	shows := scratch(a.Pixels())
	defer release(shows)
	it.cover(*shows, a)
	for i, c := range *shows {
		w := uint32(Dim(c, l.Opacity))
		for k := 4 * i; k < 4*i+4; k++ {
			dst[k] = uint8((uint32(dst[k])*w + uint32((*before)[k])*(255-w) + 127) / 255)
		}
	}
	return any
}

func (it *item) cover(dst []uint8, a Area) {
	if it.layer.Mask.On() {
		a.Cover(dst, it.layer)
		return
	}
	for i := range dst {
		dst[i] = 255
	}
}

// content fills dst with an item as its mask shows it and with what is clipped to it, before
// its own opacity and mode.
func (it *item) content(dst []uint8, a Area) bool {
	if it.layer.Group {
		clear(dst)
		if !layItems(dst, it.kids, a) {
			return false
		}
	} else if !a.Read(dst, it.layer) {
		return false
	}
	if it.layer.Mask.On() {
		shows := scratch(a.Pixels())
		a.Cover(*shows, it.layer)
		dim(dst, *shows)
		release(shows)
	}
	for _, c := range it.clips {
		buf := scratch(len(dst))
		if c.content(*buf, a) {
			blend.Atop(dst, *buf, c.layer.Blend, c.layer.Opacity)
		}
		release(buf)
	}
	return true
}

// Rectangle is the Area of all pixels of a rectangle of the document, row by row.
type Rectangle image.Rectangle

// Pixels is how many they are.
func (r Rectangle) Pixels() int { return image.Rectangle(r).Dx() * image.Rectangle(r).Dy() }

// Read implements Area.
func (r Rectangle) Read(dst []uint8, l *Layer) bool {
	doc := image.Rectangle(r)
	if !l.Tiles.Any(doc.Sub(l.Offset)) {
		return false
	}
	l.Read(dst, 4*doc.Dx(), doc)
	return true
}

// Cover implements Area.
func (r Rectangle) Cover(dst []uint8, l *Layer) {
	doc := image.Rectangle(r)
	l.Mask.Read(dst, doc.Dx(), doc.Sub(l.Offset))
}

// buffers are kept: a picture with groups needs some for every cell.
var buffers = sync.Pool{New: func() any { return new([]uint8) }}

func scratch(n int) *[]uint8 {
	b := buffers.Get().(*[]uint8)
	if cap(*b) < n {
		*b = make([]uint8, n)
	}
	*b = (*b)[:n]
	return b
}

func release(b *[]uint8) { buffers.Put(b) }
