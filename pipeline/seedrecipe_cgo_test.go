//go:build cgo

package pipeline

import (
	"image"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pentimento/pipeline/metadata"
)

// oftenSeen is a recipe as A1111 with its ControlNet extension writes them: weights in the prompt, three
// embeddings, the look of one picture by reference attention, the depth of another.
const oftenSeen = `(harbour at dusk:1.25), lanterns, [crowd], aglow, painted by hand
Negative prompt: (smeared:1.4), dulled, flat
Steps: 3, Sampler: DPM++ 2M Karras, CFG scale: 7, Seed: 12, Size: 64x64, Model: ship, Denoising strength: 0.7, Clip skip: 2, ` +
	`ControlNet 0: "Module: reference_adain+attn, Model: None, Weight: 0.8, Resize Mode: Crop and Resize, Threshold A: 0.65, Guidance Start: 0, Guidance End: 0.9, Pixel Perfect: False, Control Mode: Balanced", ` +
	`ControlNet 1: "Module: depth_midas, Model: control_v11f1p_sd15_depth [cfd03158], Weight: 0.6, Resize Mode: Crop and Resize, Processor Res: 512, Guidance Start: 0.1, Guidance End: 1, Pixel Perfect: False, Control Mode: My prompt is more important", ` +
	`TI hashes: "aglow: 0123456789ab, smeared: 1123456789ab, dulled: 2123456789ab", Version: v1.9.4`

// TestARecipeWithGuidesRunsAndIsWrittenAgain: what such a text names is found near the model, its guides
// act once they have pictures, and the record says the same of them.
func TestARecipeWithGuidesRunsAndIsWrittenAgain(t *testing.T) {
	p := native(t)
	model, embeddings := linked(t, "tiny15")
	for _, name := range []string{"aglow", "smeared", "dulled"} {
		embeddingFile(t, filepath.Join(embeddings, name+".safetensors"), 2, 128)
	}
	root := filepath.Dir(filepath.Dir(embeddings))
	move := func(from, to string) {
		data, err := os.ReadFile(from)
		if err == nil {
			err = os.MkdirAll(filepath.Dir(to), 0o755)
		}
		if err == nil {
			err = os.WriteFile(to, data, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	move(controlNets(t)["A"], filepath.Join(root, "models", "ControlNet", "control_v11f1p_sd15_depth.safetensors"))
	move(meanNetwork(t, false), filepath.Join(root, "models", "preprocessors", "depth_midas.onnx"))

	recipe, _ := metadata.Read([]metadata.Text{{Key: metadata.ParametersKey, Text: oftenSeen}})
	q := drawn(t, "tiny15", 3)
	q.Model, q.Seed = model, 12
	left := q.Recall(recipe, func(id string) bool { return id == "seed" })
	if len(left) != 2 || !strings.Contains(left[0], "reference_adain+attn") || !strings.Contains(left[1], "depth_midas") {
		t.Errorf("left of the recipe: %q", left)
	}
	for i, g := range RecalledGuides(recipe) {
		g.Name, g.Image = "photo", noisePicture(90+i, 70)
		q.Guides = append(q.Guides, g)
	}
	run := func(q Request) *Result {
		res, err := p.Run(t.Context(), q, nil)
		if err != nil {
			t.Fatal(err)
		}
		return res
	}
	res := run(q)
	for i := range q.Guides {
		without := q
		without.Guides = slices.Delete(slices.Clone(q.Guides), i, i+1)
		if slices.Equal(run(without).Images[0].Pix, res.Images[0].Pix) {
			t.Errorf("guide %d changes nothing", i)
		}
	}
	text := res.Request.Record(image.Rect(0, 0, 64, 64), time.Time{}).Recipe(metadata.Ours).Text()
	got := metadata.ParseA1111(text)
	for _, key := range []string{"ControlNet 0", "ControlNet 1", "Clip skip", "Steps"} {
		want := recipe.Value(key)
		if model, after, cut := strings.Cut(want, " [cfd03158]"); cut { // a sum of the extension's own
			want = model + after
		}
		if got.Value(key) != want {
			t.Errorf("%s is written as\n%q, want\n%q", key, got.Value(key), want)
		}
	}
	for _, name := range []string{"aglow", "smeared", "dulled"} {
		if !strings.Contains(got.Value("TI hashes"), name+": ") {
			t.Errorf("TI hashes: %q, want %s too", got.Value("TI hashes"), name)
		}
	}
}
