package controlnet

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"pentimento/fault"
	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/graph"
	"pentimento/pipeline/model"
	"pentimento/pipeline/tensor"
	"pentimento/pipeline/unet"
)

// stages are the sizes at which a T2I-Adapter gives something.
const stages = 4

// T2I is an opened T2I-Adapter. One goroutine may use it at a time.
type T2I struct {
	session  model.Session
	unfold   int   // pixels along each side of what the network sees as one place
	channels int   // of the picture
	Places   []int // where what Features gives is added: blocks of the way down, then the middle
	halved   []int // how often the denoiser's picture is halved there
}

// adapter is what an adapter's tensors say of its form.
type adapter struct {
	unfold, channels int // see T2I
	depth            int // blocks a stage
	light            bool
	xl               bool
}

// form reads what the tensors say.
func (f *File) form() (a adapter, err error) {
	p := f.part
	first := "conv_in.weight"
	if _, ok := p.Tensors["body.0.in_conv.weight"]; ok && p.Tensors[first].Key == "" {
		a.light, first = true, "body.0.in_conv.weight"
	}
	cin, err := p.Dim(first, 4, 1)
	if err != nil {
		return a, err
	}
	switch a.unfold = 8; cin {
	case 64, 192:
	case 256, 768:
		a.unfold, a.xl = 16, true
	default:
		return a, fmt.Errorf("t2i_adapter: tensor %q reads %d channels, want 64 or 192 (SD 1.x), 256 or 768 (SDXL)", first, cin)
	}
	a.channels = int(cin) / (a.unfold * a.unfold)
	if a.depth = p.Layers("body.") / stages; a.light {
		a.depth = 1
	}
	if n := p.Layers("body."); a.depth < 1 || n%stages != 0 {
		return a, fmt.Errorf("t2i_adapter: %d blocks, want a multiple of %d", n, stages)
	}
	return a, nil
}

// OpenAdapter opens the T2I-Adapter of a file.
func (f *File) OpenAdapter(ctx context.Context, rt model.Runtime, base *checkpoint.Part, o model.Options, v graph.Variant) (*T2I, error) {
	if f.Kind != Adapter {
		return nil, errors.New("controlnet: a ControlNet, want a T2I-Adapter")
	}
	a, err := f.form()
	if err != nil {
		return nil, err
	}
	g, err := f.graph(a, v)
	if err != nil {
		return nil, err
	}
	s, err := rt.Open(ctx, g, o)
	if err != nil {
		return nil, err
	}
	t := &T2I{session: s, unfold: a.unfold, channels: a.channels, Places: a.places(base)}
	for _, place := range t.Places {
		n := 0
		for k := range place + 1 {
			if _, halves := base.Tensors[fmt.Sprintf("input_blocks.%d.0.op.weight", k)]; halves {
				n++
			}
		}
		t.halved = append(t.halved, n)
	}
	return t, nil
}

// flatten brings diffusers' names, two numbers for each block, to the original's one.
func (f *File) flatten() {
	depth := f.part.Layers("body.0.resnets.")
	if depth == 0 {
		return
	}
	f.part = renamed(f.part, func(name string) string {
		var i, j int
		var rest string
		if n, _ := fmt.Sscanf(name, "body.%d.resnets.%d.%s", &i, &j, &rest); n == 3 {
			if _, light := f.part.Tensors["body.0.out_conv.weight"]; light {
				return fmt.Sprintf("body.%d.body.%d.%s", i, j, rest)
			}
			return fmt.Sprintf("body.%d.%s", i*depth+j, rest)
		}
		if n, _ := fmt.Sscanf(name, "body.%d.in_conv.%s", &i, &rest); n == 2 {
			if _, light := f.part.Tensors["body.0.out_conv.weight"]; !light {
				return fmt.Sprintf("body.%d.in_conv.%s", i*depth, rest)
			}
		}
		return name
	})
}

// graph is the network over the picture's unfolded places: input picture [1,C·n²,h,w], outputs
// feature.0 to feature.3.
func (f *File) graph(a adapter, v graph.Variant) (*graph.Graph, error) {
	b := graph.NewBuilder("t2i_adapter", f.part.Weight, graph.Variant{Changes: v.Changes})
	h := b.Input("picture", graph.Named("batch"), graph.Fixed(int64(a.channels*a.unfold*a.unfold)), graph.Named("height"), graph.Named("width"))
	if !a.light {
		h = b.Conv("conv_in", h, graph.Same)
	}
	for i := range stages {
		halves := i > 0
		if a.xl && !a.light {
			halves = i == 2
		}
		for j := range a.depth {
			at := fmt.Sprintf("body.%d", i*a.depth+j)
			if halves && j == 0 {
				h = half(b, at, h)
			}
			if a.light {
				h = light(b, at, h)
			} else {
				h = block(b, at, h)
			}
		}
		b.Output(fmt.Sprintf("feature.%d", i), h, graph.Named("batch"), h.Shape[1], graph.Named(fmt.Sprint("h", i)), graph.Named(fmt.Sprint("w", i)))
	}
	if left := b.Unused(f.part.Names()); len(left) > 0 {
		b.Failf("tensor %q and %d more have no place in this network", left[0], len(left)-1)
	}
	return b.Finish()
}

// half halves the picture: by the layer's convolution, or where it has none by the mean of four places.
func half(b *graph.Builder, at string, h graph.Value) graph.Value {
	if b.Has(at + ".down_opt.op.weight") {
		return b.Conv(at+".down_opt.op", h, graph.ConvOptions{Stride: 2, Pads: graph.Same.Pads})
	}
	return b.Op("AveragePool", at, graph.Float32, h.Shape, map[string]any{"kernel_shape": []int64{2, 2}, "strides": []int64{2, 2}}, h)
}

