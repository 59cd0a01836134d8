package canvastest

import (
	"fmt"
	"image"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"pentimento/canvas"
	"pentimento/canvas/blend"
)

// Chance returns random numbers that differ from run to run. Their seed is logged, so that a
// failure can be had again: PENTIMENTO_SEED sets it.
func Chance(t testing.TB) *rand.Rand {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	if v := os.Getenv("PENTIMENTO_SEED"); v != "" {
		var err error
		if seed, err = strconv.ParseUint(v, 10, 64); err != nil {
			t.Fatalf("PENTIMENTO_SEED: %v", err)
		}
	}
	t.Logf("PENTIMENTO_SEED=%d", seed)
	return rand.New(rand.NewPCG(seed, 0))
}

// Sample is one point of a random stroke, in document pixels.
type Sample struct {
	X, Y     float64
	Time     float64 // seconds since the first sample
	Pressure float64 // 0..1
}

// Stroke walks n samples through r with a slowly turning direction, as a hand does.
func Stroke(rng *rand.Rand, r image.Rectangle, n int) []Sample {
	x := float64(r.Min.X) + rng.Float64()*float64(r.Dx())
	y := float64(r.Min.Y) + rng.Float64()*float64(r.Dy())
	angle, speed, pressure := rng.Float64()*2*math.Pi, 1+rng.Float64()*12, rng.Float64()
	out := make([]Sample, 0, n)
	for i := range n {
		out = append(out, Sample{x, y, float64(i) / 120, pressure})
		angle += rng.NormFloat64() * 0.3
		pressure = min(max(pressure+rng.NormFloat64()*0.1, 0), 1)
		x = min(max(x+math.Cos(angle)*speed, float64(r.Min.X)), float64(r.Max.X))
		y = min(max(y+math.Sin(angle)*speed, float64(r.Min.Y)), float64(r.Max.Y))
	}
	return out
}

// Picture is a random image with smooth colour, edges and noise; with alpha where asked.
func Picture(rng *rand.Rand, r image.Rectangle, alpha bool) *image.NRGBA {
	img := image.NewNRGBA(r)
	fx, fy, base := rng.IntN(7)+1, rng.IntN(7)+1, rng.IntN(256)
	for y := range r.Dy() {
		for x := range r.Dx() {
			p := img.Pix[y*img.Stride+x*4:][:4]
			p[0], p[1], p[2] = uint8(x*fx+base), uint8(y*fy), uint8(rng.IntN(64)+(x/16^y/16)&1*128)
			p[3] = 255
			if alpha {
				p[3] = uint8((x*fy + y*fx) * 3)
			}
		}
	}
	return img
}

// Blob is a random soft disc inside r as coverage.
func Blob(rng *rand.Rand, r image.Rectangle) *image.Alpha {
	m := image.NewAlpha(r)
	radius := float64(min(r.Dx(), r.Dy()))/2*(0.3+0.7*rng.Float64()) + 0.5
	soft := 1 + rng.Float64()*radius
	for y := range r.Dy() {
		for x := range r.Dx() {
			d := math.Hypot(float64(x)+0.5-float64(r.Dx())/2, float64(y)+0.5-float64(r.Dy())/2)
			m.Pix[y*m.Stride+x] = uint8(255 * min(max((radius-d)/soft, 0), 1))
		}
	}
	return m
}

// Area is a random rectangle of at most side pixels a side, near the origin and on both
// sides of it.
func Area(rng *rand.Rand, side int) image.Rectangle {
	x, y := rng.IntN(600)-300, rng.IntN(600)-300
	return image.Rect(x, y, x+1+rng.IntN(side), y+1+rng.IntN(side))
}

// Document is a random picture of a few layers with offsets, opacities and modes, and a
// mask.
func Document(rng *rand.Rand) *canvas.Document {
	d := canvas.New()
	e := d.Begin("random")
	for i := range 2 + rng.IntN(3) {
		id := e.AddLayer(fmt.Sprint("random ", i), e.State().Active)
		e.Put(id, Picture(rng, Area(rng, 300), i > 0), nil)
		change(rng, e, id)
	}
	area := Area(rng, 200)
	e.SetMask(Blob(rng, area))
	e.SetSelection(canvas.Cover(Blob(rng, Area(rng, 200))))
	if rng.IntN(3) > 0 {
		e.SetSource(Source(rng, e.State().Active))
	}
	e.Commit()
	return d
}

