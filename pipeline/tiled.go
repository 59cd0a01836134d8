package pipeline

import (
	"context"
	"fmt"
	"image"

	"pentimento/pipeline/denoise"
	"pentimento/pipeline/family"
	"pentimento/pipeline/region"
	"pentimento/pipeline/tensor"
)

// Tiled diffusion evaluates a picture that is larger than its model likes in overlapping tiles of the latent, at each
// step, and goes on from the mean of all that cover a cell (MultiDiffusion: Bar-Tal et al. 2023, arXiv:2302.08113), or
// from one weighted by a bell over each tile (Mixture of Diffusers: Jiménez 2023, arXiv:2302.02412). Layout and weights
// are those of pkuliyi2015's extension. The picture is made at its size at once: nothing is drafted small.
// Guides, regions, masks and networks with mask channels act within it; each tile sees its part of a guide's map.

// Tiled is tiled diffusion while it is on.
type Tiled struct {
	Method string `json:"method"` // MultiDiffusion or Mixture; "": off
	// Width and Height are a tile's, in cells of the latent; 0: as the model was trained.
	Width  int `json:"width,omitempty"`
	Height int `json:"height,omitempty"`
	// Overlap is how many cells neighbours share at least; 0: half a tile, below 0: none.
	Overlap int `json:"overlap,omitempty"`
	// Batch is how many tiles go into one evaluation on a card, at most; 0: as many as its memory holds. A processor evaluates
	// them one by one.
	Batch int `json:"batch,omitempty"`
}

// The methods of tiled diffusion.
const (
	MultiDiffusion = "multidiffusion"
	Mixture        = "mixture"
)

// tiles is the request's tiled diffusion; nil where it is off.
func (q Request) tiles() *Tiled {
	if q.Tiled == nil || q.Tiled.Method == "" {
		return nil
	}
	return q.Tiled
}

// evaluated is the size in pixels that the request's network evaluates at once; zero where the model decides.
func (q Request) evaluated() image.Point {
	if t := q.tiles(); t != nil {
		if t.Width == 0 || t.Height == 0 {
			return image.Point{}
		}
		return image.Pt(t.Width, t.Height).Mul(cellSide)
	}
	return image.Pt(q.Width, q.Height)
}

// cellSide is how many pixels a side a cell of the usual latents has.
const cellSide = 8

// TilesOf is how many tiles each step evaluates for a picture of a size in pixels, by a model that was trained at side pixels, and how many times
// what the picture has they are together; 0 where it is evaluated as a whole.
func (q Request) TilesOf(size image.Point, side int) (n int, times float64) {
	if q.tiles() == nil || size.X < cellSide || size.Y < cellSide {
		return 0, 0
	}
	t := q.tiles().settled(max(side/cellSide, 1)).tiling()
	all := denoise.Tiles(size.Div(cellSide), t.Tile, t.Overlap)
	if len(all) < 2 {
		return 0, 0
	}
	tile := all[0].Size().Mul(cellSide)
	return len(all), float64(len(all)*tile.X*tile.Y) / float64(size.X*size.Y)
}

// lifted are a network's limits where it sees tiles only.
func (q Request) lifted(l region.Limits) region.Limits {
	if q.tiles() != nil {
		l.MaxSide, l.MaxArea = maxSize, maxSize*maxSize
	}
	return l
}

// untileable says what of the request looks at the whole picture, so that it can't be made in tiles; nil: nothing.
func (q Request) untileable() error {
	switch {
	case q.tiles() == nil:
	case q.sag() != nil:
		return fmt.Errorf("pipeline: self-attention guidance (SAG) looks at the whole picture, and tiled diffusion shows it tiles: want one of them")
	case q.TileX || q.TileY:
		return fmt.Errorf("pipeline: a seamless picture can't be made in tiles: want seamless or tiled diffusion")
	}
	return nil
}

// settled says what is left open, for a model that was trained at a side in cells.
func (t Tiled) settled(side int) Tiled {
	setDefault(&t.Width, side)
	setDefault(&t.Height, side)
	setDefault(&t.Overlap, min(t.Width, t.Height)/2)
	return t
}

// tiling is how pictures are tiled.
func (t Tiled) tiling() Tiling {
	return Tiling{Tile: image.Pt(t.Width, t.Height), Overlap: max(t.Overlap, 0), Mixture: t.Method == Mixture}
}

// Tiling evaluates a latent in overlapping tiles: the mean of all that cover a cell, or in a
// Mixture one weighted by a bell over each tile.
type Tiling struct {
	Tile    image.Point // in cells of the latent
	Overlap int
	Mixture bool
	Boxes   []BoxRegion
}

// places are the tiles and the regions over them.
func (t Tiling) places(size image.Point) ([]denoise.Place, error) {
	if t.Tile.X < 1 || t.Tile.Y < 1 || t.Overlap < 0 {
		return nil, fmt.Errorf("pipeline: tiles of %v cells that overlap by %d, want at least 1 × 1 and 0", t.Tile, t.Overlap)
	}
	share := func(box image.Rectangle) *tensor.Tensor {
		if t.Mixture {
			return denoise.Gaussian(box.Size())
		}
		return nil
	}
	var out []denoise.Place
	for _, box := range denoise.Tiles(size, t.Tile, t.Overlap) {
		out = append(out, denoise.Place{Box: box, Share: share(box)})
	}
	boxes, err := regionsOf(t.Boxes, size, share)
	return append(out, boxes...), err
}

