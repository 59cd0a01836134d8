package blend

import (
	"fmt"
	"testing"
)

func BenchmarkSpan(b *testing.B) {
	for _, m := range Modes {
		for _, alpha := range []uint8{0, 128, 255} {
			for _, opacity := range []uint8{255, 128} {
				if m != Normal && (alpha != 128 || opacity != 255) {
					continue
				}
				dst, src := make([]uint8, 64*64*4), make([]uint8, 64*64*4)
				for i := range src {
					src[i], dst[i] = alpha, uint8(i|3)
				}
				b.Run(fmt.Sprintf("%v/alpha=%d/opacity=%d", m, alpha, opacity), func(b *testing.B) {
					for b.Loop() {
						Span(dst, src, m, opacity)
					}
					b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/4096, "ns/pixel")
				})
			}
		}
	}
}
