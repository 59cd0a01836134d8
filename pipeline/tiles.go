package pipeline

import (
	"context"
	"image"

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
		side = max(side, 64)
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
	h, w := z.Shape[2], z.Shape[3]
	side := r.req.tile(w*f, h*f) / f
	if side == 0 {
		return d.Decode(ctx, z)
	}
	return tiled(image.Pt(w, h), side, f, func(at image.Rectangle) (*tensor.Tensor, error) {
		return d.Decode(ctx, cutOut(z, at, 1))
	})
}

// encodeTiles is vae.Encoder.Encode for one picture [1,3,H,W] of any size.
func (r *run) encodeTiles(ctx context.Context, e *vae.Encoder, picture *tensor.Tensor) (*tensor.Tensor, error) {
	f := r.model.factor()
	h, w := picture.Shape[2], picture.Shape[3]
	side := r.req.tile(w, h) / f
	if side == 0 {
		return e.Encode(ctx, picture)
	}
	return tiled(image.Pt(w/f, h/f), side, 1, func(at image.Rectangle) (*tensor.Tensor, error) {
		return e.Encode(ctx, cutOut(picture, at, f))
	})
}

// cutOut copies a rectangle of [1,C,H,W]; at is in units of k elements.
func cutOut(t *tensor.Tensor, at image.Rectangle, k int) *tensor.Tensor {
	h, w := t.Shape[2], t.Shape[3]
	out := tensor.New(1, t.Shape[1], k*at.Dy(), k*at.Dx())
	n := k * at.Dx()
	for c := range t.Shape[1] {
		for y := range k * at.Dy() {
			copy(out.Data[(c*k*at.Dy()+y)*n:][:n], t.Data[(c*h+k*at.Min.Y+y)*w+k*at.Min.X:])
		}
	}
	return out
}

// tiled puts a result together from tiles of size side × side latent places that overlap
// by a quarter or more. do makes a tile [1,C,k·h,k·w]; where tiles overlap they are faded
// into each other.
func tiled(size image.Point, side, k int, do func(at image.Rectangle) (*tensor.Tensor, error)) (*tensor.Tensor, error) {
	xs, ys := starts(size.X, side), starts(size.Y, side)
	w, h := k*size.X, k*size.Y
	var out *tensor.Tensor
	for iy := range ys {
		wy := ramp(ys, iy, min(side, size.Y), k)
		for ix := range xs {
			wx := ramp(xs, ix, min(side, size.X), k)
			at := image.Rect(xs[ix], ys[iy], xs[ix]+min(side, size.X), ys[iy]+min(side, size.Y))
			t, err := do(at)
			if err != nil {
				return nil, err
			}
			if out == nil {
				out = tensor.New(1, t.Shape[1], h, w)
			}
			for c := range t.Shape[1] {
				for y, fy := range wy {
					src := t.Data[(c*len(wy)+y)*len(wx):][:len(wx)]
					dst := out.Data[(c*h+k*at.Min.Y+y)*w+k*at.Min.X:][:len(wx)]
					for x, v := range src {
						dst[x] += fy * wx[x] * v
					}
				}
			}
		}
	}
	return out, nil
}

// starts are the places where tiles of the given side begin, so that they cover length and
// overlap by a quarter or more.
func starts(length, side int) []int {
	if length <= side {
		return []int{0}
	}
	step := max(side*3/4, 1)
	n := 1 + (length-side+step-1)/step
	out := make([]int, n)
	for i := range out {
		out[i] = i * (length - side) / (n - 1)
	}
	return out
}

// ramp is the weight of tile i along one axis for each of its k·side places: 1 where it is
// alone, rising and falling evenly where it overlaps its neighbours; all tiles' weights
// add up to 1 everywhere.
func ramp(starts []int, i, side, k int) []float32 {
	out := make([]float32, k*side)
	for p := range out {
		out[p] = 1
		if i > 0 {
			if n := k * (starts[i-1] + side - starts[i]); p < n {
				out[p] = (float32(p) + 0.5) / float32(n)
			}
		}
		if i+1 < len(starts) {
			if n := k * (starts[i] + side - starts[i+1]); p >= k*side-n {
				out[p] = (float32(k*side-p) - 0.5) / float32(n)
			}
		}
	}
	return out
}
