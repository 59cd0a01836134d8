package ui

import (
	"fmt"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"pentimento/app/desk"
	"pentimento/app/editor"
	"pentimento/app/words"
	"pentimento/canvas"
	"pentimento/tools"
)

// toolbar is the column of tools at the left.
type toolbar struct {
	ed      *editor.Editor
	content fyne.CanvasObject
	rail    *rail
	buttons map[string]*hintButton
}

func newToolbar(w *window) *toolbar {
	t := &toolbar{ed: w.ed, buttons: map[string]*hintButton{}}
	var column []fyne.CanvasObject
	for _, row := range tools.All {
		b := newToldButton(w, icon(row.Icon), func() string { return w.hintOf(editor.Find("tool." + row.Name)) }, func() {
			w.ed.SetTool(row.Name)
			w.focusCanvas()
		})
		t.buttons[row.Name] = b
		column = append(column, b)
	}
	t.rail = newRail(column)
	t.content = container.NewBorder(nil, nil, nil, widget.NewSeparator(), railBox(t.rail))
	t.mark()
	return t
}

func (t *toolbar) update(c desk.Change) {
	if c.What&desk.ToolChanged != 0 {
		t.mark()
	}
}

func (t *toolbar) mark() {
	_, current := t.ed.Tool()
	for name, b := range t.buttons {
		want := widget.LowImportance
		if name == current {
			want = widget.HighImportance
		}
		if b.Importance != want {
			b.Importance = want
			b.Refresh()
		}
	}
}

// optionsBar is the row above the canvas: actions at hand and the tool's own options.
type optionsBar struct {
	w         *window
	content   fyne.CanvasObject
	name      *widget.Label
	about     *widget.Label // what a tool without options does
	size      *numberSlider
	hardness  *numberSlider
	opacity   *numberSlider
	smooth    *numberSlider
	swatch    *swatch
	options   []*toolOption
	transform *transformOptions
	crop      *cropOptions
	finder    *modelPick // the network of the tool Object
	past      *choice    // what the history brush paints back
	steps     []canvas.Step
	erase     *tick
	buttons   map[string]*hintButton
	row       *overflow
	setting   bool // values are being shown, not chosen
}

// shownActions are the buttons of the options row, in groups.
var shownActions = [][]string{{"file.open", "file.save", "file.export"}, {"edit.undo", "edit.redo"}, {"view.fit"}, {"mask.clear"}}

func newOptionsBar(w *window) *optionsBar {
	o := &optionsBar{w: w, buttons: map[string]*hintButton{}}
	row := container.NewHBox()
	for _, group := range shownActions {
		for _, id := range group {
			a := editor.Find(id)
			b := newToldButton(w, icon(a.Icon), func() string { return words.T(a.Name) + w.keysOf(a) }, func() { w.ed.Do(id); w.focusCanvas() })
			b.Importance = widget.LowImportance
			o.buttons[id] = b
			row.Add(b)
		}
		row.Add(widget.NewSeparator())
	}
	o.name = widget.NewLabel("")
	o.name.TextStyle.Bold = true
	o.about = widget.NewLabel("")
	o.about.Importance = widget.LowImportance
	o.addSliders()
	o.swatch = newSwatch(func() { w.colours.reveal() })
	for _, row := range tools.Options {
		o.options = append(o.options, newToolOption(w, row, func(v float64) { o.choose(func(b *tools.BrushSettings) { row.Set(b, v) }) }))
	}
	o.erase = newTick(words.T("Erase (X)"), func(on bool) {
		if b := w.ed.Brush(); !o.setting && b.Erase != on {
			b.Erase = on
			w.ed.SetBrush(b)
		}
	})
	for _, obj := range []fyne.CanvasObject{o.name, o.about, o.swatch, o.size.content, o.hardness.content, o.opacity.content, o.options[0].content, o.smooth.content, o.erase} {
		row.Add(obj)
	}
	o.addFinder() // before what is rarely changed, which a small screen has no room for
	row.Add(o.finder.button)
	row.Add(o.finder.clear)
	for _, x := range o.options[1:] {
		row.Add(x.content)
	}
	o.transform = newTransformOptions(w)
	for _, part := range o.transform.parts {
		row.Add(part)
	}
	o.crop, o.past = newCropOptions(w), newChoice(nil, nil)
	o.past.OnChanged = func(string) {
		if !o.setting {
			w.ed.SetPast(slices.Index(o.past.Options, o.past.Selected))
			w.focusCanvas()
		}
	}
	row.Add(o.crop.content)
	row.Add(o.past)
	o.content, o.row = newOverflow(w, w.relay, row.Objects...)
	o.show()
	return o
}

// addFinder makes the choice of the network that finds what is clicked.
func (o *optionsBar) addFinder() {
	ed := o.w.ed
	o.finder = newModelPick(o.w, words.T("By colours and edges"), words.T("What finds the thing: colours and edges, or your ONNX files of SAM, MobileSAM, EdgeSAM, SAM 2 or EfficientSAM"), []string{"prompted_segmenter"}, func() {
		switch path := o.finder.path; path {
		case "":
			ed.ChooseSegmenter(nil)
		case ed.Segmenter():
		default:
			ed.ChooseSegmenter(func() {
				o.w.AskOpen(words.T("Choose the other half of the network"), func(second string) { ed.ChooseSegmenter(nil, path, second) })
			}, path)
		}
	})
	o.finder.wide = 20
}

