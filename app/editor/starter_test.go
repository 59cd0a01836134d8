package editor

import (
	"context"
	"errors"
	"image"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pentimento/app/settings"
	"pentimento/canvas"
	"pentimento/canvas/file"
	"pentimento/pipeline"
	"pentimento/pipeline/pipelinetest"
	"pentimento/tools"
)

// beginner is a bench as a new user has it: a starter model is built in, no checkpoint was
// opened, and the numbers are the program's own.
func beginner(t *testing.T) (b *bench, path string) {
	t.Helper()
	b = newBench(t)
	path = pipelinetest.Starter().Write(t, "single", "F16")
	b.Models.Starter = func() (string, error) { return path, nil }
	b.Fills.Pipeline = pipeline.New(&pipelinetest.Runtime{Eval: pipelinetest.StandIn})
	b.setFrame(image.Rect(0, 0, 64, 64))
	return b, path
}

func diffusing(f *settings.Fill) { f.Engine = string(pipeline.Diffusion) }

func TestANewUserFillsFromAPromptWithTheStarter(t *testing.T) {
	b, path := beginner(t)
	b.SetFill(diffusing)
	b.SetFill(func(f *settings.Fill) { f.Prompt = "a red boat" })
	if p := b.Fills.Problems(); len(p) != 0 {
		t.Fatalf("something stands against it: %v", p)
	}
	if b.Models.Engine().Help != pipeline.StarterName+": a made-up model" || b.Models.Label() != pipeline.StarterName || !b.Welcoming() {
		t.Errorf("help %q, label %q, start screen %v", b.Models.Engine().Help, b.Models.Label(), b.Welcoming())
	}
	b.Fills.Fill()
	b.until("a candidate", func() bool { s := b.Fills.Shown(); return s != nil && s.Current() != nil || len(b.failed) > 0 })
	if len(b.failed) > 0 {
		t.Fatal(b.failed[0])
	}
	if got := b.Fills.Shown().Current().Result.Request; got.Model != path || got.Steps != 5 || got.CFG != 2.5 || got.Sampler != "Euler" {
		t.Errorf("ran with model %q, %d steps, cfg %g, %s", got.Model, got.Steps, got.CFG, got.Sampler)
	}
	if b.Settings.Fill.Model != "" {
		t.Errorf("the settings name the file %q of a cache", b.Settings.Fill.Model)
	}
}

// TestContentAwareComesFirstOnAPhotograph: opening a picture that no model painted turns from
// the Starter to content-aware, and the Starter on it is warned of.
func TestContentAwareComesFirstOnAPhotograph(t *testing.T) {
	b, _ := beginner(t)
	b.SetFill(diffusing)
	grey := image.NewNRGBA(image.Rect(0, 0, 64, 64))
	for i := range grey.Pix {
		grey.Pix[i] = 200
	}
	open := func(texts ...file.Text) {
		t.Helper()
		path := filepath.Join(t.TempDir(), "a.png")
		f, err := os.Create(path)
		if err == nil {
			err = errors.Join(file.EncodePNG(context.Background(), f, grey, texts, 0), f.Close())
		}
		if err != nil {
			t.Fatal(err)
		}
		b.Open(path)
		b.until("the picture", func() bool { return b.Keeping.Path() == path })
	}
	warned := func() bool {
		return slices.ContainsFunc(b.Fills.Problems(), func(p pipeline.Problem) bool { return p.Kind == "photo" && !p.Blocks })
	}
	open(file.Text{Key: "parameters", Text: "a red boat\nSteps: 5, Sampler: Euler, CFG scale: 2.5, Seed: 1, Size: 64x64"})
	if b.Settings.Fill.Engine != string(pipeline.Diffusion) || b.Fills.Photo {
		t.Errorf("a painted picture: engine %q, a photograph %v", b.Settings.Fill.Engine, b.Fills.Photo)
	}
	open()
	if b.Settings.Fill.Engine != string(pipeline.Content) || warned() {
		t.Errorf("a photograph: engine %q, warned of the Starter %v", b.Settings.Fill.Engine, warned())
	}
	b.SetFill(diffusing)
	b.maskRect(image.Rect(10, 10, 30, 30))
	if !warned() {
		t.Errorf("the Starter on a photograph isn't warned of: %v", b.Fills.Problems())
	}
	b.Reset(canvas.New(), "")
	b.setFrame(image.Rect(0, 0, 64, 64))
	if warned() {
		t.Error("a new canvas counts as a photograph")
	}
}

func TestAStarterThatCannotBeLaidOutIsSaid(t *testing.T) {
	b, _ := beginner(t)
	b.Models.Starter = func() (string, error) { return "", errors.New("the disk is full") }
	b.SetFill(diffusing)
	if out := b.Fills.Outline(); out.Err == nil || !strings.Contains(out.Err.Error(), "the disk is full") {
		t.Errorf("outline says %v", out.Err)
	}
	b.Fills.Fill()
	if len(b.failed) == 0 || len(b.Fills.Stacks()) != 0 {
		t.Errorf("shown: %v, %d stacks", b.failed, len(b.Fills.Stacks()))
	}
}

func TestDescribingTurnsToDiffusionOrAsksForAModel(t *testing.T) {
	b, _ := beginner(t)
	b.SetView(tools.View{Scale: 1, W: 800, H: 600})
	if !b.Welcoming() {
		t.Error("an empty canvas has no start card")
	}
	b.Describe()
	if b.Welcoming() {
		t.Error("the start card stays over the frame that is described")
	}
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

// TestAModelGivenToTheWindowIsOpenedAsOne: as the first file of a command line, as a further one
// and in File → Open; the picture stays.
func TestAModelGivenToTheWindowIsOpenedAsOne(t *testing.T) {
	b := newBench(t)
	b.put(image.NewNRGBA(image.Rect(0, 0, 8, 8)))
	before := b.State()
	for _, open := range []func(string){b.Open, func(p string) { b.PlaceFile(p, image.Point{}) }} {
		path := pipelinetest.Tiny(t, "tiny15").Write(t, "single", "F16")
		if open(path); b.Settings.Fill.Model != path || b.Settings.Fill.Engine != string(pipeline.Diffusion) {
			t.Errorf("the model is %q of engine %q, want the one that was given", b.Settings.Fill.Model, b.Settings.Fill.Engine)
		}
	}
	if b.State() != before {
		t.Error("the canvas changed")
	}
}

// TestTheStarterCanBeChosenInPlaceOfContentAware, which is chosen first on a photograph, by its row of the menu.
func TestTheStarterCanBeChosenInPlaceOfContentAware(t *testing.T) {
	b := newBench(t)
	b.Models.Starter = func() (string, error) { return "", errors.New("not laid out") }
	b.SetFill(func(f *settings.Fill) { f.Model, f.Engine = "", "content" })
	if !b.Do("file.starter") || b.Settings.Fill.Engine != "diffusion" {
		t.Errorf("the engine is %s", b.Settings.Fill.Engine)
	}
	if b.Do("file.starter") {
		t.Error("it can be chosen where it paints already")
	}
}
