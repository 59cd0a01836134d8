package editor

import (
	"context"
	"errors"
	"fmt"
	"image"

	"pentimento/app/words"
	"pentimento/canvas"
	"pentimento/canvas/cut"
	"pentimento/fault"
	"pentimento/pipeline/pixels"
	"pentimento/pipeline/region"
	"pentimento/tools"
)

// selectActions change the selection: what brush, copying and fills are limited to.
var selectActions = []Action{
	{ID: "select.all", Name: "Select all", Menu: "Select", Keys: []string{"Ctrl+A"}, Run: (*Editor).SelectAll, Help: "Select the whole picture, or the frame where there is none"},
	{ID: "select.none", Name: "Select none", Menu: "Select", Keys: []string{"Ctrl+D"}, Run: (*Editor).SelectNone, Enabled: hasSelection, Why: "Select something first", Help: "Forget the selection, so that nothing is limited"},
	{ID: "select.invert", Name: "Invert selection", Menu: "Select", Keys: []string{"Ctrl+Shift+I"}, Run: (*Editor).InvertSelection, Enabled: hasSelection, Why: "Select something first", Help: "Swap selected and not selected within the picture and the frame"},
	{ID: "select.grow", Name: "Grow selection…", Menu: "Select", Gap: true, Run: asks("selectgrow"), Enabled: hasSelection, Why: "Select something first", Help: "Widen the selection by some pixels"},
	{ID: "select.shrink", Name: "Shrink selection…", Menu: "Select", Run: asks("selectshrink"), Enabled: hasSelection, Why: "Select something first", Help: "Narrow the selection by some pixels"},
	{ID: "select.feather", Name: "Feather selection…", Menu: "Select", Run: asks("selectfeather"), Enabled: hasSelection, Why: "Select something first", Help: "Soften its edge over some pixels"},
	{ID: "select.border", Name: "Border of selection…", Menu: "Select", Run: asks("selectborder"), Enabled: hasSelection, Why: "Select something first", Help: "Select a band along its edge"},
	{ID: "select.smooth", Name: "Smooth selection…", Menu: "Select", Run: asks("selectsmooth"), Enabled: hasSelection, Why: "Select something first", Help: "Round its corners and drop specks"},
	{ID: "select.tomask", Name: "Mask from selection", Menu: "Select", Gap: true, Run: func(e *Editor) { e.MaskFromSelection() }, Enabled: hasSelection, Why: "Select something first", Help: "Mask what is selected, and select nothing. A thing that was found is widened as the tool Object says (Grow)"},
	{ID: "select.frommask", Name: "Selection from mask", Menu: "Select", Run: func(e *Editor) { e.SelectionFromMask() }, Enabled: hasMask, Why: "Paint a mask first (M)", Help: "Select what is masked, and mask nothing"},
	{ID: "select.refine", Name: "Refine the selection", Menu: "Select", Run: (*Editor).RefineSelection, Enabled: refinable, Help: "Work out the box around what is selected, or else masked, more finely while the whole frame is made from a prompt (LLuL), and select nothing; More… has its numbers"},
	{ID: "select.refineno", Name: "Stop refining the box", Menu: "Select", Run: (*Editor).RefineNothing, Enabled: func(e *Editor) bool { return !e.RefinedBox().Empty() }, Help: "Make the whole frame alike again"},
	{ID: "select.alpha", Name: "Select layer's pixels", Menu: "Select", Run: (*Editor).SelectAlpha, Enabled: hasLayerPixels, Help: "Select as much of each pixel as the active layer covers"},
	{ID: "select.colour", Name: "Select the brush's colour", Menu: "Select", Run: (*Editor).SelectColour, Enabled: hasContent, Why: "Open or paint a picture first", Help: "Select whatever has the brush's colour in the whole picture, as far as the wand's tolerance goes"},
	{ID: "select.save", Name: "Save selection…", Menu: "Select", Gap: true, Run: asks("selectsave"), Enabled: hasSelection, Why: "Select something first", Help: "Keep the selection in the document under a name"},
	{ID: "select.load", Name: "Saved selections…", Menu: "Select", Run: asks("selectload"), Enabled: func(e *Editor) bool { return len(e.SavedSelections()) > 0 }, Help: "Select again what was saved, or remove it"},
	{ID: "select.clear", Name: "Clear selected pixels", Menu: "Select", Gap: true, Keys: []string{"Delete", "Backspace"}, Run: (*Editor).ClearSelected, Enabled: hasSelection, Help: "Make the selected pixels of the active layer transparent"},
}

func hasSelection(e *Editor) bool { return e.State().Selection.Len() > 0 }

// asks opens one of the window's sheets.
func asks(what string) func(*Editor) { return func(e *Editor) { e.Desk.Show(what) } }

