package tools_test

import (
	"image"
	"math/rand/v2"
	"testing"

	"pentimento/canvas"
	"pentimento/canvas/canvastest"
	"pentimento/tools"
	"pentimento/tools/stroke"
	"pentimento/tools/toolstest"
)

// walk is a stroke that leaves the tile on all sides.
func walk(rng *rand.Rand, tile image.Rectangle) []tools.Vec {
	at := tools.Vec{X: float64(tile.Min.X) + rng.Float64()*float64(tile.Dx()), Y: float64(tile.Min.Y) + rng.Float64()*float64(tile.Dy())}
	out := []tools.Vec{at}
	for range 5 {
		at.X += (rng.Float64() - 0.5) * 2 * float64(tile.Dx())
		at.Y += (rng.Float64() - 0.5) * 2 * float64(tile.Dy())
		out = append(out, at)
	}
	return out
}

// coverage is what a stroke without edges covers, folded into the tile by maximum.
func coverage(h *toolstest.Host, places []tools.Vec, tile image.Rectangle, offset image.Point, pressure float64) map[image.Point]uint16 {
	b := h.Brush()
	s := stroke.New(stroke.Brush{Size: b.Size, Hardness: b.Hardness, Smoothing: b.Smoothing, PressureSize: b.Pressure&tools.PressureSize != 0, Gamma: b.Gamma})
	for i, p := range places {
		s.Add(stroke.Sample{X: p.X - float64(offset.X), Y: p.Y - float64(offset.Y), Time: float64(i+1) / 100, Pressure: pressure})
	}
	s.Add(stroke.Sample{X: places[len(places)-1].X - float64(offset.X), Y: places[len(places)-1].Y - float64(offset.Y), Time: float64(len(places)+1) / 100, Pressure: pressure})
	s.End()
	out := map[image.Point]uint16{}
	s.Flush(func(k stroke.Key, t *stroke.Tile, r image.Rectangle) {
		for y := r.Min.Y; y < r.Max.Y; y++ {
			for x := r.Min.X; x < r.Max.X; x++ {
				p := image.Pt(int(k.X)*stroke.TileSize+x, int(k.Y)*stroke.TileSize+y).Add(offset).Mod(tile)
				out[p] = max(out[p], t.Cov[y*stroke.TileSize+x])
			}
		}
	})
	return out
}

// TestStrokesGoRoundTheTile: with every tool that has a brush, what is painted is what the same
// stroke without edges covers, folded into the tile; outside nothing changes, and it is one step.
func TestStrokesGoRoundTheTile(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 9))
	for _, name := range []string{"brush", "eraser", "stamp", "history", "mask", "mask-eraser"} {
		for range 4 {
			h := toolstest.New(name)
			tile := image.Rect(0, 0, 20+rng.IntN(120), 20+rng.IntN(120)).Add(image.Pt(rng.IntN(100)-50, rng.IntN(100)-50))
			offset := image.Pt(rng.IntN(50)-25, rng.IntN(50)-25)
			e := h.Doc.Begin("ground")
			id := e.State().Active
			e.SetLayer(id, func(l *canvas.Layer) { l.Offset = offset })
			e.Put(id, canvastest.Texture(tile.Inset(-40), rng.Uint64()), nil)
			m := image.NewAlpha(tile.Inset(-9))
			for i := range m.Pix {
				m.Pix[i] = uint8(i)
			}
			e.SetMask(m)
			e.Commit()
			v := h.View()
			v.Tile = tile
			h.SetView(v)
			b := h.Brush()
			b.Size, b.Hardness, b.Opacity = 3+rng.Float64()*60, rng.Float64(), 0.3+0.7*rng.Float64()
			h.SetBrush(b)
			places := walk(rng, tile)
			var shift image.Point
			if name == "stamp" {
				h.Mods = tools.Alt
				h.Click(places[0].X+17, places[0].Y-31)
				h.Mods, shift = 0, image.Pt(17, -31)
			}
			base, steps := h.State(), h.Steps()
			h.Press(places[0].X, places[0].Y)
			for _, p := range places[1:] {
				h.Drag(p.X, p.Y)
				h.Tool.(tools.Tailer).Tail(h)
			}
			h.Release(places[len(places)-1].X, places[len(places)-1].Y)

			cov := coverage(h, places, tile, offset, 1)
			if name == "mask" || name == "mask-eraser" {
				cov = coverage(h, places, tile, image.Point{}, 1)
			}
			for p := range all(tile.Inset(-40)) {
				want := expected(name, h, base, p, shift, tile, cov[p])
				if got := shown(h.State(), name, p); got != want {
					t.Fatalf("%s, brush %v in %v: pixel %v is %v, want %v (it was %v, covered %d)", name, b.Size, tile, p, got, want, shown(base, name, p), cov[p])
				}
			}
			if h.Steps() != steps+1 {
				t.Errorf("%s: %d steps, want one more than %d", name, h.Steps(), steps)
			}
			if h.Undo(); h.State() != base && canvastest.Difference(h.State(), base) != "" {
				t.Errorf("%s: undone it differs: %s", name, canvastest.Difference(h.State(), base))
			}
		}
	}
}

