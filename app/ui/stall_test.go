package ui

import (
	"image"
	"testing"
	"time"

	"pentimento/canvas"
	"pentimento/tools"
)

// BenchmarkStrokeRelease is what the window's goroutine does when a mask stroke ends on a
// picture of 8k × 8k with three layers: commit, panels, plan, drawing.
func BenchmarkStrokeRelease(b *testing.B) {
	w := open(b)
	ed := w.ed.Begin("test")
	img := image.NewNRGBA(image.Rect(0, 0, 8192, 8192))
	for i := range img.Pix {
		img.Pix[i] = 255
	}
	for range 3 {
		ed.Put(ed.AddLayer("layer", 0), img, nil)
	}
	ed.Commit()
	w.ed.Invalidate(img.Rect)
	w.ed.FitContent()
	w.view.settle()
	w.ed.SetTool("mask")
	y := 0.0
	for b.Loop() {
		b.StopTimer()
		y += 40
		w.ed.Press(tools.Pointer{X: 1000, Y: 1000 + y, Pressure: 1})
		w.ed.Drag(tools.Pointer{X: 1300, Y: 1100 + y, Pressure: 1})
		w.view.frame()
		b.StartTimer()
		start := time.Now()
		w.ed.Release(tools.Pointer{X: 1300, Y: 1100 + y, Pressure: 1})
		w.view.frame()
		b.ReportMetric(float64(time.Since(start).Microseconds())/1000, "ms/last")
	}
	if w.ed.Committed().Mask.Len() == 0 || w.ed.Committed().Layer(canvas.LayerID(2)) == nil {
		b.Fatal("nothing was painted")
	}
}

// BenchmarkWindowDuringFill is the longest that the window's goroutine is held while a
// fill runs with previews: each posted change with all panels, and each frame. It also
// reports how long after the press the first progress is shown. Fyne's own drawing is not
// in it.
func BenchmarkWindowDuringFill(b *testing.B) {
	w := open(b)
	w.ed.Do("file.sample")
	w.ed.FitContent()
	w.view.settle()
	mask := image.NewAlpha(image.Rect(500, 450, 700, 650))
	for i := range mask.Pix {
		mask.Pix[i] = 255
	}
	ed := w.ed.Begin("mask")
	ed.SetMask(mask)
	ed.Commit()
	w.ed.Invalidate(mask.Rect)
	w.view.settle()
	var worst, first time.Duration
	held := func(f func()) {
		start := time.Now()
		f()
		worst = max(worst, time.Since(start))
	}
	for b.Loop() {
		began, shown := time.Now(), false
		held(w.ed.Fills.Fill)
		for w.ed.Jobs.Active(0) > 0 || len(posted) > 0 {
			select {
			case f := <-posted:
				held(f)
				held(w.view.frame)
				if !shown && w.status.bar.Value > 0 {
					shown, first = true, max(first, time.Since(began))
				}
			case <-time.After(20 * time.Millisecond):
			}
		}
		held(w.ed.Fills.DiscardAll)
	}
	b.ReportMetric(float64(worst.Microseconds())/1000, "ms-worst")
	b.ReportMetric(float64(first.Microseconds())/1000, "ms-first-progress")
}
