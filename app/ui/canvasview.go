// Package ui is the window: it draws what is in the editor and forwards what the
// person does. It has no picture and makes no decisions about one.
//
// Start at Run (window.go). canvasview.go shows the canvas, input.go turns Fyne's events
// into pointer events in document pixels (the only place that knows both screens),
// overlay.go draws frames and handles; one file per panel. promptentry.go says how a prompt
// can have colours.
//
// 2026-11-23: the canvas is one framebuffer in memory, shown through full-width strips.
// Fyne can only replace a texture whole, so a brush frame then uploads one strip or two,
// and a zoom never resizes a texture.
// 2026-11-23: the menu bar is made of buttons: Fyne's own opens when Alt is released, and
// Alt is the fine grid of frame and border.
package ui

import (
	"image"
	"image/color"
	"math"

	"fyne.io/fyne/v2"
	fynecanvas "fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"pentimento/app/desk"
	"pentimento/app/editor"
	"pentimento/app/pen"
	"pentimento/canvas"
	"pentimento/canvas/render"
)

// stripHeight is the height of one texture in device pixels: two of them cover a brush.
const stripHeight = 64

// settleFrames is how many still frames pass before a gesture's nearest-neighbour
// picture is replaced by the smooth one.
const settleFrames = 4

// canvasView is the widget that shows the document and takes the pointer.
type canvasView struct {
	widget.BaseWidget
	ed       *editor.Editor
	renderer *render.Renderer
	trial    *trialView // what is tried and shown in the document's place; nil: nothing
	look     render.Look
	fb       *image.RGBA // device pixels
	strips   []*fynecanvas.Raster
	overlay  *overlay
	rulers   *overlay

	shown    render.View     // the view that fb holds
	dirty    image.Rectangle // document pixels to draw again
	whole    bool            // everything is to be drawn again
	pressed  bool            // the tint is over a candidate: the mask may be painted there
	original bool            // the picture is shown as it was, without the tint
	tints    []regionTint    // of regions, that fb holds
	painting bool            // a region is painted in the mask's place
	shaded   image.Rectangle // what a crop keeps, where fb holds the rest darkened
	rough    bool            // fb holds a nearest-neighbour picture
	still    int             // frames without change
	ants     ants
	tint     color.NRGBA   // of the mask; A 0 before one was chosen
	tinted   *canvas.State // that it was chosen for
	ticker   *fyne.Animation
	awake    bool
	ticked   bool // a frame ran since wake
	stirred  bool // something called wake since the last frame

	pointer pointerState
	home    fyne.Position // of the view in the window, when the pointer moved last
	resized bool          // since the last frame
	stylus  stylus
	guide   guideHand
	sighted sighted
	split   splitLine
	onGuide func(i int) // asks for the place of a guide line
	scale   float32     // device pixels per Fyne unit
	onView  func()      // tells the status line that view or pointer moved
	onPen   func()      // tells that there is a pen
	// onEscape and onEnter take their keys before all others; nil: nobody does.
	onEscape, onEnter func()
}

func newCanvasView(ed *editor.Editor) *canvasView {
	v := &canvasView{ed: ed, scale: 1, fb: image.NewRGBA(image.Rectangle{}), onPen: func() {}}
	v.stylus.tracker = pen.NewTracker(func() { ed.Post(v.heard) })
	v.overlay, v.rulers = newOverlay(v), &overlay{v: v}
	v.renderer = render.New(render.Options{Ready: v.ready})
	v.ExtendBaseWidget(v)
	ed.Listen(v.changed)
	v.setLook()
	v.renderer.SetState(ed.Committed(), image.Rectangle{})
	return v
}

// ready says, from any goroutine, that a renderer has more to show.
func (v *canvasView) ready() { v.ed.Post(func() { v.whole = true; v.wake() }) }

// changed notes what the editor says; the drawing waits for the frame.
func (v *canvasView) changed(c desk.Change) {
	if pressed, original := v.ed.Pressed(), v.ed.Fills.Comparing() || v.ed.Fills.Splitting(); c.What&desk.SettingsChanged != 0 || pressed != v.pressed && len(v.ed.Fills.Stacks()) > 0 || original != v.original {
		v.pressed, v.original = pressed, original
		if c.What&desk.SettingsChanged != 0 {
			v.tint.A = 0 // another colour may be chosen
		}
		v.setLook()
		v.whole = true
	}
	if c.What&desk.CandidatesChanged != 0 || c.What&desk.ViewMoved != 0 && v.split.on {
		v.placeSplit()
		v.dirty = v.dirty.Union(v.renderer.SetOverlay(merged(v.ed), nil))
	}
	v.dirty = v.dirty.Union(v.staleAnts())
	v.staleTints()
	if c.What&desk.Picture != 0 {
		v.takeTrial()
		v.dirty = v.dirty.Union(c.Dirty)
		if v.ed.State() == v.ed.Committed() {
			v.dirty = v.dirty.Union(v.renderer.SetState(v.ed.Committed(), c.Dirty))
		} else {
			v.dirty = v.dirty.Union(v.renderer.SetDraft(v.ed.State(), c.Dirty))
		}
	}
	if c.What&(desk.Picture|desk.LayersChanged) != 0 {
		v.dirty = v.dirty.Union(v.renderer.ShowMask(v.ed.MaskSeen()))
	}
	if c.What&(desk.Picture|desk.SettingsChanged|desk.DocumentOpened) != 0 {
		v.retint()
	}
	if c.What&(desk.Picture|desk.ViewMoved|desk.CandidatesChanged|desk.SettingsChanged|desk.OverlayChanged|desk.ToolChanged|desk.FillChanged) != 0 {
		v.wake()
	}
}

