package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pentimento/pipeline"
	"pentimento/pipeline/metadata"
	"pentimento/pipeline/model"
	"pentimento/pipeline/pipelinetest"
)

// begin runs a verb of a program with (or without) a starter model built in.
func begin(starter func() (string, error), args ...string) result {
	var out, errs bytes.Buffer
	rt := &pipelinetest.Runtime{Eval: pipelinetest.Zeros}
	code := Main(context.Background(), args, Env{
		Stdin: bytes.NewReader(nil), Stdout: &out, Stderr: &errs, Version: "9.9.9", pickSeed: func() int64 { return 77 }, Starter: starter,
		Runtime: func() (model.Runtime, error) { return rt, nil },
	})
	return result{code, out.String(), errs.String()}
}

// The starter brings its vocabulary, so no merges are built in here.
func TestVerbsUseTheStarterAndItsNumbersWhenNoModelIsNamed(t *testing.T) {
	path := pipelinetest.Starter().Write(t, "single", "F16")
	starter := func() (string, error) { return path, nil }
	dir := t.TempDir()
	pic, mask, out := filepath.Join(dir, "in.png"), filepath.Join(dir, "mask.png"), filepath.Join(dir, "out.png")
	save(t, pic, scene(72, 64, 3))
	save(t, mask, hole(72, 64, image.Rect(20, 20, 50, 40)))
	for _, c := range []struct {
		args     []string
		steps    int
		cfg      float64
		sampler  string
		schedule string
	}{
		{[]string{"generate"}, 5, 2.5, "Euler", "SGM Uniform"},
		{[]string{"generate", "--steps", "3", "--cfg", "7"}, 3, 7, "Euler", "SGM Uniform"},
		{[]string{"generate", "--schedule", "simple"}, 5, 2.5, "Euler", "Simple"},
		{[]string{"generate", "--sampler", "dpmpp_2m"}, 5, 2.5, "DPM++ 2M", "Karras"},
		{[]string{"generate", "--model", path}, 5, 2.5, "Euler", "SGM Uniform"},
	} {
		r := begin(starter, append(c.args, "--prompt", "a red boat", "--size", "64x64", "--out", out, "--json")...)
		var got diffusionReport
		if err := json.Unmarshal([]byte(r.out), &got); err != nil || r.code != ExitDone {
			t.Errorf("%q: exit %d, %v: %s", c.args, r.code, err, r.errors)
			continue
		}
		if got.Steps != c.steps || got.CFG != c.cfg || got.Sampler != c.sampler || got.Schedule != c.schedule {
			t.Errorf("%q ran as %d steps, cfg %g, %s, %s; want %d, %g, %s, %s", c.args, got.Steps, got.CFG, got.Sampler, got.Schedule, c.steps, c.cfg, c.sampler, c.schedule)
		}
	}
	for _, args := range [][]string{
		{"fill", "--mask", mask}, {"outpaint", "--right", "24"},
	} {
		r := begin(starter, append(args, "--engine", "diffusion", "--image", pic, "--prompt", "a boat", "--out", out)...)
		if r.code != ExitDone {
			t.Errorf("%s: exit %d: %s", args[0], r.code, r.errors)
		}
	}
}

