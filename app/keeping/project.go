package keeping

import (
	"context"
	"errors"
	"image"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"

	"pentimento/app/desk"
	"pentimento/app/fills"
	"pentimento/app/words"
	"pentimento/canvas"
	"pentimento/canvas/file"
	"pentimento/canvas/render"
	"pentimento/fault"
)

// project is the file that the document is kept in.
//
// 2026-11-25: saving isn't a job of the queue: it must not wait behind a fill. It runs on a
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
	ended   atomic.Pointer[saveEnd]
	waiting []saveJob
}

// saveJob is a save that was asked for, with what it writes.
type saveJob struct {
	doc    *canvas.Document
	path   string
	frozen *frozen
	done   func(error)
}

// ProjectPath is the project file that the document is kept in, "" for none.
func (k *Keeping) ProjectPath() string { return k.project.path }

// Unsaved says whether there is work that neither a project file nor an export holds, or
// that is still being computed.
func (k *Keeping) Unsaved() bool {
	if k.unsavedWork() {
		return true
	}
	if !k.Easel.Empty() && k.Fills.Jobs.Active(k.Fills.Group()) > 0 {
		return true
	}
	for _, s := range k.Fills.Stacks() {
		if k.Fills.Active(s) > 0 {
			return true
		}
	}
	return false
}

// unsavedWork leaves out what is still being computed.
func (k *Keeping) unsavedWork() bool {
	if k.Easel.Document().State() != k.saved && !k.Easel.Empty() {
		return true
	}
	for _, s := range k.Fills.Stacks() {
		for _, c := range s.Candidates {
			if !k.project.kept[c] {
				return true
			}
		}
	}
	return false
}

// Guard asks before unsaved work is left behind; discard is what the button says that goes
// on without saving. Saving goes on to then once the file contains everything.
func (k *Keeping) Guard(discard string, then func()) {
	if !k.Unsaved() || k.desk.Window == nil {
		then()
		return
	}
	text := words.T("“%s” has unsaved changes.", k.Name())
	if !k.unsavedWork() {
		text = words.T("A change of this picture is still being computed.")
	}
	k.desk.Window.Confirm(words.T("Unsaved work"), text, discard, then, func() {
		k.save(func(err error) {
			if err == nil && !k.unsavedWork() {
				then()
			}
		})
	})
}

// Save writes the project to its file; one that has none is asked for.
func (k *Keeping) Save() { k.save(nil) }

func (k *Keeping) save(done func(error)) {
	if k.project.path == "" || k.project.lossy || k.ReadOnly() != nil {
		k.saveAs(done)
		return
	}
	k.SaveTo(k.project.path, done)
}

// SaveAs asks for a name and writes the project there; it is the document's file from then on.
func (k *Keeping) SaveAs() { k.saveAs(nil) }

func (k *Keeping) saveAs(done func(error)) {
	k.desk.Ask(func(w desk.Window) {
		w.AskSave(k.projectName(), func(path string) {
			if !strings.EqualFold(filepath.Ext(path), file.ProjectExtension) {
				path += file.ProjectExtension
			}
			k.SaveTo(path, done)
		})
	})
}

// projectName is what a project is offered to be called.
func (k *Keeping) projectName() string {
	name := words.T("untitled")
	if k.path != "" {
		name = strings.TrimSuffix(filepath.Base(k.path), filepath.Ext(k.path))
	}
	if k.project.lossy {
		name += "-pentimento"
	}
	return name + file.ProjectExtension
}

// SaveTo writes the project to a file, whole or not at all, and makes it the document's.
// done (may be nil) is called on the window's goroutine with the outcome. A save that is
// asked for while another one runs follows it.
func (k *Keeping) SaveTo(path string, done func(error)) {
	pr := &k.project
	if why := k.ReadOnly(); why != nil && path == pr.path {
		k.desk.Fail(why)
		return
	}
	if k.Easel.Elsewhere(path) {
		k.desk.Fail(fault.New("save: "+filepath.Base(path)+" is open in another tab", "choose another name, or close that tab first"))
		return
	}
	job := saveJob{k.Easel.Document(), path, k.freeze(k.Easel.Document().State()), done}
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
	k.nextSave()
}

// nextSave starts the first save that waits, unless one runs.
func (k *Keeping) nextSave() {
	pr := &k.project
	if pr.busy || len(pr.waiting) == 0 {
		return
	}
	job := pr.waiting[0]
	pr.waiting = pr.waiting[1:]
	var stored *file.Stored
	if pr.busy = true; job.doc == k.Easel.Document() {
		stored, pr.saving = pr.stored, job.frozen.state
	}
	k.savers[k] = true
	k.desk.Tell(desk.Change{What: desk.ProjectChanged})
	k.running.Go(func() {
		end := &saveEnd{saveJob: job}
		if err := fault.Guard("save", func() {
			var p *file.Project
			p, end.kept = job.frozen.project()
			end.now, end.err = file.SaveProject(context.Background(), job.path, p, stored)
		}); err != nil {
			end.err = err
		}
		pr.ended.Store(end)
		k.desk.Post(k.takeSaved)
	})
}

// saveEnd is how a save ended.
type saveEnd struct {
	saveJob
	now  *file.Stored
	kept map[*fills.Candidate]bool
	err  error
}

