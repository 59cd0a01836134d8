package infill

import (
	"bytes"
	"context"
	"errors"
	"image"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"time"
)

var modes = []Mode{Content, Edge, Neutral, Noise}

// spotted is a textured picture with blank, half-transparent and opaque parts.
func spotted(r image.Rectangle, seed uint64) *image.NRGBA {
	img := scene{"", grey(stripes(11, 0.7)), flat(9)}.draw(r.Dx(), r.Dy(), seed)
	img.Rect = r
	for i := range r.Dx() * r.Dy() {
		switch x := i % r.Dx(); {
		case x < r.Dx()/5:
			img.Pix[4*i+3] = 0
		case x < r.Dx()/4:
			img.Pix[4*i+3] = 120
		}
	}
	return img
}

// blob is a random round mask.
func blob(r image.Rectangle, rng *rand.Rand) *image.Alpha {
	m := image.NewAlpha(r)
	cx, cy, rad := rng.IntN(r.Dx()), rng.IntN(r.Dy()), 1+rng.IntN(max(1, min(r.Dx(), r.Dy())/4))
	for i := range m.Pix {
		if dx, dy := i%r.Dx()-cx, i/r.Dx()-cy; dx*dx+dy*dy < rad*rad {
			m.Pix[i] = uint8(1 + rng.IntN(255))
		}
	}
	return m
}

func fill(t *testing.T, img *image.NRGBA, mask *image.Alpha, opt Options) *image.NRGBA {
	t.Helper()
	out, err := Fill(t.Context(), img, mask, opt, nil)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestFillTouchesOnlyTheHole(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for i := range 40 {
		img := spotted(image.Rect(-31, 12, 50, 80), uint64(i))
		mask := blob(img.Rect, rng)
		before := bytes.Clone(img.Pix)
		got := fill(t, img, mask, Options{Mode: modes[i%4], Seed: int64(i)})
		if got.Rect != img.Rect || !bytes.Equal(before, img.Pix) {
			t.Fatal("bounds or input changed")
		}
		for k, m := range mask.Pix {
			if m == 0 && !bytes.Equal(got.Pix[4*k:4*k+4], before[4*k:4*k+4]) {
				t.Fatalf("%s: pixel %d outside the mask changed", modes[i%4], k)
			}
			if m != 0 && got.Pix[4*k+3] == 0 {
				t.Fatalf("%s: pixel %d in the mask is blank", modes[i%4], k)
			}
		}
	}
}

func TestFillCommutesWithTranslation(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 1))
	img := spotted(image.Rect(0, 0, 90, 70), 3)
	mask := blob(img.Rect, rng)
	// The same pixels elsewhere, inside larger buffers.
	d := image.Pt(-1000, 77)
	big, bigMask := image.NewNRGBA(img.Rect.Inset(-5).Add(d)), image.NewAlpha(img.Rect.Inset(-9).Add(d))
	for y := range 70 {
		copy(big.Pix[big.PixOffset(d.X, d.Y+y):], img.Pix[y*img.Stride:][:4*90])
		copy(bigMask.Pix[bigMask.PixOffset(d.X, d.Y+y):], mask.Pix[y*mask.Stride:][:90])
	}
	moved, movedMask := big.SubImage(img.Rect.Add(d)).(*image.NRGBA), bigMask.SubImage(img.Rect.Add(d)).(*image.Alpha)
	for _, m := range modes {
		a, b := fill(t, img, mask, Options{Mode: m, Seed: 5}), fill(t, moved, movedMask, Options{Mode: m, Seed: 5})
		if b.Rect != moved.Rect || !bytes.Equal(a.Pix, b.Pix) {
			t.Errorf("%s: the same picture elsewhere is filled otherwise", m)
		}
	}
}

func TestFillIsTheSameOnAnyNumberOfCores(t *testing.T) {
	w, h := 144, 108 // takes every path
	if testing.Short() {
		w, h = 96, 72
	}
	img, mask := scene{"", grey(facade(tiles(14))), flat(4)}.draw(w, h, 1), disc(w, h, 0.1)
	run := func(procs int) []uint8 {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
		return fill(t, img, mask, Options{Seed: 3}).Pix
	}
	one := run(1)
	for _, n := range []int{3} {
		if !bytes.Equal(one, run(n)) {
			t.Errorf("%d cores give another picture than one", n)
		}
	}
}

func TestAnotherSeedGivesAnotherCandidate(t *testing.T) {
	img, mask := scene{"", grey(facade(tiles(14))), flat(4)}.draw(72, 54, 1), disc(72, 54, 0.1)
	if bytes.Equal(fill(t, img, mask, Options{Seed: 3}).Pix, fill(t, img, mask, Options{Seed: 4}).Pix) {
		t.Error("another seed gives the same candidate")
	}
}

