package tools

import (
	"image"
	"math"

	"pentimento/canvas"
	"pentimento/canvas/figure"
)

// posing drags the joints of the people that the active layer shows, as a part of the move tool. With Shift
// the whole person goes along; the right button hides a joint, or shows it again.
type posing struct {
	held  bool
	id    canvas.LayerID
	from  figure.Figure // at Press
	joint figure.Joint
	grab  Vec // the pointer then
	edit  *canvas.Edit
}

// figureOf is the figure that the active layer shows, where it may be changed.
func figureOf(h Host) (*canvas.Layer, figure.Figure, bool) {
	s := h.State()
	l := s.Layer(s.Active)
	if l == nil || l.Text == nil || !s.Seen(l) || !s.Takes(l.ID) {
		return nil, figure.Figure{}, false
	}
	f, ok := figure.Decode(l.Text)
	return l, f, ok
}

// under is the joint under the pointer.
func under(h Host, l *canvas.Layer, f figure.Figure, p Pointer) (figure.Joint, bool) {
	return f.Nearest(p.X-float64(l.Offset.X), p.Y-float64(l.Offset.Y), grip/h.View().Scale)
}

// JointAt is the joint at a place of the document that the active layer shows and that may be changed.
func JointAt(h Host, at Vec) (f figure.Figure, j figure.Joint, ok bool) {
	l, f, ok := figureOf(h)
	if ok {
		j, ok = under(h, l, f, Pointer{X: at.X, Y: at.Y})
	}
	return f, j, ok
}

// OnFigure says whether a point lies on the people of the active layer, joints or not.
func OnFigure(h Host, at Vec) bool {
	l, f, ok := figureOf(h)
	return ok && image.Pt(int(at.X), int(at.Y)).In(f.Bounds().Add(l.Offset))
}

// press takes hold of a joint, and says whether there was one.
func (t *posing) press(h Host, p Pointer) bool {
	l, f, ok := figureOf(h)
	if !ok || !near(p) || p.Button == Middle {
		return false
	}
	j, ok := under(h, l, f, p)
	if !ok {
		return false
	}
	*t = posing{held: p.Button == Left, id: l.ID, from: f, joint: j, grab: Vec{p.X, p.Y}}
	if p.Button == Right {
		t.lay(h, f.Hide(j))
		t.commit(h)
	}
	return true
}

// drag moves what is held.
func (t *posing) drag(h Host, p Pointer) {
	if near(p) {
		t.lay(h, t.from.Move(t.joint, math.Round(p.X-t.grab.X), math.Round(p.Y-t.grab.Y), p.Mods&Shift != 0))
	}
}

// lay shows a figure in the Edit: its drawing in the place of the one before.
func (t *posing) lay(h Host, f figure.Figure) {
	l := h.State().Layer(t.id)
	img := h.Figure(f)
	if l == nil || img == nil {
		return
	}
	old := l.Used()
	if t.edit == nil {
		t.edit = h.Begin("Pose")
	}
	t.edit.Erase(t.id, nil)
	img.Rect = img.Rect.Add(l.Offset)
	t.edit.Put(t.id, img, nil)
	t.edit.SetLayer(t.id, func(l *canvas.Layer) { l.Text = f.Encode() })
	h.Invalidate(old.Union(img.Rect))
}

func (t *posing) commit(h Host) {
	if t.edit != nil {
		h.Invalidate(t.edit.Commit())
	}
	*t = posing{}
}

func (t *posing) cancel(h Host) {
	drop(h, t.edit)
	*t = posing{}
}

// shapes are handles at the joints, circles at those that are hidden.
func (t *posing) shapes(h Host) (out []Shape) {
	l, f, ok := figureOf(h)
	if !ok {
		return nil
	}
	r := grip / 2 / h.View().Scale
	for _, p := range f.People {
		for _, at := range p.Joints() {
			c := Vec{at.X + float64(l.Offset.X), at.Y + float64(l.Offset.Y)}
			if at.Hidden {
				out = append(out, Shape{Kind: Circle, Points: []Vec{c, {c.X + r, c.Y}}})
			} else {
				out = append(out, Shape{Kind: Handle, Points: []Vec{c}})
			}
		}
	}
	return out
}
