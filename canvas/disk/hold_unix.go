//go:build !windows

package disk

import (
	"os"

	"golang.org/x/sys/unix"
)

// hold marks a file as being written for as long as it is open. A file system without locks
// holds none.
func hold(f *os.File) { _ = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) }

// forsaken says whether no one holds a file.
func forsaken(path string) bool {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return false
	}
	defer f.Close()
	return unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) == nil
}
