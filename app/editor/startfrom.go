package editor

import (
	"fmt"
	"image"
	"path/filepath"

	"golang.org/x/image/draw"

	"pentimento/app/desk"
	"pentimento/canvas"
	"pentimento/canvas/file"
)

// StartFrom makes a picture of the strip what the frame is refined from: it covers
// the frame as a layer on top, its proportions kept and the rest cut off. Fill then
// follows the frame rule with the panel's strength.
func (e *Editor) StartFrom(r *canvas.Reference) {
	frame := e.doc.State().Frame
	img := r.Image
	if a := e.Fills.Attachment(r); !a.Crop.Empty() {
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
