package ui

import (
	"image"
	"image/color"
	"time"

	"pentimento/canvas"
	"pentimento/canvas/render"
)

// ants are the dashes along the edges of mask and selection: all that shows a selection, and
// what shows a mask on a picture of the tint's own colour. They are pixels of the framebuffer, drawn when the view has come to rest and taken
// back before anything else is drawn.
//
// 2026-11-27: they walk for some seconds after the last change and then stand: a window that
// is left alone draws nothing.
type ants struct {
	of    [2]cover // the mask and the selection that they go round
	at    []int32  // offsets of the edge's pixels in the framebuffer
	under []byte   // four bytes each: what stood there
	area  image.Rectangle
	phase int
	until time.Time
	walks bool
}

const (
	antStep = 200 * time.Millisecond
	antRest = 3 * time.Second
	antDash = 4 // device pixels
)

// cover is a mask or a selection, canvasTile the place of one of its tiles.
type (
	cover      = canvas.Grid[canvas.MaskTile]
	canvasTile = canvas.TileKey
)

// edged are the mask and the selection whose edges are to be seen; the others are empty.
func (v *canvasView) edged() (out [2]cover) {
	ed := v.ed
	if s := ed.Committed(); !v.original && len(ed.Fills.Stacks()) == 0 {
		if !ed.TakesSelection() {
			out[1] = s.Selection
		}
		if ed.Settings.MaskView != "mask" {
			if out[0] = s.Mask; ed.PaintedRegion() != "" {
				out[0] = ed.RegionCover(ed.PaintedRegion())
			}
		}
	}
	return out
}

// stale is where ants go round what is no longer there.
func (v *canvasView) staleAnts() (r image.Rectangle) {
	if len(v.ants.at) > 0 {
		for i, g := range v.edged() {
			if !canvas.SameCover(g, v.ants.of[i]) {
				r = r.Union(canvas.CoverUsed(v.ants.of[i]))
			}
		}
	}
	return r
}

// keepAnts lays the n that stood there again after something else was drawn beneath them.
func (v *canvasView) keepAnts(n int, area image.Rectangle) {
	a := &v.ants
	for i, g := range v.edged() {
		if !canvas.SameCover(g, a.of[i]) {
			return
		}
	}
	if !canvas.SameCover(v.ed.State().Mask, v.ed.Committed().Mask) { // it is being painted
		return
	}
	a.at, a.area = a.at[:n], area
	for _, at := range a.at {
		a.under = append(a.under, v.fb.Pix[at:at+4]...)
	}
	v.dash()
}

// clearAnts takes them back, without uploading what changed: it returns where they stood.
func (v *canvasView) clearAnts() image.Rectangle {
	a := &v.ants
	for i, at := range a.at {
		copy(v.fb.Pix[at:at+4], a.under[4*i:])
	}
	area := a.area
	a.at, a.under, a.area = a.at[:0], a.under[:0], image.Rectangle{}
	return area
}

// layAnts finds the edge in the view at rest and begins to walk.
func (v *canvasView) layAnts() {
	if len(v.ants.at) > 0 || v.pressed || v.ed.State() != v.ed.Committed() {
		return
	}
	v.ants.of = v.edged()
	for _, g := range v.ants.of {
		v.edge(g)
	}
	if len(v.ants.at) > 0 {
		v.ants.until = time.Now().Add(antRest)
		v.paintAnts()
		v.walk()
	}
}

