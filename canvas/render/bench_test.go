package render

import (
	"image"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"pentimento/canvas"
)

const benchW, benchH = 1600, 1000

// bigDocument is the 8k×8k picture of the figures: an opaque layer, one of half opacity
// with holes, one of soft strokes, and a mask over a part.
func bigDocument(side int) *canvas.Document {
	d := canvas.New()
	e := d.Begin("big")
	r := image.Rect(0, 0, side, side)
	bottom := e.State().Active
	putRows(e, bottom, r, func(dst []uint8, x, y int) {
		for i := 0; i < len(dst); i += 4 {
			store(dst[i:], uint32((x+i)*7)&255|uint32(y*3)&255<<8|uint32(x^y)&255<<16|255<<24)
		}
	})
	middle := e.AddLayer("half", bottom)
	e.SetLayer(middle, func(l *canvas.Layer) { l.Opacity = 128 })
	putRows(e, middle, r, func(dst []uint8, x, y int) {
		for i := 0; i < len(dst); i += 4 {
			if (x+i/4)>>9&1 != y>>9&1 {
				store(dst[i:], 0xff204060)
			}
		}
	})
	top := e.AddLayer("soft", middle)
	putRows(e, top, r, func(dst []uint8, x, y int) {
		for i := 0; i < len(dst); i += 4 {
			store(dst[i:], uint32((x+i/4+y)&127)*0x01000001)
		}
	})
	m := image.NewAlpha(image.Rect(side/4, side/4, side*3/4, side*3/4))
	for i := range m.Pix {
		m.Pix[i] = uint8(i >> 4)
	}
	e.SetMask(m)
	e.Commit()
	return d
}

func putRows(e *canvas.Edit, id canvas.LayerID, r image.Rectangle, row func(dst []uint8, x, y int)) {
	e.PutTiles(id, r, func(dst []uint8, stride int, part image.Rectangle) {
		for y := part.Min.Y; y < part.Max.Y; y++ {
			row(dst[(y-part.Min.Y)*stride:][:part.Dx()*4], part.Min.X, y)
		}
	})
}

// frames runs one frame after the other and reports the median and the 99th percentile.
func frames(b *testing.B, frame func(i int)) {
	b.Helper()
	for i := range 20 {
		frame(i)
	}
	times := make([]time.Duration, 0, b.N)
	b.ResetTimer()
	for i := range b.N {
		t := time.Now()
		frame(i)
		times = append(times, time.Since(t))
	}
	slices.Sort(times)
	b.ReportMetric(float64(times[len(times)/2].Microseconds())/1000, "ms-median")
	b.ReportMetric(float64(times[len(times)*99/100].Microseconds())/1000, "ms-p99")
}

func benchRenderer(b *testing.B) (*canvas.Document, *Renderer, *image.RGBA) {
	b.Helper()
	d := bigDocument(8192)
	r := New(Options{}) // as in the window: what is dear goes to the background
	r.SetState(d.State(), image.Rectangle{})
	return d, r, image.NewRGBA(image.Rect(0, 0, benchW, benchH))
}

func BenchmarkPan(b *testing.B) {
	for _, zoom := range []float64{1, 0.625} {
		b.Run(map[float64]string{1: "100%", 0.625: "62.5%"}[zoom], func(b *testing.B) {
			_, r, fb := benchRenderer(b)
			v := View{X: 1000, Y: 1000, Scale: zoom, W: benchW, H: benchH}.Snap()
			r.Render(fb, fb.Rect, v, Smooth)
			frames(b, func(i int) {
				dx, dy := 13, 7
				if i/200&1 == 1 {
					dx, dy = -13, -7
				}
				v.X, v.Y = v.X-float64(dx)/zoom, v.Y-float64(dy)/zoom
				for _, o := range Scroll(fb, dx, dy) {
					r.Render(fb, o, v, Smooth)
				}
			})
		})
	}
}

