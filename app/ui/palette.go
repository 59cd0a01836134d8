package ui

import (
	"image/color"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	fynecanvas "fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"pentimento/app/editor"
	"pentimento/app/words"
)

// Show opens one of the window's sheets (desk.Window).
func (w *window) Show(what string) {
	if show := w.sheets()[what]; show != nil {
		show()
		return
	}
	switch what {
	case "palette":
		w.showPalette(commands(w), words.T("Type a command"))
	case "recent", "copyto", "selectload":
		lists := map[string]func(*window) []command{"recent": recentFiles, "copyto": otherTabs, "selectload": savedSelections}
		w.showPalette(lists[what](w), words.T("Type part of a name"))
	case "styles", "prompts", "presets", "difference":
		w.showPrompting(what)
	case "fullscreen":
		w.win.SetFullScreen(!w.win.FullScreen())
	case "regions":
		w.painted.reveal()
	case "rename":
		w.layers.rename()
	case "find.face", "find.eyes", "find.hand", "find.person", "find.text":
		w.showFind(strings.TrimPrefix(what, "find."), false)
	case "select.text":
		w.showFind("text", true)
	case "guideline":
		w.showGuideLine(-1)
	case "adjust.levels", "adjust.curves", "adjust.hues", "adjust.contrast", "adjust.blur", "adjust.sharpen":
		w.showAdjust(what)
	case "models":
		w.showModels()
	case "merge":
		w.showMerge("")
	default:
		w.showChangeSelection(what)
	}
}

// sheets are those that need nothing else, by their names.
func (w *window) sheets() map[string]func() {
	return map[string]func(){
		"shortcuts":    w.showSheet,
		"settings":     w.showSettings,
		"recovery":     w.showRecovery,
		"describe":     w.showDescribe,
		"wildcards":    w.showWildcards,
		"getmodel":     w.showGetModel,
		"stopped":      w.showStopped,
		"region":       w.nextRegion,
		"prompt":       w.showPrompt,
		"recipe":       w.showRecipe,
		"made":         w.showMade,
		"selectsave":   w.showSaveSelection,
		"details":      w.showDetails,
		"keys":         w.showKeys,
		"imagesize":    w.showImageSize,
		"selectperson": w.selectPeople,
		"pixelart":     w.showPixelArt,
		"cutout":       w.showCutout,
		"background":   w.showBackground,
		"enlarge":      w.showEnlarge,
		"restore":      w.showRestore,
		"swap":         w.showSwap,
		"harmonise":    w.showHarmonise,
		"canvassize":   w.showCanvasSize,
		"turn":         w.showTurn,
		"embeds":       w.showEmbeds,
		"picked":       w.offerPicked,
		"pasted":       w.offerPasted,
		"results":      w.showResults,
		"about":        w.showAbout,
	}
}

func (w *window) showAbout() {
	text := wrapped(words.T("A desktop canvas without edges: paint over a place and fill it where it is.\n\nVersion %s. MIT licence.", w.ed.Version))
	w.showSheetOver(dialog.NewCustom("Pentimento", words.T("Close"), container.NewStack(spacer(380), text), w.win), nil, nil)
}

// command is one line of the palette.
type command struct {
	name, detail string
	title        string // the name without the menu that it stands in; "": name is
	also         string // other words for it, parted by commas
	why          string // what keeps it from running; "": unknown
	off          bool
	run          func()
}

// newCommandRow is a row of the palette, which fill gives its words.
func newCommandRow() fyne.CanvasObject {
	detail := widget.NewLabel("")
	detail.Importance = widget.LowImportance
	detail.Truncation = fyne.TextTruncateEllipsis
	back := fynecanvas.NewRectangle(color.Transparent)
	return container.NewStack(back, container.NewBorder(nil, nil, widget.NewLabel("A command of a usual length"), nil, detail))
}

// fill writes a command into a row; at says that it is the one that Enter runs. The list's own
// selection would do for that, but a click on what is selected already is not told.
func (c command) fill(o fyne.CanvasObject, at bool) {
	stack := o.(*fyne.Container).Objects
	back, row := stack[0].(*fynecanvas.Rectangle), stack[1].(*fyne.Container).Objects
	back.FillColor = color.Transparent
	if at {
		back.FillColor = theme.Color(theme.ColorNameSelection)
	}
	back.Refresh()
	name, detail := row[1].(*widget.Label), row[0].(*widget.Label)
	name.Importance = widget.MediumImportance
	if c.off {
		name.Importance = widget.LowImportance
	}
	name.SetText(c.name)
	detail.SetText(c.detail)
}

