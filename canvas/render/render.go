// Package render brings the picture to the screen: it lays the layers over each other,
// keeps the result as flat cells at every power of two below 100 %, and draws a view of
// them into a framebuffer. It knows no window and no tool.
//
// Start at Renderer.Render (draw.go). aim.go chooses what a frame is drawn from, scene.go
// says what a flattened pixel depends on, cache.go and pyramid.go keep and rebuild cells,
// work.go builds the expensive ones in the background, smooth.go scales. Flatten and
// Thumbnail (flatten.go) use the same scene and need no Renderer, so an export is what the
// screen shows at 100 %.
//
// 2026-11-23: cells are 64 px like the picture's tiles. Where one layer alone is seen, the
// cell at 100 % is the tile itself, so a picture of one layer costs no second copy.
// 2026-11-23: the mask's tint and the overlay are part of the flat cells. Drawing stays a
// copy, and both look alike at any zoom.
// 2026-11-23: a view's origin is rounded to whole device pixels and every source position
// is a function of the absolute device pixel. So moving the framebuffer by a whole number
// of pixels gives, bit for bit, what drawing afresh gives. The checkerboard keeps its size
// on the screen whatever the zoom, and moves along with a pan for the same reason.
// 2026-11-23: what cannot be flattened within one frame is sketched by sampling every
// n-th pixel and replaced when the background has the true cell; coarser cells would be
// cheaper to show but would show an older picture after an undo.
// 2026-11-27: layers are laid over each other in the picture's own colours, as an export has
// them; what is drawn becomes sRGB last, in the framebuffer, so that its cost follows the
// window and not the picture. An sRGB picture costs nothing.
// 2026-11-29: no frame sketches more than there is time for: where more is lacking, a level is
// drawn of which less is to be sketched, and the frames that follow sketch the finer one.
package render

import (
	"image"
	"image/color"
	"runtime"

	"pentimento/canvas"
	"pentimento/canvas/colour"
)

// Options are fixed for the life of a Renderer. The zero value of each means its default.
type Options struct {
	// Limit bounds the bytes of flattened cells; default 192 MB. What is on screen stays
	// even above it.
	Limit int64
	// Budget is how many layer pixels (pixels × visible layers) one Render flattens before
	// it leaves the rest to the background; default 4 million, about 5 ms on two cores. Of
	// cores at which the background works, nothing is expected.
	// A draft, which the background cannot make, gets four times that.
	Budget int
	// Ready is called from another goroutine when background work has finished something
	// that the last Render lacked: render the view again. May be nil.
	Ready func()
	Look  Look
}

// Look holds the colours around and over the picture. The zero Look means DefaultLook.
type Look struct {
	Outside color.NRGBA    // beyond the used area; alpha is ignored
	Checks  [2]color.NRGBA // behind transparent pixels of the used area; alpha is ignored
	Check   int            // side of a check in device pixels
	// Mask tints the mask: its alpha is the strength where the mask is full, 0 hides it.
	Mask color.NRGBA
	// MaskUnder lays the tint under the overlay instead of over it.
	MaskUnder bool
}

// DefaultLook is neutral grey around, light checks, and a red mask of half strength.
var DefaultLook = Look{
	Outside: color.NRGBA{0x6b, 0x6b, 0x6b, 255},
	Checks:  [2]color.NRGBA{{0x9a, 0x9a, 0x9a, 255}, {0x86, 0x86, 0x86, 255}},
	Check:   8,
	Mask:    color.NRGBA{230, 40, 40, 128},
}

// Renderer draws views of one picture. Its methods belong to one goroutine (the
// window's); it uses others for its own work.
type Renderer struct {
	cache
	opts  Options
	asked Look // in sRGB
	look  Look // in the picture's colours
	space *colour.Space
	scene *scene // what is shown, perhaps a draft
	solid *scene // the same for the last committed State: all that other goroutines read
	// draft says that scene is an Edit in progress; spoiled is what it has changed so far.
	draft   bool
	mask    canvas.LayerID // whose mask is shown instead of the picture
	spoiled image.Rectangle
	content image.Rectangle // the used area, document pixels
	used    map[*canvas.Layer]image.Rectangle

	behind  image.RGBA // the upright picture behind a turned view
	changes changes
	back    background
	frame   frame
	plan    plan
}

// New returns a Renderer of the empty picture.
func New(opts Options) *Renderer {
	if opts.Limit <= 0 {
		opts.Limit = 192 << 20
	}
	if opts.Budget <= 0 {
		opts.Budget = 4_000_000
	}
	if opts.Look == (Look{}) {
		opts.Look = DefaultLook
	}
	r := &Renderer{opts: opts, cache: newCache(opts.Limit), used: map[*canvas.Layer]image.Rectangle{}}
	r.back.limit, r.back.ready = max(1, runtime.GOMAXPROCS(0)-1), opts.Ready
	r.scene = newScene(&canvas.State{}, nil, 0)
	r.solid = r.scene
	r.SetLook(opts.Look)
	return r
}

// SetLook changes the colours; the whole view wants drawing again.
func (r *Renderer) SetLook(l Look) {
	r.asked = l
	l.Check = max(l.Check, 1)
	for _, c := range []*color.NRGBA{&l.Outside, &l.Checks[0], &l.Checks[1], &l.Mask} {
		*c = r.space.Brush(*c)
	}
	old, over := r.scene.tint, r.scene.overlay
	r.look = l
	tint := word(l.Mask)
	if over != nil && over.over != l.MaskUnder {
		turned := *over
		turned.over = l.MaskUnder
		r.restage(&turned, old, over.rect)
	}
	if tint != old {
		mask := r.scene.state.Mask.Bounds().Union(r.solid.state.Mask.Bounds())
		r.restage(r.scene.overlay, tint, mask)
	}
}

