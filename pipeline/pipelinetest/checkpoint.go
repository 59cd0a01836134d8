package pipelinetest

import (
	"fmt"
	"math"
	"strings"
	"testing"
)

// Model is a small made-up checkpoint: every value follows from its tensor's name, so
// that reference results for it hold anywhere. Change its fields before writing it.
//
// The rule for tensor NAME: s = FNV-1a-64(NAME); per element s += 0x9E3779B97F4A7C15,
// z = splitmix64's output function of s, u = (z>>40 − 2²³)/2²³ in [−1,1). Names with
// "embedding" and rank 2: 0.05·u; gains (rank 1, "….weight"): 1+0.1·u; other rank 1:
// 0.02·u; the rest: u·√(3/fan in).
type Model struct {
	Name       string
	Unet       Unet
	VAE        VAE
	Text       []Text
	Prediction string // "epsilon" or "v_prediction", written to the folder's scheduler
	Metadata   map[string]string
	Without    string // tensors whose single-file name begins so are left out
	Salt       uint64 // another one is another model of the same shape
}

// Unet describes a denoiser; exactly one of Heads and HeadSize is set.
type Unet struct {
	In, Width       int
	Mult, Depth     []int // channels and transformer depth per level
	Middle, Context int
	Linear          bool
	Heads, HeadSize int
	Label           int
	Guided          int // width of the guidance it reads; 0: none
}

// VAE describes an autoencoder with two residual blocks a level.
type VAE struct {
	Width int
	Mult  []int
	Scale float64
}

// Text describes a text encoder; Open chooses the open-clip names in single files.
type Text struct {
	Width, Layers, Heads, Hidden, Vocabulary int
	Open                                     bool
}

// Tiny returns "tiny15", "tiny15-inpaint", "tiny21" or "tinyxl": the families' shapes in
// miniature. Another name fails the test.
func Tiny(t testing.TB, name string) *Model {
	t.Helper()
	m := Miniature(name)
	if m == nil {
		t.Fatalf("no made-up model is called %q", name)
	}
	return m
}

// Miniature is Tiny outside a test; another name gives nil.
func Miniature(name string) *Model {
	vae := VAE{32, []int{1, 2, 4, 4}, 0.18215}
	small := Text{128, 3, 2, 512, 49408, false}
	wide := Text{192, 4, 3, 768, 49408, true}
	m := &Model{Name: name, VAE: vae, Text: []Text{small}, Prediction: "epsilon", Metadata: map[string]string{"format": "pt"},
		Unet: Unet{In: 4, Width: 32, Mult: []int{1, 2, 4, 4}, Depth: []int{1, 1, 1, 0}, Middle: 1, Context: 128, Heads: 8}}
	switch name {
	case "tiny15":
	case "tiny15-inpaint":
		m.Unet.In = 9
	case "tiny21":
		m.Text, m.Prediction = []Text{wide}, "v_prediction"
		m.Unet.Width, m.Unet.Context, m.Unet.Linear, m.Unet.Heads, m.Unet.HeadSize = 64, 192, true, 0, 64
	case "tinyxl":
		m.Text, m.VAE.Scale = []Text{small, wide}, 0.13025
		m.Unet = Unet{In: 4, Width: 64, Mult: []int{1, 2, 4}, Depth: []int{0, 1, 2}, Middle: 2, Context: 320, Linear: true, HeadSize: 64, Label: 192 + 6*256}
	default:
		return nil
	}
	return m
}

// Full returns Stable Diffusion 1.5 in its full size: 4.3 GB as "F32".
func Full() *Model {
	return &Model{Name: "sd15", VAE: VAE{128, []int{1, 2, 4, 4}, 0.18215}, Text: []Text{{768, 12, 12, 3072, 49408, false}},
		Prediction: "epsilon", Metadata: map[string]string{"format": "pt"},
		Unet: Unet{In: 4, Width: 320, Mult: []int{1, 2, 4, 4}, Depth: []int{1, 1, 1, 0}, Middle: 1, Context: 768, Heads: 8}}
}

// FullXL returns SDXL in its full size: 6.9 GB as "F16".
func FullXL() *Model {
	return &Model{Name: "sdxl", VAE: VAE{128, []int{1, 2, 4, 4}, 0.13025}, Text: []Text{{768, 12, 12, 3072, 49408, false}, {1280, 32, 20, 5120, 49408, true}},
		Prediction: "epsilon", Metadata: map[string]string{"format": "pt"},
		Unet: Unet{In: 4, Width: 320, Mult: []int{1, 2, 4}, Depth: []int{0, 2, 10}, Middle: 10, Context: 2048, Linear: true, HeadSize: 64, Label: 1280 + 6*256}}
}

// piece is one tensor: its single-file name, and where it goes in a folder. A folder
// piece may be a block of rows, a transpose, or the same values under another shape.
type piece struct {
	name   string
	salt   uint64
	shape  []int
	folder []place
}

type place struct {
	file, name string
	shape      []int
	rows       [2]int // of the single file's first axis; 0,0 is all
	transpose  bool
}

// list gathers pieces under one prefix and folder file.
type list struct {
	pieces       []piece
	prefix, file string
}

func (l *list) add(single, folder string, shape ...int) *piece {
	p := piece{name: l.prefix + single, shape: shape}
	if folder != "" {
		p.folder = []place{{file: l.file, name: folder, shape: shape}}
	}
	l.pieces = append(l.pieces, p)
	return &l.pieces[len(l.pieces)-1]
}

