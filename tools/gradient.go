package tools

import (
	"context"
	"image"
	"image/color"
	"math"

	"pentimento/canvas"
)

type colour = color.NRGBA

// gradient lays a run of colours over the active layer, from where the drag began to where it
// ends: along the line or in circles, from the foreground to the background colour or to
// nothing. While it is dragged a small picture of it shows it; the layer is painted on Release.
type gradient struct {
	held     bool
	from, to Vec
	work     *Work

	seen     *canvas.State // what area is of
	area     image.Rectangle
	preview  *image.NRGBA
	drawn    run // what preview shows
	drawnFor image.Rectangle
}

func newGradient() Tool { return &gradient{} }

// Press fixes the beginning.
func (t *gradient) Press(h Host, p Pointer) {
	t.Cancel(h)
	if p.Button == Left && near(p) && takes(h.State()) {
		t.held, t.from, t.to = true, Vec{p.X, p.Y}, Vec{p.X, p.Y}
	}
}

// Drag moves the end; Shift holds the line to eighths of a turn.
func (t *gradient) Drag(h Host, p Pointer) {
	if !t.held || !near(p) {
		return
	}
	t.to = Vec{p.X, p.Y}
	if p.Mods&Shift != 0 {
		dx, dy := p.X-t.from.X, p.Y-t.from.Y
		angle := math.Round(math.Atan2(dy, dx)/(math.Pi/4)) * (math.Pi / 4)
		along := dx*math.Cos(angle) + dy*math.Sin(angle)
		t.to = Vec{t.from.X + along*math.Cos(angle), t.from.Y + along*math.Sin(angle)}
	}
}

// Release asks for the gradient; a click is none.
func (t *gradient) Release(h Host, p Pointer) {
	if !t.held {
		return
	}
	t.Drag(h, p)
	g, tile := t.run(h), h.View().Tile
	t.Cancel(h)
	if math.Hypot(g.to.X-g.from.X, g.to.Y-g.from.Y) < 1 {
		return
	}
	t.work = &Work{"Gradient", func(ctx context.Context, s *canvas.State) (*canvas.State, error) {
		area, table := inTile(paintArea(s), tile), g.stages()
		if err := paintable("gradient", area); err != nil {
			return nil, err
		}
		return s.Painted(ctx, s.Active, area, func(tile *canvas.Tile, at image.Rectangle) { g.lay(tile, at, area, table) })
	}}
}

// Work implements Worker.
func (t *gradient) Work() (Work, bool) { return taken(&t.work) }

// Cancel forgets the drag.
func (t *gradient) Cancel(Host) { t.held, t.work, t.preview = false, nil, nil }

// Cursor is a cross.
func (t *gradient) Cursor(Host, Pointer) Cursor { return Cross }

// Overlay shows the gradient and its line.
func (t *gradient) Overlay(h Host) []Shape {
	if !t.held {
		return nil
	}
	var out []Shape
	if s := h.State(); s != t.seen {
		t.seen, t.area = s, paintArea(s)
	}
	if r := inTile(t.area, h.View().Tile).Intersect(h.View().Visible()); !r.Empty() && t.from != t.to {
		if g := t.run(h); t.preview == nil || g != t.drawn || r != t.drawnFor {
			t.drawn, t.drawnFor = g, r
			t.preview = g.shown(t.seen, r)
		}
		out = append(out, Shape{Kind: Picture, Image: t.preview, Points: []Vec{{float64(r.Min.X), float64(r.Min.Y)}, {float64(r.Max.X), float64(r.Max.Y)}}})
	}
	return append(out, Shape{Kind: Line, Points: []Vec{t.from, t.to}}, Shape{Kind: Handle, Points: []Vec{t.from}}, Shape{Kind: Handle, Points: []Vec{t.to}})
}

// run is a gradient as it is to be painted, in the document's colours.
type run struct {
	from, to Vec
	radial   bool
	a, b     color.NRGBA
	opacity  float64
}

func (t *gradient) run(h Host) run {
	b, space := h.Brush(), h.State().Source.Space()
	g := run{from: t.from, to: t.to, radial: b.Radial, a: space.Brush(b.Colour), b: space.Brush(b.Back), opacity: b.Opacity}
	if b.Fades {
		g.b = g.a
		g.b.A = 0
	}
	return g
}

