package editor

import (
	"image"
	"math"
	"slices"

	"pentimento/app/desk"
	"pentimento/app/words"
	"pentimento/canvas"
	"pentimento/tools"
)

// guideActions are what is done with guide lines besides dragging them. The aids "noguides" and
// "guidelock" hide and lock them: a new user sees and moves them.
var guideActions = []Action{
	{ID: "view.lines", Name: "Show guide lines", Menu: "View", Keys: []string{"Ctrl+;"}, Run: func(e *Editor) { e.toggleAid("noguides") }, Checked: func(e *Editor) bool { return !e.Aided("noguides") }, Help: "Drag them out of the rulers; what is moved, cropped or selected snaps to them. They are never exported"},
	{ID: "view.linelock", Name: "Lock guide lines", Menu: "View", Keys: []string{"Ctrl+Alt+;"}, Run: func(e *Editor) { e.toggleAid("guidelock") }, Checked: func(e *Editor) bool { return e.Aided("guidelock") }, Help: "The pointer does not move them"},
	{ID: "view.linenew", Name: "New guide line…", Menu: "View", Run: func(e *Editor) { e.Desk.Show("guideline") }, Help: "At an exact place in pixels"},
	{ID: "view.lineclear", Name: "Remove all guide lines", Menu: "View", Run: func(e *Editor) { e.Edit("Remove guide lines", setLines(nil)) }, Enabled: func(e *Editor) bool { return len(e.doc.State().GuideLines) > 0 }, Help: "Undo brings them back"},
}

// dropGuideActions come before all others: Escape drops what is in the hand.
var dropGuideActions = []Action{
	{ID: "line.drop", Name: "Leave the guide line where it was", Keys: []string{"Escape"}, Run: func(e *Editor) { e.DropGuideLine(false) }, Enabled: func(e *Editor) bool { return e.line.on }, Help: "While it is dragged"},
}

// heldLine is a guide line in the pointer's hand.
type heldLine struct {
	on    bool
	doc   *canvas.Document
	index int // of the State's; -1: it is new
	line  canvas.GuideLine
	away  bool // it would be removed here
	lines tools.Lines
}

// farthest is how far from the origin a guide line may lie.
const farthest = 1 << 24

// GuideLines are those that are shown, one that is dragged where it is now.
func (e *Editor) GuideLines() []canvas.GuideLine {
	h, lines := e.line, e.State().GuideLines
	if e.Aided("noguides") {
		lines = nil
	}
	if h.on && h.doc == e.doc {
		lines = slices.Clone(lines)
		if h.index >= 0 && h.index < len(lines) { // undo may take it out of the hand
			lines = slices.Delete(lines, h.index, h.index+1)
		}
		if !h.away {
			lines = append(lines, h.line)
		}
	}
	return lines
}

// GuideLineAt is the guide line that a pointer takes hold of; -1: none, or they are locked.
func (e *Editor) GuideLineAt(p tools.Pointer) int {
	if e.Aided("noguides") || e.Aided("guidelock") || e.pressed {
		return -1
	}
	best, reach := -1, 4/e.view.Scale
	for i, l := range e.State().GuideLines {
		at := p.Y
		if l.Upright {
			at = p.X
		}
		if d := math.Abs(at - float64(l.At)); d <= reach {
			best, reach = i, d
		}
	}
	return best
}

// HoldGuideLine takes hold of a guide line, or with -1 of a new one, and says whether it could.
func (e *Editor) HoldGuideLine(i int, upright bool) bool {
	lines := e.doc.State().GuideLines
	if e.trial != nil && e.trial.making || e.pressed || i >= len(lines) {
		return false
	}
	e.CancelTool()
	e.line = heldLine{on: true, doc: e.doc, index: i, line: canvas.GuideLine{Upright: upright}, away: true}
	if i >= 0 {
		e.line.line, e.line.away = lines[i], false
	} else if e.Aided("noguides") {
		e.toggleAid("noguides")
	}
	e.line.lines = e.edgesSeen(0)
	return true
}

// HeldLine is the guide line that is dragged; ok is false where none is, or it would be removed.
func (e *Editor) HeldLine() (l canvas.GuideLine, ok bool) {
	return e.line.line, e.line.on && !e.line.away
}

// DragGuideLine takes the held guide line to the edge of the pointer's pixel, or to an edge or middle near it; away
// says that it would be removed there.
func (e *Editor) DragGuideLine(p tools.Pointer, away bool) {
	h := &e.line
	if !h.on {
		return
	}
	at, near := p.Y, h.lines.Y
	if h.line.Upright {
		at, near = p.X, h.lines.X
	}
	at -= 0.5 / e.view.Scale
	if at0, reach := at, 6/e.view.Scale; p.Mods&tools.Control == 0 {
		for _, l := range near {
			if d := math.Abs(l - at0); d <= reach {
				at, reach = l, d
			}
		}
	}
	h.line.At, h.away = int(math.Round(min(max(at, -farthest), farthest))), away
	e.Tell(desk.Change{What: desk.OverlayChanged})
}

// DropGuideLine lets go of it: one step. Without keep it is where it was.
func (e *Editor) DropGuideLine(keep bool) {
	h := e.line
	if e.line = (heldLine{}); !h.on || h.doc != e.doc {
		return
	}
	if keep && !(h.index < 0 && h.away) {
		line := &h.line
		if h.away {
			line = nil
		}
		e.SetGuideLine(h.index, line)
	}
	e.Tell(desk.Change{What: desk.OverlayChanged})
}

// SetGuideLine replaces guide line i, or with -1 adds one; nil removes it. One that lies on
// another becomes one with it.
func (e *Editor) SetGuideLine(i int, l *canvas.GuideLine) {
	lines, is := slices.Clone(e.doc.State().GuideLines), i >= 0
	if i >= len(lines) {
		return
	}
	if is {
		lines = slices.Delete(lines, i, i+1)
	} else {
		i = len(lines)
	}
	if l != nil && !slices.Contains(lines, *l) {
		lines = slices.Insert(lines, i, *l)
	}
	switch {
	case l == nil:
		e.Edit("Remove guide line", setLines(lines))
	case is:
		e.Edit("Move guide line", setLines(lines))
	default:
		e.Edit("New guide line", setLines(lines))
	}
}

func setLines(lines []canvas.GuideLine) func(*canvas.Edit) {
	return func(e *canvas.Edit) { e.SetGuideLines(lines) }
}

// addGuideLines adds what is snapped to.
func (e *Editor) addGuideLines(lines *tools.Lines) {
	for _, l := range e.GuideLines() {
		if l.Upright {
			lines.X = append(lines.X, float64(l.At))
		} else {
			lines.Y = append(lines.Y, float64(l.At))
		}
	}
}

// edgesSeen are the frame, and the edges and middles of all that is seen but for one layer.
func (e *Editor) edgesSeen(without canvas.LayerID) (lines tools.Lines) {
	s := e.doc.State()
	lines.Add(s.Frame)
	var all image.Rectangle
	for _, l := range s.Layers {
		if l.ID != without && l.Visible && l.Opacity > 0 {
			r := l.Used()
			lines.Add(r)
			all = all.Union(r)
		}
	}
	lines.Add(all)
	return lines
}

// GuideLineName says where a guide line lies.
func GuideLineName(l canvas.GuideLine) string {
	if l.Upright {
		return words.T("x %d px", l.At)
	}
	return words.T("y %d px", l.At)
}
