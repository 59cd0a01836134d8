//go:build cgo

package pipeline

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pentimento/fault"
	"pentimento/pipeline/adapter"
	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/metadata"
	"pentimento/pipeline/pipelinetest"
)

// withAdapter is a tiny model with a tiny adapter called "fog" beside it.
func withAdapter(t *testing.T) (model, file string) {
	t.Helper()
	model = tiny(t, "tiny15")
	dir := filepath.Join(filepath.Dir(model), "Lora")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return model, pipelinetest.Tiny(t, "tiny15").WriteLoRA(t, dir, "fog", 4)
}

func adapterRequest(model, prompt string) Request {
	return Request{
		Ask:      Ask{Engine: Diffusion, Task: Generate},
		Models:   Models{Model: model},
		Text:     Text{Prompt: prompt},
		Sampling: Sampling{Seed: 3, Steps: 2, CFG: 2, Width: 64, Height: 64},
		Where:    Where{Threads: 2},
		Ran:      Ran{Packed: []int{-1}, Exact: true, Adapted: []string{}},
	}
}

// merged writes the model as one file with the adapter's changes in it.
func merged(t *testing.T, model, file string, text, denoiser float64, ratio ...func(role, weight string) float64) string {
	t.Helper()
	ck, err := checkpoint.Open(model, checkpoint.Options{})
	if err != nil {
		t.Fatal(err)
	}
	f, err := adapter.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	var items []pipelinetest.Item
	for _, part := range []struct {
		*checkpoint.Part
		strength float64
	}{{ck.Denoiser, denoiser}, {ck.Text[0], text}, {ck.VAE, 0}} {
		use := adapter.Use{File: f, Strength: part.strength}
		if len(ratio) > 0 {
			use.Ratio = ratio[0]
		}
		changes, err := adapter.ChangesOf(part.Part, use)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range part.Names() {
			values, err := part.Tensors[name].Floats()
			if err == nil {
				err = changes.Apply(name, values)
			}
			if err != nil {
				t.Fatal(err)
			}
			var shape []int
			for _, n := range part.Tensors[name].Shape {
				shape = append(shape, int(n))
			}
			items = append(items, pipelinetest.NewItem(part.Tensors[name].Key, "F32", values, shape...))
		}
	}
	path := filepath.Join(t.TempDir(), "merged.safetensors")
	if err := pipelinetest.WriteSafetensors(path, items, ck.Metadata); err != nil {
		t.Fatal(err)
	}
	return path
}

