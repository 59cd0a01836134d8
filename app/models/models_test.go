package models

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pentimento/app/collection"
	"pentimento/app/desk"
	"pentimento/app/desk/desktest"
	"pentimento/app/prompting"
	"pentimento/app/settings"
	"pentimento/pipeline"
	"pentimento/pipeline/pipelinetest"
)

// beginner is the models of a new user: a starter is built in, no checkpoint was opened,
// and the numbers are the program's own.
func beginner(t *testing.T) (*Models, *desktest.Desk) {
	t.Helper()
	d, path := desktest.New(t), pipelinetest.Starter().Write(t, "single", "F16")
	return New(d.Desk, func() (string, error) { return path, nil }, pipeline.New(nil).TextWindow), d
}

func diffusing(f *settings.Fill) { f.Engine = string(pipeline.Diffusion) }

// tiny is a checkpoint that reads any text.
func tiny(t *testing.T) string { return written(t, "tiny15") }

func written(t *testing.T, name string) string {
	t.Helper()
	dir := t.TempDir()
	if err := pipelinetest.Tiny(t, name).WriteTo(dir, "single", "F16"); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, name+".safetensors")
}

func TestNumbersFollowTheModelUnlessTheyWereSetByHand(t *testing.T) {
	m, d := beginner(t)
	numbers := func() pipeline.Suggestion {
		f := d.Settings.Fill
		return pipeline.Suggestion{Steps: f.Steps, CFG: f.CFG, Sampler: f.Sampler, Schedule: f.Schedule}
	}
	usual, advised := numbers(), pipeline.Suggestion{Steps: 5, CFG: 2.5, Sampler: "Euler", Schedule: "SGM Uniform"}
	d.SetFill(diffusing)
	if numbers() != advised {
		t.Errorf("with the starter %+v, want %+v", numbers(), advised)
	}
	d.SetFill(func(f *settings.Fill) { f.Steps = 31 })
	m.Open(tiny(t))
	usual.Steps = 31
	if numbers() != usual {
		t.Errorf("with a checkpoint %+v, want %+v", numbers(), usual)
	}
	m.UseStarter()
	if advised.Steps = 31; numbers() != advised || !m.UsesStarter() {
		t.Errorf("back at the starter %+v, want %+v", numbers(), advised)
	}

	_, again := beginner(t) // the next run of the program finds what this one left
	again.Settings.Fill = d.Settings.Fill
	again.Settings.Fill.CFG = 7
	New(again.Desk, m.Starter, nil)
	again.SetFill(func(f *settings.Fill) { f.Prompt = "sea" })
	if f := again.Settings.Fill; f.CFG != 7 || f.Steps != 31 {
		t.Errorf("numbers that were chosen before are cfg %g and %d steps now", f.CFG, f.Steps)
	}
}

// TestTheStartersNumbersLeaveWithIt: where the starter was used in one run of the program and the
// engine set back, a checkpoint that is opened in a later run has its own numbers.
func TestTheStartersNumbersLeaveWithIt(t *testing.T) {
	m, d := beginner(t)
	usual := usualNumbers()
	d.SetFill(diffusing)
	if d.Settings.Fill.Steps == usual.Steps {
		t.Fatal("the starter's advice does not differ from the usual numbers")
	}
	d.SetFill(func(f *settings.Fill) { f.Engine = string(pipeline.Content) })
	data, err := json.Marshal(d.Settings.Settings)
	if err != nil {
		t.Fatal(err)
	}
	_, later := beginner(t)
	if err := json.Unmarshal(data, &later.Settings.Settings); err != nil {
		t.Fatal(err)
	}
	again := New(later.Desk, m.Starter, nil)
	again.Open(tiny(t))
	if f := later.Settings.Fill; f.Steps != usual.Steps || f.CFG != usual.CFG || f.Sampler != usual.Sampler || f.Schedule != usual.Schedule {
		t.Errorf("a checkpoint opened in the next run gets %d steps, guidance %g, %s, %s; want %+v", f.Steps, f.CFG, f.Sampler, f.Schedule, usual)
	}
}

