package pen

import (
	"math"
	"syscall"
	"unsafe"
)

// The pointer messages and what belongs to them (winuser.h, since Windows 8).
const (
	pointerUpdate = 0x0245
	pointerDown   = 0x0246
	pointerUp     = 0x0247
	buttonDown    = 0x0201 // of the mouse: left, right and middle are 3 apart
	middleUp      = 0x0208
	mouseMove     = 0x0200

	typeTouch = 2
	typePen   = 3

	inContact   = 4
	inverted    = 2
	eraserFlag  = 4
	mostPressed = 1024
)

var (
	user32       = syscall.NewLazyDLL("user32.dll")
	setWindow    = user32.NewProc("SetWindowLongPtrW")
	callWindow   = user32.NewProc("CallWindowProcW")
	pointerType  = user32.NewProc("GetPointerType")
	pointerInfo  = user32.NewProc("GetPointerInfo")
	penInfo      = user32.NewProc("GetPointerPenInfo")
	messageExtra = user32.NewProc("GetMessageExtraInfo")
)

// pointer is POINTER_INFO.
type pointer struct {
	kind, id, frame, flags uint32
	device, window         uintptr
	x, y                   int32
	_                      [6]int32 // the place in other units
	time, history          uint32
	data                   int32
	keys                   uint32
	counter                uint64
	change                 int32
}

// stylus is POINTER_PEN_INFO.
type stylus struct {
	pointer
	flags, mask, pressure, rotation uint32
	tiltX, tiltY                    int32 // degrees, −90 to 90
}

// Listen tells the tracker of the pens and fingers over a window, for as long as it is there: it
// reads the window's pointer messages and hands them on, so that the mouse messages which Windows
// makes of them come as before. A Windows without them is left alone. It has been compiled and
// vetted but not run with a pen.
func Listen(t *Tracker, window uintptr) {
	for _, p := range []*syscall.LazyProc{setWindow, callWindow, pointerType, pointerInfo, penInfo, messageExtra} {
		if p.Find() != nil {
			return
		}
	}
	if window == 0 {
		return
	}
	var before uintptr
	handler := syscall.NewCallback(func(w, message, a, b uintptr) uintptr {
		heard(t, message, uint32(a&0xffff))
		r, _, _ := callWindow.Call(before, w, message, a, b)
		return r
	})
	const procedure = ^uintptr(3) // GWLP_WNDPROC, −4
	before, _, _ = setWindow.Call(window, procedure, handler)
}

// mouseDevice is a mouse's number among the devices; fingers and pens have their pointers'.
const mouseDevice = -1

// heard feeds the tracker one message.
func heard(t *Tracker, message uintptr, id uint32) {
	switch {
	case message >= mouseMove && message <= middleUp:
		const mark, ofPen = 0xFFFFFF00, 0xFF515700 // mouse messages made of a pen's or finger's
		if extra, _, _ := messageExtra.Call(); extra&mark == ofPen {
			return
		}
		if message == mouseMove {
			t.Moved(Mouse, Sample{Pressure: 1})
		} else if i := (message - buttonDown) % 3; i < 2 { // the third is a double click
			t.Button(mouseDevice, Mouse, i == 0)
		}
	case message >= pointerUpdate && message <= pointerUp:
		var kind uint32
		if ok, _, _ := pointerType.Call(uintptr(id), uintptr(unsafe.Pointer(&kind))); ok == 0 {
			return
		}
		switch kind {
		case typeTouch:
			var p pointer
			if ok, _, _ := pointerInfo.Call(uintptr(id), uintptr(unsafe.Pointer(&p))); ok != 0 {
				t.Touched(id, float64(p.x), float64(p.y), message != pointerUp && p.flags&inContact != 0)
			}
		case typePen:
			var p stylus
			if ok, _, _ := penInfo.Call(uintptr(id), uintptr(unsafe.Pointer(&p))); ok != 0 {
				p.tell(t, message, int(id))
			}
		}
	}
}

func (p *stylus) tell(t *Tracker, message uintptr, id int) {
	k := Tip
	if p.flags&(inverted|eraserFlag) != 0 {
		k = Eraser
	}
	s := Sample{Pressure: 1, X: float64(p.x), Y: float64(p.y), Tilt: min(math.Hypot(float64(p.tiltX), float64(p.tiltY))/flat, 1)}
	if p.mask&1 != 0 {
		s.Pressure = min(float64(p.pressure)/mostPressed, 1)
	}
	t.Present()
	switch message {
	case pointerDown:
		t.Button(id, k, true)
	case pointerUp:
		t.Button(id, k, false)
		return // it presses no more
	}
	t.Moved(k, s)
}
