package editor

import (
	"context"
	"image"

	"pentimento/app/commission"
	"pentimento/canvas"
	"pentimento/canvas/cut"
	"pentimento/pipeline/pixels"
	"pentimento/tools"
)

// Things in a tile that repeats. What finds them looks at a picture with sides: it is shown the tile shifted modulo
// its sides, so that what was clicked lies away from them, and once more so that what it found lies in the
// middle, where that went over a side all the same. What is found goes back to where it is.

// shifted is a tile that repeats, shifted modulo its sides; an empty one is no tile: nothing is shifted.
type shifted struct {
	tile image.Rectangle
	by   image.Point
}

// smallTile is up to how many pixels a tile's scenes are kept as it is shifted in up to mostShifted ways.
const (
	smallTile   = 4 << 20
	mostShifted = 5
)

// shiftFor brings a pixel of the tile into the middle half of it, along each axis by half of it or by nothing:
// clicks beside each other look at the same.
func shiftFor(p image.Point, tile image.Rectangle) shifted {
	out := shifted{tile: tile}
	if tile.Empty() {
		return out
	}
	p, size := p.Sub(tile.Min), tile.Size()
	if 4*p.X < size.X || 4*p.X >= 3*size.X {
		out.by.X = size.X / 2
	}
	if 4*p.Y < size.Y || 4*p.Y >= 3*size.Y {
		out.by.Y = size.Y / 2
	}
	return out
}

// at is where a pixel is shown.
func (t shifted) at(p image.Point) image.Point {
	if t.tile.Empty() {
		return p
	}
	return p.Add(t.by).Mod(t.tile)
}

// cover is coverage as it is shown; back is what was found in what is shown.
func (t shifted) cover(g canvas.Grid[canvas.MaskTile]) canvas.Grid[canvas.MaskTile] {
	return canvas.RolledCover(g, t.tile, t.by)
}

func (t shifted) back(g canvas.Grid[canvas.MaskTile]) canvas.Grid[canvas.MaskTile] {
	return canvas.RolledCover(g, t.tile, image.Point{}.Sub(t.by))
}

// read reads what is shown in r by a read of what is there.
func (t shifted) read(dst []uint8, r image.Rectangle, read func(dst []uint8, r image.Rectangle)) {
	tools.Around(dst, r.Sub(t.by), t.tile, read)
}

// seeds is what is known of a thing in what is shown.
func (t shifted) seeds(s cut.Seeds) cut.Seeds {
	if t.tile.Empty() {
		return s
	}
	s.In, s.Out = t.points(s.In), t.points(s.Out)
	s.Have, s.Within = t.cover(s.Have), t.cover(s.Within)
	return s
}

func (t shifted) points(all []image.Point) []image.Point {
	out := make([]image.Point, len(all))
	for i, p := range all {
		out[i] = t.at(p)
	}
	return out
}

// findings are what a click may mean.
type findings struct {
	*cut.Choices
	scene *cut.Scene
	on    shifted
}

// Cover is one of them where it is in the picture.
func (f *findings) Cover(ctx context.Context, i int) (canvas.Grid[canvas.MaskTile], error) {
	g, err := f.Choices.Cover(ctx, i)
	return f.on.back(g), err
}

// patchAt tells pixels of the picture apart: two of one patch mean the same.
func (f *findings) patchAt(p image.Point) int { return f.scene.PatchAt(f.on.at(p)) }

// find finds what may be meant by seeds. What is made ready for it may outlast ctx: making says how long it is wanted.
func (c *scenery) find(ctx, making context.Context, s *canvas.State, a tools.AreaSettings, tile image.Rectangle, seeds cut.Seeds) (*findings, error) {
	first, err := c.findOn(ctx, making, s, a, shiftFor(seeds.In[len(seeds.In)/2], tile), seeds)
	if err != nil || tile.Empty() {
		return first, err
	}
	over, next, err := first.over(ctx)
	if err != nil || over == 0 || next == first.on {
		return first, err
	}
	again, err := c.findOn(ctx, making, s, a, next, seeds)
	if err != nil {
		return nil, err
	}
	if left, _, err := again.over(ctx); err != nil || left < over {
		return again, err
	}
	return first, nil
}

func (c *scenery) findOn(ctx, making context.Context, s *canvas.State, a tools.AreaSettings, on shifted, seeds cut.Seeds) (*findings, error) {
	scene, err := c.open(ctx, making, s, a, on)
	if err != nil {
		return nil, err
	}
	found, err := scene.Choices(ctx, on.seeds(seeds))
	return &findings{found, scene, on}, err
}

// over is how much of the best one lies along the sides of what is shown, beyond which it may go on, and a
// shift that brings it into the middle.
func (f *findings) over(ctx context.Context) (n int, middle shifted, err error) {
	m, step, err := f.Rough(ctx, f.Best)
	if err != nil {
		return 0, f.on, err
	}
	tile := f.on.tile
	small := image.Rectangle{tile.Min.Div(step), tile.Max.Div(step)}
	m = pixels.CropMask(m, small)
	for y := small.Min.Y; y < small.Max.Y; y++ {
		n += int(m.AlphaAt(small.Min.X, y).A>>7) + int(m.AlphaAt(small.Max.X-1, y).A>>7)
	}
	for x := small.Min.X; x < small.Max.X; x++ {
		n += int(m.AlphaAt(x, small.Min.Y).A>>7) + int(m.AlphaAt(x, small.Max.Y-1).A>>7)
	}
	middle = f.on
	by := f.on.by.Add(commission.Middle(m, small).Mul(step))
	middle.by = image.Pt(inEighths(by.X, tile.Dx()), inEighths(by.Y, tile.Dy()))
	return n, middle, nil
}

// inEighths is a shift modulo a side in eighths of it, so that things beside each other look at the same.
func inEighths(by, side int) int {
	eighth := max(side/8, 1)
	return ((by%side+side)%side + eighth/2) / eighth * eighth % side
}
