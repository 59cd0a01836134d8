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

// TestJoinContinuesWhatIsThere: the new side begins as the old one ends, and a thing that
// touches the border tints no more than its surroundings.
func TestJoinContinuesWhatIsThere(t *testing.T) {
	r := rect(0, 0, 300, 80)
	old, made, composite := image.NewNRGBA(r), image.NewNRGBA(r), image.NewAlpha(r)
	for y := range 80 {
		for x := range 300 {
			p, q := old.Pix[old.PixOffset(x, y):][:4], made.Pix[made.PixOffset(x, y):][:4]
			q[0], q[1], q[2], q[3] = 70, 110, 60, 255 // darker than it was
			if x >= 100 {
				composite.Pix[composite.PixOffset(x, y)] = 255
				continue
			}
			grain := uint8((x*7 + y*13) % 9)
			p[0], p[1], p[2], p[3] = 80+grain, 120+grain, 70+grain, 255
			if y >= 30 && y < 50 { // a red thing
				p[0], p[1] = 220, 30
			}
		}
	}
	out := Join(made, old, composite, composite)
	mean := func(img *image.NRGBA, x, y0, y1, k int) (sum float64) {
		for y := y0; y < y1; y++ {
			sum += float64(img.Pix[img.PixOffset(x, y)+k]) / float64(y1-y0)
		}
		return sum
	}
	for k := range 3 {
		for _, part := range [][3]int{{0, 24, 4}, {36, 44, 12}, {56, 80, 4}} {
			if a, b := mean(old, 99, part[0], part[1], k), mean(out, 100, part[0], part[1], k); math.Abs(a-b) > float64(part[2]) {
				t.Errorf("rows %v, channel %d: the old picture ends with %.1f, the new one begins with %.1f", part, k, a, b)
			}
		}
		if a := mean(out, 299, 0, 80, k); math.Abs(a-float64(made.Pix[k])) > 5 {
			t.Errorf("channel %d: 200 pixels away it is %.1f, want about %d", k, a, made.Pix[k])
		}
	}
	for i, m := range composite.Pix {
		if m == 0 && ([4]uint8)(out.Pix[4*i:]) != ([4]uint8)(made.Pix[4*i:]) {
			t.Fatalf("pixel %d outside the mask changed", i)
		}
	}
}
