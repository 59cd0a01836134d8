// Package keeping is what outlasts the window: the journal that every step, candidate and
// queued job is written to, the project file, and what can be brought back after a crash.
//
// Start at Keeping. journal.go is the journal of the open document, keepsakes.go its
// notes of candidates and jobs, restore.go takes that up again; recovery.go and places.go are
// what is found again. project.go saves and opens, freeze.go and album.go are what a project
// holds besides its layers.
//
// 2026-11-25: the window's goroutine only hands over pointers and a few lines of JSON; files
// are opened, locked, moved and closed on others.
// 2026-11-27: it imports app/fills, since places and candidates are what it brings back; the
// fills know it as their Memory only.
package keeping

import (
	"image"
	"maps"
	"sync"
	"sync/atomic"

	"pentimento/app/desk"
	"pentimento/app/fills"
	"pentimento/app/jobs"
	"pentimento/app/prompting"
	"pentimento/app/settings"
	"pentimento/canvas"
	"pentimento/canvas/file"
	"pentimento/canvas/journal"
	"pentimento/tools"
)

// Easel holds the document that is kept, and takes the one that is brought back.
type Easel interface {
	Document() *canvas.Document
	// Reset puts another document on the easel, opened from path ("" for none). It calls Leave
	// before it does, and Begin after.
	Reset(doc *canvas.Document, path string)
	Empty() bool
	View() tools.View
	SetView(tools.View)
	FitContent()
	// Panel are the values of the fill panel as they are, or were when the easel was shown last.
	Panel() (settings.Fill, settings.Live)
	// Room shows an easel with nothing on it and then calls then with what keeps it: this one,
	// or another.
	Room(then func(*Keeping))
	// Elsewhere says whether a project file is open on another easel.
	Elsewhere(project string) bool
	ToolName() string
	SetTool(name string)
	// Order is its place among the open documents, from 0; Front shows it.
	Order() int
	Front()
}

// Config is what a Keeping is built from.
type Config struct {
	Easel     Easel
	Fills     *fills.Fills
	Prompting *prompting.Prompting
	// Texts are what an export of that part of a state carries. It is called on any goroutine;
	// nil for nothing.
	Texts func(*canvas.State, image.Rectangle) []file.Text
	// Folder is where journals of canvases without a file lie; "" keeps no journal at all.
	Folder  string
	Disk    journal.Disk // nil: the real one
	Program string       // "Pentimento" and its version
	Shelf   *Shelf       // that of the other documents; nil: there are none
}

// Shelf is what the Keepings of all open documents share.
type Shelf struct {
	found   []Found
	last    chan struct{}     // closed when all file work so far is done; nil: none
	running sync.WaitGroup    // saves, which are waited for when the program ends
	savers  map[*Keeping]bool // whose saves run, also of documents that are closed
}

// Keeping keeps the document of an easel. All of it belongs to the window's goroutine but
// Keepsake's answer, which jobs call.
type Keeping struct {
	Config
	desk *desk.Desk

	path    string        // of the opened picture or project
	saved   *canvas.State // the State that was last saved, exported or opened
	project project

	// The journal: which one the document writes, what it knows of candidates and jobs,
	// and what stands in its way.
	j        *journal.Journal // nil where none is kept
	next     *past            // what the document that is about to be shown goes on with
	stacks   map[int64]string // what was last noted of each stack
	jobs     map[jobs.ID]jobNote
	making   map[jobs.ID]string // labels of what is made of the picture
	keys     *noteKeys
	panel    string       // what was last noted of the panel
	panelDue bool         // it will be noted soon
	readOnly error        // why the project must not be written over
	gone     bool         // the person leaves what is unsaved behind
	quiet    *atomic.Bool // the document or the window is gone: nothing is reported any more
	deaf     func()       // hears no changes any more
	*Shelf
}

// New keeps what is on the easel, and follows its changes.
func New(d *desk.Desk, c Config) *Keeping {
	k := &Keeping{Config: c, desk: d, quiet: new(atomic.Bool), Shelf: c.Shelf}
	if k.Shelf == nil {
		k.Shelf = &Shelf{}
	}
	if k.savers == nil {
		k.savers = map[*Keeping]bool{}
	}
	k.Begin("")
	k.deaf = d.Listen(k.follow)
	return k
}

// End lets the document go for good; the other documents stay. Unsaved work goes where discarded
// work goes, a save that runs goes on.
func (k *Keeping) End() {
	k.Leave()
	k.deaf()
}

// Kept says whether all that was done is, or soon will be, on the disk.
func (k *Keeping) Kept() bool { return k.j != nil && k.j.Trouble() == nil }

// Reopens says whether ReopenLast brings back what is unsaved once the document was closed. A
// project's journal goes back to what its file holds.
func (k *Keeping) Reopens() bool { return k.Kept() && !IsProject(k.path) }

// Leave lets the document go that is on the easel, for another one.
func (k *Keeping) Leave() { k.stop(k.Unsaved()) }

// Begin keeps the document that was just put on the easel, opened from path.
func (k *Keeping) Begin(path string) {
	k.path, k.saved = path, k.Easel.Document().State()
	k.leaveProject()
	k.start()
}

// Ending says that the program ends: from here on nothing that ends with it is noted as over,
// such as fills that are cancelled.
func (k *Keeping) Ending() { k.quiet.Store(true) }

// Abandon says that the person leaves unsaved work behind on purpose.
func (k *Keeping) Abandon() { k.gone = true }

// Close waits for what is being saved, closes the journal and returns when all that was
// closed is on the disk. Unless the person has said otherwise (Abandon), unsaved work is
// offered at the next start: the system ends programs too, with a signal.
func (k *Keeping) Close() {
	k.Ending()
	for len(k.savers) > 0 { // also of documents that are closed, with what waits behind it
		k.running.Wait()
		for o := range maps.Clone(k.savers) {
			o.Ending()
			o.takeSaved()
		}
	}
	unsaved := k.Unsaved()
	if (unsaved || k.cut()) && !k.gone { // the next start says what was cut
		k.interrupt()
	} else {
		k.stop(unsaved)
	}
	if k.last != nil {
		<-k.last
	}
}

// Path is the picture or project that was opened, "" for a new one.
func (k *Keeping) Path() string { return k.path }

// Exported says that an export holds everything of a State.
func (k *Keeping) Exported(s *canvas.State) {
	k.saved = s
	k.desk.Tell(desk.Change{What: desk.ProjectChanged})
}
