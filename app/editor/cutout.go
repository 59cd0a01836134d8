package editor

import (
	"context"
	"image"
	"sync"

	"pentimento/app/commission"
	"pentimento/app/words"
	"pentimento/canvas"
	"pentimento/canvas/render"
	"pentimento/fault"
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

// Cutting is one subject being cut out: what the network found is kept while its edge is chosen.
type Cutting struct {
	Network   string
	Way       string  // one of CutWays
	Threshold float64 // these as pipeline.Cutting has them
	Radius    int
	Shift     int
	Red       bool // the preview shows what goes in red

	mu     sync.Mutex
	of     *canvas.Layer // the rough mask is of its pixels,
	seen   *canvas.State // or of all of this picture,
	by     string        // by this network
	rough  *image.Alpha
	radius int
}

// how is what is asked for.
func (c *Cutting) how() pipeline.Cutting {
	return pipeline.Cutting{Network: c.Network, Threshold: c.Threshold, Radius: c.Radius, Shift: c.Shift}
}

// CanCut says, where the active layer can't be cut out, why not.
func (e *Editor) CanCut() error {
	s := e.doc.State()
	l := s.Layer(s.Active)
	switch {
	case l == nil || l.Tiles.Len() == 0:
		return fault.New("cut out: the active layer is empty", "Choose the layer with the subject.")
	case s.Locks(l.ID)&(canvas.LockPixels|canvas.LockAlpha) != 0:
		return fault.New("cut out: the pixels or the transparency of “"+l.Name+"” are locked", "Unlock them in the layers, or work on a copy.")
	}
	return nil
}

// CutOut tries to part the subject of the active layer from what is behind it by a network's file: the network looks once, beside
// the painting, and the edge can be chosen then. finding hears, on the window's goroutine, when the network begins and when it has
// looked. Made, it is one step; with a layer mask, too, soft edges take the subject's own colours.
func (e *Editor) CutOut(c *Cutting, finding func(bool)) {
	if e.Fail(e.CanCut()) {
		return
	}
	how, way, red, run, p := c.how(), c.Way, c.Red, e.cutter(), e.page
	base := e.doc.State().Layer(e.doc.State().Active)
	e.BeginTrial("Cut out", func(ctx context.Context, s *canvas.State, id canvas.LayerID, _ image.Rectangle, scale float64, report func(float64)) (*canvas.State, error) {
		l := s.Layer(id)
		if l == nil || l.Used().Empty() {
			return s, nil
		}
		if report != nil {
			return cutLayer(ctx, s, l, how, way, run, report)
		}
		rough, radius, err := c.found(ctx, base, how, run, func(on bool) { p.ed.Post(func() { finding(on) }) })
		if err != nil {
			return nil, err
		}
		img := pixelsOf(l)
		mask, err := pipeline.RefineCut(ctx, img, rough, how, radius, scale)
		if err != nil {
			return nil, err
		}
		return cutPreview(s, l, img, mask, red || way == CutSelection), nil
	})
}

// found is the network's rough mask of a layer, which it is asked for once.
func (c *Cutting) found(ctx context.Context, l *canvas.Layer, how pipeline.Cutting, run cutter, finding func(bool)) (*image.Alpha, int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.rough != nil && c.by == how.Network && c.seen == nil && samePixels(c.of, l) {
		return c.rough, c.radius, nil
	}
	if err := c.find(ctx, l, how, run, finding); err != nil {
		return nil, 0, err
	}
	c.seen = nil
	return c.rough, c.radius, nil
}

// foundIn is found of all that is seen of a picture, as it looks together.
func (c *Cutting) foundIn(ctx context.Context, s *canvas.State, how pipeline.Cutting, run cutter, finding func(bool)) (*image.Alpha, int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.rough != nil && c.by == how.Network && c.seen == s {
		return c.rough, c.radius, nil
	}
	if err := render.CheckWhole("cutout", picture(s)); err != nil {
		return nil, 0, err
	}
	all, l := stamped(s)
	if err := c.find(ctx, all.Layer(l), how, run, finding); err != nil {
		return nil, 0, err
	}
	c.seen = s
	return c.rough, c.radius, nil
}

// find asks the network; the caller holds mu.
func (c *Cutting) find(ctx context.Context, l *canvas.Layer, how pipeline.Cutting, run cutter, finding func(bool)) error {
	if err := render.CheckWhole("cutout", l.Used()); err != nil {
		return err
	}
	finding(true)
	defer finding(false)
	img := pixelsOf(l)
	radius, err := pipeline.CutRadius(how, img.Rect.Size())
	if err != nil {
		return err
	}
	res, err := run(ctx, img, pipeline.Cutting{Network: how.Network, Radius: -1, Keep: true}, func(float64) {})
	if err != nil {
		return err
	}
	c.of, c.by, c.rough, c.radius = l, how.Network, res.Mask, radius
	return nil
}

// cutLayer is a picture in which a layer is cut out.
func cutLayer(ctx context.Context, s *canvas.State, l *canvas.Layer, how pipeline.Cutting, way string, run cutter, report func(float64)) (*canvas.State, error) {
	if err := render.CheckWhole("cutout", l.Used()); err != nil {
		return nil, err
	}
	img := pixelsOf(l)
	res, err := run(ctx, img, how, report)
	if err != nil {
		return nil, err
	}
	doc := canvas.Open("Cut out", s)
	ed := doc.Begin("Cut out")
	switch way {
	case CutSelection:
		ed.SetSelection(canvas.Cover(res.Mask))
		ed.Commit()
		return doc.State(), nil
	case CutAlpha:
		relaid(ed, l.ID, res.Image)
	default:
		relaid(ed, l.ID, edged(img, res.Image, res.Mask))
		ed.SetLayerMask(l.ID, shown(l, res.Mask))
	}
	ed.Commit()
	return witnessed(doc.State(), &res.Request, l.ID), nil
}

// cutPreview is a picture in which a layer is seen as a mask leaves it, or, in red, what would go.
func cutPreview(s *canvas.State, l *canvas.Layer, img *image.NRGBA, mask *image.Alpha, red bool) *canvas.State {
	doc := canvas.Open("Cut out", s)
	ed := doc.Begin("Cut out")
	if red {
		mask = alsoMasked(l, mask)
		for i, m := range mask.Pix {
			const veil = 150 // of 255
			p, k := img.Pix[4*i:4*i+3], uint32(255-m)*veil/255
			for c, to := range [3]uint32{230, 20, 30} {
				p[c] = uint8((uint32(p[c])*(255-k) + to*k + 127) / 255)
			}
		}
		ed.SetLayerMask(l.ID, nil) // what it hides is red, too
		relaid(ed, l.ID, img)
	} else {
		ed.SetLayerMask(l.ID, shown(l, mask))
	}
	ed.Commit()
	return doc.State()
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
	if l.Mask.On() {
		old := make([]uint8, len(own.Pix))
		l.Mask.Read(old, own.Stride, own.Rect.Sub(l.Offset))
		for i, v := range old {
			own.Pix[i] = canvas.Dim(own.Pix[i], v)
		}
	}
	return own
}

// cutter runs the task Cut on a picture.
type cutter func(ctx context.Context, img *image.NRGBA, how pipeline.Cutting, report func(float64)) (*pipeline.Result, error)

// cutter is the one of the engine where there is one. Networks are shown sRGB, whatever the picture's colours are.
func (e *Editor) cutter() cutter {
	var runner pipeline.Runner = e.Fills.Pipeline
	if e.Fills.Runner != nil {
		runner = e.Fills.Runner
	}
	var panel pipeline.Request
	pipeline.Apply(&panel, e.Settings.Fill.Get)
	where, p, space := panel.Where, e.page, e.doc.State().Source.Space()
	where.Device = e.Settings.Device
	return func(ctx context.Context, img *image.NRGBA, how pipeline.Cutting, report func(float64)) (*pipeline.Result, error) {
		q := pipeline.Request{Ask: pipeline.Ask{Engine: pipeline.Diffusion, Task: pipeline.Cut, Frame: img.Rect, Image: img}, Cut: &how, Where: where}
		return commission.In(space, runner).Run(ctx, q, func(g pipeline.Progress) {
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
		return words.T("Transparency: the rest goes")
	case CutSelection:
		return words.T("A selection")
	}
	return words.T("A layer mask hides the rest")
}
