package editor

import (
	"image"
	"path/filepath"
	"slices"
	"time"

	"pentimento/app/desk"
	"pentimento/app/keeping"
	"pentimento/app/settings"
	"pentimento/app/words"
	"pentimento/canvas"
	"pentimento/canvas/colour"
	"pentimento/tools"
)

// Several documents are open at a time; one is shown. Opening never replaces what is there,
// except a canvas with nothing on it.

func severalTabs(e *Editor) bool { return len(e.pages) > 1 }

// Tab is the place of the document that is shown among the open ones.
func (e *Editor) Tab() int { return slices.Index(e.pages, e.page) }

// Tabs keep the open documents, in order.
func (e *Editor) Tabs() []*keeping.Keeping {
	out := make([]*keeping.Keeping, len(e.pages))
	for i, p := range e.pages {
		out[i] = p.Keeping
	}
	return out
}

// ShowTab shows an open document.
func (e *Editor) ShowTab(i int) {
	if i >= 0 && i < len(e.pages) {
		e.turnTo(e.pages[i])
	}
}

// turnTo shows a page; false where the one that is shown cannot be left.
func (e *Editor) turnTo(p *page) bool {
	if p != e.page && e.stays() {
		return false
	}
	e.show(p)
	return true
}

func (e *Editor) nextTab(by int) {
	n := len(e.pages)
	e.ShowTab((e.Tab() + by + n) % n)
}

// MoveTab gives a tab another place among the others.
func (e *Editor) MoveTab(from, to int) {
	if n := len(e.pages); from < 0 || from >= n || to < 0 || to >= n || from == to {
		return
	}
	p := e.pages[from]
	e.pages = slices.Insert(slices.Delete(slices.Clone(e.pages), from, from+1), to, p)
	e.Tell(desk.Change{What: desk.ProjectChanged})
}

// stays says, and tells, that the document cannot be left.
func (e *Editor) stays() bool {
	if e.unfinished() {
		e.Say(words.T("First apply the change (Enter) or cancel it (Escape)"))
		return true
	}
	return false
}

// unfinished says whether something is tried that has to be made or cancelled first: a change of a
// layer, or a crop. A transform is made when its page is left.
func (e *Editor) unfinished() bool {
	for _, t := range []tools.Tool{e.tool, e.heldTool} {
		if c, ok := t.(tools.Cropper); ok && c.Changed() {
			return true
		}
	}
	return e.Trying() != "" && e.Trying() != transformLabel
}

// show shows another page. What was begun on the one before is ended as by another tool, and
// what can be made again is dropped.
func (e *Editor) show(p *page) {
	was := e.page
	if p == was {
		return
	}
	switch e.Trying() {
	case "":
	case transformLabel:
		e.MakeTrial()
	default:
		e.CancelTrial()
	}
	e.LookAway()
	e.DropGuideLine(false)
	e.Fills.Compare(false)
	e.Unhold()
	e.CancelTool()
	was.fill, was.live = e.Settings.Fill, e.Settings.Live

	e.page = p
	e.Settings.Fill, e.Settings.Live = p.fill, p.live
	e.brush.LayerMask, e.grips = false, false
	e.Provenance.Opened(p.made)
	e.takeTool(e.toolName) // none that remembers places of the other picture
	e.Resize(was.view.W, was.view.H)
	e.Fills.Live.Relieve(was.Fills.Live)
	was.Fills.Rest()
	e.TakeFill(func(*settings.Fill) {}) // which it is, may be another model's
	e.Tell(desk.Change{What: allOfIt | desk.ViewMoved | desk.ProjectChanged | desk.NoticesChanged | desk.SettingsChanged, Dirty: p.view.Visible()})
	p.catchUp()
}

// Here returns what runs a function on the document that is shown now: at once while it is shown
// and no stroke is under way on it, else as soon as that is so, and never once it is closed.
func (e *Editor) Here() func(func()) {
	p := e.page
	return func(f func()) { e.on(p, f) }
}

func (e *Editor) on(p *page, f func()) {
	if slices.Contains(e.pages, p) {
		p.later = append(p.later, f)
		p.catchUp()
	}
}

