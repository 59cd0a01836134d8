package editor

import (
	"context"
	"errors"
	"image"
	"slices"
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

// looked has the engine look for a row of finders, and gives what is seen of it; nothing where that failed.
func (b *bench) looked(row Finder) (passes []Detailing) {
	pass := UsualDetailing(row.Name)
	pass.Blur, pass.Find.Grow = 0, 0
	b.Fills.Look([]Detailing{pass}, func(all []*Sighting) {
		if all != nil {
			passes = See([]Detailing{pass}, all).Passes
		}
	})
	b.idle()
	return passes
}

// TestWhatIsFoundJoinsTheMask in one step; where nothing can be found, nothing changes and that is said.
func TestWhatIsFoundJoinsTheMask(t *testing.T) {
	b, boxes, _ := finding(t)
	own := image.Rect(0, 60, 5, 65)
	b.maskRect(own)
	before, steps := canvastest.Copy(b.State()), b.steps()
	b.MaskFinds(b.looked(Finders[0]))
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
	if passes := b.looked(FinderOf("eyes")); passes != nil || len(b.failed) != 1 || canvastest.Difference(before, b.State()) != "" {
		t.Errorf("a network that fails: found %v, %v, or the picture changed", passes, b.failed)
	}
}

// TestWhatIsFoundIsSelected in one step, in the place of what was, without what is switched off.
func TestWhatIsFoundIsSelected(t *testing.T) {
	b, boxes, _ := finding(t)
	steps := b.steps()
	passes := b.looked(Finders[0])
	passes[0].Found[1].Off = true
	b.SelectFinds(passes)
	b.idle()
	selected := canvas.CoverImage(b.State().Selection, image.Rect(0, 0, 90, 70))
	for y := range 70 {
		for x := range 90 {
			if at := image.Pt(x, y); at.In(boxes[0]) != (selected.AlphaAt(x, y).A > 0) {
				t.Fatalf("at %v selected is %v", at, !at.In(boxes[0]))
			}
		}
	}
	if b.steps() != steps+1 {
		t.Errorf("%d steps, want one", b.steps()-steps)
	}
}

// TestNumbersActOnWhatWasFound without looking again: what is not sure enough is gone, and masks grow, but not beyond the picture
// or the selection.
func TestNumbersActOnWhatWasFound(t *testing.T) {
	b, boxes, asked := finding(t)
	pass := UsualDetailing("face")
	pass.Blur = 0
	var sighted []*Sighting
	b.Fills.Look([]Detailing{pass}, func(all []*Sighting) { sighted = all })
	b.idle()
	if len(sighted) != 1 || sighted[0].Least != 0.3 || (*asked)[0].Details[0].Find.Grow != 0 {
		t.Fatalf("sighted is %+v, asked for %+v", sighted, (*asked)[0].Details)
	}
	some := *sighted[0]
	some.Found = append([]Found{{Box: image.Rect(80, 60, 88, 68), Score: 0.4, Class: "face"}}, some.Found...)
	for _, c := range []struct {
		least float64
		grow  int
		want  []image.Rectangle
		from  []int
	}{
		{0, 0, []image.Rectangle{image.Rect(80, 60, 88, 68), boxes[0], boxes[1]}, []int{0, 1, 2}},
		{0.5, 0, boxes, []int{1, 2}},
		{0.3, 9, []image.Rectangle{image.Rect(76, 56, 90, 70), boxes[0].Inset(-4), boxes[1].Inset(-4)}, []int{0, 1, 2}},
		{0.95, 0, nil, nil},
	} {
		pass.Find.Confidence, pass.Find.Grow = c.least, c.grow
		seen := See([]Detailing{pass, pass}, []*Sighting{&some, nil})
		var got []image.Rectangle
		for _, f := range seen.Passes[0].Found {
			got = append(got, f.Box)
		}
		if !slices.Equal(got, c.want) || !slices.Equal(seen.From[0], c.from) || seen.Passes[1].Looked || len(seen.Masks[0]) != len(got) {
			t.Errorf("at %g grown by %d: %v from %v, want %v from %v", c.least, c.grow, got, seen.From[0], c.want, c.from)
		}
	}
	some.Within = image.NewAlpha(some.Frame)
	pixels.Fill(some.Within, image.Rect(0, 0, 20, 20), 255)
	pass.Find.Confidence = 0
	if seen := See([]Detailing{pass}, []*Sighting{&some}); len(seen.Passes[0].Found) != 1 || seen.Passes[0].Found[0].Box != image.Rect(10, 10, 20, 20) {
		t.Errorf("within a selection: %+v", seen.Passes[0].Found)
	}
}

// TestRedoIsACandidate like every fill: what is off stays, accepting it is one step that undo takes back, and outside the
// finds nothing changes.
func TestRedoIsACandidate(t *testing.T) {
	b, boxes, asked := finding(t)
	var seen Seen
	pass := UsualDetailing("face")
	pass.Blur = 0
	pass.Find.Grow = 0
	b.Fills.Look([]Detailing{pass, pass}, func(all []*Sighting) { seen = See([]Detailing{pass, pass}, all) })
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
