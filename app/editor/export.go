package editor

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"pentimento/app/desk"
	"pentimento/app/jobs"
	"pentimento/app/words"
	"pentimento/canvas"
	"pentimento/canvas/disk"
	"pentimento/canvas/file"
	"pentimento/canvas/render"
	"pentimento/fault"
	"pentimento/pipeline"
)

// Export is what a picture file is made of.
type Export struct {
	Rect    image.Rectangle
	Layer   canvas.LayerID // 0: all visible layers
	Quality int            // 1 to 100; 0: the form's usual one, exactly where it can
}

// exported is the last export of the document, to be repeated: what was exported is looked
// up anew.
type exported struct {
	path    string
	quality int
	what    exportOf
}

// exportOf says what of a document is exported, nothing where that is not there.
type exportOf func(*page) Export

func everything(p *page) Export { return Export{Rect: p.Used()} }
func frameOnly(p *page) Export  { return Export{Rect: p.doc.State().Frame} }
func layerOnly(p *page) (x Export) {
	s := p.doc.State()
	if l := s.Layer(s.Active); l != nil {
		x = Export{Rect: l.Used(), Layer: l.ID}
	}
	return x
}

// AskExport asks for a name and writes all visible content.
func (e *Editor) AskExport() { e.askExport(everything, "") }

// AskExportFrame writes what is inside the frame.
func (e *Editor) AskExportFrame() { e.askExport(frameOnly, "-frame") }

// AskExportLayer writes the active layer alone.
func (e *Editor) AskExportLayer() { e.askExport(layerOnly, "-layer") }

// ExportAgain repeats the last export of this document: the same file, the same settings; the
// first time it asks.
func (e *Editor) ExportAgain() {
	last := e.lastExport
	if last == nil {
		e.AskExport()
		return
	}
	if x, ok := e.exportable(last.what); ok {
		x.Quality = last.quality
		e.ExportTo(last.path, x, nil)
	}
}

func (p *page) exportable(what exportOf) (x Export, ok bool) {
	if x = what(p); x.Rect.Empty() {
		p.ed.Fail(fault.New("export: there are no visible pixels to write", "show a hidden layer, or choose another export"))
		return x, false
	}
	return x, true
}

// askExport exports the document for which it is asked, as it is when the answer comes, whatever is
// shown or closed by then: the desktop's own dialog leaves the window open.
func (p *page) askExport(what exportOf, suffix string) {
	if _, ok := p.exportable(what); !ok {
		return
	}
	p.askPicture(p.suggest(suffix), func(path string, quality int) {
		if x, ok := p.exportable(what); ok {
			p.lastExport = &exported{path, quality, what}
			x.Quality = quality
			p.ExportTo(path, x, nil)
		}
	})
}

// askPicture asks for a picture file to write and, where its form has one, for the quality.
func (p *page) askPicture(suggestion string, then func(path string, quality int)) {
	e := p.ed
	e.Ask(func(w desk.Window) {
		w.AskSave(suggestion, func(path string) {
			form, ok := file.FormOf(path)
			switch ext := filepath.Ext(path); {
			case ext == "":
				path += form.Extensions[0]
			case form.Layers && e.isOpened(path):
				e.Fail(fault.New(fmt.Sprintf("export: %q is the file that is open, of which not everything is read", filepath.Base(path)), "choose another name, so that nothing of it is lost"))
				return
			case !ok:
				e.Fail(fault.New(fmt.Sprintf("export: %q ends in %s, want .png, .jpg, .webp, .tif or .psd", filepath.Base(path), ext), "PNG keeps every pixel exactly"))
				return
			}
			p.askQuality(w, form, func(quality int) { then(path, quality) })
		})
	})
}

// askQuality asks how well a picture is written, where its form leaves a choice.
func (p *page) askQuality(w desk.Window, form file.Form, then func(quality int)) {
	if !form.Lossy {
		then(0)
		return
	}
	e := p.ed
	w.AskQuality(p.qualityOf(form), func(quality int) {
		e.setting(func() {
			if e.Settings.Qualities == nil {
				e.Settings.Qualities = map[string]int{}
			}
			e.Settings.Qualities[form.Name] = quality
		})
		then(quality)
	})
}

// isOpened says whether a path is the file that an open document was opened from.
func (e *Editor) isOpened(path string) bool {
	a, err := os.Stat(path)
	return err == nil && slices.ContainsFunc(e.pages, func(p *page) bool {
		b, err := os.Stat(p.Path())
		return err == nil && os.SameFile(a, b)
	})
}

// qualityOf is the question for a form's quality, beginning at what was chosen last.
func (p *page) qualityOf(form file.Form) desk.Quality {
	q := desk.Quality{Form: form.Name, Exact: form.Exact, Quality: form.Quality}
	if last, ok := p.ed.Settings.Qualities[form.Name]; ok && last <= 100 && (last > 0 || last == 0 && form.Exact) {
		q.Quality = last
	}
	q.Notes = losses(form, p.doc.State())
	return q
}