// TestWhatIsSaidOfAFileStaysWithIt: a prediction that was chosen for one checkpoint is not that
// of another, and is back with it.
func TestWhatIsSaidOfAFileStaysWithIt(t *testing.T) {
	m, d := beginner(t)
	first, second := tiny(t), tiny(t)
	chosen := func(want string) {
		t.Helper()
		if got := d.Settings.Fill.Get("prediction"); got != want {
			t.Errorf("prediction %q, want %q", got, want)
		}
	}
	m.Open(first)
	d.SetFill(func(f *settings.Fill) { f.Set("prediction", pipeline.PredictVZero) })
	m.Open(second)
	chosen("")
	d.SetFill(func(f *settings.Fill) { f.Set("prediction", pipeline.PredictV) })
	m.UseStarter()
	chosen("")
	m.Open(first)
	chosen(pipeline.PredictVZero)
	d.TakeFill(func(f *settings.Fill) { m.Take(f, "", Name(second)) })
	if d.Settings.Fill.Model == first { // both files have one name; the one opened last is found
		d.TakeFill(func(f *settings.Fill) { f.Model = second })
	}
	chosen(pipeline.PredictV)
}

func TestPromptSaysWhatTheStarterDoesNotKnow(t *testing.T) {
	m, d := beginner(t)
	p := prompting.New(d.Desk, m, m.Adapters)
	d.SetFill(diffusing)
	for _, c := range []struct {
		text  string
		marks []string
		words []string // that the first remark holds
	}{
		{"a red boat on the sea", nil, nil},
		{"", nil, nil},
		{"12, (1.5)", nil, nil},
		{"A RED elephant", []string{"elephant"}, []string{"doesn't know"}},
		{"a boat, bluue sea", []string{"bluue"}, []string{`did you mean "blue"?`}},
		{"an elephant in (Paris:1.2) at noon", []string{"elephant in (Paris:1.2) at noon"}, []string{"none of these words", "blue", "sky"}},
	} {
		all := p.Read(c.text, false).Remarks
		var marks []string
		for _, r := range all {
			marks = append(marks, c.text[r.Start:r.End])
			if !r.Mild {
				t.Errorf("%q: a sharp remark %v", c.text, r)
			}
		}
		if !slices.Equal(marks, c.marks) {
			t.Errorf("%q: marks %q, want %q", c.text, marks, c.marks)
			continue
		}
		for _, w := range c.words {
			if !strings.Contains(all[0].Text, w) {
				t.Errorf("%q: remark %q, want it to say %q", c.text, all[0].Text, w)
			}
		}
	}
	m.Open(tiny(t))
	if all := p.Read("an elephant", false).Remarks; len(all) != 0 || p.KnownWords() != nil {
		t.Errorf("a model that reads any text: remarks %v, words %v", all, p.KnownWords())
	}
}

func TestKnownWordsAreListedAndCompleted(t *testing.T) {
	m, d := beginner(t)
	p := prompting.New(d.Desk, m, m.Adapters)
	if p.KnownWords() != nil {
		t.Error("an engine without a prompt knows words")
	}
	d.SetFill(diffusing)
	if got := p.KnownWords(); !slices.Equal(got, []string{"blue", "boat", "boats", "red", "sea", "sky"}) {
		t.Errorf("words %q", got)
	}
	for _, c := range []struct {
		text string
		at   int
		from int
		want []string
	}{
		{"a b", 3, 2, []string{"blue", "boat", "boats"}},
		{"a Bo", 4, 2, []string{"boat", "boats"}},
		{"boat", 4, 0, []string{"boats"}},
		{"(s:1.2)", 2, 1, []string{"sea", "sky"}},
		{"“s", 4, 3, []string{"sea", "sky"}},
		{"a boat ", 7, 7, nil},
		{"x", 1, 0, nil},
		{"", 0, 0, nil},
		{"re", 99, 0, []string{"red"}},
	} {
		from, got := p.Complete(c.text, c.at)
		if from != c.from || !slices.Equal(got, c.want) {
			t.Errorf("%q at %d: %d %q, want %d %q", c.text, c.at, from, got, c.from, c.want)
		}
	}
}

