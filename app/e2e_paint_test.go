package main

import (
	"fmt"
	"image"
	"image/color"
	"testing"
	"time"
)

// mostly says whether most of a square of the screen around a place has a colour, within a few
// levels.
func mostly(img *image.NRGBA, at image.Point, half int, want color.NRGBA) bool {
	right, all := 0, 0
	for y := at.Y - half; y <= at.Y+half; y++ {
		for x := at.X - half; x <= at.X+half; x++ {
			c := img.NRGBAAt(x, y)
			far := func(a, b uint8) bool { return max(a, b)-min(a, b) > 6 }
			if all++; !far(c.R, want.R) && !far(c.G, want.G) && !far(c.B, want.B) {
				right++
			}
		}
	}
	return right*10 >= all*9
}

// TestPaintingToolsInTheRealWindow: the sample is cropped, a flat place is filled by the bucket,
// a part copied by the stamp, and a gradient drawn, all with mouse and keys, each undone.
func TestPaintingToolsInTheRealWindow(t *testing.T) {
	d := openDesk(t)
	d.sample("sample")
	middle := image.Pt(560, 440)
	at := func(p image.Point) []string { return []string{"mousemove", fmt.Sprint(p.X), fmt.Sprint(p.Y)} }
	click := func(p image.Point, keys ...string) {
		args := at(p)
		for _, k := range keys {
			args = append(args, "keydown", k)
		}
		args = append(args, "sleep", "0.15", "click", "1", "sleep", "0.15")
		for _, k := range keys {
			args = append(args, "keyup", k)
		}
		d.run(args...)
		time.Sleep(300 * time.Millisecond)
	}
	d.run(at(image.Pt(400, 800))...)
	d.until("opening", 20*time.Second, func(img *image.NRGBA) bool {
		r := picture(img, middle)
		return r.Min.X > 30 && r.Min.Y > 60 && r.Dx() > 300
	})
	time.Sleep(1500 * time.Millisecond) // the smooth picture takes the place of the quick one
	opened := d.shot("opened")
	on := picture(opened, middle)

	d.run("key", "c")
	d.shot("crop")
	corner := on.Min.Add(on.Size().Div(4))
	d.drag(on.Min, corner)
	d.shot("crop-dragged")
	d.run("key", "Return")
	d.until("cropped", 10*time.Second, func(img *image.NRGBA) bool { return !same(img, opened, on) })
	time.Sleep(time.Second)
	d.run(at(image.Pt(400, 800))...)
	cropped := d.shot("crop-done")
	if r := picture(cropped, middle); r.Dx() >= on.Dx() && r.Dy() >= on.Dy() {
		t.Errorf("after the crop the picture covers %v, before it covered %v", r, on)
	}
	d.run("key", "ctrl+z")
	d.until("crop-undone", 10*time.Second, func(img *image.NRGBA) bool { return same(img, opened, on) })

	d.run("key", "d")
	d.run("key", "g")
	place := image.Pt(on.Min.X+on.Dx()/2, on.Min.Y+70)
	click(place)
	d.until("bucket", 10*time.Second, func(img *image.NRGBA) bool { return mostly(img, place.Add(image.Pt(6, 0)), 1, color.NRGBA{A: 255}) })
	d.run("key", "ctrl+z")
	d.until("bucket-undone", 10*time.Second, func(img *image.NRGBA) bool { return same(img, opened, on) })

	d.run("key", "s")
	from, to := image.Pt(on.Min.X+on.Dx()/2, on.Max.Y-60), image.Pt(on.Min.X+on.Dx()/2, on.Min.Y+80)
	click(from, "ctrl")
	d.run(at(to.Sub(image.Pt(90, 0)))...)
	d.shot("stamp-ghost")
	d.drag(to.Sub(image.Pt(90, 0)), to.Add(image.Pt(90, 0)))
	stamped := d.shot("stamp")
	if same(stamped, opened, image.Rect(to.X-40, to.Y-15, to.X+40, to.Y+15)) {
		t.Error("the stamp changed nothing")
	}
	d.run("key", "ctrl+z")

	d.run("key", "shift+g")
	a, b := on.Min.Add(image.Pt(40, 40)), on.Max.Sub(image.Pt(40, 40))
	d.run(append(at(a), "sleep", "0.1", "mousedown", "1", "sleep", "0.1", "mousemove", fmt.Sprint(middle.X), fmt.Sprint(middle.Y), "sleep", "0.2", "mousemove", fmt.Sprint(b.X), fmt.Sprint(b.Y), "sleep", "0.3")...)
	d.shot("gradient-dragged")
	d.run("mouseup", "1")
	d.run(at(image.Pt(400, 800))...)
	d.until("gradient", 10*time.Second, func(img *image.NRGBA) bool {
		return mostly(img, a.Sub(image.Pt(20, 20)), 4, color.NRGBA{A: 255}) && mostly(img, b.Add(image.Pt(20, 20)), 4, color.NRGBA{255, 255, 255, 255})
	})
	d.run("key", "ctrl+z")
	d.until("gradient-undone", 10*time.Second, func(img *image.NRGBA) bool { return same(img, opened, on) })
}

// TestTextInTheRealWindow: words are written on the sample, changed by a second click, and
// undone; the bar stands beside them and the picture shows them.
func TestTextInTheRealWindow(t *testing.T) {
	d := openDesk(t)
	d.palette("sample")
	middle := image.Pt(560, 440)
	d.run("mousemove", "400", "800")
	d.until("opening", 20*time.Second, func(img *image.NRGBA) bool { return picture(img, middle).Min.X > 30 && picture(img, middle).Dx() > 300 })
	time.Sleep(1500 * time.Millisecond)
	d.run("key", "shift+t")
	d.run("mousemove", "400", "800")
	opened := d.shot("opened")
	on := picture(opened, middle)
	at := image.Pt(on.Min.X+60, on.Min.Y+140)
	where := image.Rect(at.X, at.Y-50, at.X+160, at.Y+4)
	click := func() {
		d.run("mousemove", fmt.Sprint(at.X+8), fmt.Sprint(at.Y-6), "sleep", "0.1", "click", "1")
		time.Sleep(600 * time.Millisecond)
	}
	click()
	d.run("type", "--delay", "30", "Hello")
	d.until("written", 15*time.Second, func(img *image.NRGBA) bool { return !same(img, opened, where) })
	time.Sleep(500 * time.Millisecond)
	d.shot("hello")
	d.run("key", "Escape")
	d.run("key", "Escape")
	d.run("mousemove", "400", "800")
	time.Sleep(500 * time.Millisecond)
	first := d.shot("done")
	if same(first, opened, where) {
		t.Error("the text is not in the picture")
	}
	click()
	d.run("key", "End")
	d.run("type", "--delay", "30", " world")
	time.Sleep(700 * time.Millisecond)
	d.shot("changed")
	d.run("key", "ctrl+Return")
	d.run("mousemove", "400", "800")
	time.Sleep(500 * time.Millisecond)
	second := d.shot("changed-done")
	if after := image.Rect(where.Max.X, where.Min.Y, where.Max.X+120, where.Max.Y); same(second, first, after) {
		t.Error("the text did not change")
	}
	d.run("key", "ctrl+z")
	d.until("undone", 10*time.Second, func(img *image.NRGBA) bool { return same(img, first, on) })
	d.run("key", "ctrl+z")
	d.until("gone", 10*time.Second, func(img *image.NRGBA) bool { return same(img, opened, on) })
}
