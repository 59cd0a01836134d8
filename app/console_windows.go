package main

import (
	"os"
	"syscall"
)

// attachConsole gives a verb of the windowed program the console of the command line that it
// was typed into: Windows hands such programs none. What was sent to a file or a pipe stays so.
func attachConsole() {
	type stream struct {
		file **os.File
		name string
	}
	var mute []stream
	for _, s := range []stream{{&os.Stdin, "CONIN$"}, {&os.Stdout, "CONOUT$"}, {&os.Stderr, "CONOUT$"}} {
		if kind, err := syscall.GetFileType(syscall.Handle((*s.file).Fd())); err != nil || kind == syscall.FILE_TYPE_UNKNOWN {
			mute = append(mute, s)
		}
	}
	if len(mute) == 0 {
		return
	}
	const ofParent = ^uintptr(0)
	// It fails where there is a console already, and where the parent has none: then nothing opens.
	_, _, _ = syscall.NewLazyDLL("kernel32.dll").NewProc("AttachConsole").Call(ofParent)
	for _, s := range mute {
		if f, err := os.OpenFile(s.name, os.O_RDWR, 0); err == nil {
			*s.file = f
		}
	}
}