// A recipe's numbers stay as they are where it is the first thing that turns to diffusion,
// also those that are the program's usual ones.
func TestAUsedRecipeIsNotChangedByTheModelsAdvice(t *testing.T) {
	_, d := beginner(t)
	usual := d.Settings.Fill
	d.TakeFill(func(f *settings.Fill) {
		f.Engine, f.Schedule, f.Steps = string(pipeline.Diffusion), usual.Schedule, usual.Steps
	})
	d.SetFill(func(f *settings.Fill) { f.Prompt = "a red boat" })
	if f := d.Settings.Fill; f.Schedule != usual.Schedule || f.Steps != usual.Steps {
		t.Errorf("schedule %q and %d steps, want %q and %d", f.Schedule, f.Steps, usual.Schedule, usual.Steps)
	}
}

// TestModelHashIsThatOfTheFile: ten digits of the SHA-256, computed once for a file as it
// is, and matched by recipes; also the eight digits that A1111 had before 2023.
func TestModelHashIsThatOfTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m.safetensors")
	content := bytes.Repeat([]byte("weights "), 200_000)
	if err := os.WriteFile(path, content, 0o644); err != nil {
		t.Fatal(err)
	}
	d := desktest.New(t)
	m := New(d.Desk, nil, nil)
	m.Learn(path)
	d.Until("the hash", func() bool { return len(d.Settings.Models) == 1 })
	const want, old = "72e11bcd72", "087033bf" // by another program
	known := d.Settings.Models[0]
	if got := m.sums.short(path); got != want || known.OldHash != old {
		t.Errorf("hash %q and %q, want %q and %q", got, known.OldHash, want, old)
	}
	for _, hash := range []string{known.SHA256[:10], strings.ToUpper(known.SHA256[:10]), known.OldHash} {
		if found, byHash := m.Known(hash, "another name"); found != path || !byHash {
			t.Errorf("hash %q found %q", hash, found)
		}
	}
	again, err := m.sums.sum(context.Background(), path)
	if err != nil || again != known {
		t.Errorf("%v: %+v, want what is known", err, again)
	}
	later := time.Now().Add(time.Hour)
	if err := os.WriteFile(path, append(content, 1), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(path, later, later); err != nil {
		t.Fatal(err)
	}
	if changed, err := m.sums.sum(context.Background(), path); err != nil || changed.SHA256 == known.SHA256 {
		t.Errorf("%v: a changed file has the old hash", err)
	}
}

func TestMissingVocabularyIsSaidNotHidden(t *testing.T) {
	d := desktest.New(t)
	p := pipeline.New(nil)
	m := New(d.Desk, nil, p.TextWindow)
	read := prompting.New(d.Desk, m, m.Adapters).Read
	p.SetMerges(func() ([]byte, error) { return nil, errors.New("no such file in this build") })
	if r := read("a", false); r.Chunks != nil || r.Uncounted != "" {
		t.Errorf("before the vocabulary has come: %+v", r)
	}
	told := 0
	d.Listen(func(c desk.Change) { told += int(c.What & desk.FillChanged) })
	d.Until("the answer", func() bool { return told > 0 })
	if r := read("a", false); r.Chunks != nil || !strings.Contains(r.Uncounted, "vocabulary is missing") {
		t.Errorf("after it failed: %+v", r)
	}
}

