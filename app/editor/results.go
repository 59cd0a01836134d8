package editor

import (
	"context"
	"fmt"
	"image"
	"strings"
	"sync"
	"time"

	"pentimento/app/desk"
	"pentimento/app/library"
	"pentimento/canvas"
)

// keeper does slow work for the library one piece after another, off the window's
// goroutine.
type keeper struct {
	mu      sync.Mutex
	queue   []func()
	running bool
	done    sync.WaitGroup
}

func (k *keeper) add(work func()) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.queue = append(k.queue, work)
	k.done.Add(1)
	if !k.running {
		k.running = true
		go k.run()
	}
}

func (k *keeper) run() {
	for {
		k.mu.Lock()
		if len(k.queue) == 0 {
			k.running = false
			k.mu.Unlock()
			return
		}
		work := k.queue[0]
		k.queue = k.queue[1:]
		k.mu.Unlock()
		work()
		k.done.Done()
	}
}

// flushTime is how long the program waits at its end for results to reach the disk.
const flushTime = 20 * time.Second

// flush waits for everything that was added.
func (k *keeper) flush() {
	done := make(chan struct{})
	go func() { k.done.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(flushTime):
	}
}

// keepResult writes a candidate that has just arrived into the library.
func (e *Editor) keepResult(s *Stack, c *Candidate) {
	if e.Library == nil || e.Settings.ResultsMB <= 0 || c.Patch.Rect.Empty() {
		return
	}
	c.ID = library.NewID(c.When)
	mask := s.request.Mask
	if mask == nil {
		mask = c.Result.Request.Mask
	}
	r := &library.Result{Patch: c.Patch, Mask: mask, Frame: c.Result.Request.Frame, Program: "Pentimento " + e.Version}
	model := c.Result.Request.Model
	e.Models.Learn(model)
	e.keeper.add(func() {
		r.Fill = e.record(c)
		if err := e.Library.Save(context.Background(), c.ID, r); err != nil {
			e.Post(func() { e.libraryFailed(err) })
		}
	})
}

// libraryFailed tells once in a while that results cannot be kept: painting goes on.
func (e *Editor) libraryFailed(err error) {
	if now().Sub(e.libraryTold) > time.Minute {
		e.libraryTold = now()
		e.Say("Results are not kept: " + err.Error())
	}
}

// followLibrary keeps the library's budget and what it must not delete up to date.
func (e *Editor) followLibrary(c desk.Change) {
	if e.Library == nil {
		return
	}
	if c.What&desk.SettingsChanged != 0 {
		e.Library.SetBudget(int64(e.Settings.ResultsMB) << 20)
	}
	if c.What&(desk.CandidatesChanged|desk.DocumentOpened) == 0 {
		return
	}
	var ids []string
	stacks := e.stacks
	if e.discarded != nil {
		stacks = append(stacks[:len(stacks):len(stacks)], e.discarded)
	}
	for _, s := range stacks {
		for _, c := range s.Candidates {
			if c.ID != "" {
				ids = append(ids, c.ID)
			}
		}
	}
	e.Library.SetHeld(ids)
}

// Favourite marks the candidate on show in the library, or takes the mark away.
func (e *Editor) Favourite() {
	s := e.Shown()
	if !canFavour(e) {
		return
	}
	c := s.Current()
	if c.ID == "" { // one that was there when a project was opened
		e.keepResult(s, c)
	}
	if c.ID == "" {
		return
	}
	c.Favourite = !c.Favourite
	e.StarResult(c.ID, c.Favourite, nil)
	e.Tell(desk.Change{What: desk.CandidatesChanged})
}

func isFavourite(e *Editor) bool {
	s := e.Shown()
	return s != nil && s.Current() != nil && s.Current().Favourite
}

func canFavour(e *Editor) bool {
	s := e.Shown()
	return e.Library != nil && s != nil && s.Current() != nil
}

// ResultRow is one line of the library.
type ResultRow struct {
	ID        string
	Title     string // the prompt, or what was done
	Detail    string
	Favourite bool
	Trashed   bool
}

// Results looks for what the library keeps and hands it over on the window's goroutine,
// latest first, with a line on how much room it takes.
func (e *Editor) Results(words string, favourites, trash bool, then func(rows []ResultRow, usage string)) {
	if e.Library == nil {
		then(nil, "No results are kept")
		return
	}
	budget := e.Settings.ResultsMB
	e.keeper.add(func() {
		err := e.Library.Refresh()
		var rows []ResultRow
		for _, x := range e.Library.List(library.Query{Words: words, Favourites: favourites, Trash: trash}) {
			rows = append(rows, resultRow(x))
		}
		used, damaged := e.Library.Usage()
		usage := fmt.Sprintf("%s; all that is kept takes %.1f of %d MB", plural(len(rows), "result", "results"), float64(used)/(1<<20), budget)
		if damaged > 0 {
			usage += fmt.Sprintf("; %s cannot be read", plural(damaged, "file", "files"))
		}
		e.Post(func() {
			if err != nil {
				e.libraryFailed(err)
			}
			then(rows, usage)
		})
	})
}

