package keeping

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"weak"

	"pentimento/app/desk"
	"pentimento/app/jobs"
	"pentimento/app/words"
	"pentimento/canvas"
	"pentimento/canvas/journal"
	"pentimento/fault"
	"pentimento/pipeline"
)

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
func (k *Keeping) file(work func()) {
	before, done := k.last, make(chan struct{})
	k.last = done
	k.desk.Go("journal", func() {
		defer close(done)
		if before != nil {
			<-before
		}
		work()
	}, nil)
}

// start makes the journal of the document that was just put in place.
func (k *Keeping) start() {
	k.stacks, k.jobs, k.making = map[int64]string{}, map[jobs.ID]jobNote{}, map[jobs.ID]string{}
	k.keys = &noteKeys{key: map[weak.Pointer[pipeline.Result]]string{}}
	k.readOnly, k.panel, k.panelDue = nil, "", false
	p := k.next
	k.next = nil
	if p != nil {
		k.readOnly = p.locked
	}
	switch {
	case k.Folder == "":
	case p != nil && p.j != nil:
		k.j = p.j
	default:
		config := k.journalConfig(newPlace(k.Folder))
		if p != nil && p.lock != nil {
			config.Path, config.Lock = p.place, p.lock
		}
		moments, at := k.Easel.Document().Moments()
		k.j = journal.Create(config, moments, at, k.about())
		if IsProject(k.path) && k.readOnly == nil { // what was just read from its file
			k.j.Saved(k.saved, k.about())
		}
	}
	if k.j != nil {
		k.Easel.Document().Watch(k.j)
	}
	k.desk.Tell(desk.Change{What: desk.NoticesChanged})
}

func (k *Keeping) about() []byte {
	a := about{Path: k.path, Title: "Untitled"}
	if k.path != "" {
		a.Title = filepath.Base(k.path)
	}
	data, _ := json.Marshal(a) // two strings
	return data
}

// journalConfig is how a journal is kept. What it tells becomes a standing notice.
func (k *Keeping) journalConfig(path string) journal.Config {
	quiet, folder := k.quiet, k.Folder
	return journal.Config{
		Path: path, Disk: k.Disk, Exclusive: true, Budget: int64(max(k.desk.Settings.JournalMB, 64)) << 20, Memory: k.Easel.Document().Budget,
		Prepare: func(path string) error {
			if filepath.Dir(path) != filepath.Clean(folder) {
				_ = remember(folder, path) // else it is found when its project is opened
				return nil
			}
			return os.MkdirAll(folder, 0o700)
		},
		Notice: func(error) {
			if quiet.Load() {
				return
			}
			k.desk.Post(func() { k.desk.Tell(desk.Change{What: desk.NoticesChanged}) })
		},
	}
}

// stop lets the present document go. Its journal is closed on another goroutine;
// where the person has left unsaved work behind, it goes to the trash, or, of a project,
// back to the step that the project file holds.
func (k *Keeping) stop(discarded bool) {
	j := k.unwatch()
	if j == nil {
		return
	}
	if discarded && IsProject(k.path) {
		moments, _ := k.Easel.Document().Moments()
		for i, m := range moments {
			if m.State == k.saved {
				j.Moved(i)
			}
		}
	}
	trash := discarded && !IsProject(k.path)
	end, _ := json.Marshal(ending{Discarded: discarded})
	k.file(func() {
		_ = j.Close(end) // what went wrong was reported at the time
		if trash {
			toTrash(k.Folder, j.Where())
		}
	})
}

// unwatch takes the journal off the document, with the last of the panel in it; nil: there is
// none.
func (k *Keeping) unwatch() *journal.Journal {
	j := k.j
	if j != nil {
		k.Easel.Document().Watch(nil)
		if k.panelDue {
			k.writePanel()
		}
		done := map[jobs.ID]bool{} // also at the end, which cancels the others
		for _, i := range k.Fills.Jobs.List() {
			done[i.ID] = i.Status == jobs.Done
		}
		k.made(func(id jobs.ID) bool { return done[id] })
	}
	k.j = nil
	return j
}