// losses are what a form doesn't keep of a document, a sentence each.
func losses(form file.Form, s *canvas.State) (out []string) {
	if !form.Alpha {
		out = append(out, words.T("%s has no transparency: what is transparent becomes white.", form.Name))
	}
	if !form.Deep && s.Source.Deep() {
		out = append(out, words.T("%s has 8 bits a channel: the 16 of this picture are rounded. PNG keeps them.", form.Name))
	}
	if name := form.HDR(file.MeaningOf(s.Source)); name != "" {
		out = append(out, words.T("%s has no number for %s: an ICC profile says it, and programs that don't read it there show the picture dull. PNG keeps it.", form.Name, name))
	}
	for _, l := range form.Normalised(s) {
		out = append(out, words.T("%s has no blend mode like that of the layer %q, which becomes normal in it.", form.Name, l.Name))
	}
	return out
}

func (p *page) suggest(suffix string) string {
	name := "pentimento"
	if p.Path() != "" {
		name = strings.TrimSuffix(filepath.Base(p.Path()), filepath.Ext(p.Path()))
		name += done(p.doc.State())
	}
	return name + suffix + ".png"
}

// doneNames are what files are called of which a task was the last that was done; others were filled.
var doneNames = map[pipeline.Task]string{
	pipeline.Upscale: "enlarged", pipeline.SDUpscale: "enlarged", pipeline.Refine: "refined", pipeline.Detail: "refined", pipeline.Restore: "restored",
	pipeline.Swap: "swapped", pipeline.Cut: "cutout", pipeline.Pixelate: "pixelart", pipeline.Background: "background", pipeline.Harmonise: "harmonised",
}

// done is what the name of a picture's file ends in, by what was done last of all that shows what it made.
func done(s *canvas.State) string {
	for _, o := range slices.Backward(s.Origins) {
		var was struct {
			Task pipeline.Task
			Text string // of a recipe that the picture came with
		}
		if l := s.Layer(o.Layer); l == nil || !s.Seen(l) || json.Unmarshal(o.Recipe, &was) != nil || was.Text != "" {
			continue
		}
		return "-" + cmp.Or(doneNames[was.Task], "filled")
	}
	return "-edited"
}

// writeNow starts a job that writes a file at once, beside fills that are waited for: a person takes
// the file to hold what is on the screen. Such jobs run one after another, so that of two that write one
// file the later stays. The end of the program waits for them a while; where it doesn't come to path, which is the
// last that a job writes, the next start says so.
func (p *page) writeNow(label, path string, work jobs.Work) {
	e := p.ed
	before, mine := e.written, make(chan struct{})
	e.written = mine
	job := e.Jobs.Now(label, 0, func(ctx context.Context, report func(string, float64)) error {
		defer close(mine)
		if before != nil {
			<-before // it ends by itself, and soon: it only writes
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		return work(ctx, report)
	})
	p.Keeping.Writing(job, path)
}

// writes says whether a job of writeNow is under way.
func (e *Editor) writes() bool {
	if e.written == nil {
		return false
	}
	select {
	case <-e.written:
		return false
	default:
		return true
	}
}

// ExportTo flattens and writes a picture as a job, in the form of the name's ending: whole or
// not at all. done (may be nil) is called on the window's goroutine with the outcome.
func (p *page) ExportTo(path string, x Export, done func(error)) {
	form, known := file.FormOf(path)
	if ext := strings.ToLower(filepath.Ext(path)); !known && (ext == "" || ext == file.ProjectExtension || slices.Contains(file.Extensions, ext)) {
		path += form.Extensions[0] // a PNG in a .kra would be neither, and the file of another program gone
	}
	e := p.ed
	state, embeds := p.doc.State(), e.Settings.Metadata
	p.writeNow(words.T("Export %s", filepath.Base(path)), path, func(ctx context.Context, report func(string, float64)) error {
		report(words.T("flattening"), 0.1)
		img := render.Flatten(state, x.Rect, render.FlattenOptions{Only: x.Layer})
		report(words.T("writing"), 0.4)
		var texts []file.Text
		if embeds {
			texts = e.Provenance.Texts(state, x.Rect, x.Layer)
		}
		layers := state
		if x.Layer != 0 {
			layers = nil
		}
		err := writePicture(ctx, path, x.Quality, file.Finish(state, img), layers, texts, says(state, embeds))
		exact := form.Exact && x.Quality == 0
		if err == nil && exact && x.Layer == 0 {
			p.land(func() { // also where the program ends by then
				if x.Rect == p.Used() && state == p.doc.State() {
					p.Keeping.Exported(state)
				}
			})
		}
		e.Post(func() {
			if err == nil {
				said := []string{words.T("Exported %s", filepath.Base(path))}
				if !form.Lossy { // else the question for the quality said it
					said = append(said, losses(form, state)...)
				}
				e.Say(strings.Join(said, ". "))
			} else if !errors.Is(err, context.Canceled) {
				e.Fail(err)
			}
			if done != nil {
				done(err)
			}
		})
		return err
	})
}

// writePicture writes a file in the form of its name's ending; layers, which may be nil, are what
// the picture was flattened of.
func writePicture(ctx context.Context, path string, quality int, img image.Image, layers *canvas.State, texts []file.Text, says file.Meaning) error {
	form, _ := file.FormOf(path)
	return disk.WriteAtomic(path, func(w io.Writer) error {
		return says.Encode(ctx, w, form, img, texts, file.Options{Quality: quality, Fast: true, State: layers})
	})
}
