package region

import (
	"image"
	"math/rand/v2"
	"testing"
)

func rect(x, y, w, h int) image.Rectangle { return image.Rect(x, y, x+w, y+h) }

// The limits of Stable Diffusion 1.x, XL and 3.
var (
	sd15  = Limits{512, 768, 512 * 512, 512 * 768}
	sdxl  = Limits{640, 1280, 800 * 800, 1024 * 1024}
	sd3   = Limits{512, 1536, 512 * 512, 1536 * 1536}
	known = []Limits{sd15, sdxl, sd3, Wide}
)

func TestPlanGoldenCase(t *testing.T) {
	canvas := rect(0, 0, 2048, 1536)
	in := Input{Selection: rect(800, 600, 400, 300), Picture: canvas, Bounds: canvas, Strength: 1, FeatherPct: -1}
	for _, v := range []struct {
		limits Limits
		passes []Pass
	}{
		{sdxl, []Pass{{image.Pt(1008, 1008), 1}}},
		{sd15, []Pass{{image.Pt(640, 640), 1}, {image.Pt(1008, 1008), 0.4}}},
	} {
		in.Limits = v.limits
		got, err := Plan(in)
		if err != nil {
			t.Fatal(err)
		}
		if want := (Fade{Feather: 50, Grow: 29, Blend: 25, Pad: 84}); got.Fade != want {
			t.Errorf("fade %+v, want %+v", got.Fade, want)
		}
		if want := rect(712, 510, 576, 480); got.Target != want {
			t.Errorf("target %v, want %v", got.Target, want)
		}
		if want := rect(496, 246, 1008, 1008); got.Context != want {
			t.Errorf("context %v, want %v", got.Context, want)
		}
		if len(got.Passes) != len(v.passes) || got.Passes[0] != v.passes[0] || got.Passes[len(got.Passes)-1] != v.passes[len(v.passes)-1] {
			t.Errorf("%v: passes %v, want %v", v.limits, got.Passes, v.passes)
		}
	}
}

func TestPlanBelowFullStrengthReadsTheMaskAlone(t *testing.T) {
	got, err := Plan(Input{Selection: rect(800, 600, 400, 300), Picture: rect(0, 0, 2048, 1536), Strength: 0.3, FeatherPct: -1})
	if err != nil {
		t.Fatal(err)
	}
	if want := (Fade{Feather: 15, Grow: 11, Blend: 18, Pad: 49}); got.Fade != want {
		t.Errorf("fade %+v, want %+v", got.Fade, want)
	}
	if want := rect(744, 550, 512, 400); got.Target != want || got.Context != want {
		t.Errorf("target %v, context %v, want both %v", got.Target, got.Context, want)
	}
}

func TestFadeSwitches(t *testing.T) {
	if got := FadeFor(image.Pt(400, 300), 1, 0, false); got != (Fade{}) {
		t.Errorf("feather 0%%: %+v, want all off", got)
	}
	if got := FadeFor(image.Pt(400, 300), 1, -1, true); got.Feather != 5 {
		t.Errorf("background: feather %d, want 1%% of 500 = 5", got.Feather)
	}
}

// randomInput draws an input of any method.
func randomInput(rng *rand.Rand) Input {
	methods := []Method{Auto, OnlyMasked, WholePicture, ContentAware}
	pic := rect(rng.IntN(4000)-2000, rng.IntN(4000)-2000, 64+rng.IntN(3000), 64+rng.IntN(3000))
	in := Input{
		Method: methods[rng.IntN(4)], Picture: pic, Strength: float64(rng.IntN(11)) / 10, FeatherPct: -1, Padding: -1, Blur: -1,
		Limits: known[rng.IntN(4)],
	}
	in.Selection = rect(pic.Min.X+rng.IntN(pic.Dx()), pic.Min.Y+rng.IntN(pic.Dy()), 1+rng.IntN(800), 1+rng.IntN(800))
	if rng.IntN(2) == 0 {
		in.Bounds = pic
		in.Selection = in.Selection.Intersect(pic)
	}
	if rng.IntN(2) == 0 {
		in.Work = image.Pt(512+64*rng.IntN(8), 512+64*rng.IntN(8))
	}
	return in
}