func BenchmarkPanRedraw(b *testing.B) {
	_, r, fb := benchRenderer(b)
	v := View{X: 1000, Y: 1000, Scale: 1, W: benchW, H: benchH}
	frames(b, func(i int) {
		v.X, v.Y = 1000+float64(i%300*13), 1000+float64(i%300*7)
		r.Render(fb, fb.Rect, v, Nearest)
	})
}

func zoomFrames(b *testing.B, q Quality) {
	_, r, fb := benchRenderer(b)
	v := View{Scale: 1, W: benchW, H: benchH}
	frames(b, func(i int) {
		v.Scale = 0.13 * math.Pow(1.02, float64(i%150)) // 13 % to 250 %
		v.X, v.Y = 4096-benchW/2/v.Scale, 4096-benchH/2/v.Scale
		r.Render(fb, fb.Rect, v, q)
	})
}

func BenchmarkZoomGesture(b *testing.B) { zoomFrames(b, Nearest) }
func BenchmarkZoomSettled(b *testing.B) { zoomFrames(b, Smooth) }

func brushFrames(b *testing.B, width int) {
	brushIn(b, width, image.Rect(3000, 3000, 3000+benchW, 3000+benchH), View{X: 3000, Y: 3000, Scale: 1, W: benchW, H: benchH})
}

// brushIn paints dabs in a part of the picture that a view shows.
func brushIn(b *testing.B, width int, in image.Rectangle, v View) {
	d, r, fb := benchRenderer(b)
	r.Render(fb, fb.Rect, v, Smooth)
	e := d.Begin("stroke")
	layer := e.State().Active
	rng := rand.New(rand.NewPCG(1, 2))
	var spent time.Duration
	times := make([]time.Duration, 0, b.N)
	for i := 0; i < b.N+5; i++ {
		x, y := in.Min.X+rng.IntN(max(1, in.Dx()-width)), in.Min.Y+rng.IntN(max(1, in.Dy()-width))
		dab := image.Rect(x, y, x+width, y+width)
		putRows(e, layer, dab, func(dst []uint8, x, y int) { store(dst, uint32(i)) })
		t := time.Now()
		dirty := r.SetDraft(e.State(), dab)
		for _, p := range v.Devices(dirty) {
			r.Render(fb, p, v, Smooth)
		}
		spent = time.Since(t)
		if i >= 5 {
			times = append(times, spent)
		}
	}
	slices.Sort(times)
	b.ReportMetric(float64(times[len(times)/2].Microseconds())/1000, "ms-median")
	b.ReportMetric(float64(times[len(times)*99/100].Microseconds())/1000, "ms-p99")
}

func BenchmarkBrush64(b *testing.B)   { brushFrames(b, 64) }
func BenchmarkBrush256(b *testing.B)  { brushFrames(b, 256) }
func BenchmarkBrush1000(b *testing.B) { brushFrames(b, 1000) }

// BenchmarkTiles paints in a tile that repeats over the view, and in the same place without.
func BenchmarkTiles(b *testing.B) {
	tile := image.Rect(0, 0, 511, 513).Add(image.Pt(3000, 3000))
	for _, at := range []struct {
		name  string
		scale float64
	}{{"10%", 0.1}, {"100%", 1}, {"800%", 8}} {
		v := View{Scale: at.scale, W: benchW, H: benchH}
		v.X, v.Y = 3256-benchW/2/at.scale, 3256-benchH/2/at.scale
		b.Run(at.name+"/once", func(b *testing.B) { brushIn(b, 64, tile, v) })
		v.Tile = tile
		b.Run(at.name+"/repeated", func(b *testing.B) { brushIn(b, 64, tile, v) })
	}
}

func BenchmarkFlatten(b *testing.B) {
	d := bigDocument(2048)
	for b.Loop() {
		Flatten(d.State(), image.Rect(0, 0, 2048, 2048), FlattenOptions{})
	}
}
