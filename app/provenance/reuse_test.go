package provenance

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"image"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"pentimento/app/settings"
	"pentimento/pipeline"
	"pentimento/pipeline/pipelinetest"
)

// TestAnAdapterIsTakenWhole: every field of a request's adapter comes back, one that is added later too.
func TestAnAdapterIsTakenWhole(t *testing.T) {
	var a pipeline.Adapter
	v := reflect.ValueOf(&a).Elem()
	for i := range v.NumField() {
		switch f := v.Field(i); f.Kind() {
		case reflect.String:
			f.SetString("OUTALL")
		case reflect.Int:
			f.SetInt(8)
		case reflect.Float64:
			f.SetFloat(0.25 + float64(i))
		default:
			t.Fatalf("the test knows no value for %s", v.Type().Field(i).Name)
		}
	}
	want, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := json.Marshal(adapterOf(a)); err != nil || string(got) != string(want) {
		t.Errorf("took %s, want %s (%v)", got, want, err)
	}
}

// TestARecipesFilesAreNamedAsHere: an embedding that is called otherwise here is found by its sum,
// behind the window's back; what was typed meanwhile stays.
func TestARecipesFilesAreNamedAsHere(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "embeddings", "hard.safetensors")
	if err := pipelinetest.WriteSafetensors(path, []pipelinetest.Item{pipelinetest.NewItem("emb_params", "F32", make([]float32, 256), 2, 128)}, nil); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(data)
	p, _, d := begin(t, nil)
	d.Settings.AddModel(settings.Model{Path: filepath.Join(dir, "harbour.safetensors")})
	d.Seen.Text = "an easy barn\nNegative prompt: easy\nSteps: 9, Sampler: Euler, Seed: 1, Model: harbour, TI hashes: \"easy: " + hex.EncodeToString(sum[:])[:12] + "\""
	p.RecipeFromClipboard()
	p.UseAll()
	if f := d.Settings.Fill; f.Prompt != "an easy barn" {
		t.Errorf("at once the prompt is %q", f.Prompt)
	}
	d.Until("the name of here", func() bool { return d.Settings.Fill.Prompt == "an hard barn" && d.Settings.Fill.Negative == "hard" })
	p.UseAll()
	d.SetFill(func(f *settings.Fill) { f.Prompt = "typed" })
	posted := 0
	for end := time.Now().Add(300 * time.Millisecond); time.Now().Before(end); {
		select {
		case f := <-d.Posted:
			f()
			posted++
		case <-time.After(10 * time.Millisecond):
		}
	}
	if posted == 0 {
		t.Error("nothing was posted")
	}
	if f := d.Settings.Fill; f.Prompt != "typed" || f.Negative != "easy" {
		t.Errorf("what was typed became %q, %q", f.Prompt, f.Negative)
	}
}

// A picture of Regional Prompter gives the window its regions, and as the prompt what it says of the whole; settings of
// a fill by an engine without words leave the regions as they are.
func TestRegionsOfAnotherProgram(t *testing.T) {
	p, e, d := begin(t, nil)
	d.Seen.Text = "forest,\nADDCOMM mint dress,\nADDCOL brown hair,\nNegative prompt: worst\nSteps: 20, Sampler: Euler, Seed: 1, Size: 768x512, RP Active: True, RP Divide mode: Matrix, RP Matrix submode: Horizontal, RP Prompt submode: Prompt, RP Calc Mode: Attention, RP Ratios: \"1,2\", RP Base Ratios: 0.2, RP Use Base: False, RP Use Common: True, RP Use Ncommon: False"
	p.RecipeFromClipboard()
	p.UseAll()
	if len(e.regions) != 2 || e.regions[0].Prompt != "forest, mint dress," || e.regions[1].Box[0] < 0.3 || e.regions[1].Box[0] > 0.4 {
		t.Errorf("the regions are %+v", e.regions)
	}
	if f := d.Settings.Fill; strings.Contains(f.Prompt, "ADD") || !strings.Contains(f.Prompt, "brown hair") || f.Negative != "worst" {
		t.Errorf("the prompt is %q, the negative %q", f.Prompt, f.Negative)
	}
	was := e.regions
	p.useRequest(pipeline.Request{Ask: pipeline.Ask{Engine: pipeline.Content, Task: pipeline.Inpaint, Frame: image.Rect(0, 0, 64, 64)}}, image.Point{}, &Card{})
	if len(e.regions) != len(was) {
		t.Error("a content-aware fill's settings switch the regions off")
	}
}
