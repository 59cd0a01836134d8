package stroke

import (
	"fmt"
	"image"
	"math"
	"math/rand/v2"
	"testing"
)

// gathered is everything a stroke covers, by pixel.
func gathered(s *Stroke) map[image.Point]uint16 {
	out := map[image.Point]uint16{}
	for k, t := range s.tiles {
		for i, c := range t.Cov {
			if c != 0 {
				out[image.Pt(int(k.X)*TileSize+i%TileSize, int(k.Y)*TileSize+i/TileSize)] = c
			}
		}
	}
	return out
}

// wander is a random drag: curves, corners, pauses, repeated points.
func wander(rng *rand.Rand, n int) []Sample {
	at := Sample{X: rng.Float64()*200 - 100, Y: rng.Float64()*200 - 100, Pressure: rng.Float64()}
	out := []Sample{at}
	for len(out) < n {
		reach := []float64{0, 0.3, 5, 40}[rng.IntN(4)]
		at.X += (rng.Float64()*2 - 1) * reach
		at.Y += (rng.Float64()*2 - 1) * reach
		at.Time += 0.008 * rng.Float64()
		at.Pressure = clamp(at.Pressure+(rng.Float64()-0.5)*0.3, 0, 1)
		out = append(out, at)
	}
	return out
}

func run(b Brush, samples []Sample) *Stroke {
	s := New(b)
	for _, p := range samples {
		s.Add(p)
	}
	s.End()
	return s
}

func brushes(rng *rand.Rand) Brush {
	return Brush{
		Size: math.Exp(rng.Float64() * math.Log(90)), Hardness: []float64{0, 0.5, 0.8, 1}[rng.IntN(4)],
		Smoothing: rng.Float64(), PressureSize: rng.IntN(3) == 0, PressureOpacity: rng.IntN(3) == 0,
	}
}

func TestTranslationByWholePixelsIsExact(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range 60 {
		b, samples := brushes(rng), wander(rng, 12)
		want := gathered(run(b, samples))
		shift := image.Pt(rng.IntN(4000)-2000, rng.IntN(4000)-2000)
		if i%5 == 0 {
			shift = image.Pt(-(1 << 23), 1<<23)
		}
		for j := range samples { // 1/256 pixel: the shift itself must not round
			samples[j].X = math.Round(samples[j].X*256)/256 + float64(shift.X)
			samples[j].Y = math.Round(samples[j].Y*256)/256 + float64(shift.Y)
		}
		got := gathered(run(b, samples))
		if len(got) != len(want) {
			t.Fatalf("stroke %d %+v shifted by %v covers %d pixels, unshifted %d", i, b, shift, len(got), len(want))
		}
		for p, c := range want {
			if got[p.Add(shift)] != c {
				t.Fatalf("stroke %d %+v shifted by %v: pixel %v has %d, unshifted %d", i, b, shift, p, got[p.Add(shift)], c)
			}
		}
	}
}

// TestCoverageIsTheDistanceToThePath compares with the definition: every pixel has the
// profile's value at its distance from the nearest piece of the path.
func TestCoverageIsTheDistanceToThePath(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for i := range 40 {
		b, samples := brushes(rng), wander(rng, 8)
		b.PressureSize, b.PressureOpacity = false, false
		s := New(b)
		var dabs []Dab
		var p path
		for _, q := range samples {
			s.Add(q)
			n, _ := s.node(q)
			dabs = append(dabs, p.add(n, q.Time, s.brush.Smoothing)...)
		}
		s.End()
		dabs = append(dabs, p.end()...)
		got := gathered(s)
		r := reachOf(dabs, b.Size)
		for y := r.Min.Y; y < r.Max.Y; y++ {
			for x := r.Min.X; x < r.Max.X; x++ {
				want := profileAt(s.fall, b.Size/2, distance(dabs, float64(x)+0.5, float64(y)+0.5))
				have := float64(got[image.Pt(x, y).Add(s.origin)])
				if math.Abs(have-want) > 0.001*Full {
					t.Fatalf("stroke %d %+v: pixel %d,%d has %v, want %v", i, b, x, y, have, want)
				}
				delete(got, image.Pt(x, y).Add(s.origin))
			}
		}
		if len(got) != 0 {
			t.Fatalf("stroke %d covers %d pixels out of its reach", i, len(got))
		}
	}
}

