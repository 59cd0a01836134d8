// Package familytest is a model family that exists for tests: Fourth has all that the
// families of Stable Diffusion have not (flow prediction, 16 latent channels of a quarter of
// the picture's size with a shift, one network for each half of its codec, a text that no
// network encodes) and touches no file of theirs. It is also what the guide in package
// family describes: fourth.go is the file, network.go the network, and a test adds the row.
package familytest

import (
	"context"
	"hash/fnv"
	"image"
	"math"
	"strings"

	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/denoise"
	"pentimento/pipeline/family"
	"pentimento/pipeline/model"
	"pentimento/pipeline/prompt"
	"pentimento/pipeline/region"
	"pentimento/pipeline/tensor"
	"pentimento/pipeline/vae"
)

// The sizes of the family.
const (
	Channels = 16 // of a latent
	Factor   = 4  // pixels a latent place
	width    = 8  // of a word's vector
)

// Fourth is the family. A test appends it to family.Families.
var Fourth = &family.Family{
	Family: &checkpoint.Family{
		Name: "fourth", Label: "Fourth, for tests",
		Prefixes: []checkpoint.Prefix{
			{Prefix: "fourth.denoiser.", Role: "denoiser"}, {Prefix: "fourth.codec.", Role: "vae"}, // a single file
			{Prefix: "transformer/", Role: "denoiser"}, {Prefix: "codec/", Role: "vae"}, // a folder
		},
		Is: func(c *checkpoint.Checkpoint) bool {
			return c.Denoiser != nil && c.VAE != nil && c.Denoiser.Tensors["text.weight"].Key != ""
		},
		Settle: func(c *checkpoint.Checkpoint) (err error) {
			c.Channels, err = c.Denoiser.Dim("text.weight", 2, 0)
			return err
		},
		Latent: Channels, Predictions: []string{"flow"}, ScaleFactor: 2, Shift: 0.25,
		Schedule:   checkpoint.Schedule{Kind: "shifted", Steps: 1000, Shift: 3},
		NativeSize: func(*checkpoint.Checkpoint) int { return 64 },
	},
	Text: func(*family.Model, family.Host, family.TextOptions) (family.Text, error) { return words{}, nil },
	OpenDenoiser: func(ctx context.Context, o family.Opening) (family.Denoiser, error) {
		g, err := buildDenoiser(o.Checkpoint.Denoiser, o.Variant)
		if err != nil {
			return nil, err
		}
		s, err := o.Runtime.Open(ctx, g, o.Options)
		return network{model.Handle{Session: s}}, err
	},
	Codec: family.Codec{
		Factor:      func(*family.Model) int { return Factor },
		OpenEncoder: func(o family.Opening) (family.Encoder, error) { return openHalf(o, buildEncoder) },
		OpenDecoder: func(o family.Opening) (family.Decoder, error) { return openHalf(o, buildDecoder) },
	},
	Automatic: "simple",
	Suggested: family.Suggestion{Steps: 4, CFG: 1},
	Ignores:   []string{"clip_skip", "emphasis"},
	Limits:    func(m *family.Model) region.Limits { return region.Around(m.NativeSize) },
	Preview:   preview(),
}

// preview is the mean of a colour's four channels, without scale and with the shift.
func preview() [][3]float32 {
	out := make([][3]float32, Channels+1)
	out[Channels] = [3]float32{0.25, 0.25, 0.25}
	for c := range 12 {
		out[c][c/4] = 1. / 8
	}
	return out
}

// words encodes a text as one vector a word, which follows from its letters.
type words struct{}

func (words) Encode(_ context.Context, p prompt.Part) (out []family.Timed, err error) {
	for _, stage := range p.Stages {
		t := &tensor.Tensor{Shape: []int{1, 0, width}}
		for _, s := range stage.Segments {
			for _, word := range strings.Fields(s.Text) {
				for i := range width {
					t.Data = append(t.Data, float32(s.Weight*math.Sin(float64((i+1)*number(word)))))
				}
			}
		}
		if len(t.Data) == 0 {
			t.Data = make([]float32, width)
		}
		t.Shape[1] = len(t.Data) / width
		out = append(out, family.Timed{Until: stage.Until, Text: family.Encoded{Context: t}})
	}
	return out, nil
}

func (words) Window() (prompt.Encoder, prompt.Spec) {
	encode := func(text string) (out []prompt.Token) {
		at := 0
		for _, word := range strings.Fields(text) {
			at += strings.Index(text[at:], word)
			out = append(out, prompt.Token{ID: number(word), Start: at, End: at + len(word)})
			at += len(word)
		}
		return out
	}
	return encode, prompt.Spec{Length: 256}
}

func number(word string) int {
	h := fnv.New32a()
	h.Write([]byte(word)) // a hash never fails
	return int(h.Sum32()%1000) + 1
}

// network is the denoiser.
type network struct{ model.Handle }

func (n network) Eval(ctx context.Context, in denoise.Input) (*tensor.Tensor, error) {
	sigma := tensor.New(len(in.Timesteps), 1, 1, 1)
	for i, t := range in.Timesteps {
		sigma.Data[i] = t / 1000
	}
	out, err := n.Run(ctx, map[string]*tensor.Tensor{"x": in.X, "sigma": sigma, "context": in.Context})
	return out["velocity"], err
}

func (network) Condition(t family.Encoded, _ image.Point) (denoise.Condition, error) {
	return denoise.Condition{Context: t.Context}, nil
}

func (network) Guide(float64) bool { return false }

// half is one half of the codec.
type half struct{ model.Handle }

func openHalf(o family.Opening, build builder) (half, error) {
	g, err := build(o.Checkpoint.VAE, o.Variant)
	if err != nil {
		return half{}, err
	}
	s, err := o.Runtime.Open(context.Background(), g, o.Options)
	return half{model.Handle{Session: s}}, err
}

func (h half) run(ctx context.Context, t *tensor.Tensor) (*tensor.Tensor, error) {
	out, err := h.Run(ctx, map[string]*tensor.Tensor{"in": t})
	return out["out"], err
}

func (h half) Encode(ctx context.Context, t *tensor.Tensor) (*tensor.Tensor, error) {
	return h.run(ctx, t)
}
func (h half) Decode(ctx context.Context, t *tensor.Tensor) (*tensor.Tensor, error) {
	return h.run(ctx, t)
}

func (h half) EncodeTiled(ctx context.Context, t *tensor.Tensor, _ vae.Tiling) (*tensor.Tensor, error) {
	return h.run(ctx, t)
}

func (h half) DecodeTiled(ctx context.Context, t *tensor.Tensor, _ vae.Tiling) (*tensor.Tensor, error) {
	return h.run(ctx, t)
}
