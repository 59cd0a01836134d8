// Package collection is the library of models: which files of networks a person has, what each
// of them is, whose doubles they are, and how they are found again.
//
// Start at Collection (this file). trees.go knows how other programs lay out their folders,
// walk.go lists files, item.go is one of them, card.go reads what is written in and beside it,
// hashes.go reads files whole, find.go and list.go search, keep.go is the index on the disk,
// files.go moves files, covers.go shows pictures.
//
// The person's folders are read where they stand. Nothing is written there but by Move, Rename,
// Trash and Undo, which are asked for; tags and the dates of use are in our own folder.
//
// A Collection may be used from any goroutine. Everything but List, Get, Families and Progress
// waits for the disk, so it does not belong on a goroutine that paints.
//
// 2026-11-28: what a file is its header says, never its folder: people keep adapters among
// checkpoints and an upscaler in the folder of autoencoders.
// 2026-11-28: folders are looked at again when the window comes to the front and every few
// seconds while the list is seen, instead of a watch by the system (fsnotify): a look at 10,000
// files costs a twentieth of a second, also finds what changed on network drives, which send no
// news, and needs none of the system's watches, of which a tree of folders takes hundreds.
package collection

import (
	"context"
	"maps"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"pentimento/fault"
	"pentimento/pipeline"
)

// Collection is an index of files of networks. Build it with Open.
type Collection struct {
	dir string // of the index; "" keeps it in memory

	mu    sync.Mutex
	read  bool             // the index was read
	items map[string]*Item // by path; an Item is never changed, only replaced
	aside map[string]*Item // those of folders that are not asked for, so that their sums are kept
	tags  map[string][]string
	used  map[string]time.Time
	last  []moved // what Undo takes back
	bin   *Item   // the item that Trash took out, where it was the last

	refreshing sync.Mutex // one look at the folders at a time,
	hashing    sync.Mutex // one file read whole at a time,
	writing    sync.Mutex // and one write of the index
}

// Open makes a collection whose index is in a folder, which need not exist yet; "" keeps it in
// memory. The disk is not touched.
func Open(dir string) *Collection {
	return &Collection{dir: dir, items: map[string]*Item{}, aside: map[string]*Item{}, tags: map[string][]string{}, used: map[string]time.Time{}}
}

// workers is how many headers are read at a time: a disk answers a few at once, and the rest of
// the cores belong to the person.
const workers = 3

// Places are the folders of a collection.
type Places struct {
	Trees []string // looked through with all below them, or as the folder of another program
	Flat  []string // looked through without the folders below
}

// None says whether there is no folder.
func (p Places) None() bool { return len(p.Trees)+len(p.Flat) == 0 }

// Refresh brings the index up to date with its places and writes
// it where something changed. Only files that are new or have changed are opened. report, which
// may be nil, is told how many of them have been read. What cannot be read is named among the
// items; the error is the index's or ctx's. changed says whether the list is another now.
func (c *Collection) Refresh(ctx context.Context, places Places, report func(done, total int)) (changed bool, err error) {
	c.refreshing.Lock()
	defer c.refreshing.Unlock()
	c.load()
	var found []seen
	var asked, there []string // there: folders that can be read; what they lack is gone, and not unplugged
	look := func(dir string, deep bool) {
		asked = append(asked, dir)
		if files, ok := walk(ctx, dir, deep); ok {
			found, there = append(found, files...), append(there, dir)
		}
	}
	for _, root := range places.Trees {
		asked = append(asked, root)
		for _, dir := range TreeOf(root).Folders {
			look(dir, true)
		}
	}
	for _, dir := range places.Flat {
		look(dir, false)
	}
	if err := ctx.Err(); err != nil {
		return false, err
	}
	c.mu.Lock()
	shown, known := c.items, maps.Clone(c.items)
	maps.Copy(known, c.aside)
	c.mu.Unlock()
	items, aside, fresh := compare(known, found, there, asked)
	changed = len(fresh) > 0 || !sameItems(shown, items)
	if err := inspect(ctx, fresh, known, items, report); err != nil {
		return false, err
	}
	adopt(items, fresh)
	c.mu.Lock()
	for path, item := range c.items { // sums that came meanwhile
		if now := items[path]; now != nil && now.Sums.SHA256 == "" && item.same(now.Size, now.Time) {
			with := *now
			with.Sums = item.Sums
			items[path] = &with
		}
	}
	c.items, c.aside = items, aside
	c.mu.Unlock()
	if changed {
		err = c.save()
	}
	return changed, err
}

