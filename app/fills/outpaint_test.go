package fills

import (
	"bytes"
	"image"
	"image/color"
	"testing"

	"pentimento/app/settings"
	"pentimento/pipeline"
	"pentimento/pipeline/pixels"
)

// TestAFrameLargerThanThePictureGrowsItInSteps, none deeper than what is there by then, all of
// it is painted, and of the old picture no more changes than the panel says.
func TestAFrameLargerThanThePictureGrowsItInSteps(t *testing.T) {
	for exact, lost := range map[string]int{"false": 8, "true": 0} {
		b, _ := studio(t)
		old, frame := image.Rect(0, 0, 100, 128), image.Rect(0, 0, 400, 128)
		b.setFrame(frame)
		b.put(flat(old, color.NRGBA{80, 120, 60, 255}))
		b.SetFill(func(f *settings.Fill) { f.Steps = 1; f.Set("keep_exact", exact) })
		out := b.Outline()
		if out.Err != nil || out.Task != pipeline.Outpaint || len(out.plan.Strips) < 2 {
			t.Fatalf("%v, %s in %d runs, want an outpaint in several", out.Err, out.Task, len(out.plan.Strips))
		}
		have := old
		for _, s := range out.plan.Strips {
			if s.Target.Dx() > have.Dx() {
				t.Errorf("a run grows %v by %v", have, s.Target)
			}
			have = have.Union(s.Target)
		}
		b.Fill()
		b.idle()
		shown := b.Shown()
		if shown == nil || len(shown.Candidates) == 0 {
			t.Fatal("no candidate came")
		}
		c, before := shown.Candidates[0], flatten(b.Committed(), frame)
		after := pixels.Crop(before, frame)
		pixels.Lay(after, c.Result.Image, c.Result.Mask)
		for i := 3; i < len(after.Pix); i += 4 {
			if after.Pix[i] != 255 {
				t.Fatalf("keep exact %s: pixel %d of the frame is not painted", exact, i/4)
			}
		}
		kept := image.Rect(0, 0, old.Max.X-lost, old.Max.Y)
		if !bytes.Equal(pixels.Crop(after, kept).Pix, pixels.Crop(before, kept).Pix) {
			t.Errorf("keep exact %s: more than %d pixels of the old picture changed", exact, lost)
		}
		if lost > 0 && bytes.Equal(pixels.Crop(after, old).Pix, pixels.Crop(before, old).Pix) {
			t.Error("the seam was not painted")
		}
	}
}