// catchUp does what waits until the page is shown.
func (p *page) catchUp() {
	for p.shown() && len(p.later) > 0 {
		if p.Drawing() {
			time.AfterFunc(awaiting, func() { p.ed.Post(p.catchUp) })
			return
		}
		f := p.later[0]
		p.later = p.later[1:]
		f()
	}
}

// room shows a page for another document and calls then with it: the present one where nothing
// is on it, else a new one beside it. A stroke under way is waited for, and so is what is tried.
func (e *Editor) room(then func(*page)) {
	if e.pressed || e.stays() {
		e.whenFree(func() { e.room(then) })
		return
	}
	if !e.blank() {
		e.show(e.another())
	}
	then(e.page)
}

// whenFree calls then as soon as the page that is shown can be left.
func (e *Editor) whenFree(then func()) {
	time.AfterFunc(awaiting, func() {
		e.Post(func() {
			if e.pressed || e.unfinished() {
				e.whenFree(then)
			} else {
				then()
			}
		})
	})
}

// another is a page with nothing on it, beside the one that is shown.
func (e *Editor) another() *page {
	p := e.newPage(e.Fills.Pipeline, e.Fills.Runner, e.Keeping.Folder)
	if p.fill.Prompt = ""; e.before != "" { // the words chose the engine
		p.fill.Engine = e.before
	}
	e.pages = slices.Insert(slices.Clone(e.pages), e.Tab()+1, p)
	return p
}

// blank says whether another document can take the place of the one that is shown.
func (p *page) blank() bool {
	return p.Empty() && len(p.Fills.All()) == 0 && p.Path() == ""
}

// Room implements keeping.Easel.
func (p *page) Room(then func(*keeping.Keeping)) {
	p.ed.room(func(into *page) { then(into.Keeping) })
}

// Elsewhere implements keeping.Easel.
func (p *page) Elsewhere(project string) bool {
	i := p.ed.openedAt(project)
	return i >= 0 && p.ed.pages[i] != p
}

// Order implements keeping.Easel.
func (p *page) Order() int { return slices.Index(p.ed.pages, p) }

// Front implements keeping.Easel.
func (p *page) Front() { p.ed.ShowTab(p.Order()) }

// openedAt is the tab of a project file, -1 where it is not open.
func (e *Editor) openedAt(project string) int {
	path := absolute(project)
	return slices.IndexFunc(e.pages, func(p *page) bool {
		own := p.Keeping.ProjectPath()
		return own != "" && absolute(own) == path
	})
}

func absolute(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return path
}

// New shows an empty document.
func (e *Editor) New() {
	if !e.stays() {
		e.room(func(p *page) {
			p.Reset(canvas.New(), "")
			e.RefineNothing()
		})
	}
}

// CloseTab closes a document. Nobody is asked, since what is unsaved can be reopened, unless
// it is a project or not being kept. What waits until it is shown is done before.
func (e *Editor) CloseTab(i int) {
	if i >= 0 && i < len(e.pages) {
		e.closeAll(e.pages[i : i+1])
	}
}

// CloseOthers closes all documents but one, one after another; Cancel in a question ends it.
func (e *Editor) CloseOthers(i int) {
	if i >= 0 && i < len(e.pages) {
		e.closeAll(slices.Delete(slices.Clone(e.pages), i, i+1))
	}
}

func (e *Editor) closeAll(rest []*page) {
	if len(rest) == 0 {
		return
	}
	p, then := rest[0], slices.Clone(rest[1:])
	if p == e.page && e.stays() || len(p.later) > 0 && !e.turnTo(p) {
		return
	}
	close := func() {
		e.close(p)
		e.closeAll(then)
	}
	switch {
	case !p.Keeping.Unsaved() || p.Keeping.Reopens():
		close()
	case e.turnTo(p):
		p.Keeping.Guard(words.T("Discard and close"), close)
	}
}

