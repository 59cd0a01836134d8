package pipeline

import (
	"image"
	"math"
	"strings"
	"testing"
	"time"

	"pentimento/pipeline/metadata"
)

// A picture of Regional Prompter, as its owner published its parameters, becomes a request with regions; nothing of it is
// said to be lost, and what we write of the request gives the same regions back.
func TestARegionalPromptersPictureIsMadeAgain(t *testing.T) {
	const text = `2girls,outdoors,forest,hug,
ADDCOMM mint dress <lora:mint:0.8>,
ADDCOL brown hair,(dark skin:1.2),
Negative prompt: worst quality,
Steps: 20, Sampler: DPM++ 2M Karras, CFG scale: 7, Seed: 2476768054, Size: 768x512, RP Active: True, RP Divide mode: Matrix, RP Matrix submode: Horizontal, RP Mask submode: Mask, RP Prompt submode: Prompt, RP Calc Mode: %s, RP Ratios: "1,2", RP Base Ratios: 0.2, RP Use Base: False, RP Use Common: True, RP Use Ncommon: False, RP Change AND: False, RP LoRA Neg Te Ratios: 0, RP LoRA Neg U Ratios: 0, RP threshold: 0.4, RP LoRA Stop Step: 0, RP LoRA Hires Stop Step: 0, RP Flip: False, Version: v1.6.0`
	for calc, want := range map[string][3]string{
		"Latent":    {"2girls,outdoors,forest,hug, mint dress,, brown hair,(dark skin:1.2),", "2girls,outdoors,forest,hug, mint dress <lora:mint:0.8>,", "2girls,outdoors,forest,hug, brown hair,(dark skin:1.2),"},
		"Attention": {"2girls,outdoors,forest,hug, mint dress,, brown hair,(dark skin:1.2), <lora:mint:0.8>", "2girls,outdoors,forest,hug, mint dress,", "2girls,outdoors,forest,hug, brown hair,(dark skin:1.2),"},
	} {
		q := Request{Ask: Ask{Engine: Diffusion, Task: Generate}}
		left := q.Recall(metadata.ParseA1111(strings.Replace(text, "%s", calc, 1)), func(string) bool { return false })
		if len(left) > 0 {
			t.Errorf("%s: not taken over: %q", calc, left)
		}
		said := func(q Request) [3]string {
			if len(q.Regions) != 2 {
				t.Fatalf("%s: regions %+v", calc, q.Regions)
			}
			return [3]string{q.Prompt, q.Regions[0].Prompt, q.Regions[1].Prompt}
		}
		if got := said(q); got != want || q.Negative != "worst quality," || math.Abs(q.Regions[1].Box[0]-1.0/3) > 1e-6 {
			t.Errorf("%s: %q, negative %q, boxes %v %v, want %q", calc, got, q.Negative, q.Regions[0].Box, q.Regions[1].Box, want)
		}
		q.Frame, q.RegionBase = image.Rect(0, 0, 768, 512), 0.3
		recipe := q.Record(q.Frame, time.Unix(0, 0)).Recipe("Pentimento")
		written := metadata.ParseA1111(recipe.Text())
		if ratios, _ := written.Get("RP Ratios"); ratios != "1,2" {
			t.Errorf("%s: written with the ratios %q:\n%s", calc, ratios, recipe.Text())
		}
		for _, r := range []*metadata.Recipe{written, recipe} { // as others read it, and as we do
			again := Request{Ask: Ask{Engine: Diffusion, Task: Generate}}
			if left := again.Recall(r, func(string) bool { return false }); said(again) != said(q) || again.RegionBase != 0.3 || len(left) > 0 {
				t.Errorf("%s: %q came back as %q, base %g, left %q", calc, said(q), said(again), again.RegionBase, left)
			}
			regions, base, _ := RegionsOf(r)
			if len(regions) != 2 || base != 0.3 {
				t.Errorf("%s: %+v, base %g", calc, regions, base)
			}
		}
	}
}

// A recipe may be anybody's: regions without number would take the window's time, and an upscaler's name
// opens no path.
func TestARecipeFromAnybodyIsBounded(t *testing.T) {
	r := &metadata.Recipe{Prompt: "a barn"}
	one := `{"prompt":"x","weight":1,"box":[0,0,0.5,0.5]}`
	for n, want := range map[int]int{metadata.MaxRegions: metadata.MaxRegions, 5000: 0} {
		r.Params = []metadata.Param{{Key: metadata.RegionsKey, Value: "[" + strings.Repeat(one+",", n-1) + one + "]"}}
		var q Request
		left := q.Recall(r, func(string) bool { return false })
		if all, _, _ := RegionsOf(r); len(q.Regions) != want || len(all) != want || want == 0 && !strings.Contains(strings.Join(left, "; "), "5000 regions") {
			t.Errorf("of %d regions %d are taken, left %.200q", n, len(q.Regions), left)
		}
	}
	for name, want := range map[string]string{"R-ESRGAN 4x+": "R-ESRGAN 4x+", "/home/me/x.pth": "x.pth", `\\far\share\x.pth`: "x.pth", "../x.pth": "x.pth", "Lanczos": "", "": ""} {
		r.Params = []metadata.Param{{Key: keyEnlargeBy, Value: "2"}, {Key: keyUpscaler, Value: name}}
		if e, ok := EnlargingOf(r); !ok || e.Upscaler != want {
			t.Errorf("%q is the upscaler %q, want %q", name, e.Upscaler, want)
		}
	}
}
