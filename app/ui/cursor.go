package ui

import (
	"image"
	"math"
	"runtime"
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
		return unseen
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

// unseen is the pointer where the brush's ring is drawn in its place. On X11 it is a picture of nothing: Fyne's hidden
// cursor changes the mode of GLFW's, for which GLFW asks where the pointer is by now. The move to there, which still
// waits in a busy window's queue, then is no news to it and is never told (_glfwInputCursorPos); a press right after it
// went to where the pointer had been before, and its stroke was lost.
var unseen = func() desktop.Cursor {
	if runtime.GOOS != "linux" {
		return desktop.HiddenCursor
	}
	img := image.NewNRGBA(image.Rect(0, 0, 1, 1))
	img.Pix[3] = 1 // some displays take a picture without any alpha for one that is opaque
	return &ownPointer{img}
}()

// ownPointer is a pointer that is a picture.
type ownPointer struct{ img image.Image }

// Image implements desktop.Cursor.
func (p *ownPointer) Image() (image.Image, int, int) { return p.img, 0, 0 }

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
