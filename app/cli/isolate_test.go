package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"image"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pentimento/fault"
	"pentimento/pipeline"
	"pentimento/pipeline/metadata"
	"pentimento/pipeline/pixels"
)

// stranger is a runner in another process as far as a verb knows: it makes what it likes of
// a request.
type stranger struct {
	got   []pipeline.Request
	make  func(q pipeline.Request) (*pipeline.Result, error)
	ended int
}

func (s *stranger) Run(_ context.Context, q pipeline.Request, report func(pipeline.Progress)) (*pipeline.Result, error) {
	s.got = append(s.got, q)
	report(pipeline.Progress{Stage: "step 1 of 1", Fraction: 0.5, Notice: "the card is slow today"})
	return s.make(q)
}

// elsewhere runs a verb whose networks the stranger has.
func (s *stranger) elsewhere(args ...string) result {
	var out, errs bytes.Buffer
	code := Main(context.Background(), args, Env{
		Stdin: bytes.NewReader(nil), Stdout: &out, Stderr: &errs, Version: "9.9.9", pickSeed: func() int64 { return 77 },
		Isolated: func() (pipeline.Runner, func()) { return s, func() { s.ended++ } },
	})
	return result{code, out.String(), errs.String()}
}

// everywhere repaints all it is shown and says so.
func everywhere(q pipeline.Request) (*pipeline.Result, error) {
	r := image.Rect(0, 0, 64, 64)
	if q.Image != nil {
		r = q.Image.Rect
	}
	q.Width, q.Height = r.Dx(), r.Dy()
	res := &pipeline.Result{Mask: pixels.Full(r), Request: q, Device: "elsewhere"}
	for i := range max(q.Batch, 1) {
		img := image.NewNRGBA(r)
		for n := range img.Pix {
			img.Pix[n] = byte(200 + i)
		}
		res.Images, res.Seeds = append(res.Images, img), append(res.Seeds, q.Nth(i).Seed)
	}
	res.Image = res.Images[0]
	return res, nil
}

// TestVerbsKeepTheRestWhateverTheEngineReturns, with no model, vocabulary or runtime here.
func TestVerbsKeepTheRestWhateverTheEngineReturns(t *testing.T) {
	dir := t.TempDir()
	img, box := scene(70, 60, 8), image.Rect(20, 20, 41, 39)
	in, mask, out := save(t, filepath.Join(dir, "in.png"), img), save(t, filepath.Join(dir, "mask.png"), hole(70, 60, box)), filepath.Join(dir, "out.png")
	s := &stranger{make: everywhere}
	r := s.elsewhere("fill", "--isolate", "--engine", "diffusion", "--model", "far.safetensors", "--prompt", "a barn", "--image", in, "--mask", mask, "--out", out, "--json")
	var f facts
	if err := json.Unmarshal([]byte(r.out), &f); err != nil || r.code != ExitDone || r.errors != "note: the card is slow today\n" {
		t.Fatalf("fill: exit %d, %v: %s", r.code, err, r.errors)
	}
	got, texts := load(t, out)
	if n := sameOutside(t, got, img, image.Point{}, func(x, y int) bool { return image.Pt(x, y).In(box) }); n < 300 {
		t.Errorf("fill: %d pixels changed inside the mask", n)
	}
	if f.Rect != metadata.RectOf(box) || f.Device != "elsewhere" || f.Seed != 77 || f.WorkSize[0] != 70 || !strings.Contains(texts["parameters"], "Model: far") {
		t.Errorf("fill: facts %+v, parameters %q", f, texts["parameters"])
	}
	if q := s.got[0]; q.Prompt != "a barn" || !q.Inside || q.Frame != box || q.Image.Rect != img.Rect || q.Mask.Rect != img.Rect {
		t.Errorf("fill: the engine was asked for %+v", q)
	}
	again := filepath.Join(dir, "again.png")
	r = s.elsewhere("fill", "--isolate", "--recipe", out, "--model", "near.safetensors", "--threads", "3", "--device", "cpu", "--image", in, "--mask", mask, "--out", again)
	if q := s.got[1]; r.code != ExitDone || q.Prompt != "a barn" || q.Seed != 77 || q.Model != "near.safetensors" || q.Threads != 3 || q.Device != "cpu" {
		t.Errorf("fill again: exit %d, %s: the engine was asked for %+v", r.code, r.errors, q)
	}
	r = s.elsewhere("outpaint", "--isolate", "--engine", "diffusion", "--model", "far.safetensors", "--image", in, "--left", "9", "--bottom", "5", "--out", out)
	if r.code != ExitDone {
		t.Fatalf("outpaint: exit %d: %s", r.code, r.errors)
	}
	got, _ = load(t, out)
	seam := image.Rect(8, 0, 70, 52) // of the old picture, 8 pixels beside what is new may change
	if n := sameOutside(t, got, img, image.Pt(9, 0), func(x, y int) bool { return !image.Pt(x, y).In(seam) }); n == 0 {
		t.Error("outpaint: the engine's seam was not laid in")
	}
	s.elsewhere("outpaint", "--isolate", "--engine", "diffusion", "--model", "far.safetensors", "--image", in, "--left", "9", "--bottom", "5", "--over-mask", "3", "--out", out)
	got, _ = load(t, out)
	sameOutside(t, got, img, image.Pt(9, 0), func(x, y int) bool { return !image.Pt(x, y).In(image.Rect(3, 0, 70, 57)) })
	s.elsewhere("outpaint", "--isolate", "--engine", "diffusion", "--model", "far.safetensors", "--image", in, "--left", "9", "--bottom", "5", "--keep-exact", "--out", out)
	got, _ = load(t, out)
	sameOutside(t, got, img, image.Pt(9, 0), func(x, y int) bool { return false })
	r = s.elsewhere("generate", "--isolate", "--model", "far.safetensors", "--batch", "2", "--variation-strength", "0.1", "--variation-seed", "5", "--out", out)
	if r.code != ExitDone {
		t.Fatalf("generate: exit %d: %s", r.code, r.errors)
	}
	for i, path := range []string{out, filepath.Join(dir, "out-2.png")} {
		got, texts := load(t, path)
		d, err := metadata.ParseDocument(texts["pentimento"])
		if err != nil || got.Pix[0] != 200 || d.Fills[0].Seed != 77 || d.Fills[0].VariationSeed != int64(5+i) {
			t.Errorf("generate: picture %d says %+v, %v", i, d, err)
		}
	}
	if s.ended != 6 {
		t.Errorf("the process was ended %d times, want after each of 6 verbs", s.ended)
	}
}

