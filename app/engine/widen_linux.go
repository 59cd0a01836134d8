package engine

import (
	"os"
	"syscall"
)

// widen makes a pipe hold a megabyte, so that a picture crosses in a few switches between
// the two processes instead of one for every 64 KB. Where the system refuses, it stays as
// it was.
func widen(pipe *os.File) {
	const setPipeSize = 1031 // F_SETPIPE_SZ, which package syscall does not name
	if raw, err := pipe.SyscallConn(); err == nil {
		_ = raw.Control(func(fd uintptr) { _, _, _ = syscall.Syscall(syscall.SYS_FCNTL, fd, setPipeSize, 1<<20) })
	}
}
