package ui

import (
	"syscall"
	"unsafe"
)

// fitScreen brings a window into the room beside the taskbar: one that is larger, as on a
// small screen at the first start, is maximised, one that hangs over is moved. Windows does
// neither, and the status bar would be out of sight. Nothing happens where a call fails.
func fitScreen(window uintptr) {
	type rect struct{ left, top, right, bottom int32 }
	const (
		nearest      = 2   // MONITOR_DEFAULTTONEAREST
		maximised    = 3   // SW_MAXIMIZE
		sameSizeAndZ = 0x5 // SWP_NOSIZE | SWP_NOZORDER
	)
	user32 := syscall.NewLazyDLL("user32.dll")
	var is rect
	if done, _, _ := user32.NewProc("GetWindowRect").Call(window, uintptr(unsafe.Pointer(&is))); done == 0 {
		return
	}
	var screen struct {
		size          uint32
		whole, beside rect
		flags         uint32
	}
	screen.size = uint32(unsafe.Sizeof(screen))
	monitor, _, _ := user32.NewProc("MonitorFromWindow").Call(window, nearest)
	if done, _, _ := user32.NewProc("GetMonitorInfoW").Call(monitor, uintptr(unsafe.Pointer(&screen))); done == 0 {
		return
	}
	room, width, height := screen.beside, is.right-is.left, is.bottom-is.top
	if width > room.right-room.left || height > room.bottom-room.top {
		_, _, _ = user32.NewProc("ShowWindow").Call(window, maximised)
		return
	}
	x, y := max(room.left, min(is.left, room.right-width)), max(room.top, min(is.top, room.bottom-height))
	if x != is.left || y != is.top {
		_, _, _ = user32.NewProc("SetWindowPos").Call(window, 0, uintptr(x), uintptr(y), 0, 0, sameSizeAndZ)
	}
}
