package ui

import (
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"pentimento/app/editor"
	"pentimento/app/words"
)

// keySheet is the table of actions with their keys, in which each can be given others.
type keySheet struct {
	w      *window
	shown  []*editor.Action
	typed  string
	at     int // the row that Enter changes
	search *paletteEntry
	list   *widget.List
}

// showKeys opens it.
func (w *window) showKeys() {
	s := &keySheet{w: w}
	s.list = newKeyList(s)
	s.search = &paletteEntry{}
	s.search.ExtendBaseWidget(s.search)
	s.search.SetPlaceHolder(words.T("Search commands and keys"))
	s.search.OnChanged = func(text string) { s.typed, s.at = text, 0; s.find() }
	s.find()
	size := w.win.Canvas().Size()
	room := fyne.NewSize(min(760, size.Width-60), min(560, size.Height-140))
	body := container.NewBorder(s.search, nil, nil, nil, s.list)
	d := dialog.NewCustomWithoutButtons(words.T("Keys"), container.NewStack(sized(room), body), w.win)
	d.SetButtons([]fyne.CanvasObject{
		widget.NewButton(words.T("Import…"), func() {
			w.AskOpen(words.T("Import keys"), func(path string) { w.ed.ImportKeys(path); s.find() })
		}),
		widget.NewButton(words.T("Export…"), func() { w.AskSave("pentimento-keys.json", w.ed.ExportKeys) }),
		widget.NewButton(words.T("Reset all"), func() { w.ed.ResetKeys(); s.find() }),
		widget.NewButton(words.T("Close"), d.Hide),
	})
	s.search.key = func(k fyne.KeyName) bool { return s.typedKey(k, d.Hide) }
	w.showSheetOver(d, nil, nil)
	w.win.Canvas().Focus(s.search)
}

// typedKey is a key in the search: the arrows choose a row, Enter changes it.
func (s *keySheet) typedKey(k fyne.KeyName, leave func()) bool {
	switch k {
	case fyne.KeyDown, fyne.KeyUp:
		step := 1
		if k == fyne.KeyUp {
			step = -1
		}
		s.at = min(max(s.at+step, 0), max(len(s.shown)-1, 0))
		s.list.ScrollTo(s.at)
		s.list.Refresh()
	case fyne.KeyReturn, fyne.KeyEnter:
		if s.at < len(s.shown) && s.shown[s.at].Remappable() {
			s.change(s.shown[s.at])
		}
	case fyne.KeyEscape:
		leave()
	default:
		return false
	}
	return true
}

func newKeyList(s *keySheet) *widget.List {
	list := widget.NewList(func() int { return len(s.shown) }, s.row, s.fill)
	list.OnSelected = func(i widget.ListItemID) { // a row is a large button
		list.UnselectAll()
		unfocus(s.w.win.Canvas())
		if s.shown[i].Remappable() {
			s.change(s.shown[i])
		}
	}
	return list
}

// find lists the actions whose name, menu or keys hold every typed word.
func (s *keySheet) find() {
	s.shown = nil
	for i := range editor.Actions {
		a := &editor.Actions[i]
		text := strings.ToLower(words.T(a.Name) + " " + words.T(a.Menu) + " " + words.T(a.Help) + " " + words.Keys(strings.Join(s.w.ed.KeysOf(a), " ")))
		if !slices.ContainsFunc(strings.Fields(strings.ToLower(s.typed)), func(p string) bool { return !strings.Contains(text, p) }) {
			s.shown = append(s.shown, a)
		}
	}
	slices.SortStableFunc(s.shown, func(a, b *editor.Action) int { return menuRank(a) - menuRank(b) })
	s.list.Refresh()
}

// menuRank is the place of an action's menu in the bar; what is in none comes last.
func menuRank(a *editor.Action) int {
	if i := slices.Index(editor.Menus, a.Menu); i >= 0 {
		return i
	}
	return len(editor.Menus)
}

