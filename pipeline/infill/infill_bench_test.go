package infill

import (
	"image/png"
	"os"
	"testing"
)

// BenchmarkFillTable is the figure of the table: 1024×768, round hole of 12 %.
func BenchmarkFillTable(b *testing.B) {
	for _, v := range []struct {
		name string
		step func(col, row int) int
	}{{"regular", regular}, {"random", random}} {
		b.Run(v.name, func(b *testing.B) {
			truth := wall(768, v.step).draw(1024, 768, 1)
			mask := disc(1024, 768, 0.12)
			for b.Loop() {
				got, err := Fill(b.Context(), truth, mask, Options{}, nil)
				if err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(psnr(got, truth, mask), "dB")
				if os.Getenv("DUMP") != "" {
					f, _ := os.Create("/tmp/wall_" + v.name + ".png")
					png.Encode(f, got)
					f.Close()
				}
			}
		})
	}
}
