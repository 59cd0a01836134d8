package vae

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/graph"
	"pentimento/pipeline/model"
	"pentimento/pipeline/tensor"
)

// Small is a small decoder for previews, as TAESD is (github.com/madebyollin/taesd, MIT):
// convolutions and residual blocks without norms, a hundredth of the work of the model's
// own. One goroutine may call Decode at a time.
type Small struct {
	session          model.Session
	channels, factor int
}

// OpenSmall opens the small decoder of a safetensors file, in the given variant.
// A file of another kind is an error that says so.
func OpenSmall(ctx context.Context, rt model.Runtime, path string, o model.Options, v graph.Variant) (*Small, error) {
	p, err := checkpoint.OpenPart(path, "small decoder")
	if err != nil {
		return nil, err
	}
	g, factor, err := buildSmall(p, v)
	if err != nil {
		return nil, fmt.Errorf("%q: %w", path, err)
	}
	s, err := rt.Open(ctx, g, o)
	if err != nil {
		return nil, err
	}
	return &Small{s, int(g.Inputs[0].Shape[1].Fixed), factor}, nil
}

// Channels is how many channels the latents have that it decodes.
func (s *Small) Channels() int { return s.channels }

// Factor is how many picture pixels one latent place becomes along each side.
func (s *Small) Factor() int { return s.factor }

// Decode turns a latent [B,C,h,w] as the denoiser knows it, with scale factor, into a
// picture [B,3,Factor·h,Factor·w] of nominal range −1 to 1, not clamped.
func (s *Small) Decode(ctx context.Context, latent *tensor.Tensor) (*tensor.Tensor, error) {
	if len(latent.Shape) != 4 || latent.Shape[1] != s.channels {
		return nil, fmt.Errorf("vae: latent of shape %v for a small decoder, want [batch %d height width]", latent.Shape, s.channels)
	}
	out, err := s.session.Run(ctx, map[string]*tensor.Tensor{"z": latent})
	return out["image"], err
}

// Close frees the session.
func (s *Small) Close() error { return s.session.Close() }

// BuildSmall writes the graph of a small decoder: z [batch,C,height,width] with scale
// factor → image [batch,3,8h,8w].
func BuildSmall(p *checkpoint.Part, v graph.Variant) (*graph.Graph, error) {
	g, _, err := buildSmall(p, v)
	return g, err
}

// The decoder is a numbered list of modules under a prefix that differs from file to file
// ("" in the original, "decoder.layers." with diffusers). Those without weights show only
// as gaps in the numbers: an activation before a block, a doubling before a convolution.
func buildSmall(p *checkpoint.Part, v graph.Variant) (*graph.Graph, int, error) {
	prefix, numbers := modules(p)
	if len(numbers) < 3 {
		return nil, 0, errors.New("vae: no small decoder, want numbered convolutions and blocks such as 1.weight, 3.conv.0.weight")
	}
	b := graph.NewBuilder("small decoder", p.Weight, v)
	at := func(i int) string { return prefix + strconv.Itoa(numbers[i]) }
	shape := b.Dims(at(0) + ".weight")
	if len(shape) != 4 || shape[1] < 1 {
		return nil, 0, fmt.Errorf("vae: tensor %q has shape %v, want the first convolution", at(0)+".weight", shape)
	}
	batch := graph.Named("batch")
	z := b.Input("z", batch, graph.Fixed(shape[1]), graph.Named("height"), graph.Named("width"))
	// The range is bounded softly: tanh(z/3)·3.
	h := b.Mul("bound", b.Op("Tanh", "bound", graph.Float32, z.Shape, nil, b.Mul("bound", z, b.Scalar(1.0/3))), b.Scalar(3))
	factor := 1
	for i := range numbers {
		gap := i > 0 && numbers[i] > numbers[i-1]+1
		if !b.Has(at(i) + ".weight") {
			if gap {
				h = relu(b, at(i), h)
			}
			h = smallBlock(b, at(i), h)
			continue
		}
		if gap {
			h = b.Upsample(at(i), h, nil)
			factor *= 2
		}
		h = b.Conv(at(i), h, graph.Same)
	}
	if c := h.Shape[1].Fixed; c != 3 {
		b.Failf("%s: %d channels come out, want 3", at(len(numbers)-1), c)
	}
	// The decoder's own range is 0 to 1.
	h = b.Add("range", b.Mul("range", h, b.Scalar(2)), b.Scalar(-1))
	b.Output("image", h, batch, graph.Fixed(3), graph.Named("picture height"), graph.Named("picture width"))
	left := slices.DeleteFunc(b.Unused(p.Names()), func(n string) bool {
		rest, ok := strings.CutPrefix(n, prefix)
		return !ok || rest == "" || rest[0] < '0' || rest[0] > '9'
	})
	if len(left) > 0 {
		b.Failf("tensor %q and %d more have no place in a small decoder", left[0], len(left)-1)
	}
	g, err := b.Finish()
	return g, factor, err
}

// modules finds the decoder's modules: their prefix, and their numbers in order.
func modules(p *checkpoint.Part) (prefix string, numbers []int) {
	for _, name := range p.Names() {
		head, found := strings.CutSuffix(name, ".conv.0.weight")
		if !found || strings.Contains(head, "encoder") {
			continue
		}
		prefix = head[:strings.LastIndexByte(head, '.')+1]
		break
	}
	for _, name := range p.Names() {
		rest, ok := strings.CutPrefix(name, prefix)
		if !ok {
			continue
		}
		number, tail, _ := strings.Cut(rest, ".")
		n, err := strconv.Atoi(number)
		if err == nil && (tail == "weight" || tail == "conv.0.weight") {
			numbers = append(numbers, n)
		}
	}
	slices.Sort(numbers)
	return prefix, slices.Compact(numbers)
}

// smallBlock is three convolutions beside a way straight through.
func smallBlock(b *graph.Builder, path string, x graph.Value) graph.Value {
	h := relu(b, path, b.Conv(path+".conv.0", x, graph.Same))
	h = relu(b, path, b.Conv(path+".conv.2", h, graph.Same))
	h = b.Conv(path+".conv.4", h, graph.Same)
	if b.Has(path + ".skip.weight") {
		x = b.Conv(path+".skip", x, graph.ConvOptions{})
	} else if x.Shape[1] != h.Shape[1] {
		b.Failf("%s: %d channels in, %d out and no skip", path, x.Shape[1].Fixed, h.Shape[1].Fixed)
	}
	return relu(b, path, b.Add(path, h, x))
}

func relu(b *graph.Builder, path string, x graph.Value) graph.Value {
	return b.Op("Relu", path, graph.Float32, x.Shape, nil, x)
}
