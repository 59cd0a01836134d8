package pipeline

import (
	"context"
	"math"

	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/family"
	"pentimento/pipeline/tensor"
	"pentimento/pipeline/vae"
)

// The autoencoder's memory grows with the picture, and users of large models expect that:
// it may take a share of what the model's weights take in float32, so that every
// family decodes its own size whole, and a small model's a few hundred megabytes.
const (
	vaeShare = 0.4
	vaeLeast = 340 << 20 // 512 × 512 pixels whole, where 64 channels are the most at full size
	vaeSaves = 128 << 20 // in low-memory mode
)

// SetVAEMemory says what the autoencoder may take in addition to its weights, in bytes; with more to
// do it works in tiles, which changes nothing but rounding. 0, the start value, leaves it to
// the pipeline: two fifths of the model's weights, and at least 340 MiB; below 0 there is no
// limit. It counts for runs that begin later.
func (p *Pipeline) SetVAEMemory(bytes int64) { p.vaeLimit.Store(bytes) }

// vaeMemory is what the autoencoder of a model may take where a request runs, in bytes: at
// most what the request allows less the weights. It follows from the request alone.
func (p *Pipeline) vaeMemory(ck *checkpoint.Checkpoint, where Where) int64 {
	most := int64(math.MaxInt64)
	switch limit := p.vaeLimit.Load(); {
	case limit > 0:
		most = limit
	case limit == 0 && where.LowMemory:
		most = vaeSaves
	case limit == 0:
		most = max(int64(vaeShare*float64(wideBytes(ck))), vaeLeast)
	}
	if m := where.memory(); m > 0 {
		most = min(most, max(m-heldBytes(ck.VAE), vaeSaves))
	}
	return most
}

// fitting is most or, where that is more than three quarters of the memory that is free now,
// those: the tiles are smaller then, and the rounding another.
func (p *Pipeline) fitting(most int64) int64 {
	if m, ok := p.runtime.(interface{ FreeMemory() uint64 }); ok && m.FreeMemory() > 0 && most < math.MaxInt64 {
		return min(most, max(int64(m.FreeMemory()/4*3), vaeSaves))
	}
	return most
}

// memory is Memory in bytes.
func (w Where) memory() int64 { return int64(w.Memory * 1e9) }

// wideBytes is what a checkpoint's weights take in float32.
func wideBytes(ck *checkpoint.Checkpoint) (n int64) {
	for _, p := range ck.Parts() {
		n += heldBytes(p)
	}
	return n
}

// heldBytes is what a part's weights take in float32; 0 for a part that a model does not have.
func heldBytes(p *checkpoint.Part) (n int64) {
	if p == nil {
		return 0
	}
	for _, t := range p.Tensors {
		n += t.Count() * 4
	}
	return n
}

// decodeTiles is vae.Decoder.Decode for one latent [1,C,h,w] of any size.
func (r *run) decodeTiles(ctx context.Context, d family.Decoder, z *tensor.Tensor) (*tensor.Tensor, error) {
	return d.DecodeTiled(ctx, z, r.tiling())
}

// encodeTiles is vae.Encoder.Encode for one picture [1,3,H,W] of any size.
func (r *run) encodeTiles(ctx context.Context, e family.Encoder, picture *tensor.Tensor) (*tensor.Tensor, error) {
	return e.EncodeTiled(ctx, picture, r.tiling())
}

func (r *run) tiling() vae.Tiling {
	return vae.Tiling{Memory: r.vaeMemory, WrapX: r.req.TileX, WrapY: r.req.TileY, Full: r.smallerTiles}
}
