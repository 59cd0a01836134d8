package editor

import (
	"image"
	"math"

	"pentimento/app/desk"
	"pentimento/app/words"
	"pentimento/canvas"
	"pentimento/tools"
)

// SetTool makes a tool of tools.All the current one; an unknown name does nothing.
func (e *Editor) SetTool(name string) {
	if e.Trying() == transformLabel {
		e.MakeTrial() // what was tried with the tool that is left
	}
	e.takeTool(name)
}

func (e *Editor) takeTool(name string) {
	for _, row := range tools.All {
		if row.Name == name {
			if !e.keeps {
				e.CancelTool()
			}
			if e.toolName != name && e.toolName != "crop" {
				e.lastTool = e.toolName
			}
			e.tool, e.toolName, e.transformFrom = row.New(), name, ""
			e.takeSource()
			e.held, e.heldTool = "", nil
			e.Tell(desk.Change{What: desk.ToolChanged | desk.OverlayChanged})
			if name == "transform" {
				e.sayTransform()
			}
			return
		}
	}
}

// stamp is the tool that copies from a place of a document, as it was put away: it keeps it.
type stamp struct {
	tool tools.Tool
	doc  *canvas.Document
}

// takeSource gives a stamp that is taken the place that it had in this document.
func (e *Editor) takeSource() {
	if _, ok := e.tool.(tools.Sourcer); !ok {
		return
	}
	if e.stamp.doc == e.doc {
		e.tool = e.stamp.tool
	}
	e.stamp = stamp{e.tool, e.doc}
}

// Tool is the current tool and its name.
func (e *Editor) Tool() (tools.Tool, string) { return e.tool, e.toolName }

// ToolName is the name of the current tool.
func (e *Editor) ToolName() string { return e.toolName }

// Hold switches to a tool for as long as a key or button is held; Unhold goes back.
func (e *Editor) Hold(name string) {
	if e.held == "" && e.toolName != name && !e.pressed {
		back, tool, from := e.toolName, e.tool, e.transformFrom
		e.keeps = e.Building() // the view may be moved between two clicks
		e.takeTool(name)
		e.keeps = false
		e.held, e.heldTool, e.transformFrom = back, tool, from
	}
}

// Unhold goes back to the very tool before Hold: a Shift line goes on from its last point.
func (e *Editor) Unhold() {
	if e.held == "" {
		return
	}
	e.CancelTool()
	e.tool, e.toolName = e.heldTool, e.held
	e.held, e.heldTool = "", nil
	e.Tell(desk.Change{What: desk.ToolChanged | desk.OverlayChanged})
}

// Press, Drag and Release forward the pointer to the tool. A Press while pressed
// interrupts the drag before it.
func (e *Editor) Press(p tools.Pointer) {
	e.EndText(true)
	if e.pressed {
		e.CancelTool()
	}
	if e.holdsTool() {
		return
	}
	if e.pulling = e.atEdge(p); !e.pulling {
		e.grips = false // what begins there may end anywhere
	}
	plain := p.Button != tools.Middle && p.Mods&(tools.Alt|tools.Control) == 0
	if !e.pulling && plain && e.locked(e.doc.State().Active, e.needs(e.toolName)) {
		return
	}
	if needs := e.needs(e.toolName); !e.pulling && plain && onGroup(e) && needs&canvas.LockPixels != 0 && e.toolName != "transform" {
		e.Say(words.T("“%s” is a group: choose a layer in it", e.doc.State().Layer(e.doc.State().Active).Name))
		return
	}
	if s, ok := e.tool.(tools.Sourcer); ok && !e.pulling && plain && !s.HasSource() {
		e.Say(words.T("Ctrl+click or Alt+click first where the stamp copies from"))
		return
	}
	carries := !e.pulling && plain && p.Button == tools.Left && e.movesSelected()
	if carries {
		if e.TransformLayer(); e.toolName != "transform" {
			return // it has said why
		}
	}
	e.hand, e.toTile = p, tools.Vec{}
	switch e.pressed = true; {
	case e.pulling:
		e.edge.Press(e, p)
	case carries:
		e.carries = true
		e.tool.(tools.Transformer).Carry(e, p)
	default:
		if tools.Homes(e.toolName) {
			e.toTile = e.View().Home(p)
		}
		e.tool.Press(e, p.By(e.toTile))
	}
	e.Tell(desk.Change{What: desk.OverlayChanged})
}

