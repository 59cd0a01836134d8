package render

import (
	"image"
	"image/color"
	imagedraw "image/draw"
	"math"
	"math/rand/v2"
	"testing"

	"pentimento/canvas"
	"pentimento/canvas/canvastest"
)

// layered is a picture of an opaque layer, a clear one above it that lies between tiles, and a mask.
func layered(rng *rand.Rand) *canvas.Document {
	r := image.Rect(-300, -300, 500, 500)
	d := canvas.New()
	e := d.Begin("layers")
	e.Put(e.State().Active, canvastest.Texture(r, rng.Uint64()), nil)
	top := e.AddLayer("top", e.State().Active)
	e.SetLayer(top, func(l *canvas.Layer) { l.Opacity, l.Offset = 150, image.Pt(13, -7) })
	e.Put(top, canvastest.Picture(rng, image.Rect(-150, -120, 160, 140), true), nil)
	m := image.NewAlpha(image.Rect(-60, -50, 90, 100))
	for i := range m.Pix {
		m.Pix[i] = uint8(i / 3)
	}
	e.SetMask(m)
	e.Commit()
	return d
}

// TestARepeatedTileIsThePictureThatRepeatsIt: from 100 % on every view of a tile is, bit for bit,
// the view of a picture that consists of it; so it is below where its sides are whole flat pixels.
func TestARepeatedTileIsThePictureThatRepeatsIt(t *testing.T) {
	rng := seeded(61)
	for i := range 24 {
		d := layered(rng)
		v := turnedView(rng, randomView(rng).Snap())
		tile := image.Rect(0, 0, 30+rng.IntN(170), 30+rng.IntN(170)).Add(image.Pt(rng.IntN(200)-100, rng.IntN(200)-100))
		if v.Scale = math.Max(v.Scale, 1); i%3 == 0 {
			v.Scale = []float64{0.5, 0.3, 0.26}[rng.IntN(3)]
			tile = image.Rect(0, 0, 64, 128).Add(image.Pt(64*rng.IntN(3), -64*rng.IntN(3)))
		} else {
			v.X, v.Y = float64(rng.IntN(400)-200), float64(rng.IntN(400)-200)
		}
		v = v.Snap()
		r := patient(DefaultLook)
		r.SetState(d.State(), image.Rectangle{})
		q := Quality(rng.IntN(2))
		plain := v
		v.Tile = tile
		got := draw(t, r, v, q)

		flat := Flatten(d.State(), tile, FlattenOptions{Mask: DefaultLook.Mask})
		all := v.seen().Inset(-8)
		many := image.NewNRGBA(all)
		for y := all.Min.Y; y < all.Max.Y; y++ {
			for x := all.Min.X; x < all.Max.X; x++ {
				p := image.Pt(x, y).Mod(tile)
				copy(many.Pix[many.PixOffset(x, y):][:4], flat.Pix[flat.PixOffset(p.X, p.Y):][:4])
			}
		}
		big := canvas.New()
		e := big.Begin("copies")
		e.Put(e.State().Active, many, nil)
		e.Commit()
		other := patient(DefaultLook)
		other.SetState(big.State(), image.Rectangle{})
		want := draw(t, other, plain, q)
		if at, differs := firstDifference(got, want); differs {
			t.Fatalf("%+v, quality %d: %v is %v, in the picture of copies %v", v, q, at, got.RGBAAt(at.X, at.Y), want.RGBAAt(at.X, at.Y))
		}
	}
}

// TestNoSeamShowsAtAnyZoom: a tile of one colour in a picture of another is one plain at every
// zoom and size, however little of it a device pixel is.
func TestNoSeamShowsAtAnyZoom(t *testing.T) {
	rng := seeded(62)
	for range 60 {
		tile := image.Rect(0, 0, 1+rng.IntN(300), 1+rng.IntN(300)).Add(image.Pt(rng.IntN(100), rng.IntN(100)))
		img := canvastest.Flat(tile.Inset(-70), color.NRGBA{250, 10, 10, 255})
		imagedraw.Draw(img, tile, image.NewUniform(color.NRGBA{20, 200, 90, 255}), image.Point{}, imagedraw.Src)
		d := canvas.New()
		e := d.Begin("tile")
		e.Put(e.State().Active, img, nil)
		e.Commit()
		r := patient(DefaultLook)
		r.SetState(d.State(), image.Rectangle{})
		v := turnedView(rng, randomView(rng).Snap())
		v.Tile = tile
		got := draw(t, r, v, Quality(rng.IntN(2)))
		for i := 0; i < len(got.Pix); i += 4 {
			if [4]uint8(got.Pix[i:]) != [4]uint8{20, 200, 90, 255} {
				t.Fatalf("%+v: a device pixel is %v, want the tile's only colour", v, got.Pix[i:i+4])
			}
		}
	}
}

