package family

import (
	"context"
	"errors"
	"image"

	"pentimento/pipeline/clip"
	"pentimento/pipeline/denoise"
	"pentimento/pipeline/region"
	"pentimento/pipeline/tensor"
	"pentimento/pipeline/unet"
	"pentimento/pipeline/vae"
)

// stable is a row of Stable Diffusion: f with the networks that its families share.
func stable(f Family, rules clipRules) *Family {
	f.Text = func(m *Model, h Host, o TextOptions) (Text, error) { return newClipText(m, h, o, rules) }
	f.OpenText = func(ctx context.Context, o Opening, i int) (Network, error) {
		return clip.Open(ctx, o.Runtime, o.Checkpoint, i, o.Options, o.Variant)
	}
	f.OpenDenoiser = func(ctx context.Context, o Opening) (Denoiser, error) {
		if o.Cut > 0 {
			c, err := unet.OpenCut(ctx, o.Runtime, o.Checkpoint, o.Options, o.Variant, o.Cut-1)
			if err != nil {
				return nil, err
			}
			return cutDenoiser{unetDenoiser{c.Network}, c}, nil
		}
		n, err := unet.Open(ctx, o.Runtime, o.Checkpoint, o.Options, o.Variant)
		if err != nil {
			return nil, err
		}
		return unetDenoiser{n}, nil
	}
	f.Codec = klCodec
	f.Skips = func(m *Model) int { return unet.Skips(m.Denoiser) }
	return &f
}

// limits are those of a family for models of the usual size, and a range about their own for
// others.
func limits(usual int, l region.Limits) func(*Model) region.Limits {
	return func(m *Model) region.Limits {
		if m.NativeSize != usual {
			return region.Around(m.NativeSize)
		}
		return l
	}
}

// unetDenoiser is a UNet as a Denoiser.
type unetDenoiser struct{ *unet.Network }

func (d unetDenoiser) Eval(ctx context.Context, in denoise.Input) (*tensor.Tensor, error) {
	return d.Network.Eval(ctx, unetInput(in))
}

// unetInput is an evaluation as a UNet reads it.
func unetInput(in denoise.Input) unet.Input {
	return unet.Input{X: in.X, Concat: in.Concat, Timesteps: in.Timesteps, Context: in.Context, Label: in.Label}
}

// Condition adds the label vector of SDXL: the pooled text and the picture's size.
func (d unetDenoiser) Condition(t Encoded, size image.Point) (denoise.Condition, error) {
	c := denoise.Condition{Context: t.Context}
	if d.LabelWidth() == 0 {
		return c, nil
	}
	if t.Pooled == nil {
		return c, errors.New("pipeline: the denoiser wants a label vector, and the text encoders gave no projected text")
	}
	h, w := float32(size.Y), float32(size.X)
	var err error
	c.Label, err = unet.Label(t.Pooled, [6]float32{h, w, 0, 0, h, w}, d.LabelWidth())
	return c, err
}

// klCodec is the autoencoder of Stable Diffusion and its like, with any number of channels.
var klCodec = Codec{
	Factor: func(m *Model) int { return vae.Factor(m.VAE) },
	Needs: func(m *Model, width, height int, limit int64) int64 {
		return vae.Needs(m.VAE, width, height, limit)
	},
	OpenEncoder: func(o Opening) (Encoder, error) {
		e, err := vae.OpenEncoder(o.Runtime, o.Checkpoint, o.Options, o.Variant)
		if err != nil {
			return nil, err
		}
		return e, nil
	},
	OpenDecoder: func(o Opening) (Decoder, error) {
		d, err := vae.OpenDecoder(o.Runtime, o.Checkpoint, o.Options, o.Variant)
		if err != nil {
			return nil, err
		}
		return d, nil
	},
}
