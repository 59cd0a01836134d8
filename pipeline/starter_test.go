package pipeline

import (
	"context"
	"image"
	"math"
	"slices"
	"testing"

	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/family"
	"pentimento/pipeline/graph"
	"pentimento/pipeline/pipelinetest"
	"pentimento/pipeline/region"
	"pentimento/pipeline/tensor"
)

// The starter model is an ordinary checkpoint; what its shapes cannot tell stands in its
// metadata. These tests hold the loader to every key, on a made-up model of that kind.

func TestAStartersMetadataIsHonoured(t *testing.T) {
	ck, err := family.Open(pipelinetest.Starter().Write(t, "single", "F16"), checkpoint.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if ck.Family.Name != "sd1" || ck.Channels != 9 || ck.Prediction != "v" || ck.ScaleFactor != 1 || ck.NativeSize != 256 || len(ck.Problems) > 0 {
		t.Errorf("family %s, %d channels, prediction %s, scale %g, native size %d, problems %v", ck.Family.Name, ck.Channels, ck.Prediction, ck.ScaleFactor, ck.NativeSize, ck.Problems)
	}
	for _, width := range []int64{32, 64, 128} { // a count of heads, whatever the width
		if n, err := ck.Denoiser.Heads.Of(0, width); n != 4 || err != nil {
			t.Errorf("denoiser of width %d: %d heads, %v", width, n, err)
		}
		if n, err := ck.Text[0].Heads.Of(0, width); n != 4 || err != nil {
			t.Errorf("text of width %d: %d heads, %v", width, n, err)
		}
	}
	if ck.Denoiser.Groups != 8 || ck.VAE.Groups != 8 {
		t.Errorf("groups %d and %d, want 8", ck.Denoiser.Groups, ck.VAE.Groups)
	}
	levels := ck.Levels(image.Point{}, 20)
	if levels.Max() < 4000 || levels.Len() != 1000 || math.Abs(levels.Min()-0.02917) > 1e-4 {
		t.Errorf("%d levels from %g to %g, want an end of pure noise", levels.Len(), levels.Min(), levels.Max())
	}
	if got, want := ck.Limits(), (region.Limits{MinSide: 200, MaxSide: 312, MinArea: 1 << 16, MaxArea: 1 << 16}); got != want {
		t.Errorf("limits %+v, want %+v", got, want)
	}
}

func TestAModelsAdviceIsReadAndNonsenseIsNot(t *testing.T) {
	m := pipelinetest.Starter()
	describe := func() ModelInfo {
		t.Helper()
		info, err := Describe(Models{Model: m.Write(t, "single", "F16")})
		if err != nil {
			t.Fatal(err)
		}
		return info
	}
	info := describe()
	if want := (Suggestion{Steps: 5, CFG: 2.5, Sampler: "Euler", Schedule: "SGM Uniform"}); info.Suggested != want {
		t.Errorf("advice %+v, want %+v", info.Suggested, want)
	}
	if info.Name != StarterName+": a made-up model" || info.Words == "" || !info.Inpainting || info.Size != 256 {
		t.Errorf("info %+v", info)
	}
	for text, want := range map[string]Suggestion{
		`{"steps":9,"sampler":"abacus","schedule":"never"}`: {Steps: 9},
		`{"steps":-1}`: {}, `{"cfg":1e9}`: {}, `[`: {}, ``: {},
	} {
		m.Metadata["pentimento.defaults"] = text
		if got := describe().Suggested; got != want {
			t.Errorf("%s: %+v, want %+v", text, got, want)
		}
	}
}

// Bytes are the entries 0–255, with the mark of a word's end 256–511, merges follow, then
// start and end.
func TestAStarterReadsWithItsOwnVocabulary(t *testing.T) {
	path := pipelinetest.Starter().Write(t, "single", "F16")
	p := New(nil) // no merges are built in
	const start, end = 519, 520
	for prompt, want := range map[string][]int{
		"Red boat": {516, 514},      // re·d</w>, bo·at</w>
		"sea, a":   {518, 267, 320}, // "," and "a" are single bytes with an end mark
		"be":       {65, 324},       // no merge: b, then e with its mark
		"":         nil,
	} {
		chunks, err := p.Tokens(Request{Models: Models{Model: path}, Text: Text{Prompt: prompt}})
		if err != nil {
			t.Fatal(err)
		}
		ids := slices.Concat([]int{start}, want, slices.Repeat([]int{end}, 76-len(want)))
		if len(chunks) != 1 || !slices.Equal(chunks[0].IDs, ids) {
			t.Errorf("%q: %v, want %v", prompt, chunks[0].IDs[:6], ids[:6])
		}
	}
	encode, spec, err := p.TextWindow(path)
	if err != nil || spec.Start != start || spec.End != end || spec.Pad != end || len(encode("boat")) != 1 {
		t.Errorf("window %+v, %v", spec, err)
	}
	m := pipelinetest.Starter() // a vocabulary larger than the table of vectors
	m.Metadata["pentimento.merges"] += "\ns k\nsk y</w>"
	if _, err := p.Tokens(Request{Models: Models{Model: m.Write(t, "single", "F16")}, Text: Text{Prompt: "sky"}}); err == nil {
		t.Error("a vocabulary that does not fit the text encoder is taken")
	}
}

// Pure noise at the first step: the network sees noise of unit variance and the last
// timestep, whatever the sigma that stands for it.
func TestAStarterStartsFromPureNoise(t *testing.T) {
	path := pipelinetest.Starter().Write(t, "single", "F16")
	var first map[string]*tensor.Tensor
	rt := &pipelinetest.Runtime{Eval: func(ctx context.Context, g *graph.Graph, in map[string]*tensor.Tensor) (map[string]*tensor.Tensor, error) {
		if in["x"] != nil && first == nil {
			first = map[string]*tensor.Tensor{"x": in["x"].Clone(), "concat": in["concat"].Clone(), "sinusoid": in["sinusoid"].Clone()}
		}
		return pipelinetest.StandIn(ctx, g, in)
	}}
	p := New(rt)
	defer p.Close()
	_, err := p.Run(context.Background(), Request{
		Ask:      Ask{Engine: Diffusion, Task: Generate, Frame: image.Rect(0, 0, 256, 256)},
		Models:   Models{Model: path},
		Text:     Text{Prompt: "a boat"},
		Sampling: Sampling{Seed: 3, Steps: 3, CFG: 1, Sampler: "Euler", Schedule: "SGM Uniform"},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	x, rest := first["x"], first["concat"]
	if x == nil || !slices.Equal(x.Shape, []int{1, 4, 32, 32}) || !slices.Equal(rest.Shape, []int{1, 5, 32, 32}) || math.Abs(float64(first["sinusoid"].Data[0])-math.Cos(999)) > 1e-5 {
		t.Fatalf("the denoiser saw %v, want a latent of 256×256 with mask and picture at timestep 999", first)
	}
	plane := 32 * 32
	sum := 0.0
	for _, v := range x.Data[:4*plane] {
		sum += float64(v) * float64(v)
	}
	if spread := math.Sqrt(sum / float64(4*plane)); math.Abs(spread-1) > 0.05 {
		t.Errorf("noise of spread %g, want 1", spread)
	}
	for i, v := range rest.Data[:plane] {
		if v != 1 {
			t.Fatalf("mask[%d] is %g, want all painted", i, v)
		}
	}
}
