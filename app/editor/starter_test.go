package editor

import (
	"errors"
	"image"
	"slices"
	"strings"
	"testing"

	"pentimento/app/settings"
	"pentimento/pipeline"
	"pentimento/pipeline/metadata"
	"pentimento/pipeline/pipelinetest"
	"pentimento/tools"
)

// beginner is a bench as a new user has it: a starter model is built in, no checkpoint was
// opened, and the numbers are the program's own.
func beginner(t *testing.T) (b *bench, path string) {
	t.Helper()
	b = newBench(t)
	path = pipelinetest.Starter().Write(t, "single", "F16")
	b.Starter = func() (string, error) { return path, nil }
	b.Pipeline = pipeline.New(&pipelinetest.Runtime{Eval: pipelinetest.StandIn})
	b.setFrame(image.Rect(0, 0, 64, 64))
	return b, path
}

func diffusing(f *settings.Fill) { f.Engine = string(pipeline.Diffusion) }

func TestANewUserFillsFromAPromptWithTheStarter(t *testing.T) {
	b, path := beginner(t)
	b.SetFill(diffusing)
	b.SetFill(func(f *settings.Fill) { f.Prompt = "a red boat" })
	if p := b.Problems(); len(p) != 0 {
		t.Fatalf("something stands against it: %v", p)
	}
	if b.Engine().Help != "Starter: a made-up model" || b.ModelLabel() != "Starter model" || b.Welcoming() {
		t.Errorf("help %q, label %q, start screen %v", b.Engine().Help, b.ModelLabel(), b.Welcoming())
	}
	b.Fill()
	b.until("a candidate", func() bool { s := b.Shown(); return s != nil && s.Current() != nil || len(b.failed) > 0 })
	if len(b.failed) > 0 {
		t.Fatal(b.failed[0])
	}
	if got := b.Shown().Current().Result.Request; got.Model != path || got.Steps != 5 || got.CFG != 2.5 || got.Sampler != "Euler" {
		t.Errorf("ran with model %q, %d steps, cfg %g, %s", got.Model, got.Steps, got.CFG, got.Sampler)
	}
	if b.Settings.Fill.Model != "" {
		t.Errorf("the settings name the file %q of a cache", b.Settings.Fill.Model)
	}
}

func TestARecipeOfTheStarterFindsIt(t *testing.T) {
	b, path := beginner(t)
	b.OpenModel(tinyModel(t))
	text := "a red boat\nSteps: 9, Sampler: Euler, CFG scale: 3, Seed: 4, Size: 64x64, Model: " + modelName(path) + ", Version: Pentimento 0.1.0"
	c := b.card("a picture", &found{recipe: metadata.ParseA1111(text)})
	if len(c.Remarks) != 0 {
		t.Errorf("remarks %q", c.Remarks)
	}
	b.shownCard = c
	b.UseAll()
	if f := b.Settings.Fill; !b.usesStarter() || f.Steps != 9 || f.Prompt != "a red boat" {
		t.Errorf("uses model %q, %d steps, prompt %q", f.Model, f.Steps, f.Prompt)
	}
	if b.starterNamed("") != "" || b.starterNamed("starter-000000000000") != "" {
		t.Error("no name, or another starter's, is taken for this one")
	}
}

func TestNumbersFollowTheModelUnlessTheyWereSetByHand(t *testing.T) {
	b, _ := beginner(t)
	numbers := func() pipeline.Suggestion {
		f := b.Settings.Fill
		return pipeline.Suggestion{Steps: f.Steps, CFG: f.CFG, Sampler: f.Sampler, Schedule: f.Schedule}
	}
	usual, advised := numbers(), pipeline.Suggestion{Steps: 5, CFG: 2.5, Sampler: "Euler", Schedule: "SGM Uniform"}
	b.SetFill(diffusing)
	if numbers() != advised {
		t.Errorf("with the starter %+v, want %+v", numbers(), advised)
	}
	b.SetFill(func(f *settings.Fill) { f.Steps = 31 })
	b.OpenModel(tinyModel(t))
	usual.Steps = 31
	if numbers() != usual {
		t.Errorf("with a checkpoint %+v, want %+v", numbers(), usual)
	}
	b.Do("file.starter")
	if advised.Steps = 31; numbers() != advised || !b.usesStarter() {
		t.Errorf("back at the starter %+v, want %+v", numbers(), advised)
	}
	if Find("file.starter").Can(b.Editor) {
		t.Error("the starter can be chosen where it is chosen")
	}

	again, _ := beginner(t) // the next run of the program finds what this one left
	again.Settings.Fill = b.Settings.Fill
	again.Settings.Fill.CFG = 7
	again.Editor = New(again.Config)
	t.Cleanup(func() { again.Editor.Jobs.Close() })
	again.SetFill(func(f *settings.Fill) { f.Prompt = "sea" })
	if f := again.Settings.Fill; f.CFG != 7 || f.Steps != 31 {
		t.Errorf("numbers that were chosen before are cfg %g and %d steps now", f.CFG, f.Steps)
	}
}

