package metadata

import (
	"fmt"
	"image"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"
)

// word draws a string from letters that hurt: commas, colons, quotes, backslashes,
// newlines, brackets, CJK, emoji, combining marks.
func word(rng *rand.Rand, most int) string {
	alphabet := []rune("abZ09 ,,::\"\"\\\\\n\t(){}[]<>|='é漢字🎨\u0301\u200d\u2028\u00a0+-_/x&%\u0085\r")
	var b strings.Builder
	for range rng.IntN(most + 1) {
		b.WriteRune(alphabet[rng.IntN(len(alphabet))])
	}
	return b.String()
}

// prompt is a word as A1111's form can keep it: no white space around it, and only LF for
// line ends.
func prompt(rng *rand.Rand) string {
	return strings.TrimSpace(strings.ReplaceAll(word(rng, 40), "\r", ""))
}

func TestRecipesSurviveARoundTripThroughA1111Text(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	keys := append(append([]string{"Mask blur", "Hires upscale", "Größe", "Ünknown key/2", "漢字 key"}, order...), last...)
	for i := range 10000 {
		r := &Recipe{Dialect: A1111, Prompt: prompt(rng), Negative: prompt(rng)}
		for _, k := range rng.Perm(len(keys))[:3+rng.IntN(len(keys)-3)] {
			value := word(rng, 12)
			if rng.IntN(20) == 0 {
				value = keys[k] // written as the key alone
			}
			if rng.IntN(2) == 0 {
				r.Set(keys[k], value)
			} else if _, there := r.Get(keys[k]); !there { // in no order
				r.Params = append(r.Params, Param{keys[k], value})
			}
		}
		if pairs := len(r.Params) - countBare(r); pairs < leastPairs {
			continue
		}
		text := r.Text()
		got := ParseA1111(text)
		got.Source = r.Source
		if !reflect.DeepEqual(got, r) {
			t.Fatalf("case %d: %q\nread back as %+v\nwant         %+v", i, text, got, r)
		}
		if again := got.Text(); again != text {
			t.Fatalf("case %d: written again as %q, want %q", i, again, text)
		}
	}
}

func countBare(r *Recipe) (n int) {
	for _, p := range r.Params {
		if p.Key == p.Value {
			n++
		}
	}
	return n
}

// TestForeignOrderAndUnknownKeysSurvive writes what was read, byte for byte.
func TestForeignOrderAndUnknownKeysSurvive(t *testing.T) {
	for _, text := range []string{a1, a2, a3,
		"p\nVersion: 7, Zebra: 1, Seed: 3, Restore faces, Steps: 2, Odd/key-2: \"a,b\"",
		"\"quoted\" prompt\nNegative prompt: x\nSeed: 1, Seed resize from: -1x-1, Steps: 5",
		"no parameters at all", "two: 1, pairs: 2"} {
		if got := ParseA1111(text).Text(); got != text {
			t.Errorf("read %q\nwrote %q", text, got)
		}
	}
}

func TestOurRecipesAreWrittenInA1111sOrder(t *testing.T) {
	r := &Recipe{Prompt: "p"}
	for _, kv := range []string{"Version=v", "Mask blur=4", "Size=8x8", "Clip skip=2", "Steps=1", "Tiling=Tiling", "Extra=a, b", "Seed=3", "Sampler=Euler"} {
		k, v, _ := strings.Cut(kv, "=")
		r.Set(k, v)
	}
	r.Set("Clip skip", "")
	if got, want := r.Text(), "p\nSteps: 1, Sampler: Euler, Seed: 3, Size: 8x8, Tiling, Mask blur: 4, Extra: \"a, b\", Version: v"; got != want {
		t.Errorf("wrote %q, want %q", got, want)
	}
}

func TestALastLineWithoutParametersIsPrompt(t *testing.T) {
	for text, want := range map[string]string{
		"a\nSteps: 3, Seed: 4": "a\nSteps: 3, Seed: 4", "": "", "one": "one", "\r\n a\r\nb \n": "a\nb",
	} {
		if r := ParseA1111(text); r.Prompt != want || len(r.Params) != 0 {
			t.Errorf("%q: prompt %q, %d parameters, want %q and none", text, r.Prompt, len(r.Params), want)
		}
	}
	r := ParseA1111("a\nSteps: , Seed: 4, Size: 8x8, : 5, (x), Model: \"cut")
	if v, ok := r.Get("Steps"); ok {
		t.Errorf("an empty value was kept: %q", v)
	}
	if !reflect.DeepEqual(r.Unread, []string{": 5", "(x)"}) || r.Value("Model") != "\"cut" {
		t.Errorf("unread %q, model %q", r.Unread, r.Value("Model"))
	}
}