// A tag in the prompt names a file near the model; the picture is the one of a checkpoint
// with the same changes in it, no matter who names the adapter, and the one without where the
// strength is 0, but for rounding. The first number of two is the text encoder's.
func TestAnAdapterPaintsAsAMergedModel(t *testing.T) {
	if testing.Short() {
		t.Skip("the race detector makes these pictures take long: run without -short")
	}
	p := native(t)
	model, file := withAdapter(t)
	run := func(q Request) *image.NRGBA {
		t.Helper()
		res, err := p.Run(context.Background(), q, func(now Progress) {
			if now.Notice != "" {
				t.Error(now.Notice)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		return res.Image
	}
	plain := run(adapterRequest(model, "waves"))
	outs := func(role, weight string) float64 {
		block, deep := 0, false
		switch n, _ := fmt.Sscanf(weight, "output_blocks.%d.", &block); {
		case role == "text_encoder":
			return 1
		case n == 1:
			deep = block < 6
		default:
			_, _ = fmt.Sscanf(weight, "input_blocks.%d.", &block)
			deep = block > 4 || strings.HasPrefix(weight, "middle_block")
		}
		if deep || !strings.HasPrefix(weight, "output_blocks") || block < 7 {
			return 0
		}
		return 1
	}
	listed := adapterRequest(model, "waves")
	listed.Adapters = []Adapter{{File: file, Weight: 0.8, TextWeight: 0.3}}
	for name, v := range map[string]struct{ got, want *image.NRGBA }{
		"a tag of one number":    {run(adapterRequest(model, "waves<lora:fog:0.8>")), run(adapterRequest(merged(t, model, file, 0.8, 0.8), "waves"))},
		"a tag of two numbers":   {run(adapterRequest(model, "<lora:fog:0.3:0.8>waves")), run(adapterRequest(merged(t, model, file, 0.3, 0.8), "waves"))},
		"the request's list":     {run(listed), run(adapterRequest(model, "waves<lora:fog:0.3:0.8>"))},
		"block weights":          {run(adapterRequest(model, "waves<lora:fog:0.8:lbw=OUTS:lbwe=PROJDEEPOFF>")), run(adapterRequest(merged(t, model, file, 0.8, 0.8, outs), "waves"))},
		"strength 0":             {run(adapterRequest(model, "waves<lora:fog:0>")), plain},
		"the negative prompt":    {run(adapterRequest(model, "waves")), plain},
		"halves that are summed": {run(adapterRequest(model, "waves<lora:fog:0.5><lora:fog:-0.5>")), plain},
	} {
		// The runtime's products and Go's, and weights that are inputs and those in the file, differ
		// in rounding.
		if far := most(v.got, v.want); far > 1 {
			t.Errorf("%s: another picture: a pixel is off by %d", name, far)
		}
	}
	for _, prompt := range []string{"waves<lora:fog:0.8>", "waves<lora:fog:0.8:0>", "waves<lora:fog:0:0.8>"} {
		if bytes.Equal(run(adapterRequest(model, prompt)).Pix, plain.Pix) {
			t.Errorf("%s: the picture without", prompt)
		}
	}
}

// most is the largest difference of two pictures' values.
func most(a, b *image.NRGBA) (far int) {
	for i, v := range a.Pix {
		far = max(far, int(v)-int(b.Pix[i]), int(b.Pix[i])-int(v))
	}
	return far
}

// What a picture remembers names its adapters and their sums, and makes the same pixels
// again; a file that holds something else is told.
func TestAnAdaptersPictureIsMadeAgain(t *testing.T) {
	p := native(t)
	model, file := withAdapter(t)
	q := adapterRequest(model, "waves<lora:fog:0.3:0.8>")
	q.Adapters = []Adapter{{File: file, Weight: 0.2, TextWeight: 0.1}}
	res, err := p.Run(context.Background(), q, nil)
	if err != nil {
		t.Fatal(err)
	}
	recipe := res.Request.Record(res.Image.Rect, time.Unix(0, 0)).Recipe("Pentimento")
	text := metadata.ParseA1111(recipe.Text())
	sum, _ := text.Get("Lora hashes")
	f, err := adapter.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	want, err := f.Sum(context.Background())
	if err != nil || len(want) != 12 || sum != "fog: "+want+", fog: "+want {
		t.Errorf("sums %q, want twice that of fog, %s (%v)", sum, want, err)
	}
	if got := text.FullPrompt(); !strings.Contains(got, "<lora:fog:0.3:0.8>") || !strings.Contains(got, "<lora:fog:0.1:0.2>") {
		t.Errorf("the recipe's prompt is %q", got)
	}
	written, err := json.Marshal(res.Replay())
	if err != nil || bytes.Contains(written, []byte(filepath.Dir(file))) {
		t.Fatalf("the record names a folder, or %v", err)
	}
	replay, err := ReadReplay(written)
	if err != nil {
		t.Fatal(err)
	}
	again := replay.Request
	again.Model = model
	var notices []string
	run := func() *Result {
		res, err := p.Run(context.Background(), again, func(now Progress) {
			if now.Notice != "" {
				notices = append(notices, now.Notice)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		return res
	}
	if got := run(); !bytes.Equal(got.Image.Pix, res.Image.Pix) || len(notices) > 0 {
		t.Errorf("another picture the second time, or notices %q", notices)
	}
	again.Adapted = []string{"fog: 000000000000"}
	if run(); !slices.ContainsFunc(notices, func(s string) bool { return strings.Contains(s, "not the files") }) {
		t.Errorf("notices %q, want one of other files", notices)
	}
}

// An adapter that is not there, or of another kind of model, is a problem before the run and
// an error of it, both with its name; the folders are in the advice.
func TestAMissingAdapterIsNamed(t *testing.T) {
	p := native(t)
	model, _ := withAdapter(t)
	pipelinetest.Tiny(t, "tinyxl").WriteLoRA(t, filepath.Join(filepath.Dir(model), "Lora"), "large", 2)
	for prompt, want := range map[string][2]string{
		"waves <lora:mist:1>":  {`"mist"`, filepath.Join(filepath.Dir(model), "Lora")},
		"waves <lora:large:1>": {`adapter "large.safetensors"`, ""},
	} {
		q := adapterRequest(model, prompt)
		_, err := p.Run(context.Background(), q, nil)
		if err == nil || !strings.Contains(err.Error(), want[0]) || !strings.Contains(fault.Hint(err), want[1]) || fault.Hint(err) == "" {
			t.Errorf("%s: error %v, hint %q", prompt, err, fault.Hint(err))
		}
		if !slices.ContainsFunc(p.Check(q), func(c Problem) bool {
			return c.Kind == "adapter" && c.Blocks && strings.Contains(c.Text, want[0]) && strings.Contains(c.Advice, want[1])
		}) {
			t.Errorf("%s: problems %v", prompt, p.Check(q))
		}
	}
}

// TestAPromptOpensNoPath: what a prompt or a record of a run names is looked for among the
// adapters of the model, wherever the file is that it names.
func TestAPromptOpensNoPath(t *testing.T) {
	model, file := withAdapter(t)
	outside := filepath.Join(t.TempDir(), "outside.safetensors")
	data, err := os.ReadFile(file)
	if err == nil {
		err = os.WriteFile(outside, data, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	p := New(nil)
	for name, blocks := range map[string]bool{outside: true, strings.TrimSuffix(outside, ".safetensors"): true, filepath.Join("..", "x", "fog"): false, "fog": false} {
		q := adapterRequest(model, "a barn <lora:"+name+":1>")
		refused := false
		for _, x := range p.Check(q) {
			refused = refused || x.Kind == "adapter"
		}
		if refused != blocks {
			t.Errorf("%s: refused %v, want %v", name, refused, blocks)
		}
	}
	record, _ := json.Marshal(Replay{Read: image.Rect(0, 0, 64, 64), Request: Request{Models: Models{Model: "/m/a.safetensors"}, Adapters: []Adapter{{File: outside}}}})
	r, err := ReadReplay(record)
	if err != nil || r.Request.Adapters[0].File != "outside.safetensors" || r.Request.Model != "a.safetensors" {
		t.Errorf("the record names %+v, %v", r.Request.Adapters, err)
	}
}

// TestTheHintOfAMissingAdapterNamesNoCache: the starter's folder is no place for adapters, and
// one folder is not several.
func TestTheHintOfAMissingAdapterNamesNoCache(t *testing.T) {
	starter := pipelinetest.Starter().Write(t, "single", "F16")
	for model, lacks := range map[string][]string{starter: {filepath.Dir(starter), "one of them"}, pipelinetest.Tiny(t, "tiny15").Write(t, "single", "F16"): {"one of them", "starter"}} {
		q := Request{Ask: Ask{Engine: Diffusion, Task: Generate}, Models: Models{Model: model}, Text: Text{Prompt: "sea <lora:fog:1>"}, Sampling: Sampling{Width: 64, Height: 64, Steps: 1}}
		_, err := native(t).Run(context.Background(), q, nil)
		hint := fault.Hint(err)
		if err == nil || hint == "" {
			t.Fatalf("error %v, hint %q", err, hint)
		}
		for _, text := range lacks {
			if strings.Contains(hint, text) {
				t.Errorf("the hint says %q: %s", text, hint)
			}
		}
	}
}
