//go:build cgo

package ipadapter_test

import (
	"context"
	"image"
	"image/draw"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/clip"
	"pentimento/pipeline/graph"
	"pentimento/pipeline/ipadapter"
	"pentimento/pipeline/model"
	"pentimento/pipeline/ort"
	"pentimento/pipeline/pipelinetest"
	"pentimento/pipeline/tensor"
	"pentimento/pipeline/unet"
)

var ctx = context.Background()

// native is the real runtime; a machine without its library skips.
func native(t testing.TB) *ort.Runtime {
	t.Helper()
	rt := ort.New(ort.Config{Device: "cpu"})
	if _, err := rt.Version(); err != nil {
		t.Skipf("the native library is not here; `make native` fetches it (%v)", err)
	}
	return rt
}

func references(t *testing.T) map[string]*tensor.Tensor {
	t.Helper()
	want, err := pipelinetest.ReadSafetensors("testdata/ip_adapter.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	return want
}

func picture(t *testing.T, name string) *image.NRGBA {
	t.Helper()
	f, err := os.Open("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	img, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	out := image.NewNRGBA(img.Bounds())
	draw.Draw(out, out.Rect, img, img.Bounds().Min, draw.Src)
	return out
}

func near(t *testing.T, what string, got, want *tensor.Tensor) {
	t.Helper()
	if got == nil || !got.SameShape(want) {
		t.Fatalf("%s: %v, want shape %v", what, got, want.Shape)
	}
	if rel := pipelinetest.Relative(got.Data, want.Data); !(rel <= 1e-5) {
		t.Errorf("%s: rel %g, want 1e-5", what, rel)
	}
}

// TestAPictureIsSeenAsPillowMakesIt: transformers' own processor, level by level.
func TestAPictureIsSeenAsPillowMakesIt(t *testing.T) {
	mean, std := []float64{0.48145466, 0.4578275, 0.40821073}, []float64{0.26862954, 0.26130258, 0.27577711}
	for _, n := range []string{"0", "1"} {
		got, want := clip.Pixels(picture(t, "picture"+n+".png"), pipelinetest.VisionSide), picture(t, "crop"+n+".png")
		side := pipelinetest.VisionSide
		for i, v := range got.Data {
			c, at := i/(side*side), i%(side*side)
			level := (float64(v)*std[c] + mean[c]) * 255
			if w := float64(want.Pix[at*4+c]); math.Abs(level-w) > 1e-3 {
				t.Fatalf("picture %s, channel %d, place %d: level %g, want %g", n, c, at, level, w)
			}
		}
	}
}

// A canvas's picture lies anywhere, may be a part of a larger one, transparent, or narrower than any crop.
func TestAPictureMayLieAnywhere(t *testing.T) {
	img := picture(t, "picture0.png")
	want := clip.Pixels(img, 56)
	large := image.NewNRGBA(image.Rect(-300, -200, 400, 300))
	r := img.Rect.Add(image.Pt(-170, 31))
	draw.Draw(large, r, img, image.Point{}, draw.Src)
	for i, v := range clip.Pixels(large.SubImage(r).(*image.NRGBA), 56).Data {
		if v != want.Data[i] {
			t.Fatalf("place %d: %g, want %g", i, v, want.Data[i])
		}
	}
	white := image.NewNRGBA(image.Rect(0, 0, 1, 1))
	white.Pix = []uint8{255, 255, 255, 255}
	plain := clip.Pixels(white, 56)
	for _, size := range []image.Point{{0, 0}, {1, 40000}, {3, 1}} {
		for i, v := range clip.Pixels(image.NewNRGBA(image.Rectangle{Max: size}), 56).Data {
			if v != plain.Data[i] {
				t.Fatalf("a transparent picture of %v at %d: %g, want white %g", size, i, v, plain.Data[i])
			}
		}
	}
}

// writeOpen writes the vision encoder as open-clip does: queries, keys and values are one matrix, the projection
// is the other way round.
func writeOpen(t testing.TB, dir, name, prefix string) string {
	t.Helper()
	var out []pipelinetest.Item
	items := map[string]pipelinetest.Item{}
	for _, it := range pipelinetest.VisionItems() {
		items[it.Name] = it
	}
	for _, it := range pipelinetest.VisionItems() {
		switch layer, what, _ := strings.Cut(it.Name, ".self_attn."); {
		case strings.HasPrefix(what, "q_proj."):
			it.Data, it.Shape[0] = append([]byte{}, it.Data...), 3*it.Shape[0]
			kind := strings.TrimPrefix(what, "q_proj.")
			for _, next := range []string{"k", "v"} {
				it.Data = append(it.Data, items[layer+".self_attn."+next+"_proj."+kind].Data...)
			}
			it.Name = layer + ".attn.in_proj_" + kind
		case strings.HasPrefix(what, "k_proj.") || strings.HasPrefix(what, "v_proj."):
			continue
		case it.Name == "visual_projection.weight":
			turned, r, c := make([]byte, len(it.Data)), it.Shape[0], it.Shape[1]
			for i := range r * c {
				copy(turned[4*(i%c*r+i/c):][:4], it.Data[4*i:])
			}
			it.Name, it.Data, it.Shape = "vision_model.proj", turned, []int{c, r}
		}
		out = append(out, it)
	}
	out = renamed(out, "vision_model.embeddings.class_embedding", prefix+"class_embedding", "vision_model.embeddings.patch_embedding.", prefix+"conv1.",
		"vision_model.embeddings.position_embedding.weight", prefix+"positional_embedding", "vision_model.pre_layrnorm.", prefix+"ln_pre.", "vision_model.post_layernorm.", prefix+"ln_post.",
		"vision_model.encoder.layers.", prefix+"transformer.resblocks.", ".layer_norm", ".ln_", ".mlp.fc1", ".mlp.c_fc", ".mlp.fc2", ".mlp.c_proj", ".self_attn.out_proj", ".attn.out_proj", "vision_model.", prefix)
	out = append(out, pipelinetest.NewItem("logit_scale", "F32", []float32{4.6}))
	path := filepath.Join(dir, name)
	if err := pipelinetest.WriteSafetensors(path, out, nil); err != nil {
		t.Fatal(err)
	}
	return path
}

// seen opens the vision encoder of a file and has it see the reference picture.
func seen(t *testing.T, path string, c checkpoint.VisionConfig, pixels *tensor.Tensor) clip.Seen {
	t.Helper()
	v, err := checkpoint.OpenVision(path, c)
	if err != nil {
		t.Fatal(err)
	}
	e, err := clip.OpenVision(ctx, native(t), v, model.Options{Threads: 2}, graph.Variant{})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	s, err := e.Encode(ctx, pixels)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestVisionAgreesWithTheReference(t *testing.T) {
	want := references(t)
	pixels := clip.Pixels(picture(t, "picture0.png"), pipelinetest.VisionSide)
	dir := t.TempDir()
	for _, layout := range []struct {
		name, path string
		c          checkpoint.VisionConfig
	}{
		{"transformers", pipelinetest.WriteVision(t, dir, "vision.safetensors"), checkpoint.VisionConfig{}},
		{"transformers, with its config", dir + "/vision.safetensors", checkpoint.VisionConfig{Hidden: 64, Heads: 2, Layers: 3, Image: 56, Patch: 14, Projection: 96, Act: "gelu"}},
		{"open-clip", writeOpen(t, dir, "open.safetensors", "visual."), checkpoint.VisionConfig{}},
		{"open-clip within a model", writeOpen(t, dir, "model.safetensors", "embedder.model.visual."), checkpoint.VisionConfig{}},
	} {
		s := seen(t, layout.path, layout.c, pixels)
		near(t, layout.name+": penultimate", s.Penultimate, want["ip.0.penultimate"])
		near(t, layout.name+": image_embeds", s.Embeds, want["ip.0.image_embeds"])
	}
}

func TestTokensAndDenoiserAgreeWithTheReference(t *testing.T) {
	want, rt, m, dir := references(t), native(t), pipelinetest.Tiny(t, "tiny15"), t.TempDir()
	vision := pipelinetest.WriteVision(t, dir, "vision.safetensors")
	pixels := clip.Pixels(picture(t, "picture0.png"), pipelinetest.VisionSide)
	here, none := seen(t, vision, checkpoint.VisionConfig{}, pixels), seen(t, vision, checkpoint.VisionConfig{}, tensor.New(pixels.Shape...))
	ck, err := checkpoint.Open(m.Write(t, "single", "F32"), checkpoint.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []string{"plain", "plus"} {
		path := m.WriteIPAdapter(t, dir, kind+".bin", kind)
		f, err := ipadapter.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		p, err := ipadapter.OpenProjector(ctx, rt, f, model.Options{Threads: 2}, graph.Variant{})
		if err != nil {
			t.Fatal(err)
		}
		reads := map[string][2]*tensor.Tensor{"plain": {here.Embeds, tensor.New(here.Embeds.Shape...)}, "plus": {here.Penultimate, none.Penultimate}}[kind]
		var rows []*tensor.Tensor
		for i, name := range []string{"tokens", "uncond_tokens"} {
			got, err := p.Project(ctx, reads[i])
			if err != nil {
				t.Fatal(err)
			}
			near(t, kind+" "+name, got, want["ip.0."+kind+"."+name])
			rows = append(rows, got)
		}
		_ = p.Close()
		tokens, err := tensor.Concat(0, rows...)
		if err != nil {
			t.Fatal(err)
		}
		in := unet.Inside{Images: []unet.ImageAdapter{{File: path}}}
		eval := opened(t, ck, in)
		for scale, name := range map[float32]string{1: "1", 0.6: "0.6"} {
			got := eval(unet.Within{Images: []unet.ImageInput{{Tokens: tokens, Scale: scale}}})
			near(t, kind+" × "+name, got, want["ip.unet."+kind+"."+name])
		}
	}
}

// opened opens a denoiser that is so within, for the reference's latents.
func opened(t *testing.T, ck *checkpoint.Checkpoint, in unet.Inside) func(unet.Within) *tensor.Tensor {
	t.Helper()
	v, err := in.In(ck.Denoiser, graph.Variant{})
	if err != nil {
		t.Fatal(err)
	}
	n, err := unet.Open(ctx, native(t), ck, model.Options{Threads: 2}, v)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = n.Close() })
	x, text := pipelinetest.UnitNoise("ip.unet.x", 2, 4, 8, 8), pipelinetest.UnitNoise("ip.unet.context", 2, 77, 128)
	return func(with unet.Within) *tensor.Tensor {
		t.Helper()
		with.Height, with.Width, with.Text = 8, 8, 128
		out, err := n.Eval(ctx, unet.Input{X: x, Timesteps: []float32{500}, Context: text, More: in.More(ck.Denoiser, 2, with)})
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
}

// TestAMaskSaysWhereAPictureIsSeen: nowhere is without the picture, everywhere as without a mask, and two
// adapters of half the weight are one of the whole.
func TestAMaskSaysWhereAPictureIsSeen(t *testing.T) {
	m, dir := pipelinetest.Tiny(t, "tiny15"), t.TempDir()
	ck, err := checkpoint.Open(m.Write(t, "single", "F32"), checkpoint.Options{})
	if err != nil {
		t.Fatal(err)
	}
	path := m.WriteIPAdapter(t, dir, "plain.safetensors", "plain")
	plain, masked := unet.ImageAdapter{File: path}, unet.ImageAdapter{File: path, Masked: true}
	tokens := pipelinetest.UnitNoise("tokens", 2, 5, 128)
	of := func(scale, mask float32) unet.ImageInput {
		i := unet.ImageInput{Tokens: tokens, Scale: scale, Mask: tensor.New(2, 1, 8, 8)}
		for k := range i.Mask.Data {
			i.Mask.Data[k] = mask
		}
		return i
	}
	without := opened(t, ck, unet.Inside{})(unet.Within{})
	one := opened(t, ck, unet.Inside{Images: []unet.ImageAdapter{plain}})
	two := opened(t, ck, unet.Inside{Images: []unet.ImageAdapter{masked, plain}})
	whole := one(unet.Within{Images: []unet.ImageInput{of(1, 1)}})
	if rel := pipelinetest.Relative(whole.Data, without.Data); rel < 1e-3 {
		t.Fatalf("the picture changes %g of the prediction: nothing is shown by this test", rel)
	}
	near(t, "no tokens", one(unet.Within{}), without)
	near(t, "an empty mask", two(unet.Within{Images: []unet.ImageInput{of(1, 0)}}), without)
	near(t, "a full mask", two(unet.Within{Images: []unet.ImageInput{of(1, 1)}}), whole)
	near(t, "a mask of halves", two(unet.Within{Images: []unet.ImageInput{of(1, 0.5), of(0.5, 0)}}), whole)
	left := of(1, 1)
	for k := range left.Mask.Data {
		if k%8 >= 4 {
			left.Mask.Data[k] = 0
		}
	}
	half := two(unet.Within{Images: []unet.ImageInput{left}})
	if a, b := pipelinetest.Relative(half.Data, without.Data), pipelinetest.Relative(half.Data, whole.Data); a < 1e-4 || b < 1e-4 {
		t.Errorf("half a mask differs by %g from none and by %g from a whole one, want both", a, b)
	}
}
