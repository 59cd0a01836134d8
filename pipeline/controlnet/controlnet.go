// Package controlnet holds the networks that read a picture and steer a denoiser by what they
// add within it: ControlNets (Zhang et al. 2023, arXiv:2302.05543), which see the noisy latent too and are
// evaluated at each step, and T2I-Adapters (Mou et al. 2023, arXiv:2302.08453), which see the picture alone.
//
// Start reading at Look, which says what a file is; net.go and adapter.go hold the two networks,
// delta.go the files that hold a difference to the denoiser's own weights, union.go the nets for several kinds of maps.
//
// Layouts, told apart by the names of tensors: the original one (control_model.…, also within a whole
// checkpoint, and without the prefix), diffusers' (controlnet_cond_embedding.…); T2I-Adapters full and
// light, in the original names and diffusers'.
//
// Decisions:
// 2026-11-28: the way down is the denoiser's own code (unet.OpenDown): a ControlNet is a copy of it.
// 2026-11-28: what the picture gives is a graph of its own, run once: of a step at 512×512 it would take a tenth.
package controlnet

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"pentimento/fault"
	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/unet"
)

// Kind is what a file holds.
type Kind int

// The kinds.
const (
	Net     Kind = iota // a ControlNet
	Adapter             // a T2I-Adapter
)

// File is what a file's header says. It does not change; any goroutine may read it.
type File struct {
	Path string
	Kind Kind

	part       *checkpoint.Part // of a ControlNet, without what reads the picture; of an adapter, all
	hint       *checkpoint.Part // what reads the picture
	outs       int              // of a ControlNet: how many things it gives
	difference bool             // the weights are what is added to the denoiser's own
	lora       bool             // those without a difference in the file are the denoiser's own
	union      *union           // what a Union net has besides; nil: a net for one kind of map
}

// Look reads the header of a file of safetensors or torch. One that is neither network, and a
// damaged one, are errors.
func Look(path string) (*File, error) {
	p, err := checkpoint.OpenPart(path, "controlnet")
	if err != nil {
		return nil, err
	}
	f := &File{Path: path}
	if err := f.read(p); err != nil {
		return nil, fault.With(fmt.Errorf("controlnet %q: %w", filepath.Base(path), err), fault.Hint(err))
	}
	return f, nil
}

// read sorts the tensors of a file.
func (f *File) read(p *checkpoint.Part) error {
	has := func(name string) bool { _, ok := p.Tensors[name]; return ok }
	begins := func(prefix string) bool {
		return slices.ContainsFunc(p.Names(), func(name string) bool { return strings.HasPrefix(name, prefix) })
	}
	switch {
	case begins("control_model."):
		f.difference, f.lora = has("difference"), has("lora_controlnet")
		return f.net(under(p, "control_model."))
	case has("controlnet_cond_embedding.conv_in.weight"):
		own, err := p.FromFolder()
		if err != nil {
			return err
		}
		return f.net(renamed(own, netNames))
	case has("input_hint_block.0.weight"):
		f.difference, f.lora = has("difference"), has("lora_controlnet")
		return f.net(p)
	case has("adapter.conv_in.weight"), has("adapter.body.0.in_conv.weight"):
		p = under(p, "adapter.")
	}
	if _, ok := p.Tensors["conv_in.weight"]; ok && begins("body.0.") || has("body.0.in_conv.weight") {
		f.Kind, f.part = Adapter, p
		f.flatten()
		_, err := f.form()
		return err
	}
	return stranger(f.Path, p)
}

// net takes a ControlNet's tensors in the original names.
func (f *File) net(p *checkpoint.Part) error {
	f.part, f.hint = empty(p), empty(p)
	for name, t := range p.Tensors {
		switch {
		case name == "difference" || name == "lora_controlnet":
		case strings.HasPrefix(name, "input_hint_block."):
			f.hint.Tensors[name] = t
		default:
			f.part.Tensors[name] = t
		}
	}
	if err := f.unite(); err != nil {
		return err
	}
	f.outs = f.part.Layers("zero_convs.") + 1
	if _, ok := f.part.Tensors["middle_block_out.0.weight"]; !ok || f.outs == 1 {
		return fmt.Errorf("tensor %q is missing, want a whole ControlNet", map[bool]string{true: "zero_convs.0.0.weight", false: "middle_block_out.0.weight"}[f.outs == 1])
	}
	return nil
}