// TestWhatAnEngineOrAModelIgnoresIsOff: the panel's controls follow the tables of settings and
// families.
func TestWhatAnEngineOrAModelIgnoresIsOff(t *testing.T) {
	m, _ := beginner(t)
	off := func(id string) bool { return m.Engine().Unused[id] != "" }
	if !off("steps") || !off("prompt") || !off("soft_bias") || off("feather") || off("seed") {
		t.Errorf("content-aware: off are %v", m.Engine().Unused)
	}
	if m.Open(tiny(t)); len(m.Engine().Unused) != 0 {
		t.Errorf("Stable Diffusion 1.5: off are %v", m.Engine().Unused)
	}
	if m.Open(written(t, "tinyxl")); !off("clip_skip") || len(m.Engine().Unused) != 1 {
		t.Errorf("SDXL: off are %v, want clip skip alone", m.Engine().Unused)
	}
}

// TestADenoiserAloneIsOpenedForWhatItLacksToBeChosen: it is the model from then on, the error
// says what is missing, and choosing it in the panel mends it.
func TestADenoiserAloneIsOpenedForWhatItLacksToBeChosen(t *testing.T) {
	m, d := beginner(t)
	whole := tiny(t)
	part := pipelinetest.Tiny(t, "tiny15")
	part.Without = "first_stage_model."
	path := part.Write(t, "single", "F16")
	m.Open(path)
	if _, err := m.Model(); d.Settings.Fill.Model != path || !pipeline.Incomplete(err) {
		t.Fatalf("the model is %q, error %v; want the one that was opened, and what it lacks", d.Settings.Fill.Model, err)
	}
	d.SetFill(func(f *settings.Fill) { f.Set("vae", whole) })
	if info, err := m.Model(); err != nil || info.Family == "" {
		t.Errorf("with a VAE: %+v, %v", info, err)
	}
	m.UseStarter()
	m.Open(path) // the choice stays with the file
	if _, err := m.Model(); err != nil {
		t.Errorf("opened again: %v", err)
	}
}

// TestModelsAreListedByName: those that were opened, not the starter, of which the hash alone is
// remembered, and the folders of a hub's cache as what they hold.
func TestModelsAreListedByName(t *testing.T) {
	m, d := beginner(t)
	starter, err := m.Chosen()
	if err != nil {
		t.Fatal(err)
	}
	opened := filepath.Join(t.TempDir(), "mine.safetensors")
	d.Settings.AddModel(settings.Model{Path: opened})
	for m.Learn(starter); len(d.Settings.Models) < 2; { // its hash
		(<-d.Posted)()
	}
	if got := m.Opened(); !slices.Equal(got, []string{opened}) {
		t.Errorf("opened %q, want %q alone", got, opened)
	}
	if got := m.Library.Places().Flat; !slices.Equal(got, []string{filepath.Dir(opened)}) {
		t.Errorf("the library looks into %q, want the folder of %q alone", got, opened)
	}
	hub := filepath.Join("hub", "models--an-owner--a-model", "snapshots", "0123456789abcdef0123456789abcdef01234567")
	for path, want := range map[string]string{opened: "mine.safetensors", hub: "an-owner/a-model", filepath.Join("snapshots", "b"): "b"} {
		if got := Title(path); got != want {
			t.Errorf("%q is called %q, want %q", path, got, want)
		}
	}
}

// TestFilesOfSeveralKindsAreSortedTogether by their names, for a list of what can be chosen.
func TestFilesOfSeveralKindsAreSortedTogether(t *testing.T) {
	m, _ := beginner(t)
	if got := m.Library.OfKinds("name", "controlnet"); got != nil {
		t.Errorf("without a library there are %v", got)
	}
	dir, small := t.TempDir(), pipelinetest.Tiny(t, "tiny15")
	small.WriteT2I(t, dir, "a")
	small.WriteControlNet(t, dir, "b", "single", "F16")
	small.WriteT2I(t, dir, "c")
	small.WriteLoRA(t, dir, "leaf", 2)
	m.Library.Collection = collection.Open("")
	if _, err := m.Library.Refresh(t.Context(), collection.Places{Trees: []string{dir}}, nil); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range m.Library.OfKinds("name", "controlnet", "t2i_adapter") {
		got = append(got, r.Name())
	}
	if want := []string{"a", "b", "c"}; !slices.Equal(got, want) {
		t.Errorf("the list is %q, want %q", got, want)
	}
}
