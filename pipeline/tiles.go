package pipeline

import (
	"context"

	"pentimento/pipeline/tensor"
	"pentimento/pipeline/vae"
)

// The autoencoder's memory grows with the picture: beyond these sizes it works in tiles.
const (
	untiled   = 2 << 20 // pixels that go through it at once
	tileSide  = 1024    // of a tile, beyond that
	smallTile = 512     // of a tile in low-memory mode, beyond its own square
)

// tile is the side in picture pixels of the autoencoder's tiles for a picture of the given
// size; 0 for none.
func (q Request) tile(w, h int) int {
	side := q.VAETile
	switch {
	case side < 0:
		return 0
	case side > 0:
		side = max(side, 128)
	case q.LowMemory && w*h > smallTile*smallTile:
		side = smallTile
	case w*h > untiled:
		side = tileSide
	}
	if side >= max(w, h) {
		return 0
	}
	return side
}

// decodeTiles is vae.Decoder.Decode for one latent [1,4,h,w] of any size.
func (r *run) decodeTiles(ctx context.Context, d *vae.Decoder, z *tensor.Tensor) (*tensor.Tensor, error) {
	f := r.model.factor()
	if side := r.req.tile(z.Shape[3]*f, z.Shape[2]*f); side > 0 {
		return d.DecodeTiled(ctx, z, r.tiling(side))
	}
	return d.Decode(ctx, z)
}

// encodeTiles is vae.Encoder.Encode for one picture [1,3,H,W] of any size.
func (r *run) encodeTiles(ctx context.Context, e *vae.Encoder, picture *tensor.Tensor) (*tensor.Tensor, error) {
	if side := r.req.tile(picture.Shape[3], picture.Shape[2]); side > 0 {
		return e.EncodeTiled(ctx, picture, r.tiling(side))
	}
	return e.Encode(ctx, picture)
}

func (r *run) tiling(side int) vae.Tiling {
	return vae.Tiling{Side: side, WrapX: r.req.TileX, WrapY: r.req.TileY}
}
