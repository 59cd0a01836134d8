package pipeline

import (
	"context"
	"image"
	"testing"

	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/family"
	"pentimento/pipeline/model"
	"pentimento/pipeline/pipelinetest"
)

// alone is the most that is taken at once where the networks leave for one another.
func alone(a Account) int64 { return max(a.Text, a.Denoiser+a.Works, a.VAE+a.Decodes) }

// What the large models take of a card in half precision, by account: SDXL at 1024×1024 within 8 GB,
// SD 1.5 at 512×512 within 3, where the networks leave for one another, with fused attention and
// without it.
func TestWhatLargeModelsTakeOfACard(t *testing.T) {
	for _, c := range []struct {
		m      *pipelinetest.Model
		side   int
		most   int64
		weighs [2]int64 // of the denoiser in half precision, in millions of bytes
	}{{pipelinetest.Full(), 512, 3e9, [2]int64{1719, 1730}}, {pipelinetest.FullXL(), 1024, 8e9, [2]int64{5134, 5170}}} {
		m, err := family.Open(c.m.Hollow(t, "F16"), checkpoint.Options{})
		if err != nil {
			t.Fatal(err)
		}
		for _, fused := range []bool{true, false} {
			var apart [2]Account
			for i, latents := range []int{1, 2} {
				a, err := accountOf(context.Background(), m, image.Pt(c.side, c.side), latents, traits{half: true, fused: fused}, vaeLeast)
				if err != nil {
					t.Fatal(err)
				}
				apart[i] = a
			}
			a, full := apart[0], Account{}
			if full, err = accountOf(context.Background(), m, image.Pt(c.side, c.side), 1, traits{fused: fused}, vaeLeast); err != nil {
				t.Fatal(err)
			}
			t.Logf("%s, fused attention %v, MB: text %d, denoiser %d + %d (two latents %d), VAE %d + %d; apart %d, together with two %d; in fp32 apart %d", c.m.Name, fused,
				a.Text/1e6, a.Denoiser/1e6, a.Works/1e6, apart[1].Works/1e6, a.VAE/1e6, a.Decodes/1e6, alone(a)/1e6, apart[1].Together()/1e6, alone(full)/1e6)
			if alone(a) > c.most {
				t.Errorf("%s, fused attention %v: %d bytes, want at most %d", c.m.Name, fused, alone(a), c.most)
			}
			if w := a.Denoiser / 1e6; w < c.weighs[0] || w > c.weighs[1] || full.Denoiser < a.Denoiser*19/10 || apart[1].Works < a.Works*3/2 {
				t.Errorf("%s: the denoiser weighs %d MB, %d in fp32; it works in %d and for two in %d", c.m.Name, w, full.Denoiser/1e6, a.Works/1e6, apart[1].Works/1e6)
			}
		}
	}
}

// What a reference takes besides: of SD 1.5 at 512×512 and SDXL at 1024×1024, one latent in fp32, the
// rows that their self-attentions read, and what the largest of those joins.
func TestWhatAReferenceTakes(t *testing.T) {
	for _, c := range []struct {
		m          *pipelinetest.Model
		side       int
		rows, most int64 // values
	}{
		{pipelinetest.Full(), 512, 5*(4096*320+1024*640+256*1280) + 64*1280, 4096 * 320},
		{pipelinetest.FullXL(), 1024, 10*4096*640 + 60*1024*1280, 4096 * 640},
	} {
		m, err := family.Open(c.m.Hollow(t, "F16"), checkpoint.Options{})
		if err != nil {
			t.Fatal(err)
		}
		q := Request{Guides: []Guide{{Kind: GuideReference, Weight: 0.4, End: 1}, {Kind: GuideReference, End: 1}}}
		o := &opened{header: &header{Model: m}, source: q.source()}
		got := o.citing(image.Pt(c.side, c.side), 1, traits{fused: true})
		if want := 4 * (c.rows + 6*c.most); got != want {
			t.Errorf("%s: %d bytes, want %d", c.m.Name, got, want)
		}
		t.Logf("%s: %d MB", c.m.Name, got/1e6)
		if plain := o.citing(image.Pt(c.side, c.side), 1, traits{}); plain <= got {
			t.Errorf("%s: %d bytes where attention keeps its scores", c.m.Name, plain)
		}
		if o.source = (Request{}).source(); o.citing(image.Pt(c.side, c.side), 1, traits{fused: true}) != 0 {
			t.Errorf("%s: something without a reference", c.m.Name)
		}
	}
}

