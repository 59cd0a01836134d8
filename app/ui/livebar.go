package ui

import (
	"fmt"
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	"pentimento/app/desk"
	"pentimento/app/editor"
	"pentimento/app/fills"
	"pentimento/app/settings"
	"pentimento/app/words"
	"pentimento/fault"
)

// liveBar stands at the canvas's upper edge while live mode is on: how it samples, how it
// stands, and the way out.
type liveBar struct {
	w             *window
	layer         *fyne.Container
	state         *widget.Label
	preset        *choice
	strength, cfg *numberSlider
	apply         *hintButton
	setting       bool
}

func newLiveBar(w *window) *liveBar {
	b := &liveBar{w: w, state: widget.NewLabel("")}
	b.state.Truncation = fyne.TextTruncateEllipsis
	var names []string
	for _, p := range fills.LivePresets {
		names = append(names, p.Name)
	}
	b.preset = newChoice(names, func(name string) {
		for _, p := range fills.LivePresets {
			if p.Name == name {
				b.change(func(l *settings.Live) { l.Sampler, l.Schedule, l.Steps, l.CFG = p.Sampler, p.Schedule, p.Steps, p.CFG })
				w.Say(words.T(p.Name) + ": " + words.T(p.Help))
			}
		}
	})
	b.strength = newNumberSlider(words.T("Strength"), 0.05, 1, 0.05, "", func(v float64) { b.change(func(l *settings.Live) { l.Strength = min(v, 1) }) })
	b.cfg = newNumberSlider(words.T("Guidance"), 1, 10, 0.1, "", func(v float64) { b.change(func(l *settings.Live) { l.CFG = v }) })
	apply := editor.Find("live.apply")
	b.apply = newActionButton(w, apply)
	b.apply.Importance = widget.HighImportance
	toggle := editor.Find("live.toggle")
	off := newToldButton(w, icon("discardall"), func() string { return words.T("Switch live mode off") + w.keysOf(toggle) }, func() { w.ed.Fills.Live.Set(false); w.focusCanvas() })
	back := &themedBack{}
	back.ExtendBaseWidget(back)
	row := container.NewHBox(container.NewStack(spacer(250), b.state), b.preset, b.strength.content, b.cfg.content, b.apply, off)
	bar := container.NewStack(back, container.NewPadded(row))
	b.layer = container.NewVBox(container.NewHBox(layout.NewSpacer(), bar, layout.NewSpacer()))
	b.show()
	return b
}

// change writes to the settings unless the bar is only showing them.
func (b *liveBar) change(set func(*settings.Live)) {
	if !b.setting {
		b.w.ed.Fills.Live.SetSampling(set)
	}
}

func (b *liveBar) update(c desk.Change) {
	if c.What&(desk.SettingsChanged|desk.OverlayChanged|desk.CandidatesChanged|desk.JobsChanged|desk.DocumentOpened) != 0 {
		b.show()
	}
}

// show brings the bar up to date; most calls find it hidden and nothing to do.
func (b *liveBar) show() {
	s := b.w.ed.Fills.Live.Status()
	if !s.On {
		if b.layer.Visible() {
			b.layer.Hide()
		}
		return
	}
	b.setting = true
	defer func() { b.setting = false }()
	l := b.w.ed.Settings.Live
	name := ""
	for _, p := range fills.LivePresets {
		if p.Sampler == l.Sampler && p.Schedule == l.Schedule && p.Steps == l.Steps {
			name = p.Name
		}
	}
	if b.preset.chosen() != name {
		b.preset.SetSelected(name)
	}
	if b.strength.value != l.Strength {
		b.strength.set(l.Strength)
	}
	if b.cfg.value != l.CFG {
		b.cfg.set(l.CFG)
	}
	if text := liveText(s); b.state.Text != text {
		b.state.SetText(text)
	}
	b.apply.enable(!s.Place.Empty())
	if !b.layer.Visible() {
		b.layer.Show()
	}
}

// liveText says how live mode stands.
func liveText(s fills.LiveStatus) string {
	switch {
	case s.Err != nil:
		text := words.T("Live: %s", sentence(s.Err))
		if h := fault.Hint(s.Err); h != "" {
			text += " " + sentence(fmt.Errorf("%s", h))
		}
		return text
	case s.Running:
		return words.T("Live: computing…")
	case s.Paused:
		return words.T("Live: paused")
	case !s.Place.Empty():
		return words.T("Live: up to date")
	}
	return words.T("Live: waiting for a change")
}

// liveInk frames what is live mode's and not yet the picture's.
var liveInk = color.NRGBA{0xe0, 0x9a, 0x3c, 255}

// live marks the result that is over the picture.
func (o *overlay) live() {
	s := o.v.ed.Fills.Live.Status()
	if !s.On || s.Place.Empty() || o.v.ed.Fills.Comparing() {
		return
	}
	o.box(s.Place, liveInk, noFill, 1)
	text := o.v.ed.Keyed(words.T("live — apply (Enter)"))
	if s.Running {
		text = words.T("live — computing…")
	}
	o.label(text, float64(s.Place.Min.X), float64(s.Place.Min.Y), false)
}
