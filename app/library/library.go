// Package library keeps every finished result on the disk until there is no more room for
// it: without loss, with its recipe and its mask, as a PNG that any program opens.
//
// Start at Store (this file); entry.go is the form of a file, search.go finds entries.
// A Store may be used from any goroutine; everything but SetHeld, SetBudget, List and Usage
// waits for the disk, so it does not belong on a goroutine that paints.
//
// The folder is the truth and there is no index beside it: each entry is one file, named
// after its time, that appears whole or not at all (canvas/disk.WriteAtomic); a favourite
// has an empty file NAME.star beside it; what was deleted is in trash/ until it is
// needed for room or was there for a month. So two programs on one folder cannot damage
// it, a damaged file costs that entry, and nothing has to be rebuilt.
//
// 2026-11-25: the texts of a file say all that the list shows, and lie before its pixels:
// listing 1,000 entries reads their first kilobytes, never the pictures.
// 2026-11-25: the budget takes trash first, then the oldest that is neither a favourite
// nor held; a candidate that waits in a window is held by its id.
package library

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"pentimento/canvas/disk"
)

const (
	ending   = ".png"
	starred  = ".star"
	trashDir = "trash"
	// trashDays is how long what was deleted can be brought back at least as far as the
	// budget allows.
	trashDays = 30
)

// Store is a folder of results. Build it with Open.
type Store struct {
	dir string

	mu      sync.Mutex
	budget  int64 // bytes
	entries map[string]*Entry
	read    bool             // the folder was looked at
	damaged map[string]int64 // files that are no entries, by their size
	held    map[string]bool
}

// Open makes a store of a folder, which need not exist yet. budget is in bytes; 0 keeps
// nothing but favourites and what is held. The disk is not touched.
func Open(dir string, budget int64) *Store {
	return &Store{dir: dir, budget: budget, entries: map[string]*Entry{}, damaged: map[string]int64{}, held: map[string]bool{}}
}

// Dir is where results are for this user: beside other programs' data, not their settings.
func Dir() (string, error) { return disk.DataDir("results") }

// SetBudget changes how many bytes results may take; Trim enforces it.
func (s *Store) SetBudget(bytes int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.budget = bytes
}

// SetHeld names the entries that must not be deleted for room now.
func (s *Store) SetHeld(ids []string) {
	held := map[string]bool{}
	for _, id := range ids {
		held[id] = true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held = held
}

// Save writes a result under an id from NewID and makes room for it.
func (s *Store) Save(ctx context.Context, id string, r *Result) error {
	if !valid(id) {
		return fmt.Errorf("library: %q is not a valid id", id)
	}
	if err := os.MkdirAll(s.dir, 0o755); err != nil {
		return fmt.Errorf("library: %w", err)
	}
	if err := write(ctx, s.path(id), id, r); err != nil {
		return fmt.Errorf("library: %w", err)
	}
	if err := s.Refresh(); err != nil {
		return err
	}
	return s.Trim()
}

func (s *Store) path(id string) string { return filepath.Join(s.dir, id+ending) }

func (s *Store) trashed(id string) string { return filepath.Join(s.dir, trashDir, id+ending) }

// Refresh brings the list up to date with the folder, other programs' changes included.
// Only files that are new to this Store are opened.
func (s *Store) Refresh() error {
	here, err := names(s.dir)
	if err != nil {
		return err
	}
	gone, err := names(filepath.Join(s.dir, trashDir))
	if err != nil {
		return err
	}
	s.mu.Lock()
	known := s.entries
	s.mu.Unlock()
	entries, damaged := map[string]*Entry{}, map[string]int64{}
	take := func(files map[string]int64, trash bool) {
		for name, size := range files {
			id, ok := strings.CutSuffix(name, ending)
			if !ok || !valid(id) {
				continue
			}
			if _, there := entries[id]; there {
				continue // restored and deleted at once by two programs: the one in the list counts
			}
			e := known[id]
			if e == nil || e.Bytes != size {
				path := s.path(id)
				if trash {
					path = s.trashed(id)
				}
				if e, err = inspect(path, id); err != nil {
					if !errors.Is(err, fs.ErrNotExist) {
						damaged[id] = size
					}
					continue
				}
			}
			c := *e
			c.Bytes, c.Trashed = size, trash
			_, c.Favourite = here[id+starred]
			entries[id] = &c
		}
	}
	take(here, false)
	take(gone, true)
	s.mu.Lock()
	s.entries, s.damaged, s.read = entries, damaged, true
	s.mu.Unlock()
	return nil
}

// names lists the files of a folder with their sizes; none where there is no such folder.
func names(dir string) (map[string]int64, error) {
	list, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("library: %w", err)
	}
	out := map[string]int64{}
	for _, f := range list {
		if st, err := f.Info(); err == nil && st.Mode().IsRegular() {
			out[f.Name()] = st.Size()
		}
	}
	return out, nil
}

