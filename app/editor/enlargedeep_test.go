package editor

import (
	"bytes"
	"image"
	"image/color"
	"path/filepath"
	"testing"

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
