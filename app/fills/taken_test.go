package fills

import (
	"bytes"
	"image"
	"image/color"
	"testing"
	"time"

	"pentimento/app/desk"
	"pentimento/app/settings"
	"pentimento/canvas"
	"pentimento/pipeline"
	"pentimento/pipeline/pixels"
)

// underFrame adds what is under the frame to the strip, attached.
func (b *bench) underFrame() *canvas.Reference {
	b.Edit("refer", func(ed *canvas.Edit) { ed.AddReference(&canvas.Reference{Name: "what is under the frame"}) })
	refs := b.Committed().References
	r := refs[len(refs)-1]
	b.FollowTaken(r, false, "")
	return r
}

// guideLayer adds a guide layer with a picture, attached as it is.
func (b *bench) guideLayer(img *image.NRGBA) *canvas.Reference {
	var id canvas.LayerID
	active := b.Committed().Active
	b.Edit("guide", func(ed *canvas.Edit) {
		id = ed.AddLayer("lines", active)
		ed.Put(id, img, nil)
		ed.SetLayer(id, func(l *canvas.Layer) { l.Guide = true })
		ed.SetActive(active)
	})
	r := b.Committed().GuideOf(id)
	b.FollowTaken(r, Dark(b.Committed(), id, false), "")
	return r
}

// guideOf is what a place's result followed.
func guideOf(s *Stack) pipeline.Guide { return s.Current().Result.Request.Guides[0] }

// What is under the frame is taken anew at every fill, without candidates, and each result keeps the one
// that it followed.
func TestTheCanvasIsTakenAtEveryFill(t *testing.T) {
	b, _ := studio(t)
	grey, blue := color.NRGBA{90, 90, 90, 255}, color.NRGBA{20, 20, 200, 255}
	b.put(flat(image.Rect(0, 0, 128, 128), grey))
	r := b.underFrame()
	b.SetFill(func(f *settings.Fill) { f.Prompt = "a barn" })
	if a := b.Attachment(r); !a.On || a.Kind != pipeline.GuideReference || len(b.Problems()) > 0 {
		t.Fatalf("attached as %+v, problems %v: without a network's file its look is what can be had", a, b.Problems())
	}
	if g := b.request(pipeline.Refine).Guides; len(g) != 1 || !g[0].Placed {
		t.Fatalf("the request carries %+v", g)
	}
	b.Fill()
	b.until("a candidate", func() bool { return b.Current() != nil })
	first := b.Shown()
	g := guideOf(first)
	if g.Image == nil || !g.Placed || g.Image.Rect != b.Outline().Context || g.Image.NRGBAAt(64, 64) != grey {
		t.Fatalf("the first fill followed %v", g)
	}
	b.put(flat(image.Rect(0, 0, 128, 128), blue)) // under a candidate that waits
	b.Fill()
	b.until("a second candidate", func() bool { return b.Shown() != first && b.Current() != nil })
	if got := guideOf(b.Shown()).Image.NRGBAAt(64, 64); got != blue {
		t.Errorf("the second fill followed %v, want the canvas as it is", got)
	}
	if guideOf(first).Image.NRGBAAt(64, 64) != grey {
		t.Error("the first result no longer tells what it followed")
	}
}

// A guide layer is no part of what a fill reads or changes; the network gets it on the maps' black
// ground, and hidden it is not followed.
func TestAGuideLayerIsNotThePicture(t *testing.T) {
	b, _ := studio(t)
	grey, white := color.NRGBA{90, 90, 90, 255}, color.NRGBA{255, 255, 255, 255}
	b.put(flat(image.Rect(0, 0, 128, 128), grey))
	before := flatten(b.Committed(), image.Rect(0, 0, 256, 256))
	r := b.guideLayer(flat(image.Rect(20, 20, 200, 30), white))
	if !bytes.Equal(flatten(b.Committed(), before.Rect).Pix, before.Pix) || b.UsedOf(b.Committed()) != image.Rect(0, 0, 128, 128) {
		t.Fatal("the guide layer is in the picture")
	}
	a := b.Attachment(r)
	if a.Kind != pipeline.GuideControl || a.Module != "none" {
		t.Fatalf("bright lines are followed as %+v, want as they are", a)
	}
	place := image.Rect(0, 0, 64, 64)
	guides, of := b.attached(b.Committed(), "")
	got := takeAll(guides, of, b.Committed(), place, image.Rectangle{})[0]
	if got.Name != "lines" || got.Image.Rect != place || got.Image.NRGBAAt(30, 25) != white || got.Image.NRGBAAt(30, 5) != (color.NRGBA{0, 0, 0, 255}) {
		t.Errorf("the network gets %v, %v, %v", got, got.Image.NRGBAAt(30, 25), got.Image.NRGBAAt(30, 5))
	}
	b.Edit("hide", func(ed *canvas.Edit) { ed.SetLayer(r.Layer, func(l *canvas.Layer) { l.Visible = false }) })
	if len(b.Attached()) != 0 {
		t.Error("a hidden guide layer is followed")
	}
	dark := b.guideLayer(flat(image.Rect(20, 20, 200, 30), color.NRGBA{0, 0, 0, 255}))
	if a := b.Attachment(dark); a.Module != "invert" {
		t.Errorf("dark lines are followed as %+v, want turned over", a)
	}
}

