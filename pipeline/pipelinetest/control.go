package pipelinetest

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

// WriteControlNet writes a made-up ControlNet for the model into a folder and returns its path:
// the way down and the middle of a denoiser with four input channels, the hint's convolutions and the
// outputs, under control_model.… where layout is "single", in diffusers' names where it is
// "folder".
func (m *Model) WriteControlNet(t testing.TB, dir, name, layout, dtype string) string {
	t.Helper()
	return writeNet(t, dir, name, layout, dtype, m.controlNet())
}

// WriteUnion is WriteControlNet for a Union net of so many kinds of maps.
func (m *Model) WriteUnion(t testing.TB, dir, name, layout, dtype string, kinds int) string {
	t.Helper()
	const waves = 32
	c := m.Unet.Width
	l := list{pieces: m.controlNet(), prefix: "control_model.", file: "control"}
	both := func(name string, shape ...int) { l.module(name, name, shape...) }
	l.add("task_embedding", "task_embedding", kinds, c)
	both("control_add_embedding.linear_1", 4*c, kinds*waves)
	both("control_add_embedding.linear_2", 4*c, 4*c)
	both("spatial_ch_projs", c, c)
	for _, part := range []string{"weight", "bias"} {
		at := "transformer_layes.0.attn.in_proj_" + part
		l.add(at, at, map[string][]int{"weight": {3 * c, c}, "bias": {3 * c}}[part]...)
	}
	both("transformer_layes.0.attn.out_proj", c, c)
	both("transformer_layes.0.ln_1", c)
	both("transformer_layes.0.mlp.c_fc", 4*c, c)
	both("transformer_layes.0.mlp.c_proj", c, 4*c)
	both("transformer_layes.0.ln_2", c)
	for i := range l.pieces {
		l.pieces[i].salt = m.Salt
	}
	return writeNet(t, dir, name, layout, dtype, l.pieces)
}

func writeNet(t testing.TB, dir, name, layout, dtype string, pieces []piece) string {
	t.Helper()
	var items []Item
	for _, p := range pieces {
		it := Item{Name: p.name, DType: dtype, Shape: p.shape, Make: func() []byte { return encode(dtype, p.values()) }}
		if layout == "folder" {
			it.Name = p.folder[0].name
		}
		items = append(items, it)
	}
	return write(t, dir, name, items)
}

// HollowControlNet is WriteControlNet as Hollow writes: under control_model.…
func (m *Model) HollowControlNet(t testing.TB, dtype string) string {
	t.Helper()
	return hollow(t, m.Name+"-control", dtype, m.controlNet(), nil)
}

func (m *Model) controlNet() []piece {
	u := m.Unet
	u.In = 4
	l := list{prefix: "control_model.", file: "control"}
	skips, c := l.down(u)
	for k, n := range skips {
		l.module(fmt.Sprintf("zero_convs.%d.0", k), fmt.Sprintf("controlnet_down_blocks.%d", k), n, n, 1, 1)
	}
	l.module("middle_block_out.0", "controlnet_mid_block", c, c, 1, 1)
	hint := []int{3, 16, 16, 32, 32, 96, 96, 256, u.Width}
	for i := range len(hint) - 1 {
		folder := fmt.Sprintf("controlnet_cond_embedding.blocks.%d", i-1)
		switch i {
		case 0:
			folder = "controlnet_cond_embedding.conv_in"
		case len(hint) - 2:
			folder = "controlnet_cond_embedding.conv_out"
		}
		l.module(fmt.Sprintf("input_hint_block.%d", 2*i), folder, hint[i+1], hint[i], 3, 3)
	}
	for i := range l.pieces {
		l.pieces[i].salt = m.Salt
	}
	return l.pieces
}

// WriteT2I writes a made-up T2I-Adapter for the model likewise, of the full form: the generator's
// name of a tensor is "t2i:" and its key.
func (m *Model) WriteT2I(t testing.TB, dir, name string) string {
	t.Helper()
	var items []Item
	module := func(key string, shape ...int) {
		for _, part := range []struct {
			name  string
			shape []int
		}{{key + ".weight", shape}, {key + ".bias", shape[:1]}} {
			p := piece{name: "t2i:" + part.name, salt: m.Salt, shape: part.shape}
			items = append(items, Item{Name: part.name, DType: "F32", Shape: p.shape, Make: func() []byte { return encode("F32", p.values()) }})
		}
	}
	c := m.Unet.Width
	module("conv_in", c, 192, 3, 3)
	for i, mult := range m.Unet.Mult {
		for j := range 2 {
			at := fmt.Sprintf("body.%d.", 2*i+j)
			if n := mult * m.Unet.Width; n != c {
				module(at+"in_conv", n, c, 1, 1)
				c = n
			}
			module(at+"block1", c, c, 3, 3)
			module(at+"block2", c, c, 1, 1)
		}
	}
	return write(t, dir, name, items)
}

func write(t testing.TB, dir, name string, items []Item) string {
	t.Helper()
	path := filepath.Join(dir, strings.TrimSuffix(name, ".safetensors")+".safetensors")
	if err := WriteSafetensors(path, items, nil); err != nil {
		t.Fatal(err)
	}
	return path
}
