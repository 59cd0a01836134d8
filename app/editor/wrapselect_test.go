package editor

import (
	"image"
	"image/color"
	"image/draw"
	"testing"

	"pentimento/app/commission"
	"pentimento/canvas"
	"pentimento/pipeline"
	"pentimento/pipeline/pipelinetest"
	"pentimento/tools"
)

// wrapped is a bench with a tile that repeats, of which the corners are what is in the middle of img.
func wrapped(t *testing.T, img *image.NRGBA, by image.Point) *bench {
	b := newBench(t)
	b.put(commission.RolledPicture(img, img.Rect, by))
	b.setFrame(img.Rect)
	b.Do("view.wrap")
	return b
}

// island is a thing in the middle of a tile: a dark ring around a yellow disc.
func island(r image.Rectangle) *image.NRGBA {
	img := image.NewNRGBA(r)
	draw.Draw(img, r, image.NewUniform(color.NRGBA{40, 90, 200, 255}), image.Point{}, draw.Src)
	mid := r.Min.Add(r.Max).Div(2)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			switch d := (x-mid.X)*(x-mid.X) + (y-mid.Y)*(y-mid.Y); {
			case d < 28*28:
				img.SetNRGBA(x, y, color.NRGBA{230, 190, 20, 255})
			case d < 34*34:
				img.SetNRGBA(x, y, color.NRGBA{20, 20, 20, 255})
			}
		}
	}
	return img
}

// differ counts pixels of two covers that are not alike, the second one being of the tile shifted by.
func differ(a, b canvas.Grid[canvas.MaskTile], tile image.Rectangle, by image.Point) (n int) {
	one, two := canvas.CoverImage(a, tile), commission.Rolled(canvas.CoverImage(b, tile), tile, image.Point{}.Sub(by))
	for i, v := range one.Pix {
		if d := int(v) - int(two.Pix[i]); d > 2 || d < -2 {
			n++
		}
	}
	return n
}

// TestWhatIsFoundGoesAround: bucket, wand and Object find across the sides of a tile what they find where the same
// tile is shifted so that it lies in its middle; also where a copy is clicked, and beyond the tile nothing is.
func TestWhatIsFoundGoesAround(t *testing.T) {
	tile := image.Rect(-30, 12, 170, 172)
	img := island(tile)
	mid := tile.Min.Add(tile.Max).Div(2)
	for _, tool := range []string{"wand", "object", "bucket"} {
		var first *canvas.State
		for _, by := range []image.Point{{}, {100, 80}, {0, 70}, {81, 0}, {93, 90}} {
			b := wrapped(t, img, by)
			if b.SetTool(tool); tool != "bucket" {
				b.area(func(a *tools.AreaSettings) { a.Selects, a.Grow, a.Feather = true, 3, 2 })
			} else {
				b.SetBrush(tools.BrushSettings{Size: 5, Hardness: 1, Opacity: 1, Tolerance: 20, Colour: color.NRGBA{255, 255, 255, 255}})
			}
			at := mid.Add(by).Add(image.Pt(10, 5)).Add(image.Pt(tile.Dx()*(by.X%3), 0)) // in some copy
			b.click(float64(at.X), float64(at.Y), tools.Left)
			b.until("the bucket", func() bool { return !b.Working() })
			s := b.Committed()
			if tool == "bucket" {
				s = b.filled(s, tile)
			}
			if first == nil {
				first = s
			}
			if n := canvas.CoverUsed(s.Selection); !n.In(tile) || n.Empty() {
				t.Fatalf("%s finds %v, want some of %v", tool, n, tile)
			}
			if n := differ(first.Selection, s.Selection, tile, by); n > 40 { // patches of superpixels lie otherwise
				t.Errorf("%s, shifted by %v: %d pixels differ", tool, by, n)
			}
		}
	}
}

// filled is a picture in which what the bucket made white is selected.
func (b *bench) filled(s *canvas.State, tile image.Rectangle) *canvas.State {
	m, img := image.NewAlpha(tile), flatten(s, tile)
	for i := range m.Pix {
		if string(img.Pix[4*i:4*i+3]) == "\xff\xff\xff" {
			m.Pix[i] = 255
		}
	}
	out := *s
	out.Selection = canvas.Cover(m)
	return &out
}

