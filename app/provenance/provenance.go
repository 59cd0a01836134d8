// Package provenance knows how pictures were made: what an export says about it, what other
// pictures say, which of that is used again, and the library of all results.
//
// Start at Provenance. provenance.go is what goes out with a picture, recipes.go what comes
// in with one (a Card), reuse.go what is taken from a Card, made.go the fills that show at a
// place, results.go the library.
//
// 2026-11-27: it knows no candidates and no jobs; it is handed finished results. So it can
// be tested with a picture alone.
package provenance

import (
	"bytes"
	"encoding/json"
	"image"
	"slices"
	"sync"
	"time"

	"pentimento/app/commission"
	"pentimento/app/desk"
	"pentimento/app/library"
	"pentimento/app/models"
	"pentimento/app/words"
	"pentimento/canvas"
	"pentimento/canvas/file"
	"pentimento/pipeline"
	"pentimento/pipeline/metadata"
	"pentimento/pipeline/pixels"
)

// Picture is the canvas that provenance reads and lays recipes' pictures on.
type Picture interface {
	Committed() *canvas.State
	Used() image.Rectangle    // the visible content, exactly
	Visible() image.Rectangle // what the window shows
	Centre() image.Point      // its middle
	Path() string             // of the opened picture, "" for none
	// Here returns what runs a function once the document that is shown now is shown again.
	Here() func(func())
	// Edit runs one Edit to its end: one step of history.
	Edit(label string, change func(*canvas.Edit))
	PlaceFile(path string, at image.Point)
	ReferenceFile(path string)
	AddReference(name string, img *image.NRGBA)
	// FollowAgain attaches references as these were, and as those of regions were, which are there already; it
	// names those that are gone.
	FollowAgain(guides []pipeline.Guide, regions []pipeline.Region) (gone []string)
	// Await has guides of a recipe wait for their pictures.
	Await(guides []pipeline.Guide)
	// RegionsAgain makes the regions of the picture those, which lay in a frame (document pixels), and calls then once
	// they are, which may be later; base is the share that the prompt keeps under them. gone names those that are
	// nowhere in it.
	RegionsAgain(regions []pipeline.Region, base float64, frame image.Rectangle, then func(gone []string))
}

// Provenance is what is known of how pictures were made, and of what to make again. All but
// Record and Texts belongs to the window's goroutine.
type Provenance struct {
	Library *library.Store // nil keeps none

	desk    *desk.Desk
	models  *models.Models
	picture Picture
	program string // "Pentimento" and its version

	keeper      keeper
	decoding    sync.Mutex      // one picture of the library at a time
	libraryTold time.Time       // of a failure
	opened      *Found          // of the opened picture
	shown       *Card           // in the recipe panel
	made        []metadata.Fill // what HowMade found
}

// New returns the provenance of a picture. store may be nil.
func New(d *desk.Desk, m *models.Models, p Picture, store *library.Store, version string) *Provenance {
	v := &Provenance{Library: store, desk: d, models: m, picture: p, program: "Pentimento " + version}
	if store != nil {
		store.SetBudget(int64(d.Settings.ResultsMB) << 20)
	}
	d.Listen(v.follow)
	return v
}

// Close waits for the library.
func (p *Provenance) Close() { p.keeper.flush() }

// Opened takes what the picture says that is open from now on; nil for nothing.
func (p *Provenance) Opened(f *Found) { p.opened = f }

// Encode is an account as canvas.Origin keeps it.
func Encode(f metadata.Fill) []byte {
	data, err := json.Marshal(f)
	if err != nil { // a number that JSON cannot write: the picture is worth more than its note
		return nil
	}
	return data
}

// Finished is one result with the rectangle of document pixels that it changes, and
// the time it was finished.
type Finished struct {
	Result *pipeline.Result
	Rect   image.Rectangle
	When   time.Time
}

// Recipe is what a picture remembers of one accepted fill: a metadata.Fill as JSON, its
// rectangle in document pixels.
func (p *Provenance) Recipe(m Finished) []byte { return Encode(p.Record(m)) }

// Record is the account of one result.
func (p *Provenance) Record(m Finished) metadata.Fill {
	f := commission.Account(m.Result, m.Rect, m.When)
	f.ModelHash = p.models.Short(m.Result.Request.Model)
	return f
}

// Embedded is one text as an export carries it.
type Embedded struct{ Key, Text string }

