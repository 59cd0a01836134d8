package provenance

import (
	"bytes"
	"context"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pentimento/app/desk/desktest"
	"pentimento/app/library"
	"pentimento/app/models"
	"pentimento/app/settings"
	"pentimento/canvas"
	"pentimento/canvas/file"
	"pentimento/pipeline"
	"pentimento/pipeline/metadata"
	"pentimento/pipeline/pipelinetest"
)

// easel is a picture that only remembers which files it was asked to place.
type easel struct {
	doc      *canvas.Document
	placed   []string
	followed []pipeline.Guide
	regions  []pipeline.Region
	awaited  []pipeline.Guide
}

func (e *easel) FollowAgain(guides []pipeline.Guide, _ []pipeline.Region) []string {
	e.followed = guides
	return nil
}

func (e *easel) Await(guides []pipeline.Guide) { e.awaited = guides }

func (e *easel) RegionsAgain(regions []pipeline.Region, _ float64, _ image.Rectangle, then func([]string)) {
	e.regions = regions
	then(nil)
}

func (e *easel) Committed() *canvas.State             { return e.doc.State() }
func (e *easel) Here() func(func())                   { return func(f func()) { f() } }
func (e *easel) Used() image.Rectangle                { return e.doc.State().Used() }
func (e *easel) Visible() image.Rectangle             { return image.Rect(0, 0, 800, 600) }
func (e *easel) Centre() image.Point                  { return image.Pt(400, 300) }
func (e *easel) Path() string                         { return "" }
func (e *easel) PlaceFile(path string, _ image.Point) { e.placed = append(e.placed, path) }
func (e *easel) ReferenceFile(string)                 {}
func (e *easel) AddReference(string, *image.NRGBA)    {}
func (e *easel) Edit(label string, change func(*canvas.Edit)) {
	ed := e.doc.Begin(label)
	change(ed)
	ed.Commit()
}

// begin is the provenance of an empty picture.
func begin(t *testing.T, starter func() (string, error)) (*Provenance, *easel, *desktest.Desk) {
	t.Helper()
	d, e := desktest.New(t), &easel{doc: canvas.New()}
	return New(d.Desk, models.New(d.Desk, starter, nil), e, nil, "test"), e, d
}

func TestUseAllTakesWhatThereIsAndSaysWhatIsNot(t *testing.T) {
	p, e, d := begin(t, nil)
	model := filepath.Join(t.TempDir(), "Harbor-V3.safetensors")
	d.Settings.AddModel(settings.Model{Path: model})
	p.RecipeOf(foreignPicture(t, "parameters", harbour), image.Point{}, nil)
	d.Until("the recipe", func() bool { return p.Card() != nil })
	c := p.Card()
	if !c.CanPlace() || len(c.Remarks) != 1 || !strings.Contains(c.Remarks[0], "by its name alone") {
		t.Errorf("remarks %q", c.Remarks)
	}
	before := e.Committed()
	p.UseSeedOfRecipe()
	if f := d.Settings.Fill; f.Seed != 90210 || !f.LockSeed || f.Prompt != "" || f.Engine != "content" {
		t.Errorf("use seed: %+v", f)
	}
	p.UsePromptOfRecipe()
	if f := d.Settings.Fill; f.Prompt != "lantern harbour, <lora:fog:0.7>" || f.Negative != "text" || f.Steps != 20 {
		t.Errorf("use prompt: %+v", f)
	}
	if e.Committed() != before {
		t.Error("using texts changed the picture")
	}
	p.UseAll()
	if len(e.awaited) != 0 {
		t.Errorf("a recipe without guides has %v wait", e.awaited)
	}
	f := d.Settings.Fill
	if f.Engine != "diffusion" || f.Steps != 24 || f.Sampler != "DPM++ 2M" || f.Schedule != "Karras" || f.CFG != 6.5 || f.Strength != 0.4 || f.ClipSkip != 2 || f.RNG != "nv" || f.Model != model {
		t.Errorf("use all: %+v", f)
	}
	if got := e.Committed().Frame.Size(); got != image.Pt(768, 512) {
		t.Errorf("the frame is %v, want the recipe's size", got)
	}
	if len(e.Committed().Layers) != 1 || len(e.placed) > 0 {
		t.Error("using a recipe placed its picture")
	}
	p.PlaceRecipe()
	if len(e.placed) != 1 {
		t.Errorf("placed %q, want the picture", e.placed)
	}
	if g := d.Settings.Fill; !g.Equal(f) {
		t.Errorf("placing the picture changed the settings to %+v", g)
	}
}