// wake starts the frame ticker; it stops by itself when nothing moves any more. The test
// driver runs a tick inside Start and never again.
func (v *canvasView) wake() {
	v.still, v.stirred = 0, true
	if v.awake {
		return
	}
	v.awake = true
	if v.ticker == nil {
		v.ticker = &fyne.Animation{Duration: 1 << 40, RepeatCount: fyne.AnimationRepeatForever, Tick: func(float32) { v.frame() }}
	}
	v.ticked = false
	v.ticker.Start()
	if v.ticked {
		v.awake = false
	}
}

// frame runs once per screen frame while awake.
func (v *canvasView) frame() {
	v.ticked = true
	v.keepPointer()
	v.flushPointer()
	moved := v.draw()
	if v.stirred || moved { // a frame in which nothing did anything must not paint the window again
		v.stirred = false
		v.rulers.refreshRulers()
		v.overlay.refresh()
		if v.onView != nil {
			v.onView()
		}
	}
	if moved {
		v.still = 0
		return
	}
	v.still++
	if v.still == settleFrames && v.rough {
		v.whole = true
		v.still = 0
	}
	if v.still == settleFrames+1 {
		v.layAnts()
	}
	if v.still > 2*settleFrames {
		v.awake = false
		v.ticker.Stop()
	}
}

// keepPointer keeps the pointer where it is on the screen when the view has moved under it, as
// the row of tabs moves it: nothing is reported then.
func (v *canvasView) keepPointer() {
	if !v.resized || !v.pointer.inside {
		return
	}
	v.resized = false
	home := fyne.CurrentApp().Driver().AbsolutePositionForObject(v)
	v.pointer.x -= float64((home.X - v.home.X) * v.scale)
	v.pointer.y -= float64((home.Y - v.home.Y) * v.scale)
	v.home = home
}

// draw brings the framebuffer up to date and says whether anything changed.
func (v *canvasView) draw() bool {
	view := render.View(v.ed.View()).Snap()
	if view.W <= 0 || view.H <= 0 || v.fb.Rect.Empty() {
		return false
	}
	v.staleShade()
	if !v.whole && view == v.shown && v.dirty.Empty() {
		return false
	}
	ants := len(v.ants.at)
	stood := v.clearAnts()
	if !stood.Empty() {
		defer v.present(stood)
	}
	all := v.fb.Rect
	parts, quality := v.stale(view)
	moved := view != v.shown
	v.shown, v.dirty = view, image.Rectangle{}
	if v.whole || len(parts) > 0 && parts[0] == all {
		v.rough = quality == render.Nearest
	}
	v.whole = false
	for _, r := range parts {
		if !r.Empty() {
			v.render(r, view, quality)
			v.tintRegions(r)
			if v.ed.Settings.MaskView == "mask" {
				v.maskAlone(r)
			}
			v.shade(r)
		}
	}
	if ants > 0 && !moved && !(len(parts) > 0 && parts[0] == all) {
		v.keepAnts(ants, stood)
	}
	if moved {
		parts = []image.Rectangle{all}
	}
	v.presentAll(parts)
	return true
}

// stale is which rectangles of the frame buffer are to be drawn for a view, and how well. What has
// only moved is moved.
func (v *canvasView) stale(view render.View) (parts []image.Rectangle, quality render.Quality) {
	all, settling := v.fb.Rect, v.rough && v.still >= settleFrames-1
	turned := view.Turn != v.shown.Turn || view.Mirror != v.shown.Mirror || !view.Upright()
	switch {
	case v.whole || view.Scale != v.shown.Scale || view.Tile != v.shown.Tile || view != v.shown && turned:
		if view != v.shown && view.Tile == v.shown.Tile && (view.Scale != v.shown.Scale || !view.Upright()) && !settling {
			return []image.Rectangle{all}, render.Nearest
		}
		return []image.Rectangle{all}, render.Smooth
	case view != v.shown:
		dx := int(math.Round((v.shown.X - view.X) * view.Scale))
		dy := int(math.Round((v.shown.Y - view.Y) * view.Scale))
		parts = append(render.Scroll(v.fb, dx, dy), view.Devices(v.dirty)...)
	default:
		parts = view.Devices(v.dirty)
	}
	if v.rough {
		return parts, render.Nearest
	}
	return parts, render.Smooth
}

