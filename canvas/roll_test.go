package canvas_test

import (
	"image"
	"testing"

	"pentimento/canvas"
	"pentimento/canvas/canvastest"
)

// TestARolledLayerGoesRoundTheTile: every pixel of the tile comes from where it was, modulo the
// tile, nothing else changes, and rolled back the picture is as it was.
func TestARolledLayerGoesRoundTheTile(t *testing.T) {
	rng := canvastest.Chance(t)
	for range 8 {
		d := canvastest.Document(rng)
		s := d.State()
		tile := image.Rect(0, 0, 1+rng.IntN(150), 1+rng.IntN(150)).Add(image.Pt(rng.IntN(200)-100, rng.IntN(200)-100))
		by := image.Pt(rng.IntN(300)-150, rng.IntN(300)-150)
		id := s.Layers[rng.IntN(len(s.Layers))].ID
		out := s.RolledLayer(id, tile, by)
		area := tile.Inset(-90)
		for _, l := range s.Layers {
			was, now := make([]uint8, 4*area.Dx()*area.Dy()), make([]uint8, 4*area.Dx()*area.Dy())
			l.Read(was, 4*area.Dx(), area)
			out.Layer(l.ID).Read(now, 4*area.Dx(), area)
			for y := area.Min.Y; y < area.Max.Y; y++ {
				for x := area.Min.X; x < area.Max.X; x++ {
					from := image.Pt(x, y)
					if from.In(tile) && (l.ID == id || s.In(l.ID, id)) {
						from = from.Sub(by).Mod(tile)
					}
					i, j := 4*((y-area.Min.Y)*area.Dx()+x-area.Min.X), 4*((from.Y-area.Min.Y)*area.Dx()+from.X-area.Min.X)
					if [4]uint8(now[i:]) != [4]uint8(was[j:]) {
						t.Fatalf("layer %d in %v by %v: pixel %d,%d is %v, want %v", l.ID, tile, by, x, y, now[i:i+4], was[j:j+4])
					}
				}
			}
		}
		back := out.RolledLayer(id, tile, image.Point{}.Sub(by))
		for _, l := range s.Layers { // what belonged to the very pixels is gone
			if differs(l, back.Layer(l.ID)) {
				t.Fatalf("layer %d rolled back differs", l.ID)
			}
		}
	}
}

func differs(a, b *canvas.Layer) bool {
	r := a.Bounds().Union(b.Bounds())
	p, q := make([]uint8, 4*r.Dx()*r.Dy()), make([]uint8, 4*r.Dx()*r.Dy())
	a.Read(p, 4*r.Dx(), r)
	b.Read(q, 4*r.Dx(), r)
	return string(p) != string(q)
}

// TestFoldedCoverageLiesInTheTile, and each pixel has the most of what lies whole tiles apart.
func TestFoldedCoverageLiesInTheTile(t *testing.T) {
	rng := canvastest.Chance(t)
	for range 8 {
		area := image.Rect(-100, -80, 160, 130)
		m := image.NewAlpha(area)
		for i := range m.Pix {
			m.Pix[i] = uint8(rng.IntN(256))
		}
		tile := image.Rect(0, 0, 1+rng.IntN(99), 1+rng.IntN(99)).Add(image.Pt(rng.IntN(90)-40, rng.IntN(90)-40))
		want := image.NewAlpha(tile)
		for y := area.Min.Y; y < area.Max.Y; y++ {
			for x := area.Min.X; x < area.Max.X; x++ {
				p := image.Pt(x, y).Mod(tile)
				at := want.PixOffset(p.X, p.Y)
				want.Pix[at] = max(want.Pix[at], m.AlphaAt(x, y).A)
			}
		}
		g := canvas.Folded(canvas.Cover(m), tile)
		if got := canvas.CoverImage(g, tile); string(got.Pix) != string(want.Pix) || !canvas.CoverUsed(g).In(tile) {
			t.Fatalf("in %v it differs, or covers %v", tile, canvas.CoverUsed(g))
		}
	}
}