func TestUnknownSamplersAndModelsStayAndAreNamed(t *testing.T) {
	p, _, d := begin(t, nil)
	d.Seen.Text = "p\nSteps: 9, Sampler: Turtle, Schedule type: Snail, Seed: 1, Model: unheard-of, Model hash: ffffffffff"
	p.RecipeFromClipboard()
	c := p.Card()
	if c == nil || len(c.Remarks) != 3 {
		t.Fatalf("card %+v, want three remarks", c)
	}
	for i, want := range []string{`no sampler "Turtle"; "DPM++ 2M" stays`, `no schedule "Snail"; "Karras" stays`, "unheard-of [ffffffffff] isn't among the checkpoints"} {
		if !strings.Contains(c.Remarks[i], want) {
			t.Errorf("remark %q, want %q", c.Remarks[i], want)
		}
	}
	p.UseAll()
	if f := d.Settings.Fill; f.Sampler != "DPM++ 2M" || f.Schedule != "Karras" || f.Steps != 9 || f.Model != "" {
		t.Errorf("used: %+v", f)
	}
	d.Seen.Text = "just words"
	p.shown = nil
	if p.RecipeFromClipboard(); p.Card() == nil || p.Card().Prompt != "just words" {
		t.Error("a copied prompt alone is not taken as one")
	}
	d.Seen.Text = ""
	if p.RecipeFromClipboard(); len(d.Seen.Failed) == 0 {
		t.Error("an empty clipboard was taken for a recipe")
	}
}

// TestForeignNamesLeadToOurs: the names that other programs have for what we have, too.
func TestForeignNamesLeadToOurs(t *testing.T) {
	for _, name := range strings.Fields("euler euler_ancestral euler_a dpmpp_2m dpm++2m dpmpp_sde dpmpp_sde_gpu dpmpp_2m_sde dpm++2m_sde dpmpp_2m_sde_gpu dpmpp_3m_sde dpmpp_2s_ancestral dpm++2s_a " +
		"dpm_2 kdpm_2 dpm2 dpm_2_ancestral kdpm_2_a heun lms lcm ddim ddim_trailing plms pndm uni_pc unipc dpm_fast dpm_adaptive k_euler_ancestral k_lms ipndm ipndm_v ddpm deis restart") {
		if got := metadata.SolverName(name); !slices.Contains(pipeline.Samplers(), got) {
			t.Errorf("sampler %q became %q, which we do not have", name, got)
		}
	}
	for _, name := range strings.Fields("karras exponential polyexponential sgm_uniform uniform discrete normal simple beta ddim_uniform kl_optimal ays align_your_steps linear_quadratic turbo automatic") {
		if got := metadata.ScheduleName(name); !slices.Contains(pipeline.Schedules(), got) {
			t.Errorf("schedule %q became %q, which we do not have", name, got)
		}
	}
}

// TestSeedsOf64BitsAreTaken as the numbers that they make.
func TestSeedsOf64BitsAreTaken(t *testing.T) {
	p, _, d := begin(t, nil)
	d.Seen.Text = "p\nSteps: 9, Sampler: Euler, Seed: 18446744073709551615"
	p.RecipeFromClipboard()
	p.UseSeedOfRecipe()
	if got := d.Settings.Fill.Seed; uint64(got) != 18446744073709551615 {
		t.Errorf("seed %d", got)
	}
}

