package pipeline

import (
	"encoding/json"
	"image"
	"maps"
	"reflect"
	"slices"
	"testing"
	"time"

	"pentimento/pipeline/metadata"
)

// elsewhere are the fields of a Request that are no settings, and why.
var elsewhere = map[string]string{
	"Engine": "the panel's first choice and --engine", "Task": "the frame rule or the verb decides", "Frame": "a place of the picture", "Image": "the picture itself", "Mask": "the selection itself",
	"Guides": "a list of pictures with a panel of its own", "Adapters": "a list that the prompt names", "Regions": "a list of places", "After": "a list of steps", "Details": "of tasks with a verb and a sheet of their own", "Cut": "likewise", "Backdrop": "likewise", "Harmony": "likewise", "Segment": "likewise", "Pixels": "likewise", "Restore": "likewise", "Swap": "likewise",
	"Fade":     "percentages of a formula: for programs that know better, and for tests",
	"Template": "what Expanded drew the prompt from", "NegativeTemplate": "likewise",
	"AdapterFiles": "what the library of models finds",
	"BatchSize":    "the pipeline chooses by memory and device",
	"Plan":         "follows from the others", "Packed": "how a run went", "Parts": "how a run went", "Exact": "how a run went", "Adapted": "how a run went", "Embedded": "how a run went", "Separate": "how a run went",
}

// several are the fields that several rows set a part of each.
var several = []string{"Soft", "GuidanceRange", "Self", "FreeU", "Shrink", "Threshold", "Noising", "Hires", "Tiled", "Enlarge", "Box", "Inversion"}