// addSliders makes those of every brush.
func (o *optionsBar) addSliders() {
	brush := func(set func(*tools.BrushSettings, float64)) func(float64) {
		return func(v float64) {
			if !o.setting {
				b := o.w.ed.Brush()
				set(&b, v)
				o.w.ed.SetBrush(b)
			}
		}
	}
	o.size = newNumberSlider(words.T("Size"), 1, 500, 1, "px", brush(func(b *tools.BrushSettings, v float64) { b.Size = v }))
	o.hardness = newNumberSlider(words.T("Hardness"), 0, 100, 1, "%", brush(func(b *tools.BrushSettings, v float64) { b.Hardness = v / 100 }))
	o.opacity = newNumberSlider(words.T("Opacity"), 1, 100, 1, "%", brush(func(b *tools.BrushSettings, v float64) { b.Opacity = v / 100 }))
	o.smooth = newNumberSlider(words.T("Smoothing"), 0, 100, 1, "%", brush(func(b *tools.BrushSettings, v float64) { b.Smoothing = v / 100 }))
}

// choose changes the settings that tools read, where a person chose.
func (o *optionsBar) choose(change func(*tools.BrushSettings)) {
	if !o.setting {
		b := o.w.ed.Brush()
		change(&b)
		o.w.ed.SetBrush(b)
		o.w.focusCanvas()
	}
}

func (o *optionsBar) update(c desk.Change) {
	if c.What&(desk.ToolChanged|desk.DocumentOpened) != 0 {
		o.show()
	}
	if c.What&(desk.OverlayChanged|desk.ToolChanged) != 0 {
		o.crop.show()
	}
	if c.What&(desk.HistoryChanged|desk.DocumentOpened|desk.LayersChanged) != 0 {
		for id, b := range o.buttons {
			b.enable(editor.Find(id).Can(o.w.ed))
		}
		o.transform.show()
		o.setting = true
		o.showPast(o.w.ed.ToolName() == "history")
		o.setting = false
	}
}

// bareTools have no options: the row says what they do.
var bareTools = []string{"border", "frame", "move", "turn", "zoom", "pan"}

// usesBrush says which options a tool reads.
var usesBrush = map[string][]string{
	"mask": {"size", "hardness", "smooth", "erase"}, "mask-eraser": {"size", "hardness", "smooth"},
	"brush": {"size", "hardness", "opacity", "smooth", "colour"}, "eraser": {"size", "hardness", "opacity", "smooth"},
	"picker": {"colour"}, "text": {"colour"}, "bucket": {"colour", "opacity"}, "gradient": {"colour", "opacity"},
	"stamp": {"size", "hardness", "opacity", "smooth"}, "history": {"size", "hardness", "opacity", "smooth"},
}

func (o *optionsBar) show() {
	o.setting = true
	b := o.w.ed.Brush()
	_, name := o.w.ed.Tool()
	title := toolTitle(name)
	if r, on := o.w.ed.Fills.Region(o.w.ed.PaintedRegion()); on && o.w.ed.PaintsRegion() {
		title += ": " + cut(r.Name, 24)
	}
	if o.name.Text != title {
		o.name.SetText(title)
		o.about.SetText(o.w.ed.Keyed(words.T(editor.Find("tool." + name).Help)))
		o.row.fold()
	}
	o.size.set(b.Size)
	o.hardness.set(b.Hardness * 100)
	o.opacity.set(b.Opacity * 100)
	o.smooth.set(b.Smoothing * 100)
	o.swatch.set(b.Colour)
	for _, x := range o.options {
		x.show(x.row.Get(b))
		showIf(x.content, slices.Contains(x.row.Tools, name) && (!x.row.Pen || o.w.view.stylus.present))
	}
	o.finder.path = o.w.ed.Segmenter()
	o.finder.show()
	showIf(o.finder.button, name == "object")
	showIf(o.finder.clear, name == "object" && o.finder.path != "")
	showIf(o.about, slices.Contains(bareTools, name))
	o.transform.show()
	o.crop.show()
	o.erase.SetChecked(b.Erase)
	has := map[string]bool{}
	for _, u := range usesBrush[name] {
		has[u] = true
	}
	for key, obj := range map[string]fyne.CanvasObject{"size": o.size.content, "hardness": o.hardness.content, "opacity": o.opacity.content, "smooth": o.smooth.content, "colour": o.swatch, "erase": o.erase} {
		if has[key] != obj.Visible() {
			if has[key] {
				obj.Show()
			} else {
				obj.Hide()
			}
		}
	}
	for id, b := range o.buttons {
		b.enable(editor.Find(id).Can(o.w.ed))
	}
	o.showPast(name == "history")
	o.setting = false
}

// showPast lists the steps that the history brush can paint back.
func (o *optionsBar) showPast(on bool) {
	showIf(o.past, on)
	if !on {
		return
	}
	o.steps, _ = o.w.ed.History()
	names := make([]string, len(o.steps))
	for i, s := range o.steps {
		names[i] = fmt.Sprintf("%d  %s", i, words.Label(s.Label))
	}
	names[o.w.ed.OpenedStep()] = words.T("As it was opened")
	o.past.Options = names
	if i := o.w.ed.PastStep(); i >= 0 {
		o.past.SetSelectedIndex(i)
	} else {
		o.past.ClearSelected()
	}
}

// keysOf is an action's first key in brackets, as it stands behind a name: after a no-break space,
// so that Keyed leaves it alone.
func (w *window) keysOf(a *editor.Action) string {
	if keys := w.ed.KeysOf(a); len(keys) > 0 {
		return "\u00a0(" + words.Keys(keys[0]) + ")"
	}
	return ""
}

// hintOf explains an action's button: its name, its key and what it does.
func (w *window) hintOf(a *editor.Action) string {
	return words.T(a.Name) + w.keysOf(a) + " — " + words.T(a.Help)
}

// toolTitle is a tool's name for people.
func toolTitle(name string) string {
	if a := editor.Find("tool." + name); a != nil {
		return words.T(a.Name)
	}
	return name
}
