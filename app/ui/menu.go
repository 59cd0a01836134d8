package ui

import (
	"image/color"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"pentimento/app/editor"
	"pentimento/app/words"
)

// menuBar makes a row of buttons that open the menus of the table of actions.
func menuBar(w *window) fyne.CanvasObject {
	row := container.NewHBox()
	for _, title := range editor.Menus {
		var b *hintButton
		b = newHintButton(w, nil, "", func() {
			at := fyne.CurrentApp().Driver().AbsolutePositionForObject(b).AddXY(0, b.Size().Height)
			showMenu(w, menuOf(w, title), at)
		})
		b.SetText(words.T(title))
		row.Add(b)
	}
	return row
}

// submenu names the menu within a menu that an action is in, "" for none: with all rows in
// one, two menus would be longer than a small screen.
func submenu(id string) string {
	begins := func(prefixes ...string) bool {
		return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(id, p) })
	}
	switch {
	case begins("recipe."):
		return words.T("Recipe")
	case begins("file.export", "file.embeds", "file.metadata"):
		return words.T("Export")
	case begins("view.mirror", "view.turn", "view.straight"):
		return words.T("Turn the view")
	case begins("view.line"):
		return words.T("Guide lines")
	case begins("adjust."):
		return words.T("Adjust")
	case begins("candidate.", "result."):
		return words.T("Candidate")
	case begins("idea."):
		return words.T("Ideas")
	case begins("fill.accept"):
		return words.T("Accepting")
	case begins("guide.pose", "guide.paint", "layer.guide"):
		return words.T("Guide layers")
	case begins("layer.lock"):
		return words.T("Lock")
	case begins("layer.mask"):
		return words.T("Layer mask")
	case begins("tool.stamp", "tool.history", "tool.bucket", "tool.gradient", "tool.text", "colour."):
		return words.T("Painting")
	case begins("layer.flip", "layer.right", "layer.left", "layer.around", "layer.offset"):
		return words.T("Flip and rotate")
	case begins("view.column", "view.layers", "view.history", "view.guides", "view.strip", "view.colour"):
		return words.T("Panels")
	case begins("jobs."):
		return words.T("Stopped jobs")
	}
	return ""
}

// showMenu shows a menu whose keys can be read, all of it where the window is high enough for that.
func showMenu(w *window, menu *fyne.Menu, at fyne.Position) {
	_, room := w.win.Canvas().InteractiveArea()
	pop := widget.NewPopUpMenu(menu, w.win.Canvas())
	container.NewThemeOverride(pop, menuLook{padding: rowPadding(menu, room.Height)})
	pop.ShowAtPosition(at)
}

// rowPadding is the space above and below the text of a menu's rows, less than usual where the menu is too high:
// one that scrolls opens the menus within it as far too low as it is scrolled (Fyne 2.7, layoutActiveChild).
func rowPadding(menu *fyne.Menu, room float32) float32 {
	rows := 0
	for _, i := range menu.Items {
		if !i.IsSeparator {
			rows++
		}
	}
	over := widget.NewMenu(menu).MinSize().Height - room + 1 // what is as high as the room is rounded up
	return max(theme.InnerPadding()-max(over, 0)/float32(2*max(rows, 1)), 1)
}

// menuLook is the program's theme for menus. Fyne makes a key's colour of the text's with its
// alpha times 0.95 and then keeps the lower byte of it (widget/menu_item.go, shortcutColor, of
// 2.7): of an opaque colour 50 of 255 are left.
type menuLook struct {
	unseenText
	padding float32 // above and below the text of a row
}

// Size implements fyne.Theme.
func (l menuLook) Size(n fyne.ThemeSizeName) float32 {
	if n == theme.SizeNameInnerPadding {
		return l.padding
	}
	return l.unseenText.Size(n)
}

// Color implements fyne.Theme.
func (menuLook) Color(n fyne.ThemeColorName, v fyne.ThemeVariant) color.Color {
	c := fyne.CurrentApp().Settings().Theme().Color(n, v)
	if n == theme.ColorNameForeground {
		return nearlyOpaque{c}
	}
	return c
}

// nearlyOpaque is an opaque colour whose alpha, times 0.95, has a lower byte of 255.
type nearlyOpaque struct{ color.Color }