// Drag forwards a move with the button down.
func (e *Editor) Drag(p tools.Pointer) {
	if e.pressed {
		e.hand = p
		e.active().Drag(e, p.By(e.toTile))
		e.transformed()
		e.Tell(desk.Change{What: desk.OverlayChanged})
	}
}

// Tail shows a drag's work up to the pointer, once all events that wait have been forwarded.
func (e *Editor) Tail() {
	if t, ok := e.active().(tools.Tailer); ok && e.pressed {
		t.Tail(e)
	}
}

// Release ends the drag. What a tool asks of the editor is done here.
func (e *Editor) Release(p tools.Pointer) {
	if !e.pressed {
		return
	}
	tool := e.active()
	e.pressed, e.pulling = false, false
	before := e.doc.State()
	tool.Release(e, p.By(e.toTile))
	if e.transformed(); e.carries {
		e.carries = false
		e.EndTransform(true)
		return
	}
	e.grew(before)
	worked := false
	if w, ok := tool.(tools.Worker); ok {
		var work tools.Work
		if work, worked = w.Work(); worked {
			e.do(work)
		}
	}
	if (worked || e.doc.State() != before) && p.Button == tools.Left && usesColour[e.toolName] {
		e.RememberColour(e.brush.Colour)
	}
	e.Changed(image.Rectangle{}, 0)
	if s, ok := tool.(tools.Seeker); ok {
		if search, ok := s.Sought(); ok {
			e.seek(search)
		}
	}
	if t, ok := tool.(tools.Thinger); ok {
		if thing, ok := t.Thing(e); ok {
			e.seekThing(thing)
		}
	}
	if t, ok := tool.(tools.Writer); ok {
		if at, ok := t.Writes(); ok {
			e.WriteAt(at)
		}
	}
	if x, ok := tool.(tools.Extender); ok {
		if from, to, ok := x.Extension(); ok {
			e.Fills.Outpaint(from, to)
		}
	}
}

// grew says once for a document that a stroke has gone past the picture's edge, where the
// frame still has it as it was.
func (e *Editor) grew(before *canvas.State) {
	now := e.doc.State()
	if e.grown || now == before || tools.Needs(e.toolName, e.brush)&canvas.LockPixels == 0 || e.toolName == "transform" {
		return
	}
	if was := e.UsedOf(before); was.Empty() || was != now.Frame || e.UsedOf(now).In(was) {
		return
	}
	e.grown = true
	e.Say(words.T("You painted past the picture's edge, so the picture is larger now. Crop to frame in the menu Image cuts it back"))
}

// active is the tool that the drag under way belongs to.
func (e *Editor) active() tools.Tool {
	if e.pulling {
		return e.edge
	}
	return e.tool
}

// paintsOnly are the tools with which the picture's edge can be pulled: the others have grips
// of their own, or work anywhere.
var paintsOnly = map[string]bool{"mask": true, "mask-eraser": true, "lasso": true, "rectangle": true, "ellipse": true, "brush": true, "eraser": true, "picker": true, "bucket": true, "stamp": true, "history": true}

// nearEdge says whether the grips of the picture's edge are to be shown.
func (e *Editor) nearEdge(p tools.Pointer) bool {
	if !paintsOnly[e.toolName] || e.Wraps() || len(e.Fills.Stacks()) > 0 || e.Empty() {
		return false
	}
	reach := 24 / e.view.Scale
	r, at := e.Used(), image.Pt(int(math.Floor(p.X)), int(math.Floor(p.Y)))
	n := int(math.Ceil(reach))
	inner := r.Inset(min(n, r.Dx()/4, r.Dy()/4))
	return !r.Empty() && at.In(r.Inset(-n)) && !at.In(inner)
}

// atEdge says whether a press would take hold of a grip of the picture's edge.
func (e *Editor) atEdge(p tools.Pointer) bool {
	return p.Button == tools.Left && p.Mods == 0 && e.nearEdge(p) && e.edge.(tools.Cursorer).Cursor(e, p) != tools.Arrow
}

