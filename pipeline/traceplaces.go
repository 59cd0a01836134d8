package pipeline

import (
	"context"
	"fmt"
	"image"
	"math"

	"pentimento/pipeline/denoise"
	"pentimento/pipeline/tensor"
)

// What checks one guided step in places (GuideIn) against other programs, in their terms.

// BoxRegion is a box with conditions [1,n,W] of its own. X, Y, W, H are parts of the latent's sides.
type BoxRegion struct {
	X, Y, W, H         float64
	Over               bool    // it lies over the mean of the rest, else it has a share in it
	Feather            float64 // of one that lies over: denoise.Feather's ratio
	Positive, Negative *tensor.Tensor
}

// AreaRegion is one entry of ComfyUI's list of positive conditions.
type AreaRegion struct {
	Context  *tensor.Tensor  // [1,n,W]
	Area     image.Rectangle // in cells; empty: the whole latent
	Strength float64         // its share
	Mask     *tensor.Tensor  // [1,h,w] of any size: where it has one; nil: everywhere
}

// regionsOf are the boxes as places; a share of a box is what it counts in the mean.
func regionsOf(boxes []BoxRegion, size image.Point, share func(box image.Rectangle) *tensor.Tensor) (out []denoise.Place, err error) {
	for _, b := range boxes {
		box := b.box(size)
		if box.Empty() {
			return nil, fmt.Errorf("pipeline: a region at %g, %g of %g × %g has no place in a latent of %v cells", b.X, b.Y, b.W, b.H, size)
		}
		p := denoise.Place{Box: box, Ask: asking(b.Positive, b.Negative)}
		if b.Over {
			p.Over = denoise.Feather(box.Size(), b.Feather)
		} else {
			p.Share = share(box)
		}
		out = append(out, p)
	}
	return out, nil
}

// box is the region's in cells: it begins at the cell that its corner is in, and its sides are rounded up.
func (b BoxRegion) box(size image.Point) image.Rectangle {
	at := image.Pt(int(b.X*float64(size.X)), int(b.Y*float64(size.Y)))
	sides := image.Pt(int(math.Ceil(b.W*float64(size.X))), int(math.Ceil(b.H*float64(size.Y))))
	return image.Rectangle{Min: at, Max: at.Add(sides)}.Intersect(image.Rectangle{Max: size})
}

// asking asks for these in place of the run's own; nil: for nothing.
func asking(positive, negative *tensor.Tensor) func(denoise.Condition) []denoise.Part {
	return func(c denoise.Condition) []denoise.Part {
		c.Context = positive
		if c.Negative {
			c.Context = negative
		}
		if c.Context == nil {
			return nil
		}
		return []denoise.Part{{Condition: c, Weight: 1}}
	}
}

// areaPlaces are ComfyUI's: the negative is evaluated as a whole, and again in each area, once in
// those that are the same.
func areaPlaces(size image.Point, areas []AreaRegion, negative *tensor.Tensor) ([]denoise.Place, error) {
	out := []denoise.Place{{Ask: asking(nil, negative)}}
	seen := map[image.Rectangle]bool{}
	for i, a := range areas {
		box, there := a.Area, negative
		if box.Empty() || seen[box] {
			there = nil
		}
		if seen[box] = true; box.Empty() {
			box = image.Rectangle{Max: size}
		}
		if !box.In(image.Rectangle{Max: size}) {
			return nil, fmt.Errorf("pipeline: area %d lies at %v of a latent of %v cells, want it within", i, box, size)
		}
		p := denoise.Place{Box: box, Share: denoise.Ramped(box, size, a.Strength), Ask: asking(a.Context, there)}
		if a.Mask != nil {
			share, err := a.share(size, box)
			if err != nil {
				return nil, fmt.Errorf("pipeline: area %d: %w", i, err)
			}
			p.Share = share
		}
		out = append(out, p)
	}
	return out, nil
}

// share is the mask at the latent's size, within a box.
func (a AreaRegion) share(size image.Point, box image.Rectangle) (*tensor.Tensor, error) {
	shape := a.Mask.Shape
	if len(shape) != 3 || shape[0] != 1 {
		return nil, fmt.Errorf("its mask has shape %v, want [1 height width]", shape)
	}
	whole, err := tensor.Resize(&tensor.Tensor{Shape: []int{1, 1, shape[1], shape[2]}, Data: a.Mask.Data}, size.Y, size.X, tensor.Filter{Name: "bilinear"})
	if err != nil {
		return nil, err
	}
	out := tensor.New(box.Dy(), box.Dx())
	for y := range box.Dy() {
		copy(out.Data[y*box.Dx():], whole.Data[(box.Min.Y+y)*size.X+box.Min.X:][:box.Dx()])
	}
	return tensor.Scale(float32(a.Strength), out), nil
}

// GuideIn is Guide in places: tiles with regions, or areas; one of both at most.
func (p *Pipeline) GuideIn(ctx context.Context, req Request, sigma float64, x, positive, negative *tensor.Tensor, tiles *Tiling, areas []AreaRegion) (*tensor.Tensor, error) {
	if len(x.Shape) != 4 {
		return nil, fmt.Errorf("pipeline: x has shape %v, want [B C h w]", x.Shape)
	}
	size := image.Pt(x.Shape[3], x.Shape[2])
	var places []denoise.Place
	var err error
	switch {
	case tiles != nil:
		places, err = tiles.places(size)
	case areas != nil:
		places, err = areaPlaces(size, areas, negative)
	}
	if err != nil {
		return nil, err
	}
	return p.guideIn(ctx, req, sigma, x, positive, negative, places)
}

// Tiles are the tiles of a latent, as denoise.Tiles lays them.
func Tiles(size, tile image.Point, overlap int) []image.Rectangle {
	return denoise.Tiles(size, tile, overlap)
}
