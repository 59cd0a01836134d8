package ui

import (
	"fmt"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	fynecanvas "fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/widget"

	"pentimento/app/editor"
)

// Show opens one of the window's sheets (editor.Window).
func (w *window) Show(what string) {
	switch what {
	case "palette":
		w.showPalette(commands(w), "Type a command")
	case "recent":
		w.showPalette(recentFiles(w), "Type part of a name")
	case "shortcuts":
		w.showSheet()
	case "settings":
		w.showSettings()
	case "about":
		text := wrapped("A desktop canvas without edges, on which a place is filled where it stands.\n\nVersion " + w.ed.Version + ". MIT licence.")
		dialog.ShowCustom("Pentimento", "Close", container.NewStack(spacer(380), text), w.win)
	}
}

// command is one line of the palette.
type command struct {
	name, detail string
	off          bool
	run          func()
}

func commands(w *window) []command {
	var out []command
	for i := range editor.Actions {
		a := &editor.Actions[i]
		detail := a.Help
		if len(a.Keys) > 0 {
			detail = a.Keys[0] + " — " + detail
		}
		name := strings.TrimSuffix(a.Name, "…")
		if a.Menu != "" {
			name = a.Menu + ": " + name
		}
		out = append(out, command{name, detail, !a.Can(w.ed), func() { a.Run(w.ed) }})
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
	shown, at := all, 0
	list := widget.NewList(func() int { return len(shown) }, func() fyne.CanvasObject {
		detail := widget.NewLabel("")
		detail.Importance = widget.LowImportance
		detail.Truncation = fyne.TextTruncateEllipsis
		return container.NewBorder(nil, nil, widget.NewLabel("A command of a usual length"), nil, detail)
	}, func(i widget.ListItemID, o fyne.CanvasObject) {
		row := o.(*fyne.Container).Objects
		name, detail := row[1].(*widget.Label), row[0].(*widget.Label)
		name.Importance = widget.MediumImportance
		if shown[i].off {
			name.Importance = widget.LowImportance
		}
		name.SetText(shown[i].name)
		detail.SetText(shown[i].detail)
	})
	entry := &paletteEntry{}
	entry.ExtendBaseWidget(entry)
	entry.SetPlaceHolder(prompt)
	var pop *widget.PopUp
	run := func(i int) {
		pop.Hide()
		w.focusCanvas()
		if i < len(shown) && !shown[i].off {
			shown[i].run()
		}
	}
	choosing := false
	choose := func(i int) {
		choosing = true
		at = min(max(i, 0), max(len(shown)-1, 0))
		list.Select(at)
		list.ScrollTo(at)
		choosing = false
	}
	list.OnSelected = func(i widget.ListItemID) {
		if !choosing {
			run(i)
		}
	}
	entry.OnChanged = func(s string) {
		shown = matching(all, s)
		list.UnselectAll()
		list.Refresh()
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
	body := container.NewBorder(entry, nil, nil, nil, list)
	pop = widget.NewModalPopUp(container.NewStack(sized(size), body), w.win.Canvas())
	pop.Show()
	w.win.Canvas().Focus(entry)
	choose(0)
}

func sized(s fyne.Size) fyne.CanvasObject {
	r := fynecanvas.NewRectangle(noFill)
	r.SetMinSize(s)
	return r
}

// matching keeps the lines that hold every typed word; those that start with the first
// word come first, and what cannot run now comes last.
func matching(all []command, typed string) []command {
	words := strings.Fields(strings.ToLower(typed))
	var first, rest, off []command
	for _, c := range all {
		text := strings.ToLower(c.name + " " + c.detail)
		ok := true
		for _, word := range words {
			ok = ok && strings.Contains(text, word)
		}
		switch {
		case !ok:
		case c.off:
			off = append(off, c)
		case len(words) > 0 && strings.Contains(strings.ToLower(c.name), words[0]):
			first = append(first, c)
		default:
			rest = append(rest, c)
		}
	}
	return append(append(first, rest...), off...)
}

// showSheet lists all keys, made from the table of actions.
func (w *window) showSheet() {
	grid := container.NewGridWithColumns(2)
	line := func(keys, text string) {
		k := widget.NewLabelWithStyle(keys, fyne.TextAlignTrailing, fyne.TextStyle{Bold: true})
		grid.Add(container.NewBorder(nil, nil, container.NewStack(spacer(150), k), nil, widget.NewLabel(text)))
	}
	for _, a := range editor.Actions {
		if len(a.Keys) > 0 {
			line(strings.Join(a.Keys, ", "), strings.TrimSuffix(a.Name, "…"))
		}
	}
	for _, extra := range [][2]string{
		{"Wheel", "Zoom at the pointer"}, {"Ctrl+Wheel", "Brush size"}, {"Space+drag, middle drag", "Pan"},
		{"Right button", "Mask brush erases"}, {"Shift+click", "Straight line"}, {"hold C", "See the original"},
	} {
		line(extra[0], extra[1])
	}
	scroll := container.NewVScroll(grid)
	d := dialog.NewCustom("Shortcuts", "Close", container.NewStack(sized(fyne.NewSize(820, 520)), scroll), w.win)
	d.SetOnClosed(w.focusCanvas)
	d.Show()
}

// showSettings edits what has no place on the panels.
func (w *window) showSettings() {
	s := &w.ed.Settings.Settings
	themes := widget.NewSelect([]string{"dark", "light"}, nil)
	themes.SetSelected(s.Theme)
	colour := widget.NewEntry()
	colour.SetText(s.OverlayColour)
	strength := widget.NewSlider(0.1, 0.9)
	strength.Step = 0.05
	strength.SetValue(s.Overlay)
	memory := widget.NewEntry()
	memory.SetText(fmt.Sprint(s.HistoryMB))
	library := widget.NewEntry()
	library.SetText(s.Runtime)
	library.SetPlaceHolder("automatic")
	device := widget.NewSelect([]string{"automatic", "cuda", "tensorrt", "directml", "webgpu", "coreml", "cpu"}, nil)
	device.SetSelected("automatic")
	if s.Device != "" {
		device.SetSelected(s.Device)
	}
	items := []*widget.FormItem{
		{Text: "Theme", Widget: themes},
		{Text: "Mask colour", Widget: colour, HintText: "as #rrggbb"},
		{Text: "Mask strength", Widget: strength},
		{Text: "History memory", Widget: memory, HintText: "megabytes; applies to the next document"},
		{Text: "Device", Widget: device, HintText: "for diffusion; applies at the next start"},
		{Text: "ONNX Runtime", Widget: library, HintText: "path of the library; applies at the next start"},
	}
	d := dialog.NewForm("Settings", "Apply", "Cancel", items, func(ok bool) {
		if ok {
			w.ed.Apply(func() {
				s.Theme, s.OverlayColour, s.Overlay, s.Runtime = themes.Selected, colour.Text, strength.Value, strings.TrimSpace(library.Text)
				s.Device = strings.TrimSuffix(device.Selected, "automatic")
				if n, err := strconv.Atoi(strings.TrimSpace(memory.Text)); err == nil && n >= 64 {
					s.HistoryMB = n
				}
			})
		}
		w.focusCanvas()
	}, w.win)
	d.Resize(fyne.NewSize(480, 420))
	d.Show()
}