// Hover forwards a move without a button.
func (e *Editor) Hover(p tools.Pointer) {
	home := p.By(e.View().Home(p))
	e.pointer = home.Point()
	if near := e.nearEdge(p); near != e.grips && !e.pressed {
		e.grips = near
		e.Tell(desk.Change{What: desk.OverlayChanged})
	}
	e.glanceAt(p)
	if h, ok := e.tool.(tools.Hover); ok && !e.pressed {
		if tools.Homes(e.toolName) {
			p = home
		}
		h.Hover(e, p)
		e.Tell(desk.Change{What: desk.OverlayChanged})
	}
}

// Away says that the pointer has left the canvas.
func (e *Editor) Away() {
	e.lookElsewhere()
	if e.grips && !e.pressed {
		e.grips = false
		e.Tell(desk.Change{What: desk.OverlayChanged})
	}
}

// Pressed says whether a drag is under way.
func (e *Editor) Pressed() bool { return e.pressed }

// CancelTool ends a drag without a trace: Esc, lost focus, a tool switch.
func (e *Editor) CancelTool() {
	if e.tool == nil {
		return
	}
	e.EndText(true)
	was := e.pressed
	tool := e.active()
	e.pressed, e.pulling = false, false
	tool.Cancel(e)
	var dirty image.Rectangle
	if e.doc.Editing() {
		dirty, _ = e.doc.Undo() // rolls the open Edit back
	}
	if was || !dirty.Empty() {
		e.Tell(desk.Change{What: desk.Picture | desk.OverlayChanged, Dirty: dirty})
	}
	if was {
		e.transformed()
	}
	if e.carries {
		e.carries = false
		e.leaveTransform()
	}
}

// EndTool ends a drag as if the pointer had been released where it is: nothing that was painted is lost. An outline of
// several clicks is closed, as Enter does. A drag of the picture's edge, whose release asks for more, is cancelled.
func (e *Editor) EndTool() {
	e.endDrag()
	if b, ok := e.tool.(tools.Builder); ok && b.Closes() {
		b.Finish(e)
	}
	e.settleTool()
}

// settleTool is EndTool for a change beside what is being outlined, which goes on.
func (e *Editor) settleTool() {
	if e.endDrag(); !e.Building() {
		e.CancelTool()
	}
}

func (e *Editor) endDrag() {
	if _, grows := e.active().(tools.Extender); e.pressed && !grows {
		e.Release(e.hand)
	}
}

// Shapes is what the current tool and the frame draw over the picture.
func (e *Editor) Shapes() []tools.Shape {
	var out []tools.Shape
	if o, ok := e.tool.(tools.Overlayer); ok && !e.pulling {
		out = o.Overlay(e)
	}
	if s := e.glimpse(); s != nil {
		out = append(out, *s)
	}
	if e.grips && paintsOnly[e.toolName] || e.pulling {
		out = append(out, e.edge.(tools.Overlayer).Overlay(e)...)
	}
	return out
}

// Cursor is the pointer's look at a place.
func (e *Editor) Cursor(p tools.Pointer) tools.Cursor {
	if e.pulling || !e.pressed && e.atEdge(p) {
		return e.edge.(tools.Cursorer).Cursor(e, p)
	}
	if c, ok := e.tool.(tools.Cursorer); ok {
		return c.Cursor(e, p)
	}
	return tools.Arrow
}

// ZoomAt zooms by a factor around a device pixel of the view.
func (e *Editor) ZoomAt(factor, x, y float64) { e.SetView(e.view.Zoomed(e.view.Scale*factor, x, y)) }

// ZoomTo sets the scale around the view's middle.
func (e *Editor) ZoomTo(scale float64) {
	e.SetView(e.view.Zoomed(scale, float64(e.view.W)/2, float64(e.view.H)/2))
}

// FitMask shows all of the mask.
func (e *Editor) FitMask() { e.fit(e.State().MaskUsed()) }

// FitFrame shows all of the frame.
func (e *Editor) FitFrame() { e.fit(e.State().Frame) }
