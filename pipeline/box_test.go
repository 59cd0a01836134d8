package pipeline

import (
	"context"
	"image"
	"reflect"
	"strings"
	"testing"

	"pentimento/pipeline/denoise"
	"pentimento/pipeline/metadata"
	"pentimento/pipeline/tensor"
)

// TestABoxComesBackFromARecipe: as the extension writes it, and with what only we have.
func TestABoxComesBackFromARecipe(t *testing.T) {
	foreign := metadata.ParseA1111("p\nSteps: 20, Sampler: Euler, CFG scale: 7, Seed: 1, Size: 512x768, LLuL Enabled: True, LLuL Multiply: 2, LLuL Weight: 0.2, LLuL Layers: \"['OUT', 'M']\", LLuL Apply to: ['out'], LLuL Start steps: 5, LLuL Max steps: 20, LLuL Upscaler: bicubic-aa, LLuL Downscaler: pooling avg, LLuL Interpolation: lerp, LLuL x: 100, LLuL y: 64, Version: v1.10.1")
	want := usualBox
	want.Place, want.Weight, want.Layers, want.Up, want.Down, want.Mix = "100,64,256,384", 0.2, "OUT,M", "bicubic-aa", "pooling avg", "lerp"
	want.To, want.Count = 20, CountEvaluations
	if back := recalled(t, foreign); !reflect.DeepEqual(back.Box, &want) {
		t.Errorf("the extension's comes back as %s, want %s", said(t, back.Box), said(t, want))
	}
	q := Request{Ask: Ask{Engine: Diffusion, Task: Generate, Frame: image.Rect(7, 9, 71, 73)}, Sampling: Sampling{Steps: 20, Width: 64, Height: 64}}
	for _, b := range []BoxFields{want, {Place: "8,0,32,32", By: 2, Weight: 0.15, From: 5, At: "out", Layers: "OUT", Up: "bilinear", Down: "bilinear", Mix: "slerp"},
		{Place: "8,0,32,16", By: 4, Weight: -0.5, From: 1, To: 9, Fade: FadeFall, At: "out, x. attn.", Layers: "all", Up: "nearest-exact", Down: "nearest", Mix: "slerp", Passes: PassSecond},
		{Place: "8,0,32,32", By: 2, Weight: 0.15, From: 5, At: "out", Layers: "OUT", Up: "bilinear", Down: "bilinear", Mix: "slerp", Count: CountEvaluations, Passes: PassBoth}} {
		q.Box = &b
		r := throughARecipe(t, q)
		if back := recalled(t, r); !reflect.DeepEqual(back.Box, &b) {
			t.Errorf("%s came back as %s", said(t, b), said(t, back.Box))
		}
		if _, own := r.Get("LLuL size"); own == (b.rect().Dx()*b.By == 64) {
			t.Errorf("%s: written with a size: %v", said(t, b), own)
		}
	}
	back := Request{Ask: Ask{Engine: Diffusion, Task: Generate}}
	foreign.Set("LLuL Weight", "thick")
	if left := strings.Join(back.Recall(foreign, func(string) bool { return false }), "\n"); !strings.Contains(left, "thick") {
		t.Errorf("nonsense is not told: %q", left)
	}
	want.Weight = usualBox.Weight
	if !reflect.DeepEqual(back.Box, &want) {
		t.Errorf("beside nonsense comes back %s, want %s", said(t, back.Box), said(t, want))
	}
}

// TestABoxLiesWhereItWasDrawn: in a frame, and in what is read around it; its weight acts in its steps.
func TestABoxLiesWhereItWasDrawn(t *testing.T) {
	b := BoxFields{Place: "10,20,30,40", Weight: 0.6, From: 3, To: 5}
	frame := image.Rect(100, 200, 200, 300)
	for _, c := range []struct{ place, want image.Rectangle }{
		{frame, image.Rect(20, 40, 80, 120)},
		{frame.Inset(-50), image.Rect(60, 70, 90, 110)},
		{image.Rect(100, 200, 120, 230), image.Rect(100, 133, 200, 200)},
		{image.Rect(0, 0, 100, 100), image.Rectangle{}},
	} {
		if got := b.placed(frame, c.place, image.Pt(200, 200)); got != c.want {
			t.Errorf("in %v: %v, want %v", c.place, got, c.want)
		}
	}
	for fade, want := range map[string][]float64{"": {0, 0, 0.6, 0.6, 0.6, 0}, FadeRise: {0, 0, 0.2, 0.4, 0.6, 0}, FadeFall: {0, 0, 0.6, 0.4, 0.2, 0}} {
		b.Fade = fade
		for i, w := range want {
			if got := b.at(i+1, 6); got < w-1e-9 || got > w+1e-9 {
				t.Errorf("%q, step %d: %g, want %g", fade, i+1, got, w)
			}
		}
	}
	b.To, b.Fade = 0, ""
	if b.at(6, 6) != 0.6 {
		t.Error("without a last step it does not act to the end")
	}
}

