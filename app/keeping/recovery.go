package keeping

import (
	"context"
	"encoding/json"
	"errors"
	"image"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"pentimento/app/desk"
	"pentimento/app/words"
	"pentimento/canvas"
	"pentimento/canvas/disk"
	"pentimento/canvas/file"
	"pentimento/canvas/journal"
	"pentimento/canvas/render"
)

// Kept says why a canvas can be brought back.
type Kept uint8

// The reasons, in the order in which they are offered.
const (
	Crashed   Kept = iota // the program crashed, or was ended by the system
	Closed                // it was closed, and no file holds it
	Discarded             // it was left behind on purpose: it is in the trash
)

// Found is a canvas that can be brought back from its journal.
type Found struct {
	Journal    string // path
	Path       string // of the picture or project it was opened from; "" for neither
	Title      string
	Why        Kept
	When       time.Time // of the last change
	Steps      int       // of history
	Candidates int
	order      int          // among the open documents
	asOpened   bool         // it is the picture as its file has it: nothing would be lost
	Thumbnail  *image.NRGBA // nil where nothing is visible
	Err        error        // it cannot be read, for instance because a newer version wrote it
}

// Found lists what LookForRecovery found last, crashed ones first, latest first. A picture that was opened and left
// as it was is not among it: its file holds it.
func (k *Keeping) Found() []Found {
	return slices.DeleteFunc(slices.Clone(k.found), func(f Found) bool { return f.asOpened })
}

// thumbSide is the longer side of a thumbnail in pixels.
const thumbSide = 192

// LookForRecovery looks for canvases that can be brought back, on another goroutine, and
// then calls then (may be nil) on the window's, saying whether something has crashed.
func (k *Keeping) LookForRecovery(then func(crashed bool)) {
	folder, budget := k.Folder, int64(max(k.desk.Settings.JournalMB, 64))<<20
	if folder == "" {
		return
	}
	k.file(func() {
		found := look(folder)
		emptyTrash(folder, budget)
		k.desk.Post(func() {
			k.found = found
			if then != nil {
				offered := k.Found()
				then(len(offered) > 0 && offered[0].Why == Crashed)
			}
		})
	})
}

// look reads every journal that no window is writing.
func look(folder string) []Found {
	var out []Found
	closed := 0
	for _, path := range append(journalsIn(folder), besides(folder)...) {
		f, ok := lookAt(path)
		if !ok || f.Why == Closed && IsProject(f.Path) { // its project holds it
			continue
		}
		if f.Why == Closed || f.asOpened { // nobody is asked about the latter
			if closed++; closed > keepCanvases {
				toTrash(folder, path)
				continue
			}
		}
		out = append(out, f)
	}
	for _, path := range journalsIn(filepath.Join(folder, trashName)) {
		if f, ok := lookAt(path); ok {
			f.Why = Discarded
			out = append(out, f)
		}
	}
	slices.SortStableFunc(out, func(a, b Found) int {
		if a.Why != b.Why {
			return int(a.Why) - int(b.Why)
		}
		return b.When.Compare(a.When)
	})
	return out
}

// lookAt reads one journal; false where there is nothing to bring back or a window has it.
func lookAt(path string) (Found, bool) {
	lock, err := journal.TryLock(path)
	if err != nil && errors.Is(err, journal.ErrLocked) {
		return Found{}, false
	}
	defer lock.Unlock()
	os.Remove(path + ".new") // begun and never finished
	f := Found{Journal: path, Title: "Untitled", When: modTime(path)}
	c, err := journal.Read(journal.OS, path, 1)
	if errors.Is(err, fs.ErrNotExist) {
		return f, false
	}
	if err != nil {
		f.Err = err
		return f, true
	}
	var a about
	if json.Unmarshal(c.Meta, &a) == nil && a.Title != "" {
		f.Path, f.Title = a.Path, a.Title
	}
	for _, n := range c.Notes {
		if strings.HasPrefix(n.Key, "candidate/") {
			f.Candidates++
		}
		if n.Key == panelKey {
			var panel keptSettings
			_ = json.Unmarshal(n.Data, &panel) // what cannot be read comes first
			f.order = panel.Order
		}
	}
	s := c.Moments[c.At].State
	f.Steps = c.Older + c.At
	if c.Clean {
		f.Why = Closed
	}
	f.Thumbnail, f.asOpened = render.Thumbnail(s, 0, thumbSide), asOpened(f, c)
	return f, f.Steps > 0 || len(c.Notes) > 0
}

// asOpened says whether a journal holds nothing but a picture as its file has it: opened in the one step, with no
// place that is filled, and the file was not written since.
func asOpened(f Found, c *journal.Content) bool {
	if f.Path == "" || IsProject(f.Path) || f.Steps != 1 || c.At != len(c.Moments)-1 {
		return false
	}
	if slices.ContainsFunc(c.Notes, func(n journal.Note) bool { return n.Key != panelKey }) {
		return false
	}
	opened := c.Moments[c.At].When
	info, err := os.Stat(f.Path)
	return err == nil && info.Mode().IsRegular() && info.ModTime().Before(opened)
}

// Recover brings a canvas back, exactly, with its history and candidates, and goes on
// writing its journal.
func (k *Keeping) Recover(f Found) { k.recover(f, func(*Keeping) {}) }

