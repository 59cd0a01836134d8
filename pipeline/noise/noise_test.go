package noise

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"testing"

	"pentimento/pipeline/pipelinetest"
)

type stats struct {
	Sum, SumSq     float64
	Min, Max       float64
	ArgMin, ArgMax int
	Index          []int
	Value          []float64
}

type torchCase struct {
	Seed     int64
	R1       []float64   `json:"randn_1"`
	R5       []float64   `json:"randn_5"`
	R15      []float64   `json:"randn_15"`
	R16      []float64   `json:"randn_16"`
	R17      []float64   `json:"randn_17"`
	R24      []float64   `json:"randn_24"`
	R31      []float64   `json:"randn_31"`
	R32      []float64   `json:"randn_32"`
	R33      []float64   `json:"randn_33"`
	Twice    [][]float64 `json:"randn_5_then_32"`
	Full     stats       `json:"stats_4x64x64"`
	Second   stats       `json:"second_draw_4x64x64"`
	Tall     stats       `json:"randn_1x4x96x64_stats"`
	Uniform  []float64   `json:"rand_8"`
	Integers []uint32    `json:"random_u32_8"`
}

type philoxCase struct {
	Seed   int64
	R32    []float64 `json:"randn_32"`
	Second []float64 `json:"second_call_32"`
	Full   stats     `json:"stats_4x64x64"`
	Third  stats     `json:"third_call_stats_4x64x64"`
}

func references(t *testing.T) (torch []torchCase, philox []philoxCase) {
	t.Helper()
	raw, err := os.ReadFile("testdata/rng.json")
	if err != nil {
		t.Fatal(err)
	}
	var f struct {
		Torch  []torchCase  `json:"torch_cpu"`
		Philox []philoxCase `json:"philox_nv"`
	}
	if err := json.Unmarshal(raw, &f); err != nil {
		t.Fatal(err)
	}
	return f.Torch, f.Philox
}

// within is the tolerance of normals: the last bits of libm differ.
const within = 2e-6

func near(t *testing.T, what string, got []float32, want []float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d values, want %d", what, len(got), len(want))
	}
	for i := range want {
		if math.Abs(float64(got[i])-want[i]) > within {
			t.Fatalf("%s[%d] is %v, want %v", what, i, got[i], want[i])
		}
	}
}

func (s stats) check(t *testing.T, what string, got []float32) {
	t.Helper()
	var sum, square float64
	for _, v := range got {
		sum, square = sum+float64(v), square+float64(v)*float64(v)
	}
	if math.Abs(sum-s.Sum) > 1e-2 || math.Abs(square-s.SumSq) > 1e-2 {
		t.Errorf("%s: sum %v and %v of squares, want %v and %v", what, sum, square, s.Sum, s.SumSq)
	}
	if at := slices.Index(got, slices.Min(got)); at != s.ArgMin {
		t.Errorf("%s: smallest at %d, want %d", what, at, s.ArgMin)
	}
	if at := slices.Index(got, slices.Max(got)); at != s.ArgMax {
		t.Errorf("%s: largest at %d, want %d", what, at, s.ArgMax)
	}
	for i, at := range s.Index {
		near(t, what, got[at:at+1], s.Value[i:i+1])
	}
}

func TestTorchDrawsAsTorchDoes(t *testing.T) {
	cases, _ := references(t)
	for _, c := range cases {
		integers := NewTorch(uint64(c.Seed))
		for i, want := range c.Integers {
			// the reference drew integers below 2³², for which torch takes 64 bits each
			if got := uint32(integers.Uint64()); got != want {
				t.Fatalf("seed %d: integer %d is %d, want %d", c.Seed, i, got, want)
			}
		}
		for i, got := range NewTorch(uint64(c.Seed)).Uniform(len(c.Uniform)) {
			if got != float32(c.Uniform[i]) {
				t.Fatalf("seed %d: uniform %d is %v, want %v", c.Seed, i, got, c.Uniform[i])
			}
		}
		for _, want := range [][]float64{c.R1, c.R5, c.R15, c.R16, c.R17, c.R24, c.R31, c.R32, c.R33} {
			near(t, "first draw", New(CPU, c.Seed).Normal(len(want)), want)
		}
		stream := New(CPU, c.Seed)
		for _, want := range c.Twice {
			near(t, "draws from one stream", stream.Normal(len(want)), want)
		}
		stream = New(CPU, c.Seed)
		c.Full.check(t, "full draw", stream.Normal(4*64*64))
		c.Second.check(t, "second full draw", stream.Normal(4*64*64))
		c.Tall.check(t, "96×64", New(CPU, c.Seed).Normal(4*96*64))
	}
}

func TestPhiloxDrawsAsTheCardDoes(t *testing.T) {
	_, cases := references(t)
	for _, c := range cases {
		stream := New(NV, c.Seed)
		near(t, "first call", stream.Normal(32), c.R32)
		near(t, "second call", stream.Normal(32), c.Second)
		c.Third.check(t, "third call", stream.Normal(4*64*64))
		c.Full.check(t, "full draw", New(NV, c.Seed).Normal(4*64*64))
	}
}

