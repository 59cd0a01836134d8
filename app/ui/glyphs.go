package ui

import (
	"bytes"
	"image"
	"image/draw"

	fynecanvas "fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/software"

	"pentimento/app/desk"
	"pentimento/app/words"
	"pentimento/canvas/lettering"
)

// glyphs watches the prompt for characters that no font here has. Fyne takes a character that the
// program's font lacks from the fonts of the system, and writes "�" where none has it; a model
// reads it all the same, which is told once.
type glyphs struct {
	w    *window
	has  map[rune]bool
	told bool
}

// looksUp is how many new characters a change of the prompt looks up: each is drawn once.
const looksUp = 8

func (g *glyphs) update(c desk.Change) {
	if g.told || c.What&desk.FillChanged == 0 {
		return
	}
	n := 0
	for _, r := range g.w.ed.Settings.Fill.Prompt + g.w.ed.Settings.Fill.Negative {
		if r < 0x250 || r == '\uFFFD' { // Latin is in the program's own font
			continue
		}
		has, known := g.has[r]
		if !known {
			if n++; n > looksUp {
				return
			}
			has = shows(r)
			g.has[r] = has
		}
		if !has {
			g.told = true
			g.w.Say(words.T("No font on this computer has “%s” (U+%04X), so it looks like “�” here; the model reads it all the same. Install %s and start again to see it.", string(r), r, lettering.FontFor(r)))
			return
		}
	}
}

// nobodys is a character that no font has: Unicode keeps it free for ever.
const nobodys = '\U0010FFFE'

// shows says whether any font has a character: it is drawn otherwise than one that none has.
func shows(r rune) bool { return !bytes.Equal(drawn(r), drawn(nobodys)) }

func drawn(r rune) []byte {
	t := fynecanvas.NewText(string(r), accent)
	t.TextSize = 14
	c := software.NewCanvas()
	c.SetPadded(false)
	c.SetContent(t)
	img := c.Capture()
	out := image.NewNRGBA(img.Bounds())
	draw.Draw(out, out.Rect, img, out.Rect.Min, draw.Src)
	return out.Pix
}
