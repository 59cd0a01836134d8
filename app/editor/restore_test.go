package editor

import (
	"context"
	"image"
	"testing"

	"pentimento/canvas/canvastest"
	"pentimento/pipeline"
	"pentimento/pipeline/pixels"
)

// TestRestoredFacesAreALayerAbove: one step, nothing else changes, and the layer tells how it was made; no face and
// a cancelled run leave no trace.
func TestRestoredFacesAreALayerAbove(t *testing.T) {
	for _, what := range []string{EnlargePicture, EnlargeLayer, EnlargeSelection} {
		b := newBench(t)
		b.put(texture(image.Rect(0, 0, 90, 70), 3))
		b.maskRect(image.Rect(20, 20, 40, 40))
		before, steps, layers := canvastest.Copy(b.State()), b.steps(), len(b.State().Layers)
		place, faces := image.Rect(25, 25, 60, 35), 1
		var fails error
		b.Fills.Runner = enlarger{func(ctx context.Context, q pipeline.Request) (*pipeline.Result, error) {
			how := *q.Restore
			how.Faces, q.Restore = faces, &how
			res := &pipeline.Result{Image: pixels.Crop(q.Image, q.Image.Rect), Mask: image.NewAlpha(q.Image.Rect), Request: q}
			if faces > 0 {
				pixels.Fill(res.Mask, place, 255)
			}
			for i := range res.Image.Pix { // a runner that changes more than it says
				res.Image.Pix[i] = 200 | res.Image.Pix[i]
			}
			return res, fails
		}}
		how := pipeline.Restoring{Model: "/m/GFPGAN.pth"}.Usual()
		fails = context.Canceled
		b.RestoreFaces(what, how)
		b.idle()
		faces, fails = 0, nil
		b.RestoreFaces(what, how)
		b.idle()
		if d := canvastest.Difference(before, b.State()); d != "" || b.steps() != steps || len(b.failed) > 0 {
			t.Errorf("%s: a cancelled run and one without faces: %s, %d steps, %v", what, d, b.steps()-steps, b.failed)
		}
		faces = 1
		b.RestoreFaces(what, how)
		b.idle()
		now := b.State().Layers
		want := place
		if what == EnlargeSelection || what == EnlargeLayer {
			want = image.Rect(25, 25, 40, 35) // the selected part of it
		}
		if len(now) != layers+1 || now[layers].Used() != want || b.steps() != steps+1 || len(b.failed) > 0 {
			t.Fatalf("%s: %d layers, %d steps, %v, failed %v, want one step and a layer of %v", what, len(now)-layers, b.steps()-steps, now[len(now)-1].Used(), b.failed, want)
		}
		if texts := b.Provenance.Texts(b.State(), b.Used(), 0); len(texts) == 0 {
			t.Errorf("%s: an export would not say how it was made", what)
		}
		b.Do("edit.undo")
		if d := canvastest.Difference(before, b.State()); d != "" {
			t.Errorf("%s: undone: %s", what, d)
		}
	}
}
