package upscaler

import (
	"context"
	"fmt"
	"image"
	"math"

	"pentimento/pipeline/tensor"
)

// Grid is where A1111 lays tiles over a picture: the left edges of its columns and the upper edges of
// its rows. A tile larger than the picture begins outside it, above 0 by a negative number.
func Grid(width, height, tile, overlap int) (x, y []int, err error) {
	if width < 1 || height < 1 || tile < 1 || overlap < 0 || overlap >= tile {
		return nil, nil, fmt.Errorf("upscaler: tiles of %d with an overlap of %d in %d×%d, want an overlap below the tile and a picture", tile, overlap, width, height)
	}
	if n := (width/(tile-overlap) + 1) * (height/(tile-overlap) + 1); n > 1<<20 {
		return nil, nil, fmt.Errorf("upscaler: %d tiles, want at most %d", n, 1<<20)
	}
	return origins(width, tile, overlap), origins(height, tile, overlap), nil
}

// origins are the places of tiles along one side.
func origins(side, tile, overlap int) []int {
	n := int(math.Ceil(float64(side-overlap) / float64(tile-overlap)))
	n, step := max(n, 0), 0.0
	if n > 1 {
		step = float64(side-tile) / float64(n-1)
	}
	out := make([]int, n)
	for i := range out {
		if out[i] = int(float64(i) * step); out[i]+tile >= side {
			out[i] = side - tile
		}
	}
	return out
}

// Gridded takes a picture through a network as A1111 does: in tiles of its grid (tile 0: whole), blue
// first, each rounded to 8 bits, pasted over one another with a mask of 8 bits along the overlap.
// It is for comparing with A1111; see Enlarge.
func (n *Network) Gridded(ctx context.Context, img *image.NRGBA, tile, overlap int) (*image.NRGBA, error) {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	if tile == 0 {
		return n.blueFirst(ctx, img, img.Rect)
	}
	return Together(w, h, image.Pt(tile, tile), overlap, n.scale, func(at image.Rectangle) (*image.NRGBA, error) {
		return n.blueFirst(ctx, img, at.Add(img.Rect.Min))
	})
}

// Cells are the tiles of A1111's grid, row by row, that may be wider than they are high.
func Cells(w, h int, tile image.Point, overlap int) (out []image.Rectangle, err error) {
	xs, _, err := Grid(w, h, tile.X, overlap)
	if err != nil {
		return nil, err
	}
	_, ys, err := Grid(w, h, tile.Y, overlap)
	for _, y := range ys {
		for _, x := range xs {
			out = append(out, image.Rectangle{Max: tile}.Add(image.Pt(x, y)))
		}
	}
	return out, err
}

// Together lays what made makes of each tile of a grid over w×h pixels together, scale times as large and with its upper left
// corner at the origin, as A1111 does: along the overlap each fades in over the ones before by a mask of 8 bits.
func Together(w, h int, tile image.Point, overlap, scale int, made func(at image.Rectangle) (*image.NRGBA, error)) (*image.NRGBA, error) {
	all, err := Cells(w, h, tile, overlap)
	if err != nil {
		return nil, err
	}
	out, edge := image.NewNRGBA(image.Rect(0, 0, w*scale, h*scale)), overlap*scale
	for len(all) > 0 {
		y := all[0].Min.Y
		row := image.NewNRGBA(image.Rect(0, 0, w*scale, tile.Y*scale))
		for ; len(all) > 0 && all[0].Min.Y == y; all = all[1:] {
			x := all[0].Min.X
			one, err := made(all[0])
			if err != nil {
				return nil, err
			}
			paste(row, one, x*scale, 0, edge, func(dx, _ int) int { return dx })
		}
		paste(out, row, 0, y*scale, edge, func(_, dy int) int { return dy })
	}
	return out, nil
}

// paste lays a picture over another at (x, y); its first edge places, by along, fade in, unless it
// begins at 0.
func paste(under, over *image.NRGBA, x, y, edge int, along func(dx, dy int) int) {
	start := x == 0 && y == 0
	for dy := range over.Rect.Dy() {
		for dx := range over.Rect.Dx() {
			at := image.Pt(x+dx, y+dy)
			if !at.In(under.Rect) {
				continue
			}
			to, from := under.Pix[under.PixOffset(at.X, at.Y):][:4], over.Pix[over.PixOffset(dx, dy):][:4]
			a := 255
			if i := along(dx, dy); !start && i < edge {
				a = i * 255 / edge
			}
			for c := range 3 {
				to[c] = uint8(divided(int(from[c])*a + int(to[c])*(255-a)))
			}
			to[3] = 255
		}
	}
}

// divided is v/255, rounded.
func divided(v int) int { return (v + 127) / 255 }

// blueFirst takes a part of a picture, black beyond it, through the network, blue first.
func (n *Network) blueFirst(ctx context.Context, img *image.NRGBA, at image.Rectangle) (*image.NRGBA, error) {
	w, h := at.Dx(), at.Dy()
	x := tensor.New(1, 3, h, w)
	in := at.Intersect(img.Rect)
	for y := in.Min.Y; y < in.Max.Y; y++ {
		for c := in.Min.X; c < in.Max.X; c++ {
			p := img.Pix[img.PixOffset(c, y):][:3]
			for k := range 3 {
				x.Data[(k*h+y-at.Min.Y)*w+c-at.Min.X] = float32(p[2-k]) / 255
			}
		}
	}
	made, err := n.Eval(ctx, x)
	if err != nil {
		return nil, err
	}
	out := image.NewNRGBA(image.Rect(0, 0, made.Shape[3], made.Shape[2]))
	plane := made.Shape[2] * made.Shape[3]
	for i := range plane {
		for k := range 3 {
			out.Pix[4*i+k] = uint8(math.RoundToEven(float64(min(max(made.Data[(2-k)*plane+i], 0), 1)) * 255))
		}
		out.Pix[4*i+3] = 255
	}
	return out, nil
}
