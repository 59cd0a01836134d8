package pipeline

import (
	"context"
	"fmt"
	"image"
	"time"

	"pentimento/fault"
	"pentimento/pipeline/tensor"
)

// toLatent encodes pictures [B,3,h,w] in [-1,1] to the means of their latents, scaled as
// the denoiser knows them. They go through the autoencoder one after another: it wants
// more memory than anything else.
func (r *run) toLatent(ctx context.Context, pictures *tensor.Tensor) (*tensor.Tensor, error) {
	e, err := r.model.encode(ctx)
	if err != nil {
		return nil, err
	}
	r.model.makeRoom()
	parts := make([]*tensor.Tensor, pictures.Shape[0])
	for i := range parts {
		moments, err := r.encodeTiles(ctx, e, pictures.Batch(i, i+1))
		if err != nil {
			return nil, err
		}
		size := moments.Shape[2:]
		parts[i] = r.model.Scaled(moments)
		if k := parts[i].BadValue(); k >= 0 {
			return nil, fault.New(fmt.Sprintf("pipeline: the autoencoder gave %v at channel %d of the picture's latent, want finite numbers", moments.Data[k], k/(size[0]*size[1])),
				"The model's VAE may be damaged, or overflow in half precision on this device: choose another VAE file, or the processor.")
		}
	}
	if len(parts) == 1 {
		return parts[0], nil
	}
	return tensor.Concat(0, parts...)
}

// seen is what an inpainting network looks at besides the latent: the mask at latent size
// (1 = paint) and the latent of the picture with the masked part grey. Without a picture
// everything is masked.
func (r *run) seen(ctx context.Context, w work) (*tensor.Tensor, error) {
	f := r.model.Factor()
	mask := tensor.New(1, 1, w.size.Y/f, w.size.X/f)
	visible := tensor.New(1, 3, w.size.Y, w.size.X)
	switch {
	case w.picture == nil || w.hide == nil:
		for i := range mask.Data {
			mask.Data[i] = 1
		}
	default:
		plane := w.size.X * w.size.Y
		visible = tensor.New(w.picture.Shape...)
		for i, v := range w.picture.Data {
			visible.Data[i] = v * (1 - w.hide.Data[i%plane])
		}
		for y := range mask.Shape[2] { // the nearest pixel, as these networks were trained
			for x := range mask.Shape[3] {
				mask.Data[y*mask.Shape[3]+x] = w.hide.Data[y*f*w.size.X+x*f]
			}
		}
	}
	latent, err := r.toLatent(ctx, visible)
	if err != nil {
		return nil, err
	}
	if n := latent.Shape[0]; n > 1 {
		mask = repeated(mask, n)
	}
	return tensor.Concat(1, mask, latent)
}

// toPicture decodes a latent to a picture that covers place.
func (r *run) toPicture(ctx context.Context, latent *tensor.Tensor, place image.Rectangle) (*image.NRGBA, error) {
	began := time.Now()
	defer func() { r.clock("decode", began) }()
	t, err := r.decode(ctx, latent)
	if err != nil {
		return nil, err
	}
	r.model.learn(latent, t)
	return toImage(t, 0, place), nil
}

// decode turns a latent into a picture [1,3,h,w] of nominal range −1 to 1, not clamped.
func (r *run) decode(ctx context.Context, latent *tensor.Tensor) (*tensor.Tensor, error) {
	d, err := r.model.decode(ctx)
	if err != nil {
		return nil, err
	}
	r.model.makeRoom()
	t, err := r.decodeTiles(ctx, d, r.model.Unscaled(latent))
	if err != nil {
		return nil, err
	}
	if i := t.BadValue(); i >= 0 {
		return nil, fault.New(fmt.Sprintf("pipeline: the autoencoder gave %v while decoding, want finite numbers", t.Data[i]),
			"The model's VAE may overflow in half precision on this device: choose another VAE file, or the processor.")
	}
	return t, nil
}
