package render

import (
	"image"
	"image/color"
	"testing"

	"pentimento/canvas"
	"pentimento/canvas/colour"
)

// TestTheScreenIsSRGB: a picture of another space is drawn as sRGB, what is around it keeps
// its look, an export keeps the picture's own values, and a thumbnail is sRGB too.
func TestTheScreenIsSRGB(t *testing.T) {
	d := canvas.New()
	e := d.Begin("open")
	layer := e.State().Active
	tile := e.Tile(layer, canvas.TileKey{})
	for i := range len(tile.Pix) / 4 {
		copy(tile.Pix[4*i:], []byte{200, 60, 90, 255})
	}
	e.SetSource(&canvas.Source{Profile: colour.Matrix("Display P3", colour.P3, colour.SRGBCurve()), Layer: layer})
	e.Commit()
	r := New(Options{})
	r.SetState(d.State(), image.Rectangle{})
	fb := image.NewRGBA(image.Rect(0, 0, 128, 64))
	r.Render(fb, fb.Rect, View{Scale: 1, W: 128, H: 64}, Nearest)
	near := func(what string, got color.NRGBA, want color.NRGBA) {
		t.Helper()
		for _, v := range [][2]uint8{{got.R, want.R}, {got.G, want.G}, {got.B, want.B}} {
			if v[0]-v[1] > 2 && v[1]-v[0] > 2 {
				t.Errorf("%s is %v, want %v", what, got, want)
				return
			}
		}
	}
	at := func(x, y int) color.NRGBA { c := fb.RGBAAt(x, y); return color.NRGBA(c) }
	// littlecms, Display P3 to sRGB: 215 50 90
	want := d.State().Source.Space().Seen(color.NRGBA{200, 60, 90, 255})
	if want.R < 210 || want.G > 54 {
		t.Fatalf("P3 200 60 90 is seen as %v", want)
	}
	near("the picture", at(10, 10), want)
	near("outside", at(100, 10), DefaultLook.Outside)
	if c := Flatten(d.State(), image.Rect(0, 0, 1, 1), FlattenOptions{}).NRGBAAt(0, 0); c != (color.NRGBA{200, 60, 90, 255}) {
		t.Errorf("flattened it is %v, want its own values", c)
	}
	near("the thumbnail", Thumbnail(d.State(), 0, 8).NRGBAAt(3, 3), want)
	r.SetState(canvas.New().State(), image.Rectangle{})
	r.Render(fb, fb.Rect, View{Scale: 1, W: 128, H: 64}, Nearest)
	if at(10, 10) != DefaultLook.Outside {
		t.Errorf("after it an sRGB canvas is %v around, want exactly %v", at(10, 10), DefaultLook.Outside)
	}
}
