package fills

import (
	"image"
	"strings"
	"testing"

	"pentimento/canvas"
	"pentimento/fault"
	"pentimento/pipeline"
)

func TestAcceptCancelsItsOwnSiblingsOnly(t *testing.T) {
	b := newBench(t)
	b.put(texture(image.Rect(0, 0, 160, 160), 5))
	b.Settings.Fill.Count = 3
	b.maskRect(image.Rect(20, 20, 50, 50))
	b.Fill()
	first := b.Shown()
	b.Edit("clear", (*canvas.Edit).ClearMask)
	b.maskRect(image.Rect(90, 90, 120, 120))
	b.Fill()
	second := b.Shown()
	b.Show(first.ID)
	b.until("the first candidate", func() bool { return first.Current() != nil })
	seed := first.Current().Result.Request.Seed
	b.Accept()
	b.until("the second place's three", func() bool { return len(second.Candidates) == 3 })
	if len(b.stacks) != 1 || b.stacks[0] != second {
		t.Errorf("%d places are left, want the second alone", len(b.stacks))
	}
	for i, c := range second.Candidates {
		if want := second.Request.Seed + int64(i); c.Result.Request.Seed != want {
			t.Errorf("candidate %d has seed %d, want %d", i, c.Result.Request.Seed, want)
		}
	}
	if seed != first.Request.Seed {
		t.Errorf("the first candidate has seed %d, want %d", seed, first.Request.Seed)
	}
	b.idle()
	if len(first.Candidates) != 1 {
		t.Errorf("a cancelled sibling arrived: %d candidates", len(first.Candidates))
	}
}

func TestDiscardLeavesNoTraceAndCanBeTakenBack(t *testing.T) {
	b := newBench(t)
	b.put(texture(image.Rect(0, 0, 100, 100), 6))
	b.maskRect(image.Rect(30, 30, 60, 60))
	before := b.Committed()
	b.Fill()
	b.until("a candidate", func() bool { return b.Current() != nil })
	b.OneMore()
	b.until("two", func() bool { return len(b.Shown().Candidates) == 2 })
	b.DiscardOne()
	if n := len(b.Shown().Candidates); n != 1 {
		t.Errorf("%d candidates after discarding one of two", n)
	}
	b.DiscardAll()
	if b.Committed() != before || b.Shown() != nil || len(b.Overlays()) != 0 {
		t.Error("discarding left something")
	}
	b.BringBack()
	if b.Current() == nil {
		t.Error("what was discarded did not come back")
	}
}

func TestSiblingsLeaveTheCandidateThatIsLookedAt(t *testing.T) {
	b := newBench(t)
	b.put(texture(image.Rect(0, 0, 100, 100), 6))
	b.Settings.Fill.Count = 3
	b.maskRect(image.Rect(30, 30, 60, 60))
	b.Fill()
	b.until("three", func() bool { return len(b.Shown().Candidates) == 3 })
	if b.Shown().At != 0 {
		t.Errorf("candidate %d came into view by itself, want the first to stay", b.Shown().At)
	}
	b.OneMore()
	b.until("the one more", func() bool { return len(b.Shown().Candidates) == 4 })
	if b.Shown().At != 3 {
		t.Errorf("candidate %d is shown, want the one that was asked for", b.Shown().At)
	}
}

func TestWhatCannotBeFilledSaysWhyAndTouchesNothing(t *testing.T) {
	for name, prepare := range map[string]func(*bench){
		"no picture":     func(b *bench) { b.maskRect(image.Rect(0, 0, 40, 40)) },
		"nothing masked": func(b *bench) { b.put(texture(image.Rect(-600, -600, 700, 700), 1)) },
		"all masked":     func(b *bench) { b.put(texture(image.Rect(0, 0, 60, 60), 1)); b.maskRect(image.Rect(-5, -5, 70, 70)) },
		"far from anything": func(b *bench) {
			b.put(texture(image.Rect(0, 0, 60, 60), 1))
			b.maskRect(image.Rect(9000, 9000, 9020, 9020))
		},
	} {
		b := newBench(t)
		prepare(b)
		before := b.Committed()
		b.Fill()
		b.idle()
		if len(b.seen.Failed) != 1 || len(b.stacks) != 0 || b.Committed() != before {
			t.Errorf("%s: %d errors, %d places", name, len(b.seen.Failed), len(b.stacks))
			continue
		}
		if fault.Hint(b.seen.Failed[0]) == "" {
			t.Errorf("%s: %v comes without advice", name, b.seen.Failed[0])
		}
		if b.Outline().Err == nil {
			t.Errorf("%s: the outline says nothing of it beforehand", name)
		}
	}
}