// interrupt is stop for a program that is ended from outside: the journal is left as after a
// crash, whole. That its fills were interrupted is not theirs, and no try.
func (k *Keeping) interrupt() {
	j := k.unwatch()
	if j == nil {
		return
	}
	for _, n := range k.jobs {
		n.Tries--
		j.Set(n.note())
	}
	k.file(func() { _ = j.Close(nil) }) // what went wrong was reported at the time
}

// projectSaved tells the journal that the project file now holds a State. It moves beside
// the project where it lay elsewhere.
func (k *Keeping) projectSaved(s *canvas.State) {
	if k.j == nil {
		return
	}
	k.readOnly = nil
	k.keepBeside()
	k.j.Saved(s, k.about())
}

// keepBeside moves the journal to the place of the project that is open, once all file work
// so far is done.
func (k *Keeping) keepBeside() {
	folder, project, j := k.Folder, k.path, k.j
	k.file(func() {
		j.Relocate(places(folder, project), func(path string) error { return makeRoom(folder, path) }, func(err error) {
			if err != nil {
				k.desk.Post(func() {
					k.desk.Say(words.T("The undo history stays in the program's own folder: %s", fault.Plain(err)))
				})
			}
		})
	})
}

// ReadOnly says why the project that is open must not be written over; nil where it may.
func (k *Keeping) ReadOnly() error { return k.readOnly }

// Notice is something that stands in the window until it is over.
type Notice struct{ Text, Advice string }

// Notices lists what stands in the way at the moment.
func (k *Keeping) Notices() []Notice {
	var out []Notice
	var trouble error
	if k.j != nil {
		trouble = k.j.Trouble()
	}
	if trouble != nil {
		why := trouble.Error()
		var known *journal.Error
		if errors.As(trouble, &known) && known.Text != "" {
			why = known.Text // without paths and the system's own words
		}
		out = append(out, Notice{words.T("your painting is not being kept on the disk: %s", why), fault.Hint(trouble)})
	}
	if err := k.readOnly; err != nil {
		out = append(out, Notice{fault.Plain(err), fault.Hint(err)})
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
// calls then on the window's goroutine with what is to keep it and the Document that has it,
// nil where there is none; s is what the file holds. then must show the project (reset).
func (k *Keeping) withPast(project string, s *canvas.State, then func(*Keeping, *canvas.Document)) {
	if k.Folder == "" {
		k.Easel.Room(func(k *Keeping) { then(k, nil) })
		return
	}
	folder, config := k.Folder, k.journalConfig("")
	k.file(func() {
		p := pastOf(folder, project, s, config)
		k.desk.Post(func() {
			k.Easel.Room(func(k *Keeping) {
				k.next = &p
				then(k, p.doc)
				if p.notice != "" {
					k.desk.Say(p.notice)
				}
			})
		})
	})
}

// pastOf does the slow part of withPast. A journal that holds more than the file, because
// the program crashed, is set aside to be offered.
func pastOf(folder, project string, s *canvas.State, config journal.Config) past {
	name := filepath.Base(project)
	var free past // where a new journal may lie
	for _, path := range places(folder, project) {
		lock, err := journal.TryLock(path)
		if errors.Is(err, journal.ErrLocked) {
			free.lock.Unlock()
			return past{locked: fault.New(name+" is open in another window, so this one works on a copy and does not overwrite the file",
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
		p.notice = words.T("The undo history of %s cannot be read: %s", name, fault.Plain(err))
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
			_ = remember(folder, p.place) // it may have come from another machine
			return past{doc: doc, j: j}
		}
	}
	_ = j.Close(nil) // leaves the file as it is, and lets go of the lock
	if c.Clean {
		toTrash(folder, p.place)
		p.notice = words.T("%s was changed by another program, so its undo history was not applied", name)
	} else {
		setAside(folder, p.place)
		p.notice = words.T("There is newer work on %s from a session that crashed or was ended: see File, Recover a canvas", name)
	}
	if p.lock, err = journal.TryLock(p.place); err != nil {
		p.locked = err
	}
	return p
}
