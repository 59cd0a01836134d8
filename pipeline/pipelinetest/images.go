package pipelinetest

import (
	"fmt"
	"path/filepath"
	"slices"
	"testing"
)

// What an IP-Adapter is tested with: a small vision encoder, and adapters for any Model.

// The sizes of the vision encoder, and of the adapters' projections.
const (
	VisionSide    = 56
	VisionWidth   = 64
	VisionEmbeds  = 96
	imageWidth    = 128 // of a resampler
	plainTokens   = 4
	sampledTokens = 6
)

// items makes tensors by their names, behind a beginning that tells networks apart.
func items(seed string, l list) (out []Item) {
	for _, p := range l.pieces {
		key := p.name
		p.name = seed + key
		out = append(out, NewItem(key, "F32", p.values(), p.shape...))
	}
	return out
}

// VisionItems are the tensors of the vision encoder, as transformers name them.
func VisionItems() []Item {
	l := list{prefix: "vision_model."}
	const w = VisionWidth
	l.add("embeddings.class_embedding", "", w)
	l.add("embeddings.patch_embedding.weight", "", w, 3, 14, 14)
	l.add("embeddings.position_embedding.weight", "", VisionSide/14*VisionSide/14+1, w)
	l.module("pre_layrnorm", "", w)
	for i := range 3 {
		at := fmt.Sprintf("encoder.layers.%d.", i)
		l.module(at+"layer_norm1", "", w)
		for _, name := range []string{"q", "k", "v", "out"} {
			l.module(at+"self_attn."+name+"_proj", "", w, w)
		}
		l.module(at+"layer_norm2", "", w)
		l.module(at+"mlp.fc1", "", 4*w, w)
		l.module(at+"mlp.fc2", "", w, 4*w)
	}
	l.module("post_layernorm", "", w)
	l.prefix = ""
	l.add("visual_projection.weight", "", VisionEmbeds, w)
	return items("vision:", l)
}

// WriteVision writes the vision encoder.
func WriteVision(t testing.TB, dir, name string) string {
	t.Helper()
	return written(t, filepath.Join(dir, name), VisionItems())
}

// IPAdapterItems are the tensors of an adapter for the model, "plain" or "plus".
func (m *Model) IPAdapterItems(kind string) []Item {
	l := list{prefix: "image_proj."}
	const c = imageWidth
	if kind == "plain" {
		l.module("proj", "", plainTokens*m.Unet.Context, VisionEmbeds)
		l.module("norm", "", m.Unet.Context)
	} else {
		l.add("latents", "", 1, sampledTokens, c)
		l.module("proj_in", "", c, VisionWidth)
		l.module("proj_out", "", m.Unet.Context, c)
		l.module("norm_out", "", m.Unet.Context)
		for i := range 2 {
			at := fmt.Sprintf("layers.%d.", i)
			l.module(at+"0.norm1", "", c)
			l.module(at+"0.norm2", "", c)
			l.add(at+"0.to_q.weight", "", c, c)
			l.add(at+"0.to_kv.weight", "", 2*c, c)
			l.add(at+"0.to_out.weight", "", c, c)
			l.module(at+"1.0", "", c)
			l.add(at+"1.1.weight", "", 4*c, c)
			l.add(at+"1.3.weight", "", c, 4*c)
		}
	}
	l.prefix = "ip_adapter."
	for i, width := range m.Unet.attentions() {
		for _, kv := range []string{"k", "v"} {
			l.add(fmt.Sprintf("%d.to_%s_ip.weight", 2*i+1, kv), "", width, m.Unet.Context)
		}
	}
	return items("ip_"+kind+":", l)
}

// WriteIPAdapter writes one, as a file of safetensors or, by its name, of torch.
func (m *Model) WriteIPAdapter(t testing.TB, dir, name, kind string) string {
	t.Helper()
	return written(t, filepath.Join(dir, name), m.IPAdapterItems(kind))
}

func written(t testing.TB, path string, items []Item) string {
	t.Helper()
	write := func() error { return WriteSafetensors(path, items, nil) }
	if filepath.Ext(path) == ".bin" {
		write = func() error { return WriteTorchMaps(path, items, "image_proj", "ip_adapter") }
	}
	if err := write(); err != nil {
		t.Fatal(err)
	}
	return path
}

// attentions are the widths of the attentions to the text: the way down, the way up, the middle.
func (u Unet) attentions() (widths []int) {
	level := func(at, blocks int) {
		for range blocks * u.Depth[at] {
			widths = append(widths, u.Mult[at]*u.Width)
		}
	}
	for at := range u.Mult {
		level(at, 2)
	}
	for at := range slices.Backward(u.Mult) {
		level(at, 3)
	}
	for range u.Middle {
		widths = append(widths, u.Mult[len(u.Mult)-1]*u.Width)
	}
	return widths
}