func resultRow(x library.Entry) ResultRow {
	f := x.Fill
	title := strings.Join(strings.Fields(f.Prompt), " ")
	if title == "" {
		title = f.Task + " with " + f.Engine
	}
	detail := fmt.Sprintf("%s   %d × %d   seed %d", x.When.Local().Format("2006-01-02 15:04"), x.Size.X, x.Size.Y, f.Seed)
	if f.Model != "" {
		detail += "   " + f.Model
	}
	return ResultRow{ID: x.ID, Title: title, Detail: detail, Favourite: x.Favourite, Trashed: x.Trashed}
}

// onLibrary runs work on the disk and then tells what went wrong, or calls then (may be nil).
func (e *Editor) onLibrary(work func(*library.Store) error, then func()) {
	if e.Library == nil {
		return
	}
	e.keeper.add(func() {
		err := work(e.Library)
		e.Post(func() {
			if !e.Fail(err) && then != nil {
				then()
			}
		})
	})
}

// StarResult makes an entry a favourite or an ordinary one; then (may be nil) is called when
// that is done, as with its siblings.
func (e *Editor) StarResult(id string, on bool, then func()) {
	e.onLibrary(func(s *library.Store) error { return s.Star(id, on) }, then)
}

// TrashResult puts an entry into the trash; RestoreResult takes it out again.
func (e *Editor) TrashResult(id string, then func()) {
	e.onLibrary(func(s *library.Store) error { return s.Trash(id) }, then)
}

// RestoreResult takes an entry out of the trash.
func (e *Editor) RestoreResult(id string, then func()) {
	e.onLibrary(func(s *library.Store) error { return s.Restore(id) }, then)
}

// ResultPicture hands over an entry's pixels, for a thumbnail; nil where they cannot be
// read. then is called on a goroutine of its own: what it does with them is slow, too.
func (e *Editor) ResultPicture(id string, then func(*image.NRGBA)) {
	go func() {
		r, err := e.Library.Load(context.Background(), id)
		if err != nil {
			then(nil)
			return
		}
		then(r.Patch)
	}()
}

// loadResult reads an entry and hands it over as a card.
func (e *Editor) loadResult(id string, then func(*Card, *library.Result)) {
	var r *library.Result
	e.onLibrary(func(s *library.Store) (err error) {
		r, err = s.Load(context.Background(), id)
		return err
	}, func() {
		c := e.fillCard("a kept result", r.Fill)
		c.mask, c.place = r.Mask, func() { e.placeResult(r) }
		c.keep = func() { e.AddReference("Result", r.Patch) }
		then(c, r)
	})
}

// UseResult restores frame, mask and all settings of a kept result.
func (e *Editor) UseResult(id string) {
	e.loadResult(id, func(c *Card, _ *library.Result) {
		e.shownCard = c
		e.UseAll()
	})
}

// ShowResult shows a kept result's recipe.
func (e *Editor) ShowResult(id string) {
	e.loadResult(id, func(c *Card, _ *library.Result) { e.showCard(c) })
}

// PlaceResult lays a kept result's pixels on the canvas.
func (e *Editor) PlaceResult(id string) {
	e.loadResult(id, func(_ *Card, r *library.Result) { e.placeResult(r) })
}

// placeResult lays pixels where they were made, or in the middle of the view where that
// place is far from the picture of now. They are a fill like any other accepted one.
func (e *Editor) placeResult(r *library.Result) {
	patch := *r.Patch
	near := e.Used().Union(e.doc.State().Frame).Union(e.view.Visible())
	if !patch.Rect.Overlaps(near) {
		patch.Rect = patch.Rect.Add(e.viewCentre().Sub(patch.Rect.Min.Add(patch.Rect.Max).Div(2)))
	}
	f := r.Fill
	by := patch.Rect.Min.Sub(r.Patch.Rect.Min)
	f.Rect.X, f.Rect.Y, f.Read.X, f.Read.Y = f.Rect.X+by.X, f.Rect.Y+by.Y, f.Read.X+by.X, f.Read.Y+by.Y
	e.edit("Place a result", func(ed *canvas.Edit) {
		s := ed.State()
		name := "Result"
		if f.Prompt != "" {
			name = shorten(f.Prompt, 24)
		}
		id := ed.AddLayer(name, s.Layers[len(s.Layers)-1].ID)
		ed.Put(id, &patch, nil)
		ed.Witness(&canvas.Origin{Rect: patch.Rect, Layer: id, Recipe: encode(f)}, nil)
	})
}