func all(r image.Rectangle) func(func(image.Point) bool) {
	return func(yield func(image.Point) bool) {
		for y := r.Min.Y; y < r.Max.Y; y++ {
			for x := r.Min.X; x < r.Max.X; x++ {
				if !yield(image.Pt(x, y)) {
					return
				}
			}
		}
	}
}

// shown is a pixel of what a tool works on: the mask's in the first byte, or the layer's.
func shown(s *canvas.State, tool string, p image.Point) (out [4]uint8) {
	r := image.Rectangle{Min: p, Max: p.Add(image.Pt(1, 1))}
	if tool == "mask" || tool == "mask-eraser" {
		s.ReadMask(out[:1], 1, r)
	} else {
		s.Layer(s.Active).Read(out[:], 4, r)
	}
	return out
}

// expected is what one pixel becomes by its coverage.
func expected(tool string, h *toolstest.Host, base *canvas.State, p, shift image.Point, tile image.Rectangle, cov uint16) (out [4]uint8) {
	was, b, c := shown(base, tool, p), h.Brush(), []uint16{cov}
	out = was
	if cov == 0 {
		return out
	}
	strength := stroke.Strength(b.Opacity)
	switch tool {
	case "brush":
		stroke.Colour(out[:], was[:], c, strength, b.Colour.R, b.Colour.G, b.Colour.B)
	case "eraser":
		stroke.Erase(out[:], was[:], c, strength)
	case "stamp":
		from := shown(base, tool, p.Add(shift).Mod(tile))
		stroke.Over(out[:], was[:], from[:], c, strength)
	case "history":
		var nothing [4]uint8 // of the empty document
		stroke.Replace(out[:], was[:], nothing[:], c, strength)
	case "mask":
		stroke.Level(out[:1], was[:1], c, stroke.Full, 255)
	case "mask-eraser":
		stroke.MaskErase(out[:1], was[:1], c, stroke.Full)
	}
	return out
}

// TestAreasFoldIntoTheTile: a rectangle over the tile's corner masks all four of its corners, and
// nothing outside.
func TestAreasFoldIntoTheTile(t *testing.T) {
	h := toolstest.New("rectangle")
	tile := image.Rect(10, 20, 77, 99)
	v := h.View()
	v.Tile = tile
	h.SetView(v)
	h.Press(60, 90)
	h.Drag(90, 110)
	h.Release(90, 110)
	want := map[image.Point]bool{}
	for p := range all(image.Rect(60, 90, 90, 110)) {
		want[p.Mod(tile)] = true
	}
	for p := range all(tile.Inset(-60)) {
		if on := h.Mask(p.X, p.Y) == 255; on != want[p] {
			t.Fatalf("pixel %v masked: %v, want %v", p, on, want[p])
		}
	}
}

// TestABucketStaysInTheTile, and a click in a copy is one in it.
func TestABucketStaysInTheTile(t *testing.T) {
	h := toolstest.New("bucket")
	e := h.Doc.Begin("ground")
	tile := image.Rect(0, 0, 50, 40)
	e.Put(e.State().Active, canvastest.Flat(tile.Inset(-30), h.Brush().Back), nil)
	e.Commit()
	v := h.View()
	v.Tile = tile
	h.SetView(v)
	at := h.At(-120, 90)
	if at = at.By(v.Home(at)); !at.Point().In(tile) {
		t.Fatalf("the click is at %v, want it in the tile", at.Point())
	}
	h.Click(at.X, at.Y)
	painted := h.Pixel(3, 3)
	for p := range all(tile.Inset(-30)) {
		if got := h.Pixel(p.X, p.Y); (got == painted) != p.In(tile) {
			t.Fatalf("pixel %v is %v, the tile %v", p, got, painted)
		}
	}
}
