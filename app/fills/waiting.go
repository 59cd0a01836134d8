package fills

import (
	"cmp"
	"path/filepath"
	"slices"
	"strings"

	"pentimento/app/desk"
	"pentimento/canvas"
	"pentimento/pipeline"
)

// Waiting is a guide of a recipe whose picture isn't here: recipes hold none. It is followed once it is given one.
//
// 2026-11-28: it is no entry of the strip, whose pictures are the document's: it is kept beside, as attachments are.
type Waiting struct {
	Number int    // tells it from others
	Name   string // the recipe's for it: its preprocessor, or its picture
	File   string // the name of its network's file where the library has none such
	Made   string // its preprocessor, where the window has none such: the map is wanted
	Attachment
}

// Waiting are those that wait.
func (f *Fills) Waiting() []Waiting { return f.waiting }

// SetWaiting takes what was kept.
func (f *Fills) SetWaiting(all []Waiting) {
	f.waiting = slices.Clone(all)
	f.desk.Tell(desk.Change{What: desk.FillChanged})
}

// Await has guides of a recipe wait for their pictures, in place of those of another recipe; areas are the regions in
// which they act, "" for everywhere, nil for all of these.
func (f *Fills) Await(guides []pipeline.Guide, areas []string) {
	var all []Waiting
	for i, g := range guides {
		if g.Weight == 0 {
			continue
		}
		w := Waiting{Number: i, Name: cmp.Or(g.Preprocessor, g.Name, g.Kind)}
		w.Attachment = Attachment{On: true, Weight: g.Weight, Start: g.Start, End: g.End, Kind: g.Kind, Module: g.Preprocessor, Type: g.Type, Mode: g.Mode, Fidelity: g.Fidelity}
		if areas != nil {
			w.Region = areas[i]
		}
		way := w.Way()
		if way.Kind == pipeline.GuideControl && !slices.ContainsFunc(way.Modules, func(m Module) bool { return m.Name == g.Preprocessor }) {
			if w.Module = "none"; g.Preprocessor != "" && g.Preprocessor != "none" {
				w.Made, w.Type = g.Preprocessor, cmp.Or(g.Type, g.TypeOf())
			}
		}
		if g.Model != "" {
			if w.Model = fileCalled(f.GuideFiles(w.Attachment), g.Model); w.Model == "" {
				w.File = filepath.Base(g.Model)
			}
		}
		all = append(all, w)
	}
	f.SetWaiting(all)
}

// fileCalled is the file of a name, with its ending or without; "" for none.
func fileCalled(files []string, name string) string {
	plain := func(path string) string {
		base := filepath.Base(path)
		if ext := filepath.Ext(base); slices.Contains([]string{".safetensors", ".pth", ".pt", ".ckpt", ".bin"}, strings.ToLower(ext)) {
			base = strings.TrimSuffix(base, ext)
		}
		return strings.ToLower(base)
	}
	for _, path := range files {
		if plain(path) == plain(name) {
			return path
		}
	}
	return ""
}

// Give attaches a picture of the strip as what waits under a number says.
func (f *Fills) Give(number int, r *canvas.Reference) {
	i := slices.IndexFunc(f.waiting, func(w Waiting) bool { return w.Number == number })
	if i < 0 {
		return
	}
	a := f.waiting[i].Attachment
	f.Forgo(number)
	f.Attach(r, func(to *Attachment) { *to = a })
}

// Forgo has what waits under a number wait no longer.
func (f *Fills) Forgo(number int) {
	f.SetWaiting(slices.DeleteFunc(slices.Clone(f.waiting), func(w Waiting) bool { return w.Number == number }))
}
