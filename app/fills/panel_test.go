package fills

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pentimento/app/settings"
	"pentimento/pipeline"
)

// TestEveryAnswerReachesTheRequest: panel → request → panel is the identity, for every row and
// every choice of a list.
func TestEveryAnswerReachesTheRequest(t *testing.T) {
	b := newBench(t)
	b.Settings.Fill.Engine = string(pipeline.Diffusion)
	plain := b.request(pipeline.Inpaint)
	for _, s := range All() {
		if s.Kind == Number {
			continue // pipeline's own test walks them
		}
		for _, name := range Names(s) {
			f := settings.Default().Fill
			f.Engine, f.Blend = string(pipeline.Diffusion), pipeline.BlendSoft
			for id, on := range map[string]string{"cfg_rescale": "0.5", "shrink": "2", "thresholding": "true"} {
				f.Set(id, on)
			}
			if strings.HasPrefix(s.ID, "refine_") { // the box, which those that look at tiles do without
				f.Set("refine_box", "0,0,64,64")
			}
			text, ok := Choose(s, name)
			if f.Set(s.ID, text); !ok || Chosen(s, f.Get(s.ID)) != name {
				t.Errorf("%s: chose %q, shows %q", s.ID, name, Chosen(s, f.Get(s.ID)))
			}
			b.Settings.Fill = f
			req := b.request(pipeline.Inpaint)
			if got := Chosen(s, s.Get(req)); got != name {
				t.Errorf("%s: chose %q, the request says %q", s.ID, name, got)
			}
		}
		if _, ok := Choose(s, "no such answer"); ok {
			t.Errorf("%s: an unknown answer is taken", s.ID)
		}
	}
	if plain.Blend != "" || plain.Area != nil || plain.Hires != nil || plain.Soft != nil {
		t.Errorf("a new user's request is not the plain one: %+v", plain)
	}
}

// TestANewPersonHasTheTablesDefaults: the settings file begins with what the rows say, which is
// also what the verbs do without flags.
func TestANewPersonHasTheTablesDefaults(t *testing.T) {
	f := settings.Default().Fill
	for _, s := range All() {
		if got := s.Or(f.Get(s.ID)); got != s.Default {
			t.Errorf("%s is %q, want %q", s.ID, got, s.Default)
		}
	}
}

// TestSoftNumbersShowBesideSoftInpaintingOnly: what has no effect is out of the way, and not sent.
func TestSoftNumbersShowBesideSoftInpaintingOnly(t *testing.T) {
	b := newBench(t)
	b.Settings.Fill.Engine = string(pipeline.Diffusion)
	for _, blend := range []string{"", pipeline.BlendSoft} {
		b.SetFill(func(f *settings.Fill) { f.Blend = blend; f.Set("soft_bias", "2") })
		if got := Acts(pipeline.FindSetting("soft_bias"), &b.Settings.Fill); got != (blend != "") {
			t.Errorf("blend %q: shown %v", blend, got)
		}
		if got := b.request(pipeline.Inpaint).Soft != nil; got != (blend != "") {
			t.Errorf("blend %q: sent %v", blend, got)
		}
	}
}

// TestANewSettingNeedsNoPanelCode: a yes or no that is a row and nothing else is chosen, sent and
// kept by name.
func TestANewSettingNeedsNoPanelCode(t *testing.T) {
	old := pipeline.Settings
	defer func() { pipeline.Settings = old }()
	row := *pipeline.FindSetting("whole_timesteps")
	row.ID, row.Name = "newcomer", "Newcomer"
	pipeline.Settings = append(slices.Clip(pipeline.Settings), row)
	s := Folded()[len(Folded())-1]
	if s.ID != "newcomer" || !reflect.DeepEqual(Names(s), []string{"No", "Yes"}) {
		t.Fatalf("the last row under More is %s: %v", s.ID, Names(s))
	}
	b := newBench(t)
	text, _ := Choose(s, "Yes")
	b.SetFill(func(f *settings.Fill) { f.Engine = string(pipeline.Diffusion); f.Set(s.ID, text) })
	if req := b.request(pipeline.Inpaint); !req.WholeTimesteps || Chosen(s, s.Get(req)) != "Yes" {
		t.Errorf("the request is %+v", req)
	}
}

// TestAPanelOfTheFirstVersionAsksForTheSame: what a settings file, a preset or a project of the
// first version says is asked for as it was then.
func TestAPanelOfTheFirstVersionAsksForTheSame(t *testing.T) {
	b := newBench(t)
	const old = `{"engine":"diffusion","prompt":"a heron","negative":"fog","seed":77,"lock_seed":true,"steps":3,"cfg":1,"sampler":"Euler a","schedule":"Karras","strength":0.8,"feather":4,"count":1,
		"model":"","batch":0,"variation":99,"variation_strength":0.25,"clip_skip":0,"rng":"","area":"masked","blend":"both","infill":"original","reach":"inside","hires":"1.5","tile":"x","styles":""}`
	var f settings.Fill
	if err := json.Unmarshal([]byte(old), &f); err != nil {
		t.Fatal(err)
	}
	b.Settings.Fill = f
	req := b.request(pipeline.Inpaint)
	want := pipeline.Request{Ask: pipeline.Ask{Engine: pipeline.Diffusion, Task: pipeline.Inpaint, Frame: req.Frame}, Text: pipeline.Text{Prompt: "a heron", Negative: "fog", ClipSkip: 1},
		Sampling: pipeline.Sampling{Seed: 77, Steps: 3, CFG: 1, Sampler: "Euler a", Schedule: "Karras", Strength: 0.8, RNG: "cpu", Batch: 1, VariationSeed: 99, VariationStrength: 0.25, Hires: &pipeline.Hires{Scale: 1.5}, TileX: true},
		Keep:     pipeline.Keep{Feather: 4, Area: &pipeline.Area{Method: "only masked", Padding: 32, Blur: 4}, Blend: "both", Infill: "original", Inside: true}}
	if !reflect.DeepEqual(req, want) {
		t.Errorf("it asks for\n%+v, want\n%+v", req, want)
	}
}

// TestTheUsualSamplersComeFirst, and behind them the others by the alphabet; none is lost.
func TestTheUsualSamplersComeFirst(t *testing.T) {
	names := Names(pipeline.FindSetting("sampler"))
	if got := names[:len(pipeline.UsualSamplers)]; !slices.Equal(got, pipeline.UsualSamplers) {
		t.Errorf("the list begins with %q, want %q", got, pipeline.UsualSamplers)
	}
	rest := names[len(pipeline.UsualSamplers):]
	if !slices.IsSortedFunc(rest, func(a, b string) int { return strings.Compare(strings.ToLower(a), strings.ToLower(b)) }) {
		t.Errorf("the rest is not sorted: %q", rest)
	}
	if len(names) != len(pipeline.Samplers()) {
		t.Errorf("%d samplers, want %d", len(names), len(pipeline.Samplers()))
	}
}

// The loss that stands under Faster is that of the sampler on show.
func TestFasterSaysWhatItCostsWithThisSampler(t *testing.T) {
	say := func(sampler, eta string) string {
		f := settings.Fill{Sampler: sampler}
		f.Set("eta_ddim", eta)
		return FasterLoss(&f)
	}
	calm, noisy := say("", ""), say("Euler a", "")
	if calm == noisy || say("DPM++ 2M", "") != calm || say("DPM++ 2M SDE", "") != noisy || say("DDIM", "") != calm || say("DDIM", "0.5") != noisy {
		t.Errorf("%q and %q, or one of them for the wrong sampler", calm, noisy)
	}
}
