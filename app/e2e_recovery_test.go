package main

import (
	"context"
	"fmt"
	"image"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"pentimento/canvas/canvastest"
	"pentimento/canvas/file"
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
	d.until("accepting", 10*time.Second, func(img *image.NRGBA) bool { return !acceptable(img) })
	d.run("key", "b")
	d.drag(middle.Sub(image.Pt(150, 100)), middle.Add(image.Pt(100, -60)))
	before := d.shot("before")
	want := d.exported("before")
	d.kill()

	d.program(filepath.Join("..", "shots", "pentimento"), nil)
	d.until("dialog", 20*time.Second, func(img *image.NRGBA) bool {
		return !same(before, img, image.Rect(300, 200, 900, 600)) && accentIn(img, image.Rect(400, 150, 1100, 800))
	})
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
