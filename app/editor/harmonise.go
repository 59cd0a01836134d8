package editor

import (
	"cmp"
	"context"
	"image"
	"slices"
	"sync"

	"pentimento/app/words"
	"pentimento/canvas"
	"pentimento/canvas/render"
	"pentimento/fault"
	"pentimento/pipeline"
	"pentimento/pipeline/harmony"
	"pentimento/pipeline/pixels"
)

var harmoniseActions = []Action{
	{ID: "layer.harmonise", Name: "Harmonise…", Menu: "Layer", Run: (*Editor).askHarmonise, Enabled: hasLayerPixels, Help: "Bring the layer's colours and its edge nearer to the picture below, and let it cast a soft shadow"},
}

// askHarmonise shows the card, where there is something to harmonise with.
func (e *Editor) askHarmonise() {
	s := e.doc.State()
	under := belowLayer(s, s.Active)
	if under == nil || !slices.ContainsFunc(under.Layers, func(l *canvas.Layer) bool { return !l.Group && l.Tiles.Len() > 0 && under.Counts(l) }) {
		e.Fail(fault.New("harmonise: nothing is below this layer", "choose the layer that was laid over the picture"))
		return
	}
	r := s.Layer(s.Active).Used()
	if !e.Fail(cmp.Or(render.CheckWhole("harmonise", r), render.CheckWhole("harmonise", around(r, under)))) {
		e.Desk.Show("harmonise")
	}
}

// Harmony is one layer being harmonised: what was measured of it is kept while sliders move.
type Harmony struct {
	Look harmony.Look
	Keep bool // the layer as it was stays, hidden, below

	mu    sync.Mutex
	of    *canvas.State
	layer canvas.LayerID
	scene *harmony.Scene
}

// NewHarmony is one with what suits most layers.
func NewHarmony() *Harmony { return &Harmony{Look: harmony.Default} }

// Reset makes the look what it was at first.
func (h *Harmony) Reset() { h.Look = harmony.Default }

// Harmonise tries it on the active layer.
func (e *Editor) Harmonise(label string, h *Harmony) { e.BeginTrial(label, h.trying()) }

// trying is the Try of what is wanted now.
func (h *Harmony) trying() Try {
	look, keep := h.Look, h.Keep
	return func(ctx context.Context, s *canvas.State, id canvas.LayerID, within image.Rectangle, _ float64, report func(float64)) (*canvas.State, error) {
		h.mu.Lock()
		var err error
		if h.of != s || h.layer != id {
			h.of, h.layer = nil, 0
			if h.scene, err = sceneOf(ctx, s, id); err == nil {
				h.of, h.layer = s, id
			}
		}
		scene := h.scene
		h.mu.Unlock()
		if report != nil {
			report(0.3)
		}
		if err != nil {
			return nil, err
		}
		out, err := harmonised(ctx, s, id, scene, look, keep, within)
		if err != nil || report == nil || scene == nil {
			return out, err
		}
		l := s.Layer(id)
		q := pipeline.Request{Ask: pipeline.Ask{Engine: pipeline.Diffusion, Task: pipeline.Harmonise}, Harmony: &pipeline.Harmonising{Name: l.Name, At: l.Used().Min.Sub(s.Used().Min), Look: look}}
		return witnessed(out, &q, id), nil
	}
}

// flattened is how many rows of the picture below are joined before it is asked whether that is still wanted.
const flattened = 256

// sceneOf measures a layer and what is below it; nil where it has no pixels. It ends early with ctx.Err().
func sceneOf(ctx context.Context, s *canvas.State, id canvas.LayerID) (*harmony.Scene, error) {
	l := s.Layer(id)
	if l == nil || l.Used().Empty() {
		return nil, nil
	}
	r := l.Used()
	img := image.NewNRGBA(r)
	l.Read(img.Pix, img.Stride, r)
	canvas.Unpremultiply(img.Pix, img.Pix)
	var mask *image.Alpha
	if l.Mask.On() {
		mask = image.NewAlpha(r)
		l.Mask.Read(mask.Pix, mask.Stride, r.Sub(l.Offset))
	}
	under := belowLayer(s, id)
	in := around(r, under)
	below := image.NewNRGBA(in)
	for y := in.Min.Y; y < in.Max.Y; y += flattened {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		pixels.Paste(below, render.Flatten(under, image.Rect(in.Min.X, y, in.Max.X, min(y+flattened, in.Max.Y)), render.FlattenOptions{}))
	}
	return harmony.New(img, below, mask), ctx.Err()
}

// around is what is measured of the picture below a layer that lies in r.
func around(r image.Rectangle, under *canvas.State) image.Rectangle {
	return r.Inset(-3 * max(r.Dx(), r.Dy())).Intersect(under.Used())
}

