// Package tools holds what a person works with on the canvas: brush, eraser, mask,
// lasso, rectangle, picker, pan, zoom, move, frame, border. A tool sees a small port
// (Host), answers press, drag, release and cancel, and is tested without a window
// (tools/toolstest). To add one: a file and a row in All.
//
// Tools never start a fill. The mask tool paints the mask, the frame tool sets the
// frame, the border tool says how far to extend the picture (Extender); the editor fills.
//
// 2026-11-23: what a tool draws over the picture while it works is a list of Shapes in
// document pixels, so that a test can read it and any toolkit can draw it.
package tools

import (
	"image"
	"image/color"

	"pentimento/canvas"
	"pentimento/canvas/figure"
)

// Button is the pointer button that began a drag.
type Button uint8

// The buttons.
const (
	Left Button = iota
	Right
	Middle
)

// Mods are the modifier keys held during an event.
type Mods uint8

// The modifiers.
const (
	Shift Mods = 1 << iota
	Control
	Alt
)

// Pointer is one event of mouse or pen, in document pixels (not rounded: a pixel's
// centre is at its coordinates plus one half).
type Pointer struct {
	X, Y     float64
	Time     float64 // seconds since an arbitrary start
	Pressure float64 // 0..1; 1 where the device has none
	Tilt     float64 // of a pen: 0 upright .. 1 flat
	Button   Button
	Mods     Mods
}

// Point is the pixel under the pointer.
func (p Pointer) Point() image.Point { return image.Pt(floor(p.X), floor(p.Y)) }

// Tool turns pointer events into Edits. Between Press and Release or Cancel it may hold
// one Edit. Cancel must leave the same State pointer as before Press. All calls come
// from the window's goroutine.
type Tool interface {
	Press(Host, Pointer)
	Drag(Host, Pointer)
	Release(Host, Pointer)
	Cancel(Host)
}

// Host is what a tool sees of the program. It is not the Document: a tool has no
// business with undo.
type Host interface {
	State() *canvas.State // as shown: with the Edit in progress
	Begin(label string) *canvas.Edit
	View() View
	SetView(View)
	Brush() BrushSettings
	SetBrush(BrushSettings)
	Invalidate(image.Rectangle) // these document pixels look different now
	// Past is what the history brush paints back: a step that the person chose, else the
	// picture as it was opened.
	Past() *canvas.State
	// Figure is the drawing of people in pixels of their layer, as a network that follows poses
	// knows it, transparent where nothing is; nil: they can't be drawn.
	Figure(figure.Figure) *image.NRGBA
}

// Tailer is implemented by tools whose work stays behind the pointer. Tail shows the rest of it,
// until the next event; what it leaves at Release is the same with and without.
type Tailer interface {
	Tail(Host)
}

// Hover is implemented by tools whose shapes or cursor follow the pointer between drags.
type Hover interface {
	Hover(Host, Pointer)
}

// Overlayer is implemented by tools that draw over the picture.
type Overlayer interface {
	Overlay(Host) []Shape
}

// Cursorer names the pointer's look at a place; the window looks the name up.
type Cursorer interface {
	Cursor(Host, Pointer) Cursor
}

// Sourcer is implemented by a tool that copies from a place; HasSource is false until one was
// chosen, and then it paints nothing.
type Sourcer interface {
	HasSource() bool
}

// Extender is implemented by a tool whose Release asks for the picture to grow: from is
// the used area, to the area wanted. ok is true once per release.
type Extender interface {
	Extension() (from, to image.Rectangle, ok bool)
}

// Cursor names a pointer shape.
type Cursor string

// The cursors; Ring is the brush's own circle.
const (
	Arrow      Cursor = "arrow"
	Ring       Cursor = "ring"
	Cross      Cursor = "cross"
	Hand       Cursor = "hand"
	MoveAll    Cursor = "move"
	ResizeNS   Cursor = "resize-ns"
	ResizeEW   Cursor = "resize-ew"
	ResizeNWSE Cursor = "resize-nwse"
	ResizeNESW Cursor = "resize-nesw"
)

// Shape is something drawn over the picture, in document pixels.
type Shape struct {
	Kind   ShapeKind
	Points []Vec        // Box: two corners. Line: a polyline. Handle: one centre. Label: one anchor. Circle: centre and a point of its rim
	Text   string       // Label only
	Image  *image.NRGBA // Picture only, in sRGB; another picture is another pointer
	Ghost  bool         // a Box filled lightly: what would come; a Line that is thin
}

