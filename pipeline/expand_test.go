package pipeline

import (
	"encoding/json"
	"image"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pentimento/pipeline/metadata"
)

// templated is a request whose texts name a list in a folder.
func templated(t *testing.T) Request {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "boat.txt"), []byte("brig\nketch\nyawl\nsloop\ncutter\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	q := Request{Ask: Ask{Engine: Diffusion, Task: Generate}}
	q.Prompt, q.Negative, q.Seed, q.Batch, q.Wildcards = "a __boat__ {at sea|in harbour}", "{blurry|noisy}", 7, 4, dir
	return q
}

// TestEachPictureHasTextsOfItsOwn drawn by its seed: alone it is the same again.
func TestEachPictureHasTextsOfItsOwn(t *testing.T) {
	q := templated(t)
	all, err := q.EachExpanded()
	if err != nil || len(all) != 4 {
		t.Fatalf("%d requests, %v", len(all), err)
	}
	seen := map[string]bool{}
	for i, one := range all {
		alone := q
		alone.Seed, alone.Batch = q.Seed+int64(i), 1
		alone, err := alone.Expanded()
		if err != nil || alone.Prompt != one.Prompt || alone.Negative != one.Negative || one.Seed != alone.Seed || one.Batch != 1 {
			t.Errorf("picture %d: %q, not %q; alone %q, not %q, %v", i, one.Prompt, one.Negative, alone.Prompt, alone.Negative, err)
		}
		if one.Template != q.Prompt || one.NegativeTemplate != q.Negative || one.Templated() {
			t.Errorf("picture %d: its templates are %q and %q", i, one.Template, one.NegativeTemplate)
		}
		seen[one.Prompt] = true
	}
	if len(seen) < 3 {
		t.Errorf("four seeds drew %d prompts", len(seen))
	}
	q.Literal = true
	if all, err := q.EachExpanded(); err != nil || len(all) != 1 || all[0].Prompt != q.Prompt || all[0].Batch != 4 {
		t.Errorf("as text: %+v, %v", all, err)
	}
	q.Literal, q.Prompt = false, "a __barge__"
	if _, err := q.EachExpanded(); err == nil || !strings.Contains(err.Error(), q.Wildcards) {
		t.Errorf("a list that is missing: %v", err)
	}
}

// Regions' texts are templates, too, each drawn on its own; what they were drawn from is kept, and the request that is
// expanded stays as it is.
func TestEachPictureHasRegionsOfItsOwn(t *testing.T) {
	q := templated(t)
	q.Prompt, q.Negative = "a plain sea", ""
	q.Regions = []Region{{Prompt: "{red|green|blue} __boat__"}, {Prompt: "a gull", Negative: "{red|green|blue}"}, {Prompt: "a buoy"}}
	all, err := q.EachExpanded()
	if err != nil || len(all) != 4 {
		t.Fatalf("%d requests, %v", len(all), err)
	}
	seen := map[string]bool{}
	for i, one := range all {
		a, b, c := one.Regions[0], one.Regions[1], one.Regions[2]
		if strings.ContainsAny(a.Prompt+b.Negative, "{_") || a.Template != q.Regions[0].Prompt || b.NegativeTemplate != q.Regions[1].Negative || b.Template != "" || c.Template != "" || one.Template != "" || one.Templated() {
			t.Errorf("picture %d: %+v", i, one.Regions)
		}
		seen[a.Prompt] = true
	}
	if len(seen) < 3 || !strings.HasPrefix(q.Regions[0].Prompt, "{") {
		t.Errorf("four seeds drew %d texts, from %q", len(seen), q.Regions[0].Prompt)
	}
}

// TestRecipesTellTheFormAndTheTemplate, and what is made by them again has the same texts.
func TestRecipesTellTheFormAndTheTemplate(t *testing.T) {
	q, err := templated(t).Expanded()
	if err != nil {
		t.Fatal(err)
	}
	f := q.Record(image.Rect(0, 0, 8, 8), time.Unix(9, 0))
	text := f.Recipe("test").Text()
	if !strings.HasPrefix(text, q.Prompt+"\n") || !strings.Contains(text, "Template: ") || !strings.Contains(text, "Negative Template: ") {
		t.Errorf("the recipe is\n%s", text)
	}
	r := metadata.ParseA1111(text)
	back := Request{Ask: q.Ask}
	back.Recall(r, func(string) bool { return false })
	if back.Prompt != q.Prompt || back.Template != q.Template || back.NegativeTemplate != q.NegativeTemplate || back.Templated() || back.Literal {
		t.Errorf("came back as %+v", back.Text)
	}
	res := &Result{Image: image.NewNRGBA(image.Rect(0, 0, 8, 8)), Request: q}
	data, err := json.Marshal(res.Replay())
	if err != nil {
		t.Fatal(err)
	}
	again, err := ReadReplay(data)
	if err != nil || again.Request.Text != q.Text || again.Request.Templated() {
		t.Errorf("replayed as %+v, %v", again.Request.Text, err)
	}
	if strings.Contains(string(data), q.Wildcards) {
		t.Error("the record names a folder of the person's")
	}
}

// TestBracesOfOldRecordsStayText: they were text to the run that they tell of.
func TestBracesOfOldRecordsStayText(t *testing.T) {
	q := Request{Ask: Ask{Engine: Diffusion, Task: Inpaint}}
	q.Prompt = "a {red|blue} boat"
	data, err := json.Marshal((&Result{Image: image.NewNRGBA(image.Rect(0, 0, 8, 8)), Request: q}).Replay())
	if err != nil {
		t.Fatal(err)
	}
	if again, err := ReadReplay(data); err != nil || again.Request.Templated() {
		t.Errorf("replayed, they would be drawn: %v", err)
	}
	back := Request{Ask: q.Ask}
	back.Recall(metadata.ParseA1111(q.Prompt+"\nSteps: 5, Sampler: Euler, Seed: 1, Size: 64x64"), func(string) bool { return false })
	if back.Templated() || !back.Literal {
		t.Error("recalled, they would be drawn")
	}
}

// TestRegionsAndTheirAdaptersAreDrawnToo: a list may name adapters, which are looked for.
func TestRegionsAndTheirAdaptersAreDrawnToo(t *testing.T) {
	q := templated(t)
	q.Prompt = "a barn, <lora:{fog|mist}:1>"
	q.Regions = []Region{{Prompt: "a __boat__"}, {Prompt: "plain", Negative: "{a|b}"}}
	one, err := q.Expanded()
	if err != nil || one.Templated() || strings.Contains(one.Regions[0].Prompt, "__") || len(one.Regions[1].Negative) != 1 || one.Regions[1].Prompt != "plain" {
		t.Errorf("%+v, %v", one.Regions, err)
	}
	if q.Regions[0].Prompt != "a __boat__" {
		t.Error("the regions of the request itself were changed")
	}
	asked := map[string]bool{}
	q.FindDrawnAdapters(func(_, name string) string {
		asked[name] = true
		return "/far/" + name + ".safetensors"
	})
	if !asked["fog"] && !asked["mist"] || asked["{fog|mist}"] || !strings.Contains(q.AdapterFiles, "/far/") {
		t.Errorf("asked for %v, found %q", asked, q.AdapterFiles)
	}
}

// TestChecksPassOverTagsOfForms: which adapter it is, is drawn later.
func TestChecksPassOverTagsOfForms(t *testing.T) {
	if got := firm("a <lora:{fog|mist}:1> <lora:rain:0.5> {x|<lora:snow:1>}"); got != "a  <lora:rain:0.5> {x|}" {
		t.Errorf("%q", got)
	}
}
