package cli

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"image"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pentimento/canvas/file"
	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/model"
	"pentimento/pipeline/pipelinetest"
	"pentimento/pipeline/tensor"
)

// paint runs a verb with such networks and the program's vocabulary.
func paint(t *testing.T, args ...string) result {
	t.Helper()
	var out, errs bytes.Buffer
	code := Main(context.Background(), args, paintEnv(t, &out, &errs))
	return result{code, out.String(), errs.String()}
}

func paintEnv(t *testing.T, out, errs *bytes.Buffer) Env {
	t.Helper()
	merges, err := os.ReadFile("../../assets/vocab/merges.txt")
	if err != nil {
		t.Fatalf("the vocabulary is not here; `make vocab` fetches it: %v", err)
	}
	rt := &pipelinetest.Runtime{Eval: pipelinetest.StandIn}
	return Env{
		Stdin: bytes.NewReader(nil), Stdout: out, Stderr: errs, Version: "9.9.9", pickSeed: func() int64 { return 77 },
		Merges:  func() ([]byte, error) { return merges, nil },
		Runtime: func() (model.Runtime, error) { return rt, nil },
	}
}

func tinyModel(t *testing.T) string {
	t.Helper()
	return pipelinetest.Tiny(t, "tiny15").Write(t, "single", "F16")
}