func TestABoxThatIsNoneIsRefused(t *testing.T) {
	for _, b := range []BoxFields{{Place: "1,2,3"}, {Place: "1,2,0,4"}, {Place: "a,2,3,4"}, {Place: "1,2,3,99999999999999999999"}, {Place: "0,0,8,8", At: "in"}, {Place: "0,0,8,8", At: "out", Layers: "XYZ", Weight: 0.1, From: 1, By: 2, Mix: "lerp"},
		{Place: "0,0,8,8", At: "out", Weight: 0.1, From: 1, Mix: "slerp"}, // by 0: of a recipe that was written by hand
		{Place: "0,0,8,8", At: "out", Weight: 0.1, From: 1, By: 3, Mix: "slerp"}, {Place: "0,0,8,8", At: "out", Weight: 0.1, From: 1, By: 2, Mix: "x"},
		{Place: "0,0,8,8", At: "out", Weight: 0.1, From: 1, By: 2, Mix: "lerp", Fade: "x"}} {
		q := Request{Ask: Ask{Engine: Diffusion, Task: Generate}, Steering: Steering{Box: &b}}
		found := ""
		for _, err := range q.outOfRange() {
			found += err.Error() + "\n"
		}
		if !strings.Contains(found, "refined") {
			t.Errorf("%+v is taken: %q", b, found)
		}
		q.boxParams() // doesn't panic where it is told before anybody checks
	}
}

// TestTilesMeetABox: each shows the part of it that lies in it, in its own pixels; a sliver is left to the tile beside it.
func TestTilesMeetABox(t *testing.T) {
	box := image.Rect(96, 40, 296, 120)
	for _, c := range []struct {
		tile image.Rectangle
		want denoise.Refined
	}{
		{image.Rect(0, 0, 512, 512), denoise.Refined{X: 96, Y: 40, W: 200, H: 80, Width: 512, Height: 512, Weight: 0.5}},
		{image.Rect(0, 0, 256, 256), denoise.Refined{X: 96, Y: 40, W: 160, H: 80, Width: 256, Height: 256, Weight: 0.5}},
		{image.Rect(192, 64, 448, 320), denoise.Refined{W: 104, H: 56, Width: 256, Height: 256}},
		{image.Rect(192, 56, 448, 312), denoise.Refined{W: 104, H: 64, Width: 256, Height: 256, Weight: 0.5}},
		{image.Rect(288, 0, 544, 256), denoise.Refined{}},
		{image.Rect(512, 0, 768, 256), denoise.Refined{}},
	} {
		got := within(box, c.tile, 8, 0.5)
		if c.want.Weight == 0 && got.Weight != 0 || c.want.Weight != 0 && got != c.want {
			t.Errorf("in %v: %+v, want %+v", c.tile, got, c.want)
		}
	}
	small := image.Rect(100, 100, 124, 124) // thinner than a part that is asked for
	if got := within(small, image.Rect(0, 0, 256, 256), 8, 1); got.Weight != 1 || got.W != 24 {
		t.Errorf("a small box that is all there: %+v", got)
	}
}

// TestABoxCountsEvaluations: through a sampler that takes two a step, and through both passes, as the extension does; without a word steps of each.
func TestABoxCountsEvaluations(t *testing.T) {
	b := BoxFields{Place: "0,0,8,8", Weight: 1, From: 3, To: 5}
	for count, want := range map[string]string{"": "001110", CountEvaluations: "0011100000"} {
		b.Count = count
		got := ""
		for i := range len(want) {
			got += short(b.at(i+1, 6))
		}
		if got != want {
			t.Errorf("%q: %s, want %s", count, got, want)
		}
	}
	b.To, b.Count = 0, CountEvaluations
	if b.at(11, 6) != 1 || b.idle(image.Rect(0, 0, 8, 8), 2) != "" {
		t.Error("evaluations without a last end with the steps")
	}
	r := &run{}
	d := func(context.Context, *tensor.Tensor, float64) (*tensor.Tensor, error) { return nil, nil }
	for _, w := range []work{{}, {again: true}} {
		count := r.counting(d, w)
		for range 4 {
			_, _ = count(t.Context(), nil, 1)
		}
	}
	if r.evaluated != 8 {
		t.Errorf("%d evaluations, want 8", r.evaluated)
	}
	for passes, want := range map[string][2]bool{"": {true, false}, PassSecond: {false, true}, PassBoth: {true, true}} {
		b.Passes = passes
		if got := [2]bool{b.acts(false), b.acts(true)}; got != want {
			t.Errorf("passes %q: %v, want %v", passes, got, want)
		}
	}
}

func TestABoxThatNeverActsSaysSo(t *testing.T) {
	here := image.Rect(8, 8, 40, 40)
	for _, c := range []struct {
		from, to, steps int
		box             image.Rectangle
		says            string
	}{
		{5, 0, 4, here, "from step 5, and there are 4 steps"},
		{5, 3, 20, here, "no longer than step 3"},
		{5, 0, 20, image.Rectangle{}, "outside"},
		{5, 0, 5, here, ""},
		{1, 1, 20, here, ""},
	} {
		b := usualBox
		b.From, b.To = c.from, c.to
		if got := b.idle(c.box, c.steps); !strings.Contains(got, c.says) || c.says == "" && got != "" {
			t.Errorf("from %d to %d of %d steps in %v: %q, want %q", c.from, c.to, c.steps, c.box, got, c.says)
		}
	}
}
