package main

import (
	"image"
	"path/filepath"
	"testing"
	"time"

	"pentimento/canvas/file"
)

// TestAProjectInTheRealWindow saves a picture with a mask and a waiting candidate, quits,
// opens it again and sees the same; then accepts, quits and lets the question save.
func TestAProjectInTheRealWindow(t *testing.T) {
	path := filepath.Join(t.TempDir(), "harbour.ora")
	d := openDesk(t)
	d.sample("sample")
	middle := image.Pt(560, 470)
	d.run(append([]string{"mousemove"}, coords(middle)...)...)
	d.run("key", "f")
	d.run("key", "m")
	on := picture(d.shot("opened"), middle)
	d.drag(middle.Sub(image.Pt(60, 10)), middle.Add(image.Pt(60, 20)))
	d.run("key", "ctrl+Return")
	d.until("candidate", 60*time.Second, acceptable)
	d.run("mousemove", "1100", "860") // away from the picture
	time.Sleep(500 * time.Millisecond)
	d.run("key", "ctrl+s")
	d.run("search", "--sync", "--onlyvisible", "--name", "^Save project$")
	time.Sleep(800 * time.Millisecond)
	d.run("key", "ctrl+a")
	d.run("type", "--delay", "10", path)
	d.run("key", "Return")
	waitFor(t, path)
	time.Sleep(700 * time.Millisecond)
	before := d.shot("saved")
	d.quit("after saving")

	first, _ := openFile(t, path)
	if len(first.State.Layers) != 1 || first.State.Mask.Len() == 0 || len(first.Data["candidates"]) < 2 {
		t.Fatalf("the file has %d layers, %d tiles of mask, %d records of candidates", len(first.State.Layers), first.State.Mask.Len(), len(first.Data["candidates"]))
	}

	e := openDeskWith(t, d.config, path)
	e.until("candidate-again", 30*time.Second, func(img *image.NRGBA) bool {
		return picture(img, middle) == on && acceptable(img) // the start card has a button like that, too
	})
	e.run("mousemove", "1100", "860")
	time.Sleep(900 * time.Millisecond)
	after := e.shot("reopened")
	// The candidates' bar keeps where it stood while they came, or finds its place anew: along the
	// picture's edges.
	if between := on.Inset(80); !same(before, after, between) {
		t.Errorf("the picture looks different after reopening: see %s", e.shots)
	}
	e.run(append([]string{"mousemove"}, coords(middle)...)...)
	e.run("key", "Return")
	e.until("accepting", 10*time.Second, func(img *image.NRGBA) bool { return !acceptable(img) })
	e.run("key", "ctrl+q")
	time.Sleep(600 * time.Millisecond)
	e.shot("question")
	e.run("key", "Return") // Save
	e.ended("after Save in the question")
	second, _ := openFile(t, path)
	if len(second.State.Layers) != 2 || len(second.State.Origins) != 1 || len(second.Data["candidates"]) != 0 {
		t.Errorf("after Save the file has %d layers, %d accepted fills, %d records of candidates", len(second.State.Layers), len(second.State.Origins), len(second.Data["candidates"]))
	}
}

// quit leaves the program, which must not ask.
func (d *desk) quit(when string) {
	d.t.Helper()
	d.run("key", "ctrl+q")
	d.ended(when)
}

func openFile(t *testing.T, path string) (*file.Project, *file.Stored) {
	t.Helper()
	p, s, err := file.OpenProject(t.Context(), path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Notices) > 0 {
		t.Errorf("notices %q", p.Notices)
	}
	return p, s
}