// close closes a document and cancels what is computed for it. There always is one: the last
// makes room for an empty one.
func (e *Editor) close(p *page) {
	i := slices.Index(e.pages, p)
	if i < 0 {
		return
	}
	// An exported picture holds all that is seen, but not its layers.
	more := p.Keeping.Reopens() && (p.Keeping.Unsaved() || len(p.doc.State().Layers) > 1)
	name := p.Keeping.Name()
	p.stopWork()
	if p.trial != nil {
		p.trial.stop()
	}
	if p == e.page {
		e.CancelTool()
	}
	if len(e.pages) == 1 {
		e.another()
	}
	if next := i + 1; p == e.page {
		if next == len(e.pages) {
			next = i - 1
		}
		e.show(e.pages[next])
	}
	e.letGo(p.doc)
	e.pages = slices.DeleteFunc(slices.Clone(e.pages), func(o *page) bool { return o == p })
	p.Fills.Close()
	p.Keeping.End()
	e.Tell(desk.Change{What: desk.ProjectChanged | desk.CandidatesChanged})
	if more {
		e.Say(words.T("Closed “%s”; Reopen the last canvas brings it back", name))
	}
}

// letGo forgets what a tool holds of a document that is closed: it would keep all its history in
// memory.
func (e *Editor) letGo(doc *canvas.Document) {
	if e.stamp.doc == doc {
		e.stamp = stamp{}
	}
}

// Leave asks about every document that is unsaved and then calls then: the window's close
// button.
func (e *Editor) Leave(then func()) {
	all := slices.Clone(e.pages)
	for _, p := range all {
		if len(p.later) > 0 && !e.turnTo(p) {
			return
		}
	}
	e.leave(all, nil, then)
}

// leave asks about the rest; those that are to be abandoned are once all have answered.
func (e *Editor) leave(rest, abandoned []*page, then func()) {
	for i, p := range rest {
		if p.Keeping.Unsaved() {
			if !e.turnTo(p) {
				return
			}
			discard := words.T("Discard and quit")
			if slices.ContainsFunc(rest[i+1:], func(o *page) bool { return o.Keeping.Unsaved() }) {
				discard = words.T("Discard and go on") // to the next question
			}
			p.Keeping.Guard(discard, func() { e.leave(rest[i+1:], append(abandoned, p), then) })
			return
		}
	}
	for _, p := range abandoned {
		p.Keeping.Abandon()
	}
	then()
}

// CancelJobs cancels everything that waits or runs, of all documents.
func (e *Editor) CancelJobs() {
	for _, p := range e.pages {
		p.Fills.CancelJobs()
	}
}

// CopyLayerTo lays a copy of a layer into the document of a tab and shows that. It lies there at
// the same place, or in the middle where that is beside the picture.
func (e *Editor) CopyLayerTo(i int, id canvas.LayerID) {
	s := e.doc.State()
	l := s.Layer(id)
	if i < 0 || i >= len(e.pages) || e.pages[i] == e.page || l == nil || l.Tiles.Len() == 0 || e.stays() {
		return
	}
	p := e.pages[i]
	way, err := colour.Between(s.Source.Space(), p.doc.State().Source.Space())
	if e.Fail(err) {
		return
	}
	e.show(p)
	if way == nil {
		p.layCopy(s, l, nil)
		return
	}
	e.Go("copy", func() { // its colours are others there
		img := image.NewNRGBA(l.Used())
		l.Read(img.Pix, img.Stride, img.Rect)
		canvas.Unpremultiply(img.Pix, img.Pix)
		way.Convert(img)
		p.land(func() { p.layCopy(s, l, img) })
	}, nil)
}

// layCopy is the step that copies a layer of another document; img (may be nil) are its pixels in
// the colours of this one.
func (p *page) layCopy(from *canvas.State, l *canvas.Layer, img *image.NRGBA) {
	onto, r := picture(p.doc.State()), l.Used()
	p.Edit("Copy layer here", func(ed *canvas.Edit) {
		id := ed.Adopt(from, l.ID)
		if img != nil {
			ed.Put(id, img, nil)
		}
		if !r.Overlaps(onto) {
			by := onto.Min.Add(onto.Max).Div(2).Sub(r.Min.Add(r.Max).Div(2))
			ed.SetLayer(id, func(n *canvas.Layer) { n.Offset = n.Offset.Add(by) })
		}
	})
}
