package canvas_test

import (
	"image"
	"testing"

	"pentimento/canvas/canvastest"
)

// TestEraseTakesWhatTheMaskCovers: each byte by the definition, nothing else touched, one step.
func TestEraseTakesWhatTheMaskCovers(t *testing.T) {
	rng := canvastest.Chance(t)
	for range 20 {
		d := canvastest.Document(rng)
		before := canvastest.Copy(d.State())
		id := before.Layers[rng.IntN(len(before.Layers))].ID
		m := canvastest.Blob(rng, canvastest.Area(rng, 200))
		e := d.Begin("Erase")
		e.Erase(id, m)
		e.Commit()
		if d := canvastest.Outside(before, d.State(), m); d != "" {
			t.Fatal(d)
		}
		p, q := make([]uint8, 4), make([]uint8, 4)
		for y := m.Rect.Min.Y; y < m.Rect.Max.Y; y++ {
			for x := m.Rect.Min.X; x < m.Rect.Max.X; x++ {
				at := image.Rect(x, y, x+1, y+1)
				before.Layer(id).Read(p, 4, at)
				d.State().Layer(id).Read(q, 4, at)
				left := 255 - int(m.AlphaAt(x, y).A)
				for c := range p {
					if want := (int(p[c])*left + 127) / 255; int(q[c]) != want {
						t.Fatalf("byte %d at %d, %d is %d, want %d of %d", c, x, y, q[c], want, p[c])
					}
				}
			}
		}
		e = d.Begin("Erase all")
		e.Erase(id, nil)
		e.Commit()
		if n := d.State().Layer(id).Tiles.Len(); n != 0 {
			t.Errorf("%d tiles are left", n)
		}
	}
}
