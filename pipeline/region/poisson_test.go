package region

import (
	"image"
	"math"
	"testing"
)

// TestPoissonTakesOnTheColoursAtTheBorder: a result whose colours are off by a constant,
// or by an even slope, is the old picture's after the solve, and outside the mask nothing
// changes.
func TestPoissonTakesOnTheColoursAtTheBorder(t *testing.T) {
	r := rect(-30, 20, 200, 150)
	want, drifted, mask := image.NewNRGBA(r), image.NewNRGBA(r), image.NewAlpha(r)
	for i := range mask.Pix {
		x, y := i%200, i/200
		for k := range 3 {
			v := 90 + 20*math.Sin(float64(x+k*9)/11)*math.Cos(float64(y)/13)
			want.Pix[4*i+k] = uint8(v)
			drifted.Pix[4*i+k] = uint8(v + 12 + 0.1*float64(x) - 0.05*float64(y))
		}
		want.Pix[4*i+3], drifted.Pix[4*i+3] = 255, 255
		if math.Hypot(float64(x-100), float64(y-75)) < 50 {
			mask.Pix[i] = 200
		}
	}
	got := Poisson(drifted, want, mask)
	for i, m := range mask.Pix {
		for k := range 4 {
			d := int(got.Pix[4*i+k]) - int(want.Pix[4*i+k])
			if m > 0 && (d > 3 || d < -3) {
				t.Fatalf("pixel %d,%d is off by %d", i%200, i/200, d)
			}
			if m == 0 && got.Pix[4*i+k] != drifted.Pix[4*i+k] {
				t.Fatalf("pixel %d,%d outside the mask changed", i%200, i/200)
			}
		}
	}
	// a border on blank canvas does not pull: with nothing to hold on to, nothing changes
	blank := image.NewNRGBA(r)
	if Poisson(drifted, blank, mask) != drifted {
		t.Error("blank canvas pulled at the result")
	}
}

func TestMatchColorIsNotMovedByLostDetail(t *testing.T) {
	r := rect(0, 0, 160, 160)
	sharp, soft := image.NewNRGBA(r), image.NewNRGBA(r)
	for i := range 160 * 160 {
		x, y := i%160, i/160
		base := 60 + float64(x)/2
		grain := 30.0
		if (x+y)%2 == 0 {
			grain = -30
		}
		for k := range 3 {
			sharp.Pix[4*i+k] = uint8(base + grain)
			soft.Pix[4*i+k] = encode((linear[uint8(base-30)] + linear[uint8(base+30)]) / 2)
		}
		sharp.Pix[4*i+3], soft.Pix[4*i+3] = 255, 255
	}
	got, err := MatchColor(soft, sharp, image.NewAlpha(r))
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range got.Pix {
		if d := int(v) - int(soft.Pix[i]); d > 1 || d < -1 {
			t.Fatalf("value %d moved by %d although only detail was lost", i, d)
		}
	}
}
