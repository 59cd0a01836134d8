package family

import (
	"context"
	"errors"
	"image"
	"maps"

	"pentimento/pipeline/checkpoint"
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
	f.Inside = true
	f.OpenDenoiser = func(ctx context.Context, o Opening) (Denoiser, error) {
		var err error
		if o.Variant, err = o.Inside.In(o.Checkpoint.Denoiser, o.Variant); err != nil {
			return nil, err
		}
		references := o.Inside.Reference.In(o.Checkpoint.Denoiser)
		if o.Cut > 0 && references != nil {
			return nil, errors.New("pipeline: a denoiser that is cut in two reads no references")
		}
		if o.Cut > 0 {
			c, err := unet.OpenCut(ctx, o.Runtime, o.Checkpoint, o.Options, o.Variant, o.Cut-1)
			if err != nil {
				return nil, err
			}
			return cutDenoiser{unetDenoiser{c.Network, o.Inside, references, o.Checkpoint.Denoiser}, c}, nil
		}
		n, err := unet.Open(ctx, o.Runtime, o.Checkpoint, o.Options, o.Variant)
		if err != nil {
			return nil, err
		}
		return unetDenoiser{n, o.Inside, references, o.Checkpoint.Denoiser}, nil
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
type unetDenoiser struct {
	*unet.Network
	inside     Inside
	references *unet.References // nil: it was not opened for any
	part       *checkpoint.Part
}

func (d unetDenoiser) Eval(ctx context.Context, in denoise.Input) (*tensor.Tensor, error) {
	u := d.input(in)
	if d.references != nil {
		cited, err := d.cite(ctx, in)
		if err != nil {
			return nil, err
		}
		maps.Copy(u.More, cited)
	}
	out, err := d.Network.Run(ctx, u)
	if m := unet.Attention(out); m != nil && in.Attention != nil {
		in.Attention(m)
	}
	return out["out"], err
}

// input is an evaluation as a UNet reads it.
func (d unetDenoiser) input(in denoise.Input) unet.Input {
	f := in.FreeU
	with := unet.Within{Perturbed: in.Perturbed, FreeU: [4]float64{f.B1, f.B2, f.S1, f.S2}, Shrink: in.Shrink, Refined: unet.Refined(in.Refined), Control: in.Control, Features: in.Features}
	if len(in.X.Shape) == 4 && len(in.Context.Shape) == 3 { // others are refused
		with.Height, with.Width, with.Text = in.X.Shape[2], in.X.Shape[3], in.Context.Shape[2]
	}
	for _, i := range in.Images {
		with.Images = append(with.Images, unet.ImageInput(i))
	}
	return unet.Input{X: in.X, Concat: in.Concat, Timesteps: in.Timesteps, Context: in.Context, Label: in.Label,
		More: d.inside.More(d.part, in.X.Shape[0], with)}
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