// An engine that reads no guides says so, and is stopped by none.
func TestContentAwarePassesGuidesByWithAWord(t *testing.T) {
	b := newBench(t)
	b.put(texture(image.Rect(0, 0, 128, 128), 1))
	b.maskRect(image.Rect(40, 40, 60, 60))
	b.SetFill(func(f *settings.Fill) { f.Engine = string(pipeline.Content) })
	if len(b.Problems()) > 0 {
		t.Fatalf("problems before: %v", b.Problems())
	}
	b.guideLayer(flat(image.Rect(0, 0, 128, 20), color.NRGBA{255, 255, 255, 255}))
	if named, blocks := b.found("follows no reference"); !named || blocks {
		t.Fatalf("problems: %v", b.Problems())
	}
	b.Fill()
	b.until("a candidate", func() bool { return b.Current() != nil })
	if n := len(b.Shown().Request.Guides); n != 0 {
		t.Errorf("it was given %d guides", n)
	}
}

// The map is remade when what it is of changes, also under a stroke that goes on, and is none of a
// reference that nobody looks at.
func TestTheMapFollowsTheCanvas(t *testing.T) {
	b, _ := studio(t)
	b.put(flat(image.Rect(0, 0, 128, 128), color.NRGBA{255, 255, 255, 255}))
	r := b.underFrame()
	b.Follow(r, pipeline.GuideControl)
	b.Attach(r, func(a *Attachment) { a.Module = "invert" })
	if img, _, _ := b.Maps.Of(r); img != nil {
		t.Fatal("a map is made for nobody")
	}
	is := func(v uint8) func() bool {
		return func() bool { img, _, _ := b.Maps.Of(r); return img != nil && img.NRGBAAt(30, 30).R == v }
	}
	b.Maps.Open(true)
	b.until("the map of white", is(0))
	if _, at, err := b.Maps.Of(r); at != b.MapPlace() || err != nil {
		t.Errorf("it lies at %v, %v", at, err)
	}
	b.edit = b.doc.Begin("stroke")
	b.edit.Put(1, flat(image.Rect(0, 0, 128, 128), color.NRGBA{55, 55, 55, 255}), nil)
	for !is(200)() { // each move of the pointer
		b.d.Tell(desk.Change{What: desk.Picture})
		select {
		case f := <-b.posted:
			f()
		case <-time.After(strokeEach):
		}
	}
	b.CancelTool()
	b.d.Tell(desk.Change{What: desk.Picture})
	b.until("the map of the picture without the stroke", is(0))
	b.Maps.Open(false)
	if img, _, _ := b.Maps.Of(r); img != nil {
		t.Error("the map is kept for nobody")
	}
}

// However a result is accepted, guide layers are as they were, also where one is active or lies in the mask,
// and outside the mask no pixel of the picture changes.
func TestAcceptingLeavesGuideLayersAlone(t *testing.T) {
	for _, into := range []string{"new", "active", "replace"} {
		b := newBench(t)
		b.Runner, b.Settings.AcceptInto = everywhere{}, into
		hole := image.Rect(20, 20, 40, 40)
		b.put(texture(image.Rect(0, 0, 80, 80), 3))
		r := b.guideLayer(flat(image.Rect(10, 10, 60, 60), color.NRGBA{255, 255, 255, 255}))
		b.Edit("active", func(ed *canvas.Edit) { ed.SetActive(r.Layer) })
		b.maskRect(hole)
		guide, before := b.Committed().Layer(r.Layer), flatten(b.Committed(), image.Rect(0, 0, 80, 80))
		b.SetFill(func(f *settings.Fill) { f.Engine = "content" })
		b.Fill()
		b.idle()
		b.Accept()
		after := flatten(b.Committed(), before.Rect)
		changed := pixels.BoundsWhere(before.Rect, func(x, y int) bool { return before.NRGBAAt(x, y) != after.NRGBAAt(x, y) })
		if b.Committed().Layer(r.Layer) != guide || changed != hole {
			t.Errorf("%s: %v changed, want %v, and the guide as it was", into, changed, hole)
		}
	}
}

// The network is chosen whose name says what it reads; a pose is not given to one for scribbles.
func TestTheNetworkIsChosenByItsName(t *testing.T) {
	both := []string{"/a/control_canny.pth", "/b/Control_OpenPose.safetensors", "/scribble/depth.pth"}
	for _, c := range []struct {
		files []string
		like  string
		any   bool
		want  string
	}{{both, "pose", false, both[1]}, {both, "canny", true, both[0]}, {both, "scribble", true, ""}, {both[:1], "scribble", true, both[0]}, {both[:1], "pose", false, ""}, {nil, "pose", true, ""}} {
		if got := suited(c.files, c.like, c.any); got != c.want {
			t.Errorf("of %q, for %s: %q, want %q", c.files, c.like, got, c.want)
		}
	}
}
