//go:build cgo

package segment

import (
	"image/color"
	"math"
	"testing"

	"pentimento/pipeline/model"
	"pentimento/pipeline/ort"
	"pentimento/pipeline/pipelinetest"
)

// TestRealNetworksAgreeWithArithmetic: those of every layout, evaluated by the runtime, give what they are made to give.
func TestRealNetworksAgreeWithArithmetic(t *testing.T) {
	rt := ort.New(ort.Config{Device: "cpu"})
	img := flat(64, 64, color.NRGBA{120, 90, 60, 255})
	for _, layout := range layouts {
		p, err := Open(pipelinetest.WriteSAM(t, t.TempDir(), layout)...)
		if err != nil {
			t.Fatal(layout, err)
		}
		n, err := p.Load(t.Context(), rt, model.Options{})
		if err != nil {
			t.Fatal(layout, err)
		}
		embed := 0.0
		for c, v := range []float64{120, 90, 60} {
			if n.raw {
				embed += v / 255 / 3
			} else {
				embed += (v - float64(mean[c])) / float64(deviation[c]) / 3
			}
		}
		if n.stretch { // e + |e| − e
			embed = math.Abs(embed)
		}
		clicks := [][]Point{{{10, 20, Out}}, {{4, 6, In}, {8, 2, Out}}}
		logit, first := embed+0.5+1, embed+0.3 // a hundredth of the coordinates, and the labels
		if !n.raw {
			logit, first = logit-1, first-1 // and the point that says nothing
		} else {
			clicks, logit = [][]Point{{{1, 2, Out}}, {{1, 1, Out}, {1, 1, Out}}}, embed+0.07
		}
		if n.Pair.dec.mask != "" {
			logit += first
		}
		got, err := n.Find(t.Context(), img, clicks, quiet)
		if err != nil {
			t.Fatal(layout, err)
		}
		want := 255 * min(max(logit+0.5, 0), 1)
		if v := float64(got[0].Cover.Pix[1000]); len(got) != 1 || math.Abs(v-want) > 0.6 || n.Pair.dec.mask == "" && (v == 0 || v == 255) {
			t.Errorf("%s: %d masks, covered %g, want %g (a logit of %g)", layout, len(got), v, want, logit)
		}
		if n.Pair.dec.mask != "" {
			if v := float64(n.last.prior.Data[300]); math.Abs(v-logit) > 1e-5 {
				t.Errorf("%s: the logit is %g, want %g", layout, v, logit)
			}
		}
		if err := n.Close(); err != nil {
			t.Error(err)
		}
	}
}