func reachOf(dabs []Dab, size float64) image.Rectangle {
	var r image.Rectangle
	for _, d := range dabs {
		for _, c := range [][2]float64{{d.ax, d.ay}, {d.bx, d.by}} {
			r = r.Union(image.Rect(int(c[0]-size/2)-3, int(c[1]-size/2)-3, int(c[0]+size/2)+3, int(c[1]+size/2)+3))
		}
	}
	return r
}

func distance(dabs []Dab, x, y float64) float64 {
	best := math.Inf(1)
	for _, d := range dabs {
		dx, dy := d.bx-d.ax, d.by-d.ay
		t := 0.0
		if l := dx*dx + dy*dy; l > 0 {
			t = min(max(((x-d.ax)*dx+(y-d.ay)*dy)/l, 0), 1)
		}
		best = min(best, math.Hypot(x-d.ax-t*dx, y-d.ay-t*dy))
	}
	return best
}

// profileAt is the profile by its formula, without the table.
func profileAt(f *falloff, radius, dist float64) float64 {
	inner, outer := f.edges(radius)
	u := min(max((dist-inner)/(outer-inner), 0), 1)
	k := min(max((outer-inner-1)/3, 0), 1)
	return Full * (1 - (u*(1-k) + k*u*u*(3-2*u)))
}

func TestCurvePassesThroughTheSamplesWithoutSmoothing(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for range 20 {
		samples := wander(rng, 20)
		got := gathered(run(Brush{Size: 9, Hardness: 1}, samples))
		for _, p := range samples {
			if c := got[image.Pt(int(math.Floor(p.X)), int(math.Floor(p.Y)))]; c != Full {
				t.Fatalf("the pixel under the sample %v has coverage %d, want %d", p, c, Full)
			}
		}
	}
}

func TestSmoothedStrokeEndsWhereThePointerIs(t *testing.T) {
	for _, smoothing := range []float64{0, 0.3, 1} {
		s := New(Brush{Size: 8, Hardness: 1, Smoothing: smoothing})
		for i := range 30 {
			s.Add(Sample{X: float64(10 * i), Y: 3, Time: float64(i) / 100, Pressure: 1})
		}
		s.End()
		got := gathered(s)
		if got[image.Pt(290, 3)] != Full || got[image.Pt(0, 3)] != Full || got[image.Pt(150, 3)] != Full {
			t.Errorf("smoothing %v: a straight stroke from 0 to 290 does not cover both ends and the middle", smoothing)
		}
		if got[image.Pt(296, 3)] != 0 || got[image.Pt(150, 9)] != 0 {
			t.Errorf("smoothing %v: a straight stroke reaches beyond its ends or sides", smoothing)
		}
	}
}

func TestSmoothingSteadiesAJitteringHand(t *testing.T) {
	width := func(smoothing float64) int {
		rng := rand.New(rand.NewPCG(7, 8))
		s := New(Brush{Size: 3, Hardness: 1, Smoothing: smoothing})
		for i := range 200 {
			s.Add(Sample{X: float64(i), Y: rng.Float64() * 6, Time: float64(i) / 120, Pressure: 1})
		}
		var r image.Rectangle
		for p := range gathered(s) {
			if p.X > 50 && p.X < 150 {
				r = r.Union(image.Rect(p.X, p.Y, p.X+1, p.Y+1))
			}
		}
		return r.Dy()
	}
	raw, smooth := width(0), width(0.8)
	if smooth > raw*2/3 {
		t.Errorf("6 px of jitter spread over %d px, smoothed over %d, want at most two thirds", raw, smooth)
	}
}

