package main

import (
	"fmt"
	"image"
	"os"
	"strings"
	"testing"
	"time"
)

// loads says whether a process has the native library in its memory.
func loads(t *testing.T, pid int) bool {
	t.Helper()
	maps, err := os.ReadFile(fmt.Sprintf("/proc/%d/maps", pid))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Contains(string(maps), "libonnxruntime")
}

// TestTheWindowOutlivesItsEngine: the window never loads the native library; an engine that
// is killed while a fill runs is replaced and the fill is done; one that is killed again and
// again leaves a fill that is put aside, which the window shows and a retry brings to its
// end. When the window is killed, its engine ends.
func TestTheWindowOutlivesItsEngine(t *testing.T) {
	config, _, before, _ := prepare(t)
	d := openDeskWith(t, config, before)
	middle := image.Pt(560, 470)
	d.opened(middle)
	d.run("mousemove", fmt.Sprint(middle.X), fmt.Sprint(middle.Y))
	d.run("key", "f")
	d.run("key", "r")
	d.drag(middle.Sub(image.Pt(30, 30)), middle.Add(image.Pt(30, 30)))
	if n := len(engines(d.pid)); n != 0 {
		t.Fatalf("%d engines before there is anything to do", n)
	}

	d.run("key", "ctrl+Return")
	pid := d.engine()
	for end := time.Now().Add(30 * time.Second); !loads(t, pid) && time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
	}
	if !loads(t, pid) || loads(t, d.pid) {
		t.Errorf("the native library is in the engine: %v, in the window: %v; want it in the engine alone", loads(t, pid), loads(t, d.pid))
	}
	kill(t, pid)
	d.until("done-by-a-second-engine", 120*time.Second, func(img *image.NRGBA) bool { return offered(img) && !busy(img) })
	d.run("key", "Escape")

	d.run("key", "ctrl+Return")
	stop := make(chan struct{})
	go func() { // nothing lives long
		for {
			select {
			case <-stop:
				return
			case <-time.After(30 * time.Millisecond):
				for _, pid := range engines(d.pid) {
					kill(t, pid)
				}
			}
		}
	}()
	d.until("put-aside", 60*time.Second, aside)
	close(stop)
	d.palette("stopped jobs")
	d.until("stopped-jobs", 20*time.Second, lists)
	d.run("key", "Escape")
	d.until("sheet-closed", 20*time.Second, func(img *image.NRGBA) bool { return !lists(img) })
	d.palette("retry stopped jobs")
	d.until("retried", 120*time.Second, func(img *image.NRGBA) bool { return offered(img) && !busy(img) && !aside(img) })
	if loads(t, d.pid) {
		t.Error("the window has loaded the native library")
	}

	pid = d.engine()
	kill(t, d.pid)
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid)); err != nil || strings.Contains(string(stat), ") Z ") {
			return
		}
	}
	t.Errorf("engine %d still runs without its window", pid)
}

// engine waits for the window's engine and says which process it is.
func (d *desk) engine() int {
	d.t.Helper()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if list := engines(d.pid); len(list) > 0 {
			return list[0]
		}
	}
	d.shot("no-engine")
	d.t.Fatal("no engine was started")
	return 0
}

func kill(t *testing.T, pid int) {
	if p, err := os.FindProcess(pid); err != nil {
		t.Error(err)
	} else {
		_ = p.Kill() // it may have ended by itself
	}
}

// lists says whether the sheet of stopped jobs is open: it has text in the colour of errors
// over the canvas.
func lists(img *image.NRGBA) bool {
	n := 0
	for y := 220; y < 660; y++ {
		for x := 450; x < 980; x++ {
			if p := img.NRGBAAt(x, y); p.R > 200 && p.G < 120 && p.B < 110 {
				n++
			}
		}
	}
	return n > 200
}

// aside says whether the status bar tells of a fill that was put aside: its button alone is
// orange down there, beside the picture's size or, where a long sentence has that room, at the end.
func aside(img *image.NRGBA) bool {
	n := 0
	for y := 866; y < 896; y++ {
		for x := 960; x < img.Rect.Dx(); x++ {
			if p := img.NRGBAAt(x, y); int(p.R) > int(p.B)+60 && p.R > 140 {
				n++
			}
		}
	}
	return n > 100
}
