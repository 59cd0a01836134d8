package ui

import (
	"os"
	"runtime"
)

// nativePossible says whether the desktop's own file dialog can run: GTK needs X11 or
// Wayland, the others are always there.
func nativePossible() bool {
	return runtime.GOOS != "linux" || os.Getenv("DISPLAY") != "" || os.Getenv("WAYLAND_DISPLAY") != ""
}

// clipboardPossible keeps clear of a pure Wayland session, on which the library ends the
// process.
func clipboardPossible() bool {
	return runtime.GOOS != "linux" || os.Getenv("DISPLAY") != ""
}
