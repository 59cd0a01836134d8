package editor

import (
	"image"
	"path/filepath"

	"golang.org/x/image/draw"

	"pentimento/app/desk"
	"pentimento/app/words"
	"pentimento/canvas"
	"pentimento/pipeline/pixels"
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
	laid := scaled(e.inDocument(img), at)
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

// MaskFile makes a picture file the mask, as pixels.MaskOf reads it. A picture of the size
// of the visible content covers that, any other one is scaled into the frame.
func (e *Editor) MaskFile(path string) {
	e.decode(path, nil, func(a *arrival) {
		img, at := a.NRGBA(), e.Used()
		if at.Empty() || img.Rect.Size() != at.Size() {
			at = e.doc.State().Frame
		}
		m, note, err := pixels.MaskOf(img)
		if e.Fail(err) {
			return
		}
		e.setMask("Mask from "+filepath.Base(path), scaledMask(m, at))
		said := words.T("Masked from %s", filepath.Base(path))
		if note != "" {
			said += ": " + note
		}
		e.Say(said)
	})
}

// scaledMask brings a mask to a rectangle, as scaled does a picture.
func scaledMask(m *image.Alpha, r image.Rectangle) *image.Alpha {
	grey := image.NewNRGBA(m.Rect)
	for i, v := range m.Pix {
		grey.Pix[4*i], grey.Pix[4*i+3] = v, 255
	}
	out, img := image.NewAlpha(r), scaled(grey, r)
	for i := range out.Pix {
		out.Pix[i] = img.Pix[4*i]
	}
	return out
}