// TestCopiesFollowEveryChange: after any steps, drafts and other tiles in between, drawing what
// Devices names of a change gives the view drawn afresh.
func TestCopiesFollowEveryChange(t *testing.T) {
	rng := seeded(63)
	for range 16 {
		d := canvastest.Document(rng)
		r := patient(DefaultLook)
		r.SetState(d.State(), image.Rectangle{})
		v := turnedView(rng, randomView(rng).Snap())
		v.Tile = image.Rect(0, 0, 8+rng.IntN(200), 8+rng.IntN(200)).Add(image.Pt(rng.IntN(200)-100, rng.IntN(200)-100))
		fb := draw(t, r, v, Smooth)
		for range 6 {
			parts := []image.Rectangle{}
			if rng.IntN(5) == 0 {
				v.Tile.Max = v.Tile.Max.Add(image.Pt(rng.IntN(9), rng.IntN(9)))
				parts = append(parts, fb.Rect)
			}
			for _, dirty := range step(rng, d, r) {
				parts = append(parts, v.Devices(dirty)...)
			}
			for _, p := range parts {
				r.Render(fb, p, v, Smooth)
			}
			if at, differs := firstDifference(fb, fresh(t, r, v, Smooth)); differs {
				t.Fatalf("%+v: drawn piece by piece it differs at %v", v, at)
			}
		}
	}
}

// TestTheBackgroundMakesTilesToo: with a budget of nothing the cells of a tile come from other
// goroutines, and what is shown in the end is the same.
func TestTheBackgroundMakesTilesToo(t *testing.T) {
	rng := seeded(64)
	d := canvastest.Document(rng)
	ready := make(chan struct{}, 100)
	r := New(Options{Budget: 1, Ready: func() { ready <- struct{}{} }})
	defer r.Close()
	r.SetState(d.State(), image.Rectangle{})
	v := View{X: -100, Y: -100, Scale: 0.3, W: 150, H: 100, Tile: image.Rect(-20, -30, 81, 77)}
	fb := image.NewRGBA(image.Rect(0, 0, v.W, v.H))
	for !r.Render(fb, fb.Rect, v, Smooth) {
		<-ready
	}
	if at, differs := firstDifference(fb, fresh(t, r, v, Smooth)); differs {
		t.Errorf("made in the background it differs at %v", at)
	}
}

// TestADabAtOneSideIsSeenAtTheOther: what the pixels beside a seam are made of is made anew with a
// dab on either side of it, at every level.
func TestADabAtOneSideIsSeenAtTheOther(t *testing.T) {
	rng := seeded(65)
	for i := range 40 {
		d := layered(rng)
		r := patient(DefaultLook)
		r.SetState(d.State(), image.Rectangle{})
		tile := image.Rect(0, 0, 37+rng.IntN(90), 37+rng.IntN(90)).Add(image.Pt(rng.IntN(60)-30, rng.IntN(60)-30))
		v := View{X: -100, Y: -90, Scale: []float64{1.5, 0.7, 0.3, 0.11}[i%4], W: 160, H: 120, Tile: tile}.Snap()
		fb := draw(t, r, v, Smooth)
		at := []image.Point{tile.Min, tile.Max.Sub(image.Pt(2, 2)), {tile.Min.X, tile.Max.Y - 2}}[rng.IntN(3)]
		dab := image.Rectangle{Min: at, Max: at.Add(image.Pt(2, 2))}
		e := d.Begin("dab")
		e.Put(e.State().Active, canvastest.Flat(dab, color.NRGBA{255, 0, 255, 255}), nil)
		for _, p := range v.Devices(r.SetDraft(e.State(), dab)) {
			r.Render(fb, p, v, Smooth)
		}
		if at, differs := firstDifference(fb, fresh(t, r, v, Smooth)); differs {
			t.Fatalf("%+v: with a dab at %v it differs from what is drawn afresh at %v", v, dab, at)
		}
	}
}
