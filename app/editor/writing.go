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
	"pentimento/canvas/figure"
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
	laid  lettering.Text // that the edit shows
	busy  bool           // a long text is being drawn
	told  bool           // that a letter is in no font
}

// longText is from how many bytes on a text is drawn beside the window's goroutine: shorter ones
// are drawn before the next frame.
const longText = 400

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
		if _, posed := figure.Decode(l.Text); posed {
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
	w.laid = w.text
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
	if r, lacks := lettering.Lacks(w.text.Words); lacks && !w.told {
		w.told = true
		e.Say(words.T("No font on this computer draws “%s” (U+%04X): a box stands in its place. Install %s and start again to see it.", string(r), r, lettering.FontFor(r)))
	}
	if len(w.text.Words) > longText {
		e.writeLater(w)
	} else {
		img, err := e.draw(w.text)
		e.lay(w, w.text, img, err)
	}
	e.Tell(desk.Change{What: desk.ToolChanged | desk.OverlayChanged})
}

// writeLater draws a long text beside the window's goroutine; what is typed meanwhile comes next.
func (e *Editor) writeLater(w *writing) {
	if w.busy {
		return
	}
	w.busy = true
	t, draw := w.text, e.drawing(w.text)
	go func() {
		var img *image.NRGBA
		var err error
		if broken := fault.Guard("text", func() { img, err = draw() }); broken != nil {
			err = broken
		}
		e.Post(func() {
			w.busy = false
			if e.writing != w || w.laid == w.text {
				return
			}
			if e.lay(w, t, img, err); w.text != t && err == nil {
				e.writeLater(w)
			}
			e.Tell(desk.Change{What: desk.ToolChanged | desk.OverlayChanged})
		})
	}()
}

// drawing draws a text in the document's colours, on any goroutine.
func (e *Editor) drawing(t lettering.Text) func() (*image.NRGBA, error) {
	c := e.doc.State().Source.Space().Brush(color.NRGBA{t.Colour[0], t.Colour[1], t.Colour[2], t.Colour[3]})
	t.Colour = [4]uint8{c.R, c.G, c.B, c.A}
	return t.Draw
}

func (e *Editor) draw(t lettering.Text) (*image.NRGBA, error) { return e.drawing(t)() }

// lay shows a text that was drawn in an Edit of its own. One that could not be drawn gives way
// to the one before it.
func (e *Editor) lay(w *writing, t lettering.Text, img *image.NRGBA, err error) {
	if err != nil {
		e.Say(fault.Plain(err))
		w.text = w.laid
		return
	}
	s := e.doc.State()
	w.laid = t
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
		line, _, _ := strings.Cut(strings.TrimSpace(t.Words), "\n")
		if old := s.Layer(id); old == nil || old.Text == nil || named(old) {
			name = desk.Shorten(line, 24)
		}
		img.Rect = img.Rect.Add(w.edit.State().Layer(id).Offset)
		w.edit.Put(id, img, nil)
		w.edit.SetLayer(id, func(l *canvas.Layer) {
			if l.Text = t.Encode(); name != "" {
				l.Name = name
			}
		})
		dirty = dirty.Union(img.Rect)
		if !img.Rect.Empty() {
			w.place = img.Rect
		}
	}
	e.Invalidate(dirty)
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
	if keep && w.text != w.laid { // its last letters are still being drawn
		img, err := e.draw(w.text)
		e.lay(w, w.text, img, err)
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
