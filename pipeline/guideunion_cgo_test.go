//go:build cgo

package pipeline

import (
	"context"
	"fmt"
	"image"
	"slices"
	"strings"
	"testing"

	"pentimento/pipeline/pipelinetest"
	"pentimento/pipeline/tensor"
)

// Maps of several kinds are shown to a Union net together, in any order; a region, or the same kind twice, keeps them
// apart, so that what they give is added up.
func TestMapsAreShownToAUnionTogether(t *testing.T) {
	p := native(t)
	union := pipelinetest.Miniature("tiny15").WriteUnion(t, t.TempDir(), "union", "single", "F32", 6)
	map1 := func(kind string, weight float64) Guide {
		picture := shareOf(pipelinetest.Uniform("union."+kind, 1, 1, 3, 64, 64), func(v float32) float32 { return (v + 1) / 2 })
		return Guide{Kind: GuideControl, Model: union, Type: kind, Weight: weight, End: 1}.With("hint", picture)
	}
	eval := func(guides ...Guide) []float32 {
		t.Helper()
		q := Request{Models: Models{Model: tiny(t, "tiny15")}}
		q.Guides = guides
		at := &tensor.Tensor{Shape: []int{1}, Data: []float32{500}}
		got, err := p.EvalDenoiser(context.Background(), q, pipelinetest.UnitNoise("union.x", 1, 4, 8, 8), at, pipelinetest.UnitNoise("union.context", 1, 77, 128), nil, false)
		if err != nil {
			t.Fatal(err)
		}
		return got.Data
	}
	everywhere := shareOf(tensor.New(1, 1, 64, 64), func(float32) float32 { return 1 })
	pose, depth := map1("openpose", 0.8), map1("depth", 0.5)
	both, turned, apart := eval(pose, depth), eval(depth, pose), eval(pose, depth.With("region", everywhere))
	if e := pipelinetest.Relative(turned, both); e > 1e-5 {
		t.Errorf("the order matters: off by %.2g", e)
	}
	if e := pipelinetest.Relative(apart, both); e < 1e-3 {
		t.Errorf("what a region keeps apart is what comes together, but for %.2g", e)
	}
	if e := pipelinetest.Relative(eval(pose, pose.With("region", everywhere)), eval(pose, pose)); e > 1e-5 {
		t.Errorf("two maps of a kind are not what each gives: off by %.2g", e)
	}
	if e := pipelinetest.Relative(eval(map1("openpose", 0.8)), eval(map1("canny", 0.8))); e < 1e-3 {
		t.Errorf("the kind matters by %.2g only", e)
	}
}

// A fill with maps of a Union net, made by its preprocessors, keeps all outside the mask, and says what it was told.
func TestAFillFollowsAUnion(t *testing.T) {
	p := native(t)
	m := pipelinetest.Miniature("tiny15")
	union := m.WriteUnion(t, t.TempDir(), "promax", "folder", "F16", 8)
	img := noisePicture(96, 64)
	q := drawn(t, "tiny15", 2)
	q.Task, q.Image, q.Mask, q.Frame, q.Infill = Inpaint, img, disc(img.Rect, image.Pt(60, 30), 16), image.Rectangle{}, InfillEdge
	plain := result(t, p, q)
	for _, modules := range []string{"canny", "canny scribble_xdog", "inpaint_only tile_resample"} {
		q.Guides = nil
		for name := range strings.FieldsSeq(modules) {
			q.Guides = append(q.Guides, Guide{Kind: GuideControl, Model: union, Preprocessor: name, Weight: 1, End: 1, Image: img, Placed: true})
		}
		got := result(t, p, q)
		if slices.Equal(got.Image.Pix, plain.Image.Pix) {
			t.Errorf("%s: it steers nothing", modules)
		}
		sameWhere(t, modules, img, got.Image, got.Mask)
	}
	q.Guides = []Guide{{Kind: GuideControl, Model: union, Weight: 1, End: 1, Image: img}}
	if _, err := p.Run(context.Background(), q, nil); err == nil || !strings.Contains(fmt.Sprint(err), "isn't said") {
		t.Errorf("a map of an unknown kind: %v", err)
	}
}

func result(t *testing.T, p *Pipeline, q Request) *Result {
	t.Helper()
	res, err := p.Run(context.Background(), q, nil)
	if err != nil {
		t.Fatal(err)
	}
	return res
}
