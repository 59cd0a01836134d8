package commission

import (
	"context"
	"image"

	"pentimento/pipeline"
	"pentimento/pipeline/pixels"
)

// seamless says whether a request is the inpaint of a tile: of all of a frame that is to be seamless
// along both axes.
//
// 2026-11-28: such a tile is shown shifted modulo its sides, so that what is masked lies in its
// middle with around it what is across the sides, and what is painted goes back where it was
// masked. That is exact and needs nothing of an engine; a network that wraps (Request.TileX)
// helps only where its context is all of the tile, as it is of a new picture.
func seamless(q pipeline.Request) bool {
	return q.Task == pipeline.Inpaint && q.TileX && q.TileY && !q.Frame.Empty() &&
		q.Image != nil && q.Mask != nil && q.Image.Rect == q.Frame && q.Mask.Rect == q.Frame
}

// runAround is runOne of a tile.
func runAround(ctx context.Context, r pipeline.Runner, own pipeline.Request, only *image.Alpha, report func(pipeline.Progress)) ([]*pipeline.Result, error) {
	tile, q := own.Frame, own
	by := Middle(own.Mask, tile)
	back := image.Point{}.Sub(by)
	q.Image, q.Mask, q.TileX, q.TileY, q.Plan = RolledPicture(own.Image, tile, by), Rolled(own.Mask, tile, by), false, false, nil
	var err error
	if q.Guides, err = guidesAround(ctx, own.Guides, tile, by); err != nil {
		return nil, err
	}
	if q.Regions, err = regionsAround(ctx, own.Regions, tile, by); err != nil {
		return nil, err
	}
	only = Rolled(only, tile, by)
	shown := report
	if report != nil {
		shown = func(p pipeline.Progress) {
			if p.Preview != nil {
				p.Preview = RolledPicture(p.Preview, tile, back)
			}
			report(p)
		}
	}
	results, err := runOne(ctx, r, q, only, shown)
	for _, res := range results {
		first := res.Image
		res.Image, res.Mask = RolledPicture(res.Image, tile, back), Rolled(res.Mask, tile, back)
		for i, img := range res.Images {
			if res.Images[i] = res.Image; img != first {
				res.Images[i] = RolledPicture(img, tile, back)
			}
		}
		for i, img := range res.Layers {
			res.Layers[i] = RolledPicture(img, tile, back)
		}
		is := &res.Request
		is.Image, is.Mask, is.TileX, is.TileY, is.Plan = own.Image, own.Mask, true, true, own.Plan
		is.Guides, is.Regions = guidesAsked(is.Guides, own.Guides), regionsAsked(is.Regions, own.Regions)
	}
	return results, err
}

// Middle is by how much a tile is to be shifted, modulo its sides, for what is masked of it to lie
// in its middle: along each axis the longest stretch without any is what the sides cut through.
func Middle(mask *image.Alpha, tile image.Rectangle) image.Point {
	cols, rows := make([]bool, tile.Dx()), make([]bool, tile.Dy())
	for y := range rows {
		for x, v := range mask.Pix[mask.PixOffset(tile.Min.X, tile.Min.Y+y):][:len(cols)] {
			if v != 0 {
				cols[x], rows[y] = true, true
			}
		}
	}
	return MiddleOf(cols, rows)
}

// MiddleOf is Middle where it is known in which columns and rows of the tile something is masked.
func MiddleOf(cols, rows []bool) image.Point { return image.Pt(toMiddle(cols), toMiddle(rows)) }

// InOnePiece is what a fill painted across the sides of a tile, in one piece: the tile shifted modulo its sides, cut
// to what is painted and an eighth of its width around it. nil where nothing is.
func InOnePiece(tile image.Rectangle, img *image.NRGBA, painted *image.Alpha) *image.NRGBA {
	painted = pixels.CropMask(painted, tile)
	by := Middle(painted, tile)
	part := pixels.Bounds(Rolled(painted, tile, by))
	if part.Empty() {
		return nil
	}
	return Repeated(img, tile, by, part.Inset(-part.Dx()/8).Intersect(tile))
}

// toMiddle is how far what is on is to be shifted round for the middle of the longest stretch that
// is off to lie at the ends; 0 where nothing is.
func toMiddle(on []bool) int {
	n, best, at, from := len(on), 0, 0, -1
	for i := range 2 * n {
		if !on[i%n] {
			continue
		}
		if from >= 0 && i-from-1 > best {
			best, at = i-from-1, from+1
		}
		from = i
	}
	if best == 0 {
		return 0
	}
	by := n - (at+best/2)%n
	return (by+n/2)%n - n/2 // the shorter way
}

// RolledPicture is what of img is in the tile, shifted modulo its sides; what the tile has beyond img is blank.
func RolledPicture(img *image.NRGBA, tile image.Rectangle, by image.Point) *image.NRGBA {
	return Repeated(img, tile, by, tile)
}

// Repeated is what lies in r where a tile of img, shifted, repeats all over the plane.
func Repeated(img *image.NRGBA, tile image.Rectangle, by image.Point, r image.Rectangle) *image.NRGBA {
	if img == nil {
		return nil
	}
	if !tile.In(img.Rect) {
		img = pixels.Crop(img, tile)
	}
	out := image.NewNRGBA(r)
	repeat(tile, by, r, func(to, from image.Point, n int) {
		copy(out.Pix[out.PixOffset(to.X, to.Y):][:4*n], img.Pix[img.PixOffset(from.X, from.Y):])
	})
	return out
}

// Rolled is what of a mask is in the tile, shifted modulo its sides.
func Rolled(m *image.Alpha, tile image.Rectangle, by image.Point) *image.Alpha {
	return repeated(m, tile, by, tile)
}

// repeated is Repeated of a mask.
func repeated(m *image.Alpha, tile image.Rectangle, by image.Point, r image.Rectangle) *image.Alpha {
	if m == nil {
		return nil
	}
	if !tile.In(m.Rect) {
		m = pixels.CropMask(m, tile)
	}
	out := image.NewAlpha(r)
	repeat(tile, by, r, func(to, from image.Point, n int) {
		copy(out.Pix[out.PixOffset(to.X, to.Y):][:n], m.Pix[m.PixOffset(from.X, from.Y):])
	})
	return out
}

// repeat says of each stretch of n pixels of the rows of r where in the tile it comes from.
func repeat(tile image.Rectangle, by image.Point, r image.Rectangle, move func(to, from image.Point, n int)) {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; {
			from := image.Pt(x, y).Sub(by).Mod(tile)
			n := min(r.Max.X-x, tile.Max.X-from.X)
			move(image.Pt(x, y), from, n)
			x += n
		}
	}
}