// Usage is how many bytes the entries take, trash included, and how many files are
// damaged; as of the last Refresh.
func (s *Store) Usage() (bytes int64, damaged int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.entries {
		bytes += e.Bytes
	}
	for _, n := range s.damaged {
		bytes += n
	}
	return bytes, len(s.damaged)
}

// Trim deletes what the budget has no room for: damaged files and trash first, then the
// oldest results that are neither favourites nor held.
func (s *Store) Trim() error {
	var errs []error
	for _, path := range s.overdue(time.Now()) {
		if err := disk.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, fmt.Errorf("library: %w", err))
		}
	}
	return errors.Join(errs...)
}

// overdue chooses the files that go, and forgets them.
func (s *Store) overdue(now time.Time) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	type file struct {
		path, id string
		bytes    int64
		rank     int // what goes first
	}
	var all []file
	total := int64(0)
	for id, e := range s.entries {
		total += e.Bytes
		f := file{s.path(id), id, e.Bytes, 2}
		switch {
		case e.Trashed && now.Sub(e.When) > trashDays*24*time.Hour:
			f.path, f.rank = s.trashed(id), 0
		case e.Trashed:
			f.path, f.rank = s.trashed(id), 1
		case e.Favourite || s.held[id]:
			continue
		}
		all = append(all, f)
	}
	slices.SortFunc(all, func(a, b file) int {
		if a.rank != b.rank {
			return a.rank - b.rank
		}
		return strings.Compare(a.id, b.id) // ids begin with their time
	})
	var out []string
	for _, f := range all {
		if f.rank > 0 && total <= s.budget {
			break
		}
		out = append(out, f.path)
		total -= f.bytes
		delete(s.entries, f.id)
	}
	return out
}

// Star makes an entry a favourite, or an ordinary one again.
func (s *Store) Star(id string, on bool) error {
	path := filepath.Join(s.dir, id+starred)
	var err error
	if !valid(id) {
		return fmt.Errorf("library: %q is not a valid id", id)
	}
	if on {
		if err = os.MkdirAll(s.dir, 0o755); err == nil {
			err = os.WriteFile(path, nil, 0o644)
		}
	} else if err = disk.Remove(path); errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	if err != nil {
		return fmt.Errorf("library: %w", err)
	}
	s.change(id, func(e *Entry) { e.Favourite = on })
	return nil
}

// Trash takes an entry out of the list; Restore brings it back.
func (s *Store) Trash(id string) error {
	if err := os.MkdirAll(filepath.Join(s.dir, trashDir), 0o755); err != nil {
		return fmt.Errorf("library: %w", err)
	}
	return s.move(id, s.path(id), s.trashed(id), true)
}

// Restore brings an entry back from the trash.
func (s *Store) Restore(id string) error { return s.move(id, s.trashed(id), s.path(id), false) }

func (s *Store) move(id, from, to string, trash bool) error {
	if !valid(id) {
		return fmt.Errorf("library: %q is not a valid id", id)
	}
	if err := disk.Rename(from, to); err != nil {
		return fmt.Errorf("library: %w", err)
	}
	s.change(id, func(e *Entry) { e.Trashed = trash })
	return nil
}

func (s *Store) change(id string, f func(*Entry)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e := s.entries[id]; e != nil {
		c := *e
		f(&c)
		s.entries[id] = &c
	}
}
