package editor

import (
	"context"
	"image"

	"pentimento/canvas"
	"pentimento/canvas/adjust"
)

// adjustActions change colours and sharpness of the active layer.
var adjustActions = []Action{
	{ID: "adjust.levels", Name: "Levels…", Menu: "Image", Gap: true, Keys: []string{"Ctrl+Alt+L"}, Run: adjusts("levels"), Enabled: hasLayerPixels, Help: "Set black, middle and white of the active layer, by its histogram"},
	{ID: "adjust.curves", Name: "Curves…", Menu: "Image", Keys: []string{"Ctrl+Alt+M"}, Run: adjusts("curves"), Enabled: hasLayerPixels, Help: "Bend the values of the active layer by a curve through points"},
	{ID: "adjust.hues", Name: "Hue and saturation…", Menu: "Image", Keys: []string{"Ctrl+U"}, Run: adjusts("hues"), Enabled: hasLayerPixels, Help: "Turn the hues of the active layer, all or one range, and change saturation and lightness"},
	{ID: "adjust.contrast", Name: "Brightness and contrast…", Menu: "Image", Run: adjusts("contrast"), Enabled: hasLayerPixels, Help: "Brighten or darken the active layer"},
	{ID: "adjust.blur", Name: "Gaussian blur…", Menu: "Image", Run: adjusts("blur"), Enabled: hasLayerPixels, Help: "Soften the active layer"},
	{ID: "adjust.sharpen", Name: "Sharpen…", Menu: "Image", Run: adjusts("sharpen"), Enabled: hasLayerPixels, Help: "Sharpen the active layer with an unsharp mask"},
	{ID: "image.pixelart", Name: "Pixel art…", Menu: "Image", Run: func(e *Editor) { e.Desk.Show("pixelart") }, Enabled: hasLayerPixels, Help: "Make the active layer pixel art: cells of few colours, dithered or not"},
	{ID: "adjust.invert", Name: "Invert colours", Menu: "Image", Run: adjustAtOnce("Invert colours", adjust.Invert), Enabled: hasLayerPixels, Help: "Make a negative of the active layer"},
	{ID: "adjust.grey", Name: "Desaturate", Menu: "Image", Keys: []string{"Ctrl+Shift+U"}, Run: adjustAtOnce("Desaturate", adjust.Desaturate), Enabled: hasLayerPixels, Help: "Make the active layer grey"},
}

// adjusts shows the card of an adjustment.
func adjusts(name string) func(*Editor) {
	return func(e *Editor) { e.Desk.Show("adjust." + name) }
}

// adjustAtOnce makes a change that has nothing to choose.
func adjustAtOnce(label string, change func() *adjust.Change) func(*Editor) {
	return func(e *Editor) {
		e.BeginTrial(label, adjusting(change()))
		e.MakeTrial()
	}
}

// Adjust tries an adjustment of the active layer.
func (e *Editor) Adjust(label string, c *adjust.Change) {
	if b := c.Blur; b != nil {
		if l := e.AdjustedLayer(); l != nil {
			b.Edge = adjust.Filled(l)
			if b.Amount == 0 && !b.Edge && e.locked(l.ID, canvas.LockAlpha) {
				return
			}
		}
	}
	e.BeginTrial(label, adjusting(c))
}

// AdjustedLayer is the layer that an adjustment would change, or changes now; nil for none.
func (e *Editor) AdjustedLayer() *canvas.Layer {
	if t := e.trial; t != nil {
		return t.base.Layer(t.layer)
	}
	s := e.doc.State()
	return s.Layer(s.Active)
}

// CountValues makes the histogram of the layer that is adjusted, and hands it over later.
func (e *Editor) CountValues(then func(*adjust.Histogram)) {
	l := e.AdjustedLayer()
	if l == nil {
		return
	}
	r := l.Used()
	if m := canvas.CoverUsed(e.doc.State().Selection); !m.Empty() {
		r = r.Intersect(m)
	}
	e.Go("histogram", func() {
		h := adjust.Count(l, r)
		e.Post(func() { then(h) })
	}, nil)
}

// LosesDepth says that an adjustment would leave 8 bits of the opened picture's 16.
func (e *Editor) LosesDepth(c *adjust.Change) bool {
	src, l := e.doc.State().Source, e.AdjustedLayer()
	return !c.Deep() && src.Deep() && l != nil && src.Layer == l.ID
}

// adjusting is an adjustment as it is tried, limited by the selection where there is one.
func adjusting(c *adjust.Change) Try {
	return func(ctx context.Context, s *canvas.State, layer canvas.LayerID, within image.Rectangle, scale float64, report func(float64)) (*canvas.State, error) {
		here := *c
		if c.Blur != nil && scale != 1 {
			b := *c.Blur
			b.Sigma *= scale
			here.Blur = &b
		}
		o := adjust.Options{Within: within, Report: report}
		if s.Selection.Len() > 0 {
			o.Limit = &s.Selection
		}
		return here.Layer(ctx, s, layer, o)
	}
}