// TestWordsThatTheStarterDoesNotKnowAreTold, that it is the Starter that paints, and what it
// is not made for; a model that was named and words that are known need no note.
func TestWordsThatTheStarterDoesNotKnowAreTold(t *testing.T) {
	path := pipelinetest.Starter().Write(t, "single", "F16")
	starter := func() (string, error) { return path, nil }
	dir := t.TempDir()
	pic, mask, out := filepath.Join(dir, "in.png"), filepath.Join(dir, "mask.png"), filepath.Join(dir, "out.png")
	save(t, pic, scene(72, 64, 3))
	save(t, mask, hole(72, 64, image.Rect(20, 20, 50, 40)))
	const paints, photo = "note: without --model the Starter (a toy to try the tools with) paints\n", "doesn't match a photograph"
	for _, c := range []struct {
		args       []string
		told, kept []string
	}{
		{[]string{"generate", "--prompt", "a red boat", "--size", "64x64"}, []string{paints}, []string{"know", photo}},
		{[]string{"generate", "--prompt", "a red baot, a castle", "--size", "64x64"}, []string{`doesn't know "baot"; did you mean "boat"?`, `doesn't know "castle"`}, []string{`"red"`, photo}},
		{[]string{"generate", "--prompt", "castle", "--negative", "ugly", "--size", "64x64"}, []string{"knows none of these words"}, nil},
		{[]string{"generate", "--prompt", "a red boat, castle", "--size", "64x64", "--model", path}, []string{`doesn't know "castle"`}, []string{paints}},
		{[]string{"fill", "--engine", "diffusion", "--image", pic, "--mask", mask, "--prompt", "a castle, red"}, []string{paints, photo, `doesn't know "castle"`}, nil},
		{[]string{"outpaint", "--engine", "diffusion", "--image", pic, "--right", "24", "--prompt", "boat"}, []string{photo}, []string{"know"}},
	} {
		r := begin(starter, append(c.args, "--steps", "2", "--out", out)...)
		if n := strings.Count(r.errors, "knows none of these words"); n > 1 {
			t.Errorf("%q: told %d times, want once for prompt and negative prompt together", c.args, n)
		}
		for _, want := range c.told {
			if !strings.Contains(r.errors, want) || r.code != ExitDone {
				t.Errorf("%q: exit %d, %q, want %q", c.args, r.code, r.errors, want)
			}
		}
		for _, not := range c.kept {
			if strings.Contains(r.errors, not) {
				t.Errorf("%q: %q, want nothing of %q", c.args, r.errors, not)
			}
		}
	}
}

// TestInfoCallsTheStarterWhatItIs, and no other model.
func TestInfoCallsTheStarterWhatItIs(t *testing.T) {
	dir := t.TempDir()
	data, err := os.ReadFile(pipelinetest.Starter().Write(t, "single", "F16"))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{"starter-0123456789ab": true, "starter-kit": false} {
		path, out := filepath.Join(dir, name+".safetensors"), filepath.Join(dir, name+".png")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		if r := begin(nil, "generate", "--model", path, "--prompt", "a red boat", "--size", "64x64", "--steps", "2", "--out", out); r.code != ExitDone {
			t.Fatal(r.errors)
		}
		if r := begin(nil, "info", out); strings.Contains(r.out, "Starter (a toy to try the tools with)") != want {
			t.Errorf("%s: %s", name, r.out)
		}
	}
}

func TestWithoutAStarterAModelIsAskedFor(t *testing.T) {
	out := filepath.Join(t.TempDir(), "a.png")
	r := begin(nil, "generate", "--prompt", "a boat", "--out", out)
	if r.code != ExitMisuse || !strings.Contains(r.errors, "no --model") || !strings.Contains(r.errors, "hint: ") {
		t.Errorf("exit %d: %s", r.code, r.errors)
	}
	r = begin(func() (string, error) { return "", errors.New("the disk is full") }, "generate", "--prompt", "a boat", "--out", out)
	if r.code != ExitFailed || !strings.Contains(r.errors, "the disk is full") {
		t.Errorf("exit %d: %s", r.code, r.errors)
	}
}

// TestGenerateDraftsWhatIsLargerThanTheModelLikes as the window's frame does: at once, a small
// model paints every thing several times. What a model can make at once it makes at once.
func TestGenerateDraftsWhatIsLargerThanTheModelLikes(t *testing.T) {
	path := pipelinetest.Starter().Write(t, "single", "F16")
	starter := func() (string, error) { return path, nil }
	info, err := pipeline.Describe(pipeline.Models{Model: path})
	if err != nil {
		t.Fatal(err)
	}
	for times, passes := range map[int]int{1: 1, 2: 2} {
		out, side := filepath.Join(t.TempDir(), "out.png"), times*info.Size
		r := begin(starter, "generate", "--prompt", "a red boat", "--steps", "2", "--size", fmt.Sprintf("%dx%d", side, side), "--out", out)
		if r.code != ExitDone {
			t.Fatalf("exit %d: %s", r.code, r.errors)
		}
		img, texts := load(t, out)
		d, err := metadata.ParseDocument(texts["pentimento"])
		if err != nil {
			t.Fatal(err)
		}
		run, err := pipeline.ReadReplay(d.Fills[0].Run)
		if err != nil {
			t.Fatal(err)
		}
		got := run.Request.Plan.Layout.Passes
		if len(got) != passes || got[0].Size.X > info.Size*5/4 || got[passes-1].Size.X != side || img.Rect.Dx() != side {
			t.Errorf("%d×%d by a model of %d: a picture of %v in passes %v, want %d", side, side, info.Size, img.Rect, got, passes)
		}
	}
}