// onACard is a runtime of which a card's trials are known.
type onACard struct {
	pipelinetest.Runtime
	probe model.Probe
}

func (r *onACard) Survey(context.Context, string) (model.Probe, bool) { return r.probe, true }

// What is allowed decides: all networks open at once, one after another, an fp32 file's in half
// precision, which is told, or in parts. On a card without half precision, and for who wants none,
// that step is left out.
func TestAnAccountDecidesHowNetworksShare(t *testing.T) {
	p := p0(t)
	h, err := p.headers.look(Models{Model: tiny(t, "tiny15")}) // fp32
	if err != nil {
		t.Fatal(err)
	}
	size := image.Pt(64, 64)
	of := func(half bool, latents int) Account {
		a, err := accountOf(context.Background(), h.Model, size, latents, traits{half: half, fused: true}, vaeLeast)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	full, narrow := of(false, 1), of(true, 1)
	between := (full.Denoiser + full.Works + narrow.Denoiser + narrow.Works) / 2
	able := model.Probe{Attention: true, Half: true, HalfAttention: true}
	for name, c := range map[string]struct {
		probe        model.Probe
		half         string
		memory       int64
		tight, parts bool
		want         model.Halves
		said         int
	}{
		"all at once":           {able, "", of(false, 2).Together() + vaeLeast, false, false, model.AsStored, 0},
		"one after another":     {able, "", of(false, 2).Together() - 1<<20, true, false, model.AsStored, 0},
		"in half precision":     {able, "", between, true, false, model.HalfPrecision, 1},
		"without it":            {model.Probe{Attention: true}, "", between, true, true, model.AsStored, 0},
		"never":                 {able, HalfNever, between, true, true, model.FullPrecision, 0},
		"always, and too large": {able, HalfAlways, narrow.Denoiser / 2, true, true, model.HalfPrecision, 0},
	} {
		said := 0
		q := Request{Models: Models{Model: tiny(t, "tiny15")}, Where: Where{Half: c.half}}
		o := &opened{header: h, source: q.source(), runtime: &onACard{probe: c.probe}, memory: c.memory}
		if err := o.fit(context.Background(), c.memory, size, func(string) { said++ }); err != nil {
			t.Fatal(err)
		}
		if o.tight != c.tight || (o.source.parts > 0) != c.parts || o.source.half != c.want || said != c.said || o.source.parts > c.memory {
			t.Errorf("%s: one at a time %v, parts from %d bytes, half precision %v, told %d times; want %+v", name, o.tight, o.source.parts, o.source.half, said, c)
		}
	}
}

// Evaluations are recorded on a card where what is allowed holds their values twice, which is told
// where it was asked for.
func TestAnAccountLeavesOutGraphCapture(t *testing.T) {
	p := p0(t)
	h, err := p.headers.look(Models{Model: tiny(t, "tiny15")})
	if err != nil {
		t.Fatal(err)
	}
	size := image.Pt(64, 64)
	a, err := accountOf(context.Background(), h.Model, size, 1, traits{fused: true}, vaeLeast)
	if err != nil {
		t.Fatal(err)
	}
	enough := a.Denoiser + 2*a.Works
	for name, c := range map[string]struct {
		capture string
		memory  int64
		want    model.Captures
		said    int
	}{
		"room for it":            {"", enough, model.CaptureWorth, 0},
		"no room":                {"", enough - 1, model.NoCapture, 0},
		"asked for, and no room": {CaptureAlways, enough - 1, model.NoCapture, 1},
		"asked for":              {CaptureAlways, enough, model.CaptureAlways, 0},
		"not wanted":             {CaptureNever, enough, model.NoCapture, 0},
	} {
		said := 0
		q := Request{Models: Models{Model: tiny(t, "tiny15")}, Where: Where{Capture: c.capture}}
		o := &opened{header: h, source: q.source(), runtime: &onACard{probe: model.Probe{Attention: true}}, memory: c.memory}
		if err := o.fit(context.Background(), c.memory, size, func(string) { said++ }); err != nil {
			t.Fatal(err)
		}
		if o.source.capture != c.want || said != c.said {
			t.Errorf("%s: %v, told %d times; want %+v", name, o.source.capture, said, c)
		}
	}
}
