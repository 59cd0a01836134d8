package editor

import (
	"context"
	"errors"
	"image"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"pentimento/app/desk"
	"pentimento/app/words"
	"pentimento/canvas"
	"pentimento/canvas/file"
	"pentimento/canvas/render"
	"pentimento/fault"
)

// AskExportLayers asks for a folder and writes every visible layer to a file of its own there, as
// large as the picture, in the form that was exported last where that keeps transparency.
func (e *Editor) AskExportLayers() { e.askExportLayers(false) }

// AskExportTrimmedLayers is AskExportLayers with each file as large as its layer.
func (e *Editor) AskExportTrimmedLayers() { e.askExportLayers(true) }

func (e *Editor) askExportLayers(trimmed bool) {
	if len(layersToExport(e.doc.State())) == 0 {
		e.Fail(fault.New("export: there is no visible layer with pixels", "show a hidden layer"))
		return
	}
	p := e.page // whatever is shown when the answer comes
	name, form := e.suggest(""), file.Forms[0]
	if last := e.lastExport; last != nil {
		if f, ok := file.FormOf(last.path); ok && f.Alpha && !f.Layers {
			form = f
			name = strings.TrimSuffix(name, filepath.Ext(name)) + f.Extensions[0]
		}
	}
	e.Ask(func(w desk.Window) {
		w.AskFolder(words.T("Folder for the layers"), func(folder string) {
			p.askQuality(w, form, func(quality int) {
				p.ExportLayersTo(filepath.Join(folder, name), trimmed, quality, nil)
			})
		})
	})
}

// layersToExport are the visible layers that hold something, the lowest first.
func layersToExport(s *canvas.State) (out []*canvas.Layer) {
	for _, l := range s.Layers {
		if s.Counts(l) && !l.Group && !l.Used().Empty() {
			out = append(out, l)
		}
	}
	return out
}

// ExportLayersTo writes every visible layer as a job: a-NAME.png and so on for a path a.png. No
// file that is there already is written over: such a name gets a number. done (may be nil) is
// called on the window's goroutine with the files that were written.
func (p *page) ExportLayersTo(path string, trimmed bool, quality int, done func([]string, error)) {
	e := p.ed
	state, whole, embeds := p.doc.State(), p.Used(), e.Settings.Metadata
	layers := layersToExport(state)
	ext := filepath.Ext(path)
	names := layerFiles(strings.TrimSuffix(path, ext), ext, layers)
	p.writeNow(words.T("Export layers to %s", filepath.Base(filepath.Dir(path))), append(names, path)[max(len(names)-1, 0)], func(ctx context.Context, report func(string, float64)) error {
		var written []string
		var err error
		for i, l := range layers {
			report(l.Name, float64(i)/float64(len(layers)))
			if err = ctx.Err(); err != nil {
				break
			}
			r := whole
			if trimmed {
				r = l.Used()
			}
			if err = writeLayer(ctx, names[i], quality, state, l.ID, r, e.layerTexts(embeds, state, r, l.ID), says(state, embeds)); err != nil {
				break
			}
			written = append(written, names[i])
		}
		e.Post(func() {
			if err != nil && !errors.Is(err, context.Canceled) {
				e.Fail(err)
			}
			if len(written) > 0 {
				e.Say(words.N(len(written), "Exported %d layer, as %s", "Exported %d layers, the first as %s", filepath.Base(written[0])))
			}
			if done != nil {
				done(written, err)
			}
		})
		return err
	})
}

func (e *Editor) layerTexts(embeds bool, s *canvas.State, r image.Rectangle, id canvas.LayerID) []file.Text {
	if !embeds {
		return nil
	}
	return e.Provenance.Texts(s, r, id)
}

func writeLayer(ctx context.Context, path string, quality int, s *canvas.State, id canvas.LayerID, r image.Rectangle, texts []file.Text, m file.Meaning) error {
	img := render.Flatten(s, r, render.FlattenOptions{Only: id})
	return writePicture(ctx, path, quality, file.Finish(s, img), nil, texts, m)
}

// layerFiles are names of files for layers, each once and none of a file that is there.
func layerFiles(base, ext string, layers []*canvas.Layer) (out []string) {
	taken := map[string]bool{}
	for _, l := range layers {
		stem := base + "-" + fileName(l.Name)
		name := stem + ext
		for n := 2; ; n++ {
			if _, err := os.Lstat(name); err != nil && !taken[strings.ToLower(name)] {
				break
			}
			name = stem + "-" + strconv.Itoa(n) + ext
		}
		taken[strings.ToLower(name)] = true // some file systems don't tell capitals
		out = append(out, name)
	}
	return out
}

// fileName is a layer's name as part of a file's on any system.
func fileName(name string) string {
	safe := strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || strings.ContainsRune(`<>:"/\|?*`, r) {
			return '_'
		}
		return r
	}, strings.ToValidUTF8(name, "_"))
	if r := []rune(safe); len(r) > 60 {
		safe = string(r[:60])
	}
	if safe = strings.Trim(safe, " ."); safe == "" {
		return "layer"
	}
	return safe
}
