package editor

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"weak"

	"pentimento/app/desk"
	"pentimento/app/jobs"
	"pentimento/canvas"
	"pentimento/canvas/journal"
	"pentimento/fault"
	"pentimento/pipeline"
)

// logbook is the editor's side of the journal: which one the document writes, what it was
// told of candidates and jobs, and what stands in its way. All of it belongs to the
// window's goroutine but keys, which jobs ask for.
//
// 2026-11-25: the window's goroutine only hands over pointers and a few lines of JSON; files
// are opened, locked, moved and closed on others.
type logbook struct {
	j        *journal.Journal // nil where none is kept
	next     *past            // what the document that is about to be shown goes on with
	stacks   map[int64]string // what was last noted of each stack
	jobs     map[jobs.ID]string
	keys     *noteKeys
	panel    string // what was last noted of the panel
	panelDue bool   // it will be noted soon
	readOnly error  // why the project must not be written over
	found    []Found
	last     chan struct{} // closed when all file work so far is done; nil: none
	quiet    *atomic.Bool  // the window is gone: nobody is told anything
}

// noteKeys are the keys of results' notes.
type noteKeys struct {
	mu  sync.Mutex
	n   int64
	key map[weak.Pointer[pipeline.Result]]string
}

// about is what the journal says of its document as a whole.
type about struct {
	Path  string `json:"path"`  // of the opened picture or project
	Title string `json:"title"` // for people
}

// ending is what a clean end says.
type ending struct {
	Discarded bool `json:"discarded"` // the person left unsaved work behind on purpose
}

// file does work on files on another goroutine, one piece after another in the order of
// the calls.
func (k *logbook) file(work func()) {
	before, done := k.last, make(chan struct{})
	k.last = done
	go func() {
		defer close(done)
		if before != nil {
			<-before
		}
		work()
	}()
}

// startKeeping makes the journal of the document that was just put in place.
func (e *Editor) startKeeping() {
	k := &e.logbook
	k.stacks, k.jobs, k.keys = map[int64]string{}, map[jobs.ID]string{}, &noteKeys{key: map[weak.Pointer[pipeline.Result]]string{}}
	k.readOnly, k.panel = nil, ""
	if k.quiet == nil {
		k.quiet = new(atomic.Bool)
	}
	p := k.next
	k.next = nil
	if p != nil {
		k.readOnly = p.locked
	}
	switch {
	case e.Folder == "":
	case p != nil && p.j != nil:
		k.j = p.j
	default:
		config := e.journalConfig(newPlace(e.Folder))
		if p != nil && p.lock != nil {
			config.Path, config.Lock = p.place, p.lock
		}
		moments, at := e.doc.Moments()
		k.j = journal.Create(config, moments, at, e.about())
		if isProject(e.path) && k.readOnly == nil { // what was just read from its file
			k.j.Saved(e.saved, e.about())
		}
	}
	if k.j != nil {
		e.doc.Watch(k.j)
	}
	e.Tell(desk.Change{What: desk.NoticesChanged})
}

func (e *Editor) about() []byte {
	a := about{Path: e.path, Title: "Untitled"}
	if e.path != "" {
		a.Title = filepath.Base(e.path)
	}
	data, _ := json.Marshal(a) // two strings
	return data
}

// journalConfig is how a journal is kept. What it tells is told as a standing notice.
func (e *Editor) journalConfig(path string) journal.Config {
	quiet, folder := e.logbook.quiet, e.Folder
	return journal.Config{
		Path: path, Disk: e.disk, Exclusive: true, Budget: int64(max(e.Settings.JournalMB, 64)) << 20, Memory: e.doc.Budget,
		Prepare: func(path string) error {
			if filepath.Dir(path) != filepath.Clean(folder) {
				return nil
			}
			return os.MkdirAll(folder, 0o700)
		},
		Notice: func(error) {
			if quiet.Load() {
				return
			}
			e.Post(func() { e.Tell(desk.Change{What: desk.NoticesChanged}) })
		},
	}
}

// stopKeeping lets the present document go. Its journal is closed on another goroutine;
// where the person has left unsaved work behind, it goes to the trash, or, of a project,
// back to the step that the project file holds.
func (e *Editor) stopKeeping(discarded bool) {
	k := &e.logbook
	j := k.j
	if k.j = nil; j == nil {
		return
	}
	e.doc.Watch(nil)
	if k.panelDue {
		k.j = j
		e.writePanel()
		k.j = nil
	}
	if discarded && isProject(e.path) {
		moments, _ := e.doc.Moments()
		for i, m := range moments {
			if m.State == e.saved {
				j.Moved(i)
			}
		}
	}
	trash := discarded && !isProject(e.path)
	end, _ := json.Marshal(ending{Discarded: discarded})
	k.file(func() {
		_ = j.Close(end) // what went wrong was told while it did
		if trash {
			toTrash(e.Folder, j.Where())
		}
	})
}