func TestOutlineIsWhatTheFillUses(t *testing.T) {
	b := newBench(t)
	b.put(texture(image.Rect(0, 0, 200, 200), 7))
	b.maskRect(image.Rect(80, 80, 120, 110))
	out := b.Outline()
	b.Fill()
	b.until("a candidate", func() bool { return b.Current() != nil })
	res := b.Shown().Current().Result
	if res.Image.Rect != out.Context {
		t.Errorf("read %v, the outline said %v", res.Image.Rect, out.Context)
	}
	if !b.Shown().Current().Patch.Rect.In(out.Target) {
		t.Errorf("changed %v, the outline said %v", b.Shown().Current().Patch.Rect, out.Target)
	}
}

// TestReplaceTakesTheLayersOfEarlierResults that it covers wholly, and none that was
// painted on, that reaches further, or that is no result.
func TestReplaceTakesTheLayersOfEarlierResults(t *testing.T) {
	b := newBench(t)
	b.put(texture(image.Rect(0, 0, 300, 300), 1))
	b.accept(image.Rect(10, 10, 60, 60), diffusion("covered", 1), 2)
	b.accept(image.Rect(20, 20, 200, 60), diffusion("reaches further", 2), 3)
	b.accept(image.Rect(30, 30, 50, 50), diffusion("painted on", 3), 4)
	b.Edit("paint", func(ed *canvas.Edit) { ed.Put(ed.State().Active, texture(image.Rect(35, 35, 40, 40), 9), nil) })
	b.Edit("own", func(ed *canvas.Edit) { ed.Put(ed.AddLayer("own work", 0), texture(image.Rect(30, 30, 40, 40), 9), nil) })
	b.Settings.AcceptInto = "replace"
	before := flatten(b.Committed(), image.Rect(0, 0, 300, 300))
	b.accept(image.Rect(5, 5, 100, 100), diffusion("new", 4), 5)
	var names []string
	for _, l := range b.Committed().Layers[1:] {
		names = append(names, l.Name)
	}
	if got := strings.Join(names, ", "); got != "reaches further, painted on, own work, new" {
		t.Errorf("layers %s", got)
	}
	after := flatten(b.Committed(), image.Rect(0, 0, 300, 300))
	for y := range 300 {
		for x := range 300 {
			if p := image.Pt(x, y); !p.In(image.Rect(5, 5, 100, 100)) && before.NRGBAAt(x, y) != after.NRGBAAt(x, y) {
				t.Fatalf("pixel %v changed, outside the mask", p)
			}
		}
	}
	b.undo()
	if n := len(b.Committed().Layers); n != 5 {
		t.Errorf("after undo there are %d layers, want 5", n)
	}
}

// TestPlacesAreReachedInTurn goes round three places; accepting one leaves the others.
func TestPlacesAreReachedInTurn(t *testing.T) {
	b := newBench(t)
	var ids []int64
	for i := range 3 {
		ids = append(ids, int64(i+1))
		b.stacks = append(b.stacks, &Stack{ID: ids[i], Place: image.Rect(i*100, 0, i*100+50, 50)})
	}
	b.Show(ids[0])
	for _, want := range []int64{2, 3, 1} {
		b.NextPlace()
		if got := b.Shown().ID; got != want {
			t.Fatalf("place %d is shown, want %d", got, want)
		}
	}
	b.DiscardAll()
	if len(b.Stacks()) != 2 || b.Shown() == nil {
		t.Errorf("%d places are left", len(b.Stacks()))
	}
}

// TestWhatPreviewsCostIsTold by the last run that showed some.
func TestWhatPreviewsCostIsTold(t *testing.T) {
	f := &Fills{}
	f.measure(&pipeline.Result{Steps: []float64{1, 1.5, 2, 1}, Previews: pipeline.Previews{By: "taesd_decoder.safetensors", Shown: 2, Seconds: 0.5}})
	f.measure(&pipeline.Result{Steps: []float64{1}})
	if got, want := f.PreviewCost(), "taesd_decoder: a preview took 20 % of a step, all of them 9.1 % of the last run."; got != want {
		t.Errorf("it says %q, want %q", got, want)
	}
}
