package pipeline

import (
	"context"
	"image"
	"image/color"
	"math"
	"testing"

	"pentimento/pipeline/tensor"
)

// ramp is a picture whose red says x and whose green says y on the canvas.
func ramp(r image.Rectangle) *image.NRGBA {
	img := image.NewNRGBA(r)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			img.SetNRGBA(x, y, color.NRGBA{uint8(x), uint8(y), 9, 255})
		}
	}
	return img
}

func hintAt(t *testing.T, q Request, g Guide, place image.Rectangle, size image.Point) (picture, region *tensor.Tensor) {
	t.Helper()
	picture, region, err := pass{run: &run{req: q}, work: work{size: size, place: place}}.hint(context.Background(), g)
	if err != nil {
		t.Fatal(err)
	}
	return picture, region
}

// The network sees of a guide's picture what lies under the place that the pass works on: where the
// picture was placed, or stretched over the frame; beyond it the guide doesn't act.
func TestAGuideFollowsTheCanvas(t *testing.T) {
	frame := image.Rect(0, 0, 128, 96)
	place := image.Rect(32, 16, 96, 80)
	for what, c := range map[string]struct {
		q Request
		g Guide
	}{
		"placed":     {Request{Ask: Ask{Frame: image.Rect(5, 5, 9, 9)}}, Guide{Placed: true, Image: ramp(frame)}},
		"frame":      {Request{Ask: Ask{Frame: frame}}, Guide{Image: ramp(frame)}},
		"place":      {Request{Ask: Ask{Frame: image.Rect(5, 5, 9, 9)}}, Guide{Place: frame, Image: ramp(frame)}},
		"the canvas": {Request{Ask: Ask{Image: ramp(frame)}}, Guide{Placed: true}},
		"cropped":    {Request{Ask: Ask{Frame: frame}}, Guide{Image: ramp(image.Rect(0, 0, 200, 200)), Crop: frame}},
	} {
		for _, zoom := range []int{1, 2} {
			picture, region := hintAt(t, c.q, c.g, place, place.Size().Mul(zoom))
			if region != nil {
				t.Errorf("%s × %d: it acts in a part of the place only", what, zoom)
			}
			w, plane := place.Dx()*zoom, place.Dx()*place.Dy()*zoom*zoom
			for _, at := range []image.Point{{3, 5}, {40, 20}, {60, 60}} {
				i := at.Y*zoom*w + at.X*zoom
				x, y := float64(picture.Data[i])*255, float64(picture.Data[plane+i])*255
				if math.Abs(x-float64(place.Min.X+at.X)) > 1 || math.Abs(y-float64(place.Min.Y+at.Y)) > 1 {
					t.Errorf("%s × %d: at %v it shows %.1f, %.1f of the canvas, want %v", what, zoom, at, x, y, place.Min.Add(at))
				}
			}
		}
	}
	picture, region := hintAt(t, Request{}, Guide{Placed: true, Image: ramp(image.Rect(64, 0, 128, 96))}, place, place.Size())
	if region == nil || region.Data[0] != 0 || region.Data[63] != 1 || picture.Data[0] != 0 {
		t.Error("a guide acts beyond its picture")
	}
	mask := image.NewAlpha(frame)
	mask.Pix[mask.PixOffset(40, 20)] = 255
	_, region = hintAt(t, Request{Ask: Ask{Frame: frame}}, Guide{Image: ramp(frame), Mask: mask}, place, place.Size())
	if at := 4*64 + 8; region == nil || region.Data[at] != 1 || region.Data[at+5] != 0 {
		t.Error("a guide's mask lies elsewhere")
	}
}

// A pass that looks closely at a small place of a huge frame has the part of the guide's picture that
// lies there, and no more is made.
func TestAGuideOfAHugeFrame(t *testing.T) {
	frame := image.Rect(0, 0, 25600, 25600)
	place := image.Rect(12800, 6400, 12928, 6528)
	q := Request{Ask: Ask{Frame: frame}}
	picture, region := hintAt(t, q, Guide{Image: ramp(image.Rect(0, 0, 256, 256))}, place, image.Pt(512, 512))
	if region != nil {
		t.Error("it acts in a part of the place only")
	}
	for _, i := range []int{0, 511, 512*512 - 1} {
		x, y := picture.Data[i]*255, picture.Data[512*512+i]*255
		if math.Abs(float64(x)-128) > 2 || math.Abs(float64(y)-64) > 2 {
			t.Errorf("pixel %d shows %.1f, %.1f of the picture, want 128, 64", i, x, y)
		}
	}
}

// Of an inpainting ControlNet's picture what is painted is −1.
func TestAnInpaintingGuideHidesWhatIsPainted(t *testing.T) {
	frame := image.Rect(0, 0, 64, 64)
	mask := image.NewAlpha(frame)
	mask.Pix[mask.PixOffset(10, 12)] = 255
	picture, _ := hintAt(t, Request{Ask: Ask{Image: ramp(frame), Mask: mask}}, Guide{Placed: true, Preprocessor: "inpaint_only"}, frame, frame.Size())
	for c := range 3 {
		if at := c*64*64 + 12*64; picture.Data[at+10] != -1 || picture.Data[at+11] < 0 {
			t.Errorf("channel %d: %g where it is painted, %g beside", c, picture.Data[at+10], picture.Data[at+11])
		}
	}
}

// A picture of another shape is cut, stretched or filled up: of one twice as wide as high, whose left
// third is white, so much is white in a square.
func TestGuidesAreBroughtToShape(t *testing.T) {
	img := image.NewNRGBA(image.Rect(0, 0, 96, 48))
	for i := range img.Pix {
		x := i / 4 % 96
		img.Pix[i] = uint8(map[bool]int{true: 255, false: 40 + x}[i%4 == 3 || x < 32])
	}
	frame := image.Rect(0, 0, 96, 96)
	for how, want := range map[string]int{ResizeStretch: 32, ResizeCrop: 16, "": 16, ResizeFill: 32} {
		picture, region := hintAt(t, Request{Ask: Ask{Frame: frame}}, Guide{Image: img, Resize: how}, frame, frame.Size())
		white := 0
		for _, v := range picture.Data[48*96:][:96] {
			if v > 0.99 {
				white++
			}
		}
		if region != nil || white < want-1 || white > want+1 {
			t.Errorf("%q: %d pixels of a row are white, want %d", how, white, want)
		}
	}
}
