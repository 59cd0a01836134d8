// Package vae is the autoencoder between pictures and latents. It builds the two graphs
// (Esser et al. 2021; Rombach et al. 2022) from the names and shapes of their weights and
// wraps the opened sessions as Go functions. Neither side applies the scale factor: that
// is the caller's, from checkpoint.Settings.
//
// Start reading at OpenDecoder; build.go holds the networks, tiles.go takes pictures
// through them that are too large for memory, parts.go holds the graphs for that; small.go
// holds the small decoders for previews.
//
// Decisions:
// 2026-11-23: encoder and decoder are two sessions: a run that only decodes should not
// hold the other half.
package vae

import (
	"context"
	"fmt"

	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/graph"
	"pentimento/pipeline/model"
	"pentimento/pipeline/tensor"
)

// Decoder turns latents into pictures. One goroutine may call Decode at a time.
type Decoder struct {
	session  model.Session
	channels int
	parts    parts
}

// Encoder turns pictures into the moments of their latents. One goroutine may call
// Encode at a time.
type Encoder struct {
	session model.Session
	factor  int
	parts   parts
}

// OpenDecoder opens the decoding half of a checkpoint's VAE, after the given changes
// to its graph.
func OpenDecoder(ctx context.Context, rt model.Runtime, ck *checkpoint.Checkpoint, o model.Options, changes ...graph.Change) (*Decoder, error) {
	g, err := BuildDecoder(ck.VAE)
	s, err := open(ctx, rt, ck, g, err, o, changes)
	if err != nil {
		return nil, err
	}
	return &Decoder{session: s, channels: int(g.Inputs[0].Shape[1].Fixed),
		parts: parts{ck.VAE, Factor(ck.VAE), rt, o, changes}}, nil
}

// OpenEncoder opens the encoding half of a checkpoint's VAE, after the given changes
// to its graph.
func OpenEncoder(ctx context.Context, rt model.Runtime, ck *checkpoint.Checkpoint, o model.Options, changes ...graph.Change) (*Encoder, error) {
	g, err := BuildEncoder(ck.VAE)
	s, err := open(ctx, rt, ck, g, err, o, changes)
	if err != nil {
		return nil, err
	}
	return &Encoder{session: s, factor: Factor(ck.VAE),
		parts: parts{ck.VAE, Factor(ck.VAE), rt, o, changes}}, nil
}

func open(ctx context.Context, rt model.Runtime, ck *checkpoint.Checkpoint, g *graph.Graph, err error, o model.Options, changes []graph.Change) (model.Session, error) {
	if err != nil {
		return nil, err
	}
	if err := ck.Changed(); err != nil {
		return nil, err
	}
	g.Apply(changes...)
	return rt.Open(ctx, g, o)
}

// Factor is how many picture pixels one latent place spans along each side.
func Factor(p *checkpoint.Part) int {
	f := 1
	for i := range p.Layers("encoder.down.") {
		if _, ok := p.Tensors[fmt.Sprintf("encoder.down.%d.downsample.conv.weight", i)]; ok {
			f *= 2
		}
	}
	return f
}

// Decode turns a latent z [B,4,h,w], without scale factor, into a picture [B,3,8h,8w] of
// nominal range −1 to 1, not clamped.
func (d *Decoder) Decode(ctx context.Context, z *tensor.Tensor) (*tensor.Tensor, error) {
	if len(z.Shape) != 4 || z.Shape[1] != d.channels {
		return nil, fmt.Errorf("vae: latent of shape %v, want [batch %d height width]", z.Shape, d.channels)
	}
	out, err := d.session.Run(ctx, map[string]*tensor.Tensor{"z": z})
	return out["image"], err
}

// Close frees the session.
func (d *Decoder) Close() error { return d.session.Close() }

// Encode turns a picture [B,3,H,W] in −1 to 1, sides multiples of Factor, into moments
// [B,8,H/8,W/8]: four means, then four log-variances, not clamped, without scale factor.
func (e *Encoder) Encode(ctx context.Context, image *tensor.Tensor) (*tensor.Tensor, error) {
	if err := e.fits(image); err != nil {
		return nil, err
	}
	out, err := e.session.Run(ctx, map[string]*tensor.Tensor{"image": image})
	return out["moments"], err
}

// Close frees the session.
func (e *Encoder) Close() error { return e.session.Close() }

// fits says what is wrong with a picture's shape.
func (e *Encoder) fits(image *tensor.Tensor) error {
	if s := image.Shape; len(s) != 4 || s[1] != 3 || s[2]%e.factor != 0 || s[3]%e.factor != 0 {
		return fmt.Errorf("vae: picture of shape %v, want [batch 3 height width] with sides that are multiples of %d", s, e.factor)
	}
	return nil
}
