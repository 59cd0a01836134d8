package fills

import (
	"image"
	"strings"
	"testing"

	"pentimento/app/commission"
	"pentimento/app/settings"
	"pentimento/canvas"
	"pentimento/canvas/canvastest"
	"pentimento/pipeline/pixels"
)

// TestAFillOfATileReachesAcrossItsSides: while a frame repeats, what is masked at its corners is
// filled as one place, only there, and the plan says so; turned off it does not.
func TestAFillOfATileReachesAcrossItsSides(t *testing.T) {
	b := newBench(t)
	tile := image.Rect(0, 0, 90, 80)
	b.put(texture(tile.Inset(-30), 3))
	b.setFrame(tile)
	b.SetFill(func(f *settings.Fill) { f.Engine = "content" })
	b.Settings.AcceptInto = "active"
	b.Edit("mask", func(ed *canvas.Edit) {
		ed.SetCover(canvas.Folded(canvas.CoverRect(image.Rect(80, 70, 100, 95)), tile))
	})
	plain := b.Outline()
	b.tile = tile
	out := b.Outline()
	if plain.Target.Size() != tile.Size() || out.Target.Size() != image.Pt(20, 25) || !strings.Contains(out.Why, "across") || strings.Contains(plain.Why, "across") {
		t.Fatalf("changes %v (%s), without repeating %v (%s)", out.Target, out.Why, plain.Target, plain.Why)
	}
	before, masked := b.Committed(), b.Committed().MaskImage(tile)
	b.Fill()
	b.idle()
	if c := b.Current(); c == nil || !c.Patch.Rect.In(tile) {
		t.Fatalf("the candidate is %v, want it in the tile", c)
	}
	b.Accept()
	if d := canvastest.Outside(before, b.Committed(), masked); d != "" {
		t.Error(d)
	}
	if r := canvas.Changed(before, b.Committed()); !image.Rect(0, 0, 1, 1).In(r) || !image.Rect(89, 79, 90, 80).In(r) {
		t.Errorf("%v changed, want all corners", r)
	}
}

// TestAWholeTileIsMadeSeamless: while the frame repeats, a picture that is made in all of it is
// asked to be seamless, and the plan says so.
func TestAWholeTileIsMadeSeamless(t *testing.T) {
	for _, repeats := range []bool{false, true} {
		b, _ := studio(t)
		a := &asked{Runner: b.Pipeline}
		b.Runner = a
		b.SetFill(func(f *settings.Fill) { f.Prompt, f.Steps = "waves", 1 })
		if b.setFrame(image.Rect(0, 0, 128, 128)); repeats {
			b.tile = b.Committed().Frame
		}
		if why := b.Outline().Why; strings.Contains(why, "seamless") != repeats {
			t.Errorf("repeating %v, the plan says %q (%v)", repeats, why, b.Outline().Err)
		}
		b.Fill()
		b.until("a candidate", func() bool { return b.Current() != nil })
		if q := a.got[0]; q.TileX != repeats || q.TileY != repeats {
			t.Errorf("repeating %v, it is asked to tile %v and %v", repeats, q.TileX, q.TileY)
		}
	}
}

// TestRegionsCountAcrossTheSides: a region beyond a side of a tile from what is masked is asked for, and one that
// is far from it is not; the candidate stays in the tile.
func TestRegionsCountAcrossTheSides(t *testing.T) {
	b, _ := studio(t)
	a := &asked{Runner: b.Pipeline}
	b.Runner = a
	tile := image.Rect(0, 0, 384, 384)
	b.put(texture(tile, 3))
	b.setFrame(tile)
	b.tile = tile
	b.SetFill(func(f *settings.Fill) { f.Prompt, f.Steps = "waves", 1 })
	b.Edit("mask", func(ed *canvas.Edit) { ed.SetCover(canvas.CoverRect(image.Rect(374, 50, 384, 70))) })
	near := b.AddRegion(canvas.CoverRect(image.Rect(0, 40, 20, 80)), nil)
	far := b.AddRegion(canvas.CoverRect(image.Rect(60, 232, 150, 270)), nil)
	for _, area := range []string{near, far} {
		b.ChangeRegion(area, func(r *Region) { r.Prompt = area })
	}
	if n, of := b.RegionsActing(); n != 1 || of != 2 {
		t.Errorf("%d of %d regions act, want the one across the side of what %v may change", n, of, b.Outline().Target)
	}
	b.Fill()
	b.until("a candidate", func() bool { return b.Current() != nil })
	if q := a.got[0]; len(q.Regions) != 1 || q.Regions[0].Prompt != near {
		t.Errorf("asked with %d regions", len(q.Regions))
	}
	if c := b.Current(); !c.Patch.Rect.In(tile) {
		t.Errorf("the candidate lies in %v", c.Patch.Rect)
	}
}

// TestATilesPlanKnowsTheMaskByItsLines: columns, rows and the shifted rectangle are those of the whole mask drawn, with what
// is blank in the frame, and where a selection limits that.
func TestATilesPlanKnowsTheMaskByItsLines(t *testing.T) {
	rng := canvastest.Chance(t)
	b, _ := studio(t)
	for range 12 {
		tile := canvastest.Area(rng, 160).Union(image.Rect(0, 0, 20, 20))
		some := func() image.Rectangle {
			at := tile.Min.Add(image.Pt(rng.IntN(tile.Dx()), rng.IntN(tile.Dy())))
			return image.Rectangle{at, at.Add(image.Pt(1+rng.IntN(30), 1+rng.IntN(30)))}
		}
		b.Edit("picture", func(ed *canvas.Edit) {
			ed.Put(ed.State().Active, texture(tile, 1), nil)
			ed.SetFrame(tile)
			ed.SetCover(canvas.Folded(canvas.CoverRect(some()), tile))
			if ed.SetSelection(canvas.Grid[canvas.MaskTile]{}); rng.IntN(2) == 0 {
				ed.SetSelection(canvas.Join(canvas.CoverRect(some()), canvas.CoverRect(some()), canvas.Add))
			}
			if rng.IntN(3) > 0 {
				ed.Put(ed.State().Active, image.NewNRGBA(some()), nil)
			}
		})
		state := b.Committed()
		sel, out := b.choose(state)
		if out.Err != nil || sel.whole {
			continue
		}
		mask := sel.mask(state, tile)
		by := commission.Middle(mask, tile)
		cols, rows := sel.lines(state, tile)
		if got := commission.MiddleOf(cols, rows); got != by {
			t.Fatalf("%v is shifted by %v, want %v", tile, got, by)
		}
		if got, want := shiftedBounds(cols, rows, tile, by), pixels.Bounds(commission.Rolled(mask, tile, by)); got != want && !(got.Empty() && want.Empty()) {
			t.Fatalf("shifted by %v it lies in %v, want %v", by, got, want)
		}
	}
}