// selects makes a selection: one step of history.
func (e *Editor) selects(label string, g canvas.Grid[canvas.MaskTile]) {
	e.Edit(label, func(ed *canvas.Edit) { ed.SetSelection(g) })
}

// SelectAll selects the whole picture, or the frame where there is none.
func (e *Editor) SelectAll() { e.selects("Select all", canvas.CoverRect(picture(e.doc.State()))) }

// SelectNone forgets the selection.
func (e *Editor) SelectNone() { e.selects("Select none", canvas.Grid[canvas.MaskTile]{}) }

// InvertSelection swaps what is selected and what is not inside the picture and the frame.
func (e *Editor) InvertSelection() {
	s := e.doc.State()
	all := canvas.CoverRect(e.Used().Union(s.Frame).Union(canvas.CoverUsed(s.Selection)))
	e.selects("Invert selection", canvas.Join(all, s.Selection, canvas.Subtract))
}

// MaskFromSelection masks what is selected. A thing that was found, and is selected as it was found, is widened
// as the tool Object widens a mask.
func (e *Editor) MaskFromSelection() {
	lay := func(ed *canvas.Edit, g canvas.Grid[canvas.MaskTile]) {
		ed.SetCover(g)
		ed.SetSelection(canvas.Grid[canvas.MaskTile]{})
	}
	px, most, a := e.Settings.Areas.Grow, 0, e.Area()
	if px == 0 || !e.asFound(e.doc.State().Selection) {
		e.Edit("Mask from selection", func(ed *canvas.Edit) { lay(ed, ed.Base().Selection) })
		return
	}
	tile := e.View().Tile
	e.found("Mask from selection", func(ctx context.Context, _ func(float64), s *canvas.State) (g canvas.Grid[canvas.MaskTile], err error) {
		g = onTile(tile, max(px, cut.MostWidened), picture(s), func(within image.Rectangle, g ...canvas.Grid[canvas.MaskTile]) (out canvas.Grid[canvas.MaskTile]) {
			out, most, err = grown(ctx, g[0], seen(s, a, tile, within), px)
			return out
		}, s.Selection)
		return g, err
	}, lay, func() {
		e.Say(words.N(most, "Widened by %d pixel, so that a fill takes its rim along", "Widened by %d pixels, so that a fill takes its rim along"))
	})
}

// SelectionFromMask selects what is masked.
func (e *Editor) SelectionFromMask() {
	e.Edit("Selection from mask", func(ed *canvas.Edit) {
		ed.SetSelection(ed.Base().Mask)
		ed.ClearMask()
	})
}

// SelectAlpha selects the active layer's pixels by their alpha.
func (e *Editor) SelectAlpha() {
	s := e.doc.State()
	id := s.Active
	e.reselect("Select layer's pixels", selection, canvas.Replace, func(_ context.Context, _ func(float64), s *canvas.State) (canvas.Grid[canvas.MaskTile], error) {
		l := s.Layer(id)
		if l == nil {
			return s.Selection, nil
		}
		r := l.Used()
		m, row := image.NewAlpha(r), make([]uint8, 4*r.Dx())
		for y := range r.Dy() {
			l.Read(row, len(row), image.Rect(r.Min.X, r.Min.Y+y, r.Max.X, r.Min.Y+y+1))
			for x := range r.Dx() {
				m.Pix[y*m.Stride+x] = row[4*x+3]
			}
		}
		return canvas.Cover(m), nil
	})
}

// selection is an area that becomes a selection.
var selection = tools.AreaSettings{Selects: true}

// reselect lays an area that is found beside the window's goroutine and beside whatever runs:
// one step. Where the picture has changed meanwhile it is found again.
func (p *page) reselect(label string, a tools.AreaSettings, how canvas.Joining, find func(ctx context.Context, report func(float64), s *canvas.State) (canvas.Grid[canvas.MaskTile], error)) {
	region := p.PaintedRegion()
	p.found(label, find, func(ed *canvas.Edit, g canvas.Grid[canvas.MaskTile]) {
		onto(ed, a, region)
		a.Lay(ed, g, how)
	}, nil)
}

