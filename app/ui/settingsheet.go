package ui

import (
	"errors"
	"fmt"
	"image/color"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/widget"

	"pentimento/app/words"
)

// themeNames and deviceNames are choices as the settings file has them; a device's name is
// the same in every language.
var (
	themeNames  = []string{"dark", "light"}
	deviceNames = []string{"cuda", "tensorrt", "directml", "webgpu", "coreml", "cpu"}
)

// showSettings edits what has no place on the panels.
func (w *window) showSettings() {
	s := &w.ed.Settings.Settings
	themes := newChoice(themeNames, nil)
	themes.SetSelected(s.Theme)
	tint := parseColour(s.OverlayColour)
	colour := w.newColourButton(words.T("Mask colour"), tint, func(c color.NRGBA) { tint = c })
	strength := newSlide(0.1, 0.9)
	strength.Step = 0.05
	strength.SetValue(s.Overlay)
	memory, disk := megabytes(s.HistoryMB), megabytes(s.JournalMB)
	results := newField()
	results.SetText(fmt.Sprint(s.ResultsMB))
	results.Validator = func(text string) error {
		if n, err := strconv.Atoi(strings.TrimSpace(text)); err != nil || n < 0 {
			return errors.New(words.T("a whole number of megabytes, or 0 to keep none"))
		}
		return nil
	}
	library := newField()
	library.SetText(s.Runtime)
	library.SetPlaceHolder(words.T("automatic"))
	device := newChoice(append([]string{"automatic"}, deviceNames...), nil)
	device.SetSelected("automatic")
	if s.Device != "" {
		device.SetSelected(s.Device)
	}
	online := newTick(words.T("Downloads and look-ups"), nil)
	online.SetChecked(s.Online)
	var d *dialog.FormDialog
	keys := widget.NewButton(words.T("Keys…"), func() { d.Hide(); w.showKeys() })
	items := []*widget.FormItem{
		{Text: words.T("Theme"), Widget: themes},
		{Text: words.T("Keyboard"), Widget: container.NewHBox(keys)},
		{Text: words.T("Mask colour"), Widget: colour},
		{Text: words.T("Mask opacity"), Widget: strength},
		{Text: words.T("History memory"), Widget: memory, HintText: words.T("MB; applies to the next document")},
		{Text: words.T("History on disk"), Widget: disk, HintText: words.T("MB for undo after a restart, for recovery and the trash")},
		{Text: words.T("Kept results"), Widget: results, HintText: words.T("MB on disk; the oldest are deleted first, favourites never")},
		{Text: words.T("Device"), Widget: device, HintText: words.T("for diffusion; applies to the next fill")},
		{Text: words.T("Internet"), Widget: online, HintText: spokenTo(s.Hosts)},
		{Text: words.T("ONNX Runtime"), Widget: library, HintText: words.T("path to the library; applies to the next fill")},
	}
	d = dialog.NewForm(words.T("Settings"), words.T("Apply"), words.T("Cancel"), items, func(ok bool) {
		if ok {
			if w.ed.Downloads != nil {
				w.ed.Downloads.SetOnline(online.Checked)
			}
			w.ed.Apply(func() {
				s.Theme, s.Overlay, s.Runtime = themes.chosen(), strength.Value, strings.TrimSpace(library.Text)
				s.OverlayColour = fmt.Sprintf("#%02x%02x%02x", tint.R, tint.G, tint.B)
				s.Device = strings.TrimSuffix(device.chosen(), "automatic")
				s.ResultsMB, _ = strconv.Atoi(strings.TrimSpace(results.Text))
				s.HistoryMB, _ = strconv.Atoi(strings.TrimSpace(memory.Text)) // held by the validator
				s.JournalMB, _ = strconv.Atoi(strings.TrimSpace(disk.Text))
			})
		}
	}, w.win)
	d.Resize(fyne.NewSize(520, 540))
	w.showSheetOver(d, d.Submit, nil)
}

// spokenTo says what the switch means, and which hosts there have been.
func spokenTo(hosts []string) string {
	if len(hosts) == 0 {
		return words.T("off: nothing here speaks to anyone; on: what you ask for does")
	}
	return words.T("only when you ask; so far: %s", cut(strings.Join(hosts, ", "), 60))
}

// megabytes is a field for a size of 64 MB or more.
func megabytes(n int) *field {
	f := newField()
	f.SetText(fmt.Sprint(n))
	f.Validator = func(text string) error {
		if n, err := strconv.Atoi(strings.TrimSpace(text)); err != nil || n < 64 {
			return errors.New(words.T("a whole number of megabytes, 64 or more"))
		}
		return nil
	}
	return f
}

// newColourButton is a swatch that opens a colour picker.
func (w *window) newColourButton(title string, c color.NRGBA, chosen func(color.NRGBA)) fyne.CanvasObject {
	var s *swatch
	s = newSwatch(func() {
		d := dialog.NewColorPicker(title, "", func(picked color.Color) {
			c = color.NRGBAModel.Convert(picked).(color.NRGBA)
			s.set(c)
			chosen(c)
		}, w.win)
		d.Advanced = true
		d.SetColor(c)
		w.showSheetOver(d, nil, nil)
	})
	s.set(c)
	return container.NewHBox(s)
}
