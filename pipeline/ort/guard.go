package ort

// #include "bind.h"
import "C"

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"pentimento/fault"
	"pentimento/pipeline/graph"
)

// watch remembers the files that a session has mapped, as they were when it opened.
// While any watch is open, reads behind the end of a cut file give zeros and are counted
// (guard_unix.c), so that the evaluation can be refused instead of ending the program.
type watch struct {
	files  map[string]identity
	faults uint64
}

// identity is what tells a file from another one, or from itself after a change.
type identity struct {
	info os.FileInfo
	size int64
	time time.Time
}

// newWatch looks at every file that g's weights lie in. Close it when the session is gone.
func newWatch(g *graph.Graph) (*watch, error) {
	w := &watch{files: map[string]identity{}, faults: faults()}
	for _, x := range g.Weights {
		if x.File == "" {
			continue
		}
		if _, known := w.files[x.File]; known {
			continue
		}
		info, err := os.Stat(x.File)
		if err != nil {
			return nil, fmt.Errorf("ort: %w", err)
		}
		w.files[x.File] = identity{info, info.Size(), info.ModTime()}
	}
	C.guard_watch(1)
	mapped.Lock()
	defer mapped.Unlock()
	for path := range w.files {
		mapped.files[path]++
	}
	return w, nil
}

func (w *watch) close() {
	C.guard_watch(-1)
	mapped.Lock()
	defer mapped.Unlock()
	for path := range w.files {
		if mapped.files[path]--; mapped.files[path] == 0 {
			delete(mapped.files, path)
		}
	}
}

// layout is held for reading while a session is built or freed, and for writing by Trim,
// which acts on addresses that only those two can give to others.
var layout sync.RWMutex

// mapped counts the sessions that hold each file.
var mapped = struct {
	sync.Mutex
	files map[string]int
}{files: map[string]int{}}

// check returns an error when a file is no longer what it was, or when a cut file was
// read since the watch began: everything computed since then is worthless.
func (w *watch) check() error {
	for path, was := range w.files {
		info, err := os.Stat(path)
		switch {
		case err != nil:
			return changed(path, "it is gone")
		case !os.SameFile(info, was.info):
			return changed(path, "another file has taken its place")
		case info.Size() != was.size:
			return changed(path, fmt.Sprintf("it has %d bytes, it had %d", info.Size(), was.size))
		case !info.ModTime().Equal(was.time):
			return changed(path, "it was written to")
		}
	}
	if w.cut() {
		return changed("a model's file", "it was cut while it was read")
	}
	return nil
}

// cut says whether a read fell behind the end of a mapped file; it costs nothing.
func (w *watch) cut() bool { return faults() != w.faults }

func faults() uint64 { return uint64(C.guard_faults()) }

// errChanged is the cause of an error about a file that no other device would read better.
var errChanged = errors.New("changed while it was in use")

func changed(path, how string) error {
	return fault.With(fmt.Errorf("ort: %q %w: %s", filepath.Base(path), errChanged, how), "open the model again once the file is complete")
}
