package main

import (
	"fmt"
	"image"
	"path/filepath"
	"testing"
	"time"

	"pentimento/canvas/canvastest"
	"pentimento/canvas/journal"
	"pentimento/canvas/render"
)

// TestTabsInTheRealWindow opens the sample three times, paints in each, switches, undoes, closes one
// and reopens it; then the program is killed, and all three come back.
func TestTabsInTheRealWindow(t *testing.T) {
	d := openDesk(t)
	on := image.Rect(300, 200, 800, 700)
	var shown [3]*image.NRGBA
	for i := range shown {
		if i > 0 {
			d.run("key", "ctrl+n")
			time.Sleep(500 * time.Millisecond)
		}
		d.sample(fmt.Sprint("sample", i))
		d.run("key", "b")
		d.drag(image.Pt(450, 350+60*i), image.Pt(600, 360+60*i))
	}
	d.run("mousemove", "60", "760")
	for i := range shown { // the first had no row of tabs above it
		d.run("key", "ctrl+Tab")
		time.Sleep(500 * time.Millisecond)
		shown[i] = d.settled(fmt.Sprint("painted", i))
	}
	see := func(i int, keys ...string) {
		t.Helper()
		d.run(append([]string{"key"}, keys...)...)
		d.until(fmt.Sprint("tab", i), 20*time.Second, func(s *image.NRGBA) bool { return same(s, shown[i], on) })
	}
	if same(shown[0], shown[1], on) || same(shown[1], shown[2], on) {
		t.Fatal("the pictures cannot be told apart")
	}
	see(0, "ctrl+Tab")
	see(1, "ctrl+Tab")
	see(0, "ctrl+shift+Tab")
	d.run("key", "ctrl+z")
	d.until("undone", 20*time.Second, func(s *image.NRGBA) bool { return !same(s, shown[0], on) })
	see(1, "ctrl+Next")
	d.run("key", "ctrl+Prior")
	time.Sleep(500 * time.Millisecond)
	see(0, "ctrl+shift+z") // its redo is still there
	see(1, "ctrl+w")
	d.palette("reopen the last")
	d.until("reopened", 20*time.Second, func(s *image.NRGBA) bool { return same(s, shown[0], on) })
	time.Sleep(1500 * time.Millisecond)
	d.kill()

	files, _ := filepath.Glob(filepath.Join(d.config, "pentimento", "journals", "canvas-*.journal"))
	if len(files) != 3 {
		t.Fatalf("%d journals, want three", len(files))
	}
	var want []*image.NRGBA
	for _, f := range files {
		c, err := journal.Read(journal.OS, f, 0)
		if err != nil {
			t.Fatal(err)
		}
		s := c.Moments[c.At].State
		want = append(want, render.Flatten(s, s.Used(), render.FlattenOptions{}))
	}
	d.program(filepath.Join("..", "shots", "pentimento"), nil)
	d.until("dialog", 60*time.Second, recoverable)
	time.Sleep(500 * time.Millisecond)
	d.run("key", "Return")
	time.Sleep(3 * time.Second)
	for i := range 3 {
		got := d.exported(fmt.Sprint("recovered", i))
		found := -1
		for j, w := range want {
			if got.Rect = got.Rect.Sub(got.Rect.Min).Add(w.Rect.Min); canvastest.SamePicture(w, got) {
				found = j
			}
		}
		if found < 0 {
			t.Fatalf("tab %d shows none of the pictures, or one for a second time", i)
		}
		want = append(want[:found:found], want[found+1:]...)
		d.run("key", "ctrl+Tab")
		time.Sleep(time.Second)
	}
}
