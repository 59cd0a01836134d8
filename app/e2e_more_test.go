package main

import (
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

func coords(p image.Point) []string { return []string{fmt.Sprint(p.X), fmt.Sprint(p.Y)} }

func (d *desk) click(p image.Point) {
	d.t.Helper()
	d.run(append(append([]string{"mousemove"}, coords(p)...), "click", "1")...)
}

// magenta is the colour of the pasted test picture: the sample has none of it.
var magenta = color.NRGBA{255, 0, 255, 255}

// patch is the rectangle of the screen that shows the pasted picture; handles and lines
// over its border are forgiven by taking rows and columns that are mostly magenta. The
// panels at the right do not count: a thumbnail of the picture stands there.
func patch(img *image.NRGBA) image.Rectangle {
	cols, rows := make([]int, img.Rect.Dx()-330), make([]int, img.Rect.Dy())
	for y := range rows {
		row := img.Pix[y*img.Stride:][:len(cols)*4]
		for x := range cols {
			if row[4*x] == magenta.R && row[4*x+1] == magenta.G && row[4*x+2] == magenta.B {
				cols[x]++
				rows[y]++
			}
		}
	}
	span := func(count []int) (lo, hi int) {
		for v, n := range count {
			if n > 20 {
				if hi == 0 {
					lo = v
				}
				hi = v + 1
			}
		}
		return lo, hi
	}
	x0, x1 := span(cols)
	y0, y1 := span(rows)
	return image.Rect(x0, y0, x1, y1)
}

// near says whether two rectangles agree within a few pixels: the outline hides the rim.
func near(a, b image.Rectangle) bool {
	const slack = 6
	return a.In(b.Inset(-slack)) && b.In(a.Inset(-slack))
}

// TestPastedPictureIsMovedAndScaled pastes a picture from another program, drags it and
// pulls its corner with Shift.
func TestPastedPictureIsMovedAndScaled(t *testing.T) {
	if _, err := exec.LookPath("xclip"); err != nil {
		t.Skip("xclip is missing: `make test` installs it")
	}
	d := openDesk(t)
	img := image.NewNRGBA(image.Rect(0, 0, 240, 120))
	for i := 0; i < len(img.Pix); i += 4 {
		copy(img.Pix[i:], []uint8{magenta.R, magenta.G, magenta.B, magenta.A})
	}
	name := filepath.Join(t.TempDir(), "copied.png")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := png.Encode(f, img); err != nil {
		t.Fatal(err)
	}
	f.Close()
	d.start("xclip", "-quiet", "-selection", "clipboard", "-t", "image/png", "-i", name)
	d.sample("sample")
	d.run("key", "ctrl+1")
	d.run("mousemove", "60", "760")
	d.run("key", "ctrl+v")
	pasted := patch(d.until("pasted", 30*time.Second, func(s *image.NRGBA) bool { // 240 × 120 at 100 %, once the zoom has settled
		r := patch(s)
		return r.Dx() >= 232 && r.Dx() <= 240 && r.Dy() >= 112 && r.Dy() <= 120
	}))

	middle := pasted.Min.Add(pasted.Max).Div(2)
	d.drag(middle, middle.Add(image.Pt(-90, 60)))
	at := func(name string, want image.Rectangle) image.Rectangle {
		t.Logf("%s: want %v", name, want)
		return patch(d.until(name, 10*time.Second, func(s *image.NRGBA) bool { return near(patch(s), want) }))
	}
	moved := at("moved", pasted.Add(image.Pt(-90, 60)))

	corner := moved.Max
	d.run("keydown", "shift")
	d.drag(corner, corner.Add(image.Pt(120, 20)))
	d.run("keyup", "shift")
	at("scaled with its ratio kept", image.Rectangle{Min: moved.Min, Max: moved.Min.Add(image.Pt(360, 180))})
	d.run("key", "ctrl+z")
	at("undone", moved)
}

// TestTwoPlacesAtOnce fills at two places, goes to the first by its badge, accepts it and
// discards the other.
func TestTwoPlacesAtOnce(t *testing.T) {
	d := openDesk(t)
	before := d.sample("before")
	d.run("key", "m")
	a, b := image.Pt(420, 560), image.Pt(760, 300)
	fill := func(at image.Point) {
		d.drag(at.Sub(image.Pt(40, 0)), at.Add(image.Pt(40, 0)))
		d.run("key", "ctrl+Return")
		d.run("key", "ctrl+d")
		d.run("mousemove", "60", "760")
	}
	fill(a)
	fill(b)
	around := func(at image.Point) image.Rectangle { return image.Rectangle{Min: at, Max: at}.Inset(-20) }
	both := d.until("both", 90*time.Second, func(s *image.NRGBA) bool {
		return acceptable(s) && !same(s, before, around(a)) && !same(s, before, around(b))
	})
	d.click(badgeAt(both, a))
	d.run("mousemove", "60", "760")
	d.shot("first")
	d.run("key", "Return")
	time.Sleep(400 * time.Millisecond)
	d.shot("accepted")
	d.run("key", "Escape")
	after := d.until("discarded", 10*time.Second, func(s *image.NRGBA) bool { return same(s, before, around(b)) })
	if same(after, before, around(a)) {
		t.Error("the place with the badge was not accepted")
	}
}

// TestAStrokeAfterTheWindowWasBusy: the pointer leaves the canvas and comes back while the window hears nothing, and
// rests; the press after that is where it rests, and the stroke is there.
func TestAStrokeAfterTheWindowWasBusy(t *testing.T) {
	d := openDesk(t)
	d.sample("sample")
	d.run("key", "m")
	d.run("mousemove", "420", "560")
	time.Sleep(300 * time.Millisecond)
	process, err := os.FindProcess(d.pid)
	if err != nil {
		t.Fatal(err)
	}
	at := image.Pt(760, 300)
	before := d.settled("before")
	if err := process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	d.run("mousemove", "20", "760")
	d.run("mousemove", fmt.Sprint(at.X-40), fmt.Sprint(at.Y))
	if err := process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	d.drag(at.Sub(image.Pt(40, 0)), at.Add(image.Pt(40, 0)))
	d.run("mousemove", "60", "760")
	d.until("the stroke", 10*time.Second, func(s *image.NRGBA) bool {
		for y := at.Y - 10; y < at.Y+10; y++ { // all of it is tinted
			for x := at.X - 10; x < at.X+10; x++ {
				if s.NRGBAAt(x, y) == before.NRGBAAt(x, y) {
					return false
				}
			}
		}
		return true
	})
}

// badgeAt finds the badge of the place around a point: its ground is the only flat grey
// of that size there.
func badgeAt(img *image.NRGBA, at image.Point) image.Point {
	count := map[image.Point]int{}
	best, most := at, 0
	for y := at.Y - 60; y < at.Y+20; y++ {
		for x := at.X; x < at.X+120; x++ {
			if img.NRGBAAt(x, y) == (color.NRGBA{0x40, 0x40, 0x40, 255}) {
				p := image.Pt(x/16*16+8, y/16*16+8)
				if count[p]++; count[p] > most {
					best, most = p, count[p]
				}
			}
		}
	}
	return best
}

// TestClosingAsksOnUnsavedWork paints, tries to leave, stays, and leaves by keys alone.
func TestClosingAsksOnUnsavedWork(t *testing.T) {
	d := openDesk(t)
	d.sample("sample")
	d.run("key", "b")
	d.drag(image.Pt(400, 400), image.Pt(500, 420))
	time.Sleep(1500 * time.Millisecond) // until the smooth picture has come
	before := d.shot("painted")
	d.run("key", "ctrl+q")
	asked := d.until("asked", 10*time.Second, func(s *image.NRGBA) bool { return !same(s, before, image.Rect(450, 380, 1000, 500)) })
	select {
	case <-d.exited:
		t.Fatal("the window closed over unsaved work")
	default:
	}
	d.run("key", "Escape")
	d.until("stayed", 10*time.Second, func(s *image.NRGBA) bool { return !same(s, asked, image.Rect(450, 380, 1000, 500)) })
	d.run("key", "ctrl+q")
	time.Sleep(400 * time.Millisecond)
	for _, key := range []string{"Tab", "Tab", "space"} { // Cancel, Discard
		d.run("key", key)
	}
	d.ended("after Discard")
}
