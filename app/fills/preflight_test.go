package fills

import (
	"image"
	"image/color"
	"strings"
	"testing"

	"pentimento/app/desk"
	"pentimento/app/settings"
	"pentimento/canvas"
	"pentimento/pipeline"
)

// TestFrameRuleInNineCases is behaviour 2.13: content of the frame by mask.
func TestFrameRuleInNineCases(t *testing.T) {
	frame := image.Rect(0, 0, 128, 128)
	content := map[string]image.Rectangle{"blank": {}, "part": image.Rect(0, 0, 70, 128), "full": frame}
	masks := map[string]image.Rectangle{"none": {}, "part": image.Rect(40, 40, 90, 90), "all": frame}
	want := map[string]map[string]pipeline.Task{
		"blank": {"none": pipeline.Generate, "part": pipeline.Generate, "all": pipeline.Generate},
		"part":  {"none": pipeline.Outpaint, "part": pipeline.Inpaint, "all": pipeline.Inpaint},
		"full":  {"none": pipeline.Refine, "part": pipeline.Inpaint, "all": pipeline.Inpaint},
	}
	sentence := map[pipeline.Task]string{pipeline.Generate: "blank", pipeline.Outpaint: "continued", pipeline.Inpaint: "masked", pipeline.Refine: "refined"}
	b, _ := studio(t)
	for name, picture := range content {
		for kind, mask := range masks {
			b.reset()
			b.setFrame(frame)
			if !picture.Empty() {
				b.put(flat(picture, color.NRGBA{80, 120, 60, 255}))
			}
			if !mask.Empty() {
				b.maskRect(mask)
			}
			out := b.Outline()
			if out.Err != nil || out.Task != want[name][kind] {
				t.Errorf("%s frame, mask %s: %q (%v), want %q", name, kind, out.Task, out.Err, want[name][kind])
				continue
			}
			if !strings.Contains(out.Why, sentence[out.Task]) || !strings.HasSuffix(out.Why, ".") {
				t.Errorf("%s frame, mask %s: the panel would say %q", name, kind, out.Why)
			}
			if out.Target.Empty() || !out.Target.In(out.Context) {
				t.Errorf("%s frame, mask %s: target %v is not within context %v", name, kind, out.Target, out.Context)
			}
			// what Fill masks is what the rule says: brushed or blank, nothing else
			sel, _ := b.plan(b.Committed())
			m := sel.mask(b.Committed(), frame)
			for y := 4; y < 128; y += 8 {
				for x := 4; x < 128; x += 8 {
					p := image.Pt(x, y)
					paints := p.In(mask) || !p.In(picture) || out.Task == pipeline.Refine || out.Task == pipeline.Generate
					if (m.AlphaAt(x, y).A != 0) != paints {
						t.Fatalf("%s frame, mask %s: pixel %v is masked %v", name, kind, p, !paints)
					}
				}
			}
		}
	}
}

// found says whether a problem with these words is named, and whether it blocks.
func (b *bench) found(words string) (named, blocks bool) {
	for _, p := range b.Problems() {
		if strings.Contains(p.Text, words) {
			return true, p.Blocks
		}
	}
	return false, false
}

