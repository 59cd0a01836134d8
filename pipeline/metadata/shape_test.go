package metadata

import (
	"bytes"
	"compress/flate"
	"io"
	"slices"
	"testing"
)

// An area of ComfyUI begins and ends in a ramp of eight latent cells, of small areas a quarter of them, where the
// picture goes on; at the picture's own edges it counts whole.
func TestAreasOfComfyBeginInARamp(t *testing.T) {
	row := func(packed []byte, y int) []byte {
		all, err := io.ReadAll(flate.NewReader(bytes.NewReader(packed[2:])))
		if err != nil || len(all) != int(packed[0])*int(packed[1]) {
			t.Fatalf("%v: %d values for %v", err, len(all), packed[:2])
		}
		return all[y*int(packed[0]):][:packed[0]]
	}
	steps := []byte{34, 68, 102, 136, 153, 187, 221, 255} // of 1/8 each, as a shape keeps them
	right := ramped([4]float64{0.5, 0, 0.5, 1}, 512, 512)
	if got := row(right, 20); len(got) != 32 || !slices.Equal(got[:8], steps) || got[31] != 255 {
		t.Errorf("the right half counts %v", got)
	}
	small := ramped([4]float64{0.25, 0.25, 0.125, 0.5}, 512, 512)
	if got := row(small, 16); len(got) != 8 || got[0] != 136 || got[1] != 255 || got[7] != 136 {
		t.Errorf("an area of eight cells counts %v", got)
	}
	if ramped([4]float64{0, 0, 1, 1}, 512, 512) != nil || ramped([4]float64{0, 0, 0.001, 1}, 512, 512) != nil {
		t.Error("the whole picture, or less than a cell, has a shape")
	}
	tall := ramped([4]float64{0, 0, 1, 0.5}, 512, 4096)
	if got := row(tall, 63); tall[1] != ShapeSide || got[0] != 136 {
		t.Errorf("of a tall area %v rows are kept, the last of %v", tall[1], got[:3])
	}
}
