package canvas_test

import (
	"image"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pentimento/canvas"
	"pentimento/canvas/blend"
	"pentimento/canvas/canvastest"
)

// rgba is a premultiplied pixel, 0..1.
type rgba [4]float64

func (p rgba) times(f float64) rgba { return rgba{p[0] * f, p[1] * f, p[2] * f, p[3] * f} }

func (p rgba) plus(q rgba) rgba {
	return rgba{p[0] + q[0], p[1] + q[1], p[2] + q[2], p[3] + q[3]}
}

// over lays s over d; atop keeps d's alpha. The modes are normal, multiply and screen.
func over(d, s rgba, mode blend.Mode, opacity float64, atop bool) rgba {
	s = s.times(opacity)
	sa, da := s[3], d[3]
	out := rgba{}
	for c := range 3 {
		b := s[c] * da
		switch mode {
		case blend.Multiply:
			b = s[c] * d[c]
		case blend.Screen:
			b = s[c]*da + d[c]*sa - s[c]*d[c]
		}
		if out[c] = d[c]*(1-sa) + b; !atop {
			out[c] += s[c] * (1 - da)
		}
	}
	if out[3] = da; !atop {
		out[3] = sa + da*(1-sa)
	}
	return out
}

// looks is a pixel of what is in a group, over the ground d, worked out layer by layer from the
// top of the definition, without a list of items.
func looks(s *canvas.State, group canvas.LayerID, p image.Point, d rgba) rgba {
	var kids []*canvas.Layer
	for _, l := range s.Layers {
		if l.Parent == group && !l.Guide {
			kids = append(kids, l)
		}
	}
	for i := 0; i < len(kids); i++ {
		l, own := kids[i], rgba{}
		var clips []*canvas.Layer
		for i+1 < len(kids) && kids[i+1].Clip {
			i++
			clips = append(clips, kids[i])
		}
		if !l.Visible {
			continue
		}
		shows := float64(l.Opacity) / 255
		if l.Group && l.PassThrough && !slices.ContainsFunc(clips, func(c *canvas.Layer) bool { return c.Visible && c.Opacity > 0 }) {
			shows *= masked(l, p)
			d = d.times(1 - shows).plus(looks(s, l.ID, p, d).times(shows))
			continue
		}
		own = content(s, l, p)
		for _, c := range clips {
			if c.Visible {
				own = over(own, content(s, c, p), c.Blend, float64(c.Opacity)/255, true)
			}
		}
		d = over(d, own, l.Blend, shows, false)
	}
	return d
}

func content(s *canvas.State, l *canvas.Layer, p image.Point) (own rgba) {
	if l.Group {
		own = looks(s, l.ID, p, rgba{})
	} else {
		var b [4]uint8
		l.Read(b[:], 4, image.Rectangle{Min: p, Max: p.Add(image.Pt(1, 1))})
		own = rgba{float64(b[0]) / 255, float64(b[1]) / 255, float64(b[2]) / 255, float64(b[3]) / 255}
	}
	return own.times(masked(l, p))
}

func masked(l *canvas.Layer, p image.Point) float64 {
	if l.Mask == nil || l.Mask.Off {
		return 1
	}
	p = p.Sub(l.Offset)
	v := l.Mask.Outside
	if t := l.Mask.Tiles.At(canvas.KeyAt(p)); t != nil {
		v ^= t.Pix[(p.Y&63)*64+p.X&63]
	}
	return float64(v) / 255
}

// grouped is a random picture with groups whose modes do not magnify what rounding costs.
func grouped(rng *rand.Rand) *canvas.State {
	d := canvastest.Grouped(rng)
	e := d.Begin("modes")
	for _, l := range slices.Clone(d.State().Layers) {
		e.SetLayer(l.ID, func(l *canvas.Layer) { l.Blend = blend.Mode(rng.IntN(3)) })
	}
	e.Commit()
	return d.State()
}

// TestGroupsMasksAndClippingFollowTheDefinition: against a pixel by pixel evaluation in
// floating point.
func TestGroupsMasksAndClippingFollowTheDefinition(t *testing.T) {
	rng := canvastest.Chance(t)
	for range 40 {
		s := grouped(rng)
		r := image.Rect(-300, -300, 300, 300)
		got := flatten(s, r)
		for range 400 {
			p := image.Pt(rng.IntN(600)-300, rng.IntN(600)-300)
			want, c := looks(s, 0, p, rgba{}), got.RGBAAt(p.X, p.Y)
			for i, v := range []uint8{c.R, c.G, c.B, c.A} {
				if math.Abs(float64(v)-255*want[i]) > 4 { // half a step for each of the layers
					t.Fatalf("%v is %v, want %v; layers %v", p, c, want.times(255), describe(s))
				}
			}
		}
	}
}

func describe(s *canvas.State) (out []canvas.Layer) {
	for _, l := range s.Layers {
		c := *l
		c.Tiles = canvas.Grid[canvas.Tile]{}
		out = append(out, c)
	}
	return out
}

// TestWhatIsInAGroupStandsBelowIt: whatever is done, in every State, and no layer is lost that
// was not removed.
func TestWhatIsInAGroupStandsBelowIt(t *testing.T) {
	rng := canvastest.Chance(t)
	d := canvastest.Document(rng)
	for range 300 {
		before := len(d.State().Layers)
		e := d.Begin("rearrange")
		layers := e.State().Layers
		canvastest.Rearrange(rng, e, layers[rng.IntN(len(layers))].ID)
		e.Commit()
		s := d.State()
		if again := canvas.Arranged(s.Layers); &again[0] != &s.Layers[0] {
			t.Fatalf("out of order: %v", describe(s))
		}
		if n := len(s.Layers); n < before-1 || n > before+1 {
			t.Fatalf("%d layers of %d", n, before)
		}
	}
}