// edge adds the pixels along one edge.
func (v *canvasView) edge(g cover) {
	if g.Len() == 0 {
		return
	}
	view, area := v.shown, v.shown.Device(canvas.CoverUsed(g)).Inset(-1).Intersect(v.fb.Rect)
	if tile := view.Tile; !tile.Empty() { // no edge is where it goes on beyond a side
		area = v.shown.Device(tile).Intersect(v.fb.Rect)
	}
	m, r := v.deviceCover(g, view, area)
	if r.Empty() {
		return
	}
	w := r.Dx()
	in := func(x, y int) bool { // what is beyond the view goes on as it is at the view's edge
		return m[min(max(y, 0), r.Dy()-1)*w+min(max(x, 0), w-1)] >= 128
	}
	a := &v.ants
	for y := range r.Dy() {
		for x := range w {
			if in(x, y) && !(in(x-1, y) && in(x+1, y) && in(x, y-1) && in(x, y+1)) {
				at := v.fb.PixOffset(r.Min.X+x, r.Min.Y+y)
				a.at = append(a.at, int32(at))
				a.under = append(a.under, v.fb.Pix[at:at+4]...)
			}
		}
	}
	a.area = a.area.Union(r)
}

// deviceCover is coverage at the centres of a view's device pixels in r, which it returns again.
func (v *canvasView) deviceCover(g cover, view render.View, r image.Rectangle) ([]uint8, image.Rectangle) {
	if r.Empty() {
		return nil, r
	}
	if !view.Upright() {
		return turnedCover(g, view, r), r
	}
	doc := func(x, y int) image.Point {
		return repeats(view, image.Pt(floor(view.X+(float64(x)+0.5)/view.Scale), floor(view.Y+(float64(y)+0.5)/view.Scale)))
	}
	out := make([]uint8, r.Dx()*r.Dy())
	x0, x1 := view.Tile.Min.X, view.Tile.Max.X
	if view.Tile.Empty() {
		x0, x1 = doc(r.Min.X, 0).X, doc(r.Max.X-1, 0).X+1
	}
	xs := make([]int, r.Dx()) // of each column its place in row
	for x := range xs {
		xs[x] = doc(r.Min.X+x, 0).X - x0
	}
	row, last := make([]uint8, x1-x0), -1<<31
	for y := r.Min.Y; y < r.Max.Y; y++ {
		line := out[(y-r.Min.Y)*r.Dx():][:r.Dx()]
		at := doc(0, y).Y
		if at == last {
			copy(line, out[(y-1-r.Min.Y)*r.Dx():])
			continue
		}
		last = at
		canvas.ReadCover(g, row, len(row), image.Rect(x0, at, x0+len(row), at+1))
		for x, from := range xs {
			line[x] = row[from]
		}
	}
	return out, r
}

// turnedCover is deviceCover in a view that is not upright.
func turnedCover(g cover, view render.View, r image.Rectangle) []uint8 {
	out := make([]uint8, r.Dx()*r.Dy())
	var tile *canvas.MaskTile
	var last canvas.TileKey
	for i := range out {
		x, y := view.Doc(float64(r.Min.X+i%r.Dx())+0.5, float64(r.Min.Y+i/r.Dx())+0.5)
		p := repeats(view, image.Pt(floor(x), floor(y)))
		if k := canvas.KeyAt(p); i == 0 || k != last {
			last, tile = k, g.At(k)
		}
		if tile != nil {
			out[i] = tile.Pix[p.Y&(canvas.TileSize-1)*canvas.TileSize+p.X&(canvas.TileSize-1)]
		}
	}
	return out
}

// repeats is the place in the tile that a document place shows, where a view has one.
func repeats(view render.View, p image.Point) image.Point {
	if view.Tile.Empty() {
		return p
	}
	return p.Mod(view.Tile)
}

func floor(v float64) int {
	n := int(v)
	if float64(n) > v {
		n--
	}
	return n
}

// paintAnts draws the dashes as far as they have walked.
func (v *canvasView) paintAnts() {
	v.dash()
	v.present(v.ants.area)
}

func (v *canvasView) dash() {
	stride := v.fb.Stride
	for _, at := range v.ants.at {
		x, y := int(at)%stride/4, int(at)/stride
		c := uint8(255 * ((x + y + v.ants.phase) / antDash % 2))
		v.fb.Pix[at], v.fb.Pix[at+1], v.fb.Pix[at+2], v.fb.Pix[at+3] = c, c, c, 255
	}
}

