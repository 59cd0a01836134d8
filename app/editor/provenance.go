package editor

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"path/filepath"
	"slices"
	"time"

	"pentimento/app/desk"
	"pentimento/app/models"
	"pentimento/canvas"
	"pentimento/canvas/file"
	"pentimento/pipeline/metadata"
	"pentimento/pipeline/pixels"
)

// provenance is what the editor knows of how pictures were made, and of what to make again.
// All but keeper belongs to the window's goroutine.
type provenance struct {
	keeper      keeper
	libraryTold time.Time // of a failure

	arriving  *found          // of the picture that is just being handed over
	opened    *found          // of the opened picture
	shownCard *Card           // in the recipe panel
	made      []metadata.Fill // what HowMade found
	pointer   image.Point     // document pixel that the pointer was on last

}

func (e *Editor) beginProvenance() {
	if e.Library != nil {
		e.Library.SetBudget(int64(e.Settings.ResultsMB) << 20)
	}
	e.Listen(e.followLibrary)
}

// endProvenance waits for the library.
func (e *Editor) endProvenance() {
	e.keeper.flush()
}

// recipe is what a picture remembers of one accepted fill: a metadata.Fill as JSON, its
// rectangle in document pixels.
func (e *Editor) recipe(c *Candidate) []byte { return encode(e.record(c)) }

func encode(f metadata.Fill) []byte {
	data, err := json.Marshal(f)
	if err != nil { // a number that JSON cannot write: the picture is worth more than its note
		return nil
	}
	return data
}

// record is the account of one candidate.
func (e *Editor) record(c *Candidate) metadata.Fill {
	f := c.Result.Request.Record(c.Patch.Rect, c.When)
	f.ModelHash = e.Models.Short(c.Result.Request.Model)
	if c.Result.Image != nil {
		replay := c.Result.Replay()
		f.Read = metadata.RectOf(replay.Read)
		f.Run, _ = json.Marshal(replay) // without it the rest is still worth having
	}
	return f
}

// Embedded is one text as an export carries it.
type Embedded struct{ Key, Text string }

// Embeds hands over, later and on the window's goroutine, exactly the texts that an export
// of the visible content would carry now if the setting is on.
func (e *Editor) Embeds(then func([]Embedded)) {
	state, x := e.doc.State(), Export{Rect: e.Used()}
	go func() {
		var out []Embedded
		for _, t := range e.texts(state, x) {
			out = append(out, Embedded(t))
		}
		e.Post(func() { then(out) })
	}()
}

// texts are what an export of a state carries. It looks at every pixel of every fill, so
// it belongs to a job; it reads nothing that the window changes.
func (e *Editor) texts(s *canvas.State, x Export) []file.Text {
	d := metadata.Document{Program: "Pentimento " + e.Version}
	var seen [][]byte
	var at []int // the place in d.Fills of what was seen
	for _, o := range s.Origins {
		shows, _ := s.Shown(o, x.Rect, x.Layer)
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
			f.ModelHash = e.Models.Named(models.Name(f.Model))
		}
		seen, at = append(seen, o.Recipe), append(at, len(d.Fills))
		d.Add(f)
	}
	return embed(&d, x.Rect)
}

// embed writes a document whose rectangles are document pixels into a picture of r.
func embed(d *metadata.Document, r image.Rectangle) []file.Text {
	d.Move(image.Point{}.Sub(r.Min), r.Dx(), r.Dy())
	var out []file.Text
	for _, t := range d.Texts() {
		out = append(out, file.Text(t))
	}
	return out
}

// candidateTexts are what a candidate carries that is saved alone.
func (e *Editor) candidateTexts(c *Candidate) []file.Text {
	d := metadata.Document{Program: "Pentimento " + e.Version}
	d.Add(e.record(c))
	return embed(&d, c.Result.Image.Rect)
}

// SaveCandidate writes the candidate on show as a PNG, as a job, without accepting it.
func (e *Editor) SaveCandidate() {
	s := e.Shown()
	if s == nil || s.Current() == nil {
		return
	}
	c := s.Current()
	e.Ask(func(w desk.Window) {
		w.AskSave(fmt.Sprintf("candidate-%d.png", c.Result.Request.Seed), func(path string) {
			var texts []file.Text
			if e.Settings.Metadata {
				texts = e.candidateTexts(c)
			}
			e.Jobs.Add("Save candidate", 0, func(ctx context.Context, _ func(string, float64)) error {
				err := writePNG(ctx, path, c.Result.Image, texts)
				e.Post(func() {
					if !errors.Is(err, context.Canceled) && !e.Fail(err) {
						e.Say("Saved " + filepath.Base(path))
					}
				})
				return err
			})
		})
	})
}

// adopt makes what a picture says of its making the document's own, while it is opened:
// its fills can be asked for and exported again, and so can the recipe it came with.
func (e *Editor) adopt(ed *canvas.Edit, layer canvas.LayerID, bounds image.Rectangle) {
	if e.arriving == nil || e.arriving.recipe == nil {
		return
	}
	r := e.arriving.recipe
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
