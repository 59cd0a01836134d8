package editor

import (
	"context"
	"errors"
	"image"
	"path/filepath"
	"strings"

	"pentimento/app/desk"
	"pentimento/app/provenance"
	"pentimento/app/words"
	"pentimento/canvas"
	"pentimento/canvas/colour"
	"pentimento/canvas/file"
)

// arrival is a picture that comes in from a file or the clipboard: as a document of its own,
// or in the colours of another.
type arrival struct {
	*file.Picture
	made   *provenance.Found // what it says of its making
	source *canvas.Source    // of a document that is opened from it

	img   *image.NRGBA  // once brought into a space
	space *colour.Space // that one

	fits bool            // it is placed no larger than the picture
	home image.Rectangle // where it was in this document when it was copied; empty: not known
}

// firstLayer is the layer of a new document.
var firstLayer = canvas.New().State().Active

// arrived prepares a picture that was read. It takes as long as the picture is large.
func arrived(p *file.Picture, made *provenance.Found) *arrival {
	a := &arrival{Picture: p, made: made, source: file.SourceOf(p, firstLayer)}
	a.source.Space() // is slow once
	return a
}

// bring converts the picture's pixels into a space; nil: sRGB. What has been brought there
// already stays as it is.
func (a *arrival) bring(space *colour.Space) {
	if a.img != nil && a.space == space {
		return
	}
	a.img, a.space = a.NRGBA(), space
	if way, err := colour.Between(a.source.Space(), space); err == nil { // spaces of which both are known
		way.Convert(a.img)
	}
}

// bring is what brings an arrival into the colours of the open document.
func (e *Editor) bring() func(*arrival) {
	space := e.doc.State().Source.Space()
	return func(a *arrival) { a.bring(space) }
}

// decode reads a picture as a job and hands it over on the window's goroutine, once the document
// is shown that it was meant for. prepare (may be nil) is called before, on the job's.
func (e *Editor) decode(path string, prepare, then func(*arrival)) {
	here := e.Here()
	e.read(path, e.Fills.Group(), nil, prepare, func(a *arrival) { here(func() { then(a) }) })
}

// read is decode for the document that a group of jobs is of, 0 for a new one. Where opened is not
// nil a project is opened as one, and opened hears when that is done, or why not.
func (e *Editor) read(path string, group int64, opened func(error), prepare, then func(*arrival)) {
	keeping := e.Keeping
	e.Jobs.Add(words.T("Open %s", filepath.Base(path)), group, func(ctx context.Context, report func(string, float64)) error {
		reading := func(f float64) { report(words.T("reading"), f) }
		if opened != nil && file.IsProject(path) {
			return keeping.OpenProject(ctx, path, reading, opened)
		}
		p, err := file.Open(ctx, path, reading)
		var a *arrival
		if err == nil {
			a = arrived(p, provenance.ReadWith(path))
			if prepare != nil {
				prepare(a)
			}
		}
		e.Post(func() {
			if err == nil {
				then(a)
				return
			}
			if !errors.Is(err, context.Canceled) {
				e.Fail(err)
			}
			if opened != nil {
				opened(err)
			}
		})
		return err
	})
}

// openLabel begins the label of the step that opens a picture.
const openLabel = "Open "

// openPicture makes a document of a picture and shows it. It says what is odd about it. then
// (may be nil) is called when it is shown.
func (e *Editor) openPicture(a *arrival, path string, then func()) {
	doc := canvas.New()
	name := words.T("Picture")
	if path != "" {
		name = strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
		e.Settings.AddRecent(path)
	}
	ed := doc.Begin(openLabel + name)
	ed.SetLayer(firstLayer, func(l *canvas.Layer) { l.Name = desk.Shorten(name, 24) })
	ed.PutTiles(firstLayer, a.Bounds(), func(dst []uint8, stride int, r image.Rectangle) { a.ReadRect(r, dst, stride) })
	ed.SetFrame(a.Bounds()) // so that a fill right after opening is about the picture and nothing beside it
	ed.SetSource(a.source)
	e.Provenance.Adopt(a.made, ed, firstLayer, a.Bounds())
	ed.Commit()
	e.room(func(p *page) {
		p.Reset(doc, path)
		e.RefineNothing() // the box was of another picture
		e.FitContent()
		e.sayOpened(a, name)
		if then != nil {
			then()
		}
	})
}

// sayOpened says what is odd about the picture that was opened.
func (e *Editor) sayOpened(a *arrival, name string) {
	said := append(a.noted(name), a.meant()...)
	if e.opened(a.made); a.made != nil {
		said = append(said, words.T("This picture contains its recipe, written by %s. Open it from the File menu (Ctrl+I).", a.made.Dialect()))
	} else if photo := e.openPhoto(); photo != "" {
		said = append(said, photo)
	}
	if len(said) > 0 {
		e.Say(strings.Join(said, ". "))
	}
}

// noted is what the file's reader says of the picture called name.
func (a *arrival) noted(name string) []string {
	if a.Note == "" {
		return nil
	}
	return []string{name + ": " + words.Label(a.Note)}
}

// meant says in which colours and with how many bits a document of it is kept; nothing of
// plain sRGB of 8 bits.
func (a *arrival) meant() (said []string) {
	name := a.Meaning.ColourName()
	profile, err := colour.Read(a.Meaning.ICC())
	switch {
	case a.source.Space() != nil:
		said = append(said, words.T("Colours: %s", name))
	case name != "" && (err != nil || !profile.SRGB):
		said = append(said, words.T("Its colours, %s, are kept but cannot be shown here: they look as if they were sRGB", name))
	}
	if a.source.Deep() {
		said = append(said, words.T("Its 16 bits a channel are kept wherever it does not change; what is painted or filled has 8"))
	}
	return said
}

// placeArrival places a picture in the document's colours, and says what became of it.
func (e *Editor) placeArrival(name string, a *arrival, at image.Point) {
	space := e.doc.State().Source.Space()
	a.bring(space)
	if a.home.Empty() {
		e.place(name, a.img, at, a.fits)
	} else {
		e.placeIn(name, a.img, a.home)
	}
	said := a.noted(name)
	if way, err := colour.Between(a.source.Space(), space); err == nil && way != nil {
		said = append(said, words.T("%s was converted from %s to the picture's colours, %s", name, spaceName(a.source), spaceName(e.doc.State().Source)))
	}
	if a.source.Deep() {
		said = append(said, words.T("%s has 16 bits a channel; as a layer it has 8", name))
	}
	if len(said) > 0 {
		e.Say(strings.Join(said, ". "))
	}
}

// spaceName is in which colours a document's pixels are meant, for people.
func spaceName(s *canvas.Source) string {
	if name := file.MeaningOf(s).ColourName(); name != "" {
		return name
	}
	return "sRGB"
}

// Colours says in which colours the document is kept and with how many bits, "" for sRGB of
// 8 bits.
func (e *Editor) Colours() string {
	s := e.doc.State().Source
	if e.colours.source != s {
		e.colours.source = s
		name := file.MeaningOf(s).ColourName()
		if s.Deep() {
			name = strings.TrimPrefix(name+", "+words.T("16 bits"), ", ")
		}
		e.colours.name = name
	}
	return e.colours.name
}
