package canvas_test

import (
	"context"
	"image"
	"testing"

	"pentimento/canvas"
	"pentimento/canvas/canvastest"
)

// TestPaintedIsWhatAnEditPaints within the same selection, tiles that stay as they are shared.
func TestPaintedIsWhatAnEditPaints(t *testing.T) {
	rng := canvastest.Chance(t)
	for range 30 {
		d := canvastest.Document(rng)
		s := d.State()
		id := s.Layers[rng.IntN(len(s.Layers))].ID
		e := d.Begin("ready")
		e.SetLayer(id, func(l *canvas.Layer) { l.Lock = 0 })
		if rng.IntN(2) == 0 {
			sel := image.NewAlpha(image.Rect(rng.IntN(40), rng.IntN(40), 60+rng.IntN(200), 60+rng.IntN(200)))
			for i := range sel.Pix {
				sel.Pix[i] = uint8(rng.Uint32())
			}
			e.SetSelection(canvas.Cover(sel))
		}
		e.Commit()
		if s = d.State(); !s.Takes(id) || s.Locks(id) != 0 {
			continue
		}
		r := image.Rect(rng.IntN(100)-50, rng.IntN(100)-50, 60+rng.IntN(200), 60+rng.IntN(200))
		value := uint8(rng.Uint32())
		got, err := s.Painted(context.Background(), id, r, func(tile *canvas.Tile, at image.Rectangle) {
			in := at.Intersect(r)
			for y := in.Min.Y; y < in.Max.Y; y++ {
				for x := in.Min.X; x < in.Max.X; x++ {
					for c := range 4 {
						tile.Pix[((y-at.Min.Y)*canvas.TileSize+x-at.Min.X)*4+c] = value
					}
				}
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		e = d.Begin("paint")
		e.Within(e.Base().Selection)
		e.PutTiles(id, r, func(dst []uint8, stride int, r image.Rectangle) {
			for y := range r.Dy() {
				for i := range 4 * r.Dx() {
					dst[y*stride+i] = value
				}
			}
		})
		e.Commit()
		if !canvas.Same(got, d.State()) {
			t.Fatalf("%v in %v differ", r, id)
		}
		s.Layer(id).Tiles.Each(func(k canvas.TileKey, tile *canvas.Tile) {
			if now := got.Layer(id).Tiles.At(k); now != nil && now != tile && now.Pix == tile.Pix {
				t.Errorf("tile %v is as it was and not shared", k)
			}
		})
	}
}

// TestPaintingAllOverNowhereIsRefused before it takes memory for it.
func TestPaintingAllOverNowhereIsRefused(t *testing.T) {
	s := canvas.New().State()
	_, err := s.Painted(t.Context(), s.Active, image.Rect(0, 0, 1<<24, 1<<24), func(*canvas.Tile, image.Rectangle) { t.Error("it was painted") })
	if err == nil {
		t.Error("no error")
	}
}
