package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"image"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pentimento/canvas/file"
	"pentimento/pipeline/model"
	"pentimento/pipeline/pipelinetest"
)

// detailing runs a verb with stand-ins for the networks, also for those that find things.
func detailing(t *testing.T, args ...string) result {
	t.Helper()
	var out, errs bytes.Buffer
	env := paintEnv(t, &out, &errs)
	rt := &pipelinetest.Runtime{Eval: pipelinetest.Finding(pipelinetest.StandIn)}
	env.Runtime = func() (model.Runtime, error) { return rt, nil }
	return result{Main(context.Background(), args, env), out.String(), errs.String()}
}

func opened(t *testing.T, path string) *image.NRGBA {
	t.Helper()
	p, err := file.Open(context.Background(), path, nil)
	if err != nil {
		t.Fatal(err)
	}
	return p.NRGBA()
}

// TestDetailRedoesWhatItFinds and nothing else; its recipe does the same again, by other names of files and on a folder that
// was begun.
func TestDetailRedoesWhatItFinds(t *testing.T) {
	m, dir := tinyModel(t), t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	yolo := pipelinetest.WriteYolo(t, dir, "face.onnx", []string{"face"}, []float32{16, 16, 12, 12, 0.9}, []float32{48, 40, 10, 10, 0.8})
	in := save(t, at("in.png"), scene(128, 128, 1))
	r := detailing(t, "detail", in, at("mask.png"), "--find", yolo, "--mask-only", "--mask-blur", "2", "--json")
	var facts detailFacts
	if err := json.Unmarshal([]byte(r.out), &facts); err != nil || r.code != 0 || len(facts.Found) != 2 || facts.Found[0].Class != "face" {
		t.Fatalf("exit %d, %s, %+v", r.code, r.errors, facts)
	}
	args := []string{"--model", m, "--steps", "2", "--find", yolo, "--mask-blur", "2", "--find-prompt", "a [SEP] b", "--find-steps", "1"}
	r = detailing(t, append([]string{"detail", in, at("out.png"), "--json"}, args...)...)
	if err := json.Unmarshal([]byte(r.out), &facts); err != nil || r.code != 0 || facts.Changed < 100 || facts.Seed != 77 {
		t.Fatalf("exit %d, %s, %+v", r.code, r.errors, facts)
	}
	before, after, mask := opened(t, in), opened(t, at("out.png")), opened(t, at("mask.png"))
	changed := 0
	for i := 0; i < len(before.Pix); i += 4 {
		if !bytes.Equal(before.Pix[i:i+4], after.Pix[i:i+4]) {
			if changed++; mask.Pix[i] == 0 {
				t.Fatalf("pixel %d changed outside the mask", i/4)
			}
		}
	}
	if changed != facts.Changed {
		t.Errorf("%d pixels changed, and %d are told", changed, facts.Changed)
	}
	if err := os.Remove(yolo); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{in, at("again.png")}, {"--in", in, "--out", at("again.png"), "--fetch", "--overwrite"}} {
		r = detailing(t, append([]string{"detail", "--recipe", at("out.png"), "--model", m}, args...)...)
		if r.code != 0 || !bytes.Equal(opened(t, at("again.png")).Pix, after.Pix) {
			t.Errorf("by its recipe and %q it is another picture: exit %d, %s", args, r.code, r.errors)
		}
		os.Remove(at("again.png"))
	}
	if r = detailing(t, "detail", dir, at("all"), "--recipe", at("out.png"), "--model", m); r.code != 1 || !strings.Contains(r.errors, "face.onnx") {
		t.Errorf("a folder has finds of its own, which want the network: exit %d, %s", r.code, r.errors)
	}
	if r = detailing(t, "info", at("out.png")); !strings.Contains(r.out, "ADetailer model") || !strings.Contains(r.out, "a [SEP] b") {
		t.Errorf("info doesn't say what was redone: %s", r.out)
	}
}

