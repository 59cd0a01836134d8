package provenance

import (
	"context"
	"image"
	"strings"
	"sync"
	"time"

	"pentimento/app/commission"
	"pentimento/app/desk"
	"pentimento/app/library"
	"pentimento/app/words"
	"pentimento/canvas"
	"pentimento/fault"
	"pentimento/pipeline"
	"pentimento/pipeline/pixels"
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
		go func() { _ = fault.Guard("results", k.run) }()
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
		_ = fault.Guard("results", work) // the next one may be kept
		k.done.Done()
	}
}

// flushTime is how long the program waits at its end for results to reach the disk.
const flushTime = 20 * time.Second

// flush waits for everything that was added.
func (k *keeper) flush() {
	done := make(chan struct{})
	go func() { _ = fault.Guard("results", k.done.Wait); close(done) }()
	select {
	case <-done:
	case <-time.After(flushTime):
	}
}

// Keep writes a result that has just arrived into the library, where all are sRGB, and
// returns its name there; "" where it is not kept. patch is what it changes, in the colours of a document; mask
// the selection that was filled.
func (p *Provenance) Keep(m Finished, patch *image.NRGBA, mask *image.Alpha, in *canvas.Source) (id string) {
	if p.Library == nil || p.desk.Settings.ResultsMB <= 0 || patch.Rect.Empty() {
		return ""
	}
	id = library.NewID(m.When)
	q := m.Result.Request
	r := &library.Result{Patch: patch, Mask: mask, Frame: q.Frame, Program: p.program}
	p.models.Learn(q.Model)
	space := in.Space()
	p.keeper.add(func() {
		r.Fill = p.Record(m)
		if space != nil {
			r.Patch = pixels.Crop(patch, patch.Rect)
			space.ToSRGB(r.Patch)
		}
		if err := p.Library.Save(context.Background(), id, r); err != nil {
			p.desk.Post(func() { p.libraryFailed(err) })
		}
	})
	return id
}

// libraryFailed tells once in a while that results cannot be kept: painting goes on.
func (p *Provenance) libraryFailed(err error) {
	if now().Sub(p.libraryTold) > time.Minute {
		p.libraryTold = now()
		p.desk.Say(words.T("Results are not kept: %s", fault.Plain(err)))
	}
}

// follow keeps the library's budget up to date.
func (p *Provenance) follow(c desk.Change) {
	if p.Library != nil && c.What&desk.SettingsChanged != 0 {
		p.Library.SetBudget(int64(p.desk.Settings.ResultsMB) << 20)
	}
}