// belowLayer is the picture without a layer and what lies over it; nil where there is no
// such layer.
func belowLayer(s *canvas.State, id canvas.LayerID) *canvas.State {
	i := s.Index(id)
	if i < 0 {
		return nil
	}
	out := *s
	out.Layers = slices.Clone(s.Layers)
	for n := i; n < len(out.Layers); n++ {
		if l := out.Layers[n]; n == i || !s.In(id, l.ID) {
			hidden := *l
			hidden.Visible = false
			out.Layers[n] = &hidden
		}
	}
	return &out
}

// newLayerID is the ID of the nth layer that a State made off the window's goroutine has more
// than the document: canvas.Edit.Become gives it one of its own.
func newLayerID(n int) canvas.LayerID { return ^canvas.LayerID(0) - canvas.LayerID(n) }

// harmonised makes what was measured; only what is within (empty: all) has to be right.
func harmonised(ctx context.Context, s *canvas.State, id canvas.LayerID, scene *harmony.Scene, look harmony.Look, keep bool, within image.Rectangle) (*canvas.State, error) {
	l := s.Layer(id)
	if scene == nil || l == nil {
		return s, nil
	}
	changed, err := scene.Layer(ctx, look, within)
	if err != nil {
		return nil, err
	}
	dark := scene.Shadow(look)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	now := *l
	if tiles := recoloured(l, changed, s.Selection); len(tiles) > 0 {
		now.Tiles, now.Placed, now.Text = l.Tiles.With(tiles), nil, nil
	}
	out := *s
	out.Layers = slices.Clone(s.Layers)
	i := s.Index(id)
	out.Layers[i] = &now
	out.Origins = s.Repainted(&now)
	if dark != nil {
		out.Layers = slices.Insert(out.Layers, i, &canvas.Layer{
			ID: newLayerID(0), Name: words.T("Shadow of %s", l.Name), Visible: l.Visible, Opacity: l.Opacity, Parent: l.Parent, Clip: l.Clip, Tiles: shadowTiles(dark),
		})
	}
	if keep {
		was := *l
		was.ID, was.Name, was.Visible = newLayerID(1), words.T("%s before", l.Name), false
		out.Layers = slices.Insert(out.Layers, i, &was)
	}
	return &out, nil
}

// recoloured are the tiles of a layer that take on an image's colours, where and as far as
// something is selected (all of it where nothing is). Their transparency stays.
func recoloured(l *canvas.Layer, img *image.NRGBA, selected canvas.Grid[canvas.MaskTile]) map[canvas.TileKey]*canvas.Tile {
	out := map[canvas.TileKey]*canvas.Tile{}
	limited := selected.Len() > 0
	canvas.KeysIn(img.Rect.Sub(l.Offset), func(k canvas.TileKey) {
		old := l.Tiles.At(k)
		if old == nil {
			return
		}
		t, r := *old, k.Rect().Add(l.Offset).Intersect(img.Rect)
		var cover *image.Alpha
		if limited {
			cover = canvas.CoverImage(selected, r)
		}
		for y := r.Min.Y; y < r.Max.Y; y++ {
			for x := r.Min.X; x < r.Max.X; x++ {
				at := image.Pt(x, y).Sub(l.Offset).Sub(k.Rect().Min)
				p := t.Pix[4*(at.Y*canvas.TileSize+at.X):][:4]
				var q [4]uint8
				o := img.PixOffset(x, y)
				canvas.Premultiply(q[:], img.Pix[o:o+4])
				c := 255
				if limited {
					c = int(cover.AlphaAt(x, y).A)
				}
				for i := range 3 {
					p[i] = uint8((int(p[i])*(255-c) + int(q[i])*c + 127) / 255)
				}
			}
		}
		if t != *old {
			out[k] = &t
		}
	})
	return out
}

// shadowTiles are the tiles of a layer of black as dense as a mask.
func shadowTiles(dark *image.Alpha) canvas.Grid[canvas.Tile] {
	out := map[canvas.TileKey]*canvas.Tile{}
	canvas.KeysIn(dark.Rect, func(k canvas.TileKey) {
		t, any := new(canvas.Tile), false
		r := k.Rect().Intersect(dark.Rect)
		for y := r.Min.Y; y < r.Max.Y; y++ {
			for x := r.Min.X; x < r.Max.X; x++ {
				if a := dark.Pix[dark.PixOffset(x, y)]; a > 0 {
					at := image.Pt(x, y).Sub(k.Rect().Min)
					t.Pix[4*(at.Y*canvas.TileSize+at.X)+3], any = a, true
				}
			}
		}
		if any {
			out[k] = t
		}
	})
	return canvas.Grid[canvas.Tile]{}.With(out)
}
