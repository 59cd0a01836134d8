package ui

import (
	"image/color"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	fynecanvas "fyne.io/fyne/v2/canvas"

	"pentimento/app/editor"
)

// contrast is WCAG's ratio of two opaque colours, nearly.
func contrast(a, b color.Color) float64 {
	light := func(c color.Color) float64 {
		r, g, b, _ := c.RGBA()
		lin := func(v uint32) float64 {
			x := float64(v) / 0xffff
			return x * x * (0.2 + 0.8*x) // within 0.02 of sRGB's curve
		}
		return 0.2126*lin(r) + 0.7152*lin(g) + 0.0722*lin(b)
	}
	x, y := light(a)+0.05, light(b)+0.05
	return max(x/y, y/x)
}

// TestMenuKeysCanBeRead: in both themes the key of a row that can be used is as good as
// opaque, and no paler than that of one that cannot.
func TestMenuKeysCanBeRead(t *testing.T) {
	w := open(t)
	for range 2 {
		showMenu(w, menuOf(w, "Edit"), fyne.NewPos(10, 10))
		top := w.win.Canvas().Overlays().Top()
		ground := theme.Color(theme.ColorNameMenuBackground)
		seen := 0
		for _, o := range test.LaidOutObjects(top) {
			text, ok := o.(*fynecanvas.Text)
			if !ok || text.Text == "" {
				continue
			}
			_, _, _, a := text.Color.RGBA()
			if disabled := theme.Color(theme.ColorNameDisabled); text.Color == disabled {
				continue
			}
			seen++
			if a < 0xf000 {
				t.Errorf("%q is drawn with an alpha of %d of 255", text.Text, a>>8)
			} else if c := contrast(text.Color, ground); c < 4.5 {
				t.Errorf("%q has a contrast of %.1f", text.Text, c)
			}
		}
		if seen < 5 {
			t.Fatalf("only %d texts of the menu were found", seen)
		}
		w.win.Canvas().Overlays().Remove(top)
		w.ed.Do("view.theme")
	}
}

// menuRows is how many rows of a menu an eye takes in.
const menuRows = 18

// TestMenusFitASmallScreen: no menu is taller than a screen of 768 pixels leaves, and that of
// fills has no more than 18 rows, each with a place for its icon.
func TestMenusFitASmallScreen(t *testing.T) {
	w := open(t)
	for _, title := range editor.Menus {
		if h := widget.NewMenu(menuOf(w, title)).MinSize().Height; h > 768-60 || h < 40 {
			t.Errorf("the menu %s is %g high", title, h)
		}
		rows := 0
		for _, i := range menuOf(w, title).Items {
			if !i.IsSeparator {
				rows++
				if i.Icon == nil {
					t.Errorf("%s in the menu %s has no place for an icon", i.Label, title)
				}
			}
		}
		t.Logf("%s has %d rows", title, rows)
		if title == "Fill" && rows > menuRows {
			t.Errorf("the menu %s has %d rows", title, rows)
		}
	}
}

func TestExplanationsCanBeRead(t *testing.T) {
	for _, l := range []look{{}, {light: true}} {
		for _, ground := range []color.Color{l.greys().background, l.greys().panel} {
			for name, want := range map[fyne.ThemeColorName]float64{theme.ColorNameDisabled: 4.5, theme.ColorNameWarning: 4.5, theme.ColorNameError: 4.5} {
				if c := contrast(l.Color(name, 0), ground); c < want {
					t.Errorf("light %v: %s on %v has a contrast of %.1f, want %.1f", l.light, name, ground, c, want)
				}
			}
		}
	}
}

// TestMenusInOrder: no menu has two rows of one name, none has a line beside another or at its
// end, and the rows that a hand looks for first and last stand there.
func TestMenusInOrder(t *testing.T) {
	w := open(t)
	for _, title := range editor.Menus {
		items := menuOf(w, title).Items
		named := map[string]bool{}
		for i, item := range items {
			if item.IsSeparator {
				if i+1 == len(items) || items[i+1].IsSeparator {
					t.Errorf("menu %s: a line at row %d divides nothing", title, i)
				}
				continue
			}
			if named[item.Label] {
				t.Errorf("menu %s: two rows are named %q", title, item.Label)
			}
			named[item.Label] = true
		}
	}
	if items := menuOf(w, "File").Items; items[len(items)-1].Label != "Quit" {
		t.Errorf("File ends with %q, want Quit", items[len(items)-1].Label)
	}
	if items := menuOf(w, "Edit").Items; items[0].Label != "Undo" {
		t.Errorf("Edit begins with %q, want Undo", items[0].Label)
	}
}

// TestNoMenuScrollsInASmallWindow: where it scrolls, Fyne opens the menus within it beside the wrong rows.
func TestNoMenuScrollsInASmallWindow(t *testing.T) {
	w := open(t)
	w.win.Resize(fyne.NewSize(900, 600))
	for _, title := range editor.Menus {
		showMenu(w, menuOf(w, title), fyne.NewPos(10, 30))
		top := w.win.Canvas().Overlays().Top()
		for _, o := range test.LaidOutObjects(top) {
			if m, ok := o.(*widget.PopUpMenu); ok && m.MinSize().Height > m.Size().Height {
				t.Errorf("the menu %s is %g high and has room for %g", title, m.MinSize().Height, m.Size().Height)
			}
		}
		w.win.Canvas().Overlays().Remove(top)
	}
}