func TestPromptSaysWhatTheStarterDoesNotKnow(t *testing.T) {
	b, _ := beginner(t)
	b.SetFill(diffusing)
	for _, c := range []struct {
		text  string
		marks []string
		words []string // that the first remark holds
	}{
		{"a red boat on the sea", nil, nil},
		{"", nil, nil},
		{"12, (1.5)", nil, nil},
		{"A RED elephant", []string{"elephant"}, []string{"does not know"}},
		{"a boat, bluue sea", []string{"bluue"}, []string{`did you mean "blue"?`}},
		{"an elephant in (Paris:1.2) at noon", []string{"elephant in (Paris:1.2) at noon"}, []string{"none of these words", "blue", "sky"}},
	} {
		all := b.Read(c.text, false).Remarks
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
	b.OpenModel(tinyModel(t))
	if all := b.Read("an elephant", false).Remarks; len(all) != 0 || b.KnownWords() != nil {
		t.Errorf("a model that reads any text: remarks %v, words %v", all, b.KnownWords())
	}
}

func TestKnownWordsAreListedAndCompleted(t *testing.T) {
	b, _ := beginner(t)
	if b.KnownWords() != nil {
		t.Error("an engine without a prompt knows words")
	}
	b.SetFill(diffusing)
	if got := b.KnownWords(); !slices.Equal(got, []string{"blue", "boat", "boats", "red", "sea", "sky"}) {
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
		from, got := b.Complete(c.text, c.at)
		if from != c.from || !slices.Equal(got, c.want) {
			t.Errorf("%q at %d: %d %q, want %d %q", c.text, c.at, from, got, c.from, c.want)
		}
	}
}

func TestAStarterThatCannotBeLaidOutIsSaid(t *testing.T) {
	b, _ := beginner(t)
	b.Starter = func() (string, error) { return "", errors.New("the disk is full") }
	b.SetFill(diffusing)
	if out := b.Outline(); out.Err == nil || !strings.Contains(out.Err.Error(), "the disk is full") {
		t.Errorf("outline says %v", out.Err)
	}
	b.Fill()
	if len(b.failed) == 0 || len(b.Stacks()) != 0 {
		t.Errorf("shown: %v, %d stacks", b.failed, len(b.Stacks()))
	}
}

func TestDescribingTurnsToDiffusionOrAsksForAModel(t *testing.T) {
	b, _ := beginner(t)
	b.SetView(tools.View{Scale: 1, W: 800, H: 600})
	b.Describe()
	if b.Settings.Fill.Engine != string(pipeline.Diffusion) || b.asked != 0 {
		t.Errorf("engine %q, asked for a file %d times", b.Settings.Fill.Engine, b.asked)
	}
	if v := b.View().Visible(); !b.Committed().Frame.In(v) {
		t.Errorf("the frame %v is not in view %v", b.Committed().Frame, v)
	}
	bare := newBench(t) // no starter, no checkpoint
	bare.Describe()
	if bare.Settings.Fill.Engine == string(pipeline.Diffusion) || bare.asked != 1 {
		t.Errorf("without a model: engine %q, asked for a file %d times", bare.Settings.Fill.Engine, bare.asked)
	}
}

// A recipe's numbers stay as they are where it is the first thing that turns to diffusion,
// also those that are the program's usual ones.
func TestAUsedRecipeIsNotChangedByTheModelsAdvice(t *testing.T) {
	b, _ := beginner(t)
	usual := b.Settings.Fill
	b.takeFill(func(f *settings.Fill) {
		f.Engine, f.Schedule, f.Steps = string(pipeline.Diffusion), usual.Schedule, usual.Steps
	})
	b.SetFill(func(f *settings.Fill) { f.Prompt = "a red boat" })
	if f := b.Settings.Fill; f.Schedule != usual.Schedule || f.Steps != usual.Steps {
		t.Errorf("schedule %q and %d steps, want %q and %d", f.Schedule, f.Steps, usual.Schedule, usual.Steps)
	}
}