// takeSaved takes note of a save that ended, once. At the end of the program nobody is told.
func (k *Keeping) takeSaved() {
	pr := &k.project
	end := pr.ended.Swap(nil)
	if end == nil {
		return
	}
	pr.busy = false
	delete(k.savers, k)
	if end.err == nil && end.doc == k.Easel.Document() { // else another document was opened meanwhile
		pr.path, pr.stored, pr.kept, pr.lossy = end.path, end.now, end.kept, false
		k.path, k.saved = end.path, pr.saving
		k.projectSaved(k.saved)
	}
	pr.saving = nil
	if end.err == nil {
		k.desk.Settings.AddRecent(end.path)
	}
	if !k.quiet.Load() {
		if !k.desk.Fail(end.err) {
			k.desk.Say(words.T("Saved %s", filepath.Base(end.path)))
		}
		k.desk.Tell(desk.Change{What: desk.ProjectChanged | desk.HistoryChanged})
		if end.done != nil {
			end.done(end.err)
		}
	}
	k.nextSave()
}

// leaveProject forgets the file when another document takes the place of its own. What is
// being saved goes on.
func (k *Keeping) leaveProject() {
	pr := &k.project
	pr.path, pr.stored, pr.lossy, pr.kept, pr.saving = "", nil, false, nil, nil
}

// Activated follows a change of the active layer, which makes a new State and isn't a change
// of the picture.
func (k *Keeping) Activated(old, now *canvas.State) {
	if k.saved == old {
		k.saved = now
	}
	if k.project.saving == old {
		k.project.saving = now
	}
}

// OpenProject reads a project file and shows it. It runs as a job's work. opened is called on the
// window's goroutine once it is shown, or with the reason why it is not.
func (k *Keeping) OpenProject(ctx context.Context, path string, report func(float64), opened func(error)) error {
	p, stored, err := file.OpenProject(ctx, path, report)
	var got *thawed
	if err == nil {
		got = thaw(p)
		p.State.Source.Space() // is slow once
	}
	k.desk.Post(func() {
		if err == nil {
			k.showProject(path, p, stored, got, opened)
			return
		}
		if !errors.Is(err, context.Canceled) {
			k.desk.Fail(err)
		}
		opened(err)
	})
	return err
}

// showProject makes an opened project the document, with its undo history where the journal
// beside it has one.
func (k *Keeping) showProject(path string, p *file.Project, stored *file.Stored, got *thawed, opened func(error)) {
	k.withPast(path, p.State, func(k *Keeping, doc *canvas.Document) {
		if doc == nil {
			doc = canvas.Open("Open "+filepath.Base(path), p.State)
		} else {
			stored = stored.As(doc.State())
		}
		k.Easel.Reset(doc, path)
		k.project.path, k.project.stored, k.project.lossy = path, stored, p.Lossy
		k.desk.Settings.AddRecent(path)
		notices := append(p.Notices, k.restore(got)...)
		if p.Lossy {
			notices = append(notices, words.T("Saving will ask for another name, so that nothing in this file is lost"))
		}
		k.desk.Tell(desk.Change{What: desk.ProjectChanged | desk.FillChanged | desk.CandidatesChanged | desk.Picture | desk.OverlayChanged, Dirty: k.Easel.View().Visible()})
		if len(notices) > 0 && k.desk.Window != nil {
			k.desk.Window.Tell(filepath.Base(path), notices)
		}
		opened(nil)
	})
}

// flattener gives a project file the pictures that other programs show.
func flattener(p *file.Project, s *canvas.State) {
	p.State = s
	p.Flatten = func(r image.Rectangle) *image.NRGBA { return render.Flatten(s, r, render.FlattenOptions{}) }
	p.Small = func(size int) *image.NRGBA { return render.Thumbnail(s, 0, size) }
}

// IsProject says whether a name is a project file's, for drops.
func IsProject(path string) bool { return strings.EqualFold(filepath.Ext(path), file.ProjectExtension) }

// OpensAlone says whether a dropped file is opened and not placed: a project, or a file of
// layers of another program.
func OpensAlone(paths []string) bool {
	return len(paths) == 1 && (IsProject(paths[0]) || slices.Contains(file.Layered, strings.ToLower(filepath.Ext(paths[0]))))
}

// Endings are those of the names of files that open, without the dot.
func Endings() []string {
	var out []string
	for _, e := range append([]string{file.ProjectExtension}, file.Extensions...) {
		out = append(out, e[1:])
	}
	return out
}

// Name is what the document is called.
func (k *Keeping) Name() string {
	if k.path == "" {
		return words.T("untitled")
	}
	return k.path[strings.LastIndexAny(k.path, `/\`)+1:]
}

// Title is its name with a mark where it is unsaved.
func (k *Keeping) Title() string {
	name := k.Name()
	switch {
	case k.project.busy:
		name += " " + words.T("(saving…)")
	case k.Unsaved():
		name += " •"
	}
	return name
}

// missing is a notice about a model that a project names and that can't be found.
func missing(model string) string {
	return words.T("The model %q that this project uses can't be found in %s. Open another checkpoint or put it back; its settings are kept.",
		filepath.Base(model), filepath.Dir(model))
}