// TestDetailOfAFolderGoesOn where it was; one that is broken is told of.
func TestDetailOfAFolderGoesOn(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	yolo := pipelinetest.WriteYolo(t, dir, "face.onnx", []string{"face"}, []float32{16, 16, 12, 12, 0.9})
	for _, name := range []string{"in", "out"} {
		if err := os.Mkdir(at(name), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	save(t, at("in/a.png"), scene(64, 64, 1))
	save(t, at("in/b.png"), scene(64, 64, 2))
	if err := os.WriteFile(at("in/c.png"), []byte("no picture"), 0o600); err != nil {
		t.Fatal(err)
	}
	save(t, at("out/a.png"), scene(9, 9, 3))
	r := detailing(t, "detail", "--in", at("in"), "--out", at("out"), "--find", yolo, "--mask-only")
	if r.code != 1 || !strings.Contains(r.errors, "1 of 3") || !strings.Contains(r.errors, "a.png: there already") || sizeOf(t, at("out/a.png")) != image.Pt(9, 9) || sizeOf(t, at("out/b.png")) != image.Pt(64, 64) {
		t.Errorf("exit %d, %s", r.code, r.errors)
	}
	if r = detailing(t, "detail", at("in"), at("in"), "--find", yolo, "--mask-only"); r.code != 1 {
		t.Errorf("into its own folder: exit %d, %s", r.code, r.errors)
	}
}

// TestDetailRefusesWhatCannotBeMeant in words, and says what to do.
func TestDetailRefusesWhatCannotBeMeant(t *testing.T) {
	dir := t.TempDir()
	in, out := save(t, filepath.Join(dir, "in.png"), scene(32, 32, 1)), filepath.Join(dir, "out.png")
	if err := os.WriteFile(filepath.Join(dir, "x.pt"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		code int
		says string
		args []string
	}{
		{2, "--find is missing", nil}, {2, "Did you mean face", []string{"--find", "fase"}}, {2, "--find-size", []string{"--find", "face", "--size", "64x64"}}, {2, "finds are made once", []string{"--find", "face", "--hires", "2"}}, {2, "no use here", []string{"--find", "face", "--batch", "2"}},
		{1, "yolo export", []string{"--find", filepath.Join(dir, "x.pt")}}, {1, "no such file", []string{"--find", "nothing.onnx"}}, {2, "0 to 1", []string{"--find", "face", "--confidence", "3"}},
		{2, "want X,Y", []string{"--find", "face", "--offset", "3"}}, {2, "whole number", []string{"--find", "face", "--top", "many"}}, {1, "doesn't say", nil},
	} {
		args := append([]string{"detail", in, out, "--mask-only"}, c.args...)
		if c.code == 1 && c.args == nil {
			args = []string{"detail", in, out, "--mask-only", "--recipe", in}
			c.says = "says nothing of how it was made"
		}
		if r := detailing(t, args...); r.code != c.code || !strings.Contains(strings.ToLower(r.errors), strings.ToLower(c.says)) {
			t.Errorf("%v: exit %d, %s; want %d and %q", c.args, r.code, r.errors, c.code, c.says)
		}
	}
}

// TestGenerateRedoesADetailersPasses of a recipe of A1111's, with the network near the model, and says what it cannot.
func TestGenerateRedoesADetailersPasses(t *testing.T) {
	m, dir := tinyModel(t), t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	write := func(name, more string) string {
		text := "a barn\nSteps: 2, Sampler: Euler, CFG scale: 5, Seed: 3, Size: 64x64" + more
		if err := os.WriteFile(at(name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return at(name)
	}
	const pass = ", ADetailer model: face_yolov8n.pt, ADetailer confidence: 0.3, ADetailer denoising strength: 0.9, ADetailer mask blur: 1"
	if r := detailing(t, "generate", "--recipe", write("plain.txt", ""), "--model", m, "--out", at("plain.png")); r.code != 0 {
		t.Fatalf("exit %d, %s", r.code, r.errors)
	}
	r := detailing(t, "generate", "--recipe", write("with.txt", pass), "--model", m, "--out", at("without.png"))
	if r.code != 0 || !strings.Contains(r.errors, "not taken over: ADetailer's face_yolov8n.pt") {
		t.Errorf("without the network: exit %d, %s", r.code, r.errors)
	}
	pipelinetest.WriteYolo(t, filepath.Dir(m), "face_yolov8n.onnx", []string{"face"}, []float32{32, 32, 30, 30, 0.9})
	r = detailing(t, "generate", "--recipe", at("with.txt"), "--model", m, "--out", at("with.png"))
	if r.code != 0 || strings.Contains(r.errors, "not taken over") {
		t.Fatalf("exit %d, %s", r.code, r.errors)
	}
	plain, without, with := opened(t, at("plain.png")), opened(t, at("without.png")), opened(t, at("with.png"))
	if !bytes.Equal(plain.Pix, without.Pix) || bytes.Equal(plain.Pix, with.Pix) {
		t.Error("the pass changed nothing, or what was left out did")
	}
	r = detailing(t, "generate", "--recipe", at("with.png"), "--model", m, "--out", at("again.png"))
	if r.code != 0 || !bytes.Equal(opened(t, at("again.png")).Pix, with.Pix) {
		t.Errorf("made again it is another picture: exit %d, %s", r.code, r.errors)
	}
	if r = detailing(t, "info", at("with.png")); !strings.Contains(r.out, "ADetailer model") {
		t.Errorf("info doesn't say what was redone: %s", r.out)
	}
}
