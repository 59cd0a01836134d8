package disk

import (
	"os"
	"path/filepath"
	"time"
)

// sweptAfter is how old what a killed program left must be: a file that is this new may be one
// that was made a moment ago and not held yet.
const sweptAfter = time.Minute

// Sweep removes from a folder what a WriteAtomic left that was killed. One that still writes
// holds its file, also in another process, and keeps it.
func Sweep(dir string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		if ok, _ := filepath.Match(".pentimento-????????????.tmp", e.Name()); !ok {
			continue
		}
		if st, err := os.Lstat(path); err == nil && st.Mode().IsRegular() && time.Since(st.ModTime()) > sweptAfter && forsaken(path) {
			os.Remove(path) // Windows refuses while another has it open
		}
	}
}
