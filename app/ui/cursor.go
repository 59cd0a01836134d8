package ui

import (
	"math"
	"slices"

	"fyne.io/fyne/v2/driver/desktop"

	"pentimento/tools"
)

// Cursor implements desktop.Cursorable: the same pointer each time, since Fyne makes a
// new system cursor for a new one.
func (v *canvasView) Cursor() desktop.Cursor {
	if c, ok := v.lineCursor(); ok {
		return c
	}
	x, y := v.ed.View().ToDoc(v.pointer.x+0.5, v.pointer.y+0.5)
	switch asSeen(v.ed.Cursor(tools.Pointer{X: x, Y: y, Mods: modifiers()}), v.ed.View()) {
	case tools.Ring:
		return desktop.HiddenCursor
	case tools.Cross:
		return desktop.CrosshairCursor
	case tools.Hand, tools.MoveAll:
		return desktop.PointerCursor
	case tools.ResizeEW:
		return desktop.HResizeCursor
	case tools.ResizeNS:
		return desktop.VResizeCursor
	case tools.ResizeNWSE, tools.ResizeNESW:
		return desktop.PointerCursor
	}
	return desktop.DefaultCursor
}

// arrows are the resizing cursors by their direction, each 45° on from the one before.
var arrows = []tools.Cursor{tools.ResizeEW, tools.ResizeNWSE, tools.ResizeNS, tools.ResizeNESW}

// asSeen is a cursor as it lies on the screen in a view.
func asSeen(c tools.Cursor, view tools.View) tools.Cursor {
	i := slices.Index(arrows, c)
	if i < 0 || view.Upright() {
		return c
	}
	if view.Mirror {
		i = 4 - i
	}
	return arrows[(i+int(math.Round(view.Turn/45)))%4]
}
