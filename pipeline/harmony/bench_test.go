package harmony

import (
	"image"
	"testing"
)

// BenchmarkScene is a layer of 4 megapixels over a picture of 12: measured, its first look, its next ones.
func BenchmarkScene(b *testing.B) {
	below, layer := scenery(image.Rect(0, 0, 4000, 3000), blue, 30, 1), disc(scenery(image.Rect(600, 400, 2600, 2400), rust, 30, 2))
	b.Run("measure", func(b *testing.B) {
		for b.Loop() {
			New(layer, below, nil)
		}
	})
	s := New(layer, below, nil)
	b.Run("seam", func(b *testing.B) {
		for b.Loop() {
			_, _ = s.newSeam(b.Context())
		}
	})
	_, _ = s.Layer(b.Context(), Default, image.Rectangle{})
	b.Run("layer", func(b *testing.B) {
		for b.Loop() {
			_, _ = s.Layer(b.Context(), Default, image.Rectangle{})
		}
	})
	b.Run("shadow", func(b *testing.B) {
		for b.Loop() {
			s.Shadow(Default)
		}
	})
}
