package prompting

import (
	"fmt"
	"reflect"
	"testing"

	"pentimento/app/settings"
)

func TestStylesAreLaidRoundThePrompt(t *testing.T) {
	b := reader(t)
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
		b.desk.SetFill(func(f *settings.Fill) { f.Prompt, f.Negative, f.Styles = c.prompt, c.negative, "" })
		for _, name := range []string{"behind", "round"} {
			b.ApplyStyle(name, c.style == name || c.style == "behind+round")
		}
		if got, not := b.Texts(); got != c.want || not != c.wantNot {
			t.Errorf("%q with %q: %q and %q, want %q and %q", c.prompt, c.style, got, not, c.want, c.wantNot)
		}
	}
}

func TestStylesAreKeptChangedAndForgotten(t *testing.T) {
	b := reader(t)
	if n := len(b.desk.Settings.Styles); n < 6 || len(b.AppliedStyles()) != 0 {
		t.Errorf("a new person finds %d styles, %q applied", n, b.AppliedStyles())
	}
	b.desk.Settings.Styles = nil
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
	if s := b.desk.Settings.Styles; len(s) != 2 || s[0].Name != "wet ink" || s[1].Name != "oil" {
		t.Errorf("styles %v", s)
	}
	b.RemoveStyle("wet ink")
	if len(b.AppliedStyles()) != 0 || len(b.desk.Settings.Styles) != 1 {
		t.Errorf("a removed style stays: %v, %v", b.AppliedStyles(), b.desk.Settings.Styles)
	}
}

func TestPromptsAreRememberedOnceLatestFirst(t *testing.T) {
	b := reader(t)
	for i := range 120 {
		b.Remember(settings.Prompt{Prompt: fmt.Sprint("p", i%110)})
	}
	b.Remember(settings.Prompt{Prompt: " p5 "})
	b.Remember(settings.Prompt{})
	all := b.desk.Settings.Prompts
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
	if f := b.desk.Settings.Fill; f.Prompt != "x" || f.Negative != "y" {
		t.Errorf("the panel holds %q, %q", f.Prompt, f.Negative)
	}
}

// TestPresetsHoldNumbersOnly changes every field of the panel: a preset brings back all
// but texts, styles, seeds and model.
func TestPresetsHoldNumbersOnly(t *testing.T) {
	b := reader(t)
	first := b.desk.Settings.Fill
	if b.SavePreset(" ", false) == nil {
		t.Error("a preset without a name is kept")
	}
	if err := b.SavePreset("mine", false); err != nil {
		t.Fatal(err)
	}
	b.desk.SetFill(func(f *settings.Fill) {
		v := reflect.ValueOf(f).Elem()
		for i := range v.NumField() {
			switch x := v.Field(i); x.Kind() {
			case reflect.String:
				x.SetString(x.String() + "!")
			case reflect.Map:
				f.Set("newcomer", "yes")
			case reflect.Slice:
				f.Adapters = append(f.Adapters, settings.Adapter{File: "a"})
			case reflect.Bool:
				x.SetBool(!x.Bool())
			case reflect.Float64:
				x.SetFloat(x.Float() + 0.25)
			default:
				x.SetInt(x.Int() + 3)
			}
		}
	})
	changed := b.desk.Settings.Fill
	b.UsePreset("mine")
	got := b.desk.Settings.Fill
	stays := map[string]bool{"Prompt": true, "Negative": true, "Styles": true, "Seed": true, "LockSeed": true, "Variation": true, "Model": true, "Adapters": true}
	for i := range reflect.TypeOf(got).NumField() {
		name, from := reflect.TypeOf(got).Field(i).Name, first
		if stays[name] {
			from = changed
		}
		if a, w := reflect.ValueOf(got).Field(i).Interface(), reflect.ValueOf(from).Field(i).Interface(); !reflect.DeepEqual(a, w) {
			t.Errorf("%s is %v, want %v", name, a, w)
		}
	}
	b.RemovePreset("mine")
	if len(b.desk.Settings.Presets) != 0 {
		t.Error("a removed preset stays")
	}
}
