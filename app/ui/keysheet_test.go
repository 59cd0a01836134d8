package ui

import (
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"pentimento/app/editor"
)

// TestAPressedKeyIsSpelledAsTheTableDoes, whichever way the toolkit reports it.
func TestAPressedKeyIsSpelledAsTheTableDoes(t *testing.T) {
	open(t)
	k := newKeyCatcher()
	got := ""
	k.caught = func(key string) { got, _ = editor.KeyName(key) }
	for _, c := range []struct {
		press func()
		want  string
	}{
		{func() { k.TypedRune('b') }, "B"},
		{func() { k.TypedRune('B') }, "Shift+B"},
		{func() { k.TypedRune('[') }, "["},
		{func() { k.TypedKey(&fyne.KeyEvent{Name: fyne.KeyF5}) }, "F5"},
		{func() { k.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn}) }, "Enter"},
		{func() { k.TypedKey(&fyne.KeyEvent{Name: fyne.KeyPageUp}) }, "PageUp"},
		{func() { k.TypedShortcut(&fyne.ShortcutUndo{}) }, "Ctrl+Z"},
		{func() {
			k.TypedShortcut(&desktop.CustomShortcut{KeyName: fyne.KeyS, Modifier: fyne.KeyModifierControl | fyne.KeyModifierAlt})
		}, "Ctrl+Alt+S"},
		{func() {
			k.TypedShortcut(&desktop.CustomShortcut{KeyName: fyne.KeyPageDown, Modifier: fyne.KeyModifierControl | fyne.KeyModifierShift})
		}, "Ctrl+Shift+PageDown"},
	} {
		if got = ""; true {
			c.press()
		}
		if got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
	for _, a := range editor.Actions {
		for _, key := range a.Keys {
			if s, ok := shownShortcut(key).(*desktop.CustomShortcut); ok && strings.Contains(key, "Ctrl+") {
				if k.TypedShortcut(s); got != key {
					t.Errorf("%s: %q comes back as %q", a.ID, key, got)
				}
			}
		}
	}
}

// TestOtherKeysAreSeenEverywhere: in the tip, the menu, the palette and the sheet; and a new
// Ctrl key works at once.
func TestOtherKeysAreSeenEverywhere(t *testing.T) {
	w := open(t)
	paintTestPicture(w)
	w.ed.SetKeys("tool.brush", []string{"Ctrl+Alt+K"}, false)
	w.win.Canvas().(fyne.Shortcutable).TypedShortcut(shownShortcut("Ctrl+Alt+K"))
	if w.ed.ToolName() != "brush" {
		t.Error("the new key does nothing")
	}
	b := w.tools.buttons["brush"]
	if b.MouseIn(&desktop.MouseEvent{}); !strings.Contains(b.hint, "(Ctrl+Alt+K)") {
		t.Errorf("the tip says %q", b.hint)
	}
	found := func(what string, has func() bool) {
		t.Helper()
		if !has() {
			t.Errorf("%s does not know the new key", what)
		}
	}
	found("the menu", func() bool {
		for _, i := range menuOf(w, "Tools").Items {
			items := []*fyne.MenuItem{i}
			if i.ChildMenu != nil {
				items = i.ChildMenu.Items
			}
			for _, i := range items {
				if s, ok := i.Shortcut.(*desktop.CustomShortcut); ok && s.KeyName == fyne.KeyK && s.Modifier == fyne.KeyModifierControl|fyne.KeyModifierAlt {
					return true
				}
			}
		}
		return false
	})
	found("the palette", func() bool {
		for _, c := range commands(w) {
			if strings.HasPrefix(c.detail, "Ctrl+Alt+K") {
				return true
			}
		}
		return false
	})
	found("the sheet", func() bool {
		for _, g := range keyGroups(w.ed) {
			for _, r := range g.rows {
				if r[0] == "Ctrl+Alt+K" {
					return true
				}
			}
		}
		return false
	})
}