func commands(w *window) []command {
	var out []command
	for i := range editor.Actions {
		a := &editor.Actions[i]
		detail := words.T(a.Help)
		if keys := w.ed.KeysOf(a); len(keys) > 0 {
			detail = words.Keys(keys[0]) + " — " + detail
		}
		c := command{title: strings.TrimSuffix(words.T(a.Name), "…"), also: a.Also(), detail: detail, off: !a.Can(w.ed), run: func() { a.Run(w.ed) }}
		if c.name = c.title; a.Menu != "" {
			c.name = words.T(a.Menu) + ": " + c.title
		}
		if c.off {
			c.why = words.T("“%s” can't be done now", c.title)
			if a.Why != "" {
				c.why = words.T(a.Why)
				c.detail = c.why
			}
		}
		out = append(out, c)
	}
	return out
}

func recentFiles(w *window) []command {
	var out []command
	for _, p := range w.ed.Settings.Recent {
		out = append(out, command{name: shortPath(p), run: func() { w.ed.Open(p) }})
	}
	return out
}

// otherTabs are the documents that the active layer can be copied to.
func otherTabs(w *window) (out []command) {
	layer := w.ed.Committed().Active
	for i, k := range w.ed.Tabs() {
		if i != w.ed.Tab() {
			out = append(out, command{name: k.Title(), detail: shortPath(k.Path()), run: func() { w.ed.CopyLayerTo(i, layer) }})
		}
	}
	return out
}

// paletteEntry sends the arrow keys and Escape on to the palette.
type paletteEntry struct {
	widget.Entry
	key func(fyne.KeyName) bool
}

// TypedKey implements fyne.Focusable.
func (e *paletteEntry) TypedKey(k *fyne.KeyEvent) {
	if !e.key(k.Name) {
		e.Entry.TypedKey(k)
	}
}

// showPalette finds a line by typing parts of it; Enter runs it.
func (w *window) showPalette(all []command, prompt string) {
	shown, at := matching(all, ""), 0
	list := widget.NewList(func() int { return len(shown) }, newCommandRow, func(i widget.ListItemID, o fyne.CanvasObject) { shown[i].fill(o, i == at) })
	none := small(words.T("Nothing is called that. Try another word for it, or a part of one."))
	none.Hide()
	entry := &paletteEntry{}
	entry.ExtendBaseWidget(entry)
	entry.SetPlaceHolder(prompt)
	var pop *widget.PopUp
	run := func(i int) {
		pop.Hide()
		w.focusCanvas()
		switch {
		case i >= len(shown):
		case shown[i].off:
			w.ed.Say(shown[i].why)
		default:
			shown[i].run()
		}
	}
	choose := func(i int) {
		at = min(max(i, 0), max(len(shown)-1, 0))
		list.ScrollTo(at)
		list.Refresh()
	}
	list.OnSelected = run
	entry.OnChanged = func(s string) {
		shown = matching(all, s)
		showIf(none, len(shown) == 0)
		choose(0)
	}
	entry.OnSubmitted = func(string) { run(at) }
	entry.key = func(k fyne.KeyName) bool {
		switch k {
		case fyne.KeyDown:
			choose(at + 1)
		case fyne.KeyUp:
			choose(at - 1)
		case fyne.KeyEscape:
			pop.Hide()
			w.focusCanvas()
		default:
			return false
		}
		return true
	}
	size := fyne.NewSize(620, 420)
	body := container.NewBorder(entry, nil, nil, nil, list, container.NewVBox(none))
	pop = widget.NewModalPopUp(container.NewStack(sized(size), body), w.win.Canvas())
	pop.Show()
	w.win.Canvas().Focus(entry)
	choose(0)
}

func sized(s fyne.Size) fyne.CanvasObject {
	r := fynecanvas.NewRectangle(color.Transparent)
	r.SetMinSize(s)
	return r
}

// matching keeps the lines that hold every typed word, the likeliest first: those whose name, or other words, are or begin
// with all that was typed, then those with it in the name, then those with all of its words there. Of what is as likely that which can run now
// comes first, and what can't run and has not the typed words in its name comes last.
func matching(all []command, typed string) []command {
	parts := strings.Fields(strings.ToLower(typed))
	var tiers [2 * unlikely][]command
	for _, c := range all {
		at := c.likely(parts)
		if at < 0 {
			continue
		}
		if at *= 2; c.off {
			at++
		}
		tiers[at] = append(tiers[at], c)
	}
	return slices.Concat(tiers[:]...)
}

