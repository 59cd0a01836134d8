package commission

import (
	"context"
	"image"
	"slices"

	"pentimento/pipeline"
)

// guidesAround are the guides of a tile's fill where the tile is shifted. What lies on the canvas goes along, beyond
// the tile's sides too; a map of the strip, which lies over the frame, is brought to it first. What is only looked at
// stays as it is.
func guidesAround(ctx context.Context, own []pipeline.Guide, tile image.Rectangle, by image.Point) ([]pipeline.Guide, error) {
	out := slices.Clone(own)
	for i := range out {
		g := &out[i]
		g.Mask = Rolled(g.Mask, tile, by)
		switch {
		case g.Image == nil:
		case g.Placed && tile.In(g.Image.Rect) && g.Crop.Empty():
			g.Image = RolledPicture(g.Image, tile, by)
		case g.Placed: // a part of the canvas, in which the tile repeats
			moved := *g.Image
			if moved.Rect = moved.Rect.Add(by); !g.Crop.Empty() {
				g.Crop = g.Crop.Add(by)
			}
			g.Image = &moved
		case g.Kind == pipeline.GuideControl:
			img, err := g.Laid(ctx, tile)
			if err != nil {
				return nil, err
			}
			g.Image, g.Placed, g.Crop, g.Place = RolledPicture(img, tile, by), true, image.Rectangle{}, image.Rectangle{}
		}
	}
	return out, nil
}

// regionsAround are the regions likewise, each with as much around the tile as its edge is soft.
func regionsAround(ctx context.Context, own []pipeline.Region, tile image.Rectangle, by image.Point) (out []pipeline.Region, err error) {
	out = slices.Clone(own)
	for i := range out {
		r := &out[i]
		m := r.Area(tile)
		r.Mask = repeated(m, tile, by, tile.Inset(-r.Feather))
		if r.Guides, err = guidesAround(ctx, r.Guides, tile, by); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// guidesAsked gives the guides of a request that ran their pictures and places back; what was left open may have been
// settled. regionsAsked does the same for regions.
func guidesAsked(ran, own []pipeline.Guide) []pipeline.Guide {
	out := slices.Clone(ran)
	for i := range min(len(out), len(own)) {
		g, was := &out[i], own[i]
		g.Image, g.Mask, g.Placed, g.Place, g.Crop = was.Image, was.Mask, was.Placed, was.Place, was.Crop
	}
	return out
}

func regionsAsked(ran, own []pipeline.Region) []pipeline.Region {
	out := slices.Clone(ran)
	for i := range min(len(out), len(own)) {
		out[i].Mask, out[i].Guides = own[i].Mask, guidesAsked(out[i].Guides, own[i].Guides)
	}
	return out
}