// meet takes over in which colours the pixels of a State are meant.
func (r *Renderer) meet(s *canvas.State) {
	if space := s.Source.Space(); space != r.space {
		r.space = space
		r.SetLook(r.asked)
	}
}

// SetState shows a committed State and returns the document rectangle to draw again: what
// differs between the States, which it finds itself, and dirty. Only when s is the very
// State that was shown as a draft does it rely on dirty for what changed since the last
// SetDraft.
func (r *Renderer) SetState(s *canvas.State, dirty image.Rectangle) image.Rectangle {
	r.meet(s)
	same := r.draft && s == r.scene.state
	changed := canvas.Changed(r.solid.state, s)
	if same {
		changed = changed.Intersect(dirty)
	} else {
		changed = changed.Union(r.spoiled)
	}
	r.draft, r.spoiled = false, image.Rectangle{}
	r.scene = r.stage(s, r.scene.overlay, r.scene.tint)
	r.solid = r.scene
	r.invalidate(changed, same)
	r.solid.epoch = r.changes.epoch
	r.back.restage(r.solid)
	r.changes.settle(&r.back)
	dirty = dirty.Union(changed)
	old := r.content
	r.content = r.measure(s)
	if old != r.content {
		dirty = dirty.Union(old).Union(r.content)
	}
	return dirty
}

// SetDraft shows an Edit in progress; dirty is what it changed since the last call. Its
// tiles are read only during this Renderer's methods, never by the background, so the
// Edit may go on after Render returns. Between SetDraft and Render nothing may change
// outside the dirty rectangles that were reported.
func (r *Renderer) SetDraft(s *canvas.State, dirty image.Rectangle) image.Rectangle {
	r.meet(s)
	if !r.draft || s != r.scene.state {
		dirty = dirty.Union(r.spoiled).Union(canvas.Changed(r.solid.state, s))
	}
	r.draft = true
	r.scene = r.stage(s, r.scene.overlay, r.scene.tint)
	r.spoiled = r.spoiled.Union(dirty)
	r.invalidate(dirty, false)
	return dirty
}

// SetOverlay lays img over all layers at img.Rect (document pixels), weighted by mask
// where mask is not nil; a nil img takes the overlay away. Neither may be written
// afterwards. It returns the document rectangle to draw again. The State is not touched.
func (r *Renderer) SetOverlay(img *image.NRGBA, mask *image.Alpha) image.Rectangle {
	var o *overlay
	if img != nil {
		o = &overlay{img: img, mask: mask, rect: img.Rect, over: r.look.MaskUnder}
		if mask != nil {
			o.rect = o.rect.Intersect(mask.Rect)
		}
	}
	var dirty image.Rectangle
	for _, x := range []*overlay{r.scene.overlay, o} {
		if x != nil {
			dirty = dirty.Union(x.rect)
		}
	}
	r.restage(o, r.scene.tint, dirty)
	return dirty
}

// ShowMask shows a layer's mask in grey in the picture's place, as long as it has one; 0
// shows the picture. It returns the document rectangle to draw again.
func (r *Renderer) ShowMask(id canvas.LayerID) image.Rectangle {
	if id == r.mask {
		return image.Rectangle{}
	}
	r.mask = id
	dirty := r.scene.state.Content().Union(r.solid.state.Content())
	r.restage(r.scene.overlay, r.scene.tint, dirty)
	return dirty
}

// stage is the scene of a State as it is shown.
func (r *Renderer) stage(s *canvas.State, o *overlay, tint uint32) *scene {
	sc := newScene(s, o, tint)
	sc.tile = r.tile
	if l := s.Layer(r.mask); l != nil && l.Mask != nil {
		sc.mask, sc.page = l, s.Content()
	}
	return sc
}

// restage puts another overlay and tint, which differ in dirty, into the scenes.
func (r *Renderer) restage(o *overlay, tint uint32, dirty image.Rectangle) {
	epoch := r.solid.epoch // a draft's changes come after it
	r.solid = r.stage(r.solid.state, o, tint)
	r.solid.epoch = epoch
	if r.draft {
		r.scene = r.stage(r.scene.state, o, tint)
	} else {
		r.scene = r.solid
	}
	r.invalidate(dirty, false)
	r.back.restage(r.solid)
}

// invalidate marks everything made from the document rectangle as to be made again. With
// keep the pixels shown are trusted until then.
func (r *Renderer) invalidate(dirty image.Rectangle, keep bool) {
	if dirty.Empty() {
		return
	}
	epoch := r.changes.add(dirty)
	if !r.draft {
		r.solid.epoch = epoch // it was made for this change
	}
	r.spoil(dirty, keep)
}

// measure is State.Used with the answers for unchanged layers remembered.
func (r *Renderer) measure(s *canvas.State) image.Rectangle {
	next := make(map[*canvas.Layer]image.Rectangle, len(s.Layers))
	var all image.Rectangle
	for _, l := range s.Layers {
		if !s.Seen(l) {
			continue
		}
		u, ok := r.used[l]
		if !ok {
			u = l.Used()
		}
		next[l] = u
		all = all.Union(u)
	}
	r.used = next
	return all
}

// Memory is the bytes that flattened cells hold now.
func (r *Renderer) Memory() int64 { return r.bytes }

// Close drops background work that has not begun. The Renderer may not be used again.
func (r *Renderer) Close() { r.back.want(r.solid, nil, true) }

// word is a colour as a premultiplied little-endian RGBA word.
func word(c color.NRGBA) uint32 {
	p := [4]uint8{c.R, c.G, c.B, c.A}
	canvas.Premultiply(p[:], p[:])
	return uint32(p[0]) | uint32(p[1])<<8 | uint32(p[2])<<16 | uint32(p[3])<<24
}