// Hold names the entries that the library must not delete: those that are still on show.
func (p *Provenance) Hold(ids []string) {
	if p.Library != nil {
		p.Library.SetHeld(ids)
	}
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
func (p *Provenance) Results(search string, favourites, trash bool, then func(rows []ResultRow, usage string)) {
	if p.Library == nil {
		then(nil, words.T("No results are kept"))
		return
	}
	budget := p.desk.Settings.ResultsMB
	p.keeper.add(func() {
		err := p.Library.Refresh()
		var rows []ResultRow
		for _, x := range p.Library.List(library.Query{Words: search, Favourites: favourites, Trash: trash}) {
			rows = append(rows, resultRow(x))
		}
		used, damaged := p.Library.Usage()
		usage := words.N(len(rows), "%d result; the library takes %.1f of %d MB", "%d results; the library takes %.1f of %d MB", float64(used)/(1<<20), budget)
		if damaged > 0 {
			usage += "; " + words.N(damaged, "%d file cannot be read", "%d files cannot be read")
		}
		p.desk.Post(func() {
			if err != nil {
				p.libraryFailed(err)
			}
			then(rows, usage)
		})
	})
}

func resultRow(x library.Entry) ResultRow {
	f := x.Fill
	title := strings.Join(strings.Fields(f.Prompt), " ")
	if title == "" {
		title = titleOf(f)
	}
	detail := x.When.Local().Format("2006-01-02 15:04") + "   " + words.T("%d × %d   seed %d", x.Size.X, x.Size.Y, uint64(f.Seed))
	if f.Model != "" {
		detail += "   " + f.Model
	}
	return ResultRow{ID: x.ID, Title: title, Detail: detail, Favourite: x.Favourite, Trashed: x.Trashed}
}

// onLibrary runs work on the disk and then tells what went wrong, or calls then (may be nil).
func (p *Provenance) onLibrary(work func(*library.Store) error, then func()) {
	if p.Library == nil {
		return
	}
	p.keeper.add(func() {
		err := work(p.Library)
		p.desk.Post(func() {
			if !p.desk.Fail(err) && then != nil {
				then()
			}
		})
	})
}

// StarResult makes an entry a favourite or an ordinary one; then (may be nil) is called when
// that is done, as with its siblings.
func (p *Provenance) StarResult(id string, on bool, then func()) {
	p.onLibrary(func(s *library.Store) error { return s.Star(id, on) }, then)
}

// TrashResult puts an entry into the trash; RestoreResult takes it out again.
func (p *Provenance) TrashResult(id string, then func()) {
	p.onLibrary(func(s *library.Store) error { return s.Trash(id) }, then)
}

// RestoreResult takes an entry out of the trash.
func (p *Provenance) RestoreResult(id string, then func()) {
	p.onLibrary(func(s *library.Store) error { return s.Restore(id) }, then)
}

// ResultPicture hands over an entry's pixels, for a thumbnail; nil where they cannot be
// read. then is called on a goroutine of its own: what it does with them is slow, too.
func (p *Provenance) ResultPicture(id string, then func(*image.NRGBA)) {
	p.desk.Go(words.T("picture of a result"), func() {
		p.decoding.Lock()
		defer p.decoding.Unlock()
		r, err := p.Library.Load(context.Background(), id)
		if err != nil {
			then(nil)
			return
		}
		then(seen(r))
	}, nil)
}

// seen is what a thumbnail of an entry shows: across the sides of a tile in one piece.
func seen(r *library.Result) *image.NRGBA {
	if r.Fill.Tiling && r.Fill.Task == string(pipeline.Inpaint) && r.Patch.Rect.In(r.Frame) {
		painted := image.NewAlpha(r.Patch.Rect)
		for i := range painted.Pix {
			painted.Pix[i] = r.Patch.Pix[4*i+3]
		}
		if img := commission.InOnePiece(r.Frame, r.Patch, painted); img != nil {
			return img
		}
	}
	return r.Patch
}

// loadResult reads an entry and hands it over as a card.
func (p *Provenance) loadResult(id string, then func(*Card, *library.Result)) {
	var r *library.Result
	here := p.picture.Here()
	p.onLibrary(func(s *library.Store) (err error) {
		r, err = s.Load(context.Background(), id)
		return err
	}, func() {
		here(func() {
			c := p.fillCard(words.T("a kept result"), r.Fill)
			c.mask, c.place = r.Mask, func() { p.placeResult(r) }
			c.keep = func() { p.picture.AddReference(words.T("Result"), r.Patch) }
			then(c, r)
		})
	})
}

// UseResult restores frame, mask and all settings of a kept result.
func (p *Provenance) UseResult(id string) {
	p.loadResult(id, func(c *Card, _ *library.Result) {
		p.shown = c
		p.UseAll()
	})
}

// ShowResult shows a kept result's recipe.
func (p *Provenance) ShowResult(id string) {
	p.loadResult(id, func(c *Card, _ *library.Result) { p.showCard(c) })
}

// PlaceResult lays a kept result's pixels on the canvas.
func (p *Provenance) PlaceResult(id string) {
	p.loadResult(id, func(_ *Card, r *library.Result) { p.placeResult(r) })
}

// placeResult lays pixels where they were made, or in the middle of the view where that
// place is far from the current picture. They are a fill like any other accepted one.
func (p *Provenance) placeResult(r *library.Result) {
	near := p.picture.Used().Union(p.picture.Committed().Frame).Union(p.picture.Visible())
	if r.Patch.Rect.Overlaps(near) {
		p.layResult(r, image.Point{})
	} else {
		p.layResult(r, p.picture.Centre().Sub(middle(r.Patch.Rect)))
	}
}

func middle(r image.Rectangle) image.Point { return r.Min.Add(r.Max).Div(2) }

// layResult lays pixels into a layer of their own, moved from where they were made.
func (p *Provenance) layResult(r *library.Result, by image.Point) {
	patch := *p.inDocument(r.Patch)
	patch.Rect = patch.Rect.Add(by)
	f := r.Fill
	f.Rect.X, f.Rect.Y, f.Read.X, f.Read.Y = f.Rect.X+by.X, f.Rect.Y+by.Y, f.Read.X+by.X, f.Read.Y+by.Y
	p.picture.Edit("Place a result", func(ed *canvas.Edit) {
		s := ed.State()
		name := words.T("Result")
		if f.Prompt != "" {
			name = desk.Shorten(f.Prompt, 24)
		}
		id := ed.AddLayer(name, s.Layers[len(s.Layers)-1].ID)
		ed.Put(id, &patch, nil)
		ed.Witness(&canvas.Origin{Rect: patch.Rect, Layer: id, Recipe: Encode(f)}, nil)
	})
}

// now is a variable so that a test can hold the clock.
var now = time.Now
