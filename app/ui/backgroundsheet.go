package ui

import (
	"image/color"
	"path/filepath"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"pentimento/app/editor"
	"pentimento/app/words"
	"pentimento/fault"
)

// showBackground asks how the active layer's subject is found, and goes on with the card.
func (w *window) showBackground() {
	if w.ed.Fail(w.ed.CanReplaceBackground()) {
		return
	}
	w.showSubject(words.T("Replace the background"), words.T("Choose the background"), w.ed.State().Selection.Len() > 0, w.showBackgroundCard,
		words.T("The subject is found first, while you can go on painting. Then you choose what comes behind it, and see it before it is applied."))
}

// backgroundCard chooses what comes behind the subject of the active layer, while it is seen.
type backgroundCard struct {
	*adjusting
	r                             *editor.Replacing
	by, show, work                *choice
	threshold, shift, blur, tuned float64
	shadow                        float64
	tune                          *numberSlider // harmonise
	prompt                        *field
	picture                       *hintButton
	of                            map[string]fyne.CanvasObject // the row of each way
	wanted, hides                 *widget.Label
	fitted                        string // what its size suits
	shown                         *card
}

// live says whether it is still this card whose change is tried: a dialog that it opened may answer when it is gone.
func (c *backgroundCard) live() bool {
	return c.shown != nil && c.w.card == c.shown && c.w.ed.Trying() == c.label
}

// backgroundWays are the ways in the order of the choice, workWays those of what it is of.
var (
	backgroundWays = []string{editor.ByPicture, editor.ByBlur, editor.ByColour, editor.ByWords}
	workWays       = []string{editor.OfLayer, editor.OfShowing, editor.OfPicture}
)

// showBackgroundCard shows what a subject, which a network ("": the selection) finds, would stand in front of.
func (w *window) showBackgroundCard(network string) {
	w.ed.CancelTrial()
	c := &backgroundCard{adjusting: &adjusting{w: w, label: adjustTitles["background"].Name, rows: container.NewVBox(spacer(cardRoom)), note: small("")}, r: &editor.Replacing{}}
	c.r.Network, c.r.Colour = network, editor.HexColour(w.ed.Brush().Colour)
	c.threshold, c.blur, c.tuned = 50, 12, 100
	c.wanted, c.hides = small(""), small("")
	c.hides.Hide()
	c.show = newChoice([]string{words.T("The new background"), words.T("What goes, in red")}, nil)
	c.work = newChoice([]string{words.T("The active layer"), words.T("The active layer; hide what lies over it"), words.T("All that is seen, as one")}, nil)
	c.by = newChoice([]string{words.T("A picture"), words.T("What was there, blurred"), words.T("A colour"), words.T("Words: the model paints it")}, nil)
	for _, pick := range []*choice{c.show, c.work, c.by} {
		pick.SetSelectedIndex(0)
	}
	c.work.SetSelectedIndex(slices.Index(workWays, w.ed.UsualOf()))
	c.try, c.reset = c.attempt, c.first
	c.rows.Add(labelled(words.T("Background"), c.by))
	c.ways()
	c.rows.Add(widget.NewSeparator())
	if network != "" {
		c.slider(words.T("Threshold"), 5, 95, 1, "%", &c.threshold)
		c.slider(words.T("Edge outward"), -30, 30, 1, "px", &c.shift)
	}
	c.rows.Add(labelled(words.T("Show"), c.show))
	if w.ed.Layered() {
		c.rows.Add(labelled(words.T("Of"), c.work))
	}
	c.rows.Add(c.hides)
	c.rows.Add(widget.NewSeparator())
	c.tune = c.slider(words.T("Harmonise"), 0, 100, 1, "%", &c.tuned)
	c.slider(words.T("Shadow"), 0, 100, 1, "%", &c.shadow)
	c.rows.Add(container.NewStack(sized(fyne.NewSize(0, small("\n").MinSize().Height)), c.note)) // of two lines
	c.show.OnChanged, c.work.OnChanged = func(string) { c.try() }, func(string) { c.try() }
	c.by.OnChanged = func(string) {
		c.tuned = c.usual()
		c.tune.set(c.tuned)
		c.try()
	}
	c.open()
	if w.ed.Trying() != "" {
		c.shown = w.card
		w.card.look = c.look // another model may be open by now
		c.look()
		w.win.Canvas().Focus(c.by)
	}
}

