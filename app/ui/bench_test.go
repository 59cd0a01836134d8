package ui

import (
	"image"
	"image/color"
	"image/jpeg"
	"os"
	"path/filepath"
	"testing"
	"time"

	"fyne.io/fyne/v2/test"

	"pentimento/app/editor"
	"pentimento/app/settings"
)

// photo writes a JPEG of 24 megapixels.
func photo(tb testing.TB) string {
	img := image.NewYCbCr(image.Rect(0, 0, 6000, 4000), image.YCbCrSubsampleRatio420)
	for y := range 4000 {
		for x := range 6000 {
			img.Y[img.YOffset(x, y)] = uint8((x*y>>9)^(x>>3)) / 2
		}
	}
	for i := range img.Cb {
		img.Cb[i], img.Cr[i] = uint8(100+i%60), uint8(120+i/900%40)
	}
	path := filepath.Join(tb.TempDir(), "24mp.jpg")
	f, err := os.Create(path)
	if err == nil {
		err = jpeg.Encode(f, img, &jpeg.Options{Quality: 88})
	}
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		tb.Fatal(err)
	}
	return path
}

// BenchmarkOpen24MP is from Open to the first frame on the framebuffer, window included.
func BenchmarkOpen24MP(b *testing.B) {
	path := photo(b)
	for b.Loop() {
		b.StopTimer()
		posted := make(chan func(), 256)
		store, err := settings.Open("")
		if err != nil {
			b.Fatal(err)
		}
		w := newWindow(test.NewApp(), editor.Config{Settings: store, Post: func(f func()) { posted <- f }})
		w.view.settle()
		b.StartTimer()
		start := time.Now()
		w.ed.Open(path)
		for w.ed.Empty() {
			(<-posted)()
		}
		w.view.frame()
		b.ReportMetric(time.Since(start).Seconds(), "s/open")
		b.StopTimer()
		if c := w.view.fb.RGBAAt(w.view.fb.Rect.Dx()/2, w.view.fb.Rect.Dy()/2); c == (color.RGBA(outsideColour("dark"))) {
			b.Fatal("the picture is not on the framebuffer")
		}
		w.ed.Jobs.Close()
		w.win.Close()
		b.StartTimer()
	}
}
