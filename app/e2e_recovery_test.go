package main

import (
	"context"
	"fmt"
	"image"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"pentimento/canvas/canvastest"
	"pentimento/canvas/file"
	"pentimento/canvas/journal"
	"pentimento/canvas/render"
)

// kill ends the program as a power cut or a driver would: at once.
func (d *desk) kill() {
	d.t.Helper()
	if err := syscall.Kill(d.pid, syscall.SIGKILL); err != nil {
		d.t.Fatal(err)
	}
	<-d.exited
}

// exported writes all content and reads it back.
func (d *desk) exported(name string) *image.NRGBA {
	d.t.Helper()
	path := filepath.Join(d.t.TempDir(), name+".png")
	d.export(path)
	p, err := file.Open(context.Background(), path, nil)
	if err != nil {
		d.t.Fatal(err)
	}
	return p.NRGBA()
}

// TestKilledInTheRealWindow kills the window while strokes are painted and a place is
// filled, at an instant of chance, once or as often as PENTIMENTO_WINDOW_KILLS says. The
// journal then holds every stroke that is older than a second, and the window that comes
// back shows exactly what the journal holds.
func TestKilledInTheRealWindow(t *testing.T) {
	n := 1
	if v, err := strconv.Atoi(os.Getenv("PENTIMENTO_WINDOW_KILLS")); err == nil {
		n = v
	}
	for i := range n {
		t.Run(fmt.Sprint(i), killInWindow)
	}
}

func killInWindow(t *testing.T) {
	d := openDesk(t)
	d.palette("sample")
	d.run("key", "b")
	rng := canvastest.Chance(t)
	at := time.Now().Add(time.Duration(rng.Int64N(int64(9 * time.Second))))
	var strokes []time.Time
	for i := 0; time.Now().Before(at); i++ {
		if i == 3 { // a fill runs on while strokes are painted
			d.run("key", "m")
			d.drag(image.Pt(500, 450), image.Pt(560, 480))
			d.run("key", "ctrl+Return")
			d.run("key", "b")
		}
		from := image.Pt(300+rng.IntN(500), 250+rng.IntN(400))
		d.drag(from, from.Add(image.Pt(rng.IntN(160)-80, rng.IntN(160)-80)))
		strokes = append(strokes, time.Now())
	}
	time.Sleep(time.Duration(rng.IntN(700)) * time.Millisecond)
	killed := time.Now()
	d.kill()
	old := 1 // the sample's own step
	for _, s := range strokes {
		if killed.Sub(s) > time.Second {
			old++
		}
	}
	files, _ := filepath.Glob(filepath.Join(d.config, "pentimento", "journals", "canvas-*.journal"))
	if len(files) != 1 {
		t.Fatalf("%d journals, want one", len(files))
	}
	c, err := journal.Read(journal.OS, files[0], 0)
	if err != nil {
		t.Fatal(err)
	}
	if c.At < old {
		t.Fatalf("%d steps, want at least %d", c.At, old)
	}
	s := c.Moments[c.At].State
	want := render.Flatten(s, s.Used(), render.FlattenOptions{})

	d.program(filepath.Join("..", "shots", "pentimento"), nil)
	d.until("dialog", 60*time.Second, recoverable)
	time.Sleep(500 * time.Millisecond)
	d.run("key", "Return")
	time.Sleep(2 * time.Second)
	d.run("key", "m") // the pointer's ring must not lie on what is compared
	got := d.exported("recovered")
	got.Rect = got.Rect.Add(want.Rect.Min)
	if !canvastest.SamePicture(want, got) {
		t.Errorf("the window shows another picture than the journal of %d steps holds", c.At)
	}
	t.Logf("killed after %d strokes, %d steps recovered", len(strokes), c.At)
}

// recoverable says whether the dialog with its blue button stands in the window's middle.
func recoverable(img *image.NRGBA) bool { return accentIn(img, image.Rect(560, 300, 700, 620)) }

// TestRecoveryInTheRealWindow paints and fills, is killed, starts again, shows what it
// found, and has every pixel and the history back.
func TestRecoveryInTheRealWindow(t *testing.T) {
	d := openDesk(t)
	d.palette("sample")
	middle := image.Pt(560, 470)
	d.run("mousemove", fmt.Sprint(middle.X), fmt.Sprint(middle.Y))
	d.run("key", "m")
	d.drag(middle.Sub(image.Pt(60, 10)), middle.Add(image.Pt(60, 20)))
	d.run("key", "ctrl+Return")
	d.until("candidate", 60*time.Second, acceptable)
	d.run("key", "Return")
	d.until("accepting", 60*time.Second, func(img *image.NRGBA) bool { return !acceptable(img) })
	d.run("key", "b")
	d.drag(middle.Sub(image.Pt(150, 100)), middle.Add(image.Pt(100, -60)))
	d.shot("before")
	want := d.exported("before")
	d.kill()

	d.program(filepath.Join("..", "shots", "pentimento"), nil)
	d.until("dialog", 60*time.Second, recoverable)
	time.Sleep(500 * time.Millisecond)
	d.shot("offered")
	d.run("key", "Return")
	time.Sleep(1500 * time.Millisecond)
	d.shot("recovered")
	if !canvastest.SamePicture(want, d.exported("after")) {
		t.Error("the recovered picture is not the one that was painted")
	}
	d.run("key", "ctrl+z")
	time.Sleep(300 * time.Millisecond)
	if canvastest.SamePicture(want, d.exported("undone")) {
		t.Error("undo does nothing after a recovery")
	}
	d.run("key", "ctrl+shift+z")
	time.Sleep(300 * time.Millisecond)
	if !canvastest.SamePicture(want, d.exported("redone")) {
		t.Error("redo does not bring the picture back")
	}
	d.shot("end")
}

// TestEndedFromOutsideInTheRealWindow: SIGTERM in the middle of a stroke, as a session sends
// it that ends. The next start offers the picture with that stroke, and undo goes on.
func TestEndedFromOutsideInTheRealWindow(t *testing.T) {
	d := openDesk(t)
	d.sample("sample")
	before := d.exported("before")
	d.run("key", "b")
	from, to := image.Pt(420, 350), image.Pt(640, 520)
	d.run("mousemove", fmt.Sprint(from.X), fmt.Sprint(from.Y), "mousedown", "1")
	for i := range 12 {
		d.run("mousemove", fmt.Sprint(from.X+(to.X-from.X)*i/11), fmt.Sprint(from.Y+(to.Y-from.Y)*i/11))
	}
	time.Sleep(500 * time.Millisecond)
	if err := syscall.Kill(d.pid, syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	d.ended("on SIGTERM")
	d.run("mouseup", "1")

	d.program(filepath.Join("..", "shots", "pentimento"), nil)
	d.until("offered", 60*time.Second, recoverable)
	time.Sleep(500 * time.Millisecond)
	d.run("key", "Return")
	d.run("mousemove", "60", "760")
	d.settled("recovered")
	if canvastest.SamePicture(before, d.exported("after")) {
		t.Error("the recovered picture lacks the stroke that was being painted")
	}
	d.run("key", "ctrl+z")
	time.Sleep(300 * time.Millisecond)
	if !canvastest.SamePicture(before, d.exported("undone")) {
		t.Error("undo after the recovery does not lead to the picture before the stroke")
	}
}
