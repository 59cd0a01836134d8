package unet

import (
	"fmt"
	"slices"
	"strings"

	"pentimento/fault"
	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/graph"
	"pentimento/pipeline/tensor"
)

// IP-Adapter (Ye et al. 2023, arXiv:2308.06721, equation 5): beside the text each cross-attention reads
// the tokens of a picture, with the same queries and heads, and keys and values of the adapter's own:
// out = Attention(q, k, v) + scale·mask·Attention(q, k', v'). The sum goes through the attention's projection.

// ImageAdapter is an IP-Adapter within a denoiser. Several of one file share its weights.
type ImageAdapter struct {
	File   string // path, of safetensors or torch
	State  string // what tells the file's contents from others under this path; not read here
	Masked bool   // an evaluation says where it acts
}

// ImageInput is what an evaluation of B latents gives an ImageAdapter; without tokens it doesn't act.
type ImageInput struct {
	Tokens *tensor.Tensor // [B,n,W], W as wide as the text
	Scale  float32
	Mask   *tensor.Tensor // [B,1,h,w] as large as the latents, 0 to 1, of masked ones; nil: everywhere
}

// imageName begins the names of an adapter's inputs, and of the weights of its file.
func imageName(i int) string { return fmt.Sprintf("image %d ", i) }

// images adds the image adapters to a variant of a network.
func (in Inside) images(p *checkpoint.Part, v *graph.Variant) error {
	if len(in.Images) == 0 {
		return nil
	}
	if p.ONNX != nil {
		return errForeign
	}
	base := v.Source
	if base == nil {
		base = p.Weight
	}
	var files []string
	parts := map[string]*checkpoint.Part{}
	for i, a := range in.Images {
		k := slices.Index(files, a.File)
		if k < 0 {
			part, err := checkpoint.OpenPart(a.File, "IP-Adapter")
			if err == nil {
				err = fitsImages(p, part)
			}
			if err != nil {
				return fault.With(fmt.Errorf("IP-Adapter %q: %w", a.File[strings.LastIndexAny(a.File, `/\`)+1:], err), fault.Hint(err))
			}
			k = len(files)
			files, parts[imageName(k)] = append(files, a.File), part
		}
		v.Hooks = append(v.Hooks, a.hook(i, imageName(k), crossAttentions(p)))
	}
	v.Source = func(name string) (graph.Weight, bool) {
		if at := strings.Index(name, attentionKeys); at > 0 && parts[name[:at]] != nil {
			return parts[name[:at]].Weight(name[at:])
		}
		return base(name)
	}
	return nil
}

// attentionKeys begins the names of an adapter's keys and values.
const attentionKeys = "ip_adapter."

// keysOf are the keys and values of attention number i: the authors count the attentions to the picture itself, too.
func keysOf(i int) string { return fmt.Sprintf("%s%d.", attentionKeys, 2*i+1) }

// crossAttentions are a network's attentions to the text in the order in which IP-Adapters count: the way down,
// the way up, the middle.
func crossAttentions(p *checkpoint.Part) (paths []string) {
	block := func(at string) {
		for j := range p.Layers(at + ".") {
			for i := range p.Layers(fmt.Sprintf("%s.%d.transformer_blocks.", at, j)) {
				path := fmt.Sprintf("%s.%d.transformer_blocks.%d.attn2", at, j, i)
				if _, ok := p.Tensors[path+".to_k.weight"]; ok {
					paths = append(paths, path)
				}
			}
		}
	}
	for _, way := range []string{"input_blocks", "output_blocks"} {
		for k := range p.Layers(way + ".") {
			block(fmt.Sprintf("%s.%d", way, k))
		}
	}
	block("middle_block")
	return paths
}

// fitsImages is an error where an adapter's keys and values are not those of the network's attentions.
func fitsImages(p, adapter *checkpoint.Part) error {
	paths := crossAttentions(p)
	count := 0
	for _, name := range adapter.Names() {
		if strings.HasPrefix(name, attentionKeys) && strings.HasSuffix(name, ".to_k_ip.weight") {
			count++
		}
	}
	for i, path := range paths {
		for _, one := range []struct{ ours, theirs string }{{".to_k.weight", "to_k_ip.weight"}, {".to_v.weight", "to_v_ip.weight"}} {
			ours, t := p.Tensors[path+one.ours], adapter.Tensors[keysOf(i)+one.theirs]
			if len(t.Shape) != 2 || !slices.Equal(t.Shape, ours.Shape) || count != len(paths) {
				return fault.New(fmt.Sprintf("it was made for another kind of model: it has %d attentions, number %d with keys of shape %v; want %d, that with %v", count, 2*i+1, t.Shape, len(paths), ours.Shape),
					"Choose one for this family: names end in _sd15 for Stable Diffusion 1, in _sdxl for SDXL.")
			}
		}
	}
	if len(paths) == 0 {
		return fmt.Errorf("the network has no attention to a text")
	}
	return nil
}

// hook lets the attentions read number i's tokens. The size of a masked adapter's picture is that of the last
// block it has passed: attentions are between changes of size.
func (a ImageAdapter) hook(i int, weights string, paths []string) graph.Hook {
	keys := map[string]string{}
	for k, path := range paths {
		keys[path] = weights + keysOf(k)
	}
	tokens, scale, mask := &shared{}, &shared{}, &shared{}
	var q, picture graph.Value
	return graph.Hook{Do: func(b *graph.Builder, at graph.Site, v graph.Value) graph.Value {
		dot := strings.LastIndexByte(at.Name, '.') + 1
		switch what, path := at.Name[dot:], at.Name[:max(dot-1, 0)]; {
		case what == "after", what == "below":
			picture = v
		case keys[path] == "":
		case what == "q":
			q = v
		case what == "out":
			name := imageName(i)
			width := b.Dims(keys[path] + "to_k_ip.weight")[1] // see fitsImages
			rows := b.Flat(name, tokens.in(b, name+"tokens", graph.Named("batch"), graph.Named(name+"token"), graph.Fixed(width)))
			seen := b.Attention(path+"."+name, q, b.Linear(keys[path]+"to_k_ip", rows), b.Linear(keys[path]+"to_v_ip", rows), at.Heads, false)
			if a.Masked {
				m := mask.in(b, name+"mask", graph.Named("batch"), graph.Fixed(1), graph.Named("height"), graph.Named("width"))
				seen = b.Mul(path, seen, b.Rows(path, b.Resize(path, m, picture, "bilinear")))
			}
			return b.Add(path, v, b.Mul(path, seen, scale.in(b, name+"scale", graph.Fixed(1))))
		}
		return v
	}}
}

// imageInputs are an evaluation's inputs for the adapters: n latents of h×w places, a text of that width.
func (in Inside) imageInputs(all map[string]*tensor.Tensor, n int, with Within) {
	for i, a := range in.Images {
		var is ImageInput
		if i < len(with.Images) {
			is = with.Images[i]
		}
		if is.Tokens == nil {
			is = ImageInput{Tokens: tensor.New(n, 1, with.Text)}
		}
		all[imageName(i)+"tokens"] = is.Tokens
		all[imageName(i)+"scale"] = &tensor.Tensor{Shape: []int{1}, Data: []float32{is.Scale}}
		if !a.Masked {
			continue
		}
		if is.Mask == nil {
			is.Mask = tensor.New(n, 1, with.Height, with.Width)
			for k := range is.Mask.Data {
				is.Mask.Data[k] = 1
			}
		}
		all[imageName(i)+"mask"] = is.Mask
	}
}
