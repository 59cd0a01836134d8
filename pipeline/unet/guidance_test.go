package unet_test

import (
	"math"
	"testing"

	"pentimento/pipeline/unet"
)

// TestGuidanceIsAsDistilledNetworksReadIt: values of diffusers' formula for scale 8.5 and 256
// numbers, worked out in double precision; float32 arguments of up to 7500 cost 5e-4.
func TestGuidanceIsAsDistilledNetworksReadIt(t *testing.T) {
	g := unet.Guidance(8.5, 2, 256)
	if g.Shape[0] != 2 || g.Shape[1] != 256 {
		t.Fatalf("shape %v, want [2 256]", g.Shape)
	}
	for j := range 128 {
		a := 7500 * math.Exp(-math.Log(10000)*float64(j)/127)
		for row := range 2 {
			if s, c := float64(g.Data[row*256+j]), float64(g.Data[row*256+128+j]); math.Abs(s-math.Sin(a)) > 2e-3 || math.Abs(c-math.Cos(a)) > 2e-3 {
				t.Errorf("number %d: %v and %v, want %v and %v", j, s, c, math.Sin(a), math.Cos(a))
			}
		}
	}
	if g := unet.Guidance(1, 1, 5); g.Data[0] != 0 || g.Data[2] != 1 || g.Data[4] != 0 {
		t.Errorf("at scale 1 and an odd width: %v", g.Data)
	}
}
