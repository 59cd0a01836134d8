package editor

import (
	"image"

	"pentimento/app/words"
	"pentimento/canvas"
	"pentimento/tools"
)

// cropActions end the crop tool.
var cropActions = []Action{
	{ID: "crop.apply", Name: "Crop to the rectangle", Icon: "accept", Keys: []string{"Enter"}, Run: (*Editor).ApplyCrop, Enabled: func(e *Editor) bool { return cropping(e) && !hasStack(e) && hasContent(e) }, Help: "Remove everything outside the crop tool's rectangle, in all layers; where it is larger the picture grows"},
	{ID: "crop.leave", Name: "Leave the crop tool", Icon: "discard", Keys: []string{"Escape"}, Run: (*Editor).leaveCrop, Enabled: func(e *Editor) bool { return cropping(e) && !hasStack(e) }, Help: "Back to the tool before, without cropping"},
}

func cropping(e *Editor) bool {
	_, ok := e.tool.(tools.Cropper)
	return ok && !e.pressed
}

// CropRect is the crop tool's rectangle; ok is false with another tool.
func (e *Editor) CropRect() (r image.Rectangle, ok bool) {
	c, ok := e.tool.(tools.Cropper)
	if ok {
		r = c.Rect(e)
	}
	return r, ok
}

// SetCropSize gives the crop tool's rectangle another size about its middle.
func (e *Editor) SetCropSize(w, h int) {
	if c, ok := e.tool.(tools.Cropper); ok {
		r := c.Rect(e)
		at := r.Min.Add(r.Size().Sub(image.Pt(w, h)).Div(2))
		c.SetRect(e, image.Rectangle{Min: at, Max: at.Add(image.Pt(w, h))})
	}
}

// ApplyCrop crops the picture to the crop tool's rectangle. Where that is larger the frame
// shows the new edge; what is new stays transparent, or is filled as an outpaint where the
// tool is told so.
func (e *Editor) ApplyCrop() {
	r, ok := e.CropRect()
	if !ok || e.placesWait() {
		return
	}
	old := picture(e.doc.State())
	within := r.Intersect(old)
	grows := r != within
	fills := grows && e.brush.CropFills && !within.Empty()
	e.leaveCrop()
	switch {
	case r == old:
	case !fills:
		e.crop(r, false)
		if grows {
			e.Say(words.T("The frame is the new edge; Export frame writes the picture with its transparent border"))
		}
	case within == old:
		e.Fills.Outpaint(old, r)
	default:
		e.reshapeThen("Crop", plainly(func(s *canvas.State) *canvas.State { return s.Cropped(within) }), func() { e.Fills.Outpaint(within, r) })
	}
}

// leaveCrop goes back to the tool before.
func (e *Editor) leaveCrop() {
	back := e.lastTool
	if back == "" || back == "crop" {
		back = tools.All[0].Name
	}
	e.SetTool(back)
}
