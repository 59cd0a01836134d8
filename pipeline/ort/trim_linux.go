package ort

// #include "bind.h"
import "C"

import (
	"bufio"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Trim drops the mapped weights of every open session from memory; see model.Trimmer. It
// does nothing while a session is being built or closed, which moves mappings about.
func (r *Runtime) Trim() {
	if !layout.TryLock() {
		return
	}
	defer layout.Unlock()
	ours := map[string]bool{}
	mapped.Lock()
	for path := range mapped.files {
		if real, err := filepath.EvalSymlinks(path); err == nil {
			ours[real] = true
		}
	}
	mapped.Unlock()
	if len(ours) == 0 {
		return
	}
	maps, err := os.Open("/proc/self/smaps")
	if err != nil {
		return
	}
	defer maps.Close()
	var from, to uint64
	lines := bufio.NewScanner(maps)
	for lines.Scan() {
		line := lines.Text()
		if a, b, ok := region(line, ours); ok {
			from, to = a, b
			continue
		}
		// The runtime maps files privately and writes nothing there. Should it ever, the
		// written pages exist nowhere else, and the mapping is left alone.
		if kb, ok := strings.CutPrefix(line, "Anonymous:"); ok && from < to {
			if strings.TrimSpace(kb) == "0 kB" {
				C.guard_forget(C.size_t(from), C.size_t(to))
			}
			from, to = 0, 0
		}
	}
}

// region reads the head of a mapping, "7f00-7f10 rw-p 00000000 fd:00 123   /some path". The
// range is empty for a mapping that isn't a file of ours; ok is false for other lines.
func region(line string, ours map[string]bool) (from, to uint64, ok bool) {
	f := strings.SplitN(line, " ", 6)
	if len(f) < 5 || strings.HasSuffix(f[0], ":") {
		return 0, 0, false
	}
	a, b, _ := strings.Cut(f[0], "-")
	from, errA := strconv.ParseUint(a, 16, 64)
	to, errB := strconv.ParseUint(b, 16, 64)
	if errA != nil || errB != nil {
		return 0, 0, false
	}
	if len(f) < 6 || !strings.HasSuffix(f[1], "p") || !ours[strings.TrimLeft(f[5], " ")] {
		return 0, 0, true
	}
	return from, to, true
}
