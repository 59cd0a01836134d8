package provenance

import (
	"image"
	"testing"

	"pentimento/canvas/file"
	"pentimento/pipeline"
	"pentimento/pipeline/metadata"
)

// TestTheFirstVersionsExportIsRead: testdata/v1 holds a picture as the first version of the
// program exported it, for ever; the newest fill of the exported picture can be run again
// as it ran: its references, which no engine read then, have no weight.
func TestTheFirstVersionsExportIsRead(t *testing.T) {
	texts, err := file.ReadTexts("testdata/v1/work.png")
	if err != nil {
		t.Fatal(err)
	}
	var doc *metadata.Document
	for _, text := range texts {
		if text.Key == metadata.DocumentKey {
			doc, err = metadata.ParseDocument(text.Text)
		}
	}
	if err != nil || doc == nil || len(doc.Fills) != 1 {
		t.Fatalf("the picture's own account is %+v (%v)", doc, err)
	}
	replay, err := pipeline.ReadReplay(doc.Fills[0].Run)
	if err != nil {
		t.Fatal(err)
	}
	q := replay.Request
	area := pipeline.Area{Method: "only masked", Padding: 32, Blur: 4}
	switch {
	case replay.Read != image.Rect(-32, -32, 126, 116), q.Engine != pipeline.Diffusion, q.Task != pipeline.Inpaint, q.Frame != image.Rect(0, 0, 96, 96),
		q.Prompt != "a (grey:1.2) heron, “reeds”", q.Negative != "fog, blur", q.Seed != 77, q.Steps != 3, q.CFG != 1, q.Sampler != "Euler a", q.Schedule != "Karras",
		q.Strength != 0.8, q.ClipSkip != 2, q.RNG != "nv", q.Width != 544, q.Height != 496, q.Model != "tiny15.safetensors", q.VariationSeed != 99, q.VariationStrength != 0.25,
		q.Blend != pipeline.BlendSoft, q.Feather != 4, q.Area == nil || *q.Area != area, q.Infill != pipeline.InfillOriginal, !q.Poisson, !q.Exact, len(q.Packed) != 1,
		q.Plan == nil || q.Plan.Layout.Target != image.Rect(0, 0, 94, 84), len(q.Guides) != 2 || q.Guides[0].Name != "bird" || q.Guides[1].Start != 0.1 || q.Guides[0].Weight != 0 || q.Guides[1].Weight != 0:
		t.Errorf("the fill reads as %+v", q)
	}
}

// All settings of a fill bring back how its references were followed.
func TestReferencesComeBackWithAllSettings(t *testing.T) {
	p, e, d := begin(t, nil)
	p.RecipeOf("testdata/v1/work.png", image.Point{}, nil)
	d.Until("the recipe", func() bool { return p.Card() != nil })
	p.UseAll()
	if len(e.followed) != 2 || e.followed[0].Name != "bird" || e.followed[1].Name != "reed" {
		t.Errorf("followed again: %v", e.followed)
	}
}