// recover calls then with what keeps the canvas when it is shown.
func (k *Keeping) recover(f Found, then func(*Keeping)) {
	config := k.journalConfig(f.Journal)
	folder := k.Folder
	k.file(func() {
		if f.Why == Discarded { // out of the trash first
			to := newPlace(folder)
			if err := disk.Rename(f.Journal, to); err != nil {
				k.desk.Post(func() { k.desk.Fail(err) })
				return
			}
			config.Path = to
		}
		j, c, err := journal.Open(config)
		var at home
		if err == nil {
			at = homeOf(folder, f.Path, config.Path, c)
			c.Moments[c.At].State.Source.Space() // is slow once
			c.Notes = slices.DeleteFunc(c.Notes, func(n journal.Note) bool {
				over := written(n)
				if over {
					j.Drop(n.Key)
				}
				return over
			})
		}
		k.desk.Post(func() {
			if !k.desk.Fail(err) {
				k.Easel.Room(func(k *Keeping) { k.bringBack(j, c, at); then(k) })
			}
		})
	})
}

// RecoverCrashed brings back every canvas of sessions that crashed, in the order in which they
// were open; the latest is shown.
func (k *Keeping) RecoverCrashed() {
	all := slices.DeleteFunc(slices.Clone(k.found), func(f Found) bool { return f.Why != Crashed || f.Err != nil })
	if len(all) == 0 {
		return
	}
	latest := all[0].Journal
	slices.Reverse(all)
	slices.SortStableFunc(all, func(a, b Found) int { return a.order - b.order })
	var front *Keeping
	for _, f := range all {
		k.recover(f, func(k *Keeping) {
			if f.Journal == latest {
				front = k
			}
		})
	}
	k.file(func() {
		k.desk.Post(func() {
			if front != nil {
				front.Easel.Front()
			}
		})
	})
}

// home is a project file and what it holds; no path: none.
type home struct {
	path   string
	stored *file.Stored
	lossy  bool
}

// homeOf is the project file that a journal's canvas goes on being saved in: the one it was
// opened from or saved to, where that holds what the journal says it does, or is gone. One that
// another program has changed since, or that another window has open, is nobody's to write
// over without being asked; then path is "". It reads the disk.
func homeOf(folder, path, journalPath string, c *journal.Content) (at home) {
	if !IsProject(path) {
		return at
	}
	for _, place := range places(folder, path) {
		if place == journalPath {
			continue
		}
		lock, err := journal.TryLock(place)
		if errors.Is(err, journal.ErrLocked) {
			return at
		}
		lock.Unlock()
	}
	p, stored, err := file.OpenProject(context.Background(), path, nil)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		at.path = path
	case err == nil && c.Saved >= 0 && canvas.Same(c.Moments[c.Saved].State, p.State):
		at = home{path, stored.As(c.Moments[c.Saved].State), p.Lossy}
	}
	return at
}

// bringBack shows what a journal holds. at is the project file that it is saved in.
func (k *Keeping) bringBack(j *journal.Journal, c *journal.Content, at home) {
	doc, err := canvas.Restore(c.Moments, c.At)
	if k.desk.Fail(err) {
		_ = j.Close(nil)
		return
	}
	var a about
	_ = json.Unmarshal(c.Meta, &a) // what cannot be read is an untitled canvas
	k.next = &past{doc: doc, j: j}
	k.Easel.Reset(doc, a.Path)
	k.project.path, k.project.stored, k.project.lossy = at.path, at.stored, at.lossy
	if k.saved = nil; c.Saved >= 0 {
		k.saved = c.Moments[c.Saved].State
	}
	notices := append(k.restorePanel(c.Notes), k.restoreNotes(c.Notes, c.Moments)...)
	if len(notices) > 0 { // a line that passes would pass at the next one
		k.desk.Ask(func(w desk.Window) { w.Tell(words.T("Recover a canvas"), notices) })
	}
	switch {
	case c.Damaged > 0:
		k.desk.Say(words.T("Recovered. Some parts of the picture could not be recovered: they are blank or as they were before"))
	case c.Lost:
		k.desk.Say(words.T("Recovered up to the point where the file is damaged; the damaged file was kept"))
	default:
		k.desk.Say(words.T("Recovered “%s” with its history", words.Label(a.Title)))
	}
	if IsProject(a.Path) {
		k.keepBeside()
	}
	k.forgetFound(j.Where())
}

func (k *Keeping) forgetFound(path string) {
	k.found = slices.DeleteFunc(k.found, func(f Found) bool { return f.Journal == path })
}

// Discard puts a found canvas into the trash; the window has asked. There it can be found
// still, until it has lain there for thirty days or the trash is beyond the journal's budget.
func (k *Keeping) Discard(f Found) {
	k.forgetFound(f.Journal)
	folder := k.Folder
	k.file(func() { toTrash(folder, f.Journal) })
}

// AskRecover lists the canvases that can be brought back.
func (k *Keeping) AskRecover() {
	k.LookForRecovery(func(bool) {
		if len(k.Found()) == 0 {
			k.desk.Say(words.T("There is no canvas to recover"))
			return
		}
		k.desk.Show("recovery")
	})
}

// ReopenLast brings back the canvas that was closed last, exported or not, or that a crash closed as its file has
// it. Projects are opened from their files.
func (k *Keeping) ReopenLast() {
	k.LookForRecovery(func(bool) {
		var last *Found
		for i := range k.found {
			if f := &k.found[i]; (f.Why != Crashed || f.asOpened) && f.Err == nil && (last == nil || f.When.After(last.When)) {
				last = f
			}
		}
		if last == nil {
			k.desk.Say(words.T("There is no closed canvas to reopen"))
			return
		}
		k.Recover(*last)
	})
}
