package editor

import (
	"context"
	"errors"
	"image"
	"testing"

	"pentimento/canvas"
	"pentimento/canvas/canvastest"
	"pentimento/canvas/render"
	"pentimento/pipeline"
	"pentimento/pipeline/pixels"
)

// finding is a bench whose engine finds two faces in the picture.
func finding(t *testing.T) (b *bench, boxes []image.Rectangle, asked *[]pipeline.Request) {
	t.Helper()
	b = newBench(t)
	b.put(texture(image.Rect(0, 0, 90, 70), 3))
	boxes, asked = []image.Rectangle{image.Rect(10, 10, 30, 30), image.Rect(50, 20, 70, 50)}, &[]pipeline.Request{}
	b.Fills.Runner = enlarger{func(ctx context.Context, q pipeline.Request) (*pipeline.Result, error) {
		*asked = append(*asked, q)
		if q.Task != pipeline.Finding {
			return b.Fills.Pipeline.Run(ctx, q, nil)
		}
		if q.Details[0].Find.What == "eyes" {
			return nil, errors.New("the network is broken")
		}
		q = q.Clone()
		for _, r := range boxes {
			q.Details[0].Found = append(q.Details[0].Found, pipeline.Found{Box: r, Score: 0.9, Class: "face"})
		}
		for i := range q.Details {
			q.Details[i].Looked = true
		}
		return &pipeline.Result{Image: q.Image, Mask: image.NewAlpha(q.Image.Rect), Request: q}, nil
	}}
	return b, boxes, asked
}

// TestWhatIsFoundJoinsTheMask in one step; where nothing can be found, nothing changes and that is said.
func TestWhatIsFoundJoinsTheMask(t *testing.T) {
	b, boxes, _ := finding(t)
	own := image.Rect(0, 60, 5, 65)
	b.maskRect(own)
	before, steps := canvastest.Copy(b.State()), b.steps()
	b.MaskFound(Finders[0])
	b.idle()
	mask := b.State().MaskImage(image.Rect(0, 0, 90, 70))
	for y := range 70 {
		for x := range 90 {
			at := image.Pt(x, y)
			if want := at.In(own) || at.In(boxes[0]) || at.In(boxes[1]); want != (mask.AlphaAt(x, y).A > 0) {
				t.Fatalf("at %v masked is %v", at, !want)
			}
		}
	}
	if b.steps() != steps+1 {
		t.Errorf("%d steps, want one", b.steps()-steps)
	}
	b.Do("edit.undo")
	if d := canvastest.Difference(before, b.State()); d != "" {
		t.Error(d)
	}
	for _, row := range Finders {
		if row.Name == "eyes" {
			b.MaskFound(row)
		}
	}
	b.idle()
	if len(b.failed) != 1 || canvastest.Difference(before, b.State()) != "" {
		t.Errorf("a network that fails: %v, or the picture changed", b.failed)
	}
}

// TestWhatIsFoundIsSelected in one step, in the place of what was; where there is nothing, that is said and nothing changes.
func TestWhatIsFoundIsSelected(t *testing.T) {
	b, boxes, _ := finding(t)
	steps := b.steps()
	b.SelectFound(Finders[0])
	b.idle()
	selected := canvas.CoverImage(b.State().Selection, image.Rect(0, 0, 90, 70))
	for y := range 70 {
		for x := range 90 {
			at := image.Pt(x, y)
			if want := at.In(boxes[0]) || at.In(boxes[1]); want != (selected.AlphaAt(x, y).A > 0) {
				t.Fatalf("at %v selected is %v", at, !want)
			}
		}
	}
	if b.steps() != steps+1 {
		t.Errorf("%d steps, want one", b.steps()-steps)
	}
	b.Fills.Runner = enlarger{func(_ context.Context, q pipeline.Request) (*pipeline.Result, error) {
		return &pipeline.Result{Image: q.Image, Mask: image.NewAlpha(q.Image.Rect), Request: q}, nil
	}}
	b.SelectFound(Finders[len(Finders)-1])
	b.idle()
	if len(b.said) == 0 || b.said[len(b.said)-1] != "Nothing was found: Text" || b.steps() != steps+1 {
		t.Errorf("%q are said of nothing", b.said)
	}
}

// TestRedoIsACandidate like every fill: what is off stays, accepting it is one step that undo takes back, and outside the
// finds nothing changes.
func TestRedoIsACandidate(t *testing.T) {
	b, boxes, asked := finding(t)
	var seen Seen
	pass := UsualDetailing("face")
	pass.Blur = 0
	b.Fills.Look([]Detailing{pass, pass}, func(s Seen) { seen = s })
	b.idle()
	if len(seen.Passes) != 2 || len(seen.Passes[0].Found) != 2 || len(seen.Masks[0]) != 2 || seen.Masks[0][1].Rect != boxes[1] || seen.Frame != image.Rect(0, 0, 90, 70) {
		t.Fatalf("seen is %+v", seen.Passes)
	}
	if i, k, ok := seen.At(55, 25); !ok || i != 0 || k != 1 {
		t.Errorf("at 55, 25 lies find %d of pass %d, %v", k, i, ok)
	}
	if _, _, ok := seen.At(40, 60); ok {
		t.Error("beside all finds there is one")
	}
	all := seen.Tint()
	seen.Passes[0].Found[1].Off = true
	if at := seen.Tint(); at.NRGBAAt(60, 30).A != 0 || all.NRGBAAt(60, 30).A == 0 || at.NRGBAAt(20, 20).A == 0 || at.NRGBAAt(40, 60).A != 0 {
		t.Error("what is off is shown as what is on, or something else is tinted")
	}
	before, steps := canvastest.Copy(b.State()), b.steps()
	b.Fills.Redo(seen.Passes)
	b.idle()
	q := (*asked)[len(*asked)-1]
	if q.Task != pipeline.Detail || pixels.Bounds(q.Mask) != boxes[0] || len(b.failed) > 0 || b.Fills.Current() == nil {
		t.Fatalf("asked for %s within %v, failed %v", q.Task, pixels.Bounds(q.Mask), b.failed)
	}
	was := pixels.Crop(q.Image, q.Image.Rect)
	b.Fills.Accept()
	if b.steps() != steps+1 {
		t.Errorf("%d steps, want one", b.steps()-steps)
	}
	changed, shown := false, render.Flatten(b.State(), was.Rect, render.FlattenOptions{})
	for y := range 70 {
		for x := range 90 {
			if now := shown.NRGBAAt(x, y); now != was.NRGBAAt(x, y) {
				if changed = true; !image.Pt(x, y).In(boxes[0]) {
					t.Fatalf("%d, %d changed", x, y)
				}
			}
		}
	}
	if !changed {
		t.Error("nothing changed")
	}
	b.Do("edit.undo")
	if d := canvastest.Difference(before, b.State()); d != "" {
		t.Error(d)
	}
}