func TestGenerateWritesPicturesThatSayHowTheyWereMade(t *testing.T) {
	m, out := tinyModel(t), filepath.Join(t.TempDir(), "a.png")
	r := paint(t, "generate", "--model", m, "--prompt", "a red barn, (old:1.2)", "--negative", "fog", "--size", "64x72", "--steps", "3", "--cfg", "6.5",
		"--sampler", "dpmpp_2m", "--schedule", "karras", "--batch", "2", "--clip-skip", "2", "--rng", "nv", "--out", out, "--json")
	if r.code != ExitDone {
		t.Fatalf("exit %d: %s", r.code, r.errors)
	}
	var got diffusionReport
	if err := json.Unmarshal([]byte(r.out), &got); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(m)
	if err != nil {
		t.Fatal(err)
	}
	hash := fmt.Sprintf("Model hash: %x", sha256.Sum256(data))[:len("Model hash: ")+10]
	if !slices.Equal(got.Seeds, []int64{77, 78}) || got.Width != 64 || got.Height != 72 || len(got.StepSeconds) != 6 || len(got.Timings) == 0 || got.PeakMemory < 0 {
		t.Errorf("report %+v", got)
	}
	for i, path := range []string{out, strings.TrimSuffix(out, ".png") + "-2.png"} {
		p, err := file.Open(context.Background(), path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if p.Width != 64 || p.Height != 72 {
			t.Errorf("%s is %d×%d", path, p.Width, p.Height)
		}
		texts, err := file.ReadTexts(path)
		if err != nil {
			t.Fatal(err)
		}
		at := slices.IndexFunc(texts, func(t file.Text) bool { return t.Key == "parameters" })
		if at < 0 {
			t.Fatalf("%s carries no parameters", path)
		}
		for _, want := range []string{"a red barn, (old:1.2)\nNegative prompt: fog\n", "Steps: 3, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 6.5, ",
			[]string{"Seed: 77, ", "Seed: 78, "}[i], "Size: 64x72", hash, "Model: tiny15", "Clip skip: 2", "RNG: NV"} {
			if !strings.Contains(texts[at].Text, want) {
				t.Errorf("parameters %q lack %q", texts[at].Text, want)
			}
		}
		if strings.Contains(texts[at].Text, filepath.Dir(m)) {
			t.Error("the model's folder left the program")
		}
	}
}

func TestTraceLatentHoldsEveryStepAndTheEnd(t *testing.T) {
	m, dir := tinyModel(t), t.TempDir()
	pic := filepath.Join(dir, "in.png")
	if err := os.WriteFile(pic, encode(t, scene(72, 64, 3)), 0o600); err != nil {
		t.Fatal(err)
	}
	mask := filepath.Join(dir, "mask.png")
	if err := os.WriteFile(mask, encode(t, hole(72, 64, image.Rect(20, 20, 50, 40))), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, args := range map[string][]string{
		"generate": {"generate", "--sampler", "euler"},
		"refine":   {"generate", "--image", pic, "--strength", "0.999", "--sampler", "euler"},
		"fill":     {"fill", "--engine", "diffusion", "--image", pic, "--mask", mask, "--sampler", "euler"},
	} {
		trace := filepath.Join(dir, name+".safetensors")
		args = append(args, "--model", m, "--steps", "4", "--size", "72x64", "--out", filepath.Join(dir, name+".png"), "--trace-latent", trace)
		if r := paint(t, args...); r.code != ExitDone {
			t.Fatalf("%s: exit %d: %s", name, r.code, r.errors)
		}
		got, err := checkpoint.ReadTensors(trace)
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range []string{"step.0", "step.1", "step.2", "step.3", "latent"} {
			if got[n] == nil || !slices.Equal(got[n].Shape, []int{1, 4, 8, 9}) {
				t.Errorf("%s: no %s of shape [1 4 8 9]", name, n)
			}
		}
		if len(got) != 5 {
			t.Errorf("%s: %d tensors, want 5", name, len(got))
		}
	}
}

func TestTraceStagesKeepTheirContract(t *testing.T) {
	m, dir := tinyModel(t), t.TempDir()
	in, out := filepath.Join(dir, "in.safetensors"), filepath.Join(dir, "out.safetensors")
	f, err := os.Create(in)
	if err != nil {
		t.Fatal(err)
	}
	err = checkpoint.WriteTensors(f, map[string]*tensor.Tensor{
		"x": tensor.New(2, 4, 8, 16), "timestep": {Shape: []int{2}, Data: []float32{500, 21.5}}, "context": tensor.New(2, 77, 128),
		"z": tensor.New(1, 4, 8, 16), "image": tensor.New(1, 3, 64, 128),
	})
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		name string
		want []int
	}{
		{[]string{"text", "--model", m, "--prompt", strings.Repeat("harbour ", 100)}, "context", []int{1, 154, 128}},
		{[]string{"denoise", "--model", m, "--in", in}, "out", []int{2, 4, 8, 16}},
		{[]string{"decode", "--model", m, "--in", in}, "image", []int{1, 3, 64, 128}},
		{[]string{"encode", "--model", m, "--in", in}, "moments", []int{1, 8, 8, 16}},
		{[]string{"noise", "--rng", "nv", "--seed", "7", "--shape", "1,4,8,8", "--draws", "2"}, "noise.1", []int{1, 4, 8, 8}},
	} {
		if r := paint(t, append(append([]string{"trace"}, c.args...), "--out", out)...); r.code != ExitDone {
			t.Errorf("%s: exit %d: %s", c.args[0], r.code, r.errors)
			continue
		}
		got, err := checkpoint.ReadTensors(out)
		if err != nil {
			t.Fatal(err)
		}
		if got[c.name] == nil || !slices.Equal(got[c.name].Shape, c.want) {
			t.Errorf("%s: no %s of shape %v", c.args[0], c.name, c.want)
		}
	}
	r := paint(t, "trace", "tokens", "--model", m, "--prompt", "a (cat:1.5)")
	var tokens struct {
		Chunks []struct {
			IDs     []int     `json:"ids"`
			Weights []float64 `json:"weights"`
		} `json:"chunks"`
	}
	if err := json.Unmarshal([]byte(r.out), &tokens); err != nil || len(tokens.Chunks) != 1 {
		t.Fatalf("tokens %q: %v", r.out, err)
	}
	c := tokens.Chunks[0]
	if len(c.IDs) != 77 || !slices.Equal(c.IDs[:5], []int{49406, 320, 2368, 49407, 49407}) || len(c.Weights) != 77 || c.Weights[2] != 1.5 || c.Weights[3] != 1 {
		t.Errorf("tokens %v, weights %v", c.IDs[:5], c.Weights[:5])
	}
	r = paint(t, "trace", "sigmas", "--schedule", "karras", "--steps", "4", "--model", m)
	var sigmas struct{ Sigmas []float64 }
	if err := json.Unmarshal([]byte(r.out), &sigmas); err != nil {
		t.Fatal(err)
	}
	for i, want := range []float64{14.614643, 3.1686094, 0.44692108, 0.029167539, 0} {
		if len(sigmas.Sigmas) != 5 || math.Abs(sigmas.Sigmas[i]-want) > 2e-5*want {
			t.Fatalf("sigmas %v", sigmas.Sigmas)
		}
	}
}

func TestModelsInspectTellsWhatAFileIs(t *testing.T) {
	m := tinyModel(t)
	r := paint(t, "models", "inspect", m, "--json")
	var got checkpoint.Report
	if err := json.Unmarshal([]byte(r.out), &got); err != nil || r.code != ExitDone {
		t.Fatalf("exit %d, %v: %s%s", r.code, err, r.out, r.errors)
	}
	if got.Family != "sd1" || got.Kind != "checkpoint" || got.DType != "fp16" || len(got.SHA256) != 64 || got.ShortHash != got.SHA256[:10] {
		t.Errorf("report %+v", got)
	}
	if r := paint(t, "models", "inspect", m); !strings.Contains(r.out, "Stable Diffusion 1.x") || !strings.Contains(r.out, got.ShortHash) {
		t.Errorf("report for people: %s", r.out)
	}
}

func TestWrongUseOfTheDiffusionVerbsIsExitTwoWithAHint(t *testing.T) {
	m, out := tinyModel(t), filepath.Join(t.TempDir(), "a.png")
	for _, c := range []struct {
		want int
		args []string
	}{
		{ExitMisuse, []string{"generate", "--model", m}},
		{ExitMisuse, []string{"generate", "--out", out}},
		{ExitMisuse, []string{"generate", "--model", m, "--out", out, "--size", "64"}},
		{ExitMisuse, []string{"generate", "--model", m, "--out", out, "--rng", "dice"}},
		{ExitMisuse, []string{"generate", "--model", m, "--out", out, "--strength", "2"}},
		{ExitFailed, []string{"generate", "--model", m + ".not", "--out", out}},
		{ExitMisuse, []string{"generate", "--model", m, "--out", out, "--sampler", "abacus"}},
		{ExitMisuse, []string{"trace"}}, {ExitMisuse, []string{"trace", "dreams"}}, {ExitMisuse, []string{"trace", "noise"}},
		{ExitMisuse, []string{"trace", "noise", "--out", out, "--shape", "1,-4"}},
		{ExitFailed, []string{"trace", "decode", "--model", m, "--in", m, "--out", out}},
		{ExitMisuse, []string{"trace", "sigmas", "--schedule", "karras", "--with", m}},
		{ExitMisuse, []string{"models"}}, {ExitFailed, []string{"models", "inspect", out}},
		{ExitFailed, []string{"devices", "--probe", "cpu"}},
	} {
		r := paint(t, c.args...)
		if r.code != c.want || strings.Count(r.errors, "\n") > 2 || !strings.HasPrefix(r.errors, "pentimento: ") {
			t.Errorf("%q: exit %d, want %d: %s", c.args, r.code, c.want, r.errors)
		}
		if _, err := os.Stat(out); err == nil {
			t.Errorf("%q: wrote a file", c.args)
		}
	}
}

func TestDevicesAreListed(t *testing.T) {
	if r := paint(t, "devices"); r.code != ExitDone || !strings.Contains(r.out, "cpu") || !strings.Contains(r.out, "ready") {
		t.Errorf("exit %d: %s%s", r.code, r.out, r.errors)
	}
	var got struct{ Devices []deviceRow }
	if r := paint(t, "devices", "--json"); json.Unmarshal([]byte(r.out), &got) != nil || len(got.Devices) != 1 || !got.Devices[0].Ready {
		t.Errorf("devices %s", r.out)
	}
}
