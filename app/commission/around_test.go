package commission

import (
	"bytes"
	"context"
	"image"
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
		got, err := Run(context.Background(), p, q, nil)
		if err != nil {
			t.Fatal(err)
		}
		plain := q
		plain.TileX, plain.TileY = false, false
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
