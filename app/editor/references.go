package editor

import (
	"fmt"
	"image"
	"path/filepath"

	"golang.org/x/image/draw"

	"pentimento/app/desk"
	"pentimento/canvas"
	"pentimento/canvas/file"
	"pentimento/pipeline"
)

// Attachment says how a picture of the strip counts in a fill. A picture that was never
// attached does not count at all: lying under the frame or in the strip is not enough.
//
// 2026-11-23: attachments belong to the program's session and are no steps of history: a
// slider would leave hundreds of them. They follow the picture through undo and redo.
type Attachment struct {
	On         bool
	Weight     float64         // 0..2
	Start, End float64         // the part of the sampling in which it acts, 0..1
	Crop       image.Rectangle // pixels of the picture; empty: all of it
}

// Attachment is how a picture of the strip is attached.
func (e *Editor) Attachment(r *canvas.Reference) Attachment {
	if a, ok := e.links[r]; ok {
		return a
	}
	return Attachment{Weight: 1, End: 1}
}

// Attach changes how a picture of the strip counts. Values beyond their range are brought
// to it; a crop outside the picture is none.
func (e *Editor) Attach(r *canvas.Reference, change func(*Attachment)) {
	old := e.Attachment(r)
	a := old
	change(&a)
	a.Weight = min(max(a.Weight, 0), 2)
	a.Start = min(max(a.Start, 0), 1)
	a.End = min(max(a.End, a.Start), 1)
	if a.Crop = a.Crop.Intersect(r.Image.Rect); a.Crop == r.Image.Rect {
		a.Crop = image.Rectangle{}
	}
	if a == old {
		return
	}
	if e.links == nil {
		e.links = map[*canvas.Reference]Attachment{}
	}
	e.links[r] = a
	e.Tell(desk.Change{What: desk.FillChanged | desk.OverlayChanged})
}

// Attached are the pictures that count in the next fill, in the strip's order.
func (e *Editor) Attached() []*canvas.Reference {
	var out []*canvas.Reference
	for _, r := range e.doc.State().References {
		if e.links[r].On {
			out = append(out, r)
		}
	}
	return out
}

// attached are the same as a Request carries them.
func (e *Editor) attached(state *canvas.State) []pipeline.Guide {
	var out []pipeline.Guide
	for _, r := range state.References {
		if a := e.links[r]; a.On {
			out = append(out, pipeline.Guide{Kind: pipeline.GuideReference, Name: r.Name, Weight: a.Weight, Start: a.Start, End: a.End, Crop: a.Crop, Image: r.Image})
		}
	}
	return out
}

// StartFrom makes a picture of the strip what the frame is refined from: it covers
// the frame as a layer on top, its proportions kept and the rest cut off. Fill then
// follows the frame rule with the panel's strength.
func (e *Editor) StartFrom(r *canvas.Reference) {
	frame := e.doc.State().Frame
	img := r.Image
	if a := e.Attachment(r); !a.Crop.Empty() {
		img = img.SubImage(a.Crop).(*image.NRGBA)
	}
	at := covering(img.Rect.Size(), frame)
	laid := scaled(img, at)
	if at != frame {
		cut := image.NewNRGBA(frame)
		draw.Draw(cut, frame, laid, frame.Min, draw.Src)
		laid = cut
	}
	e.Edit("Start from "+r.Name, func(ed *canvas.Edit) {
		s := ed.State()
		ed.Put(ed.AddLayer(desk.Shorten(r.Name, 24), s.Layers[len(s.Layers)-1].ID), laid, nil)
	})
}

// covering is the smallest rectangle of a picture's proportions that covers frame, around
// the same middle.
func covering(size image.Point, frame image.Rectangle) image.Rectangle {
	f := max(float64(frame.Dx())/float64(max(size.X, 1)), float64(frame.Dy())/float64(max(size.Y, 1)))
	w := max(int(float64(size.X)*f+0.5), frame.Dx())
	h := max(int(float64(size.Y)*f+0.5), frame.Dy())
	at := frame.Min.Sub(image.Pt((w-frame.Dx())/2, (h-frame.Dy())/2))
	return image.Rectangle{Min: at, Max: at.Add(image.Pt(w, h))}
}

// MaskFile makes a picture file the mask: its alpha where it has any transparency, else
// its brightness. A picture of the size of the visible content lies over that, any other
// one is scaled into the frame.
func (e *Editor) MaskFile(path string) {
	e.decode(path, func(p *file.Picture) {
		img, at := p.NRGBA(), e.Used()
		if at.Empty() || img.Rect.Size() != at.Size() {
			at = e.doc.State().Frame
		}
		e.setMask("Mask from "+filepath.Base(path), maskFrom(scaled(img, at)))
		e.Say(fmt.Sprintf("Masked from %s", filepath.Base(path)))
	})
}

// maskFrom reads a picture as a mask.
func maskFrom(img *image.NRGBA) *image.Alpha {
	m := image.NewAlpha(img.Rect)
	opaque := img.Opaque()
	for y := range img.Rect.Dy() {
		src, dst := img.Pix[y*img.Stride:][:4*img.Rect.Dx()], m.Pix[y*m.Stride:][:img.Rect.Dx()]
		for x := range dst {
			p := src[4*x:][:4]
			dst[x] = p[3]
			if opaque { // the weights of BT.601, as image/color's grey
				dst[x] = uint8((299*int(p[0]) + 587*int(p[1]) + 114*int(p[2]) + 500) / 1000)
			}
		}
	}
	return m
}
