package editor

import (
	"bytes"
	"image"
	"image/color"
	"path/filepath"
	"testing"

	"pentimento/canvas"
	"pentimento/canvas/canvastest"
	"pentimento/canvas/colour"
	"pentimento/canvas/file"
)

// TestEnlargingKeepsAllBits of a picture that was opened with 16, and its profile, as a whole and as a layer, also where
// it was painted over, through a saved project and in an export.
func TestEnlargingKeepsAllBits(t *testing.T) {
	profile := colour.Matrix("Display P3", colour.P3, colour.SRGBCurve())
	img := image.NewNRGBA64(image.Rect(0, 0, 40, 30))
	for i := range 40 * 30 {
		img.SetNRGBA64(i%40, i/40, color.NRGBA64{R: uint16(10007 + 37*(i%40)), G: uint16(60001 - 41*(i/40)), B: 333, A: 0xffff})
	}
	for _, what := range []string{EnlargePicture, EnlargeLayer} {
		b := newBench(t)
		b.openFile(written(t, "deep.png", img, file.Meaning{Profile: profile}))
		b.maskRect(image.Rect(30, 20, 40, 30))
		b.Do("edit.cut")
		b.idle()
		before := canvastest.Copy(b.State())
		b.Enlarge(what, 2, "")
		b.idle()
		if len(b.failed) > 0 || !b.State().Source.Deep() || !bytes.Equal(b.State().Source.Profile, profile) {
			t.Fatalf("%s: failed %v, 16 bits %v", what, b.failed, b.State().Source.Deep())
		}
		project, saved := filepath.Join(t.TempDir(), "p.ora"), false
		b.Keeping.SaveTo(project, func(err error) { saved = err == nil })
		b.until("the project", func() bool { return saved })
		again := newBench(t)
		again.openFile(project)
		p, err := file.Open(t.Context(), again.exportAll(), nil)
		if err != nil {
			t.Fatal(err)
		}
		out, ok := p.Exact().(*image.NRGBA64)
		if !ok || out.Rect.Size() != image.Pt(80, 60) || !bytes.Equal(p.Meaning.Profile, profile) {
			t.Fatalf("%s: exported %T of %dx%d", what, p.Exact(), p.Width, p.Height)
		}
		// A ramp is a ramp in the filter, finer than 8 bits.
		for x := 20; x < 50; x++ {
			got, want := out.NRGBA64At(x, 20), 10007+37*(float64(x)/2-0.25)
			if d := float64(got.R) - want; d < -2 || d > 2 || got.B != 333 {
				t.Fatalf("%s: pixel %d is %v, want red %.1f", what, x, got, want)
			}
		}
		if a := out.NRGBA64At(75, 55).A; what == EnlargePicture && a != 0 {
			t.Errorf("what was cleared came back: alpha %d", a)
		}
		b.Do("edit.undo")
		if d := canvastest.Difference(before, b.State()); d != "" {
			t.Errorf("%s: %s", what, d)
		}
	}
}

// TestImageSizeKeepsAllBits of a picture that was opened with 16, of colour and of grey, and undo brings back what it was.
func TestImageSizeKeepsAllBits(t *testing.T) {
	wide, grey := image.NewNRGBA64(image.Rect(0, 0, 40, 30)), image.NewGray16(image.Rect(0, 0, 40, 30))
	for i := range 40 * 30 {
		v := uint16(10007 + 37*(i%40))
		wide.SetNRGBA64(i%40, i/40, color.NRGBA64{R: v, G: 60001, B: 333, A: 0xffff})
		grey.SetGray16(i%40, i/40, color.Gray16{Y: v})
	}
	for _, img := range []image.Image{wide, grey} {
		b := newBench(t)
		b.openFile(written(t, "deep.png", img, file.Meaning{}))
		before := canvastest.Copy(b.State())
		b.ResizePicture(80, 60)
		b.idle()
		_, isGrey := b.State().Source.Exact.(*image.Gray16)
		if !b.State().Source.Deep() || isGrey != (img == image.Image(grey)) {
			t.Fatalf("%T became %T", img, b.State().Source.Exact)
		}
		p, err := file.Open(t.Context(), b.exportAll(), nil)
		if err != nil {
			t.Fatal(err)
		}
		for x := 20; x < 50; x++ {
			r, _, _, _ := p.Exact().At(x, 20).RGBA()
			if d := float64(r) - 10007 - 37*(float64(x)/2-0.25); d < -2 || d > 2 {
				t.Fatalf("%T: pixel %d is off by %.1f of 65535", img, x, d)
			}
		}
		b.Do("edit.undo")
		if d := canvastest.Difference(before, b.State()); d != "" {
			t.Error(d)
		}
	}
}

// TestAPartIsEnlargedFromAllBits that the picture has there: of the frame, and of a selection that fades.
func TestAPartIsEnlargedFromAllBits(t *testing.T) {
	img := image.NewGray16(image.Rect(0, 0, 40, 30))
	for i := range 40 * 30 {
		img.SetGray16(i%40, i/40, color.Gray16{Y: uint16(10007 + 37*(i%40))})
	}
	b := newBench(t)
	b.openFile(written(t, "deep.png", img, file.Meaning{}))
	r := image.Rect(5, 5, 20, 15)
	seen, ok := partSeen(b.State(), r, false).(*image.NRGBA64)
	if !ok || seen.Rect != r || seen.NRGBA64At(11, 7) != (color.NRGBA64{R: 10414, G: 10414, B: 10414, A: 0xffff}) {
		t.Errorf("of the frame: %v", seen.NRGBA64At(11, 7))
	}
	half := image.NewAlpha(image.Rect(10, 5, 20, 15))
	for i := range half.Pix {
		half.Pix[i] = 128
	}
	s := *b.State()
	s.Mask = canvas.Cover(half)
	seen = partSeen(&s, r, true).(*image.NRGBA64)
	if in, out := seen.NRGBA64At(11, 7), seen.NRGBA64At(7, 7); in.R != 10414 || in.A != 32896 || out.A != 0 {
		t.Errorf("of a selection: %v in it, %v beside it", in, out)
	}
}
