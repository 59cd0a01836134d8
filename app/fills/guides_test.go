package fills

import (
	"context"
	"errors"
	"image"
	"image/color"
	"testing"

	"pentimento/app/settings"
	"pentimento/pipeline"
)

// A picture of the strip is followed in one way at a time: what was chosen for another does not reach
// the request.
func TestAReferenceIsFollowedInOneWay(t *testing.T) {
	b, _ := studio(t)
	b.put(flat(image.Rect(0, 0, 128, 128), color.NRGBA{90, 90, 90, 255}))
	b.refer("one", flat(image.Rect(0, 0, 40, 30), color.NRGBA{1, 2, 3, 255}))
	one := b.Committed().References[0]
	b.Follow(one, pipeline.GuideControl)
	b.Attach(one, func(a *Attachment) {
		a.Model, a.Module, a.Mode, a.Fidelity = "/nets/canny.safetensors", "canny", pipeline.ModePrompt, 0.9
	})
	g := b.request(pipeline.Refine).Guides
	if len(g) != 1 || g[0].Kind != pipeline.GuideControl || g[0].Model != "/nets/canny.safetensors" || g[0].Preprocessor != "canny" || g[0].Mode != pipeline.ModePrompt || g[0].Fidelity != 0 {
		t.Fatalf("the request carries %+v", g)
	}
	if files := b.GuideFiles(b.Attachment(one)); len(files) != 1 || files[0] != "/nets/canny.safetensors" {
		t.Errorf("files to choose among: %v, want the chosen one", files)
	}
	b.Follow(one, pipeline.GuideReference)
	if g := b.request(pipeline.Refine).Guides[0]; g.Kind != pipeline.GuideReference || g.Model != "" || g.Preprocessor != "" || g.Mode != "" || b.Attachment(one).Fidelity != 0 {
		t.Errorf("followed for its look the request carries %+v", g)
	}
	b.Attach(one, func(a *Attachment) { a.Module, a.Fidelity = pipeline.ReferenceAdaIN, 0.9 })
	if g := b.request(pipeline.Refine).Guides[0]; g.Preprocessor != pipeline.ReferenceAdaIN || g.Fidelity != 0.9 {
		t.Errorf("the request carries %+v", g)
	}
}

// What stands against a fill follows the numbers of its references: a network's file that was chosen
// after it was missed is seen.
func TestProblemsFollowTheReferences(t *testing.T) {
	b, _ := studio(t)
	b.put(flat(image.Rect(0, 0, 128, 128), color.NRGBA{90, 90, 90, 255}))
	b.refer("one", flat(image.Rect(0, 0, 40, 30), color.NRGBA{1, 2, 3, 255}))
	one := b.Committed().References[0]
	b.maskRect(image.Rect(20, 20, 80, 80))
	b.SetFill(func(f *settings.Fill) { f.Prompt, f.Strength = "a barn", 1 })
	const missing = "no file of its network"
	b.Follow(one, pipeline.GuideReference)
	if named, _ := b.found(missing); named {
		t.Fatalf("a way without a file misses one: %v", b.Problems())
	}
	b.Follow(one, pipeline.GuideControl)
	if _, blocks := b.found(missing); !blocks {
		t.Fatalf("a missing file does not block: %v", b.Problems())
	}
	b.Attach(one, func(a *Attachment) { a.Model = "/nets/canny.safetensors" })
	if named, _ := b.found(missing); named {
		t.Errorf("the chosen file is still missed: %v", b.Problems())
	}
}

