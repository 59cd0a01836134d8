package editor

import (
	"fmt"
	"image"
	"reflect"
	"testing"

	"pentimento/app/settings"
	"pentimento/canvas"
	"pentimento/pipeline"
)

func TestStylesAreLaidRoundThePrompt(t *testing.T) {
	b := newBench(t)
	for _, s := range []settings.Style{
		{Name: "round", Prompt: "a photo of {prompt}, 35mm", Negative: "drawing"},
		{Name: "behind", Prompt: "warm light"},
	} {
		if err := b.SaveStyle("", s); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct{ prompt, negative, style, want, wantNot string }{
		{"a barn", "", "", "a barn", ""},
		{"a barn", "fog", "behind", "a barn, warm light", "fog"},
		{"", "", "behind", "warm light", ""},
		{"a barn", "fog", "round", "a photo of a barn, 35mm", "fog, drawing"},
		{"a barn # red?", "", "behind", "a barn, warm light", ""},
		{"a barn", "", "behind+round", "a photo of a barn, 35mm, warm light", "drawing"}, // the list's order, not the clicks'
	} {
		b.SetFill(func(f *settings.Fill) { f.Prompt, f.Negative, f.Styles = c.prompt, c.negative, "" })
		for _, name := range []string{"behind", "round"} {
			b.ApplyStyle(name, c.style == name || c.style == "behind+round")
		}
		if got, not := b.Texts(); got != c.want || not != c.wantNot {
			t.Errorf("%q with %q: %q and %q, want %q and %q", c.prompt, c.style, got, not, c.want, c.wantNot)
		}
	}
}

func TestStylesAreKeptChangedAndForgotten(t *testing.T) {
	b := newBench(t)
	save := func(old, name, text string) error { return b.SaveStyle(old, settings.Style{Name: name, Prompt: text}) }
	if save("", "ink", "ink") != nil || save("", "oil", "oil") != nil {
		t.Fatal("a good style is refused")
	}
	for _, bad := range [][3]string{{"", "ink", "again"}, {"", " \n ", "x"}, {"", "new", " "}, {"oil", "ink", "x"}} {
		if save(bad[0], bad[1], bad[2]) == nil {
			t.Errorf("style %q is kept", bad)
		}
	}
	b.ApplyStyle("ink", true)
	if err := save("ink", "wet ink", "wet"); err != nil {
		t.Fatal(err)
	}
	if got := b.AppliedStyles(); !reflect.DeepEqual(got, []string{"wet ink"}) {
		t.Errorf("after a new name %v are applied", got)
	}
	if s := b.Settings.Styles; len(s) != 2 || s[0].Name != "wet ink" || s[1].Name != "oil" {
		t.Errorf("styles %v", s)
	}
	b.RemoveStyle("wet ink")
	if len(b.AppliedStyles()) != 0 || len(b.Settings.Styles) != 1 {
		t.Errorf("a removed style stays: %v, %v", b.AppliedStyles(), b.Settings.Styles)
	}
}

func TestPromptsAreRememberedOnceLatestFirst(t *testing.T) {
	b := newBench(t)
	for i := range 120 {
		b.remember(settings.Prompt{Prompt: fmt.Sprint("p", i%110)})
	}
	b.remember(settings.Prompt{Prompt: " p5 "})
	b.remember(settings.Prompt{})
	all := b.Settings.Prompts
	if len(all) != 100 || all[0].Prompt != "p5" || all[1].Prompt != "p9" {
		t.Errorf("%d prompts, first %v", len(all), all[:2])
	}
	seen := map[settings.Prompt]bool{}
	for _, p := range all {
		if seen[p] {
			t.Errorf("%v is remembered twice", p)
		}
		seen[p] = true
	}
	b.UsePrompt(settings.Prompt{Prompt: "x", Negative: "y"})
	if f := b.Settings.Fill; f.Prompt != "x" || f.Negative != "y" {
		t.Errorf("the panel holds %q, %q", f.Prompt, f.Negative)
	}
}

// TestPresetsHoldNumbersOnly changes every field of the panel: a preset brings back all
// but texts, styles, seeds and model.
func TestPresetsHoldNumbersOnly(t *testing.T) {
	b := newBench(t)
	first := b.Settings.Fill
	if b.SavePreset(" ") == nil {
		t.Error("a preset without a name is kept")
	}
	if err := b.SavePreset("mine"); err != nil {
		t.Fatal(err)
	}
	b.SetFill(func(f *settings.Fill) {
		v := reflect.ValueOf(f).Elem()
		for i := range v.NumField() {
			switch x := v.Field(i); x.Kind() {
			case reflect.String:
				x.SetString(x.String() + "!")
			case reflect.Bool:
				x.SetBool(!x.Bool())
			case reflect.Float64:
				x.SetFloat(x.Float() + 0.25)
			default:
				x.SetInt(x.Int() + 3)
			}
		}
	})
	changed := b.Settings.Fill
	b.UsePreset("mine")
	got := b.Settings.Fill
	stays := map[string]bool{"Prompt": true, "Negative": true, "Styles": true, "Seed": true, "LockSeed": true, "Variation": true, "Model": true}
	for i := range reflect.TypeOf(got).NumField() {
		name, from := reflect.TypeOf(got).Field(i).Name, first
		if stays[name] {
			from = changed
		}
		if a, w := reflect.ValueOf(got).Field(i).Interface(), reflect.ValueOf(from).Field(i).Interface(); a != w {
			t.Errorf("%s is %v, want %v", name, a, w)
		}
	}
	b.RemovePreset("mine")
	if len(b.Settings.Presets) != 0 {
		t.Error("a removed preset stays")
	}
}

func TestFillSendsWhatThePanelSays(t *testing.T) {
	b := newBench(t)
	if err := b.SaveStyle("", settings.Style{Name: "ink", Prompt: "{prompt} in ink"}); err != nil {
		t.Fatal(err)
	}
	b.SetFill(func(f *settings.Fill) {
		f.Engine, f.Prompt, f.Negative, f.Styles = "diffusion", "a barn", "fog", "ink"
		f.Batch, f.ClipSkip, f.RNG, f.Variation, f.VariationStrength = 3, 2, "nv", 99, 0.4
	})
	var req pipeline.Request
	b.prompting(&req)
	want := pipeline.Request{Text: pipeline.Text{Prompt: "a barn in ink", Negative: "fog", ClipSkip: 2}, Sampling: pipeline.Sampling{Batch: 3, RNG: "nv", VariationSeed: 99, VariationStrength: 0.4}}
	if !reflect.DeepEqual(req, want) {
		t.Errorf("the request is %+v, want %+v", req, want)
	}
	if p := b.Settings.Prompts; len(p) != 0 {
		t.Errorf("an outline alone remembers %v; only a fill shall", p)
	}
	// What needs no model carries no prompt.
	b.SetFill(func(f *settings.Fill) { f.Engine = "content" })
	b.put(texture(image.Rect(0, 0, 64, 64), 1))
	b.maskRect(image.Rect(20, 20, 30, 30))
	b.Fill()
	b.idle()
	if r := b.Shown().Current().Result.Request; r.Prompt != "" || r.VariationStrength != 0 {
		t.Errorf("a content fill says it was made from %q", r.Prompt)
	}
}

// TestSeedsCountOverBatches holds that no two pictures of a place share their noise, and
// that a picture can be made again alone.
func TestSeedsCountOverBatches(t *testing.T) {
	for _, strength := range []float64{0, 0.5} {
		seen := map[[2]int64]bool{}
		for i := range 3 {
			req := numbered(pipeline.Request{Sampling: pipeline.Sampling{Seed: 100, VariationSeed: 7, VariationStrength: strength, Batch: 4}}, i)
			res := &pipeline.Result{Request: req, Images: make([]*image.NRGBA, 4)}
			for k := range int64(4) {
				seed := req.Seed + k
				if strength > 0 {
					seed = req.Seed // as pipeline reports it
				}
				res.Seeds = append(res.Seeds, seed)
			}
			for k, one := range single(res) {
				r := one.Request
				n := int64(i*4 + k)
				want := [2]int64{100 + n, 7}
				if strength > 0 {
					want = [2]int64{100, 7 + n}
				}
				if got := [2]int64{r.Seed, r.VariationSeed}; got != want || r.Batch != 1 || seen[got] {
					t.Errorf("strength %g, picture %d: seeds %v, want %v, batch %d", strength, n, got, want, r.Batch)
				}
				seen[want] = true
			}
		}
	}
}

func TestFrameKeepsItsMiddleWhenResized(t *testing.T) {
	b := newBench(t)
	b.edit("frame", func(ed *canvas.Edit) { ed.SetFrame(image.Rect(100, 100, 612, 612)) })
	for _, c := range []struct {
		w, h int
		want image.Rectangle
	}{{768, 512, image.Rect(-28, 100, 740, 612)}, {1, 512, image.Rect(324, 100, 388, 612)}} {
		b.ResizeFrame(c.w, c.h)
		if got := b.State().Frame; got != c.want {
			t.Errorf("%d × %d gives %v, want %v", c.w, c.h, got, c.want)
		}
	}
	before := b.Committed()
	if b.ResizeFrame(64, 512); b.Committed() != before {
		t.Error("the same size made a step of history")
	}
}