// netNames are the names of a ControlNet's own layers in diffusers' layout, and in the original one.
func netNames(name string) string {
	for _, row := range []struct{ from, to string }{
		{"controlnet_mid_block.", "middle_block_out.0."}, {"controlnet_cond_embedding.conv_in.", "input_hint_block.0."}, {"controlnet_cond_embedding.conv_out.", "input_hint_block.14."},
	} {
		if rest, ok := strings.CutPrefix(name, row.from); ok {
			return row.to + rest
		}
	}
	var k int
	var rest string
	if n, _ := fmt.Sscanf(name, "controlnet_down_blocks.%d.%s", &k, &rest); n == 2 {
		return fmt.Sprintf("zero_convs.%d.0.%s", k, rest)
	}
	if n, _ := fmt.Sscanf(name, "controlnet_cond_embedding.blocks.%d.%s", &k, &rest); n == 2 {
		return fmt.Sprintf("input_hint_block.%d.%s", 2+2*k, rest)
	}
	return name
}

// stranger says what a file is that is none of these.
func stranger(path string, p *checkpoint.Part) error {
	for _, name := range p.Names() {
		switch {
		case strings.HasPrefix(name, "lllite_"):
			return unsupported("a ControlNet-LLLite")
		case strings.HasPrefix(name, "lora_controlnet"):
			return unsupported("a control-LoRA of an unknown form")
		case strings.Contains(name, "controlnet_x_embedder"), strings.HasPrefix(name, "controlnet_blocks."):
			return unsupported("a ControlNet of a transformer")
		}
	}
	found := checkpoint.Words(path)
	if found == "" {
		found = "no network that is known here"
	}
	return fault.With(fmt.Errorf("found %s, want a ControlNet or a T2I-Adapter", found), "Choose the file of a ControlNet, such as control_v11p_sd15_canny.")
}

func unsupported(words string) error {
	return fault.With(fmt.Errorf("found %s, which this program does not run; want a ControlNet of an SD 1.x, 2.x or SDXL model, or a T2I-Adapter", words), "Choose another file for this kind of picture.")
}

// under are the tensors below a prefix, without it.
func under(p *checkpoint.Part, prefix string) *checkpoint.Part {
	out := empty(p)
	for name, t := range p.Tensors {
		if rest, ok := strings.CutPrefix(name, prefix); ok {
			t.Name = rest
			out.Tensors[rest] = t
		}
	}
	return out
}

func renamed(p *checkpoint.Part, name func(string) string) *checkpoint.Part {
	out := empty(p)
	for was, t := range p.Tensors {
		t.Name = name(was)
		out.Tensors[t.Name] = t
	}
	return out
}

func empty(p *checkpoint.Part) *checkpoint.Part {
	return &checkpoint.Part{Role: p.Role, Tensors: map[string]checkpoint.Tensor{}, Metadata: p.Metadata}
}

// Bytes is what its weights take in the file.
func (f *File) Bytes() (n int64) {
	for _, p := range []*checkpoint.Part{f.part, f.hint} {
		if p != nil {
			for _, t := range p.Tensors {
				n += t.Length
			}
		}
	}
	return n
}

// Held is what its weights take in float32.
func (f *File) Held() (n int64) {
	for _, p := range []*checkpoint.Part{f.part, f.hint} {
		if p != nil {
			for _, t := range p.Tensors {
				n += 4 * t.Count()
			}
		}
	}
	return n
}

// Outs is how many factors the strength of what it gives a denoiser can be told in.
func (f *File) Outs() int {
	if f.Kind == Adapter {
		return stages
	}
	return f.outs
}

// Fits says why it cannot steer a denoiser.
func (f *File) Fits(base *checkpoint.Part) error {
	if f.Kind == Adapter {
		return f.adapterFits(base)
	}
	want := unet.SkipChannels(base)
	made := func(have string) error {
		return fault.With(fmt.Errorf("controlnet %q was made for another family of models: %s", filepath.Base(f.Path), have), "Choose one made for the model's family: "+familyHint(base)+".")
	}
	if len(want) != f.outs {
		return made(fmt.Sprintf("it steers %d places within, the model has %d", f.outs, len(want)))
	}
	for k, n := range want {
		if have, err := f.part.Dim(outName(k, f.outs)+".weight", 4, 0); err != nil || have != n {
			return made(fmt.Sprintf("it gives %d channels at place %d, the model has %d", have, k, n))
		}
	}
	if have, is := unet.TextWidth(f.part), unet.TextWidth(base); have > 0 && have != is && !f.lora {
		return made(fmt.Sprintf("it reads text of width %d, the model's is %d", have, is))
	}
	return nil
}

// familyHint names the family of a denoiser by the width of its text.
func familyHint(base *checkpoint.Part) string {
	switch unet.TextWidth(base) {
	case 768:
		return "SD 1.5"
	case 1024:
		return "SD 2.1"
	case 2048:
		return "SDXL"
	}
	return "the file's description names it"
}

// outName is the layer that gives what is added at place k of so many.
func outName(k, outs int) string {
	if k == outs-1 {
		return "middle_block_out.0"
	}
	return fmt.Sprintf("zero_convs.%d.0", k)
}
