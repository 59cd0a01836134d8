package fills

import (
	"reflect"
	"slices"
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
	for _, s := range append(Shown(), Folded()...) {
		if s.Kind == Number {
			continue // pipeline's own test walks them
		}
		for _, name := range Names(s) {
			f := settings.Default().Fill
			f.Engine, f.Blend = string(pipeline.Diffusion), pipeline.BlendSoft
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
	for _, s := range append(Shown(), Folded()...) {
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
		if got := Acts(Row("soft_bias"), &b.Settings.Fill); got != (blend != "") {
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
	row := *Row("whole_timesteps")
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
