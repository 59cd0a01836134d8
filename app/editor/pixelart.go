package editor

import (
	"context"
	"image"
	"image/draw"

	"pentimento/canvas"
	"pentimento/canvas/render"
	"pentimento/pipeline"
	"pentimento/pipeline/pixelart"
)

// PixelOptions say how pixel art is made.
type PixelOptions = pixelart.Options

// PixelPalettes, PixelDithers and PixelTakes are the names that PixelOptions may have.
func PixelPalettes() []string { return pixelart.Palettes() }

// PixelDithers are the ways of dithering, none first.
func PixelDithers() []string { return pixelart.Dithers }

// PixelTakes are the ways in which a cell takes its colour.
func PixelTakes() []string { return pixelart.Takes }

// PixelArt tries pixel art of the active layer.
func (e *Editor) PixelArt(o PixelOptions) { e.BeginTrial("Pixel art", pixelating(o)) }

// pixelating is pixel art as it is tried: of the reduced picture with cells reduced alike, within the selection.
func pixelating(o PixelOptions) Try {
	return func(ctx context.Context, s *canvas.State, layer canvas.LayerID, _ image.Rectangle, scale float64, report func(float64)) (*canvas.State, error) {
		l := s.Layer(layer)
		if l == nil || l.Used().Empty() {
			return s, nil
		}
		if err := render.CheckWhole("pixelate", l.Used()); err != nil {
			return nil, err
		}
		here := o.Settle()
		here.Cell = max(int(float64(here.Cell)*scale+0.5), 1)
		out, err := pixelart.Make(ctx, pixelsOf(l), here, report)
		if err != nil {
			return nil, err
		}
		doc := canvas.Open("Pixel art", s)
		ed := doc.Begin("Pixel art")
		if s.Selection.Len() > 0 {
			ed.Within(s.Selection)
		}
		relaid(ed, layer, out)
		ed.Commit()
		if report == nil {
			return doc.State(), nil
		}
		made := *doc.State()
		made.Source = levelled(s, l, out)
		q := pipeline.Request{Ask: pipeline.Ask{Engine: pipeline.Diffusion, Task: pipeline.Pixelate}, Pixels: &here}
		return witnessed(&made, &q, layer), nil
	}
}

// levelled is what the opened picture's file says once pixel art was made of its layer: where pixels are the art's, what they had
// beyond 8 bits a channel is gone, so that a cell stays of one colour in a file of 16. Elsewhere it stays.
func levelled(s *canvas.State, l *canvas.Layer, art *image.NRGBA) *canvas.Source {
	src := s.Source
	if !src.Deep() || src.Layer != l.ID {
		return src
	}
	r := src.Exact.Bounds()
	out := image.NewNRGBA64(r)
	draw.Draw(out, r, src.Exact, r.Min, draw.Src)
	in := r.Intersect(art.Rect.Sub(l.Offset))
	cover := canvas.CoverImage(s.Selection, in.Add(l.Offset))
	for y := in.Min.Y; y < in.Max.Y; y++ {
		for x := in.Min.X; x < in.Max.X; x++ {
			at := image.Pt(x, y).Add(l.Offset)
			if s.Selection.Len() > 0 && cover.AlphaAt(at.X, at.Y).A == 0 {
				continue
			}
			to := out.Pix[out.PixOffset(x, y):][:8]
			for i, v := range art.Pix[art.PixOffset(at.X, at.Y):][:4] {
				to[2*i], to[2*i+1] = v, v
			}
		}
	}
	return &canvas.Source{Profile: src.Profile, Meaning: src.Meaning, Layer: src.Layer, Exact: out}
}

// PixelArtIsShallow says that the active layer has 16 bits a channel, of which pixel art has 8.
func (e *Editor) PixelArtIsShallow() bool {
	s := e.doc.State()
	return s.Source.Deep() && s.Source.Layer == s.Active
}
