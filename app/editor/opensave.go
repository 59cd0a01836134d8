package editor

import (
	"bytes"
	"context"
	"image"
	"path/filepath"
	"slices"

	"golang.org/x/image/draw"

	"pentimento/app/commission"
	"pentimento/app/desk"
	"pentimento/app/settings"
	"pentimento/app/words"
	"pentimento/canvas"
	"pentimento/canvas/file"
	"pentimento/canvas/render"
	"pentimento/pipeline"
)

// AskOpen asks for a picture and opens it.
func (e *Editor) AskOpen() {
	e.Ask(func(w desk.Window) { w.AskOpen(words.T("Open picture"), func(p string) { e.Open(p) }) })
}

// AskPlace asks for a picture and places it as a layer.
func (e *Editor) AskPlace() {
	here := e.Here()
	e.Ask(func(w desk.Window) {
		w.AskOpen(words.T("Place picture"), func(p string) { here(func() { e.PlaceFile(p, e.Centre()) }) })
	})
}

// Open opens a project, or a picture, as a document of its own. Reading runs as a job. A
// project that is open already is shown. A file is judged by its first bytes, not by its name. A model's file goes to
// Models.Receive.
func (e *Editor) Open(path string) {
	if !e.Models.Receive(path) && !e.stays() {
		e.open(path, func(error) {})
	}
}

// open is Open for what is no model; opened hears when the document is shown, or why it is not.
func (e *Editor) open(path string, opened func(error)) {
	if i := e.openedAt(path); i >= 0 {
		e.ShowTab(i)
		e.Say(words.T("%s is open already", filepath.Base(path)))
		opened(nil)
		return
	}
	e.read(path, 0, opened, nil, func(a *arrival) { e.openPicture(a, path, func() { opened(nil) }) })
}

// OpenAll opens the first of some files and then places the others on it as layers. In the place
// of one that cannot be opened comes the next. Whoever has begun to paint before the picture was read keeps that
// canvas, and hears where the picture is.
func (e *Editor) OpenAll(paths []string) {
	first := e.page
	for i, path := range paths {
		if e.Models.Receive(path) {
			continue
		}
		e.open(path, func(err error) {
			if err != nil {
				e.OpenAll(paths[i+1:])
				return
			}
			if e.page != first && !first.Empty() && slices.Contains(e.pages, first) {
				e.Say(words.T("%s is in a tab of its own: something had been begun on the other canvas before it was read", filepath.Base(path)))
			}
			for _, other := range paths[i+1:] {
				e.PlaceFile(other, image.Point{})
			}
		})
		return
	}
}

// OpenSample opens the bundled sample picture.
func (e *Editor) OpenSample() {
	if e.stays() {
		return
	}
	p, err := file.Decode(context.Background(), bytes.NewReader(e.Sample), nil)
	if !e.Fail(err) {
		e.openPicture(arrived(p, nil), "", nil)
	}
}

// openPhoto is after a picture was opened that doesn't say it was painted by a model: the
// Starter matches no photograph, so content-aware is chosen in its place, which is to be said.
func (e *Editor) openPhoto() string {
	e.Fills.Photo = true
	if !e.Models.UsesStarter() || !e.Models.Generates() {
		return ""
	}
	e.SetFill(func(f *settings.Fill) { f.Engine = string(pipeline.Content) })
	return words.T("Content-aware is chosen: the Starter (a toy to try the tools with) doesn't match photographs.")
}

// PlaceFile places a picture file as a layer centred at a document pixel; on an empty
// canvas it is opened instead. Of a project the flattened picture is placed.
func (e *Editor) PlaceFile(path string, at image.Point) {
	if e.Models.Receive(path) {
		return
	}
	if e.Empty() && (e.Keeping.Unsaved() || file.IsProject(path)) {
		e.Open(path)
		return
	}
	e.decode(path, e.bring(), func(a *arrival) {
		if e.Empty() {
			e.openPicture(a, path, nil)
			return
		}
		e.Settings.AddRecent(path)
		a.fits = true
		e.placeArrival(filepath.Base(path), a, at)
	})
}

// ReferenceFile puts a picture file into the reference strip.
func (e *Editor) ReferenceFile(path string) {
	e.decode(path, func(a *arrival) { a.bring(nil) }, func(a *arrival) { e.AddReference(filepath.Base(path), a.img) })
}

// FollowFile keeps a file's picture as a reference that fills follow in a way (fills.Way.Kind).
func (e *Editor) FollowFile(path, kind string) {
	e.decode(path, func(a *arrival) { a.bring(nil) }, func(a *arrival) { e.follow(filepath.Base(path), a.img, kind) })
}

func (e *Editor) follow(name string, img *image.NRGBA, kind string) {
	e.AddReference(name, img)
	refs := e.State().References
	e.Fills.Follow(refs[len(refs)-1], kind)
	if !slices.Contains(e.Settings.Open, "guides") {
		e.Unfold("guides") // what it is followed by is chosen there
	}
}

// FollowAgain is provenance.Picture's.
func (e *Editor) FollowAgain(guides []pipeline.Guide, regions []pipeline.Region) []string {
	return e.Fills.FollowAgain(guides, regions)
}

// Await is provenance.Picture's.
func (e *Editor) Await(guides []pipeline.Guide) {
	if e.Fills.Await(guides, nil); len(e.Fills.Waiting()) > 0 && !slices.Contains(e.Settings.Open, "guides") {
		e.Unfold("guides") // there they are given
	}
}

// GiveFile keeps a file's picture as a reference, and has fills follow it as what waits under a number says.
func (e *Editor) GiveFile(path string, number int) {
	e.decode(path, func(a *arrival) { a.bring(nil) }, func(a *arrival) {
		e.AddReference(filepath.Base(path), a.img)
		refs := e.State().References
		e.Fills.Give(number, refs[len(refs)-1])
	})
}

// RegionsAgain is provenance.Picture's.
func (e *Editor) RegionsAgain(regions []pipeline.Region, base float64, frame image.Rectangle, then func(gone []string)) {
	e.PaintRegion("")
	e.Fills.RegionsAgain(regions, base, frame, then)
}

// says is what a picture of a State goes on saying of what its file said; of what people
// wrote only where texts are embedded at all.
func says(state *canvas.State, embeds bool) file.Meaning {
	return file.MeaningOf(state.Source).Without(commission.Ours, !embeds)
}

// flattenLayer is one layer's own pixels.
func flattenLayer(s *canvas.State, l *canvas.Layer) *image.NRGBA {
	return render.Flatten(s, l.Used(), render.FlattenOptions{Only: l.ID})
}

// scaled resamples a picture to a rectangle (Catmull-Rom), or moves it where the size
// is the same.
func scaled(img *image.NRGBA, r image.Rectangle) *image.NRGBA {
	if img.Rect.Size() == r.Size() {
		moved := *img
		moved.Rect = r
		return &moved
	}
	out := image.NewNRGBA(r)
	draw.CatmullRom.Scale(out, r, img, img.Rect, draw.Src, nil)
	return out
}

// OpenWithRecipe opens a picture and shows its recipe, if it has one.
func (e *Editor) OpenWithRecipe(path string) {
	e.read(path, 0, nil, nil, func(a *arrival) { e.openPicture(a, path, e.Provenance.OpenedRecipe) })
}
