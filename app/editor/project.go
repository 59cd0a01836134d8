package editor

import (
	"context"
	"errors"
	"fmt"
	"image"
	"path/filepath"
	"strings"
	"sync"

	"pentimento/app/desk"
	"pentimento/app/fills"
	"pentimento/canvas"
	"pentimento/canvas/file"
	"pentimento/canvas/render"
)

// project is the file that the document is kept in.
//
// 2026-11-25: saving is no job of the queue: it must not wait behind a fill. It runs on a
// goroutine of its own, one at a time, on a frozen State; painting goes on meanwhile.
type project struct {
	path   string       // "" while the document is in no project file
	stored *file.Stored // what that file holds
	lossy  bool         // saving over it would lose something that is in it
	// kept are the candidates that the file holds.
	kept map[*fills.Candidate]bool
	// busy says that a save runs; waiting are those that follow it.
	busy    bool
	saving  *canvas.State // what the running one writes
	waiting []saveJob
	// running is waited for when the program ends.
	running sync.WaitGroup
}

// saveJob is a save that was asked for, with what it writes.
type saveJob struct {
	doc    *canvas.Document
	path   string
	frozen *frozen
	done   func(error)
}

// ProjectPath is the project file that the document is kept in, "" for none.
func (e *Editor) ProjectPath() string { return e.project.path }

// Unsaved says whether there is work that neither a project file nor an export holds, or
// that is still being computed.
func (e *Editor) Unsaved() bool {
	if e.unsavedWork() {
		return true
	}
	for _, s := range e.Fills.Stacks() {
		if e.Jobs.Active(s.ID) > 0 {
			return true
		}
	}
	return false
}

// unsavedWork leaves out what is still being computed.
func (e *Editor) unsavedWork() bool {
	if e.doc.State() != e.saved && !e.Empty() {
		return true
	}
	for _, s := range e.Fills.Stacks() {
		for _, c := range s.Candidates {
			if !e.project.kept[c] {
				return true
			}
		}
	}
	return false
}

// guard asks before unsaved work is left behind. Saving goes on to then once the file
// holds everything.
func (e *Editor) guard(what string, then func()) {
	if !e.Unsaved() || e.Window == nil {
		then()
		return
	}
	text := "This picture has changes that no project file and no export holds."
	if !e.unsavedWork() {
		text = "A fill of this picture is still being computed."
	}
	e.Window.Confirm("Unsaved work", text, "Discard and "+what, then, func() {
		e.save(func(err error) {
			if err == nil && !e.unsavedWork() {
				then()
			}
		})
	})
}

// Save writes the project to its file; one that has none is asked for.
func (e *Editor) Save() { e.save(nil) }

func (e *Editor) save(done func(error)) {
	if e.project.path == "" || e.project.lossy || e.ReadOnly() != nil {
		e.saveAs(done)
		return
	}
	e.SaveTo(e.project.path, done)
}

// SaveAs asks for a name and writes the project there; it is the document's file from then on.
func (e *Editor) SaveAs() { e.saveAs(nil) }

func (e *Editor) saveAs(done func(error)) {
	e.Ask(func(w desk.Window) {
		w.AskSave(e.projectName(), func(path string) {
			if !strings.EqualFold(filepath.Ext(path), file.ProjectExtension) {
				path += file.ProjectExtension
			}
			e.SaveTo(path, done)
		})
	})
}

// projectName is what a project is offered to be called.
func (e *Editor) projectName() string {
	name := "untitled"
	if e.path != "" {
		name = strings.TrimSuffix(filepath.Base(e.path), filepath.Ext(e.path))
	}
	if e.project.lossy {
		name += "-pentimento"
	}
	return name + file.ProjectExtension
}

// SaveTo writes the project to a file, whole or not at all, and makes it the document's.
// done (may be nil) is called on the window's goroutine with the outcome. A save that is
// asked for while another one runs follows it.
func (e *Editor) SaveTo(path string, done func(error)) {
	pr := &e.project
	if why := e.ReadOnly(); why != nil && path == pr.path {
		e.Fail(why)
		return
	}
	job := saveJob{e.doc, path, e.freeze(e.doc.State()), done}
	if last := len(pr.waiting) - 1; last >= 0 && pr.waiting[last].doc == job.doc && pr.waiting[last].path == path {
		before := pr.waiting[last].done // the newer one holds all of the older
		job.done = func(err error) {
			for _, f := range []func(error){before, done} {
				if f != nil {
					f(err)
				}
			}
		}
		pr.waiting = pr.waiting[:last]
	}
	pr.waiting = append(pr.waiting, job)
	e.nextSave()
}

