package main

import (
	"bytes"
	"image"
	"image/color"
	"path/filepath"
	"testing"
	"time"

	"pentimento/canvas"
)

// rowAt is the middle of a row of the layers' list, by the eyes at the left of the column: the
// rows are 34 high and the list begins at top.
func rowAt(top, row int) image.Point { return image.Pt(1366-200, top+34*row+17) }

// listTop finds the list of layers in the column: the row of the active layer is the only thing
// there in the colour of what is selected, over most of the width.
func listTop(img *image.NRGBA) (top int, ok bool) {
	for y := 100; y < img.Rect.Max.Y-34; y++ {
		c, n := img.NRGBAAt(1366-250, y), 0
		for x := 1366 - 310; x < 1366-40; x++ {
			if d := img.NRGBAAt(x, y); d == c && int(d.B) > int(d.R)+24 {
				n++
			}
		}
		if n > 240 {
			return y - 4, true
		}
	}
	return 0, false
}

// TestLayersInTheRealWindow: a stroke on a layer of its own, a group made of it, the picture
// dragged into the group, the group masked with the brush; saved and opened again, it is the
// same picture to the bit, with its group and mask.
func TestLayersInTheRealWindow(t *testing.T) {
	path := filepath.Join(t.TempDir(), "layers.ora")
	m := &moves{desk: openDesk(t)}
	m.run("search", "--onlyvisible", "--name", "Pentimento", "windowsize", "--sync", "1366", "768", "windowmove", "0", "0")
	time.Sleep(700 * time.Millisecond)
	m.palette("sample")
	middle := image.Pt(520, 400)
	m.run(append([]string{"mousemove"}, coords(middle)...)...)
	m.run("key", "Escape")
	time.Sleep(400 * time.Millisecond)
	m.shot("layers")
	m.run("key", "ctrl+shift+n")
	m.run("key", "b")
	m.drag(middle.Sub(image.Pt(120, 0)), middle.Add(image.Pt(120, 30)))
	m.run("key", "ctrl+g")
	time.Sleep(500 * time.Millisecond)
	img := m.shot("grouped")
	top, ok := listTop(img)
	if !ok {
		t.Fatalf("the list of layers is not seen: %s", m.shots)
	}
	// group, stroke in it, picture: the picture goes below the stroke, into the group
	from, to := rowAt(top, 2), rowAt(top, 1).Add(image.Pt(0, 12))
	m.drag(from, to)
	m.shot("dragged")
	m.run(append(append([]string{"mousemove"}, coords(rowAt(top, 0))...), "click", "1")...)
	time.Sleep(600 * time.Millisecond)
	m.palette("add layer mask")
	m.run(append([]string{"mousemove"}, coords(middle)...)...)
	m.run("key", "d") // black
	before := m.shot("masked")
	m.drag(middle.Sub(image.Pt(60, 60)), middle.Add(image.Pt(60, -60)))
	after := m.shot("painted")
	if same(before, after, image.Rect(400, 300, 640, 380)) {
		t.Error("painting on the mask changes nothing on the screen")
	}
	exported := m.exported("before.png")
	m.run("key", "ctrl+s")
	m.run("search", "--sync", "--onlyvisible", "--name", "^Save project$")
	time.Sleep(800 * time.Millisecond)
	m.run("key", "ctrl+a")
	m.run("type", "--delay", "10", path)
	m.run("key", "Return")
	waitFor(t, path)
	time.Sleep(700 * time.Millisecond)
	m.quit("after saving")

	p, _ := openFile(t, path)
	s := p.State
	if len(s.Layers) != 3 || !s.Layers[2].Group || s.Layers[0].Parent != s.Layers[2].ID || s.Layers[1].Parent != s.Layers[2].ID || s.Layers[2].Mask == nil || s.Layers[2].Mask.Used().Empty() {
		t.Fatalf("the file holds %v, want two layers in a group with a mask", layerNames(s))
	}
	holes := 0
	for y := range exported.Rect.Dy() {
		for x := range exported.Rect.Dx() {
			if exported.NRGBAAt(x, y) == (color.NRGBA{}) {
				holes++
			}
		}
	}
	if holes < 500 {
		t.Errorf("the mask hides %d pixels of the export", holes)
	}
	t.Run("reopened", func(t *testing.T) {
		e := &moves{desk: openDeskWith(t, m.config, path)}
		time.Sleep(1500 * time.Millisecond)
		e.shot("reopened")
		if again := e.exported("again.png"); again.Rect != exported.Rect || !bytes.Equal(again.Pix, exported.Pix) {
			t.Error("saved and opened again it is another picture")
		}
	})
}

func layerNames(s *canvas.State) (out []string) {
	for _, l := range s.Layers {
		out = append(out, l.Name)
	}
	return out
}