func TestFullDrawsAgree(t *testing.T) {
	want, err := pipelinetest.ReadSafetensors("testdata/rng_full.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	for name, kind := range map[string]Kind{"torch_cpu": CPU, "philox_nv": NV} {
		got := New(kind, 42).Normal(4 * 64 * 64)
		for i, w := range want[name+".seed42.4x64x64"].Data { // every 97th value
			near(t, name, got[97*i:97*i+1], []float64{float64(w)})
		}
	}
}

func TestWideSeedsDiffer(t *testing.T) {
	a, b := New(NV, 1).Normal(1)[0], New(NV, 1+1<<32).Normal(1)[0]
	if a == b {
		t.Error("NV ignores the upper half of the seed")
	}
	if New(CPU, 1).Normal(1)[0] != New(CPU, 1+1<<32).Normal(1)[0] {
		t.Error("torch's generator looks at the upper half of the seed")
	}
}

func TestVariationGoesFromOneSeedToTheOther(t *testing.T) {
	a, b := New(CPU, 1).Normal(4*8*6), New(CPU, 2).Normal(4*8*6)
	at := func(strength float64) []float32 {
		x := slices.Clone(a)
		Variation(x, b, 4, 8, 6, strength)
		return x
	}
	if !slices.Equal(at(0), a) {
		t.Error("strength 0 changes the noise")
	}
	if e := pipelinetest.Relative(at(1), b); e > 1e-6 {
		t.Errorf("strength 1 is %.2g off the other seed", e)
	}
	var size float64
	for _, v := range at(0.5) {
		size += float64(v) * float64(v)
	}
	if rms := math.Sqrt(size / float64(len(a))); rms < 0.85 || rms > 1.15 {
		t.Errorf("half way the noise has rms %.3f, want about 1", rms)
	}
	same := slices.Clone(a)
	Variation(same, a, 4, 8, 6, 0.3)
	if e := pipelinetest.Relative(same, a); e > 1e-6 {
		t.Errorf("a variation towards itself moved by %.2g", e)
	}
}

func TestKindsAreParsed(t *testing.T) {
	for name, want := range map[string]Kind{"": CPU, "cpu": CPU, "NV": NV, "gpu": NV} {
		if got, err := ParseKind(name); err != nil || got != want {
			t.Errorf("%q is %q (%v), want %q", name, got, err, want)
		}
	}
	if _, err := ParseKind("dice"); err == nil {
		t.Error("an unknown generator was taken")
	}
}

func TestBrownianPathAgrees(t *testing.T) {
	raw, err := os.ReadFile("testdata/brownian.json")
	if err != nil {
		t.Fatal(err)
	}
	var f struct {
		Brownian []struct {
			Case     string
			Seed     int64
			SigmaMin float64 `json:"sigma_min"`
			SigmaMax float64 `json:"sigma_max"`
			Pairs    [][2]float64
		}
	}
	if err := json.Unmarshal(raw, &f); err != nil {
		t.Fatal(err)
	}
	want, err := pipelinetest.ReadSafetensors("testdata/brownian.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range f.Brownian {
		path := NewBrownian(c.Seed, 256, c.SigmaMin, c.SigmaMax)
		for i, p := range c.Pairs {
			w := want[c.Case].Data[256*i : 256*i+256]
			if e := pipelinetest.Relative(path.Normal(p[0], p[1]), w); e > 1e-5 {
				t.Errorf("%s: the step from %v to %v differs by %.2g", c.Case, p[0], p[1], e)
			}
		}
	}
}

func TestBrownianStepsAddUpInAnyOrder(t *testing.T) {
	const n = 32
	whole := NewBrownian(7, n, 0.1, 9).Normal(8, 1)
	path := NewBrownian(7, n, 0.1, 9)
	late := path.Normal(3, 1)
	early := path.Normal(8, 3)
	for i := range whole {
		got := float64(early[i])*math.Sqrt(5) + float64(late[i])*math.Sqrt(2)
		if math.Abs(got-float64(whole[i])*math.Sqrt(7)) > 1e-5 {
			t.Fatalf("value %d: the parts add up to %v, the whole is %v", i, got, float64(whole[i])*math.Sqrt(7))
		}
	}
	for _, p := range [][2]float64{{1, 1}, {100, 50}, {0.01, 0}} {
		for _, v := range path.Normal(p[0], p[1]) {
			if v != 0 {
				t.Fatalf("the step %v is not empty", p)
			}
		}
	}
}

func BenchmarkNormal(b *testing.B) {
	for _, kind := range []Kind{CPU, NV} {
		b.Run(string(kind), func(b *testing.B) {
			s := New(kind, 1)
			for b.Loop() {
				s.Normal(4 * 128 * 128)
			}
		})
	}
	b.Run("brownian", func(b *testing.B) {
		sigma := 14.0
		path := NewBrownian(1, 4*128*128, 0.03, 14.6)
		for b.Loop() {
			path.Normal(sigma, sigma*0.97)
			if sigma *= 0.97; sigma < 0.05 {
				sigma = 14
			}
		}
	})
}
