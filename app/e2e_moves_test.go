package main

import (
	"image"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pentimento/app/settings"
)

// moves counts what a person does: each call of one of its methods is one move.
type moves struct {
	*desk
	n int
}

func (m *moves) key(name string)        { m.n++; m.run("key", name) }
func (m *moves) typed(text string)      { m.n++; m.run("type", "--delay", "25", text) }
func (m *moves) brush(a, b image.Point) { m.n++; m.drag(a, b) }

// want fails where a job took another number of moves.
func (m *moves) want(job string, n int) {
	m.t.Helper()
	if m.n != n {
		m.t.Errorf("%s took %d moves, want %d", job, m.n, n)
	}
	m.n = 0
}

// TestRemoveTakesFourMovesAndGrowTwo: open · brush · Enter · Enter, after which neither mask
// nor bar is left and one undo brings both back; then the edge is dragged out with the mask
// brush still in hand · Enter.
func TestRemoveTakesFourMovesAndGrowTwo(t *testing.T) {
	m := &moves{desk: openDesk(t)}
	opened := m.sample("opened")
	m.n++
	middle := image.Pt(560, 430)
	on := picture(opened, middle)
	m.brush(image.Pt(600, 560), image.Pt(650, 590))
	m.run("mousemove", "60", "760")
	m.until("mask", 10*time.Second, func(s *image.NRGBA) bool { return !same(opened, s, image.Rect(580, 540, 670, 610)) })
	masked := m.settled("masked") // with its bar
	m.key("Return")
	m.until("candidate", 90*time.Second, acceptable)
	m.key("Return")
	m.want("removing a thing", 4)
	m.until("accepted", 10*time.Second, func(s *image.NRGBA) bool { return !acceptable(s) })
	m.run("key", "ctrl+z")
	m.until("undone", 10*time.Second, func(s *image.NRGBA) bool {
		return same(masked, s, image.Rect(610, 640, 800, 655)) && !same(opened, s, image.Rect(580, 540, 670, 610))
	})
	m.run("key", "ctrl+shift+z")
	time.Sleep(800 * time.Millisecond)
	before := m.shot("again")

	edge := image.Pt(on.Max.X, (on.Min.Y+on.Max.Y)/2)
	m.brush(edge, edge.Add(image.Pt(80, 0)))
	m.until("grown", 120*time.Second, acceptable)
	m.key("Return")
	m.want("growing the picture", 2)
	m.run("mousemove", "60", "760")
	grown := m.until("grown-accepted", 10*time.Second, func(s *image.NRGBA) bool { return !acceptable(s) && picture(s, middle).Dx() > on.Dx()+40 })
	old := image.Rectangle{Min: on.Min.Add(image.Pt(8, 8)), Max: on.Max.Sub(image.Pt(20, 8))} // beside the blending seam
	if !same(before, grown, old) {
		t.Error("growing changed the old picture")
	}
}

// TestPuttingAThingInTakesFiveMoves: brush · type · Enter · choose of three · Enter.
func TestPuttingAThingInTakesFiveMoves(t *testing.T) {
	config, _, before, _ := prepare(t)
	store, err := settings.Open(filepath.Join(config, "pentimento", "settings.json"))
	if err != nil {
		t.Fatal(err)
	}
	store.Fill.Prompt, store.Tool = "", "mask"
	if err := store.Save(); err != nil {
		t.Fatal(err)
	}
	m := &moves{desk: openDeskWith(t, config, before)}
	m.opened(image.Pt(560, 470))
	m.brush(image.Pt(500, 420), image.Pt(540, 450))
	m.typed("a red barn")
	m.shot("typed")
	m.key("Return")
	three := m.until("three", 120*time.Second, func(s *image.NRGBA) bool { return offered(s) && !busy(s) })
	m.key("Left")
	chosen := m.shot("chosen")
	if same(three, chosen, image.Rect(440, 380, 600, 520)) {
		t.Error("the arrow shows no other candidate")
	}
	m.key("Return")
	m.want("putting a thing in", 5)
	m.until("accepted", 10*time.Second, func(s *image.NRGBA) bool { return !offered(s) })
	after := filepath.Join(t.TempDir(), "after.png")
	m.export(after)
	bin, err := built()
	if err != nil {
		t.Fatal(err)
	}
	if out := string(verbOf(t, bin, "info", after)); !strings.Contains(out, "a red barn") {
		t.Errorf("the export says %s", out)
	}
}

// TestTheMainJobFitsSmallWindows: at 900 × 600 the bar stands beside the mask, inside the
// canvas, and Fill is in sight.
func TestTheMainJobFitsSmallWindows(t *testing.T) {
	m := &moves{desk: openDesk(t)}
	m.run("search", "--onlyvisible", "--name", "Pentimento", "windowsize", "900", "576")
	time.Sleep(time.Second)
	m.palette("sample")
	canvas := image.Rect(50, 90, 570, 560)
	m.until("sample", 20*time.Second, func(s *image.NRGBA) bool { // the list of commands is wider, the start's card has a button
		w := picture(s, image.Pt(250, 300)).Dx()
		return w > 300 && w < 500 && !accentIn(s, canvas)
	})
	m.brush(image.Pt(250, 300), image.Pt(300, 330))
	m.until("masked, with Fill in sight", 10*time.Second, func(s *image.NRGBA) bool { return accentIn(s, image.Rect(585, 90, 895, 420)) })
	m.key("Return")
	m.until("candidate", 90*time.Second, func(s *image.NRGBA) bool { return accentIn(s, canvas) })
	m.key("Return")
	m.until("accepted", 10*time.Second, func(s *image.NRGBA) bool { return !accentIn(s, canvas) })
}