// conv keeps the size, whatever the kernel's is.
func conv(b *graph.Builder, at string, h graph.Value) graph.Value {
	shape := b.Dims(at + ".weight")
	if len(shape) != 4 {
		b.Failf("tensor %q has shape %v, want four dimensions", at+".weight", shape)
		return h
	}
	p := shape[2] / 2
	return b.Conv(at, h, graph.ConvOptions{Pads: [4]int64{p, p, p, p}})
}

func relu(b *graph.Builder, at string, h graph.Value) graph.Value {
	return b.Op("Relu", at, graph.Float32, h.Shape, nil, h)
}

// block is one of the full form.
func block(b *graph.Builder, at string, x graph.Value) graph.Value {
	if b.Has(at + ".in_conv.weight") {
		x = conv(b, at+".in_conv", x)
	}
	h := conv(b, at+".block2", relu(b, at, conv(b, at+".block1", x)))
	if b.Has(at + ".skep.weight") {
		x = conv(b, at+".skep", x)
	}
	return b.Add(at, h, x)
}

// light is a stage of the light form.
func light(b *graph.Builder, at string, h graph.Value) graph.Value {
	h = conv(b, at+".in_conv", h)
	for j := 0; b.Has(fmt.Sprintf("%s.body.%d.block1.weight", at, j)); j++ {
		h = block(b, fmt.Sprintf("%s.body.%d", at, j), h)
	}
	return conv(b, at+".out_conv", h)
}

// places are the blocks of a denoiser's way down after which the four are added, the middle
// having the number of blocks: those before each halving and the last; of SDXL, whose features
// begin at half the size, the first halving itself, and the middle.
func (a adapter) places(base *checkpoint.Part) (all []int) {
	blocks := unet.Skips(base) + 1
	for k := range blocks {
		if _, halves := base.Tensors[fmt.Sprintf("input_blocks.%d.0.op.weight", k)]; halves {
			if a.xl && len(all) == 0 {
				all = append(all, k)
				continue
			}
			all = append(all, k-1)
		}
	}
	if all = append(all, blocks-1); a.xl {
		all = slices.Compact(append(all, blocks))
	}
	return all
}

// adapterFits says why an adapter cannot steer a denoiser.
func (f *File) adapterFits(base *checkpoint.Part) error {
	a, err := f.form()
	if err != nil {
		return err
	}
	g, err := f.graph(a, graph.Variant{})
	if err != nil {
		return err
	}
	places, channels := a.places(base), unet.SkipChannels(base)
	fits := len(places) == stages
	for i := 0; fits && i < stages; i++ {
		fits = g.Outputs[i].Shape[1].Fixed == channels[places[i]]
	}
	if !fits {
		return fault.With(fmt.Errorf("t2i_adapter %q was made for another family of models", filepath.Base(f.Path)), "Choose one made for the model's family: "+familyHint(base)+".")
	}
	return nil
}

// Features are what it adds within the denoiser, at its places, for a picture [1,3,H,W] in 0 to 1, of
// which the denoiser's latents have one place for factor pixels a side.
func (t *T2I) Features(ctx context.Context, picture *tensor.Tensor, factor int) ([]*tensor.Tensor, error) {
	out, err := t.session.Run(ctx, map[string]*tensor.Tensor{"picture": unfolded(picture, t.channels, t.unfold)})
	if err != nil {
		return nil, err
	}
	all := make([]*tensor.Tensor, stages)
	for i := range all {
		h, w := picture.Shape[2]/factor, picture.Shape[3]/factor
		for range t.halved[i] {
			h, w = (h+1)/2, (w+1)/2
		}
		all[i] = nearest(out[fmt.Sprintf("feature.%d", i)], h, w)
	}
	return all, nil
}

// nearest is [1,C,h,w] at another size: sides that don't halve evenly are rounded up in the denoiser
// and down here.
func nearest(t *tensor.Tensor, h, w int) *tensor.Tensor {
	if t.Shape[2] == h && t.Shape[3] == w {
		return t
	}
	out := tensor.New(1, t.Shape[1], h, w)
	for i := range out.Data {
		c, y, x := i/(h*w), i/w%h, i%w
		out.Data[i] = t.Data[(c*t.Shape[2]+y*t.Shape[2]/h)*t.Shape[3]+x*t.Shape[3]/w]
	}
	return out
}

// Close closes the network.
func (t *T2I) Close() error { return t.session.Close() }

// unfolded makes channels of the n×n pixels of each place (torch's pixel_unshuffle); of one
// channel is the mean of the colours. Beyond the edge the picture goes on as it ends.
func unfolded(p *tensor.Tensor, channels, n int) *tensor.Tensor {
	h, w := p.Shape[2], p.Shape[3]
	rows, columns := (h+n-1)/n, (w+n-1)/n
	out := tensor.New(1, channels*n*n, rows, columns)
	at := func(c, y, x int) float32 {
		y, x = min(y, h-1), min(x, w-1)
		if channels == p.Shape[1] {
			return p.Data[(c*h+y)*w+x]
		}
		var sum float32
		for c := range p.Shape[1] {
			sum += p.Data[(c*h+y)*w+x]
		}
		return sum / float32(p.Shape[1])
	}
	for c := range channels {
		for y := range rows * n {
			for x := range columns * n {
				out.Data[((c*n*n+y%n*n+x%n)*rows+y/n)*columns+x/n] = at(c, y, x)
			}
		}
	}
	return out
}
