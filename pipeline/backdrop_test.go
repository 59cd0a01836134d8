package pipeline

import (
	"bytes"
	"context"
	"image"
	"math/rand/v2"
	"testing"
	"time"

	"pentimento/pipeline/metadata"
	"pentimento/pipeline/pixels"
)

// inFront is a noisy picture, a mask of its middle, and a request that puts something behind that.
func inFront(b Backdrop) Request {
	r := image.Rect(5, -7, 85, 53)
	img, rng := image.NewNRGBA(r), rand.New(rand.NewPCG(4, 4))
	for i := range img.Pix {
		if img.Pix[i] = uint8(90 + rng.IntN(40)); i%4 == 3 {
			img.Pix[i] = 255
		}
	}
	mask := image.NewAlpha(r)
	pixels.Fill(mask, image.Rect(30, 10, 60, 40), 255)
	return Request{Ask: Ask{Engine: Diffusion, Task: Background, Frame: r, Image: img, Mask: mask}, Backdrop: &b}
}

// TestABackgroundLeavesTheSubject as it was to the bit where it isn't harmonised, shows nothing of what was there elsewhere, and
// says how in a recipe that reads back.
func TestABackgroundLeavesTheSubject(t *testing.T) {
	wide := image.NewNRGBA(image.Rect(0, 0, 300, 40))
	for i := range wide.Pix {
		if wide.Pix[i] = 200; i%4 == 3 {
			wide.Pix[i] = 255
		}
	}
	for _, b := range []Backdrop{{By: ByColour, Colour: "#10c020"}, {By: ByPicture, Picture: wide, Name: "/home/me/wide.png"}, {By: ByBlur, Blur: 9}, {By: ByBlur}} {
		q := inFront(b)
		res, err := New(nil).Run(context.Background(), q, nil)
		if err != nil {
			t.Fatalf("%s: %v", b.By, err)
		}
		if in := image.Rect(30, 10, 60, 40); pixels.Differing(pixels.Crop(res.Image, in), pixels.Crop(q.Image, in)) != 0 {
			t.Errorf("%s: the subject changed", b.By)
		}
		if len(res.Layers) != 2 || res.Layers[0].Rect != q.Image.Rect || res.Image.Rect != q.Image.Rect || res.Layers[1].NRGBAAt(6, 0).A != 0 {
			t.Fatalf("%s: %d layers", b.By, len(res.Layers))
		}
		if p := res.Image.NRGBAAt(10, 0); b.By == ByPicture && p.R != 200 || b.By == ByColour && p.G != 0xc0 || p.A != 255 {
			t.Errorf("%s: behind the subject is %v", b.By, p)
		}
		was, ok := BackdropOf(&metadata.Recipe{Params: res.Request.Record(q.Frame, time.Now()).Params})
		want := b
		if want.Picture, want.Name = nil, baseName(b.Name); b.By == ByPicture {
			want.Sum = PictureSum(b.Picture)
		}
		if !ok || was != want {
			t.Errorf("the recipe says %+v, want %+v", was, want)
		}
	}
}

// TestABlurShowsNothingOfTheSubject: a subject of another colour than all around leaves no glow behind.
func TestABlurShowsNothingOfTheSubject(t *testing.T) {
	q := inFront(Backdrop{By: ByBlur, Blur: 7})
	for y := 10; y < 40; y++ {
		for x := 30; x < 60; x++ {
			copy(q.Image.Pix[q.Image.PixOffset(x, y):], []uint8{255, 0, 0})
		}
	}
	res, err := New(nil).Run(context.Background(), q, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(res.Layers[0].Pix); i += 4 {
		if p := res.Layers[0].Pix[i : i+3]; int(p[0])-int(p[1]) > 12 {
			t.Fatalf("a pixel of the background is %v", p)
		}
	}
}

// TestAHarmonisedBackgroundIsItsLayers: laid over one another they are the picture; with a shadow there are three.
func TestAHarmonisedBackgroundIsItsLayers(t *testing.T) {
	look := BackdropLook(1)
	look.Shadow = 1
	q := inFront(Backdrop{By: ByColour, Colour: "#ffffff", Look: look})
	res, err := New(nil).Run(context.Background(), q, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(res.Layers) != 3 || res.Layers[1].Rect.Empty() {
		t.Fatalf("%d layers, want background, shadow and subject", len(res.Layers))
	}
	if bytes.Equal(pixels.Crop(res.Image, image.Rect(35, 15, 55, 35)).Pix, pixels.Crop(q.Image, image.Rect(35, 15, 55, 35)).Pix) {
		t.Error("nothing was harmonised")
	}
	whole, shows := Unmasked(q.Image, res.Layers[2])
	if whole.Rect != q.Image.Rect || shows.AlphaAt(40, 20).A != 255 || shows.AlphaAt(6, 0).A != 0 || whole.NRGBAAt(6, 0) != q.Image.NRGBAAt(6, 0) {
		t.Error("behind a layer mask the subject is not what it is over the background")
	}
}

// TestABackgroundThatIsEndedEndsSoon, and what cannot be meant is refused.
func TestABackgroundThatIsEndedEndsSoon(t *testing.T) {
	ctx, stop := context.WithCancel(context.Background())
	stop()
	if _, err := New(nil).Run(ctx, inFront(Backdrop{By: ByBlur, Blur: 5}), nil); err != context.Canceled {
		t.Errorf("got %v, want that it was cancelled", err)
	}
	empty := inFront(Backdrop{By: ByBlur})
	empty.Mask = image.NewAlpha(empty.Mask.Rect)
	for _, q := range []Request{empty, inFront(Backdrop{}), inFront(Backdrop{By: ByColour, Colour: "blue"}), inFront(Backdrop{By: ByPicture}), inFront(Backdrop{By: ByBlur, Blur: -1})} {
		if _, err := New(nil).Run(context.Background(), q, nil); err == nil {
			t.Errorf("%+v is no error", q.Backdrop)
		}
	}
}

// TestAMaskSurvivesItsRecipe to the pixel; what is no mask, or claims to be endless, is refused.
func TestAMaskSurvivesItsRecipe(t *testing.T) {
	m := image.NewAlpha(image.Rect(-3, 5, 40, 31))
	for i := range m.Pix {
		m.Pix[i] = uint8(i * i / 7)
	}
	data := PackMask(m)
	got, err := UnpackMask(data)
	if err != nil || got.Rect != image.Rect(0, 0, 43, 26) || !bytes.Equal(got.Pix, m.Pix) {
		t.Errorf("%v comes back, %v", got.Rect, err)
	}
	endless := bytes.Clone(data)
	copy(endless[16:], []byte{0x7f, 0, 0, 0}) // its width
	for _, bad := range [][]byte{nil, data[:20], endless, []byte("mask")} {
		if _, err := UnpackMask(bad); err == nil {
			t.Errorf("%d bytes are no error", len(bad))
		}
	}
	if PackMask(nil) != nil || PackMask(image.NewAlpha(image.Rectangle{})) != nil {
		t.Error("nothing is packed")
	}
}
