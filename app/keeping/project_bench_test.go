package keeping

import (
	"context"
	"fmt"
	"image"
	"math"
	"os"
	"path/filepath"
	"testing"

	"pentimento/canvas"
	"pentimento/canvas/file"
)

// tenLayers is a painting of ten layers of 4096×4096: an opaque ground with grain, as a
// photo has it, and nine layers of soft shapes with edges and grain over half of the area.
func tenLayers() *canvas.Document {
	const side = 4096
	d := canvas.New()
	e := d.Begin("paint")
	for n := range 10 {
		id := e.State().Active
		if n > 0 {
			id = e.AddLayer(fmt.Sprintf("Layer %d", n+1), id)
		}
		e.PutTiles(id, image.Rect(0, 0, side, side), func(dst []uint8, stride int, r image.Rectangle) { paintGrain(dst, stride, r, n) })
	}
	e.Commit()
	return d
}

func paintGrain(dst []uint8, stride int, r image.Rectangle, n int) {
	v := uint32(r.Min.X*7919+r.Min.Y*104729+n) | 1
	for y := r.Min.Y; y < r.Max.Y; y++ {
		row := dst[(y-r.Min.Y)*stride:]
		for x := r.Min.X; x < r.Max.X; x++ {
			v = v*1664525 + 1013904223
			shape := math.Sin(float64(x)/(90+20*float64(n))) * math.Cos(float64(y)/(70+30*float64(n)))
			alpha := 255.0
			if n > 0 {
				alpha = min(max(shape*900, 0), 255)
			}
			grey := 110 + 60*shape + float64(v>>29)
			p := row[4*(x-r.Min.X):][:4]
			p[0], p[1], p[2], p[3] = uint8(grey*alpha/255), uint8((grey-30)*alpha/255), uint8((200-grey/2)*alpha/255), uint8(alpha)
		}
	}
}

func saveDocument(b *testing.B, path string, d *canvas.Document, last *file.Stored) *file.Stored {
	b.Helper()
	p := &file.Project{}
	flattener(p, d.State())
	s, err := file.SaveProject(context.Background(), path, p, last)
	if err != nil {
		b.Fatal(err)
	}
	return s
}

// BenchmarkProject4k is the figures of saving and opening: ten layers of 16 megapixels.
func BenchmarkProject4k(b *testing.B) {
	path := filepath.Join(b.TempDir(), "ten.ora")
	d := tenLayers()
	stored := saveDocument(b, path, d, nil)
	if st, err := os.Stat(path); err == nil {
		b.Logf("the file has %d MB", st.Size()>>20)
	}
	b.Run("SaveAnew", func(b *testing.B) {
		for b.Loop() {
			saveDocument(b, path, d, nil)
		}
	})
	b.Run("SaveOneChangedLayer", func(b *testing.B) {
		for n := 0; b.Loop(); n++ {
			e := d.Begin("stroke")
			e.Tile(e.State().Active, canvas.TileKey{X: 5, Y: 5}).Pix[n%256*4] ^= 1
			e.Commit()
			stored = saveDocument(b, path, d, stored)
		}
	})
	b.Run("Open", func(b *testing.B) {
		for b.Loop() {
			if _, _, err := file.OpenProject(context.Background(), path, nil); err != nil {
				b.Fatal(err)
			}
		}
	})
}