// row makes a row of the list: keys, what changes them, and the name.
func (s *keySheet) row() fyne.CanvasObject {
	keys := widget.NewLabelWithStyle("", fyne.TextAlignTrailing, fyne.TextStyle{})
	keys.Truncation = fyne.TextTruncateEllipsis
	name := widget.NewLabel("")
	name.Truncation = fyne.TextTruncateEllipsis
	reset := newHintButton(s.w, icon("undo"), words.T("The usual keys again"), nil)
	change := widget.NewButton(words.T("Change"), nil)
	return container.NewBorder(nil, nil, nil, container.NewHBox(container.NewStack(spacer(190), keys), change, container.NewStack(spacer(34), reset)), name)
}

func (s *keySheet) fill(i widget.ListItemID, o fyne.CanvasObject) {
	a := s.shown[i]
	cells := o.(*fyne.Container).Objects
	right := cells[1].(*fyne.Container).Objects
	keys, change, reset := right[0].(*fyne.Container).Objects[1].(*widget.Label), right[1].(*widget.Button), right[2].(*fyne.Container).Objects[1].(*hintButton)
	title := strings.TrimSuffix(words.T(a.Name), "…")
	if a.Menu != "" {
		title = words.T(a.Menu) + ": " + title
	}
	if !a.Remappable() {
		title += " " + words.T("(fixed: each digit is another opacity)")
	}
	showIf(change, a.Remappable())
	name := cells[0].(*widget.Label)
	name.Importance, name.TextStyle.Bold = widget.MediumImportance, i == s.at
	if i == s.at {
		name.Importance = widget.HighImportance
	}
	name.SetText(title)
	keys.SetText(words.Keys(strings.Join(s.w.ed.KeysOf(a), ", ")))
	_, own := s.w.ed.Settings.Keys[a.ID]
	keys.TextStyle.Bold = own
	keys.Refresh()
	change.OnTapped = func() { s.change(a) }
	reset.OnTapped = func() {
		for _, key := range a.Keys {
			if slices.ContainsFunc(s.w.ed.Rivals(a.ID, key), func(r *editor.Action) bool { return !slices.Contains(r.Keys, key) }) {
				s.ask(a, a.Keys, key) // somebody was given it meanwhile
				return
			}
		}
		s.w.ed.SetKeys(a.ID, nil, false)
		s.find()
	}
	showIf(reset, own)
}

// change waits for a key and gives it to an action.
func (s *keySheet) change(a *editor.Action) {
	catch := newKeyCatcher()
	more := newTick(words.T("Keep its other keys, too"), nil)
	body := container.NewVBox(spacer(360), wrapped(words.T("Press the new key for “%s”. Escape leaves it as it is, and can therefore not be given here.", strings.TrimSuffix(words.T(a.Name), "…"))), catch, more)
	d := dialog.NewCustomWithoutButtons(words.T("New key"), body, s.w.win)
	d.SetButtons([]fyne.CanvasObject{
		widget.NewButton(words.T("No key"), func() { d.Hide(); s.w.ed.SetKeys(a.ID, []string{}, false); s.find() }),
		widget.NewButton(words.T("Cancel"), d.Hide),
	})
	catch.caught = func(key string) {
		name, err := editor.KeyName(key)
		if name == "Escape" {
			d.Hide()
			return
		}
		if err != nil || key == " " {
			catch.SetText(words.T("That key cannot be used here. Press another one"))
			return
		}
		d.Hide()
		keys := []string{name}
		if more.Checked {
			keys = append(slices.DeleteFunc(slices.Clone(s.w.ed.KeysOf(a)), func(k string) bool { return k == name }), name)
		}
		s.ask(a, keys, name)
	}
	s.w.showSheetOver(d, nil, func() {
		if s.search != nil {
			s.w.win.Canvas().Focus(s.search)
		}
	})
	s.w.win.Canvas().Focus(catch)
}

