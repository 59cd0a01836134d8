package commission

import (
	"bytes"
	"context"
	"image"
	"testing"

	"pentimento/canvas/colour"
	"pentimento/pipeline"
	"pentimento/pipeline/pixels"
)

func displayP3(t *testing.T) *colour.Space {
	t.Helper()
	s, err := colour.Read(colour.Matrix("Display P3", colour.P3, colour.SRGBCurve()))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// painted is a picture of one colour that sRGB holds, with some others in a corner.
func painted(r image.Rectangle) *image.NRGBA {
	img := image.NewNRGBA(r)
	for i := range len(img.Pix) / 4 {
		copy(img.Pix[4*i:], []byte{uint8(100 + i%40), 120, uint8(90 + i%30), uint8(255 - i%3)})
	}
	return img
}

// TestNetworksAreShownSRGB: a runner sees sRGB, its previews and pictures come back in the
// picture's space, and what it leaves alone is what it was to the bit.
func TestNetworksAreShownSRGB(t *testing.T) {
	space := displayP3(t)
	own := painted(image.Rect(-3, 4, 37, 34))
	was := bytes.Clone(own.Pix)
	hole := image.Rect(5, 10, 15, 20)
	mask := image.NewAlpha(own.Rect)
	pixels.Fill(mask, hole, 255)
	var seen *image.NRGBA
	red := func(img *image.NRGBA) *image.NRGBA {
		out := pixels.Crop(img, img.Rect)
		for y := hole.Min.Y; y < hole.Max.Y; y++ {
			for x := hole.Min.X; x < hole.Max.X; x++ {
				copy(out.Pix[out.PixOffset(x, y):], []byte{255, 0, 0, 255})
			}
		}
		return out
	}
	runner := runs(func(q pipeline.Request) (*pipeline.Result, error) {
		seen = q.Image
		img := red(q.Image)
		return &pipeline.Result{Image: img, Images: []*image.NRGBA{img, red(q.Image)}, Mask: mask, Request: q}, nil
	})
	q := pipeline.Request{Ask: pipeline.Ask{Engine: pipeline.Diffusion, Task: pipeline.Inpaint, Image: own, Mask: mask, Frame: own.Rect}}
	q.Inside = true
	var preview *image.NRGBA
	results, err := Run(context.Background(), In(space, previewing{runner, red(own)}), q, func(p pipeline.Progress) { preview = p.Preview })
	if err != nil || len(results) != 2 {
		t.Fatal(len(results), err)
	}
	if !bytes.Equal(own.Pix, was) {
		t.Fatal("the request's picture was written")
	}
	shown := pixels.Crop(own, own.Rect)
	space.ToSRGB(shown)
	if bytes.Equal(shown.Pix, was) || !bytes.Equal(seen.Pix, shown.Pix) {
		t.Error("the runner was not shown sRGB")
	}
	for _, res := range results {
		if got := res.Image.NRGBAAt(7, 12); got.R < 230 || got.R > 237 || got.G < 48 || got.G > 54 { // sRGB red in P3: 234 51 35
			t.Errorf("red came back as %v", got)
		}
		if res.Request.Image != own {
			t.Error("the result's request has not the picture that was asked with")
		}
		for y := own.Rect.Min.Y; y < own.Rect.Max.Y; y++ {
			for x := own.Rect.Min.X; x < own.Rect.Max.X; x++ {
				if !image.Pt(x, y).In(hole) && res.Image.NRGBAAt(x, y) != own.NRGBAAt(x, y) {
					t.Fatalf("pixel %d,%d is %v, was %v", x, y, res.Image.NRGBAAt(x, y), own.NRGBAAt(x, y))
				}
			}
		}
	}
	if got := preview.NRGBAAt(7, 12); got.R > 240 {
		t.Errorf("the preview's red is %v, want it in the space", got)
	}
	if r := In(nil, runner); r == nil {
		t.Error("sRGB has no runner")
	} else if _, wrapped := r.(inSpace); wrapped {
		t.Error("sRGB costs a conversion")
	}
}

type previewing struct {
	runs
	preview *image.NRGBA
}

func (p previewing) Run(ctx context.Context, q pipeline.Request, report func(pipeline.Progress)) (*pipeline.Result, error) {
	report(pipeline.Progress{Preview: p.preview})
	return p.runs.Run(ctx, q, nil)
}

// TestPatchSearchKeepsColoursBeyondSRGB: a fill among colours that sRGB does not hold is made
// of those colours.
func TestPatchSearchKeepsColoursBeyondSRGB(t *testing.T) {
	space := displayP3(t)
	own := image.NewNRGBA(image.Rect(0, 0, 64, 64))
	for i := range len(own.Pix) / 4 {
		copy(own.Pix[4*i:], []byte{20, 220, 30, 255}) // a green of P3
	}
	mask := image.NewAlpha(own.Rect)
	pixels.Fill(mask, image.Rect(20, 20, 40, 40), 255)
	o, err := Fill(own, mask, pipeline.Request{Ask: pipeline.Ask{Engine: pipeline.Content, Task: pipeline.Inpaint}})
	if err != nil {
		t.Fatal(err)
	}
	o.Space = space
	pieces, err := o.Run(context.Background(), pipeline.New(nil), nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := pieces[0].Lay().NRGBAAt(30, 30); got.R != 20 || got.G != 220 || got.B != 30 {
		t.Errorf("filled with %v, want the green around", got)
	}
}
