package fills

import (
	"image"
	"image/color"
	"reflect"
	"testing"

	"pentimento/app/settings"
	"pentimento/pipeline"
)

func TestOnlyAttachedReferencesAreInTheRequest(t *testing.T) {
	b, _ := studio(t)
	b.put(flat(image.Rect(0, 0, 128, 128), color.NRGBA{90, 90, 90, 255}))
	b.refer("one", flat(image.Rect(0, 0, 40, 30), color.NRGBA{1, 2, 3, 255}))
	b.refer("two", flat(image.Rect(0, 0, 60, 50), color.NRGBA{4, 5, 6, 255}))
	if got := b.request(pipeline.Refine).Guides; len(got) != 0 {
		t.Fatalf("pictures that only lie in the strip are in the request: %v", got)
	}
	two := b.Committed().References[1]
	if a := b.Attachment(two); a != (Attachment{Weight: 1, End: 1}) {
		t.Errorf("an unattached picture is %+v", a)
	}
	b.Attach(two, func(a *Attachment) {
		a.On, a.Weight, a.Start, a.End, a.Crop = true, 7, 0.2, 0.1, image.Rect(10, 10, 500, 20)
	})
	want := pipeline.Guide{Kind: pipeline.GuideReference, Name: "two", Weight: 2, Start: 0.2, End: 0.2, Crop: image.Rect(10, 10, 60, 20), Image: two.Image}
	got := b.request(pipeline.Refine).Guides
	if len(got) != 1 || !reflect.DeepEqual(got[0], want) {
		t.Fatalf("the request carries %v, want %v", got, want)
	}
	b.SetFill(func(f *settings.Fill) { f.Prompt, f.Negative = "a barn", "fog" })
	b.Fill()
	b.until("a candidate", func() bool { return b.Current() != nil })
	if p := b.Settings.Prompts; len(p) != 1 || p[0] != (settings.Prompt{Prompt: "a barn", Negative: "fog"}) {
		t.Errorf("remembered: %v", p)
	}
	want.Preprocessor, want.Fidelity = pipeline.ReferenceOnly, 0.5 // what the run chose for it
	if kept := b.Shown().Current().Result.Request.Guides; len(kept) != 1 || !reflect.DeepEqual(kept[0], want) {
		t.Errorf("the candidate keeps %v", kept)
	}
	b.undo() // the adding of two
	if len(b.request(pipeline.Refine).Guides) != 0 {
		t.Error("a picture that is no longer in the strip counts")
	}
	b.redo()
	if len(b.request(pipeline.Refine).Guides) != 1 {
		t.Error("redo lost how the picture was attached")
	}
}

// TestColoursPaintedAtLowStrengthShapeTheResult is sketch to picture: two sketches that
// differ in one region, filled with the same seed, differ there and (being far away from
// anything a network with blocks of 8 pixels sees) nowhere else.
func TestColoursPaintedAtLowStrengthShapeTheResult(t *testing.T) {
	region := image.Rect(32, 32, 64, 64)
	run := func(t *testing.T, masked bool, c color.NRGBA) *image.NRGBA {
		b, _ := studio(t)
		b.put(flat(image.Rect(0, 0, 128, 128), color.NRGBA{60, 90, 120, 255}))
		b.put(flat(region, c))
		b.SetFill(func(f *settings.Fill) { f.Strength, f.Refine, f.Seed, f.LockSeed = 0.3, 0.3, 5, true })
		want := pipeline.Refine
		if masked {
			b.maskRect(region.Inset(-8))
			want = pipeline.Inpaint
		}
		if out := b.Outline(); out.Task != want {
			t.Fatalf("the task is %q, want %q", out.Task, want)
		}
		b.Fill()
		b.until("a candidate", func() bool { return b.Current() != nil })
		if r := b.Shown().Current().Result.Request; r.Strength != 0.3 {
			t.Fatalf("ran at strength %v", r.Strength)
		}
		return b.Shown().Current().Patch
	}
	for _, masked := range []bool{false, true} {
		red, blue := run(t, masked, color.NRGBA{230, 20, 20, 255}), run(t, masked, color.NRGBA{20, 20, 230, 255})
		inside := region.Inset(8)
		var dr, db int
		for y := inside.Min.Y; y < inside.Max.Y; y++ {
			for x := inside.Min.X; x < inside.Max.X; x++ {
				p, q := red.NRGBAAt(x, y), blue.NRGBAAt(x, y)
				dr += int(p.R) - int(q.R)
				db += int(q.B) - int(p.B)
			}
		}
		if n := inside.Dx() * inside.Dy(); dr < 20*n || db < 20*n {
			t.Errorf("masked %v: red paint is redder by %d, blue bluer by %d of 255, want the paint to show", masked, dr/n, db/n)
		}
	}
}

func TestTheRequestHasThePanelsAdapters(t *testing.T) {
	b := newBench(t)
	on := settings.Adapter{File: "/models/Lora/fog.safetensors", Weight: 0.4, TextWeight: 0.2, Blocks: "OUTALL", Elements: "ATTNDEEPOFF", Start: 0.25, Stop: 0.75}
	off := on
	off.Off = true
	list := []settings.Adapter{off, on}
	b.SetFill(func(f *settings.Fill) { f.Adapters = list })
	for _, engine := range []pipeline.Engine{pipeline.Content, pipeline.Diffusion} {
		b.SetFill(func(f *settings.Fill) { f.Engine = string(engine) })
		want := 0
		if engine == pipeline.Diffusion {
			want = 1
		}
		if got := b.request(pipeline.Inpaint).Adapters; len(got) != want || want > 0 && got[0] != (pipeline.Adapter{File: on.File, Weight: 0.4, TextWeight: 0.2, Blocks: "OUTALL", Elements: "ATTNDEEPOFF", Start: 0.25, Stop: 0.75}) {
			t.Errorf("%s: adapters %+v", engine, got)
		}
	}
}
