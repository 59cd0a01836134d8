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

	"pentimento/pipeline"
)

// TestBatchesFillAPictureSeveralTimes: each from the picture as it was, with seeds and names
// counting up, and the same as alone by its seed.
func TestBatchesFillAPictureSeveralTimes(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	save(t, at("in.png"), scene(64, 64, 3))
	save(t, at("mask.png"), hole(64, 64, image.Rect(20, 20, 40, 44)))
	s := &stranger{make: func(q pipeline.Request) (*pipeline.Result, error) {
		if i := (image.Point{22, 22}); q.Image.NRGBAAt(i.X, i.Y) != scene(64, 64, 3).NRGBAAt(i.X, i.Y) {
			t.Errorf("seed %d is shown a picture that was filled before", q.Seed)
		}
		return everywhere(q)
	}}
	for verb, more := range map[string][]string{"fill": {"--mask", at("mask.png")}, "outpaint": {"--right", "16"}} {
		s.got = nil
		args := append([]string{verb, "--isolate", "--engine", "diffusion", "--model", "far.safetensors", "--image", at("in.png"), "--batch", "3", "--json", "--out", at(verb + ".png")}, more...)
		r := s.elsewhere(args...)
		var told []facts
		if err := json.Unmarshal([]byte(r.out), &told); err != nil || r.code != ExitDone || len(told) != 3 || len(s.got) != 3 {
			t.Fatalf("%s: exit %d, %v, %d runs, %s%s", verb, r.code, err, len(s.got), r.out, r.errors)
		}
		for i, name := range []string{verb + ".png", verb + "-2.png", verb + "-3.png"} {
			_, texts := load(t, at(name))
			if q := s.got[i]; q.Seed != int64(77+i) || q.Batch != 1 || told[i].Seed != uint64(77+i) || told[i].Out != at(name) || !strings.Contains(texts["parameters"], "Seed: 7"+string(rune('7'+i))) {
				t.Errorf("%s %d: seed %d of a batch of %d, told %+v, written %q", verb, i, q.Seed, q.Batch, told[i], texts["parameters"])
			}
		}
	}
}

// TestACancelledBatchKeepsWhatIsFinished and says how much that is.
func TestACancelledBatchKeepsWhatIsFinished(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	save(t, at("in.png"), scene(64, 64, 3))
	save(t, at("mask.png"), hole(64, 64, image.Rect(20, 20, 40, 44)))
	for _, args := range [][]string{{"generate"}, {"fill", "--engine", "diffusion", "--image", at("in.png"), "--mask", at("mask.png")}} {
		ctx, cancel := context.WithCancel(context.Background())
		s := &stranger{}
		s.make = func(q pipeline.Request) (*pipeline.Result, error) {
			if len(s.got) == 3 {
				cancel()
				return nil, ctx.Err()
			}
			return everywhere(q)
		}
		var out, errs bytes.Buffer
		code := Main(ctx, append(args, "--isolate", "--model", "far.safetensors", "--prompt", "x", "--batch", "4", "--out", at(args[0]+".png")), Env{
			Stdin: bytes.NewReader(nil), Stdout: &out, Stderr: &errs, pickSeed: func() int64 { return 77 },
			Isolated: func() (pipeline.Runner, func()) { return s, func() {} },
		})
		if code != ExitFailed || !strings.Contains(errs.String(), "stopped; 2 of 4 pictures were written") {
			t.Errorf("%s: exit %d: %s", args[0], code, errs.String())
		}
		for name, want := range map[string]bool{args[0] + ".png": true, args[0] + "-2.png": true, args[0] + "-3.png": false} {
			if _, err := os.Stat(at(name)); (err == nil) != want {
				t.Errorf("%s: %v, want it there: %v", name, err, want)
			}
		}
	}
}

// TestProgressIsOfTheWholeBatch.
func TestProgressIsOfTheWholeBatch(t *testing.T) {
	var w bytes.Buffer
	b := &bar{w: &w, terminal: true}
	b.nth(1, 4)(pipeline.Progress{Stage: "step 1 of 2", Fraction: 0.5})
	if !strings.Contains(w.String(), " 38 % picture 2 of 4: step 1 of 2") {
		t.Errorf("%q", w.String())
	}
}