func TestPlanNestsAndCommutesWithTranslation(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 3000 {
		in := randomInput(rng)
		got, err := Plan(in)
		if err != nil {
			t.Fatal(err)
		}
		if !in.Selection.In(got.Target) || !got.Target.In(got.Context) {
			t.Fatalf("%+v: selection ⊆ target ⊆ context does not hold: %+v", in, got)
		}
		if !in.Bounds.Empty() && !got.Context.In(in.Bounds) {
			t.Fatalf("%+v: context %v leaves the bounds", in, got.Context)
		}
		d := image.Pt(rng.IntN(20001)-10000, rng.IntN(20001)-10000)
		moved := in
		moved.Selection, moved.Picture = in.Selection.Add(d), in.Picture.Add(d)
		if !in.Bounds.Empty() {
			moved.Bounds = in.Bounds.Add(d)
		}
		there, err := Plan(moved)
		if err != nil {
			t.Fatal(err)
		}
		if there.Target != got.Target.Add(d) || there.Context != got.Context.Add(d) || there.Fade != got.Fade {
			t.Fatalf("%+v: moved by %v the plan differs: %+v and %+v", in, d, got, there)
		}
	}
}

func TestPlanRefusesAnEmptySelection(t *testing.T) {
	if _, err := Plan(Input{}); err == nil {
		t.Error("no error for an empty selection")
	}
	if _, err := Plan(Input{Selection: rect(0, 0, 1, 1), Method: "other"}); err == nil {
		t.Error("no error for an unknown method")
	}
}

func TestOnlyMaskedTakesTheShapeOfTheWork(t *testing.T) {
	got, err := Plan(Input{Method: OnlyMasked, Selection: rect(500, 500, 200, 60), Picture: rect(0, 0, 1000, 1000), Bounds: rect(0, 0, 1000, 1000),
		Padding: -1, Blur: 4, Work: image.Pt(512, 512)})
	if err != nil {
		t.Fatal(err)
	}
	// 200 + 2·(10 blur reach + 32) = 284 wide, grown to a square.
	if got.Context.Size() != image.Pt(284, 284) {
		t.Errorf("context %v, want 284×284", got.Context)
	}
}

func TestPassesAreMultiplesWithinTheCap(t *testing.T) {
	for _, l := range append(known, Around(768)) {
		for w := 64; w <= 6000; w += 296 {
			for h := 64; h <= 6000; h += 328 {
				passes := l.Passes(image.Pt(w, h), 1)
				last := passes[len(passes)-1]
				for _, p := range passes {
					if p.Size.X%16 != 0 || p.Size.Y%16 != 0 || p.Size.X*p.Size.Y > maxPixels || p.Size.X == 0 || p.Size.Y == 0 {
						t.Fatalf("%v %d×%d: pass %v", l, w, h, p)
					}
				}
				if len(passes) == 2 && (last.Strength != 0.4 || passes[0].Size.X*passes[0].Size.Y >= last.Size.X*last.Size.Y) {
					t.Fatalf("%v %d×%d: passes %v, want a smaller draft and then s 0.4", l, w, h, passes)
				}
			}
		}
	}
	if got := Around(1000); got.MinSide != 800 || got.MaxSide != 1200 {
		t.Errorf("preferred 1000: sides %d…%d, want 800…1200", got.MinSide, got.MaxSide)
	}
	small := sdxl.Passes(image.Pt(512, 400), 1)
	if len(small) != 1 || small[0].Size.X*small[0].Size.Y < 800*800 {
		t.Errorf("512×400 for SDXL: %v, want one pass enlarged to 800²", small)
	}
}

func TestStripsCoverTheGrowthOnce(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	for range 400 {
		old := rect(rng.IntN(400)-200, rng.IntN(400)-200, 1+rng.IntN(2000), 1+rng.IntN(2000))
		grown := image.Rect(old.Min.X-64*rng.IntN(12), old.Min.Y-64*rng.IntN(12), old.Max.X+64*rng.IntN(12), old.Max.Y+64*rng.IntN(12))
		side := []int{0, 512, 1024}[rng.IntN(3)]
		area, have := 0, old
		strips := Strips(old, grown, side)
		for i, s := range strips {
			if s.Target.Overlaps(old) || !s.Target.In(grown) || !s.Target.In(s.Context) || s.Target == s.Context {
				t.Fatalf("strip %+v of %v → %v", s, old, grown)
			}
			if !s.Context.Overlaps(have) {
				t.Fatalf("strip %+v sees nothing of what is there, %v", s, have)
			}
			if side > 0 && (min(s.Target.Dx(), s.Target.Dy()) > side || max(s.Target.Dx(), s.Target.Dy()) > 2*side) {
				t.Fatalf("strip %v is deeper than %d, or longer than twice that", s.Target, side)
			}
			if wide, deep := have.Dx(), s.Target.Dx(); side > 0 {
				if s.Target.Min.X >= have.Min.X && s.Target.Max.X <= have.Max.X {
					wide, deep = have.Dy(), s.Target.Dy()
				}
				if deep > Step(wide, side) {
					t.Fatalf("strip %v is deeper than the %d pixels of the picture %v beside it", s.Target, wide, have)
				}
			}
			if side == 0 && s.Target.Dx()*s.Target.Dy() > have.Dx()*have.Dy() {
				t.Fatalf("strip %v is larger than the picture %v it copies from", s.Target, have)
			}
			area += s.Target.Dx() * s.Target.Dy()
			if i+1 == len(strips) || !strips[i+1].Target.Overlaps(s.Target) {
				have = have.Union(s.Target)
			}
		}
		if want := grown.Dx()*grown.Dy() - old.Dx()*old.Dy(); area < want || side == 0 && area != want {
			t.Fatalf("strips of %v → %v cover %d pixels, want %d", old, grown, area, want)
		}
	}
}