// Grouped is a Document with groups, masks and clipped layers.
func Grouped(rng *rand.Rand) *canvas.Document {
	d := Document(rng)
	e := d.Begin("rearrange")
	for range 12 {
		layers := e.State().Layers
		Rearrange(rng, e, layers[rng.IntN(len(layers))].ID)
	}
	e.Commit()
	return d
}

// Source is what the file of an opened picture might have said and had.
func Source(rng *rand.Rand, layer canvas.LayerID) *canvas.Source {
	s := &canvas.Source{Meaning: []byte(`{"density":"AAALEwAACxMB","texts":[{"Key":"Author","Text":"somebody"}]}`), Layer: layer}
	r := image.Rect(0, 0, 1+rng.IntN(90), 1+rng.IntN(90))
	noise := func(pix []byte) {
		for i := range pix {
			pix[i] = uint8(rng.Uint32())
		}
	}
	switch rng.IntN(4) {
	case 0:
		img := image.NewNRGBA64(r)
		noise(img.Pix)
		s.Exact = img
	case 1:
		img := image.NewGray16(r)
		noise(img.Pix)
		s.Exact = img
	case 2:
		img := image.NewNRGBA(r)
		noise(img.Pix)
		img.Pix[0], img.Pix[3] = 1, 2
		s.Exact = img
	}
	return s
}

func change(rng *rand.Rand, e *canvas.Edit, id canvas.LayerID) {
	e.SetLayer(id, func(l *canvas.Layer) {
		l.Opacity = uint8(255 - rng.IntN(2)*rng.IntN(200))
		l.Blend = blend.Modes[rng.IntN(len(blend.Modes))]
		l.Visible = rng.IntN(6) > 0
		if rng.IntN(2) == 0 {
			l.Offset = image.Pt(rng.IntN(301)-150, rng.IntN(301)-150)
		}
	})
}

// Rearrange makes a random change to a layer's group, place or mask.
func Rearrange(rng *rand.Rand, e *canvas.Edit, id canvas.LayerID) {
	layers := e.State().Layers
	other := layers[rng.IntN(len(layers))]
	switch rng.IntN(11) {
	case 10:
		e.SetLayer(id, func(l *canvas.Layer) {
			l.Clip, l.PassThrough, l.Collapsed, l.Lock = rng.IntN(2) == 0, rng.IntN(2) == 0, rng.IntN(2) == 0, canvas.Lock(rng.IntN(8))
			l.Guide = rng.IntN(4) == 0
			if l.Text = nil; !l.Group && rng.IntN(2) == 0 {
				l.Text = fmt.Appendf(nil, `{"words":"%d"}`, rng.IntN(1000))
			}
		})
	case 0, 1:
		if len(layers) < 10 {
			e.Group("group", id)
		}
	case 2:
		e.Ungroup(other.ID)
	case 3:
		e.Nest(id, other.ID, 0)
	case 4:
		e.Nest(id, other.Parent, other.ID)
	case 5:
		e.Raise(id, rng.IntN(2) == 0)
	case 6:
		area := Area(rng, 200)
		e.SetLayerMask(id, canvas.NewLayerMask(Blob(rng, area), uint8(rng.IntN(2)*255)))
	case 7:
		e.SwitchLayerMask(other.ID, rng.IntN(2) == 0)
	case 8:
		e.ApplyLayerMask(other.ID)
	case 9:
		for range 3 {
			if t := e.LayerMaskTile(other.ID, canvas.TileKey{X: int32(rng.IntN(5) - 2), Y: int32(rng.IntN(5) - 2)}); t != nil {
				t.Pix[rng.IntN(len(t.Pix))] = uint8(rng.IntN(256))
			}
		}
	}
}