func TestHiddenColoursNeverLeak(t *testing.T) {
	a := spotted(image.Rect(0, 0, 90, 70), 3)
	b := clone(a)
	for i := 0; i < len(b.Pix); i += 4 {
		if b.Pix[i+3] == 0 {
			b.Pix[i], b.Pix[i+1], b.Pix[i+2] = 255, 0, 255
		}
	}
	mask := image.NewAlpha(a.Rect)
	for y := 20; y < 50; y++ {
		for x := 8; x < 40; x++ { // across blank, half-transparent and opaque
			mask.Pix[y*90+x] = 255
		}
	}
	for _, m := range modes {
		p, q := fill(t, a, mask, Options{Mode: m}), fill(t, b, mask, Options{Mode: m})
		for i, v := range mask.Pix {
			if v != 0 && !bytes.Equal(p.Pix[4*i:4*i+4], q.Pix[4*i:4*i+4]) {
				t.Fatalf("%s: a hidden colour changed pixel %d", m, i)
			}
		}
	}
}

// Any picture and any mask are filled or refused with advice, never worse.
func TestFillTakesAnySize(t *testing.T) {
	rng := rand.New(rand.NewPCG(6, 1))
	for i := range 300 {
		r := image.Rect(0, 0, 1+rng.IntN(40), 1+rng.IntN(40))
		img := spotted(r, uint64(i))
		mask := image.NewAlpha(r)
		for k := range mask.Pix {
			switch i % 3 {
			case 0: // dense dots
				mask.Pix[k] = uint8(rng.IntN(3)/2) * 255
			case 1: // hatching
				mask.Pix[k] = uint8(min(1, k%r.Dx()%7/6)) * 255
			}
		}
		if i%3 == 2 {
			mask = blob(r, rng)
		}
		_, err := Fill(t.Context(), img, mask, Options{Mode: modes[rng.IntN(2)], Seed: int64(i)}, nil)
		var refusal *Error
		if err != nil && (!errors.As(err, &refusal) || refusal.Hint() == "") {
			t.Fatalf("%v: %v", r, err)
		}
	}
}

func TestFillRefuses(t *testing.T) {
	img := spotted(image.Rect(0, 0, 60, 60), 1)
	all, most := image.NewAlpha(img.Rect), image.NewAlpha(img.Rect)
	for i := range all.Pix {
		all.Pix[i] = 255
		if i > 600 {
			most.Pix[i] = 255
		}
	}
	for _, v := range []struct {
		mask *image.Alpha
		mode Mode
		want Reason
	}{
		{image.NewAlpha(img.Rect), Content, EmptyMask},
		{all, Content, NoSource},
		{all, Edge, NoSource},
		{most, Content, SourceSmall},
		{image.NewAlpha(image.Rect(0, 0, 60, 59)), Content, SizeMismatch},
		{nil, Content, SizeMismatch},
		{most, "magic", UnknownMode},
	} {
		_, err := Fill(t.Context(), img, v.mask, Options{Mode: v.mode}, nil)
		var got *Error
		if !errors.As(err, &got) || got.Reason != v.want || got.Hint() == "" {
			t.Errorf("%s: error %v, want %q with a hint", v.mode, err, v.want)
		}
	}
}

func TestCancelIsQuick(t *testing.T) {
	h := 768
	if testing.Short() { // the race detector makes a whole fill take minutes
		h = 192
	}
	img, mask := wall(float64(h), regular).draw(h*4/3, h, 1), disc(h*4/3, h, 0.3)
	began := time.Now()
	if _, err := Fill(t.Context(), img, mask, Options{}, nil); err != nil {
		t.Fatal(err)
	}
	whole := time.Since(began)
	// The promise is 100 ms, which BenchmarkCancel measures; what holds under any load is
	// that little of the fill goes on. One of three tries may meet a busy machine.
	for _, part := range []time.Duration{0, whole / 20, whole / 4} {
		var late []time.Duration
		for range 3 {
			ctx, cancel := context.WithCancel(t.Context())
			var at time.Time
			time.AfterFunc(part, func() { at = time.Now(); cancel() })
			if _, err := Fill(ctx, img, mask, Options{}, nil); !errors.Is(err, context.Canceled) {
				t.Fatalf("after %v: error %v, want %v", part, err, context.Canceled)
			}
			late = append(late, time.Since(at))
		}
		if slices.Sort(late); late[1] > whole/5 {
			t.Errorf("cancelled after %v, returned %v later; a whole fill takes %v", part, late, whole)
		}
	}
}

func TestProgressRisesToOne(t *testing.T) {
	img := wall(120, regular).draw(160, 120, 1)
	last, calls := -1.0, 0
	_, err := Fill(t.Context(), img, disc(160, 120, 0.1), Options{}, func(stage string, f float64) {
		if f < last || f > 1 || stage == "" {
			t.Errorf("%q: %v after %v", stage, f, last)
		}
		last = f
		calls++
	})
	if err != nil || last != 1 || calls < 4 {
		t.Errorf("error %v, last %v, %d calls", err, last, calls)
	}
}