// Embeds hands over, later and on the window's goroutine, exactly the texts that an export
// of the visible content would carry now if the setting is on: what the opened file said, of
// its EXIF block that there is one, then what is said of fills.
func (p *Provenance) Embeds(then func([]Embedded)) {
	state, all := p.picture.Committed(), p.picture.Used()
	p.desk.Go(words.T("texts of an export"), func() {
		var out []Embedded
		said := file.MeaningOf(state.Source).Without(commission.Ours, false)
		for _, t := range said.Texts {
			out = append(out, Embedded(t))
		}
		if n := len(said.EXIF); n > 0 {
			out = append(out, Embedded{"EXIF", words.T("%d bytes as they were in the opened file: its camera and settings, and the place where it was taken, if the camera wrote that", n)})
		}
		for _, t := range p.Texts(state, all, 0) {
			out = append(out, Embedded(t))
		}
		p.desk.Post(func() { then(out) })
	}, nil)
}

// Texts are what an export of a state carries: of all that shows in r, or of one layer
// alone where that is not 0. It looks at every pixel of every fill, so
// it belongs to a job; it reads nothing that the window changes.
func (p *Provenance) Texts(s *canvas.State, r image.Rectangle, layer canvas.LayerID) []file.Text {
	d := metadata.Document{Program: p.program}
	var seen [][]byte
	var at []int // the place in d.Fills of what was seen
	for _, o := range s.Origins {
		shows, _ := s.Shown(o, r, layer)
		var f metadata.Fill
		if shows == 0 || json.Unmarshal(o.Recipe, &f) != nil {
			continue // painted over, erased, hidden, or not exported
		}
		if f.Came() {
			d.Origin = f.Text
			d.OriginShows += shows
			continue
		}
		if i := slices.IndexFunc(seen, func(b []byte) bool { return bytes.Equal(b, o.Recipe) }); i >= 0 {
			d.Fills[at[i]].Shows += shows // a copy of its layer
			continue
		}
		by := s.Now(o).Min.Sub(o.Rect.Min) // the layer has moved since
		f.Rect.X, f.Rect.Y, f.Shows = f.Rect.X+by.X, f.Rect.Y+by.Y, shows
		if f.ModelHash == "" && f.Model != "" {
			f.ModelHash = p.models.Named(models.Name(f.Model))
		}
		seen, at = append(seen, o.Recipe), append(at, len(d.Fills))
		d.Add(f)
	}
	return embed(&d, r)
}

// embed writes a document whose rectangles are document pixels into a picture of r.
func embed(d *metadata.Document, r image.Rectangle) []file.Text {
	d.Move(image.Point{}.Sub(r.Min), r.Dx(), r.Dy())
	return commission.Texts(d)
}

// TextsOf are what a result carries that is saved alone.
func (p *Provenance) TextsOf(m Finished) []file.Text {
	d := metadata.Document{Program: p.program}
	d.Add(p.Record(m))
	return embed(&d, m.Result.Image.Rect)
}

// Adopt makes what a picture says of its making the document's own, while it is opened:
// its fills can be asked for and exported again, and so can the recipe it came with.
func (p *Provenance) Adopt(f *Found, ed *canvas.Edit, layer canvas.LayerID, bounds image.Rectangle) {
	if f == nil || f.recipe == nil {
		return
	}
	r := f.recipe
	var fills []metadata.Fill
	if r.Document != nil {
		if r.Document.Origin != "" {
			fills = append(fills, metadata.CameWith(metadata.ParseA1111(r.Document.Origin)))
		}
		fills = append(fills, r.Document.Fills...)
	} else {
		fills = append(fills, metadata.CameWith(r))
	}
	for i, f := range fills[:min(len(fills), maxAdopted)] {
		area := f.Rect.Rectangle().Intersect(bounds)
		if f.Came() {
			area = bounds
			f.Rect = metadata.RectOf(area)
		}
		data, err := json.Marshal(f)
		if err != nil || area.Empty() {
			continue
		}
		var later []image.Rectangle
		for _, g := range fills[i+1:] {
			if over := g.Rect.Rectangle().Intersect(area); !over.Empty() {
				later = append(later, over)
			}
		}
		ed.Witness(&canvas.Origin{Rect: f.Rect.Rectangle(), Layer: layer, Recipe: data}, without(area, later))
	}
}

// maxAdopted bounds the fills that are taken over from a file.
const maxAdopted = 1000

// without is a mask of r less some rectangles; nil where there are none. A file tells the
// rectangles of its fills, not their masks: of two that overlap the later one has it.
func without(r image.Rectangle, less []image.Rectangle) *image.Alpha {
	if len(less) == 0 {
		return nil
	}
	m := pixels.Full(r)
	for _, l := range less {
		pixels.Fill(m, l, 0)
	}
	return m
}
