// Package merging makes model files for the window: checkpoints merged, LoRAs found between two
// checkpoints and made smaller (pipeline/merge does the arithmetic). What cannot be made is told
// from headers, which are read in the background; what can is made as a job beside the queue.
//
// Start at Merging; work.go says what can be asked for, methods.go what the methods are called.
package merging

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"pentimento/app/desk"
	"pentimento/app/jobs"
	"pentimento/app/models"
	"pentimento/app/words"
	"pentimento/canvas/disk"
	"pentimento/fault"
)

// Merging is what makes model files. It belongs to the window's goroutine.
type Merging struct {
	desk    *desk.Desk
	jobs    *jobs.Queue
	models  *models.Models
	looking bool
	next    func() // the look that was asked for last while another ran
	turn    chan struct{}
	made    []Made
}

// Made is a file that was made and neither used nor put away yet.
type Made struct {
	Path string
	Said string // what became of it, in a line
}

// New returns one that works beside a queue.
func New(d *desk.Desk, q *jobs.Queue, m *models.Models) *Merging {
	return &Merging{desk: d, jobs: q, models: m, turn: make(chan struct{}, 1)}
}

// Found is what headers and the disk say of a work.
type Found struct {
	Notes  []string
	Bytes  int64 // of the result, about
	Room   int64 // what its disk has left; 0: nobody knows
	Blocks int   // shares that model A has beside the one of its other networks: 25, or 19
	There  bool  // there is such a file, which Start writes over only when told to
	Free   string
}

// Work is a file to be made: a Merge, an Extraction or a Resizing.
type Work interface {
	file() string // that is written
	reads() []string
	look() (Found, error)
	write(ctx context.Context, w io.Writer, report reporter) (said string, err error)
}

type reporter = func(stage string, fraction float64)

// Look reads headers in the background and tells what can be made, or why not. Of several looks
// that are asked for while one runs only the last is answered.
func (m *Merging) Look(w Work, then func(Found, error)) {
	if m.looking {
		m.next = func() { m.Look(w, then) }
		return
	}
	m.looking = true
	answer := func(f Found, err error) {
		m.looking = false
		if next := m.next; next != nil {
			m.next = nil
			next()
			return
		}
		then(f, err)
	}
	m.desk.Go(words.T("reading models"), func() {
		f, err := look(w)
		m.desk.Post(func() { answer(f, err) })
	}, func(err error) { answer(Found{}, err) })
}

// look is a work's own, and what the place of its file says.
func look(w Work) (Found, error) {
	f, err := w.look()
	if err != nil {
		return f, err
	}
	out := w.file()
	dir := filepath.Dir(out)
	if name := filepath.Base(out); !filepath.IsAbs(out) || strings.TrimSuffix(name, ending) == name || name == ending {
		return f, missing(words.T("The result has no name yet."))
	}
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return f, fault.New(words.T("there is no folder %s", dir), words.T("Choose where the result goes."))
	}
	if info, err := os.Stat(out); err == nil {
		for _, path := range w.reads() {
			if in, err := os.Stat(path); err == nil && os.SameFile(in, info) {
				return f, fault.New(words.T("%q is one of the files that are read", filepath.Base(out)), words.T("Give the result another name: a file that is read is never written over."))
			}
		}
		f.There, f.Free = true, free(out)
	}
	if f.Room, err = disk.Free(dir); err == nil && f.Room < f.Bytes {
		return f, fault.New(words.T("the disk has %d MB left, and the result takes %d MB", f.Room>>20, f.Bytes>>20), words.T("Free some space, or choose a folder on another disk."))
	}
	return f, nil
}

const ending = ".safetensors"

// File is the path of a result of that name in a folder.
func File(dir, name string) string {
	if name = strings.TrimSuffix(strings.TrimSpace(name), ending); name == "" {
		return ""
	}
	return filepath.Join(dir, name+ending)
}

// free is a path like it that is no file's: with a number behind it.
func free(out string) string {
	for n := 2; ; n++ {
		other := fmt.Sprintf("%s-%d%s", strings.TrimSuffix(out, ending), n, ending)
		if _, err := os.Lstat(other); err != nil {
			return other
		}
	}
}

// Start makes the file as a job, one at a time, unless it cannot be made by then. It writes over
// a file that is there only with over.
func (m *Merging) Start(w Work, over bool) jobs.ID {
	out := w.file()
	label := words.T("Make %s", filepath.Base(out))
	return m.jobs.Now(label, 0, func(ctx context.Context, report func(string, float64)) error {
		said, err := "", error(nil)
		if caught := fault.Guard(label, func() { said, err = m.make(ctx, w, over, report) }); caught != nil {
			err = caught
		}
		m.desk.Post(func() { m.ended(out, said, err) })
		return err
	})
}

func (m *Merging) make(ctx context.Context, w Work, over bool, report reporter) (said string, err error) {
	select {
	case m.turn <- struct{}{}:
		defer func() { <-m.turn }()
	case <-ctx.Done():
		return "", ctx.Err()
	}
	out := w.file()
	f, err := look(w) // again: much may have happened since
	switch {
	case err != nil:
		return "", err
	case f.There && !over:
		return "", fault.New(words.T("%q is there already", filepath.Base(out)), words.T("Give the result another name."))
	}
	if err := disk.CanWrite(out); err != nil {
		return "", err
	}
	disk.Sweep(filepath.Dir(out))
	err = disk.WriteAtomic(out, func(to io.Writer) (err error) {
		said, err = w.write(ctx, to, report)
		if err == nil && !over { // another program may have made one of that name meanwhile
			if _, there := os.Lstat(out); there == nil {
				err = fault.New(words.T("%q is there already", filepath.Base(out)), words.T("Give the result another name."))
			}
		}
		return err
	})
	return said, err
}

func (m *Merging) ended(out, said string, err error) {
	switch {
	case errors.Is(err, context.Canceled):
		m.desk.Say(words.T("%s isn't made; nothing of it is left", filepath.Base(out)))
	case m.desk.Fail(err):
	default:
		m.made = slices.DeleteFunc(m.made, func(o Made) bool { return o.Path == out })
		m.made = append(m.made, Made{out, said})
		m.desk.Say(words.T("%s is made", filepath.Base(out)))
		m.models.Library.Take(filepath.Dir(out))
		m.desk.Tell(desk.Change{What: desk.ModelsChanged})
	}
}

// Made are the files that were made and neither used nor put away; listeners hear ModelsChanged.
func (m *Merging) Made() []Made { return slices.Clone(m.made) }

// Use opens what was made, and PutAway only ends the offer.
func (m *Merging) Use(path string) {
	m.PutAway(path)
	m.models.Receive(path)
}

// PutAway ends the offer of a file that was made.
func (m *Merging) PutAway(path string) {
	m.made = slices.DeleteFunc(m.made, func(o Made) bool { return o.Path == path })
	m.desk.Tell(desk.Change{What: desk.ModelsChanged})
}
