package main

import (
	"fmt"
	"image"
	"path/filepath"
	"testing"
	"time"

	"pentimento/app/settings"
)

// round drags the pressed pointer through the corners of a rectangle, as a lasso is drawn.
func (d *desk) round(r image.Rectangle) {
	d.t.Helper()
	corners := []image.Point{r.Min, {X: r.Max.X, Y: r.Min.Y}, r.Max, {X: r.Min.X, Y: r.Max.Y}, r.Min}
	args := []string{"mousemove", fmt.Sprint(r.Min.X), fmt.Sprint(r.Min.Y), "sleep", "0.1", "mousedown", "1", "sleep", "0.1"}
	for i, c := range corners[1:] {
		for n := 1; n <= 6; n++ {
			p := corners[i].Add(c.Sub(corners[i]).Mul(n).Div(6))
			args = append(args, "mousemove", fmt.Sprint(p.X), fmt.Sprint(p.Y), "sleep", "0.03")
		}
	}
	d.run(append(args, "sleep", "0.1", "mouseup", "1")...)
	time.Sleep(400 * time.Millisecond)
}

// TestASelectionLimitsInTheRealWindow: a lasso makes a selection, a brush stroke across it
// changes the inside alone, a wand takes the flat colour of the stroke, and what is cut comes
// back where it was.
func TestASelectionLimitsInTheRealWindow(t *testing.T) {
	config := t.TempDir()
	store, err := settings.Open(filepath.Join(config, "pentimento", "settings.json"))
	if err != nil {
		t.Fatal(err)
	}
	store.Tool, store.Areas.Selects = "lasso", []string{"lasso", "wand"}
	store.Brush.Size, store.Brush.Hardness = 60, 1
	if err := store.Save(); err != nil {
		t.Fatal(err)
	}
	d := openDeskWith(t, config)
	d.sample("sample")
	away := func() {
		d.run("mousemove", "60", "760")
		time.Sleep(600 * time.Millisecond)
	}
	away()
	time.Sleep(time.Second)
	opened := d.shot("opened")
	r := image.Rect(500, 440, 620, 540)
	d.round(r)
	away()
	selected := d.shot("selected")
	if same(opened, selected, r.Inset(-4)) {
		t.Error("the selection has no ants")
	}
	if !same(opened, selected, r.Inset(6)) {
		t.Error("the selection is tinted")
	}

	outside := []image.Rectangle{{Min: image.Pt(430, 400), Max: image.Pt(494, 600)}, {Min: image.Pt(626, 400), Max: image.Pt(700, 600)}}
	d.run("key", "b")
	d.drag(image.Pt(440, 490), image.Pt(690, 490))
	away()
	painted := d.shot("painted")
	if same(opened, painted, r.Inset(6)) {
		t.Error("the stroke changed nothing inside")
	}
	for _, o := range outside {
		if !same(opened, painted, o) {
			t.Errorf("the stroke changed what lies outside, in %v", o)
		}
	}

	d.run("key", "ctrl+d")
	d.run("key", "w")
	d.click(image.Pt(560, 490)) // on the stroke
	time.Sleep(time.Second)
	away()
	d.run("key", "b")
	away()
	d.shot("wand")
	d.run("key", "ctrl+x")
	time.Sleep(time.Second)
	away()
	cut := d.shot("cut")
	stroke := image.Rect(510, 470, 610, 510)
	if same(painted, cut, stroke) {
		t.Error("nothing was cut")
	}
	if rest := image.Rect(510, 444, 610, 454); !same(painted, cut, rest) {
		t.Error("more than the stroke was cut")
	}
	d.run("key", "ctrl+v")
	time.Sleep(1500 * time.Millisecond)
	d.run("key", "ctrl+d")
	away()
	if pasted := d.shot("pasted"); !same(painted, pasted, stroke) {
		t.Error("what was cut does not come back")
	}
}