// ShapeKind is the kind of a Shape.
type ShapeKind uint8

// The kinds.
const (
	Box ShapeKind = iota
	Line
	Handle
	Label
	Circle
	Guide   // two points: a line that something snapped to
	Shade   // a Box of darkness: what would go
	Picture // a Box that Image fills
)

// Vec is a point in document pixels.
type Vec struct{ X, Y float64 }

// BrushSettings are shared by the brushes; each tool reads what it uses.
type BrushSettings struct {
	Size      float64     // diameter in document pixels, 1..1000
	Hardness  float64     // 0..1: share of the radius that is fully covered
	Opacity   float64     // 0..1; the mask's tools have Area.Strength instead
	Smoothing float64     // 0..1
	Colour    color.NRGBA // sRGB, as on the screen
	Back      color.NRGBA // the background colour, likewise
	Erase     bool        // the X key: the mask brush erases
	Snap      int         // grid of the frame in pixels; 0 means 64
	Area      AreaSettings
	Mean      int  // side of the square whose mean the picker takes, in pixels; 0 means 1
	ThisLayer bool // tools that read colours read the active layer alone
	LayerMask bool // the brushes paint on the active layer's mask, where it has one
	Tolerance int  // of the bucket, 0..255
	Apart     bool // the bucket fills what does not touch, too
	HardEdge  bool // and its edge has no half-filled pixels
	Radial    bool // the gradient runs in circles
	Fades     bool // it ends in nothing, not in the background colour
	Loose     bool // the stamp begins at its source with every stroke
	Ratio     int  // of CropRatios
	CropFills bool // where a crop grows the picture, the new area is filled
	Pressure  Pressure
	Gamma     float64 // of a pen's pressure, MinGamma..MaxGamma; 0 means 1
	Tilt      bool    // a pen laid flat paints wider
}

// Pressure is what a pen's pressure does to a brush.
type Pressure uint8

// What it may do. The mask's brush takes no opacity from it: a half masked pixel is no light touch.
const (
	PressureSize Pressure = 1 << iota
	PressureOpacity
)

// The limits of BrushSettings.Gamma: half the pressure counts as 0.84 of it at the softest and
// as 0.06 at the hardest.
const (
	MinGamma = 0.25
	MaxGamma = 4
)

// DefaultBrush is what a new user paints with.
var DefaultBrush = BrushSettings{Size: 64, Hardness: 0.8, Opacity: 1, Smoothing: 0.3, Colour: color.NRGBA{R: 40, G: 40, B: 40, A: 255}, Back: color.NRGBA{R: 255, G: 255, B: 255, A: 255}, Area: AreaSettings{Joining: canvas.Add, Edges: 50}, Tolerance: 32, Pressure: PressureSize | PressureOpacity, Gamma: 1}

// View maps document pixels to device pixels of the window: device = (doc − origin)·Scale,
// then mirrored, then turned about the origin.
type View struct {
	X, Y   float64 // document pixel at the view's top left corner
	Scale  float64 // device pixels per document pixel, MinScale..MaxScale
	W, H   int     // the view's size in device pixels
	Turn   float64 // degrees clockwise, 0 up to 360
	Mirror bool    // left and right are exchanged
	// Tile repeats all over the view and what is painted in a copy is painted in it (wrap.go);
	// empty: the picture is shown once.
	Tile image.Rectangle
}

// The limits of the zoom.
const (
	MinScale = 0.02
	MaxScale = 64
)

// Row names one tool: Name and Icon are looked up by the window, Key is its shortcut.
type Row struct {
	Name      string // its ID, in settings and tests
	Title     string // for people
	Icon, Key string
	Help      string // one line: what it does and with which keys
	New       func() Tool
}

// Needs is which locks of the active layer keep a tool of that name from doing anything.
func Needs(name string, b BrushSettings) canvas.Lock {
	switch {
	case name == "move":
		return canvas.LockPosition
	case name == "transform":
		return canvas.LockPixels | canvas.LockPosition
	case name == "mask" || name == "mask-eraser" || b.LayerMask:
		return 0
	case name == "brush" || name == "stamp" || name == "history" || name == "bucket" || name == "gradient":
		return canvas.LockPixels
	case name == "eraser":
		return canvas.LockPixels | canvas.LockAlpha
	}
	return 0
}
