//go:build cgo

package pipeline

import (
	"context"
	"image"
	"image/color"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pentimento/fault"
	"pentimento/pipeline/pipelinetest"
)

// pictured is a request for a tiny picture that an IP-Adapter steers, on the native runtime.
func pictured(t *testing.T, kind string) (*Pipeline, Request, string) {
	t.Helper()
	p, m, dir := native(t), pipelinetest.Tiny(t, "tiny15"), t.TempDir()
	img := image.NewNRGBA(image.Rect(5, 7, 105, 87))
	for i := range img.Pix {
		img.Pix[i] = uint8(i * i >> 7)
		if i%4 == 3 {
			img.Pix[i] = 255
		}
	}
	adapters, visions := filepath.Join(dir, "ipadapter"), filepath.Join(dir, "clip_vision")
	for _, d := range []string{adapters, visions} {
		if err := os.Mkdir(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	pipelinetest.WriteVision(t, visions, "any name.safetensors")
	q := Request{Ask: Ask{Engine: Diffusion, Task: Generate}, Text: Text{Prompt: "a cat"},
		Sampling: Sampling{Seed: 3, Steps: 2, CFG: 4, Width: 64, Height: 64, Sampler: "Euler"},
		Models:   Models{Model: m.Write(t, "single", "F32")}, Where: Where{Threads: 2}}
	q.Guides = []Guide{{Kind: GuideImage, Name: "cat.png", Weight: 1, End: 1, Model: m.WriteIPAdapter(t, adapters, kind+".safetensors", kind), Image: img}}
	return p, q, dir
}

func made1(t *testing.T, p *Pipeline, q Request) *Result {
	t.Helper()
	res, err := p.Run(context.Background(), q, nil)
	if err != nil {
		t.Fatal(err)
	}
	return res
}

// TestAPictureSteersThroughAnIPAdapter: it changes what is made, and not at all with a weight of 0; the encoder is
// found by what it is; the same request makes the same picture again, but for rounding in low-memory mode, too.
func TestAPictureSteersThroughAnIPAdapter(t *testing.T) {
	p, q, dir := pictured(t, "plain")
	bare := q
	bare.Guides = nil
	without, first := made1(t, p, bare), made1(t, p, q)
	if slices.Equal(first.Image.Pix, without.Image.Pix) {
		t.Fatal("the picture changes nothing")
	}
	if got := first.Request.Guides[0].Vision; got != filepath.Join(dir, "clip_vision", "any name.safetensors") {
		t.Errorf("the record says the encoder was %q", got)
	}
	if got := first.Request.Guides[0].Preprocessor; got != "ip-adapter_clip_sd15" {
		t.Errorf("the record calls the module %q", got)
	}
	again := first.Request
	again.Exact = true
	if got := made1(t, p, again); !slices.Equal(got.Image.Pix, first.Image.Pix) {
		t.Error("the same request makes another picture")
	}
	p.seen = seenPictures{} // the picture is looked at once more
	again.LowMemory = true
	most := 0
	for i, v := range made1(t, p, again).Image.Pix {
		most = max(most, int(v)-int(first.Image.Pix[i]), int(first.Image.Pix[i])-int(v))
	}
	if most > 2 {
		t.Errorf("in low-memory mode the picture differs by %d levels, want rounding at most", most)
	}
	off := q
	off.Guides = slices.Clone(q.Guides)
	off.Guides[0].Weight = 0
	if got := made1(t, p, off); !slices.Equal(got.Image.Pix, without.Image.Pix) {
		t.Error("with a weight of 0 the picture is not that without")
	}
}

// TestAnIPAdapterCalledPlusSteers, in a file of torch, where memory is counted.
func TestAnIPAdapterCalledPlusSteers(t *testing.T) {
	p, q, dir := pictured(t, "plain")
	plain := made1(t, p, q)
	q.Guides[0].Model = pipelinetest.Tiny(t, "tiny15").WriteIPAdapter(t, dir, "plus.bin", "plus")
	q.Memory = 0.05
	if plus := made1(t, p, q); slices.Equal(plus.Image.Pix, plain.Image.Pix) {
		t.Error("both kinds make the same picture")
	}
}

// TestWhereAndWhenAPictureActs: through a mask, in a part of the steps, in curves, beside others.
func TestWhereAndWhenAPictureActs(t *testing.T) {
	p, q, _ := pictured(t, "plain")
	bare := q
	bare.Guides = nil
	pictures := map[string][]uint8{"without": made1(t, p, bare).Image.Pix, "whole": made1(t, p, q).Image.Pix}
	half := image.NewAlpha(image.Rect(0, 0, 64, 64))
	for i := range half.Pix {
		if i%64 < 32 {
			half.Pix[i] = 255
		}
	}
	for name, change := range map[string]func(g *Guide){
		"masked":  func(g *Guide) { g.Mask = half },
		"late":    func(g *Guide) { g.Start = 0.5 },
		"falling": func(g *Guide) { g.Curve = "fall" },
	} {
		one := q
		one.Guides = slices.Clone(q.Guides)
		change(&one.Guides[0])
		pictures[name] = made1(t, p, one).Image.Pix
	}
	other := q.Guides[0]
	other.Crop = image.Rect(40, 30, 100, 80)
	two := q
	two.Guides = []Guide{q.Guides[0], other}
	pictures["two added up"] = made1(t, p, two).Image.Pix
	two.Guides = slices.Clone(two.Guides)
	two.Guides[1].Joined = true
	pictures["two in a row"] = made1(t, p, two).Image.Pix
	for a, x := range pictures {
		for b, y := range pictures {
			if a < b && slices.Equal(x, y) {
				t.Errorf("%q and %q are the same picture", a, b)
			}
		}
	}
}

// TestOutsideTheMaskNothingChangesWithAPicture, whatever it steers.
func TestOutsideTheMaskNothingChangesWithAPicture(t *testing.T) {
	p, q, _ := pictured(t, "plain")
	q.Task, q.Strength = Inpaint, 0.8
	q.Image, q.Mask = image.NewNRGBA(image.Rect(0, 0, 96, 80)), image.NewAlpha(image.Rect(0, 0, 96, 80))
	for i := range q.Image.Pix {
		q.Image.Pix[i] = uint8(i * 31 >> 3)
		if i%4 == 3 {
			q.Image.Pix[i] = 255
		}
	}
	for y := 20; y < 50; y++ {
		for x := 30; x < 70; x++ {
			q.Mask.SetAlpha(x, y, color.Alpha{A: 255})
		}
	}
	q.Guides[0].Image, q.Guides[0].Placed = nil, true // what is under the frame
	res := made1(t, p, q)
	inside, outside := 0, 0
	for y := range 80 {
		for x := range 96 {
			same := res.Image.NRGBAAt(x, y) == q.Image.NRGBAAt(x, y)
			if res.Mask.AlphaAt(x, y).A == 0 && !same {
				outside++
			} else if res.Mask.AlphaAt(x, y).A > 0 && !same {
				inside++
			}
		}
	}
	if outside > 0 || inside == 0 {
		t.Errorf("%d pixels outside the mask changed, %d within; want none and some", outside, inside)
	}
}

// TestWhatAnIPAdapterLacksIsSaidBeforeAnyWork, and what to do about it.
func TestWhatAnIPAdapterLacksIsSaidBeforeAnyWork(t *testing.T) {
	p, q, dir := pictured(t, "plain")
	vision := filepath.Join(dir, "clip_vision", "any name.safetensors")
	for name, c := range map[string]struct {
		change func(q *Request)
		want   string
	}{
		"another family": {func(q *Request) {
			q.Guides[0].Model = pipelinetest.Tiny(t, "tinyxl").WriteIPAdapter(t, dir, "xl.bin", "plain")
		}, "another kind of model"},
		"no adapter":      {func(q *Request) { q.Guides[0].Model = "" }, "no file of its network"},
		"another file":    {func(q *Request) { q.Guides[0].Model = vision }, "no IP-Adapter"},
		"no encoder":      {func(q *Request) { q.Guides[0].Vision = filepath.Join(dir, "gone.safetensors") }, "gone.safetensors can't be found"},
		"a wrong encoder": {func(q *Request) { q.Guides[0].Vision = q.Model }, "want a vision encoder"},
		"a strange curve": {func(q *Request) { q.Guides[0].Curve = "wave" }, `curve is "wave"`},
	} {
		one := q
		one.Guides = slices.Clone(q.Guides)
		c.change(&one)
		problems := p.Check(one)
		if !slices.ContainsFunc(problems, func(p Problem) bool { return p.Blocks && strings.Contains(p.Text, c.want) }) {
			t.Errorf("%s: %v, want %q", name, problems, c.want)
		}
		if _, err := p.Run(context.Background(), one, nil); err == nil || !strings.Contains(err.Error(), c.want) || name != "a strange curve" && fault.Hint(err) == "" {
			t.Errorf("%s: %v (hint %q), want %q", name, err, fault.Hint(err), c.want)
		}
	}
	if err := os.RemoveAll(filepath.Join(dir, "clip_vision")); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Run(context.Background(), q, nil); err == nil || !strings.Contains(err.Error(), "no vision encoder for plain.safetensors") {
		t.Errorf("without any encoder: %v", err)
	}
}
