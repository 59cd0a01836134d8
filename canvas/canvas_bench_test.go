package canvas_test

import (
	"image"
	"testing"

	"pentimento/canvas"
)

func filled(side int, value uint8) *canvas.Document {
	d := canvas.New()
	fill(d, side, value)
	return d
}

func fill(d *canvas.Document, side int, value uint8) {
	e := d.Begin("fill")
	e.PutTiles(1, image.Rect(0, 0, side, side), func(dst []uint8, stride int, r image.Rectangle) {
		for i := range dst[:r.Dy()*stride] {
			dst[i] = value
		}
	})
	e.Commit()
}

// BenchmarkCommitStroke commits 40 painted tiles in a picture of 16,384. µs-commit is
// Commit alone; the op includes copying and painting the tiles.
func BenchmarkCommitStroke(b *testing.B) {
	d := filled(8192, 7)
	d.Budget = 64 << 20
	var value uint8
	for b.Loop() {
		b.StopTimer()
		value++
		e := d.Begin("stroke")
		for i := range 40 {
			t := e.Tile(1, canvas.TileKey{X: int32(20 + i), Y: int32(30 + i/2)})
			for j := range 2000 {
				t.Pix[4*j+4000] = value
			}
		}
		b.StartTimer()
		e.Commit()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1000, "µs-commit")
}

func BenchmarkUndoRedo4K(b *testing.B) {
	d := filled(4096, 7)
	fill(d, 4096, 200)
	for b.Loop() {
		d.Undo()
		d.Redo()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/2e6, "ms-each")
}
