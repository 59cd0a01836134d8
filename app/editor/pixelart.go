package editor

import (
	"context"
	"image"

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
		q := pipeline.Request{Ask: pipeline.Ask{Engine: pipeline.Diffusion, Task: pipeline.Pixelate}, Pixels: &here}
		return witnessed(doc.State(), &q, layer), nil
	}
}