// TestTheTableOfKeysFitsASmallWindow, finds by name and key, and changes a key with its rival.
func TestTheTableOfKeysFitsASmallWindow(t *testing.T) {
	w := open(t)
	w.win.Resize(fyne.NewSize(900, 600))
	w.Show("keys")
	top := w.win.Canvas().Overlays().Top()
	if top == nil {
		t.Fatal("no sheet")
	}
	if size := top.MinSize(); size.Width > 900 || size.Height > 600 {
		t.Errorf("the sheet is %v", size)
	}
	s := &keySheet{w: w}
	s.list = newKeyList(s)
	s.typed = "stamp"
	if s.find(); len(s.shown) == 0 || s.shown[0].ID != "tool.stamp" {
		t.Fatalf("%d found", len(s.shown))
	}
	s.ask(s.shown[0], []string{"B"}, "B")
	if w.ed.Settings.Keys != nil {
		t.Error("a key in use was given without a question")
	}
	w.modals[len(w.modals)-1].yes()
	if !strings.Contains(strings.Join(w.ed.KeysOf(editor.Find("tool.stamp")), " "), "B") || len(w.ed.KeysOf(editor.Find("tool.brush"))) > 0 && w.ed.KeysOf(editor.Find("tool.brush"))[0] == "B" {
		t.Errorf("%v", w.ed.Settings.Keys)
	}
}

// TestAKeyIsChangedByKeyboardAlone: typing finds, the arrows choose, Enter asks for the key.
func TestAKeyIsChangedByKeyboardAlone(t *testing.T) {
	w := open(t)
	w.Show("keys")
	search, ok := w.win.Canvas().Focused().(*paletteEntry)
	if !ok {
		t.Fatalf("the keys go to %T", w.win.Canvas().Focused())
	}
	for _, r := range "layer" {
		search.TypedRune(r)
	}
	for _, k := range []fyne.KeyName{fyne.KeyDown, fyne.KeyDown, fyne.KeyUp, fyne.KeyReturn} {
		search.TypedKey(&fyne.KeyEvent{Name: k})
	}
	catch, ok := w.win.Canvas().Focused().(*keyCatcher)
	if !ok {
		t.Fatalf("Enter gives the keys to %T", w.win.Canvas().Focused())
	}
	catch.TypedKey(&fyne.KeyEvent{Name: fyne.KeyF10})
	s := &keySheet{w: w, typed: "layer"}
	s.list = newKeyList(s)
	s.find()
	if second := s.shown[1]; len(w.ed.Settings.Keys) != 1 || !slices.Equal(w.ed.KeysOf(second), []string{"F10"}) {
		t.Errorf("%v, %s was chosen", w.ed.Settings.Keys, second.ID)
	}
	if w.win.Canvas().Focused() != fyne.Focusable(search) {
		t.Errorf("afterwards the keys go to %T", w.win.Canvas().Focused())
	}
	search.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
	if w.covered() {
		t.Error("Escape does not close the sheet")
	}
}

// TestTheTableOfKeysBeginsWithTheMenus in their order; what no menu has comes last, and what
// cannot have other keys says so.
func TestTheTableOfKeysBeginsWithTheMenus(t *testing.T) {
	w := open(t)
	s := &keySheet{w: w}
	s.list = newKeyList(s)
	s.find()
	last := 0
	for _, a := range s.shown {
		rank := menuRank(a)
		if rank < last {
			t.Errorf("%s comes after a later menu", a.ID)
		}
		last = rank
	}
	if len(s.shown) != len(editor.Actions) || s.shown[0].Menu != editor.Menus[0] {
		t.Errorf("%d of %d actions, the first is %s", len(s.shown), len(editor.Actions), s.shown[0].ID)
	}
	for i, a := range s.shown {
		row := s.row().(*fyne.Container)
		s.fill(i, row)
		change := row.Objects[1].(*fyne.Container).Objects[1]
		if change.Visible() != a.Remappable() {
			t.Errorf("%s can be changed: %v", a.ID, change.Visible())
		}
	}
}