// ways adds the row of each way and what is still wanted, in as much room as the highest takes: what is below, such as the button
// that applies it, stays where it is when another is chosen.
func (c *backgroundCard) ways() {
	w := c.w
	c.prompt = newMultiLineField()
	c.prompt.SetText(w.ed.Settings.Fill.Prompt)
	c.prompt.SetMinRowsVisible(2)
	c.prompt.leave = w.ed.CancelTrial
	c.prompt.OnChanged = func(string) { c.try() }
	c.picture = newHintButton(w, icon("open"), words.T("It covers the layer; what is too much is cut off at its sides"), func() {
		w.AskOpen(words.T("Choose a picture"), func(path string) {
			if c.live() {
				c.r.File = path
				c.picture.SetText(cut(filepath.Base(path), 26))
				c.try()
			}
		})
	})
	c.picture.SetText(words.T("None chosen"))
	c.picture.Alignment, c.picture.Importance = widget.ButtonAlignLeading, widget.MediumImportance
	blurred := c.slider(words.T("Blur"), 0, 100, 1, "px", &c.blur)
	c.rows.Remove(blurred.content)
	colour, _ := editor.ParseColour(c.r.Colour)
	c.of = map[string]fyne.CanvasObject{
		editor.ByPicture: labelled(words.T("Picture"), c.picture),
		editor.ByBlur:    blurred.content,
		editor.ByColour: labelled(words.T("Colour"), w.newColourButton(words.T("Colour of the background"), colour, func(n color.NRGBA) {
			if c.live() {
				c.r.Colour = editor.HexColour(n)
				c.try()
			}
		})),
		editor.ByWords: labelled(words.T("Prompt"), c.prompt),
	}
	box, room := container.NewVBox(), container.NewVBox(c.of[editor.ByWords], small("\n")).MinSize()
	for _, way := range backgroundWays {
		box.Add(c.of[way])
	}
	box.Add(c.wanted)
	c.rows.Add(container.NewStack(sized(fyne.NewSize(0, room.Height)), box))
}

// first is how it began.
func (c *backgroundCard) first() {
	c.threshold, c.shift, c.blur, c.shadow, c.tuned = 50, 0, 12, 0, c.usual()
	values := []float64{c.blur}
	if c.r.Network != "" {
		values = append(values, c.threshold, c.shift)
	}
	values = append(values, c.tuned, c.shadow)
	for i, v := range values {
		c.sliders[i].set(v)
	}
}

// usual is how far, in %, a subject is harmonised where nobody says: not at all with its own background, or one colour.
func (c *backgroundCard) usual() float64 {
	switch backgroundWays[c.by.SelectedIndex()] {
	case editor.ByBlur, editor.ByColour:
		return 0
	}
	return 100
}

// attempt shows what is asked for.
func (c *backgroundCard) attempt() {
	r := c.r
	r.By, r.Of, r.Red = backgroundWays[c.by.SelectedIndex()], workWays[c.work.SelectedIndex()], c.show.SelectedIndex() == 1
	r.Threshold, r.Shift, r.Blur, r.Prompt = c.threshold/100, int(c.shift), c.blur, c.prompt.Text
	r.Strength, r.Shadow = c.tuned/100, c.shadow/100
	c.look()
	c.w.ed.ReplaceBackground(r, c.told)
}

// look shows the rows of the chosen way, and says what is still wanted.
func (c *backgroundCard) look() {
	for way, row := range c.of {
		showIf(row, way == c.r.By)
	}
	text, err := "", c.w.ed.Lacks(c.r.NewBackground)
	switch {
	case err != nil:
		text = fault.Hint(err)
	case c.r.By == editor.ByWords:
		text = words.T("The fill panel's model paints it once you apply; until then what goes is red.")
	case c.r.By == editor.ByBlur:
		text = words.T("Where the subject was it is filled from what is around; 0 fills and doesn't blur.")
	}
	if text != c.wanted.Text {
		c.wanted.SetText(text)
	}
	showIf(c.wanted, text != "")
	if shown := c.w.card; shown != nil && shown.label == c.label && shown.apply != nil {
		enable(shown.apply, err == nil)
		if was := c.r.By + text; was != c.fitted { // it has other rows
			c.fitted = was
			shown.fit()
		}
	}
}

// told says what there is to say of what is seen.
func (c *backgroundCard) told(t editor.Told) {
	note, hides := words.T("Background and subject become layers; what was there stays below, hidden. It is one step."), ""
	switch {
	case t.Finding:
		note = c.w.ed.Keyed(words.T("The network looks for the subject. Stop it (Escape)."))
	case t.Filling:
		note = c.w.ed.Keyed(words.T("It is filled behind the subject. Stop it (Escape)."))
	case t.Err != nil:
		note = strings.TrimSpace(fault.Plain(t.Err) + ". " + fault.Hint(t.Err))
	}
	if c.r.Of == editor.OfPicture && c.w.ed.UsualOf() == editor.OfPicture {
		hides, c.hides.Importance = words.T("A fill lies over another layer: all that is seen is taken as one."), widget.LowImportance
	}
	if len(t.Hiding) > 0 && c.r.Of == editor.OfLayer {
		c.hides.Importance = widget.WarningImportance
		hides = words.T("%s above hides a part of the new background. Under “Of” it can be hidden, or all that is seen taken as one.", layerNames(t.Hiding))
	}
	if !t.Finding {
		c.hides.SetText(hides)
		showIf(c.hides, hides != "")
	}
	c.note.SetText(note)
	if shown := c.w.card; shown != nil && shown.label == c.label {
		shown.fit()
	}
}

// layerNames are names of layers for a sentence: two, and how many more.
func layerNames(names []string) string {
	const most = 2
	text := "“" + strings.Join(names[:min(len(names), most)], "”, “") + "”"
	if more := len(names) - most; more > 0 {
		text = words.T("%s and %d more", text, more)
	}
	return text
}