func TestLongStripsOverlapByAQuarter(t *testing.T) {
	strips := Strips(rect(0, 0, 800, 3000), rect(0, 0, 1056, 3000), 1024)
	if len(strips) != 2 {
		t.Fatalf("%d tiles along 3000 px at side 1024, want 2", len(strips))
	}
	for i, s := range strips[1:] {
		if over := strips[i].Target.Max.Y - s.Target.Min.Y; over < 512 {
			t.Errorf("tiles %d and %d overlap by %d, want at least 512", i, i+1, over)
		}
		if s.Context.Min.X != 800-128 {
			t.Errorf("context %v, want 128 px of the picture", s.Context)
		}
	}
}

func TestBitesLieOnOldPixelsNearTheSeam(t *testing.T) {
	at := rect(100, 0, 328, 200)
	img, strip := image.NewNRGBA(at), image.NewAlpha(at)
	for i := range strip.Pix {
		switch x := i % at.Dx(); {
		case x >= 200:
			strip.Pix[i] = 255
		case i/at.Dx() < 150: // below that the old picture is blank
			img.Pix[4*i+3] = 255
		}
	}
	a := Bite(img, strip, 20, 7)
	img.Rect, strip.Rect = at.Add(image.Pt(-1000, 313)), at.Add(image.Pt(-1000, 313))
	if string(a.Pix) != string(Bite(img, strip, 20, 7).Pix) {
		t.Error("the same strip elsewhere has other discs")
	}
	if string(a.Pix) == string(Bite(img, strip, 20, 8).Pix) {
		t.Error("another seed has the same discs")
	}
	bitten := 0
	for i, m := range a.Pix {
		x, y := i%at.Dx(), i/at.Dx()
		switch {
		case x >= 200 && m != 255:
			t.Fatalf("(%d, %d) of the strip is not masked", x, y)
		case (x < 180 || x < 200 && y >= 150) && m != 0:
			t.Fatalf("(%d, %d) is masked, blank or farther than 20 px from the seam", x, y)
		case x < 200 && m != 0:
			bitten++
		}
	}
	if bitten < 150*5 {
		t.Errorf("only %d pixels bitten", bitten)
	}
}

func TestFrameRule(t *testing.T) {
	alphas := []uint8{0, 255, 128}
	for _, brush := range []uint8{0, 255} {
		for _, v := range []struct {
			a, b uint8 // alpha of the two halves
		}{{0, 0}, {255, 255}, {0, 255}, {alphas[2], 255}} {
			img, mask := image.NewNRGBA(rect(-3, 5, 6, 2)), image.NewAlpha(rect(-3, 5, 6, 2))
			for y := range 2 {
				for x := range 6 {
					img.Pix[y*img.Stride+4*x+3] = v.a
					if x >= 3 {
						img.Pix[y*img.Stride+4*x+3] = v.b
					}
				}
			}
			mask.Pix[4] = brush
			got, paint := Rule(img, mask)
			want := Mixed
			if v.a == 0 && v.b == 0 {
				want = Blank
			} else if v.a == 255 && v.b == 255 && brush == 0 {
				want = Full
			}
			if got != want {
				t.Errorf("alpha %d|%d, brush %d: %s, want %s", v.a, v.b, brush, got, want)
			}
			if paint.Pix[0] != 255-v.a || paint.Pix[4] != max(brush, 255-v.b) {
				t.Errorf("alpha %d|%d, brush %d: mask %v", v.a, v.b, brush, paint.Pix[:6])
			}
		}
	}
}