// at is how far along a point is, 0..1. Products are rounded before they are added, so that
// every machine paints the same.
func (g run) at(x, y float64) float64 {
	dx, dy := g.to.X-g.from.X, g.to.Y-g.from.Y
	x, y = x-g.from.X, y-g.from.Y
	length := float64(dx*dx) + float64(dy*dy)
	f := 0.0
	if g.radial {
		f = math.Sqrt((float64(x*x) + float64(y*y)) / length)
	} else {
		f = (float64(x*dx) + float64(y*dy)) / length
	}
	return min(max(f, 0), 1)
}

// stages are the colours along the way, premultiplied, of 16 bits.
func (g run) stages() *[stages][4]uint32 {
	var out [stages][4]uint32
	for i := range out {
		f := float64(i) / (stages - 1)
		alpha := g.opacity * (float64(float64(g.a.A)*(1-f)) + float64(float64(g.b.A)*f)) / 255
		for c, v := range [][2]uint8{{g.a.R, g.b.R}, {g.a.G, g.b.G}, {g.a.B, g.b.B}} {
			out[i][c] = uint32(alpha*257*(float64(float64(v[0])*(1-f))+float64(float64(v[1])*f)) + 0.5)
		}
		out[i][3] = uint32(alpha*65535 + 0.5)
	}
	return &out
}

const stages = 4096

// lay paints the part of a tile that is in area. What 8 bits cannot hold is dithered, so that
// there are no bands; a colour that they can hold, and a pixel that is not painted, stay exact.
func (g run) lay(t *canvas.Tile, at, area image.Rectangle, table *[stages][4]uint32) {
	in := at.Intersect(area)
	for y := in.Min.Y; y < in.Max.Y; y++ {
		row := t.Pix[((y-at.Min.Y)*canvas.TileSize+in.Min.X-at.Min.X)*4:]
		for x := in.Min.X; x < in.Max.X; x++ {
			s := &table[int(g.at(float64(x)+0.5, float64(y)+0.5)*(stages-1)+0.5)]
			p, n := row[4*(x-in.Min.X):][:4], noise(x, y)
			rest := 65535 - s[3]
			for c := range p {
				p[c] = uint8(min((s[c]+(uint32(p[c])*257*rest+32767)/65535+n)/257, 255))
			}
		}
	}
}

// noise is 0..256 at a pixel, spread so that neighbours differ (J. Jimenez, Next Generation
// Post Processing in Call of Duty: Advanced Warfare, 2014: interleaved gradient noise), in
// whole numbers.
func noise(x, y int) uint32 {
	u := uint32(x)*288237661 + uint32(y)*25070368 // 0.06711056 and 0.00583715 of 2^32
	v := uint32(uint64(u) * 3472289 >> 16)        // times 52.9829189, the fraction
	return uint32(uint64(v) * 257 >> 32)
}

// shown is a small picture of the gradient in r, in sRGB, as far as the selection lets it.
func (g run) shown(s *canvas.State, r image.Rectangle) *image.NRGBA {
	const most = 160
	step := float64(max(r.Dx(), r.Dy(), most)) / most
	w, h := max(int(float64(r.Dx())/step), 1), max(int(float64(r.Dy())/step), 1)
	out := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			px := float64(r.Min.X) + (float64(x)+0.5)*float64(r.Dx())/float64(w)
			py := float64(r.Min.Y) + (float64(y)+0.5)*float64(r.Dy())/float64(h)
			f := g.at(px, py)
			mix := func(a, b uint8) uint8 { return uint8(float64(a)*(1-f) + float64(b)*f + 0.5) }
			c := color.NRGBA{mix(g.a.R, g.b.R), mix(g.a.G, g.b.G), mix(g.a.B, g.b.B), uint8(float64(mix(g.a.A, g.b.A))*g.opacity + 0.5)}
			if s.Selection.Len() > 0 {
				var m [1]uint8
				canvas.ReadCover(s.Selection, m[:], 1, image.Rect(floor(px), floor(py), floor(px)+1, floor(py)+1))
				c.A = canvas.Dim(c.A, m[0])
			}
			out.SetNRGBA(x, y, c)
		}
	}
	s.Source.Space().ToSRGB(out)
	return out
}