// TestACircleOfGroupsIsBroken: a file may say anything.
func TestACircleOfGroupsIsBroken(t *testing.T) {
	in := []*canvas.Layer{{ID: 1, Parent: 2}, {ID: 2, Group: true, Parent: 3}, {ID: 3, Group: true, Parent: 2}, {ID: 4, Parent: 1}, {ID: 5, Group: true, Parent: 5}, {ID: 6, Group: true, Parent: 99}}
	out := canvas.Arranged(in)
	if len(out) != len(in) {
		t.Fatalf("%d layers of %d", len(out), len(in))
	}
	s := &canvas.State{Layers: out}
	for i, l := range out {
		if up := s.Layer(l.Parent); l.Parent != 0 && (up == nil || !up.Group || s.Index(l.Parent) < i) {
			t.Errorf("layer %d is in %d", l.ID, l.Parent)
		}
	}
	if again := canvas.Arranged(out); &again[0] != &out[0] {
		t.Error("arranging twice differs")
	}
}

// TestRaisingGoesThroughGroups: one step up or down, into open groups and out of them.
func TestRaisingGoesThroughGroups(t *testing.T) {
	d := abc()
	e := d.Begin("group")
	g := e.Group("g", 2)
	order := func() (out []string) {
		for _, l := range e.State().Layers {
			name := l.Name
			if l.Parent == g {
				name = "(" + name + ")"
			}
			out = append(out, name)
		}
		return out
	}
	for _, want := range [][]string{{"(a)", "(b)", "g", "c"}, {"(b)", "(a)", "g", "c"}, {"(b)", "g", "a", "c"}, {"(b)", "g", "c", "a"}} {
		e.Raise(1, true)
		if got := order(); !slices.Equal(got, want) {
			t.Fatalf("up: %v, want %v", got, want)
		}
	}
	if e.Raise(1, true) {
		t.Error("above all, there was a place")
	}
	for _, want := range [][]string{{"(b)", "g", "a", "c"}, {"(b)", "(a)", "g", "c"}, {"(a)", "(b)", "g", "c"}, {"a", "(b)", "g", "c"}} {
		e.Raise(1, false)
		if got := order(); !slices.Equal(got, want) {
			t.Fatalf("down: %v, want %v", got, want)
		}
	}
	if e.Raise(1, false) {
		t.Error("below all, there was a place")
	}
}

// TestMergingAGroupLooksTheSame: an isolated group becomes a layer.
func TestMergingAGroupLooksTheSame(t *testing.T) {
	rng := canvastest.Chance(t)
	for range 20 {
		d := canvas.Open("grouped", grouped(rng))
		e := d.Begin("isolate")
		var id canvas.LayerID
		for _, l := range slices.Clone(e.State().Layers) {
			if l.Group {
				e.SetLayer(l.ID, func(l *canvas.Layer) { l.PassThrough = false })
				id = l.ID
			}
		}
		e.Commit()
		if id == 0 {
			continue
		}
		a := d.State()
		e = d.Begin("merge")
		e.MergeDown(id)
		e.Commit()
		r := a.Content()
		p, q := flatten(a, r), flatten(d.State(), r)
		if !slices.Equal(p.Pix, q.Pix) {
			t.Fatalf("looks different: %v", describe(a))
		}
		if l := d.State().Layer(id); l.Group || d.State().Active != id {
			t.Error("it is a group still, or not the active layer")
		}
	}
}

// TestApplyingAMaskLooksTheSame within a rounding.
func TestApplyingAMaskLooksTheSame(t *testing.T) {
	rng := canvastest.Chance(t)
	d := canvastest.Document(rng)
	id := d.State().Active
	e := d.Begin("mask")
	e.SetLayerMask(id, canvas.NewLayerMask(canvastest.Blob(rng, d.State().Layer(id).Used().Inset(20)), 0))
	e.Commit()
	a := d.State()
	e = d.Begin("apply")
	e.ApplyLayerMask(id)
	e.Commit()
	if d.State().Layer(id).Mask != nil {
		t.Error("the mask is there still")
	}
	if p, q := flatten(a, a.Content()), flatten(d.State(), a.Content()); !slices.Equal(p.Pix, q.Pix) {
		t.Error("the picture looks different")
	}
}

// TestWhatAClippedLayerLiesInIsRepainted: of the lowest in a group, clipped itself, another may
// hang.
func TestWhatAClippedLayerLiesInIsRepainted(t *testing.T) {
	d := canvas.New()
	e := d.Begin("two, both clipped")
	e.Put(1, canvastest.Texture(image.Rect(0, 0, 10, 10), 1), nil)
	top := e.AddLayer("top", 1)
	e.Put(top, canvastest.Texture(image.Rect(0, 0, 500, 500), 2), nil)
	for _, id := range []canvas.LayerID{1, top} {
		e.SetLayer(id, func(l *canvas.Layer) { l.Clip = true })
	}
	e.Commit()
	all := image.Rect(0, 0, 500, 500)
	e = d.Begin("remove")
	e.RemoveLayer(1)
	dirty := e.Commit()
	undo, _ := d.Undo()
	if !all.In(undo) {
		t.Errorf("undo repaints %v, want %v", undo, all)
	}
	if !all.In(dirty) {
		t.Errorf("removing repaints %v, want %v", dirty, all)
	}
}
