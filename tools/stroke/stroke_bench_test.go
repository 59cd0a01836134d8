package stroke

import (
	"fmt"
	"image"
	"math"
	"testing"
)

// BenchmarkFrame is one frame of a drag: three samples, 24 pixels of way, flushed.
func BenchmarkFrame(b *testing.B) {
	for _, size := range []float64{64, 256, 1000} {
		for _, hardness := range []float64{0, 0.8} {
			b.Run(fmt.Sprintf("size=%v/hardness=%v", size, hardness), func(b *testing.B) {
				s := New(Brush{Size: size, Hardness: hardness, Smoothing: 0.3})
				way := 0.0
				s.Add(spiral(way))
				for b.Loop() {
					for range 3 {
						way += 8
						s.Add(spiral(way))
					}
					s.Flush(func(Key, *Tile, image.Rectangle) {})
					if way > 5000 {
						b.StopTimer()
						way = 0
						s = New(s.brush)
						s.Add(spiral(way))
						b.StartTimer()
					}
				}
			})
		}
	}
}

// BenchmarkFirstDab is the press: a whole disc on empty tiles.
func BenchmarkFirstDab(b *testing.B) {
	for _, size := range []float64{64, 256, 1000} {
		b.Run(fmt.Sprintf("size=%v/hardness=0", size), func(b *testing.B) {
			for b.Loop() {
				s := New(Brush{Size: size})
				s.Add(spiral(0))
			}
		})
	}
}

// spiral is the place after so many pixels of way on a wide curve.
func spiral(way float64) Sample {
	a := way / 700
	r := 700 + way/20
	return Sample{X: 2000 + r*math.Cos(a), Y: 2000 + r*math.Sin(a), Time: way / 1000, Pressure: 1}
}