// boxes are the tiles of a picture, in cells; none where one covers all of it.
func (r *run) boxes(w work) []image.Rectangle {
	tiles := r.req.tiles()
	if tiles == nil {
		return nil
	}
	t := tiles.tiling()
	all := denoise.Tiles(w.size.Div(r.model.Factor()), t.Tile, t.Overlap)
	if len(all) < 2 {
		return nil
	}
	return all
}

// inTiles has predict evaluate a picture tile by tile; where one covers all of it, it is predict itself.
func (r *run) inTiles(ctx context.Context, net family.Denoiser, predict denoise.Predictor, w work) (denoise.Predictor, error) {
	boxes := r.boxes(w)
	if boxes == nil {
		return predict, nil
	}
	places, err := r.req.tiles().tiling().places(w.size.Div(r.model.Factor()))
	if err != nil {
		return nil, err
	}
	f := r.model.Factor()
	if tile := boxes[0].Size().Mul(f); !r.toldTiles {
		r.toldTiles = true
		r.notice(fmt.Sprintf("each step evaluates %d tiles of %d×%d pixels, %.1f times what the picture has", len(boxes), tile.X, tile.Y, float64(len(boxes)*tile.X*tile.Y)/float64(w.size.X*w.size.Y)))
	}
	most, err := r.tilesAtOnce(ctx, net, boxes[0].Size().Mul(f))
	if err != nil {
		return nil, err
	}
	done := 0
	told := func(ctx context.Context, x *tensor.Tensor, sigma float64, conditions []denoise.Condition) ([]*tensor.Tensor, error) {
		out, err := predict(ctx, x, sigma, conditions)
		apart := byBox(conditions)
		if err != nil && ctx.Err() == nil && len(apart) > 1 {
			r.notice(fmt.Sprintf("%d tiles at once failed (%v): they are evaluated one by one", len(apart), err))
			most, out, err = 1, nil, nil
			for _, own := range apart {
				made, err := predict(ctx, denoise.Cut(x, own[0].Box), sigma, own)
				if err != nil {
					return nil, err
				}
				out = append(out, made...)
			}
		}
		done = (done + len(apart)) % len(boxes)
		r.now.Fraction = max(r.now.Fraction, r.fraction()+0.9*float64(done)/float64(len(boxes)*max(r.total, 1)))
		r.report(r.now)
		return out, err
	}
	return denoise.Batched(told, places, func() int { return most }), nil
}

// byBox are conditions with their neighbours of the same box.
func byBox(conditions []denoise.Condition) (out [][]denoise.Condition) {
	for from := 0; from < len(conditions); {
		to := from + 1
		for to < len(conditions) && conditions[to].Box == conditions[from].Box {
			to++
		}
		out, from = append(out, conditions[from:to]), to
	}
	return out
}

// mostTiles are evaluated at once where nothing else is said.
const mostTiles = 8

// tilesAtOnce is how many tiles of a size in pixels go into one evaluation: on a card as many as have four times 512×512 pixels
// together or, where the request allows it so much memory, as that holds. What guides and refined boxes do in a tile is its own.
func (r *run) tilesAtOnce(ctx context.Context, net family.Denoiser, tile image.Point) (int, error) {
	at := net.Device()
	if at == "cpu" || at == "" || r.req.LowMemory || r.model.tight || len(r.req.allGuides()) > 0 || r.req.box() != nil {
		return 1, nil
	}
	most, memory := 4*512*512/max(tile.X*tile.Y, 1), r.req.memory()
	if memory > 0 {
		p, _ := r.model.survey(ctx)
		a, err := accountOf(ctx, r.model.Model, tile, 2, traits{half: r.model.half, fused: p.Attention && (p.HalfAttention || !r.model.half)}, vaeLeast) // both halves of guidance
		if err != nil {
			return 0, err
		}
		most = int((memory - a.Denoiser - a.Text - a.VAE) / max(a.Works, 1))
	}
	limit := r.req.tiles().Batch
	setDefault(&limit, mostTiles)
	return max(1, min(most, limit)), nil
}

// part is what a pass makes within a box of its latent, as a work of its own; an empty box is all of it.
func (p pass) part() work {
	if p.box.Empty() {
		return p.work
	}
	w, f := p.work, p.model.Factor()
	cells := p.work.size.Div(f)
	at := func(x, y int) image.Point {
		return w.place.Min.Add(image.Pt(x*w.place.Dx()/cells.X, y*w.place.Dy()/cells.Y))
	}
	w.place = image.Rectangle{at(p.box.Min.X, p.box.Min.Y), at(p.box.Max.X, p.box.Max.Y)}
	w.size = p.box.Size().Mul(f)
	return w
}

// within is the pass's box of something over the whole pass, [1,C,h,w] with so many values a cell; nil stays nil.
func (p pass) within(t *tensor.Tensor, cell int) *tensor.Tensor {
	if t == nil || p.box.Empty() {
		return t
	}
	return denoise.Cut(t, image.Rectangle{p.box.Min.Mul(cell), p.box.Max.Mul(cell)})
}