func randomFill(rng *rand.Rand) Fill {
	f := Fill{Rect: Rect{rng.IntN(99) - 50, rng.IntN(99) - 50, 1 + rng.IntN(99), 1 + rng.IntN(99)}, Time: time.Unix(rng.Int64N(1<<33), 0).UTC(),
		Task: "inpaint", Engine: word(rng, 9), Seed: rng.Int64() - rng.Int64(), Prompt: word(rng, 60), Negative: word(rng, 30), Steps: rng.IntN(99),
		CFG: rng.Float64() * 20, Sampler: "Euler a", Schedule: "Karras", Strength: rng.Float64(), ClipSkip: rng.IntN(4), RNG: "cpu", Model: "m", Feather: rng.IntN(9)}
	if rng.IntN(2) == 0 {
		f.Addons = []Addon{{Name: word(rng, 9), TE: rng.Float64(), UNet: rng.NormFloat64(), Args: []string{"", ":lbw=OUTALL:start=5"}[rng.IntN(2)]}}
	}
	return f
}

func TestDocumentsSurviveARoundTrip(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for range 2000 {
		d := &Document{Version: DocumentVersion, Program: "Pentimento 1", Width: 64, Height: 64, Origin: word(rng, 50)}
		for range 1 + rng.IntN(4) {
			d.Add(randomFill(rng))
		}
		var ours string
		for _, t := range d.Texts() {
			if t.Key == DocumentKey {
				ours = t.Text
			}
		}
		got, err := ParseDocument(ours)
		if err != nil || !reflect.DeepEqual(got, d) {
			t.Fatalf("%v: read back as %+v, want %+v", err, got, d)
		}
		r, notes := Read(d.Texts())
		if r == nil || r.Dialect != Ours || len(notes) > 0 || !reflect.DeepEqual(r.Document, d) {
			t.Fatalf("Read: %+v, %q", r, notes)
		}
		if f := d.Told(); f != nil && (r.Prompt != f.Prompt || r.Negative != f.Negative) {
			t.Fatalf("prompt %q, negative %q, want %q, %q exactly", r.Prompt, r.Negative, f.Prompt, f.Negative)
		}
	}
}

func TestParametersAreThoseOfTheFillThatCoversMost(t *testing.T) {
	d := &Document{Program: "Pentimento 1", Width: 100, Height: 100, Origin: a1}
	d.Add(Fill{Rect: Rect{0, 0, 10, 10}, Prompt: "small", Seed: 1, Engine: "diffusion"})
	if got := d.Texts()[0]; got.Key != ParametersKey || got.Text != a1 {
		t.Errorf("a small fill: %q, want what the picture came with", got)
	}
	d.Add(Fill{Rect: Rect{-500, -500, 620, 620}, Prompt: "half outside", Seed: 2, Steps: 9, Engine: "diffusion"})
	d.Add(Fill{Rect: Rect{0, 0, 90, 90}, Prompt: "", Seed: 3, Engine: "content", Feather: 4})
	if got, want := d.Texts()[0].Text, "half outside\nSteps: 9, Seed: 2, Size: 620x620, Version: Pentimento 1"; got != want {
		t.Errorf("parameters %q, want %q", got, want)
	}
	d.Move(image.Pt(30, 0), 1000, 1000)
	if got := d.Fills[2].Rect; got != (Rect{30, 0, 90, 90}) {
		t.Errorf("moved to %v", got)
	}
	if d := (&Document{Width: 1, Height: 1}); d.Texts() != nil {
		t.Errorf("nothing to tell, yet %q", d.Texts())
	}
}

func TestNoPathLeavesTheProgram(t *testing.T) {
	d := &Document{Program: "Pentimento 1", Width: 9, Height: 9}
	d.Add(Fill{Rect: Rect{0, 0, 9, 9}, Model: "/home/someone/models/a.safetensors", VAE: `C:\Users\someone\b.ckpt`, Engine: "diffusion"})
	if s := fmt.Sprint(d.Texts()); strings.Contains(s, "someone") || !strings.Contains(s, "Model: a, VAE: b") {
		t.Errorf("texts %s", s)
	}
	foreign := `{"1":{"class_type":"KSampler","inputs":{"steps":1,"sampler_name":"euler","model":["2",0]}},"2":{"class_type":"CheckpointLoaderSimple","inputs":{"ckpt_name":"/home/someone/a.ckpt"}}}`
	if r, _ := Read([]Text{{"prompt", foreign}}); strings.Contains(r.Text(), "someone") {
		t.Errorf("text %q", r.Text())
	}
}
