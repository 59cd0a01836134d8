package editor

import (
	"context"
	"image"

	"pentimento/app/words"
	"pentimento/canvas"
	"pentimento/canvas/render"
	"pentimento/pipeline"
)

// What becomes of a subject that is cut out.
const (
	CutMask      = "mask"      // a layer mask: what is behind it stays, hidden
	CutAlpha     = "alpha"     // what is behind it is gone
	CutSelection = "selection" // it is selected
)

// CutWays are all of them, the usual one first.
var CutWays = []string{CutMask, CutAlpha, CutSelection}

// CheckCutout says what a network's file is, for people; a file that cuts nothing out is an error. It reads the
// file: for any other goroutine than the window's.
func CheckCutout(path string) (string, error) { return pipeline.CheckCutout(path, "") }

// CutOut parts the subject of the active layer from what is behind it by a network's file, beside the painting and as
// one step. With a layer mask, too, soft edges take the subject's own colours.
func (e *Editor) CutOut(network, way string) {
	s := e.doc.State()
	l := s.Layer(s.Active)
	if l == nil || l.Tiles.Len() == 0 || way != CutSelection && e.locked(l.ID, canvas.LockPixels) {
		return
	}
	id, run := l.ID, e.cutter(network)
	e.page.rework("Cut out", func(ctx context.Context, report func(float64), s *canvas.State) (*canvas.State, error) {
		l := s.Layer(id)
		if l == nil || l.Used().Empty() {
			return s, nil
		}
		if err := render.CheckWhole("cutout", l.Used()); err != nil {
			return nil, err
		}
		img := pixelsOf(l)
		res, err := run(ctx, img, report)
		if err != nil {
			return nil, err
		}
		doc := canvas.Open("Cut out", s)
		ed := doc.Begin("Cut out")
		switch way {
		case CutSelection:
			ed.SetSelection(canvas.Cover(res.Mask))
		case CutAlpha:
			relaid(ed, id, res.Image)
		default:
			relaid(ed, id, edged(img, res.Image, res.Mask))
			ed.SetLayerMask(id, shown(l, res.Mask))
		}
		ed.Commit()
		return doc.State(), nil
	}, func(bool) {})
}

// pixelsOf are a layer's own pixels with straight alpha.
func pixelsOf(l *canvas.Layer) *image.NRGBA {
	img := image.NewNRGBA(l.Used())
	l.Read(img.Pix, img.Stride, img.Rect)
	canvas.Unpremultiply(img.Pix, img.Pix)
	return img
}

// relaid gives a layer other pixels.
func relaid(ed *canvas.Edit, id canvas.LayerID, img *image.NRGBA) {
	ed.Place(id, img, img)
	ed.SetLayer(id, func(l *canvas.Layer) { l.Placed = nil })
}

// edged is a picture with the colours of the subject at soft edges, and its own alpha.
func edged(img, subject *image.NRGBA, mask *image.Alpha) *image.NRGBA {
	out := image.NewNRGBA(img.Rect)
	copy(out.Pix, img.Pix)
	for i, a := range mask.Pix {
		if a > 0 && a < 255 {
			copy(out.Pix[4*i:4*i+3], subject.Pix[4*i:4*i+3])
		}
	}
	return out
}

// shown is the subject as a layer's mask, within what a mask that it had let show.
func shown(l *canvas.Layer, mask *image.Alpha) *canvas.LayerMask {
	own := alsoMasked(l, mask)
	own.Rect = own.Rect.Sub(l.Offset)
	return canvas.NewLayerMask(own, 0)
}

// alsoMasked is what of a mask a layer's own mask lets show, in document pixels.
func alsoMasked(l *canvas.Layer, mask *image.Alpha) *image.Alpha {
	own := &image.Alpha{Pix: append([]uint8(nil), mask.Pix...), Stride: mask.Stride, Rect: mask.Rect}
	if l.Mask != nil {
		old := make([]uint8, len(own.Pix))
		l.Mask.Read(old, own.Stride, own.Rect.Sub(l.Offset))
		for i, v := range old {
			own.Pix[i] = canvas.Dim(own.Pix[i], v)
		}
	}
	return own
}

// cutter runs the task with a network, in the engine where there is one.
func (e *Editor) cutter(network string) func(ctx context.Context, img *image.NRGBA, report func(float64)) (*pipeline.Result, error) {
	var runner pipeline.Runner = e.Fills.Pipeline
	if e.Fills.Runner != nil {
		runner = e.Fills.Runner
	}
	var panel pipeline.Request
	pipeline.Apply(&panel, e.Settings.Fill.Get)
	where, p := panel.Where, e.page
	where.Device = e.Settings.Device
	return func(ctx context.Context, img *image.NRGBA, report func(float64)) (*pipeline.Result, error) {
		q := pipeline.Request{Ask: pipeline.Ask{Engine: pipeline.Diffusion, Task: pipeline.Cut, Frame: img.Rect, Image: img}, Cut: &pipeline.Cutting{Network: network}, Where: where}
		return runner.Run(ctx, q, func(g pipeline.Progress) {
			if g.Notice != "" {
				p.ed.Post(func() { p.ed.Say(g.Notice) })
			}
			report(g.Fraction)
		})
	}
}

// CutWayName is what people call a way.
func CutWayName(way string) string {
	switch way {
	case CutAlpha:
		return words.T("Transparency: what is behind it goes")
	case CutSelection:
		return words.T("A selection")
	}
	return words.T("A layer mask: what is behind it is hidden")
}