// The map of a reference is what its preprocessor makes of it, as a run would.
func TestTheMapIsThePreprocessors(t *testing.T) {
	b, _ := studio(t)
	b.put(flat(image.Rect(0, 0, 128, 128), color.NRGBA{90, 90, 90, 255}))
	img := flat(image.Rect(0, 0, 64, 64), color.NRGBA{255, 0, 0, 255})
	b.refer("one", img)
	one := b.Committed().References[0]
	b.Follow(one, pipeline.GuideControl)
	b.Attach(one, func(a *Attachment) { a.Module = "invert" })
	var made *image.NRGBA
	var failed error
	b.Map(one, func(m *image.NRGBA, err error) { made, failed = m, err })
	b.until("the map", func() bool { return made != nil || failed != nil })
	if failed != nil || made.NRGBAAt(made.Rect.Min.X, made.Rect.Min.Y) != (color.NRGBA{0, 255, 255, 255}) {
		t.Errorf("the map of red, turned over, is %v, %v", made, failed)
	}
}

// A result's settings bring back how its references were followed, by their names; what it did not
// follow is let go, and what is gone is named.
func TestReferencesAreFollowedAgain(t *testing.T) {
	b, _ := studio(t)
	b.put(flat(image.Rect(0, 0, 128, 128), color.NRGBA{90, 90, 90, 255}))
	for _, name := range []string{"one", "two", "three"} {
		b.refer(name, flat(image.Rect(0, 0, 40, 30), color.NRGBA{1, 2, 3, 255}))
	}
	refs := b.Committed().References
	b.Follow(refs[1], pipeline.GuideControl)
	b.Attach(refs[1], func(a *Attachment) { a.Model, a.Module = "/nets/canny.safetensors", "canny" })
	b.Follow(refs[2], pipeline.GuideReference)
	left := b.FollowAgain([]pipeline.Guide{
		{Kind: pipeline.GuideReference, Name: "one", Weight: 0.5, End: 0.8, Preprocessor: pipeline.ReferenceAdaIN, Fidelity: 0.9},
		{Kind: pipeline.GuideControl, Name: "two", Weight: 1, End: 1, Model: "canny.safetensors", Preprocessor: "invert", Mode: pipeline.ModeControl},
		{Kind: pipeline.GuideReference, Name: "gone", Weight: 1, End: 1},
		{Kind: pipeline.GuideReference, Name: "silent", End: 1},
	}, nil)
	if len(left) != 1 || left[0] != "gone" {
		t.Errorf("left are %q, want the one that is gone", left)
	}
	g := b.request(pipeline.Refine).Guides
	if len(g) != 2 || g[0].Preprocessor != pipeline.ReferenceAdaIN || g[0].Weight != 0.5 || g[0].Fidelity != 0.9 || g[0].End != 0.8 ||
		g[1].Model != "/nets/canny.safetensors" || g[1].Preprocessor != "invert" || g[1].Mode != pipeline.ModeControl {
		t.Errorf("the request carries %+v", g)
	}
}

// broken is a Runner that fails every job.
type broken struct{}

func (broken) Run(context.Context, pipeline.Request, func(pipeline.Progress)) (*pipeline.Result, error) {
	return nil, errors.New("the device is gone")
}

// What goes wrong with every candidate of a place is said once; one more that is asked for says it again.
func TestAFailureIsSaidOnce(t *testing.T) {
	b, _ := studio(t)
	b.put(flat(image.Rect(0, 0, 128, 128), color.NRGBA{90, 90, 90, 255}))
	b.Runner = broken{}
	b.SetFill(func(f *settings.Fill) { f.Count = 3 })
	b.Fill()
	b.until("the failures", func() bool { return len(b.seen.Failed) > 0 && b.Jobs.Active(0) == 0 && len(b.Stacks()) == 0 })
	if len(b.seen.Failed) != 1 {
		t.Errorf("%d failures are said, want one: %v", len(b.seen.Failed), b.seen.Failed)
	}
	b.Fill()
	b.until("the failures of the second press", func() bool { return len(b.seen.Failed) > 1 && len(b.Stacks()) == 0 })
	if len(b.seen.Failed) != 2 {
		t.Errorf("after a second press %d are said, want two", len(b.seen.Failed))
	}
}