// found finds an area likewise and has lay make one step with it; then, which may be nil, is called after that.
func (p *page) found(label string, find func(ctx context.Context, report func(float64), s *canvas.State) (canvas.Grid[canvas.MaskTile], error), lay func(*canvas.Edit, canvas.Grid[canvas.MaskTile]), then func()) {
	p.CancelTool()
	base, doc, tile := p.doc.State(), p.doc, p.View().Tile
	job := p.ed.Jobs.Now(words.Label(label), p.Fills.Group(), func(ctx context.Context, report func(string, float64)) error {
		g, err := find(ctx, func(f float64) { report("", f) }, base)
		if !tile.Empty() {
			g = canvas.Join(g, canvas.CoverRect(tile), canvas.Intersect)
		}
		if err == nil {
			err = ctx.Err()
		}
		p.land(func() {
			switch {
			case doc != p.doc || errors.Is(err, context.Canceled) || p.ed.Fail(err):
			case base != p.doc.State():
				p.found(label, find, lay, then)
			default:
				p.Edit(label, func(ed *canvas.Edit) { lay(ed, g) })
				if then != nil {
					then()
				}
			}
		})
		return err
	})
	p.Keeping.Making(job, label)
}

// SelectionChange is a way to change the selection by a number of pixels.
type SelectionChange struct {
	Sheet string // the sheet that asks for it
	Name  string // and its words
	Title string // the step of history

	change func(m *image.Alpha, px int) *image.Alpha
	reach  int // how far beyond the selection it may reach, in px
}

// SelectionChanges are the ways.
var SelectionChanges = []SelectionChange{
	{Sheet: "selectgrow", Name: "Grow by", Title: "Grow selection", change: region.Grow, reach: 1},
	{Sheet: "selectshrink", Name: "Shrink by", Title: "Shrink selection", change: region.Shrink, reach: 1},
	{Sheet: "selectfeather", Name: "Feather over", Title: "Feather selection", change: func(m *image.Alpha, px int) *image.Alpha { return region.Feather(m, float64(px)) }, reach: 2},
	{Sheet: "selectborder", Name: "Width of the border", Title: "Border of selection", change: band, reach: 1},
	{Sheet: "selectsmooth", Name: "Smooth over", Title: "Smooth selection", change: smoothed, reach: 2},
}

// MaxSelectionPx is the most pixels that a selection is changed by.
const MaxSelectionPx = 500

// ChangeSelection changes the selection by px pixels beside the window's goroutine.
func (e *Editor) ChangeSelection(c SelectionChange, px int) {
	px = min(max(px, 1), MaxSelectionPx)
	e.Settings.SelectPx = px
	tile := e.View().Tile
	e.reselect(c.Title, selection, canvas.Replace, func(_ context.Context, _ func(float64), s *canvas.State) (canvas.Grid[canvas.MaskTile], error) {
		beside := c.reach*px + 1
		r := canvas.CoverUsed(s.Selection).Inset(-beside)
		if !tile.Empty() {
			r = tile.Inset(-beside)
		}
		if r.Dx()*r.Dy() > 1<<28 {
			return s.Selection, fmt.Errorf("selection: its rectangle has %d × %d pixels, want at most %d megapixels", r.Dx(), r.Dy(), 1<<8)
		}
		return canvas.Cover(c.change(coverOf(s.Selection, tile, beside), px)), nil
	})
}

// band is what lies within px pixels along the edge, half of them inside.
func band(m *image.Alpha, px int) *image.Alpha {
	out, inner := region.Grow(m, (px+1)/2), region.Shrink(m, px/2)
	for i, v := range inner.Pix {
		out.Pix[i] -= min(v, out.Pix[i])
	}
	return out
}

// smoothed is the blur of the selection cut at its half, with an edge of about a pixel.
func smoothed(m *image.Alpha, px int) *image.Alpha {
	out := pixels.CloneMask(region.Feather(m, float64(px)))
	for i, v := range out.Pix {
		out.Pix[i] = uint8(min(max((int(v)-128)*px+128, 0), 255))
	}
	return out
}

// SaveSelection keeps the selection in the document under a name.
func (e *Editor) SaveSelection(name string) {
	if _, taken := e.Fills.Region(name); taken {
		e.Fail(fault.New(fmt.Sprintf("save selection: %q is what the area of a region is kept as", name), "Choose another name."))
		return
	}
	if name != "" {
		e.Edit("Save selection", func(ed *canvas.Edit) { ed.SetChannel(name, ed.Base().Selection) })
		e.Say(words.T("Saved the selection %q", name))
	}
}

// SavedSelections are the names of those that are no regions.
func (e *Editor) SavedSelections() (names []string) {
	for _, c := range e.doc.State().Channels {
		if _, is := e.Fills.Region(c.Name); !is {
			names = append(names, c.Name)
		}
	}
	return names
}

// LoadSelection selects what was saved under a name.
func (e *Editor) LoadSelection(name string) {
	s := e.doc.State()
	if i := s.Channel(name); i >= 0 {
		e.selects("Load selection", s.Channels[i].Cover)
	}
}

// ForgetSelection removes what was saved under a name.
func (e *Editor) ForgetSelection(name string) {
	e.Edit("Remove saved selection", func(ed *canvas.Edit) { ed.RemoveChannel(name) })
}