// samples are values of a setting to try: every option, both ends of a number's range and of
// its slider, and the default.
func samples(s *Setting) []string {
	out := []string{s.Default}
	switch s.Kind {
	case Number:
		for _, n := range []float64{s.Low, s.High, s.Slider.Low, s.Slider.High, s.Slider.Low + s.Slider.Step} {
			if text := short(n); s.refuse(text) == nil && !(s.Open && n == 0) && n < 1<<53 && n > -1<<53 {
				out = append(out, text)
			}
		}
		if s.Slider == (Slider{}) {
			out = append(out, "90210")
		}
	case Option:
		for _, c := range s.Options {
			out = append(out, c.Value)
		}
	case YesNo:
		out = []string{"false", "true"}
	case Words:
		out = append(out, map[string]string{"size": "64x72", "restarts": "0.1:10,1,2; 1:5,2,9", "pag_at": "d0,u1.0", "refine_box": "8,16,24,32", "refine_at": "out, x. attn.", "refine_layers": "OUT,M"}[s.ID], "word")
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// asked is a request with one setting at a value and all others as a new person has them; what
// must be on for it to act, is.
func asked(s *Setting, value string) Request {
	q := Request{Ask: Ask{Engine: Diffusion, Task: Inpaint, Frame: image.Rect(0, 0, 64, 64)}}
	texts := map[string]string{"variation_strength": "0.5", "blend": BlendSoft,
		"cfg_rescale": "0.5", "hires": "2", "pag": "3", "sag": "0.5", "freeu": "1", "shrink": "2", "thresholding": "true", "refine_box": "8,8,32,32", "inversion": "true", "threshold_mimic_mode": "Sawtooth", "threshold_cfg_mode": "Sawtooth"}
	maps.Copy(texts, map[string]map[string]string{"eta": {"sampler": "Euler a"}, "eta_ddim": {"sampler": "DDIM"}, "tcd_gamma": {"sampler": "TCD"}, "s_noise": {"sampler": "DDPM"}, "s_churn": {"sampler": "Heun"},
		"s_tmin": {"sampler": "Euler", "s_churn": "4", "s_tmax": "1000"}, "s_tmax": {"sampler": "DPM2", "s_churn": "4"}, "restarts": {"sampler": "Restart"},
		"tiled_width": {"tiled": Mixture, "sag": "0", "refine_box": ""}, "tiled_height": {"tiled": Mixture, "sag": "0", "refine_box": ""}, "tiled_batch": {"tiled": Mixture, "sag": "0", "refine_box": ""}, "tiled_overlap": {"tiled": MultiDiffusion, "sag": "0", "refine_box": ""}}[s.ID])
	texts[s.ID] = value
	Apply(&q, func(id string) string { return texts[id] })
	if s.ID == "region_base" { // no control of the panel's: it goes with the regions
		q.Regions = []Region{{Prompt: "a barn"}}
		_ = s.Set(&q, value)
	}
	return q
}

// TestEveryFieldIsASettingOrSaysWhyNot: a new field of Request without a row fails.
func TestEveryFieldIsASettingOrSaysWhyNot(t *testing.T) {
	covered := map[string]string{}
	for i := range Settings {
		s := &Settings[i]
		for _, text := range samples(s) {
			var q Request
			if s.Set(&q, text) != nil && s.Kind != Words {
				continue
			}
			for _, f := range reflect.VisibleFields(reflect.TypeFor[Request]()) {
				if f.Anonymous || !f.IsExported() || reflect.ValueOf(q).FieldByIndex(f.Index).IsZero() {
					continue
				}
				if other := covered[f.Name]; other != "" && other != s.ID && !slices.Contains(several, f.Name) {
					t.Errorf("%s is set by %q and by %q", f.Name, other, s.ID)
				}
				covered[f.Name] = s.ID
			}
		}
	}
	for _, f := range reflect.VisibleFields(reflect.TypeFor[Request]()) {
		switch {
		case f.Anonymous:
		case covered[f.Name] == "" && elsewhere[f.Name] == "":
			t.Errorf("Request.%s is in no row of Settings, want one, or a reason here", f.Name)
		case covered[f.Name] != "" && elsewhere[f.Name] != "":
			t.Errorf("Request.%s is in the row %q, and excused here", f.Name, covered[f.Name])
		}
	}
}

func TestEveryRowIsWhole(t *testing.T) {
	seen := map[string]bool{}
	for i := range Settings {
		s := &Settings[i]
		if s.ID == "" || s.Name == "" || s.Help == "" || seen[s.ID] || seen["--"+s.Flag] {
			t.Errorf("row %q: an ID, a flag or a word is missing or given twice", s.ID)
		}
		if seen[s.ID] = true; s.Flag != "" {
			seen["--"+s.Flag] = true
		}
		if (s.Flag == "") == (s.NoFlag == "") {
			t.Errorf("row %q: flag %q, reason why not %q; want one of them", s.ID, s.Flag, s.NoFlag)
		}
		if (s.Panel == NoControl) == (s.NoPanel == "") {
			t.Errorf("row %q: place %v, reason why not %q; want one of them", s.ID, s.Panel, s.NoPanel)
		}
		var q Request
		if err := s.Set(&q, s.Default); err != nil && s.Default != "" {
			t.Errorf("row %q: the default %q: %v", s.ID, s.Default, err)
		}
		if got := s.Get(q); got != s.Default {
			t.Errorf("row %q: %q was put in and %q comes out", s.ID, s.Default, got)
		}
		if empty := s.Get(Request{}); !s.Open && empty != s.Default && s.ID != "feather" && s.ID != "schedule" && s.ID != "seed" {
			t.Errorf("row %q: an empty request has %q, a new person %q", s.ID, empty, s.Default)
		}
	}
}

// TestPrivateIsWhatNoPictureTells: what Identity leaves out, and nothing else.
func TestPrivateIsWhatNoPictureTells(t *testing.T) {
	for i := range Settings {
		s := &Settings[i]
		var q Request
		for _, text := range samples(s) {
			if _ = s.Set(&q, text); s.Get(q) != s.Get(Request{}) {
				break
			}
		}
		if left := s.Get(q.Identity()) == s.Get(Request{}); left != s.Private {
			t.Errorf("%s: Identity leaves it out: %v; private: %v", s.ID, left, s.Private)
		}
	}
}

// TestAnEmptyPanelAsksForNothingSpecial: the defaults and an empty request give one picture.
func TestAnEmptyPanelAsksForNothingSpecial(t *testing.T) {
	for _, task := range []Task{Generate, Inpaint, Outpaint} {
		q := Request{Ask: Ask{Engine: Diffusion, Task: task}}
		want := q
		Apply(&q, func(string) string { return "" })
		want.Feather, want.Schedule = 8, "Karras"
		if want = want.WithDefaults(); want.Strength != 1 {
			t.Errorf("%s: strength %g", task, want.Strength)
		}
		if got := q.WithDefaults(); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v\nwant %+v", task, got, want)
		}
	}
}

// TestSettingsSurviveReplay: panel → request → what pictures carry → panel is the identity for
// every row and every choice.
func TestSettingsSurviveReplay(t *testing.T) {
	for i := range Settings {
		s := &Settings[i]
		if s.Panel == NoControl || s.Private {
			continue
		}
		for _, value := range samples(s) {
			q := asked(s, value)
			if got := s.Get(q); got != value {
				t.Errorf("%s: %q became %q in the request", s.ID, value, got)
			}
			res := &Result{Image: image.NewNRGBA(image.Rect(0, 0, 8, 8)), Request: q}
			data, err := json.Marshal(res.Replay())
			if err != nil {
				t.Fatal(err)
			}
			back, err := ReadReplay(data)
			if err != nil {
				t.Fatal(err)
			}
			if got := s.Get(back.Request); got != value {
				t.Errorf("%s: %q came back as %q", s.ID, value, got)
			}
			if s.Clear(&q); s.Get(q) != s.Get(Request{}) {
				t.Errorf("%s: cleared it is %q", s.ID, s.Get(q))
			}
		}
	}
}

// throughARecipe writes a request as A1111's parameters and reads them again.
func throughARecipe(t *testing.T, q Request) *metadata.Recipe {
	t.Helper()
	f := q.Record(image.Rect(0, 0, 8, 8), time.Unix(9, 0))
	data, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	var again metadata.Fill
	if err := json.Unmarshal(data, &again); err != nil {
		t.Fatal(err)
	}
	r := metadata.ParseA1111(again.Recipe("test").Text())
	r.Dialect = metadata.Ours // A1111's meaning of keys left out is not ours
	return r
}

// TestSettingsSurviveRecipes: what A1111 has a key and a word for comes back from its parameters.
func TestSettingsSurviveRecipes(t *testing.T) {
	known := 0
	for i := range Settings {
		s := &Settings[i]
		if s.Key == "" {
			continue
		}
		for _, value := range samples(s) {
			if s.Kind == Option && s.written(value) == "" && value != "" {
				continue // no word for it
			}
			got, ok := s.Recall(throughARecipe(t, asked(s, value)))
			if want := value; got != want && (ok || want != s.Default) {
				t.Errorf("%s: %q came back as %q, %v", s.ID, value, got, ok)
			}
			known++
		}
	}
	if known < 60 {
		t.Errorf("%d values were tried, want those of all keys", known)
	}
}

// TestASettingIsOneRow: a yes or no that recipes know needs nothing but its row.
func TestASettingIsOneRow(t *testing.T) {
	old := Settings
	defer func() { Settings = old }()
	Settings = append(slices.Clip(Settings), Setting{ID: "newcomer", Name: "Newcomer", Flag: "newcomer", Help: "as an example", Panel: Folded,
		Key: "Newcomer", Resets: true, Default: "false", Value: yesNo(func(q *Request) *bool { return &q.Exact })})
	s := FindSetting("newcomer")
	for _, value := range []string{"false", "true"} {
		q := asked(s, value)
		if q.Exact != (value == "true") {
			t.Errorf("%s does not reach the request", value)
		}
		if got, ok := s.Recall(throughARecipe(t, q)); got != value || !ok {
			t.Errorf("%s came back as %q, %v", value, got, ok)
		}
	}
}

func TestRecipesLeaveAloneWhatTheyDoNotName(t *testing.T) {
	r := metadata.ParseA1111("p\nSteps: 9, Sampler: Turtle, CFG scale: 1e9, Clip skip: 99, Denoising strength: 0, Seed: 1")
	for id, want := range map[string]string{"cfg": "", "sampler": "", "schedule": "", "strength": "", "steps": "9", "clip_skip": "1", "blend": "", "rng": "nv"} {
		got, ok := FindSetting(id).Recall(r)
		if got != want || ok != (want != "") {
			t.Errorf("%s: %q, %v, want %q", id, got, ok, want)
		}
	}
}

// TestWhatCannotBeMeantIsRefused: a range that is empty, a seed below 0.
func TestWhatCannotBeMeantIsRefused(t *testing.T) {
	q := asked(FindSetting("guidance_low"), "5")
	if err := q.Conflict(); err != nil {
		t.Errorf("guidance from 5 on: %v", err)
	}
	q.GuidanceRange[1] = 1
	if q.Conflict() == nil || len(q.outOfRange()) != 1 {
		t.Errorf("guidance from 5 up to 1 is taken")
	}
	s := FindSetting("variation")
	if err := s.Set(&q, "-1"); err == nil {
		t.Error("a variation seed of -1 is taken")
	}
	if err := s.Set(&q, "18446744073709551615"); err != nil || q.VariationSeed != -1 || s.Get(q) != "18446744073709551615" {
		t.Errorf("the largest seed became %d, shown as %s: %v", q.VariationSeed, s.Get(q), err)
	}
	q.VariationStrength = 0.5
	f := q.Record(image.Rect(0, 0, 9, 9), time.Time{})
	if n, ok := f.Recipe("ours").VariationSeed(); !ok || n != -1 || f.VariationSeed != -1 {
		t.Errorf("it is recorded as %d and read back as %d", f.VariationSeed, n)
	}
}