func TestARecipeOfTheStarterFindsIt(t *testing.T) {
	path := pipelinetest.Starter().Write(t, "single", "F16")
	p, _, d := begin(t, func() (string, error) { return path, nil })
	dir := t.TempDir()
	if err := pipelinetest.Tiny(t, "tiny15").WriteTo(dir, "single", "F16"); err != nil {
		t.Fatal(err)
	}
	p.models.Open(filepath.Join(dir, "tiny15.safetensors"))
	text := "a red boat\nSteps: 9, Sampler: Euler, CFG scale: 3, Seed: 4, Size: 64x64, Model: " + models.Name(path) + ", Version: Pentimento 0.1.0"
	c := p.card("a picture", &Found{recipe: metadata.ParseA1111(text)})
	if len(c.Remarks) != 0 {
		t.Errorf("remarks %q", c.Remarks)
	}
	p.shown = c
	p.UseAll()
	if f := d.Settings.Fill; !p.models.UsesStarter() || f.Steps != 9 || f.Prompt != "a red boat" {
		t.Errorf("uses model %q, %d steps, prompt %q", f.Model, f.Steps, f.Prompt)
	}
	if p.models.StarterNamed("") != "" || p.models.StarterNamed("starter-000000000000") != "" {
		t.Error("no name, or another starter's, is taken for this one")
	}
}

// TestAFailingLibraryStopsNobody: its folder cannot be made, and that is said once.
func TestAFailingLibraryStopsNobody(t *testing.T) {
	p, _, d := begin(t, nil)
	dir := filepath.Join(t.TempDir(), "results")
	p.Library = library.Open(dir, 1<<30)
	if err := os.WriteFile(dir, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		patch := image.NewNRGBA(image.Rect(0, 0, 60, 60))
		done := Finished{&pipeline.Result{Image: patch, Request: pipeline.Request{Sampling: pipeline.Sampling{Seed: int64(i)}}}, patch.Rect, now()}
		if p.Keep(done, patch, image.NewAlpha(patch.Rect), nil) == "" {
			t.Error("a result without a name")
		}
	}
	d.Until("a word of it", func() bool { return len(d.Seen.Said) > 0 })
	p.Close()
	for len(d.Posted) > 0 {
		(<-d.Posted)()
	}
	n := 0
	for _, s := range d.Seen.Said {
		if strings.HasPrefix(s, "Results are not kept: ") {
			n++
		}
	}
	if n != 1 || len(d.Seen.Failed) != 0 {
		t.Errorf("said %q, failed %v; want one sentence", d.Seen.Said, d.Seen.Failed)
	}
}

const harbour = "lantern harbour, <lora:fog:0.7>\nNegative prompt: text\nSteps: 24, Sampler: DPM++ 2M Karras, CFG scale: 6.5, Seed: 90210, Size: 768x512, Model hash: 0a1b2c3d4e, Model: harbor-v3, Denoising strength: 0.4, Clip skip: 2, Version: v1.6.0"

// foreignPicture writes a picture with a text of another program.
func foreignPicture(t *testing.T, key, text string) string {
	t.Helper()
	var buf bytes.Buffer
	if err := file.EncodePNG(context.Background(), &buf, image.NewNRGBA(image.Rect(0, 0, 200, 120)), []file.Text{{Key: key, Text: text}}, png.BestSpeed); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "harbour.png")
	if err := os.WriteFile(path, buf.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// The guides of another program's recipe wait for their pictures, and what of its regions can't be had is said.
func TestGuidesOfAForeignRecipeWait(t *testing.T) {
	p, e, d := begin(t, nil)
	text := "a castle\nSteps: 20, Sampler: Euler a, Seed: 5, ControlNet 0: \"Module: canny, Model: control_canny [abc], Weight: 0.8, Guidance End: 0.6\", RP Active: True, RP Divide mode: Prompt"
	p.RecipeOf(foreignPicture(t, "parameters", text), image.Point{}, nil)
	d.Until("the recipe", func() bool { return p.Card() != nil })
	if r := strings.Join(p.Card().Remarks, " "); !strings.Contains(r, "mode Prompt") {
		t.Errorf("the card says %q", r)
	}
	p.UseAll()
	if len(e.awaited) != 1 || e.awaited[0].Preprocessor != "canny" || e.awaited[0].Weight != 0.8 || e.awaited[0].End != 0.6 {
		t.Errorf("there wait %+v", e.awaited)
	}
	if said := strings.Join(d.Seen.Said, " "); !strings.Contains(said, "1 guide waits") || !strings.Contains(said, "mode Prompt") {
		t.Errorf("it is said %q", said)
	}
}
