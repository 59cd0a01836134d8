package main

import (
	"fmt"
	"image"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// fillThere paints a mask from a to b with the brush and fills it by the content-aware engine.
func (m *moves) fillThere(a, b image.Point) {
	m.t.Helper()
	m.drag(a, b)
	m.run("key", "ctrl+Return")
	m.until("candidate", 90*time.Second, acceptable)
}

// thumbnail says whether the strip below the canvas holds something where its first, or n-th,
// thumbnail stands.
func thumbnail(img *image.NRGBA, n int) bool {
	at := image.Rect(100, 0, 150, 24).Add(image.Pt(64*n, stripOf(img)))
	seen := map[uint32]bool{}
	for y := at.Min.Y; y < at.Max.Y; y += 2 {
		for x := at.Min.X; x < at.Max.X; x += 2 {
			c := img.NRGBAAt(x, y)
			seen[uint32(c.R)<<16|uint32(c.G)<<8|uint32(c.B)] = true
		}
	}
	return len(seen) > 20
}

// stripOf is the middle row of the strip's upper half, seen from the window's lower edge.
func stripOf(img *image.NRGBA) int { return img.Rect.Dy() - 30 - 28 - 50 }

// TestTheStripOfResults: a click on a thumbnail lays the result over the picture where it was
// made and another takes it away, Enter puts it in, a drag places it elsewhere.
func TestTheStripOfResults(t *testing.T) {
	m := &moves{desk: openDesk(t)}
	m.sample("sample")
	m.run("mousemove", "60", "760")
	time.Sleep(time.Second)
	place, before := image.Rect(560, 480, 700, 640), m.shot("opened")
	m.fillThere(image.Pt(600, 560), image.Pt(650, 590))
	filled := m.until("thumbnail", 20*time.Second, func(s *image.NRGBA) bool { return thumbnail(s, 0) })
	m.run("key", "Escape")
	m.run("key", "ctrl+d")
	m.run("mousemove", "60", "760")
	m.until("discarded", 10*time.Second, func(s *image.NRGBA) bool { return same(before, s, place) })

	thumb := []string{"mousemove", "120", fmt.Sprint(stripOf(filled) + 12)}
	m.run(append(thumb, "click", "1")...)
	m.run("mousemove", "60", "760")
	m.until("compared", 10*time.Second, func(s *image.NRGBA) bool { return !same(before, s, place) })
	m.run(append(thumb, "click", "1")...)
	m.run("mousemove", "60", "760")
	m.until("away", 10*time.Second, func(s *image.NRGBA) bool { return same(before, s, place) })
	m.run(append(thumb, "click", "1")...)
	m.run("mousemove", "60", "760")
	m.until("compared-again", 10*time.Second, func(s *image.NRGBA) bool { return !same(before, s, place) })
	m.run("key", "Return")
	m.until("put-in", 10*time.Second, func(s *image.NRGBA) bool { return !same(before, s, place) })
	m.run("key", "ctrl+z")
	m.until("undone", 10*time.Second, func(s *image.NRGBA) bool { return same(before, s, place) })

	to := image.Pt(330, 300)
	m.drag(image.Pt(120, stripOf(filled)+12), to)
	m.run("mousemove", "60", "760")
	m.until("dropped", 10*time.Second, func(s *image.NRGBA) bool {
		return !same(before, s, image.Rectangle{Min: to, Max: to}.Inset(-20)) && same(before, s, place)
	})
}

// dropped lets a file go over a point of the screen, as a file manager does.
func (m *moves) dropped(file string, at image.Point) {
	m.t.Helper()
	m.n++
	bin := filepath.Join(m.t.TempDir(), "drop")
	if out, err := exec.Command("cc", "-o", bin, filepath.Join("ui", "testdata", "drop.c"), "-lX11").CombinedOutput(); err != nil {
		m.t.Fatalf("building the source of a drop: %v\n%s", err, out)
	}
	if out, err := m.command(bin, file, fmt.Sprint(at.X), fmt.Sprint(at.Y)).CombinedOutput(); err != nil {
		m.t.Fatalf("the drop: %v\n%s", err, out)
	}
	time.Sleep(time.Second)
}

// TestAReferenceTakesThreeMoves: drop it on the mask · choose Pixels · Enter. The fill keeps a
// part of what was dropped, and nothing beside the mask changes.
func TestAReferenceTakesThreeMoves(t *testing.T) {
	config, _, before, _ := prepare(t)
	blue := image.NewNRGBA(image.Rect(0, 0, 120, 90))
	for i := 0; i < len(blue.Pix); i += 4 {
		copy(blue.Pix[i:], []uint8{20, 30, 230, 255})
	}
	file := filepath.Join(t.TempDir(), "blue.png")
	writePicture(t, file, blue)
	m := &moves{desk: openDeskWith(t, config, before)}
	m.until("opened", 30*time.Second, func(s *image.NRGBA) bool { return s.NRGBAAt(530, 435).G > 60 })
	m.drag(image.Pt(500, 420), image.Pt(560, 450))
	m.run("key", "Escape") // the keys are the canvas's again
	at := image.Pt(530, 435)
	m.run("mousemove", "60", "760")
	masked := m.shot("masked")
	m.dropped(file, at)
	m.shot("offered")
	m.n++ // the choice: the fifth row of the menu at the pointer
	m.run("mousemove", fmt.Sprint(at.X+80), fmt.Sprint(at.Y+146), "click", "1")
	m.run("mousemove", "60", "760")
	isBlue := func(s *image.NRGBA) bool {
		c := s.NRGBAAt(at.X, at.Y)
		return c.B > 120 && c.B > c.G+60 && s.NRGBAAt(at.X, 700) == masked.NRGBAAt(at.X, 700)
	}
	m.until("pixels", 20*time.Second, isBlue)
	m.key("Return")
	m.want("using a reference", 3)
	m.until("filled", 120*time.Second, offered)
}
