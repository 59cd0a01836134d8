package commission

import (
	"context"
	"image"
	"image/color"
	"testing"

	"pentimento/canvas/colour"
	"pentimento/pipeline"
	"pentimento/pipeline/upscaler"
)

// repeating enlarges twice by repeating pixels, and keeps what it was shown.
type repeating struct{ shown *upscaler.Picture }

func (r *repeating) EnlargePicture(_ context.Context, q pipeline.Request, p *upscaler.Picture, _ func(pipeline.Progress)) (*upscaler.Picture, pipeline.Request, error) {
	r.shown = p
	out := &upscaler.Picture{W: 2 * p.W, H: 2 * p.H, Pix: make([]uint16, 12*p.W*p.H)}
	for i := range out.W * out.H {
		copy(out.Pix[3*i:][:3], p.Pix[3*(i/out.W/2*p.W+i%out.W/2):])
	}
	return out, q, nil
}

// TestAnUpscalerIsShownSRGB: of a picture in Display P3 a network sees the colours that are meant, in all bits, and what
// comes back means the same, also a colour that sRGB does not hold.
func TestAnUpscalerIsShownSRGB(t *testing.T) {
	p3, err := colour.Read(colour.Matrix("Display P3", colour.P3, colour.SRGBCurve()))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]color.NRGBA64{
		"inside":       {30011, 20022, 25033, 0xffff},
		"beyond sRGB":  {3000, 65000, 2000, 0xffff},
		"red and deep": {65535, 0, 0, 0xffff},
	} {
		img := image.NewNRGBA64(image.Rect(5, 6, 17, 18))
		for y := 6; y < 18; y++ {
			for x := 5; x < 17; x++ {
				img.SetNRGBA64(x, y, c)
			}
		}
		by := &repeating{}
		q := pipeline.Request{Enlarge: &pipeline.Enlarging{By: 2, Upscaler: "net.pth"}}
		out, _, err := Enlarge(context.Background(), by, p3, q, img, nil)
		if err != nil {
			t.Fatal(err)
		}
		made, ok := out.(*image.NRGBA64)
		if !ok || made.Rect != image.Rect(5, 6, 29, 30) {
			t.Fatalf("%s: made %T of %v", name, out, out.Bounds())
		}
		if got := made.NRGBA64At(17, 18); far(got.R, c.R) || far(got.G, c.G) || far(got.B, c.B) || got.A != 0xffff {
			t.Errorf("%s: %v became %v", name, c, got)
		}
		if s := by.shown.Pix; name == "inside" && s[0] == c.R {
			t.Errorf("%s: the network was shown %v", name, s[:3])
		}
		q.Enlarge.Upscaler = ""
		if _, _, err := Enlarge(context.Background(), by, p3, q, img, nil); err != nil || by.shown.Pix[0] != c.R {
			t.Errorf("%s: the filter was shown %v, %v", name, by.shown.Pix[:3], err)
		}
	}
}

func far(a, b uint16) bool { return max(a, b)-min(a, b) > 24 }
