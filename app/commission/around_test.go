package commission

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"math/rand/v2"
	"testing"

	"pentimento/pipeline"
	"pentimento/pipeline/pixels"
)

// TestATileIsFilledAcrossItsSides: a fill of what is masked at the corners of a seamless frame is,
// bit for bit, that of the tile shifted by hand so that it lies in the middle; nothing else changes.
func TestATileIsFilledAcrossItsSides(t *testing.T) {
	tile := image.Rect(10, 20, 106, 104)
	rng := rand.New(rand.NewPCG(5, 6))
	img := noise(rng, tile)
	mask := image.NewAlpha(tile)
	one := image.Rect(50, 55, 72, 75)
	for y := one.Min.Y; y < one.Max.Y; y++ {
		for x := one.Min.X; x < one.Max.X; x++ {
			p := image.Pt(x, y).Sub(image.Pt(45, 50)).Mod(tile)
			mask.Pix[mask.PixOffset(p.X, p.Y)] = 255
		}
	}
	by := Middle(mask, tile)
	p, model := painter(t)
	for _, engine := range engines {
		q := asked(rng, engine, pipeline.Inpaint, model)
		q.Frame, q.Image, q.Mask, q.Batch, q.TileX, q.TileY = tile, img, mask, 1, true, true
		area := image.NewAlpha(tile)
		if engine == pipeline.Diffusion {
			pixels.Fill(area, image.Rect(85, 70, 106, 104), 255)
			q.Regions = []pipeline.Region{{Prompt: "a stone", Weight: 2, Mask: area}}
		}
		got, err := Run(context.Background(), p, q, nil)
		if err != nil {
			t.Fatal(err)
		}
		plain := q
		plain.TileX, plain.TileY = false, false
		if len(q.Regions) > 0 {
			plain.Regions = []pipeline.Region{{Prompt: "a stone", Weight: 2, Mask: Rolled(area, tile, by)}}
		}
		plain.Image, plain.Mask = RolledPicture(img, tile, by), Rolled(mask, tile, by)
		if b := pixels.Bounds(plain.Mask); b.Size() != one.Size() {
			t.Fatalf("shifted it is masked in %v, want one piece of %v", b, one.Size())
		}
		want, err := Run(context.Background(), p, plain, nil)
		if err != nil {
			t.Fatal(err)
		}
		res := got[0]
		if !bytes.Equal(RolledPicture(res.Image, tile, by).Pix, want[0].Image.Pix) || !bytes.Equal(Rolled(res.Mask, tile, by).Pix, want[0].Mask.Pix) {
			t.Errorf("%s: it is another picture than that of the shifted tile", engine)
		}
		for i, v := range res.Mask.Pix {
			if v == 0 && !bytes.Equal(res.Image.Pix[4*i:4*i+4], img.Pix[4*i:4*i+4]) {
				t.Fatalf("%s: pixel %d outside the mask changed", engine, i)
			}
		}
		if is := res.Request; is.Image != img || is.Mask != mask || !is.TileX || !is.TileY {
			t.Errorf("%s: the request that ran is not the one that was asked for", engine)
		}
	}
}

// TestTheLongestGapIsCut: what is on comes into the middle in one piece wherever it begins.
func TestTheLongestGapIsCut(t *testing.T) {
	for from := range 40 {
		on := make([]bool, 40)
		for i := range 11 {
			on[(from+i)%40] = i != 4
		}
		by := toMiddle(on)
		for i := range 40 {
			if is, want := on[((i-by)%40+40)%40], i >= 14 && i < 26; is && !want {
				t.Fatalf("from %d, shifted by %d, %d is on", from, by, i)
			}
		}
	}
	if by := toMiddle(make([]bool, 7)); by != 0 {
		t.Errorf("nothing is shifted by %d", by)
	}
}

// TestAFillAcrossASideIsSeenInOnePiece, as large as what it paints and a little around it.
func TestAFillAcrossASideIsSeenInOnePiece(t *testing.T) {
	tile := image.Rect(10, 20, 210, 180)
	img, painted := noise(rand.New(rand.NewPCG(1, 2)), tile), image.NewAlpha(tile)
	for y := range 40 {
		for x := range 60 {
			p := image.Pt(x-25, y-15).Add(tile.Min).Mod(tile)
			painted.SetAlpha(p.X, p.Y, color.Alpha{255})
		}
	}
	got := InOnePiece(tile, img, painted)
	if got.Rect.Size() != image.Pt(60+2*7, 40+2*7) || got.NRGBAAt(got.Rect.Min.X+7+25, got.Rect.Min.Y+7+15) != img.NRGBAAt(tile.Min.X, tile.Min.Y) {
		t.Errorf("it is seen as %v, with another pixel than the corner's in its place", got.Rect)
	}
	if InOnePiece(tile, img, image.NewAlpha(tile)) != nil {
		t.Error("of nothing there is a picture")
	}
}