// unlikely is how many degrees of likeliness there are.
const unlikely = 8

// likely is how likely words in lower case mean a command, 0 the likeliest; -1: not at all.
func (c *command) likely(parts []string) int {
	title := strings.ToLower(c.title)
	if title == "" {
		title = strings.ToLower(c.name)
	}
	phrase := strings.Join(parts, " ")
	name := strings.ToLower(c.name)
	holds := func(text string, has func(text, word string) bool) bool {
		return !slices.ContainsFunc(parts, func(word string) bool { return !has(text, word) })
	}
	also := ", " + strings.ToLower(c.also) + ","
	begins := func(text, word string) bool { return strings.HasPrefix(text, word) || strings.Contains(text, " "+word) }
	switch {
	case !holds(name+" "+also+" "+strings.ToLower(c.detail), strings.Contains):
		return -1
	case phrase == "":
		return unlikely - 1
	case title == phrase:
		return 0
	case strings.Contains(also, ", "+phrase+","):
		return 1
	case strings.HasPrefix(title, phrase), strings.Contains(also, ", "+phrase):
		return 2
	case begins(title, phrase):
		return 3
	case holds(title, begins):
		return 4
	case holds(name+also, begins):
		return 5
	case holds(name, strings.Contains):
		return 6
	}
	return unlikely - 1
}

// sheetLeast is the width that two columns of keys need.
const sheetLeast = 800

// showSheet lists all keys, made from the table of actions and grouped as the menus are.
func (w *window) showSheet() {
	columns := [2]*fyne.Container{container.NewVBox(), container.NewVBox()}
	size := w.win.Canvas().Size()
	room := fyne.NewSize(min(860, size.Width-60), min(620, size.Height-140))
	beside := room.Width >= sheetLeast
	for _, group := range keyGroups(w.ed) {
		to := columns[0]
		if beside && len(columns[1].Objects) < len(columns[0].Objects) {
			to = columns[1]
		}
		to.Add(widget.NewLabelWithStyle(group.title, fyne.TextAlignLeading, fyne.TextStyle{Bold: true}))
		for _, row := range group.rows {
			keys := widget.NewLabelWithStyle(row[0], fyne.TextAlignTrailing, fyne.TextStyle{})
			keys.Importance = widget.LowImportance
			to.Add(container.NewBorder(nil, nil, container.NewStack(spacer(176), keys), nil, widget.NewLabel(row[1])))
		}
	}
	showIf(columns[1], beside)
	scroll := container.NewVScroll(container.NewGridWithColumns(map[bool]int{false: 1, true: 2}[beside], columns[0], columns[1]))
	d := dialog.NewCustomWithoutButtons(words.T("Shortcuts"), container.NewStack(sized(room), scroll), w.win)
	d.SetButtons([]fyne.CanvasObject{widget.NewButton(words.T("Change keys…"), func() { d.Hide(); w.showKeys() }), widget.NewButton(words.T("Close"), d.Hide)})
	w.showSheetOver(d, nil, nil)
}

// keyGroup is a part of the shortcut sheet: keys and what they do.
type keyGroup struct {
	title string
	rows  [][2]string
}

func keyGroups(ed *editor.Editor) []keyGroup {
	byMenu := map[string][][2]string{}
	for i := range editor.Actions {
		a := &editor.Actions[i]
		if keys := ed.KeysOf(a); len(keys) > 0 {
			title := a.Menu
			if title == "" {
				title = "Tools"
			}
			byMenu[title] = append(byMenu[title], [2]string{words.Keys(strings.Join(keys, ", ")), strings.TrimSuffix(words.T(a.Name), "…")})
		}
	}
	out := []keyGroup{{words.T("Mouse"), [][2]string{
		{words.T("Wheel"), words.T("Zoom at the pointer")}, {words.T("Ctrl+Wheel"), words.T("Brush size")}, {words.T("Shift+Wheel"), words.T("Move sideways")}, {words.T("Space+drag, middle drag"), words.T("Pan")}, {words.T("Shift+Space+drag"), words.T("Turn the view")},
		{words.T("Right button"), words.T("Mask brush erases")}, {words.T("Shift+click"), words.T("Straight line")}, {words.T("Hold C"), words.T("See the original")},
		{words.T("Alt, Ctrl while dragging"), words.T("Frame and border: steps of 8, of 1")},
	}}}
	for _, menu := range editor.Menus {
		if rows := byMenu[menu]; len(rows) > 0 {
			out = append(out, keyGroup{words.T(menu), rows})
		}
	}
	return out
}