// projectSaved tells the journal that the project file now holds a State. It moves beside
// the project where it lay elsewhere.
func (e *Editor) projectSaved(s *canvas.State) {
	k := &e.logbook
	if k.j == nil {
		return
	}
	k.readOnly = nil
	e.keepBeside()
	k.j.Saved(s, e.about())
}

// keepBeside moves the journal to the place of the project that is open, once all file work
// so far is done.
func (e *Editor) keepBeside() {
	folder, project, j := e.Folder, e.path, e.logbook.j
	e.logbook.file(func() {
		j.Relocate(places(folder, project), func(path string) error { return makeRoom(folder, path) }, func(err error) {
			if err != nil {
				e.Post(func() { e.Say("The undo history stays in the program's own folder: " + err.Error()) })
			}
		})
	})
}

// ReadOnly says why the project that is open must not be written over; nil where it may.
func (e *Editor) ReadOnly() error { return e.logbook.readOnly }

// Notice is something that stands in the window until it is over.
type Notice struct{ Text, Advice string }

// Notices lists what stands in the way at the moment.
func (e *Editor) Notices() []Notice {
	var out []Notice
	var trouble error
	if e.logbook.j != nil {
		trouble = e.logbook.j.Trouble()
	}
	if trouble != nil {
		why := trouble.Error()
		var known *journal.Error
		if errors.As(trouble, &known) && known.Text != "" {
			why = known.Text // without paths and the system's own words
		}
		out = append(out, Notice{"what is painted is not kept on the disk: " + why, fault.Hint(trouble)})
	}
	if err := e.logbook.readOnly; err != nil {
		out = append(out, Notice{err.Error(), fault.Hint(err)})
	}
	return out
}

// past is what the journal beside a project knows of it.
type past struct {
	doc    *canvas.Document // with its history; nil: the file's own
	j      *journal.Journal // to go on with; nil: a new one at place
	place  string
	lock   *journal.Lock
	locked error  // the project is open in another window
	notice string // to be said
}

// withPast looks for the history of a project that was just read from its file, and then
// calls then on the window's goroutine with the Document that has it, nil where there is
// none; s is what the file holds. then must show the project (reset).
func (e *Editor) withPast(project string, s *canvas.State, then func(*canvas.Document)) {
	if e.Folder == "" {
		then(nil)
		return
	}
	e.stopKeeping(e.Unsaved()) // it may be the same project once more
	folder, config := e.Folder, e.journalConfig("")
	e.logbook.file(func() {
		p := pastOf(folder, project, s, config)
		e.Post(func() {
			e.logbook.next = &p
			then(p.doc)
			if p.notice != "" {
				e.Say(p.notice)
			}
		})
	})
}

// pastOf does the slow part of withPast. A journal that holds more than the file, because
// the program did not end well, is set aside to be offered.
func pastOf(folder, project string, s *canvas.State, config journal.Config) past {
	name := filepath.Base(project)
	var free past // where a new journal may lie
	for _, path := range places(folder, project) {
		lock, err := journal.TryLock(path)
		if errors.Is(err, journal.ErrLocked) {
			free.lock.Unlock()
			return past{locked: fault.New(name+" is open in another window: this one works on a copy and does not write over the file",
				"save under another name, or close this window and go on in the other one")}
		}
		if err != nil {
			continue // the folder cannot be written to: the program's own is next
		}
		if _, err := os.Stat(path); err == nil {
			free.lock.Unlock()
			return pastAt(folder, name, s, config, past{place: path, lock: lock})
		}
		if free.lock == nil {
			free = past{place: path, lock: lock}
		} else {
			lock.Unlock()
		}
	}
	return free
}

// pastAt reads the journal of a project called name whose place and lock are p's.
func pastAt(folder, name string, s *canvas.State, config journal.Config, p past) past {
	config.Path, config.Lock = p.place, p.lock
	j, c, err := journal.Open(config)
	if err != nil {
		p.notice = "The undo history of " + name + " cannot be read: " + err.Error()
		setAside(folder, p.place)
		return p
	}
	if c.Clean && c.Saved >= 0 && canvas.Same(c.Moments[c.Saved].State, s) {
		if doc, err := canvas.Restore(c.Moments, c.Saved); err == nil {
			if c.At != c.Saved {
				j.Moved(c.Saved)
			}
			for _, n := range c.Notes { // the file holds them, and they are noted from there
				j.Drop(n.Key)
			}
			return past{doc: doc, j: j}
		}
	}
	_ = j.Close(nil) // leaves the file as it is, and lets go of the lock
	if c.Clean {
		toTrash(folder, p.place)
		p.notice = name + " was changed by another program: its undo history was not applied"
	} else {
		setAside(folder, p.place)
		p.notice = "There is newer work on " + name + " from a session that did not end well: File → Recover a canvas"
	}
	if p.lock, err = journal.TryLock(p.place); err != nil {
		p.locked = err
	}
	return p
}
