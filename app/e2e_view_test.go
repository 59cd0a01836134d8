package main

import (
	"image"
	"image/color"
	"testing"
	"time"
)

// ground is the neutral grey around the picture.
var ground = color.NRGBA{0x55, 0x55, 0x55, 255}

// TestTheViewInTheRealWindow: in a mirrored and turned view a stroke is seen where the pointer
// went, and lands in the picture where the screen says; nothing else of the picture changes.
// Tab leaves the picture alone on the screen, and F11 takes all of it.
func TestTheViewInTheRealWindow(t *testing.T) {
	d := openDesk(t)
	d.sample("sample")
	middle := image.Pt(560, 470)
	d.run("mousemove", "560", "470")
	d.run("key", "b")
	time.Sleep(400 * time.Millisecond)
	on := picture(d.shot("opened"), middle)
	original := samplePixels(t)
	scale := float64(on.Dx()) / float64(original.Rect.Dx())

	d.run("key", "shift+m")
	time.Sleep(400 * time.Millisecond)
	d.shot("mirrored")
	from, to := image.Pt(on.Min.X+80, on.Min.Y+90), image.Pt(on.Min.X+140, on.Min.Y+90)
	d.drag(from, to)
	time.Sleep(400 * time.Millisecond)
	paint := color.NRGBA{40, 40, 40, 255} // the first brush's
	if got := d.shot("painted-mirrored").NRGBAAt(on.Min.X+100, on.Min.Y+80); got != paint {
		t.Errorf("under the stroke stands %v, want the paint %v", got, paint)
	}
	for range 2 {
		d.run("key", "greater")
	}
	time.Sleep(600 * time.Millisecond)
	d.run("mousemove", "560", "470")
	before := d.shot("turned-by-30")
	d.drag(image.Pt(520, 520), image.Pt(600, 520))
	time.Sleep(600 * time.Millisecond)
	after := d.shot("painted-turned")
	if got := after.NRGBAAt(560, 520); got != paint || before.NRGBAAt(560, 520) == paint {
		t.Errorf("under the stroke stands %v, want the paint %v", got, paint)
	}
	if same(before, after, image.Rect(500, 495, 620, 545)) || !same(before, after, image.Rect(300, 560, 800, 700)) {
		t.Error("the stroke is not where the pointer went")
	}
	d.run("key", "ctrl+alt+0")
	time.Sleep(400 * time.Millisecond)
	d.shot("straight")

	out := d.exported("painted")
	if out.Rect.Dx() != original.Rect.Dx() || out.Rect.Dy() != original.Rect.Dy() {
		t.Fatalf("the export is %v", out.Rect)
	}
	// The first stroke: mirrored about the picture's middle, which is the view's.
	x, y := original.Rect.Dx()-int(110/scale), int(90/scale)
	if got := out.NRGBAAt(x, y); got != paint {
		t.Errorf("at %d, %d the picture is %v, want the paint %v", x, y, got, paint)
	}
	changed := 0
	for i := 0; i < len(out.Pix); i += 4 {
		if [4]byte(out.Pix[i:]) != [4]byte(original.Pix[i:]) {
			changed++
		}
	}
	if most := int(2 * 160 * 90 / scale / scale); changed == 0 || changed > most {
		t.Errorf("%d pixels changed, want some and at most %d", changed, most)
	}
}

// TestThePictureTakesTheScreen by Tab and by F11, and gives it back.
func TestThePictureTakesTheScreen(t *testing.T) {
	d := openDesk(t)
	d.sample("sample")
	time.Sleep(400 * time.Millisecond)
	opened := d.shot("opened")
	on := picture(opened, image.Pt(560, 470))
	d.run("mousemove", "560", "470")
	d.run("key", "ctrl+r")
	d.run("key", "ctrl+apostrophe")
	time.Sleep(600 * time.Millisecond)
	if aided := d.shot("rulers-and-grid"); same(opened, aided, on) || aided.NRGBAAt(on.Min.X-20, 300) == ground == (aided.NRGBAAt(46, 300) == ground) {
		t.Error("there are no rulers, or no grid")
	}
	d.run("key", "ctrl+r")
	d.run("key", "ctrl+apostrophe")
	time.Sleep(400 * time.Millisecond)
	d.run("key", "Tab")
	time.Sleep(900 * time.Millisecond)
	bare := d.shot("bare")
	large := picture(bare, image.Pt(560, 470))
	if bare.NRGBAAt(1400, 400) != ground || bare.NRGBAAt(10, 400) != ground {
		t.Errorf("beside the picture stands %v and %v", bare.NRGBAAt(1400, 400), bare.NRGBAAt(10, 400))
	}
	if large.Dx() <= on.Dx() && large.Dy() <= on.Dy() {
		t.Errorf("the picture is %v, was %v", large, on)
	}
	d.run("key", "F11")
	time.Sleep(1500 * time.Millisecond)
	full := d.shot("full-screen")
	if full.NRGBAAt(1435, 895) != ground || full.NRGBAAt(3, 3) != ground {
		t.Errorf("in the corners stand %v and %v", full.NRGBAAt(1435, 895), full.NRGBAAt(3, 3))
	}
	d.run("key", "F11")
	time.Sleep(1500 * time.Millisecond)
	d.run("key", "Tab")
	time.Sleep(900 * time.Millisecond)
	if back := picture(d.shot("back"), image.Pt(560, 470)); back != on {
		t.Errorf("the picture is %v, was %v", back, on)
	}
}