func TestAFailingEngineWritesNothing(t *testing.T) {
	dir := t.TempDir()
	img := save(t, filepath.Join(dir, "in.png"), scene(40, 40, 8))
	mask, out := save(t, filepath.Join(dir, "m.png"), hole(40, 40, image.Rect(9, 9, 20, 20))), filepath.Join(dir, "out.png")
	for want, c := range map[string]struct {
		make func(q pipeline.Request) (*pipeline.Result, error)
		code int
		args []string
	}{
		"pentimento: fill: the engine was killed\nhint: try the processor\n": {func(pipeline.Request) (*pipeline.Result, error) {
			return nil, fault.New("the engine was killed", "try the processor")
		}, ExitFailed, nil},
		"pentimento: stopped; nothing was written\n": {func(pipeline.Request) (*pipeline.Result, error) { return nil, context.Canceled }, ExitFailed, nil},
		"commission: the engine returned a picture of bounds": {func(q pipeline.Request) (*pipeline.Result, error) {
			q.Image = image.NewNRGBA(image.Rect(0, 0, 9, 9))
			return everywhere(q)
		}, ExitFailed, nil},
		"--trace-latent with --isolate":           {nil, ExitMisuse, []string{"--trace-latent", filepath.Join(dir, "t.safetensors")}},
		`--isolate belongs to engine "diffusion"`: {nil, ExitMisuse, []string{"--engine", "edge"}},
	} {
		s := &stranger{make: c.make}
		r := s.elsewhere(append([]string{"fill", "--isolate", "--engine", "diffusion", "--model", "far.safetensors", "--image", img, "--mask", mask, "--out", out}, c.args...)...)
		if _, err := os.Stat(out); r.code != c.code || !strings.Contains(r.errors, want) || !errors.Is(err, os.ErrNotExist) {
			t.Errorf("exit %d, want %d; said %q, want %q; stat %v", r.code, c.code, r.errors, want, err)
		}
		if c.make != nil && s.ended != 1 {
			t.Errorf("%q: the process was ended %d times, want once", want, s.ended)
		}
	}
	if r := do(t, nil, "generate", "--isolate", "--model", "far.safetensors", "--out", out); r.code != ExitFailed || !strings.Contains(r.errors, "hint: leave out --isolate") {
		t.Errorf("without another process: exit %d: %s", r.code, r.errors)
	}
}