func TestFarAndBrokenSamplesAreIgnored(t *testing.T) {
	for _, v := range []float64{Limit + 1, -Limit - 1, 1e300, math.Inf(1), math.NaN()} {
		s := New(Brush{Size: 10, Hardness: 1})
		s.Add(Sample{X: v, Y: 0, Pressure: 1})
		s.Add(Sample{X: 5, Y: 5, Pressure: 1})
		s.Add(Sample{X: 0, Y: v, Pressure: 1})
		s.Line(Sample{X: v, Y: v, Pressure: 1})
		s.End()
		want := gathered(run(Brush{Size: 10, Hardness: 1}, []Sample{{X: 5, Y: 5, Pressure: 1}}))
		if got := gathered(s); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("a sample at %v changed the stroke", v)
		}
	}
}

func TestOneEventIsBounded(t *testing.T) {
	s := New(Brush{Size: 1000, Hardness: 1})
	s.Add(Sample{X: -Limit, Y: -Limit, Pressure: 1})
	s.Line(Sample{X: Limit, Y: Limit, Pressure: 1})
	if n := len(s.tiles); n > 2*17*17 {
		t.Errorf("a line across the whole plane made %d tiles, want two dabs at most", n)
	}
}

// TestFlushTellsEveryChange rebuilds the coverage from the dirty rectangles alone.
func TestFlushTellsEveryChange(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 10))
	for range 20 {
		s, copyOf := New(brushes(rng)), map[Key]*[TileSize * TileSize]uint16{}
		flush := func() {
			s.Flush(func(k Key, tile *Tile, r image.Rectangle) {
				if copyOf[k] == nil {
					copyOf[k] = new([TileSize * TileSize]uint16)
				}
				for y := r.Min.Y; y < r.Max.Y; y++ {
					copy(copyOf[k][y*TileSize+r.Min.X:y*TileSize+r.Max.X], tile.Cov[y*TileSize+r.Min.X:])
				}
			})
		}
		for _, p := range wander(rng, 20) {
			s.Add(p)
			flush()
		}
		s.End()
		flush()
		for k, tile := range s.tiles {
			if have := copyOf[k]; have == nil && tile.Cov != [TileSize * TileSize]uint16{} || have != nil && *have != tile.Cov {
				t.Fatalf("tile %v changed without being told", k)
			}
		}
		s.Flush(func(k Key, _ *Tile, _ image.Rectangle) { t.Fatalf("tile %v is told twice", k) })
	}
}

// TestPressureGrowsTheBrush also covers pressing harder on one spot.
func TestPressureGrowsTheBrush(t *testing.T) {
	area := func(pressures ...float64) int {
		s := New(Brush{Size: 40, Hardness: 1, PressureSize: true})
		for _, p := range pressures {
			s.Add(Sample{X: 8, Y: 8, Pressure: p})
		}
		s.End()
		return len(gathered(s))
	}
	light, full, pressed := area(0), area(1), area(0, 0.5, 1)
	if ratio := float64(full) / float64(light); ratio < 12 || ratio > 16.1 {
		t.Errorf("full pressure covers %d pixels, none %d: want about sixteen times", full, light)
	}
	if pressed != full {
		t.Errorf("pressing harder on the spot covers %d pixels, pressed from the start %d", pressed, full)
	}
}

// TestPressedStrokeCoversEverySample: whatever the pressure does along the way, the stroke
// covers at least what the brush covers at each sample.
func TestPressedStrokeCoversEverySample(t *testing.T) {
	rng := rand.New(rand.NewPCG(13, 14))
	for i := range 40 {
		b, samples := brushes(rng), wander(rng, 10)
		b.Smoothing, b.PressureSize = 0, true
		got := gathered(run(b, samples))
		for _, p := range samples {
			for at, c := range gathered(run(b, []Sample{p})) {
				// Two tables give the values: by the distance and by its square.
				if int(got[at]) < int(c)-Full/255 {
					t.Fatalf("stroke %d %+v: pixel %v has %d, the dab at %v alone %d", i, b, at, got[at], p, c)
				}
			}
		}
	}
}
