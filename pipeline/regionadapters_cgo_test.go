//go:build cgo

package pipeline

import (
	"bytes"
	"context"
	"encoding/json"
	"image"
	"path/filepath"
	"strings"
	"testing"

	"pentimento/pipeline/pipelinetest"
)

// withAdapters is a tiny model with the adapters "fog" and "rain" beside it.
func withAdapters(t *testing.T) (model string) {
	t.Helper()
	model, _ = withAdapter(t)
	pipelinetest.Tiny(t, "tiny15").WriteLoRA(t, filepath.Join(filepath.Dir(model), "Lora"), "rain", 5)
	return model
}

// split are two regions, the left half and the right half, with prompts of their own.
func split(left, right string) []Region {
	l, r := boxed(0, 0, 0.5, 1), boxed(0.5, 0, 0.5, 1)
	l.Prompt, r.Prompt = left, right
	return []Region{l, r}
}

// A region is evaluated with the request's adapters and its own, its negative text too, and no other place
// has them: one of the whole frame paints what a run of its prompt does, two halves with the same adapters
// the whole with these, and a place without is as it was. All of it bit for bit, also where the sets take turns in memory.
func TestARegionHasAdaptersOfItsOwn(t *testing.T) {
	if testing.Short() {
		t.Skip("the race detector makes these pictures take long: run without -short")
	}
	p := native(t)
	model := withAdapters(t)
	paint := func(low bool, prompt, negative string, regions ...Region) []uint8 {
		t.Helper()
		q := adapterRequest(model, prompt)
		q.Negative, q.Regions, q.Where.LowMemory = negative, regions, low
		res, err := p.Run(context.Background(), q, nil)
		if err != nil {
			t.Fatal(err)
		}
		return res.Images[0].Pix
	}
	own := func(text string, x, w float64) Region {
		r := boxed(x, 0, w, 1)
		r.Prompt = text
		return r
	}
	for _, low := range []bool{false, true} {
		fog := paint(low, "a fox<lora:fog:0.8>", "grey")
		listed := own("a fox", 0, 1)
		listed.Adapters = []Adapter{{File: "fog", Weight: 0.8, TextWeight: 0.8}}
		dull := own("a fox<lora:fog:0.8>", 0, 1)
		dull.Negative = "dull"
		for name, c := range map[string]struct {
			got, want []uint8
			same      bool
		}{
			"the whole":        {paint(low, "a meadow", "grey", own("a fox<lora:fog:0.8>", 0, 1)), fog, true},
			"a list":           {paint(low, "a meadow", "grey", listed), fog, true},
			"own negative":     {paint(low, "a meadow", "grey", dull), paint(low, "a fox<lora:fog:0.8>", "dull"), true},
			"two halves":       {paint(low, "a meadow", "grey", split("a fox<lora:fog:0.8>", "a fox <lora:fog:0.8>")...), fog, true},
			"beside the base":  {paint(low, "a meadow<lora:rain:0.5>", "grey", own("a fox<lora:fog:0.8>", 0, 1)), paint(low, "a fox<lora:rain:0.5><lora:fog:0.8>", "grey"), true},
			"nothing added":    {paint(low, "a fox<lora:fog:0.8>", "grey", own("a fox <lora:fog:0>", 0, 0.5)), fog, true},
			"a half":           {paint(low, "a fox", "grey", own("a fox<lora:fog:0.8>", 0, 0.5)), fog, false},
			"a half, as plain": {paint(low, "a fox", "grey", own("a fox<lora:fog:0.8>", 0, 0.5)), paint(low, "a fox", "grey"), false},
		} {
			if bytes.Equal(c.got, c.want) != c.same {
				t.Errorf("low memory %v, %s: the same picture is %v, want %v", low, name, !c.same, c.same)
			}
		}
	}
	if a, b := paint(false, "a meadow", "grey", split("a fox<lora:fog:0.8>", "a barn<lora:rain:1:start=1>")...), paint(true, "a meadow", "grey", split("a fox<lora:fog:0.8>", "a barn<lora:rain:1:start=1>")...); !bytes.Equal(a, b) {
		t.Error("sets that are held and sets that take turns paint two pictures")
	}
}

// After one step halves of two sets are what two runs of a set each are there.
func TestSetsMeetInTheLatents(t *testing.T) {
	if testing.Short() {
		t.Skip("the race detector makes these pictures take long: run without -short")
	}
	p := native(t)
	model := withAdapters(t)
	latent := func(prompt string, regions ...Region) []float32 {
		q := adapterRequest(model, prompt)
		q.Steps, q.Sampler, q.Regions = 1, "Euler", regions
		all := steppedRun(t, p, q)
		return all[len(all)-1].Data
	}
	both := latent("a meadow", split("a fox<lora:fog:0.8>", "a barn<lora:rain:0.7>")...)
	left, right, plain := latent("a fox<lora:fog:0.8>"), latent("a barn<lora:rain:0.7>"), latent("a fox")
	var got, want, without []float32
	for i, v := range both {
		if i%8 < 4 {
			got, want, without = append(got, v), append(want, left[i]), append(without, plain[i])
		} else {
			got, want, without = append(got, v), append(want, right[i]), append(without, right[i])
		}
	}
	// Weights that are inputs and those in the file differ in rounding.
	if far := pipelinetest.Relative(got, want); far > 1e-5 {
		t.Errorf("the halves are off by %g", far)
	}
	if far := pipelinetest.Relative(got, without); far < 1e-3 {
		t.Errorf("halves with and without an adapter are only %g apart", far)
	}
}

// A picture of regions with adapters remembers all of them by name and sum, and is made again pixel for pixel; its
// recipe names them in the regions' prompts, and what is missing is told before the run with its region.
func TestARegionsAdaptersAreRemembered(t *testing.T) {
	p := native(t)
	model := withAdapters(t)
	q := adapterRequest(model, "a meadow <lora:rain:0.2>")
	q.Frame = image.Rect(0, 0, 64, 64)
	q.Regions = split("a fox<lora:fog:0.8>", "a barn")
	q.Regions[1].Adapters = []Adapter{{File: filepath.Join(filepath.Dir(model), "Lora", "rain.safetensors"), Weight: 0.5, TextWeight: 0.25}}
	res, err := p.Run(context.Background(), q, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := res.Request.Adapted; len(got) != 2 || !strings.HasPrefix(got[0], "rain: ") || !strings.HasPrefix(got[1], "fog: ") {
		t.Errorf("the run had the adapters %q", got)
	}
	written, err := json.Marshal(res.Replay())
	if err != nil || bytes.Contains(written, []byte(filepath.Dir(model))) {
		t.Fatalf("the record names a folder, or %v", err)
	}
	replay, err := ReadReplay(written)
	if err != nil {
		t.Fatal(err)
	}
	again := replay.Request
	again.Model = model
	second, err := p.Run(context.Background(), again, func(now Progress) {
		if now.Notice != "" {
			t.Error(now.Notice)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(second.Image.Pix, res.Image.Pix) {
		t.Error("another picture the second time")
	}
	again.Regions = split("a fox<lora:gone:0.8>", "a barn")
	if _, err := p.Run(context.Background(), again, nil); err == nil || !strings.Contains(err.Error(), `region "1": no adapter is called "gone"`) {
		t.Errorf("a missing adapter of a region: %v", err)
	}
}
