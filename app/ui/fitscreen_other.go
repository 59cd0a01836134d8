//go:build !windows

package ui

// fitScreen does nothing where a window manager keeps windows within the screen.
func fitScreen(uintptr) {}