// RGBA implements color.Color.
func (c nearlyOpaque) RGBA() (r, g, b, a uint32) {
	r, g, b, _ = c.Color.RGBA()
	return r, g, b, 0xffc9
}

func menuOf(w *window, title string) *fyne.Menu {
	var items []*fyne.MenuItem
	for i := range editor.Actions {
		a := &editor.Actions[i]
		if a.Menu != title {
			continue
		}
		into := submenu(a.ID)
		at := slices.IndexFunc(items, func(m *fyne.MenuItem) bool { return m.ChildMenu != nil && m.Label == into })
		if a.Gap && len(items) > 0 && at < 0 {
			items = append(items, fyne.NewMenuItemSeparator())
		}
		item := fyne.NewMenuItem(words.T(a.Name), func() { w.focusCanvas(); a.Run(w.ed) }) // what asks for words keeps the cursor
		item.Disabled = !a.Can(w.ed)
		item.Checked = a.Checked != nil && a.Checked(w.ed)
		if item.Icon = icon("none"); a.Icon != "" { // labels line up
			item.Icon = icon(a.Icon)
		}
		if keys := w.ed.KeysOf(a); len(keys) > 0 {
			item.Shortcut = shownShortcut(keys[0])
		}
		switch {
		case into == "":
			items = append(items, item)
		case at < 0:
			under := fyne.NewMenuItem(into, nil)
			under.Icon, under.ChildMenu = icon("none"), fyne.NewMenu("", item)
			items = append(items, under)
		default: // its rows may stand in several places of the table
			items[at].ChildMenu.Items = append(items[at].ChildMenu.Items, item)
		}
	}
	return fyne.NewMenu(words.T(title), items...)
}

// shownShortcut is a key for display in a popup menu, which does not register it.
func shownShortcut(key string) fyne.Shortcut {
	s := &desktop.CustomShortcut{}
	parts := splitKey(key)
	for _, part := range parts {
		switch part {
		case "Ctrl":
			s.Modifier |= ctrlKey(parts[len(parts)-1])
		case "Shift":
			s.Modifier |= fyne.KeyModifierShift
		case "Alt":
			s.Modifier |= fyne.KeyModifierAlt
		default:
			s.KeyName = keyName(part)
		}
	}
	return s
}

// splitKey splits "Ctrl+Shift++" into its parts; a last "+" is the plus key.
func splitKey(key string) []string {
	if rest, ok := strings.CutSuffix(key, "++"); ok {
		return append(strings.Split(rest, "+"), "+")
	}
	if key == "+" {
		return []string{"+"}
	}
	return strings.Split(key, "+")
}

// keyName is Fyne's name of a key of the table.
func keyName(part string) fyne.KeyName {
	if part == "Enter" { // there are two
		return fyne.KeyReturn
	}
	for key, name := range named {
		if name == part {
			return key
		}
	}
	return fyne.KeyName(part)
}

// registerShortcuts makes the Ctrl and Alt keys of actions work wherever no text is being typed,
// those that were given since, too; keys without them reach the canvas as runes (input.go).
func (w *window) registerShortcuts() {
	for i := range editor.Actions {
		for _, key := range w.ed.KeysOf(&editor.Actions[i]) {
			if !strings.Contains(key, "Ctrl+") && !strings.Contains(key, "Alt+") || w.registered[key] {
				continue
			}
			w.registered[key] = true
			run := func(fyne.Shortcut) {
				if !w.covered() {
					w.ed.Key(key)
				}
			}
			c := w.win.Canvas()
			c.AddShortcut(shownShortcut(key), run)
			if fixed := fixedShortcut(key); fixed != nil {
				c.AddShortcut(fixed, run)
			}
		}
	}
}

// fixedShortcut is the type of its own that Fyne gives to some keys.
func fixedShortcut(key string) fyne.Shortcut {
	switch key {
	case "Ctrl+Z":
		return &fyne.ShortcutUndo{}
	case "Ctrl+Y":
		return &fyne.ShortcutRedo{}
	case "Ctrl+C":
		return &fyne.ShortcutCopy{}
	case "Ctrl+X":
		return &fyne.ShortcutCut{}
	case "Ctrl+A":
		return &fyne.ShortcutSelectAll{}
	case "Ctrl+V":
		return &fyne.ShortcutPaste{}
	}
	return nil
}
