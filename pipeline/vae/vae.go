// Package vae is the autoencoder between pictures and latents. It builds the two graphs
// (Esser et al. 2021; Rombach et al. 2022) from the names and shapes of their weights and
// wraps the opened sessions as Go functions. Neither side applies the scale factor: that
// is the caller's, from checkpoint.Settings.
//
// Start reading at OpenDecoder; build.go holds the networks, tiles.go takes pictures
// through them that are too large for memory (parts.go has the graphs for that, field.go
// what is between two of them, memory.go the reckoning); small.go holds the small
// decoders for previews.
//
// Sites (graph.Hook), named as the modules are; K counts levels from the picture's size down:
//
//	encoder.down.K  encoder.mid  decoder.mid  decoder.up.K   what the residual blocks make, before the size changes
//	encoder.mid.attn_1.q .k .v .out, the decoder's likewise  rows [B·h·w,C], out before its projection
//
// In tiles (tiles.go) only mid and the level of the latent's size are sites.
//
// Decisions:
// 2026-11-23: encoder and decoder are two sessions: a run that only decodes should not
// hold the other half.
package vae

import (
	"cmp"
	"context"
	"fmt"

	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/graph"
	"pentimento/pipeline/model"
	"pentimento/pipeline/tensor"
)

// Decoder turns latents into pictures. One goroutine may call Decode at a time.
type Decoder struct {
	whole    entire
	channels int
	parts    parts
}

// Encoder turns pictures into the moments of their latents. One goroutine may call
// Encode at a time.
type Encoder struct {
	whole  entire
	factor int
	parts  parts
}

// entire is a half that is opened when a picture goes through it whole: what is too large
// for that goes through its parts, and both at once would hold the weights twice.
type entire struct {
	graph   *graph.Graph
	session model.Session
	parts   bool // what is too much at once may go through in parts
}

func (w *entire) run(ctx context.Context, p *parts, name string, t *tensor.Tensor) (map[string]*tensor.Tensor, error) {
	if w.session == nil {
		o := p.options
		o.Smaller = func(map[string]*tensor.Tensor) bool { return w.parts }
		s, err := p.runtime.Open(ctx, w.graph, o)
		if err != nil {
			return nil, err
		}
		w.session = s
	}
	if w.graph.IsForeign() {
		out, err := w.session.Run(ctx, map[string]*tensor.Tensor{ours + name: t})
		return map[string]*tensor.Tensor{"image": out[ours+"image"], "moments": out[ours+"moments"]}, err
	}
	return w.session.Run(ctx, map[string]*tensor.Tensor{name: t})
}

func (w *entire) close() error {
	if w.session == nil {
		return nil
	}
	err := w.session.Close()
	w.session = nil
	return err
}

// OpenDecoder prepares the decoding half of a checkpoint's VAE in the given variant, whose
// hooks add no inputs. Its weights are read when the first picture comes.
func OpenDecoder(rt model.Runtime, ck *checkpoint.Checkpoint, o model.Options, v graph.Variant) (*Decoder, error) {
	g, err := BuildDecoder(ck.VAE, v)
	if err = cmp.Or(err, ck.Changed()); err != nil {
		return nil, err
	}
	return &Decoder{entire{graph: g}, int(g.Inputs[0].Shape[1].Fixed), parts{ck.VAE, Factor(ck.VAE), rt, o, v}}, nil
}

// OpenEncoder prepares the encoding half of a checkpoint's VAE in the given variant, whose
// hooks add no inputs. Its weights are read when the first picture comes.
func OpenEncoder(rt model.Runtime, ck *checkpoint.Checkpoint, o model.Options, v graph.Variant) (*Encoder, error) {
	g, err := BuildEncoder(ck.VAE, v)
	if err = cmp.Or(err, ck.Changed()); err != nil {
		return nil, err
	}
	f := Factor(ck.VAE)
	return &Encoder{entire{graph: g}, f, parts{ck.VAE, f, rt, o, v}}, nil
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
	out, err := d.whole.run(ctx, &d.parts, "z", z)
	return out["image"], err
}

// Close frees the session.
func (d *Decoder) Close() error { return d.whole.close() }

// Device is where the decoder runs; "" before it has.
func (d *Decoder) Device() string { return model.Handle{Session: d.whole.session}.Device() }

// Encode turns a picture [B,3,H,W] in −1 to 1, sides multiples of Factor, into moments
// [B,8,H/8,W/8]: four means, then four log-variances, not clamped, without scale factor.
func (e *Encoder) Encode(ctx context.Context, image *tensor.Tensor) (*tensor.Tensor, error) {
	if err := e.fits(image); err != nil {
		return nil, err
	}
	out, err := e.whole.run(ctx, &e.parts, "image", image)
	return out["moments"], err
}

// Close frees the session.
func (e *Encoder) Close() error { return e.whole.close() }

// Device is where the encoder runs; "" before it has.
func (e *Encoder) Device() string { return model.Handle{Session: e.whole.session}.Device() }

// fits says what is wrong with a picture's shape.
func (e *Encoder) fits(image *tensor.Tensor) error {
	if s := image.Shape; len(s) != 4 || s[1] != 3 || s[2]%e.factor != 0 || s[3]%e.factor != 0 {
		return fmt.Errorf("vae: picture of shape %v, want [batch 3 height width] with sides that are multiples of %d", s, e.factor)
	}
	return nil
}