// module adds a weight and a bias.
func (l *list) module(single, folder string, shape ...int) {
	w, b := "", ""
	if folder != "" {
		w, b = folder+".weight", folder+".bias"
	}
	l.add(single+".weight", w, shape...)
	l.add(single+".bias", b, shape[0])
}

func (m *Model) pieces() []piece {
	var l list
	l.prefix, l.file = "model.diffusion_model.", "unet/diffusion_pytorch_model.safetensors"
	l.unet(m.Unet)
	l.prefix, l.file = "first_stage_model.", "vae/diffusion_pytorch_model.safetensors"
	l.vae(m.VAE)
	for i, c := range m.Text {
		l.file = "text_encoder/model.safetensors"
		two := len(m.Text) == 2
		switch {
		case two && i == 1:
			l.prefix, l.file = "conditioner.embedders.1.model.", "text_encoder_2/model.safetensors"
		case two:
			l.prefix = "conditioner.embedders.0.transformer.text_model."
		case c.Open:
			l.prefix = "cond_stage_model.model."
		default:
			l.prefix = "cond_stage_model.transformer.text_model."
		}
		if c.Open {
			kept := c.Layers
			if !two { // the folder layout of SD 2 leaves the last layer out
				kept--
			}
			l.openText(c, kept, two)
		} else {
			l.text(c)
		}
	}
	for i := range l.pieces {
		l.pieces[i].salt = m.Salt
	}
	if m.Without == "" {
		return l.pieces
	}
	var kept []piece
	for _, p := range l.pieces {
		if !strings.HasPrefix(p.name, m.Without) {
			kept = append(kept, p)
		}
	}
	return kept
}

// values makes a piece's numbers. Every product is rounded to float32 on its own.
func (p piece) values() []float32 {
	v := salted(p.name, p.salt, 1, p.shape...).Data
	scale, offset := float32(0.02), float32(0)
	switch {
	case strings.Contains(p.name, "embedding") && len(p.shape) == 2:
		scale = 0.05
	case len(p.shape) == 1 && strings.HasSuffix(p.name, ".weight"):
		scale, offset = 0.1, 1
	case len(p.shape) > 1:
		fan := 1
		for _, d := range p.shape[1:] {
			fan *= d
		}
		scale = float32(math.Sqrt(3 / float64(fan)))
	case len(p.shape) == 0:
		return []float32{4.6052}
	}
	for i := range v {
		v[i] = offset + float32(v[i]*scale)
	}
	return v
}

// in is the part of v that goes to a place in the folder.
func (p piece) in(at place, v []float32) []float32 {
	if at.rows[1] > 0 {
		row := len(v) / p.shape[0]
		v = v[at.rows[0]*row : at.rows[1]*row]
	}
	if !at.transpose {
		return v
	}
	r, c := p.shape[0], p.shape[1]
	out := make([]float32, len(v))
	for i := range v {
		out[i%c*r+i/c] = v[i]
	}
	return out
}

func (l *list) text(c Text) {
	both := func(name string, shape ...int) { l.module(name, "text_model."+name, shape...) }
	l.add("embeddings.token_embedding.weight", "text_model.embeddings.token_embedding.weight", c.Vocabulary, c.Width)
	l.add("embeddings.position_embedding.weight", "text_model.embeddings.position_embedding.weight", 77, c.Width)
	for i := range c.Layers {
		at := fmt.Sprintf("encoder.layers.%d.", i)
		for _, n := range []string{"q_proj", "k_proj", "v_proj", "out_proj"} {
			both(at+"self_attn."+n, c.Width, c.Width)
		}
		both(at+"layer_norm1", c.Width)
		both(at+"mlp.fc1", c.Hidden, c.Width)
		both(at+"mlp.fc2", c.Width, c.Hidden)
		both(at+"layer_norm2", c.Width)
	}
	both("final_layer_norm", c.Width)
}

func (l *list) openText(c Text, kept int, projected bool) {
	l.add("token_embedding.weight", "text_model.embeddings.token_embedding.weight", c.Vocabulary, c.Width)
	l.add("positional_embedding", "text_model.embeddings.position_embedding.weight", 77, c.Width)
	for i := range c.Layers {
		at, to := fmt.Sprintf("transformer.resblocks.%d.", i), fmt.Sprintf("text_model.encoder.layers.%d.", i)
		both := func(single, folder string, shape ...int) {
			if i >= kept {
				l.module(at+single, "", shape...)
				return
			}
			l.module(at+single, to+folder, shape...)
		}
		both("ln_1", "layer_norm1", c.Width)
		for _, shape := range [][]int{{3 * c.Width, c.Width}, {3 * c.Width}} {
			kind := []string{"bias", "weight"}[len(shape)-1]
			p := l.add(at+"attn.in_proj_"+kind, "", shape...)
			for q, n := range []string{"q", "k", "v"} {
				if i < kept {
					p.folder = append(p.folder, place{file: l.file, name: to + "self_attn." + n + "_proj." + kind,
						shape: append([]int{c.Width}, shape[1:]...), rows: [2]int{q * c.Width, (q + 1) * c.Width}})
				}
			}
		}
		both("attn.out_proj", "self_attn.out_proj", c.Width, c.Width)
		both("ln_2", "layer_norm2", c.Width)
		both("mlp.c_fc", "mlp.fc1", c.Hidden, c.Width)
		both("mlp.c_proj", "mlp.fc2", c.Width, c.Hidden)
	}
	l.module("ln_final", "text_model.final_layer_norm", c.Width)
	p := l.add("text_projection", "", c.Width, c.Width)
	if projected {
		p.folder = []place{{file: l.file, name: "text_projection.weight", shape: []int{c.Width, c.Width}, transpose: true}}
	}
	l.add("logit_scale", "")
}