// compare sorts what was found into items that are known and files to read, and what is known of
// other folders aside.
func compare(known map[string]*Item, found []seen, there, asked []string) (items, aside map[string]*Item, fresh []seen) {
	items, aside = map[string]*Item{}, map[string]*Item{}
	for _, s := range found {
		if _, twice := items[s.path]; twice {
			continue
		}
		was := known[s.path]
		if was != nil && !was.Gone && was.same(s.size, s.time) && was.Beside == s.beside && was.Real == s.real {
			items[s.path] = was
			continue
		}
		items[s.path] = nil
		fresh = append(fresh, s)
	}
	for path, was := range known {
		if _, here := items[path]; here {
			continue
		}
		if !within(path, asked) {
			aside[path] = was
			continue
		}
		if !was.Gone || was.Away == within(path, there) {
			gone := *was
			gone.Gone, gone.Away = true, !within(path, there)
			was = &gone
		}
		items[path] = was
	}
	return items, aside, fresh
}

func within(path string, dirs []string) bool {
	return slices.ContainsFunc(dirs, func(dir string) bool { return inside(path, dir) })
}

func inside(path, dir string) bool {
	rel, err := filepath.Rel(dir, path)
	return err == nil && filepath.IsLocal(rel)
}

func sameItems(a, b map[string]*Item) bool {
	if len(a) != len(b) {
		return false
	}
	for path, item := range a {
		if b[path] != item {
			return false
		}
	}
	return true
}

// inspect reads the headers of files.
func inspect(ctx context.Context, files []seen, known, items map[string]*Item, report func(done, total int)) error {
	jobs := make(chan seen)
	var mu sync.Mutex
	done := 0
	var g fault.Group
	for range workers {
		g.Go(func() {
			for s := range jobs {
				item := newItem(s)
				mu.Lock()
				if was := known[s.path]; was != nil && was.same(s.size, s.time) {
					item.Sums, item.Added = was.Sums, was.Added
				}
				items[s.path] = item
				if done++; report != nil {
					report(done, len(files))
				}
				mu.Unlock()
			}
		})
	}
	for _, s := range files {
		if ctx.Err() != nil {
			break
		}
		jobs <- s
	}
	close(jobs)
	g.Wait()
	return ctx.Err()
}

// adopt gives a new file that was moved or renamed outside the program what was known of the one
// that is gone: of the same size, time, kind and claims. Adapters of one trainer out of one archive
// are alike in all these, so the sums follow only where the name is the same, or where the files
// themselves claim one content; any other is read whole again.
func adopt(items map[string]*Item, fresh []seen) {
	type state struct{ size, time int64 }
	gone := map[state][]*Item{}
	for _, item := range items {
		if item.Gone && !item.Away && !item.Folder {
			s := state{item.Size, item.Time}
			gone[s] = append(gone[s], item)
		}
	}
	for _, f := range fresh {
		item := items[f.path]
		sure := func(was *Item) bool {
			return was.Name() == item.Name() || item.Card.Claims.Data != ""
		}
		var was *Item
		for _, o := range gone[state{f.size, f.time}] {
			if o.Kind == item.Kind && o.Card.Claims == item.Card.Claims && (was == nil || sure(o) && !sure(was)) {
				was = o
			}
		}
		if was == nil || item.Gone {
			continue
		}
		delete(items, string(was.Path))
		now := *item
		if now.Sums == (pipeline.Sums{}) && sure(was) {
			now.Sums = was.Sums
		}
		now.Added = was.Added
		items[f.path] = &now
	}
}

// Get is one item by its path.
func (c *Collection) Get(path string) (Item, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	item := c.items[path]
	if item == nil {
		return Item{}, false
	}
	return *item, true
}

// Forget takes an item that is gone out of the index.
func (c *Collection) Forget(path string) error {
	c.load()
	c.mu.Lock()
	if item := c.items[path]; item != nil && item.Gone {
		delete(c.items, path)
	}
	c.mu.Unlock()
	return c.save()
}

// replace puts a changed copy of an item in its place.
func (c *Collection) replace(path string, change func(*Item)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if item := c.items[path]; item != nil {
		with := *item
		change(&with)
		c.items[path] = &with
	}
}