// ask gives an action keys; where one of them has another meaning it asks first.
func (s *keySheet) ask(a *editor.Action, keys []string, key string) {
	give := func(take bool) {
		s.w.ed.SetKeys(a.ID, keys, take)
		s.find()
	}
	var names []string
	for _, r := range s.w.ed.Rivals(a.ID, key) {
		names = append(names, strings.TrimSuffix(words.T(r.Name), "…"))
	}
	if len(names) == 0 {
		give(false)
		return
	}
	text := words.T("“%s” already means: %s.", key, strings.Join(names, ", ")) + " " + words.T("If they share it, it does the first of them that is possible at the moment.")
	d := dialog.NewCustomWithoutButtons(words.T("The key is in use"), container.NewVBox(spacer(400), wrapped(text)), s.w.win)
	takes := widget.NewButton(words.T("Take it from there"), func() { d.Hide(); give(true) })
	takes.Importance = widget.HighImportance
	d.SetButtons([]fyne.CanvasObject{widget.NewButton(words.T("Cancel"), d.Hide), widget.NewButton(words.T("Share it"), func() { d.Hide(); give(false) }), takes})
	s.w.showSheetOver(d, func() { d.Hide(); give(true) }, nil)
}

// keyCatcher has the keys while it is shown, and tells of the first one in the table's spelling.
type keyCatcher struct {
	widget.Label
	caught func(string)
}

func newKeyCatcher() *keyCatcher {
	k := &keyCatcher{}
	k.Text, k.Alignment, k.TextStyle.Bold = words.T("Waiting for a key…"), fyne.TextAlignCenter, true
	k.Wrapping = fyne.TextWrapWord
	k.ExtendBaseWidget(k)
	return k
}

// FocusGained implements fyne.Focusable.
func (k *keyCatcher) FocusGained() {}

// FocusLost implements fyne.Focusable.
func (k *keyCatcher) FocusLost() {}

// AcceptsTab implements fyne.Tabbable: Tab is a key like others here.
func (k *keyCatcher) AcceptsTab() bool { return true }

// TypedRune implements fyne.Focusable: a capital letter is its Shift form.
func (k *keyCatcher) TypedRune(r rune) {
	key := string(r)
	if r >= 'A' && r <= 'Z' {
		key = "Shift+" + key
	}
	k.caught(key)
}

// TypedKey implements fyne.Focusable: the keys that are no letters.
func (k *keyCatcher) TypedKey(ev *fyne.KeyEvent) {
	if name, ok := named[ev.Name]; ok {
		k.caught(modified(heldKeys(), name))
	}
}

// TypedShortcut implements fyne.Shortcutable.
func (k *keyCatcher) TypedShortcut(s fyne.Shortcut) {
	if key, ok := s.(fyne.KeyboardShortcut); ok {
		name, is := named[key.Key()]
		if !is {
			name = string(key.Key())
		}
		k.caught(modified(key.Mod(), name))
	}
}

// heldKeys are the modifiers that are down.
func heldKeys() fyne.KeyModifier {
	if d, ok := fyne.CurrentApp().Driver().(desktop.Driver); ok {
		return d.CurrentKeyModifiers()
	}
	return 0
}

// ctrlKey is the modifier that the table's "Ctrl" stands for before a key: Command on macOS,
// unless the system keeps that for itself.
func ctrlKey(key string) fyne.KeyModifier {
	if words.KeepsControl(key) {
		return fyne.KeyModifierControl
	}
	return fyne.KeyModifierShortcutDefault
}

// modified is a key in the table's spelling, or "" where the table has no word for what is
// held with it (on macOS Control, elsewhere the system's own key).
func modified(m fyne.KeyModifier, name string) string {
	ctrl := ctrlKey(name)
	if m&(fyne.KeyModifierControl|fyne.KeyModifierSuper)&^ctrl != 0 {
		return ""
	}
	for _, mod := range []struct {
		on   fyne.KeyModifier
		name string
	}{{fyne.KeyModifierAlt, "Alt+"}, {fyne.KeyModifierShift, "Shift+"}, {ctrl, "Ctrl+"}} {
		if m&mod.on != 0 {
			name = mod.name + name
		}
	}
	return name
}
