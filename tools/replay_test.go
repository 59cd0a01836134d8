package tools_test

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"math"
	"testing"

	"pentimento/canvas"
	"pentimento/canvas/blend"
	"pentimento/canvas/canvastest"
	"pentimento/tools"
	"pentimento/tools/toolstest"
)

// scene is the area the recorded strokes lie in.
var scene = image.Rect(0, 0, 400, 300)

// replayed draws a recorded stroke with the brush, erases along a part of it, and masks
// along it a bit lower, all moved by d.
func replayed(t testing.TB, name string, d image.Point) *toolstest.Host {
	t.Helper()
	points, err := toolstest.Recorded(name)
	if err != nil {
		t.Fatal(err)
	}
	h := toolstest.New("brush")
	x, y := float64(d.X), float64(d.Y)
	set := func(size, hardness, opacity float64) {
		b := h.Brush()
		b.Size, b.Hardness, b.Opacity, b.Colour = size, hardness, opacity, color.NRGBA{30, 90, 160, 255}
		h.SetBrush(b)
	}
	set(14, 0.7, 0.9)
	h.Replay(points, x, y)
	h.Use("eraser")
	set(7, 0.2, 0.8)
	h.Replay(points[len(points)/2:], x, y+3)
	h.Use("mask")
	set(30, 0, 1)
	h.Replay(points[:len(points)*2/3], x, y+20)
	return h
}

// seen is paint on white under the mask's red.
func seen(s *canvas.State, r image.Rectangle) *image.RGBA {
	img := image.NewRGBA(r)
	for i := range img.Pix {
		img.Pix[i] = 255
	}
	row, mask := make([]uint8, 4*r.Dx()), make([]uint8, r.Dx())
	for y := r.Min.Y; y < r.Max.Y; y++ {
		line := image.Rect(r.Min.X, y, r.Max.X, y+1)
		dst := img.Pix[img.PixOffset(r.Min.X, y):][:4*r.Dx()]
		for _, l := range s.Layers {
			l.Read(row, len(row), line)
			blend.Span(dst, row, blend.Normal, 255)
		}
		s.ReadMask(mask, len(mask), line)
		blend.Tint(dst, mask, 0x80000080) // half red, premultiplied, little-endian RGBA
	}
	return img
}

func TestRecordedStrokesLookAsBefore(t *testing.T) {
	for _, name := range toolstest.Strokes() {
		canvastest.Golden(t, name, seen(replayed(t, name, image.Point{}).State(), scene))
	}
}

func TestRecordedStrokesAreTheSameEverywhere(t *testing.T) {
	for _, name := range toolstest.Strokes() {
		want := seen(replayed(t, name, image.Point{}).State(), scene)
		for _, d := range []image.Point{{1, 0}, {-64, 128}, {-317, -511}, {40000, -1 << 20}} {
			got := seen(replayed(t, name, d).State(), scene.Add(d))
			if !bytes.Equal(got.Pix, want.Pix) {
				t.Errorf("%s moved by %v draws other pixels", name, d)
			}
		}
	}
}

func BenchmarkReplay(b *testing.B) {
	for _, name := range toolstest.Strokes() {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				replayed(b, name, image.Point{})
			}
		})
	}
}

// BenchmarkBrushFrame is one frame of a drag without the drawing: three events with 24
// pixels of way, laid on the tiles of a picture that is already there.
func BenchmarkBrushFrame(b *testing.B) {
	for _, name := range []string{"mask", "brush"} {
		for _, size := range []float64{64, 256, 1000} {
			for _, hardness := range []float64{0, 0.8} {
				b.Run(fmt.Sprintf("%s/size=%v/hardness=%v", name, size, hardness), func(b *testing.B) {
					benchmarkFrame(b, name, size, hardness)
				})
			}
		}
	}
}

func benchmarkFrame(b *testing.B, name string, size, hardness float64) {
	h := toolstest.New(name)
	e := h.Doc.Begin("picture")
	e.Put(h.Doc.State().Active, noise(image.Rect(0, 0, 4096, 4096), 1), nil)
	e.Commit()
	s := h.Brush()
	s.Size, s.Hardness = size, hardness
	h.SetBrush(s)
	at := func(way float64) (x, y float64) {
		a, r := way/900, 900+way/20
		return 2000 + r*math.Cos(a), 2000 + r*math.Sin(a)
	}
	way := 0.0
	h.Press(at(way))
	for b.Loop() {
		for range 3 {
			way += 8
			h.Drag(at(way))
		}
		if way > 5000 {
			b.StopTimer()
			h.Cancel()
			way = 0
			h.Press(at(way))
			b.StartTimer()
		}
	}
}

// BenchmarkPress is the first dab with the Edit's beginning.
func BenchmarkPress(b *testing.B) {
	for _, size := range []float64{64, 256, 1000} {
		b.Run(fmt.Sprintf("brush/size=%v", size), func(b *testing.B) {
			h := toolstest.New("brush")
			e := h.Doc.Begin("picture")
			e.Put(h.Doc.State().Active, noise(image.Rect(0, 0, 2048, 2048), 1), nil)
			e.Commit()
			s := h.Brush()
			s.Size, s.Hardness = size, 0
			h.SetBrush(s)
			for b.Loop() {
				h.Press(1000, 1000)
				b.StopTimer()
				h.Cancel()
				b.StartTimer()
			}
		})
	}
}

var _ tools.Host = (*toolstest.Host)(nil)