// TestASelectionChangesAroundTheTile: each change of it makes of a selection over a corner what it makes of the same
// one in the middle, whatever the pixels' number.
func TestASelectionChangesAroundTheTile(t *testing.T) {
	tile, by := image.Rect(0, 0, 100, 90), image.Pt(50, 45)
	img := island(tile)
	shape := canvas.CoverRect(image.Rect(30, 30, 61, 52))
	for _, c := range SelectionChanges {
		for _, px := range []int{1, 7, 60} {
			middle, corner := wrapped(t, img, image.Point{}), wrapped(t, img, by)
			for _, b := range []*bench{middle, corner} {
				b.Edit("select", func(e *canvas.Edit) {
					e.SetSelection(shape)
					if b == corner {
						e.SetSelection(canvas.RolledCover(shape, tile, by))
					}
				})
				b.ChangeSelection(c, px)
				b.idle()
			}
			a, z := middle.Committed().Selection, corner.Committed().Selection
			if n := differ(a, z, tile, by); n > 0 {
				t.Errorf("%s by %d: %d pixels differ from those in the middle", c.Title, px, n)
			}
			if px == 7 && (differ(a, shape, tile, image.Point{}) == 0 || !canvas.CoverUsed(z).In(tile)) {
				t.Errorf("%s by %d covers %v", c.Title, px, canvas.CoverUsed(z))
			}
		}
	}
}

// TestTheNetworkSeesTheTileShifted so that what is clicked lies away from its sides.
func TestTheNetworkSeesTheTileShifted(t *testing.T) {
	tile := image.Rect(0, 0, 200, 160)
	b := wrapped(t, island(tile), image.Pt(100, 80))
	p := pipeline.New(&pipelinetest.Runtime{Eval: pipelinetest.PickingSAM(func() {})})
	defer p.Close()
	b.Fills.Runner = p
	b.SetTool("object")
	b.area(func(a *tools.AreaSettings) { a.Grow = 0 })
	b.ChooseSegmenter(func() {}, pipelinetest.WriteSAM(t, t.TempDir(), "sam")[1])
	b.until("the network", func() bool { return len(b.Settings.Areas.Networks) == 2 })
	b.click(5, 5, tools.Left)
	for _, at := range []image.Point{{2, 2}, {197, 2}, {2, 157}, {197, 157}} {
		if b.Committed().MaskAt(at.X, at.Y) < 128 {
			t.Errorf("the corner at %v is not masked; failed %v", at, b.failed)
		}
	}
	if b.Committed().MaskAt(100, 80) != 0 {
		t.Error("the middle is masked")
	}
}

// TestTheRestingPointerShowsAThingWhole around itself, also where it goes over a side of the tile, or of a copy.
func TestTheRestingPointerShowsAThingWhole(t *testing.T) {
	tile := image.Rect(0, 0, 200, 160)
	b := wrapped(t, island(tile), image.Pt(100, 80))
	b.SetTool("object")
	for _, at := range []image.Point{{3, 4}, {197, 156}, {403, 4}} {
		b.Hover(tools.Pointer{X: float64(at.X), Y: float64(at.Y), Pressure: 1})
		corner := image.Pt((at.X+100)/200*200, (at.Y+80)/160*160)
		want := image.Rectangle{corner, corner}.Inset(-26)
		shows := func() image.Rectangle {
			for _, s := range b.Shapes() {
				if s.Kind == tools.Picture {
					return image.Rect(int(s.Points[0].X), int(s.Points[0].Y), int(s.Points[1].X), int(s.Points[1].Y))
				}
			}
			return image.Rectangle{}
		}
		b.until("the preview", func() bool { return want.In(shows()) && at.In(shows()) })
		if g := &b.glance; !g.covers(at) || !g.covers(corner) || g.covers(corner.Add(image.Pt(60, 0))) {
			t.Errorf("under the pointer at %v, %v is shown, want what lies around %v", at, shows(), corner)
		}
	}
}