// merged lays all candidates over each other in one picture; only the one on show when
// they lie so far apart that the picture would be huge.
func merged(ed *editor.Editor) *image.NRGBA {
	all := ed.Fills.Overlays()
	const most = 64 << 20
	var r image.Rectangle
	for _, p := range all {
		r = r.Union(p.Rect)
	}
	switch {
	case len(all) == 0:
		return nil
	case len(all) == 1 || r.Dx()*r.Dy() > most:
		return all[len(all)-1]
	}
	out := image.NewNRGBA(r)
	for _, p := range all {
		for y := p.Rect.Min.Y; y < p.Rect.Max.Y; y++ {
			src, dst := p.Pix[p.PixOffset(p.Rect.Min.X, y):], out.Pix[out.PixOffset(p.Rect.Min.X, y):]
			for i := 0; i < p.Rect.Dx()*4; i += 4 {
				if src[i+3] != 0 {
					copy(dst[i:i+4], src[i:i+4])
				}
			}
		}
	}
	return out
}

func (v *canvasView) setLook() {
	look := render.DefaultLook
	look.Outside = outsideColour(v.ed.Settings.Theme)
	if look.Mask = v.tint; v.tint.A == 0 {
		look.Mask = parseColour(v.ed.Settings.OverlayColour)
	}
	look.Mask.A = uint8(255*v.ed.Settings.Overlay + 0.5)
	look.MaskUnder = !v.pressed // a candidate is judged without the tint over it
	if v.original || v.painting || v.ed.Settings.MaskView == "ants" {
		look.Mask.A = 0
	}
	v.look = look
	v.renderer.SetLook(look)
	if v.trial != nil {
		v.trial.renderer.SetLook(look)
	}
}

// Resize lays out the strips for the new size.
func (v *canvasView) Resize(size fyne.Size) {
	v.BaseWidget.Resize(size)
	if c := fyne.CurrentApp().Driver().CanvasForObject(v); c != nil && c.Scale() > 0 {
		v.scale = c.Scale()
	}
	w, h := int(math.Round(float64(size.Width*v.scale))), int(math.Round(float64(size.Height*v.scale)))
	if w <= 0 || h <= 0 || image.Pt(w, h) == v.fb.Rect.Size() {
		return
	}
	v.resized = true
	first := v.fb.Rect.Empty()
	v.fb = image.NewRGBA(image.Rect(0, 0, w, h))
	v.ants = ants{} // their places are those of the old one
	// Strips that are there stay: a new one has a new texture, and Fyne keeps the old one's
	// for a minute.
	count := (h + stripHeight - 1) / stripHeight
	v.strips = v.strips[:min(count, len(v.strips))]
	for y := len(v.strips) * stripHeight; y < h; y += stripHeight {
		s := fynecanvas.NewRaster(func(int, int) image.Image { return v.strip(y) })
		s.ScaleMode = fynecanvas.ImageScalePixels
		v.strips = append(v.strips, s)
	}
	v.whole = true
	v.ed.Resize(w, h)
	if first {
		v.ed.FitContent()
	}
	v.Refresh()
	v.wake()
}

// strip is the part of the framebuffer that starts at row y, contiguous in memory.
func (v *canvasView) strip(y int) image.Image {
	h := min(stripHeight, v.fb.Rect.Dy()-y)
	if h <= 0 {
		return image.NewRGBA(image.Rect(0, 0, 1, 1))
	}
	return &image.RGBA{Pix: v.fb.Pix[y*v.fb.Stride : (y+h)*v.fb.Stride], Stride: v.fb.Stride, Rect: image.Rect(0, 0, v.fb.Rect.Dx(), h)}
}

// MinSize is small, so that the canvas never dictates the window's size.
func (v *canvasView) MinSize() fyne.Size { return fyne.NewSize(64, 64) }

// CreateRenderer implements fyne.Widget.
func (v *canvasView) CreateRenderer() fyne.WidgetRenderer { return &canvasViewRenderer{v} }

type canvasViewRenderer struct{ v *canvasView }

func (r *canvasViewRenderer) Layout(fyne.Size) {
	v := r.v
	width := float32(v.fb.Rect.Dx()) / v.scale
	for i, s := range v.strips {
		y := i * stripHeight
		h := min(stripHeight, v.fb.Rect.Dy()-y)
		s.Move(fyne.NewPos(0, float32(y)/v.scale))
		s.Resize(fyne.NewSize(width, float32(h)/v.scale))
	}
}

func (r *canvasViewRenderer) MinSize() fyne.Size { return r.v.MinSize() }

func (r *canvasViewRenderer) Objects() []fyne.CanvasObject {
	out := make([]fyne.CanvasObject, 0, len(r.v.strips)+len(r.v.overlay.objects)+len(r.v.rulers.objects))
	for _, s := range r.v.strips {
		out = append(out, s)
	}
	return append(append(out, r.v.overlay.objects...), r.v.rulers.objects...)
}

func (r *canvasViewRenderer) Refresh() {
	r.Layout(r.v.Size())
	fynecanvas.Refresh(r.v)
}

func (r *canvasViewRenderer) Destroy() { r.v.renderer.Close() }
