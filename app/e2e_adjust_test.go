package main

import (
	"bytes"
	"context"
	"image"
	"path/filepath"
	"testing"
	"time"

	"pentimento/canvas/file"
)

// exported is the picture that an export writes now.
func (m *moves) exported(name string) *image.NRGBA {
	m.t.Helper()
	path := filepath.Join(m.t.TempDir(), name)
	m.export(path)
	p, err := file.Open(context.Background(), path, nil)
	if err != nil {
		m.t.Fatal(err)
	}
	return p.NRGBA()
}

// settled is a screenshot once two in a row are the same, on a busy machine too.
func (d *desk) settled(name string) *image.NRGBA {
	var last *image.NRGBA
	return d.until(name, 20*time.Second, func(s *image.NRGBA) bool {
		still := last != nil && same(last, s, s.Rect)
		last = s
		return still
	})
}

// TestLevelsInTheRealWindow: Levels shows what it would do; Escape leaves every bit; Enter
// makes it, as one step that undo takes back. The other cards open, too.
func TestLevelsInTheRealWindow(t *testing.T) {
	m := &moves{desk: openDesk(t)}
	m.sample("sample")
	middle := image.Pt(560, 430)
	m.run("mousemove", "60", "760")
	original := m.exported("opened.png")
	opened := m.settled("opened")
	on := picture(opened, middle)
	on.Max.X = 760 // the card stands at the right
	levels := func() *image.NRGBA {
		m.run("key", "ctrl+alt+l")
		m.until("card", 20*time.Second, func(s *image.NRGBA) bool { return !same(opened, s, image.Rect(800, 100, 1100, 400)) })
		time.Sleep(500 * time.Millisecond)
		m.run("key", "ctrl+a")
		m.run("type", "--delay", "30", "90") // black, the first field
		m.run("key", "Tab")
		return m.until("levels", 10*time.Second, func(s *image.NRGBA) bool { return !same(opened, s, on) })
	}
	levels()
	m.run("key", "Escape")
	m.until("left", 10*time.Second, func(s *image.NRGBA) bool { return same(opened, s, on) })
	if got := m.exported("left.png"); !bytes.Equal(got.Pix, original.Pix) {
		t.Error("Escape left a trace")
	}
	tried := levels()
	m.run("key", "Return")
	made := m.until("made", 10*time.Second, func(s *image.NRGBA) bool {
		return same(tried, s, on) && !same(tried, s, image.Rect(800, 100, 1100, 400))
	})
	got := m.exported("made.png")
	for i, v := range got.Pix {
		want := original.Pix[i]
		if i%4 < 3 {
			f := (float64(want) - 90) / 165
			want = uint8(255*max(f, 0) + 0.5)
		}
		if v != want {
			t.Fatalf("byte %d of the export is %d, want %d", i, v, want)
		}
	}
	m.run("key", "ctrl+z")
	m.until("undone", 10*time.Second, func(s *image.NRGBA) bool { return same(opened, s, on) && !same(made, s, on) })
	if got := m.exported("undone.png"); !bytes.Equal(got.Pix, original.Pix) {
		t.Error("undo left a trace")
	}
	for _, name := range []string{"curves", "hue and", "brightness", "gaussian", "sharpen"} {
		m.palette(name)
		time.Sleep(300 * time.Millisecond)
		m.shot("card-" + name[:3])
	}
}

// TestTransformInTheRealWindow: Ctrl+T, an angle typed in the row above, Enter twice; the
// export is the turned picture, and undo brings every bit back. Escape leaves none.
func TestTransformInTheRealWindow(t *testing.T) {
	m := &moves{desk: openDesk(t)}
	m.sample("sample")
	m.run("mousemove", "60", "760") // beside the picture, where no tip comes up
	original := m.exported("opened.png")
	on := picture(m.settled("opened"), image.Pt(560, 430))
	m.run("key", "ctrl+t")
	box := m.settled("box")
	angle := func(text string) {
		m.click(image.Pt(1140, 73))
		m.run("key", "ctrl+a")
		m.run("type", "--delay", "30", text)
		m.run("key", "Return")
		time.Sleep(800 * time.Millisecond)
	}
	angle("25")
	m.until("turned", 10*time.Second, func(s *image.NRGBA) bool { return !same(box, s, on) })
	m.run("key", "Escape")
	m.until("left", 10*time.Second, func(s *image.NRGBA) bool { return same(box, s, on.Inset(20)) })
	if got := m.exported("left.png"); !bytes.Equal(got.Pix, original.Pix) {
		t.Error("Escape left a trace")
	}
	m.run("key", "ctrl+t") // Escape gave the tool before back
	m.settled("box again")
	angle("25")
	m.run("key", "Return")
	time.Sleep(2 * time.Second)
	m.settled("made")
	got := m.exported("made.png")
	if w := got.Rect.Dx(); w < 1240 || w > 1264 { // 1024·cos + 768·sin
		t.Errorf("the turned picture is %v", got.Rect)
	}
	middle := image.Pt(got.Rect.Dx()/2, got.Rect.Dy()/2)
	if a, b := got.NRGBAAt(middle.X, middle.Y), original.NRGBAAt(512, 384); far(a.R, b.R) || far(a.G, b.G) || far(a.B, b.B) {
		t.Errorf("the middle is %v, was %v", a, b)
	}
	m.run("key", "ctrl+z")
	time.Sleep(time.Second)
	if got := m.exported("undone.png"); !bytes.Equal(got.Pix, original.Pix) {
		t.Error("undo left a trace")
	}
	at := func(x, y int) image.Point { return on.Min.Add(image.Pt(on.Dx()*x/100, on.Dy()*y/100)) }
	m.run("key", "r")
	m.drag(at(30, 30), at(50, 50))
	m.palette("selection from mask")
	m.run("key", "ctrl+t")
	m.settled("box around what is selected")
	m.drag(at(40, 40), at(70, 60))
	m.settled("selected and moved")
	m.run("key", "Return")
	time.Sleep(2 * time.Second)
	m.settled("laid down")
	got = m.exported("moved.png")
	if got.Rect != original.Rect {
		t.Fatalf("it is %v, was %v", got.Rect, original.Rect)
	}
	place := func(x, y int) (int, int) { return got.Rect.Dx() * x / 100, got.Rect.Dy() * y / 100 }
	lo, _ := place(28, 28)
	hi, _ := place(82, 72)
	for y := range got.Rect.Dy() {
		for x := range got.Rect.Dx() {
			if (x < lo || x > hi) && got.NRGBAAt(x, y) != original.NRGBAAt(x, y) {
				t.Fatalf("at %d, %d, beside it all, there is %v, was %v", x, y, got.NRGBAAt(x, y), original.NRGBAAt(x, y))
			}
		}
	}
	if x, y := place(35, 35); got.NRGBAAt(x, y).A != 0 {
		t.Errorf("where it was cut out there is %v", got.NRGBAAt(x, y))
	}
	if x, y := place(70, 60); got.NRGBAAt(x, y).A != 255 {
		t.Errorf("where it was laid down there is %v", got.NRGBAAt(x, y))
	}
	m.run("key", "ctrl+z")
	time.Sleep(time.Second)
	if got := m.exported("back.png"); !bytes.Equal(got.Pix, original.Pix) {
		t.Error("undo of what was selected left a trace")
	}
}

func far(a, b uint8) bool { return max(a, b)-min(a, b) > 40 }