func TestEveryReasonAgainstAFillIsNamed(t *testing.T) {
	b, _ := studio(t)
	usual := b.Settings.Fill
	for _, c := range []struct {
		words  string
		blocks bool
		make   func(b *bench)
	}{
		{"needs a model", true, func(b *bench) { b.SetFill(func(f *settings.Fill) { f.Model = "" }) }},
		{"gone.safetensors", true, func(b *bench) { b.SetFill(func(f *settings.Fill) { f.Model = "gone.safetensors" }) }},
		{"the strength is 0", true, func(b *bench) { b.SetFill(func(f *settings.Fill) { f.Refine, f.Strength = 0, 0 }) }},
		{"at strength 1 nothing", false, func(b *bench) { b.SetFill(func(f *settings.Fill) { f.Refine = 1 }) }},
		{"the prompt is empty", false, func(b *bench) { b.SetFill(func(f *settings.Fill) { f.Prompt = " " }) }},
		{"prompt: ", false, func(b *bench) { b.SetFill(func(f *settings.Fill) { f.Prompt = "a (barn" }) }},
		{"negative prompt: ", false, func(b *bench) { b.SetFill(func(f *settings.Fill) { f.Negative = "fog]" }) }},
		{"cancel each other", false, func(b *bench) { b.SetFill(func(f *settings.Fill) { f.Negative = f.Prompt }) }},
		{"too small for a model", false, func(b *bench) { b.setFrame(image.Rect(0, 0, 40, 128)) }},
		{"which is hidden", false, func(b *bench) {
			b.Settings.AcceptInto = "active"
			b.layer(func(l *canvas.Layer) { l.Visible = false })
		}},
		{"nothing is masked and nothing", true, func(b *bench) { b.SetFill(func(f *settings.Fill) { f.Engine = "content" }) }},
		{"there is no picture to copy from", true, func(b *bench) {
			b.SetFill(func(f *settings.Fill) { f.Engine = "content" })
			b.reset()
		}},
		{"covers the whole picture", true, func(b *bench) {
			b.SetFill(func(f *settings.Fill) { f.Engine = "content" })
			b.maskRect(image.Rect(0, 0, 128, 128))
		}},
	} {
		b.reset()
		b.seen.Failed, b.Settings.AcceptInto = nil, "new"
		b.setFrame(image.Rect(0, 0, 128, 128))
		b.put(flat(image.Rect(0, 0, 128, 128), color.NRGBA{80, 120, 60, 255}))
		b.SetFill(func(f *settings.Fill) { *f = usual; f.Prompt, f.Strength = "a barn", 0.6 })
		if p := b.Problems(); len(p) != 0 {
			t.Fatalf("where all is well there are problems: %v", p)
		}
		c.make(b)
		named, blocks := b.found(c.words)
		if !named || blocks != c.blocks {
			t.Errorf("%q: named %v, blocks %v, want %v; the list is %v", c.words, named, blocks, c.blocks, b.Problems())
			continue
		}
		for _, p := range b.Problems() {
			if strings.Contains(p.Text, c.words) && p.Advice == "" && !strings.HasSuffix(c.words, "prompt: ") {
				t.Errorf("%q says not what to do", p.Text)
			}
		}
		b.Fill()
		if ran := len(b.Stacks()) > 0; ran == c.blocks || len(b.seen.Failed) > 0 != c.blocks {
			t.Errorf("%q: a fill was started: %v; shown: %v", c.words, ran, b.seen.Failed)
		}
		b.CancelJobs()
	}
}

// TestFilesAreLookedAtBesideTheWindowsGoroutine: what a network's files say against a fill is read elsewhere, one look at a
// time, and told when it is there. Fill doesn't wait for it: the place is there at once, and goes with the reason.
func TestFilesAreLookedAtBesideTheWindowsGoroutine(t *testing.T) {
	b, _ := studio(t)
	b.setFrame(image.Rect(0, 0, 128, 128))
	b.put(flat(image.Rect(0, 0, 128, 128), color.NRGBA{80, 120, 60, 255}))
	b.maskRect(image.Rect(40, 40, 60, 60))
	b.SetFill(func(f *settings.Fill) {
		f.Prompt, f.Adapters = "a barn", []settings.Adapter{{File: "gone.safetensors", Weight: 1}}
	})
	for len(b.posted) > 0 {
		(<-b.posted)()
	}
	gone := func(all []Problem) bool {
		for _, p := range all {
			if p.Blocks && strings.Contains(p.Text, "gone") {
				return true
			}
		}
		return false
	}
	if gone(b.Fills.Problems()) {
		t.Fatal("the window's goroutine looked for the file")
	}
	told := false
	defer b.d.Listen(func(c desk.Change) { told = told || c.What&desk.FillChanged != 0 })()
	b.Fill()
	if len(b.Stacks()) != 1 || len(b.seen.Failed) != 0 {
		t.Fatalf("Fill waited for the file: %d places, %v", len(b.Stacks()), b.seen.Failed)
	}
	b.idle()
	b.until("the reason", func() bool { return len(b.seen.Failed) > 0 && told })
	if !strings.Contains(b.seen.Failed[0].Error(), "gone") || len(b.seen.Failed) != 1 || len(b.Stacks()) != 0 {
		t.Errorf("failures %v, %d places are left", b.seen.Failed, len(b.Stacks()))
	}
	if !gone(b.Problems()) {
		t.Error("what was read is not among the problems")
	}
}