// nextSave starts the first save that waits, unless one runs.
func (e *Editor) nextSave() {
	pr := &e.project
	if pr.busy || len(pr.waiting) == 0 {
		return
	}
	job := pr.waiting[0]
	pr.waiting = pr.waiting[1:]
	var stored *file.Stored
	if pr.busy = true; job.doc == e.doc {
		stored, pr.saving = pr.stored, job.frozen.state
	}
	e.Tell(desk.Change{What: desk.ProjectChanged})
	pr.running.Go(func() {
		p, kept := job.frozen.project()
		now, err := file.SaveProject(context.Background(), job.path, p, stored)
		e.Post(func() { e.wasSaved(job, now, kept, err) })
	})
}

// wasSaved takes note of a save that ended.
func (e *Editor) wasSaved(job saveJob, now *file.Stored, kept map[*fills.Candidate]bool, err error) {
	pr := &e.project
	pr.busy = false
	if err == nil && job.doc == e.doc { // else another document was opened meanwhile
		pr.path, pr.stored, pr.kept, pr.lossy = job.path, now, kept, false
		e.path, e.saved = job.path, pr.saving
		e.projectSaved(e.saved)
	}
	pr.saving = nil
	if !e.Fail(err) {
		e.Settings.AddRecent(job.path)
		e.Say("Saved " + filepath.Base(job.path))
	}
	e.Tell(desk.Change{What: desk.ProjectChanged | desk.HistoryChanged})
	if job.done != nil {
		job.done(err)
	}
	e.nextSave()
}

// leaveProject forgets the file when another document takes the place of its own. What is
// being saved goes on.
func (e *Editor) leaveProject() {
	pr := &e.project
	pr.path, pr.stored, pr.lossy, pr.kept, pr.saving = "", nil, false, nil, nil
}

// activated follows a change of the active layer, which makes a new State and is no change
// of the picture.
func (e *Editor) activated(old, now *canvas.State) {
	if e.saved == old {
		e.saved = now
	}
	if e.project.saving == old {
		e.project.saving = now
	}
}

// openProject reads a project file and shows it. It runs as a job's work.
func (e *Editor) openProject(ctx context.Context, path string, report func(float64)) error {
	p, stored, err := file.OpenProject(ctx, path, report)
	var got *thawed
	if err == nil {
		got = thaw(p)
	}
	e.Post(func() {
		switch {
		case err == nil:
			e.showProject(path, p, stored, got)
		case !errors.Is(err, context.Canceled):
			e.Fail(err)
		}
	})
	return err
}

// showProject makes an opened project the document, with its undo history where the journal
// beside it has one.
func (e *Editor) showProject(path string, p *file.Project, stored *file.Stored, got *thawed) {
	e.withPast(path, p.State, func(doc *canvas.Document) {
		if doc == nil {
			doc = canvas.Open("Open "+filepath.Base(path), p.State)
		} else {
			stored = stored.As(doc.State())
		}
		e.reset(doc, path)
		e.project.path, e.project.stored, e.project.lossy = path, stored, p.Lossy
		e.Settings.AddRecent(path)
		notices := append(p.Notices, e.restore(got)...)
		if p.Lossy {
			notices = append(notices, "Saving will ask for another name, so that nothing in this file is lost")
		}
		e.Tell(desk.Change{What: desk.ProjectChanged | desk.FillChanged | desk.CandidatesChanged | desk.Picture | desk.OverlayChanged, Dirty: e.view.Visible()})
		if len(notices) > 0 && e.Window != nil {
			e.Window.Tell(filepath.Base(path), notices)
		}
	})
}

// flattener gives a project file the pictures that other programs show.
func flattener(p *file.Project, s *canvas.State) {
	p.State = s
	p.Flatten = func(r image.Rectangle) *image.NRGBA { return render.Flatten(s, r, render.FlattenOptions{}) }
	p.Small = func(size int) *image.NRGBA { return render.Thumbnail(s, 0, size) }
}

// isProject says whether a name is a project file's, for drops.
func isProject(path string) bool { return strings.EqualFold(filepath.Ext(path), file.ProjectExtension) }

// OpensAlone says whether a dropped file is opened and not placed: a project.
func OpensAlone(paths []string) bool { return len(paths) == 1 && isProject(paths[0]) }

// Title is what the document is called, with a mark where it is unsaved.
func (e *Editor) Title() string {
	name := "untitled"
	if e.path != "" {
		name = e.path[strings.LastIndexAny(e.path, `/\`)+1:]
	}
	switch {
	case e.project.busy:
		name += " (saving…)"
	case e.Unsaved():
		name += " •"
	}
	return name
}

// missing is a notice about a model that a project names and that is not there.
func missing(model string) string {
	return fmt.Sprintf("The model %q that this project fills with is not there any more (%s). Open another checkpoint, or put it back; its settings are kept",
		filepath.Base(model), filepath.Dir(model))
}