// recorder keeps what it is asked and returns the picture as it is.
type recorder struct{ got []pipeline.Request }

func (r *recorder) Run(_ context.Context, q pipeline.Request, _ func(pipeline.Progress)) (*pipeline.Result, error) {
	r.got = append(r.got, q)
	return &pipeline.Result{Image: pixels.Crop(q.Image, q.Image.Rect), Mask: image.NewAlpha(q.Image.Rect), Request: q}, nil
}

// TestRegionsAndGuidesGoAlong: where a tile is shifted for its fill, so are the regions, with what lies across the
// sides around them, and the guides that lie on the canvas, or over the frame; what ran is told as it was asked.
func TestRegionsAndGuidesGoAlong(t *testing.T) {
	tile, rng := image.Rect(10, 20, 106, 104), rand.New(rand.NewPCG(5, 6))
	img, mask, area := noise(rng, tile), image.NewAlpha(tile), image.NewAlpha(tile)
	corner := func(m *image.Alpha, w, h int) {
		for y := range h {
			for x := range w {
				p := image.Pt(x-w/2, y-h/2).Add(tile.Min).Mod(tile)
				m.Pix[m.PixOffset(p.X, p.Y)] = 255
			}
		}
	}
	corner(mask, 24, 18)
	corner(area, 12, 30)
	part := Repeated(img, tile, image.Point{}, image.Rect(-10, 0, 40, 50)) // taken of the canvas, over two sides
	strip := noise(rng, image.Rect(0, 0, 48, 42))
	q := pipeline.Request{Ask: pipeline.Ask{Engine: pipeline.Diffusion, Task: pipeline.Inpaint, Frame: tile, Image: img, Mask: mask}}
	q.TileX, q.TileY = true, true
	guide := func(g pipeline.Guide) pipeline.Guide { g.Kind, g.Weight, g.End = pipeline.GuideControl, 1, 1; return g }
	q.Guides = []pipeline.Guide{guide(pipeline.Guide{Image: img, Placed: true}), guide(pipeline.Guide{Image: part, Placed: true}), guide(pipeline.Guide{Image: strip}),
		{Kind: pipeline.GuideReference, Weight: 1, End: 1, Image: strip}}
	q.Regions = []pipeline.Region{{Prompt: "a", Weight: 1, Feather: 9, Mask: area, Guides: q.Guides[:1]}}
	r := &recorder{}
	out, err := Run(context.Background(), r, q, nil)
	if err != nil {
		t.Fatal(err)
	}
	by, ran := Middle(mask, tile), r.got[0]
	from := func(x, y int) image.Point { return image.Pt(x, y).Sub(by).Mod(tile) }
	if m := ran.Regions[0].Mask; m.Rect != tile.Inset(-9) {
		t.Errorf("the region's mask covers %v, want the tile and its soft edge", m.Rect)
	} else {
		for i, v := range m.Pix {
			if p := from(m.Rect.Min.X+i%m.Stride, m.Rect.Min.Y+i/m.Stride); v != area.AlphaAt(p.X, p.Y).A {
				t.Fatalf("the region is %d at %d, want what is at %v", v, i, p)
			}
		}
	}
	for n, g := range append(ran.Guides[:2:2], ran.Regions[0].Guides...) {
		for y := g.Image.Rect.Min.Y; y < g.Image.Rect.Max.Y; y++ {
			for x := g.Image.Rect.Min.X; x < g.Image.Rect.Max.X; x++ {
				p := from(x, y)
				if g.Image.NRGBAAt(x, y) != img.NRGBAAt(p.X, p.Y) {
					t.Fatalf("guide %d shows at %d,%d another pixel than the canvas has at %v", n, x, y, p)
				}
			}
		}
	}
	laid, err := q.Guides[2].Laid(context.Background(), tile)
	if g := ran.Guides[2]; err != nil || !g.Placed || laid.Rect != tile || !bytes.Equal(g.Image.Pix, RolledPicture(laid, tile, by).Pix) {
		t.Errorf("the map of the strip does not lie over the shifted frame (%v)", err)
	}
	if ran.Guides[3].Image != strip || ran.Guides[3].Placed {
		t.Error("what is only looked at was changed")
	}
	is := out[0].Request
	if is.Regions[0].Mask != area || is.Regions[0].Guides[0].Image != img || is.Guides[1].Image != part || is.Guides[2].Image != strip || is.Guides[2].Placed {
		t.Error("the request that ran is not the one that was asked for")
	}
}
