package editor

import (
	"image"
	"image/color"
	"math"
	"strings"

	"pentimento/app/desk"
	"pentimento/app/settings"
	"pentimento/app/words"
	"pentimento/canvas"
	"pentimento/canvas/lettering"
	"pentimento/fault"
	"pentimento/tools"
)

// A text is written in an Edit that stays open while its words are typed, so that the picture
// shows it as it will be and all of it is one step. Whatever else begins keeps what was written.

// writing is a text that is being written.
type writing struct {
	layer canvas.LayerID // 0: it gets one of its own
	text  lettering.Text
	edit  *canvas.Edit // nil: nothing is written yet
	place image.Rectangle
}

// writingActions end it. Esc keeps the text, too: undo takes it back.
var writingActions = []Action{
	{ID: "text.keep", Name: "Text is done", Icon: "accept", Keys: []string{"Ctrl+Enter", "Escape"}, Run: func(e *Editor) { e.EndText(true) }, Enabled: writes, Help: "Leave the text as it is written; click it with the text tool to change it"},
	{ID: "text.drop", Name: "Discard the text", Icon: "discard", Run: func(e *Editor) { e.EndText(false) }, Enabled: writes, Help: "Leave the picture as it was before the text tool was used"},
}

func writes(e *Editor) bool { return e.writing != nil }

// WriteAt edits the text at a place of the picture, or begins one there.
func (e *Editor) WriteAt(at tools.Vec) {
	e.EndText(true)
	s := e.doc.State()
	w := &writing{}
	for i := len(s.Layers) - 1; i >= 0 && w.layer == 0; i-- {
		l := s.Layers[i]
		if l.Text == nil || !s.Seen(l) || !image.Pt(int(math.Floor(at.X)), int(math.Floor(at.Y))).In(l.Used().Inset(-6)) {
			continue
		}
		t, err := lettering.Decode(l.Text)
		if e.Fail(err) {
			return
		}
		if !lettering.Has(t.Family) {
			e.Say(words.T("The font %s is not on this machine: when the text changes another takes its place", t.Family))
		}
		if !s.Takes(l.ID) {
			e.Say(words.T("“%s” is locked: unlock its pixels in the layers", l.Name))
			return
		}
		w.layer, w.text, w.place = l.ID, t, l.Used()
		e.SetActive(l.ID)
		e.SetColour(color.NRGBA{t.Colour[0], t.Colour[1], t.Colour[2], t.Colour[3]})
	}
	if w.layer == 0 {
		t, c := e.Settings.Text, e.brush.Colour
		w.text = lettering.Text{Family: t.Family, Bold: t.Bold, Italic: t.Italic, Size: min(max(t.Size, lettering.MinSize), lettering.MaxSize), Align: lettering.Align(min(max(t.Align, 0), 2)), Lines: t.Lines,
			Colour: [4]uint8{c.R, c.G, c.B, c.A}, X: math.Round(at.X), Y: math.Round(at.Y)}
		w.place = image.Rect(int(at.X), int(at.Y-t.Size), int(at.X+t.Size), int(at.Y))
	}
	e.writing = w
	e.Tell(desk.Change{What: desk.ToolChanged | desk.OverlayChanged})
}

// Writing is the text that is being written and where it stands; ok is false where none is.
func (e *Editor) Writing() (t lettering.Text, place image.Rectangle, ok bool) {
	if e.writing == nil {
		return lettering.Text{}, image.Rectangle{}, false
	}
	return e.writing.text, e.writing.place, true
}

// Rewrite changes the text that is being written.
func (e *Editor) Rewrite(change func(*lettering.Text)) {
	w := e.writing
	if w == nil {
		return
	}
	was := w.text
	if change(&w.text); w.text == was {
		return
	}
	w.text.Size = min(max(w.text.Size, lettering.MinSize), lettering.MaxSize)
	e.Settings.Text = settings.Text{Family: w.text.Family, Bold: w.text.Bold, Italic: w.text.Italic, Size: w.text.Size, Align: int(w.text.Align), Lines: w.text.Lines}
	if err := e.write(w); err != nil {
		e.Say(fault.Plain(err))
		w.text = was
	}
	e.Tell(desk.Change{What: desk.ToolChanged | desk.OverlayChanged})
}

// write shows the text in an Edit of its own.
func (e *Editor) write(w *writing) error {
	t, s := w.text, e.doc.State()
	c := s.Source.Space().Brush(color.NRGBA{t.Colour[0], t.Colour[1], t.Colour[2], t.Colour[3]})
	t.Colour = [4]uint8{c.R, c.G, c.B, c.A}
	img, err := t.Draw()
	if err != nil {
		return err
	}
	var dirty image.Rectangle
	if w.edit != nil {
		dirty = w.edit.Rollback()
		w.edit = nil
	}
	if w.layer != 0 || !img.Rect.Empty() {
		w.edit = e.doc.Begin("Text")
		id, name := w.layer, ""
		if id == 0 {
			id = w.edit.AddLayer("", s.Active)
		} else {
			w.edit.Erase(id, nil)
		}
		line, _, _ := strings.Cut(strings.TrimSpace(w.text.Words), "\n")
		if old := s.Layer(id); old == nil || old.Text == nil || named(old) {
			name = desk.Shorten(line, 24)
		}
		img.Rect = img.Rect.Add(w.edit.State().Layer(id).Offset)
		w.edit.Put(id, img, nil)
		w.edit.SetLayer(id, func(l *canvas.Layer) {
			if l.Text = w.text.Encode(); name != "" {
				l.Name = name
			}
		})
		dirty = dirty.Union(img.Rect)
		if !img.Rect.Empty() {
			w.place = img.Rect
		}
	}
	e.Invalidate(dirty)
	return nil
}

// named says whether a text layer has the name of its own words.
func named(l *canvas.Layer) bool {
	t, err := lettering.Decode(l.Text)
	line, _, _ := strings.Cut(strings.TrimSpace(t.Words), "\n")
	return err == nil && l.Name == desk.Shorten(line, 24)
}

// EndText keeps the text that is being written, as one step, or drops it. A text without
// words takes its layer along.
func (e *Editor) EndText(keep bool) {
	w := e.writing
	if w == nil {
		return
	}
	e.writing = nil
	var dirty image.Rectangle
	switch {
	case w.edit == nil || w.edit.Done():
	case !keep:
		dirty = w.edit.Rollback()
	default:
		if strings.TrimSpace(w.text.Words) == "" {
			w.edit.RemoveLayer(w.layer)
		}
		dirty = w.edit.Commit()
		e.RememberColour(e.brush.Colour)
	}
	e.Changed(dirty, desk.ToolChanged)
}

// followText gives the text the colour that is chosen while it is written.
func (e *Editor) followText(c desk.Change) {
	if w := e.writing; w != nil && c.What&desk.ToolChanged != 0 {
		if b := e.brush.Colour; w.text.Colour != [4]uint8{b.R, b.G, b.B, b.A} {
			e.Rewrite(func(t *lettering.Text) { t.Colour = [4]uint8{b.R, b.G, b.B, b.A} })
		}
	}
}