// Paint lays a stroke of round dabs on a layer: a plain brush, for tests of everything
// that is not a brush.
func Paint(e *canvas.Edit, id canvas.LayerID, samples []Sample, radius float64, colour [4]uint8) {
	l := e.State().Layer(id)
	if l == nil || l.Group {
		return
	}
	canvas.Premultiply(colour[:], colour[:])
	for _, s := range samples {
		r := radius * (0.2 + 0.8*s.Pressure)
		x, y := s.X-float64(l.Offset.X), s.Y-float64(l.Offset.Y)
		box := image.Rect(int(math.Floor(x-r)), int(math.Floor(y-r)), int(math.Ceil(x+r))+1, int(math.Ceil(y+r))+1)
		canvas.KeysIn(box, func(k canvas.TileKey) {
			t, part := e.Tile(id, k), k.Rect().Intersect(box)
			for py := part.Min.Y; py < part.Max.Y; py++ {
				for px := part.Min.X; px < part.Max.X; px++ {
					if math.Hypot(float64(px)+0.5-x, float64(py)+0.5-y) <= r {
						i := ((py&(canvas.TileSize-1))*canvas.TileSize + px&(canvas.TileSize-1)) * 4
						blend.Span(t.Pix[i:i+4], colour[:], blend.Normal, 255)
					}
				}
			}
		})
	}
}

// Change begins an Edit and makes one random change of any kind in it, which may turn out
// to change nothing. The caller commits or rolls back.
func Change(rng *rand.Rand, d *canvas.Document) *canvas.Edit {
	s := d.State()
	id := s.Layers[rng.IntN(len(s.Layers))].ID
	e := d.Begin("random change")
	switch rng.IntN(24) {
	case 0:
		if len(s.Layers) < 8 {
			e.AddLayer("added", id)
		}
	case 1:
		e.RemoveLayer(id)
	case 2:
		e.MoveLayer(id, rng.IntN(len(s.Layers)+2)-1)
	case 3:
		e.Duplicate(id)
	case 4:
		e.MergeDown(id)
	case 5:
		change(rng, e, id)
	case 6:
		e.SetMask(Blob(rng, Area(rng, 200)))
	case 7:
		e.ClearMask()
	case 8:
		pic := Picture(rng, Area(rng, 150), true)
		e.Place(id, pic, pic)
	case 9:
		e.SetFrame(Area(rng, 500))
		lines := slices.Clone(s.GuideLines)
		e.SetGuideLines(append(lines, canvas.GuideLine{Upright: rng.IntN(2) == 0, At: rng.IntN(900) - 450}))
	case 10:
		e.SetActive(id)
	case 11:
		area := Area(rng, 250)
		e.Put(id, Picture(rng, area, true), Blob(rng, area.Inset(3)))
		e.AddOrigin(&canvas.Origin{Rect: area, Layer: id, Recipe: []byte("{}")})
	case 13:
		e.SetSelection(canvas.Cover(Blob(rng, Area(rng, 300))))
	case 14:
		e.SetSelection(canvas.Grid[canvas.MaskTile]{})
	case 15:
		e.SetChannel([]string{"sky", "hair"}[rng.IntN(2)], canvas.Cover(Blob(rng, Area(rng, 100))))
	case 16:
		e.RemoveChannel("sky")
	case 17, 18, 19, 20:
		Rearrange(rng, e, id)
	case 12: // erase
		canvas.KeysIn(Area(rng, 200), func(k canvas.TileKey) { e.ClearTile(id, k) })
	default:
		c := [4]uint8{uint8(rng.IntN(256)), uint8(rng.IntN(256)), uint8(rng.IntN(256)), uint8(rng.IntN(256))}
		if rng.IntN(2) == 0 {
			e.Within(s.Selection)
		}
		Paint(e, id, Stroke(rng, image.Rect(-300, -300, 300, 300), 1+rng.IntN(40)), 1+rng.Float64()*20, c)
	}
	return e
}

// Reshape makes a step that turns or crops the picture or turns a layer.
func Reshape(rng *rand.Rand, d *canvas.Document) {
	s := d.State()
	turn := canvas.FlipHorizontal + canvas.Turn(rng.IntN(5))
	e := d.Begin("reshape")
	switch rng.IntN(3) {
	case 0:
		e.Become(s.Turned(turn, Area(rng, 300)))
	case 1:
		e.Become(s.TurnedLayer(turn, s.Layers[rng.IntN(len(s.Layers))].ID))
	case 2:
		e.Become(s.Cropped(Area(rng, 500)))
	}
	e.Commit()
}