// walk makes the next step after a while, until nothing has changed for antRest.
func (v *canvasView) walk() {
	if v.ants.walks {
		return
	}
	v.ants.walks = true
	time.AfterFunc(antStep, func() {
		v.ed.Post(func() {
			v.ants.walks = false
			if len(v.ants.at) == 0 || time.Now().After(v.ants.until) {
				return
			}
			v.ants.phase += 1
			v.paintAnts()
			v.walk()
		})
	})
}

// maskAlone shows the mask in black and white in a part of the framebuffer.
func (v *canvasView) maskAlone(r image.Rectangle) {
	m, r := v.deviceCover(v.maskCover(), v.shown, r)
	for i, a := range m {
		at := v.fb.PixOffset(r.Min.X+i%r.Dx(), r.Min.Y+i/r.Dx())
		v.fb.Pix[at], v.fb.Pix[at+1], v.fb.Pix[at+2], v.fb.Pix[at+3] = a, a, a, 255
	}
}

// tints are what the mask can be shown in, besides the colour of the settings.
var tints = []color.NRGBA{{0x00, 0xb8, 0xd4, 255}, {0xff, 0xd6, 0x00, 255}, {0xd5, 0x00, 0xf9, 255}, {0x00, 0xc8, 0x53, 255}, {0xe5, 0x39, 0x35, 255}}

// seen is how far apart two colours must be for one to show on the other, of 441.
const seen = 110

// tintFor keeps the tint while it shows on the picture's mean, and else takes the chosen
// colour or the first that does.
func tintFor(now, chosen, mean color.NRGBA) color.NRGBA {
	best := now
	for _, c := range append([]color.NRGBA{now, chosen}, tints...) {
		if apart(c, mean) >= seen*seen {
			return c
		}
		if apart(c, mean) > apart(best, mean) {
			best = c
		}
	}
	return best
}

// apart is the square of the distance of two colours.
func apart(a, b color.NRGBA) int {
	d := func(x, y uint8) int { return (int(x) - int(y)) * (int(x) - int(y)) }
	return d(a.R, b.R) + d(a.G, b.G) + d(a.B, b.B)
}

// meanUnder is the picture's mean colour under the mask, from a grid of samples; without a
// mask that of the whole picture. ok is false where there is nothing to see.
func meanUnder(s *canvas.State, used image.Rectangle) (mean color.NRGBA, ok bool) {
	masked := s.Mask.Len() > 0
	r := used
	if masked {
		r = s.MaskUsed()
	}
	const side = 12
	var sum [3]int
	n := 0
	var m [1]uint8
	for i := range side * side {
		p := r.Min.Add(image.Pt((2*(i%side)+1)*r.Dx()/(2*side), (2*(i/side)+1)*r.Dy()/(2*side)))
		one := image.Rectangle{Min: p, Max: p.Add(image.Pt(1, 1))}
		m[0] = 0
		s.ReadMask(m[:], 1, one)
		if masked && m[0] < 64 {
			continue
		}
		if c := render.Flatten(s, one, render.FlattenOptions{}).NRGBAAt(p.X, p.Y); c.A > 127 {
			sum[0], sum[1], sum[2], n = sum[0]+int(c.R), sum[1]+int(c.G), sum[2]+int(c.B), n+1
		}
	}
	if n == 0 {
		return mean, false
	}
	return color.NRGBA{uint8(sum[0] / n), uint8(sum[1] / n), uint8(sum[2] / n), 255}, true
}

// retint chooses the tint anew after the mask or the picture has changed.
func (v *canvasView) retint() {
	s := v.ed.Committed()
	if v.pressed || v.ed.State() != s || v.tinted == s && v.tint.A != 0 {
		return
	}
	v.tinted = s
	chosen := parseColour(v.ed.Settings.OverlayColour)
	now := v.tint
	if now.A == 0 || s.Mask.Len() == 0 {
		now = chosen
	}
	if mean, ok := meanUnder(s, v.ed.Used()); ok {
		now = tintFor(now, chosen, mean)
	}
	if now != v.tint {
		v.tint = now
		v.setLook()
		v.whole = true
	}
}
