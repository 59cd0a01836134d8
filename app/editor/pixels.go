package editor

import (
	"bytes"
	"context"
	"image"
	"path/filepath"

	"golang.org/x/image/draw"

	"pentimento/app/desk"
	"pentimento/app/settings"
	"pentimento/app/words"
	"pentimento/canvas"
	"pentimento/canvas/file"
	"pentimento/pipeline"
)

// A picture that comes in can be what a fill starts from: its pixels are laid over the mask,
// or over the frame where nothing is masked, and Enter fills from them.

// PixelsNo says why a picture cannot be what a fill starts from; "" where it can.
func (e *Editor) PixelsNo() string {
	if !e.Models.Generates() && e.Settings.Fill.Model == "" && e.Models.Starter == nil {
		return words.T("open a model first")
	}
	return ""
}

// PixelsOfFile begins the next fill with a picture file.
func (e *Editor) PixelsOfFile(path string) {
	e.decode(path, e.bring(), func(a *arrival) { e.pixelsOf(filepath.Base(path), a) })
}

// PixelsOfClipboard begins the next fill with the clipboard's picture.
func (e *Editor) PixelsOfClipboard() {
	if a := e.pasted(); a != nil {
		e.pixelsOf(words.T("Pasted"), a)
	}
}

// ReferenceOfClipboard puts the clipboard's picture into the strip of references.
func (e *Editor) ReferenceOfClipboard() {
	if a := e.pasted(); a != nil {
		a.bring(nil)
		e.AddReference(words.T("Pasted"), a.img)
	}
}

// FollowClipboard is FollowFile for the clipboard's picture.
func (e *Editor) FollowClipboard(kind string) {
	if a := e.pasted(); a != nil {
		a.bring(nil)
		e.follow(words.T("Pasted"), a.img, kind)
	}
}

// pasted is the clipboard's picture, nil where there is none, which was told.
func (e *Editor) pasted() *arrival {
	if e.Window == nil {
		return nil
	}
	data, err := e.Window.Clipboard()
	if e.Fail(err) {
		return nil
	}
	p, err := file.Decode(context.Background(), bytes.NewReader(data), nil)
	if e.Fail(err) {
		return nil
	}
	return arrived(p, nil)
}

// pixelsOf lays a picture over the mask, cut to it, or over the frame, and chooses the model
// where another engine was chosen.
func (e *Editor) pixelsOf(name string, a *arrival) {
	a.bring(e.doc.State().Source.Space())
	s := e.doc.State()
	place := s.Frame
	if s.Mask.Len() > 0 {
		place = s.MaskUsed()
	}
	at := covering(a.img.Rect.Size(), place)
	laid := image.NewNRGBA(place)
	draw.Draw(laid, place, scaled(a.img, at), place.Min, draw.Src)
	if s.Mask.Len() > 0 {
		for i, m := range s.MaskImage(place).Pix {
			laid.Pix[4*i+3] = canvas.Dim(laid.Pix[4*i+3], m)
		}
	}
	if !e.Models.Generates() {
		e.SetFill(func(f *settings.Fill) { f.Engine = string(pipeline.Diffusion) })
	}
	e.Edit("Start from "+name, func(ed *canvas.Edit) {
		all := ed.State().Layers
		ed.Put(ed.AddLayer(desk.Shorten(name, 24), all[len(all)-1].ID), laid, nil)
	})
	e.Fills.StartsFrom(e.Committed())
	e.Tell(desk.Change{What: desk.FillChanged | desk.OverlayChanged}) // the strength is another
	e.Say(words.T("Fill starts from these pixels (Enter); the strength says how far it may go from them"))
}

// AskRefer asks for a picture and offers what it can do for a fill.
func (e *Editor) AskRefer() {
	e.Ask(func(w desk.Window) {
		w.AskOpen(words.T("Picture to use"), func(path string) {
			e.Picked = path
			w.Show("picked")
		})
	})
}

// referActions offer a picture to a fill. Enter comes after that of the mask, which fills too.
var referActions = []Action{
	{ID: "fill.frompixels", Name: "Fill from the pixels laid there", Keys: []string{"Enter"}, Run: (*Editor).Fill, Enabled: func(e *Editor) bool { return e.Fills.Started() && !hasStack(e) && !e.pressed }, Help: "As the Fill button does"},
}
