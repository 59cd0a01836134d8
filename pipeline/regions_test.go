package pipeline

import (
	"fmt"
	"image"
	"image/draw"
	"math"
	"strings"
	"testing"
	"time"

	"pentimento/pipeline/metadata"
)

// boxed is a region of a box of the frame.
func boxed(x, y, w, h float64) Region {
	return Region{Prompt: "a fox", Weight: 1, Box: [4]float64{x, y, w, h}}
}

// At every cell the shares of the text and of its regions are 1 together; the text keeps its part under
// them, and regions share by weight.
func TestRegionsShareAPlace(t *testing.T) {
	place, size := image.Rect(100, -50, 164, 14), image.Pt(8, 8)
	left, all := boxed(0, 0, 0.5, 1), boxed(0, 0, 1, 1)
	all.Weight = 3
	soft := boxed(0, 0, 0.5, 1)
	soft.Feather = 8
	over, above, hazy := boxed(0, 0, 0.5, 1), boxed(0.5, 0, 0.5, 1), soft
	over.Over, above.Over, hazy.Over = true, true, true
	for name, c := range map[string]struct {
		regions []Region
		base    float64
		want    map[image.Point][]float64 // the text's share, then the regions'
	}{
		"one":        {[]Region{left}, 0, map[image.Point][]float64{{0, 0}: {0, 1}, {3, 7}: {0, 1}, {4, 0}: {1, 0}}},
		"base":       {[]Region{left}, 0.25, map[image.Point][]float64{{0, 0}: {0.25, 0.75}, {7, 7}: {1, 0}}},
		"two":        {[]Region{left, all}, 0.2, map[image.Point][]float64{{1, 1}: {0.2, 0.2, 0.6}, {5, 5}: {0.2, 0, 0.8}}},
		"over apart": {[]Region{over, above}, 0, map[image.Point][]float64{{0, 0}: {0, 1, 0}, {7, 0}: {0, 0, 1}}},
		"over it":    {[]Region{over, all}, 0.2, map[image.Point][]float64{{0, 0}: {0, 1, 0}, {7, 0}: {0.2, 0, 0.8}}},
		"last":       {[]Region{all, over, hazy, above}, 0, map[image.Point][]float64{{0, 0}: {0, 0, 0, 1, 0}, {7, 0}: {0, 0, 0, 0, 1}}},
		"feather":    {[]Region{soft}, 0, map[image.Point][]float64{{0, 0}: {0, 1}, {7, 0}: {1, 0}}},
	} {
		r := &run{req: Request{Regions: c.regions, Text: Text{RegionBase: c.base}, Ask: Ask{Frame: place}}}
		base, shares := r.shares(place, size)
		for i, b := range base.Data {
			sum := float64(b)
			for _, s := range shares {
				sum += float64(s.Data[i])
			}
			if math.Abs(sum-1) > 1e-6 {
				t.Fatalf("%s: shares of cell %d are %v together", name, i, sum)
			}
		}
		for at, want := range c.want {
			i := at.Y*size.X + at.X
			got := []float64{float64(base.Data[i])}
			for _, s := range shares {
				got = append(got, float64(s.Data[i]))
			}
			for k := range want {
				if math.Abs(got[k]-want[k]) > 1e-6 {
					t.Errorf("%s: cell %v has shares %v, want %v", name, at, got, want)
				}
			}
		}
	}
	r := &run{req: Request{Regions: []Region{soft}, Ask: Ask{Frame: place}}}
	if base, _ := r.shares(place, size); !(base.Data[3] > 0.05 && base.Data[3] < 0.5) {
		t.Errorf("a soft edge leaves the text %v beside it, want some", base.Data[3])
	}
}

// A mask lies on the canvas, wherever the run works: one that is larger, and one that ends where the
// place goes on.
func TestARegionStaysWhereItWasPainted(t *testing.T) {
	m := image.NewAlpha(image.Rect(0, 0, 64, 64))
	draw.Draw(m, image.Rect(32, 0, 64, 64), image.Opaque, image.Point{}, draw.Src)
	g := Region{Weight: 1, Mask: m}
	for name, c := range map[string]struct {
		place image.Rectangle
		want  [4]float32
	}{
		"all":    {image.Rect(0, 0, 64, 64), [4]float32{0, 0, 1, 1}},
		"part":   {image.Rect(24, 8, 40, 24), [4]float32{0, 0, 1, 1}},
		"beyond": {image.Rect(0, 0, 128, 64), [4]float32{0, 1, 1, 1}},
		"across": {image.Rect(20, 0, 52, 64), [4]float32{0, 0.5, 1, 1}},
	} {
		got := g.cells(c.place, image.Pt(4, 1))
		if [4]float32(got.Data) != c.want {
			t.Errorf("%s: cells are %v, want %v", name, got.Data, c.want)
		}
	}
}

// What a region can't be is said before any work, by its name.
func TestAWrongRegionIsNamed(t *testing.T) {
	heavy, bare, soft, wide := boxed(0, 0, 1, 1), Region{Weight: 1}, boxed(0, 0, 1, 1), boxed(0.5, 0, 0.8, 1)
	heavy.Weight, soft.Feather, bare.Name = math.NaN(), -1, "sky"
	for want, g := range map[string]Region{"weight": heavy, "no mask": bare, `"sky"`: bare, "soft": soft, "box": wide} {
		if err := (Request{Regions: []Region{g}}).checkRegions(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
	if err := (Request{Regions: []Region{boxed(0, 0, 1, 1)}, Text: Text{RegionBase: 2}}).checkRegions(); err == nil {
		t.Error("a share of 2 was taken")
	}
}

// A picture holds its regions, and gives them back; of one without a pixel in the frame it says that it can't.
func TestRegionsComeBackFromAPicture(t *testing.T) {
	q := Request{Ask: Ask{Engine: Diffusion, Task: Generate, Frame: image.Rect(0, 0, 64, 64)}, Text: Text{Prompt: "a meadow", RegionBase: 0.25}}
	painted := Region{Name: "sky", Prompt: "clouds, 8 of them", Weight: 1, Mask: image.NewAlpha(image.Rect(0, 0, 64, 64))}
	first := boxed(0, 0.25, 0.5, 0.5)
	first.Negative, first.Feather, first.Over = "a \"dog\", a cat", 7, true
	first.Name, first.Guides, first.Adapters = "/home/me/masks/dog.png", []Guide{{Kind: GuideControl, Model: "/home/me/nets/canny.pth"}}, []Adapter{{File: "/home/me/loras/fur.pt", Weight: 0.5, TextWeight: 0.5}}
	q.Regions = []Region{first, painted}
	f := q.Record(q.Frame, time.Now())
	if text := fmt.Sprint(f); strings.Contains(text, "/home") || !strings.Contains(text, "dog.png") {
		t.Errorf("folders are in the record: %s", text)
	}
	var back Request
	back.Engine, back.Task = Diffusion, Generate
	left := back.Recall(&metadata.Recipe{Prompt: f.Prompt, Params: f.Params}, func(string) bool { return false })
	if len(back.Regions) != 1 || back.Regions[0].Prompt != first.Prompt+" <lora:fur:0.5>" || back.Regions[0].Box != first.Box || back.Regions[0].Negative != first.Negative || !back.Regions[0].Over || back.Regions[0].Feather != 7 {
		t.Errorf("regions came back as %+v", back.Regions)
	}
	if !strings.Contains(strings.Join(left, "\n"), `"sky"`) {
		t.Errorf("nothing is said of the painted region: %q", left)
	}
	if back.RegionBase != 0.25 {
		t.Errorf("the text's share came back as %v", back.RegionBase)
	}
}

// The record names the vision encoder that a region's pictures were read by, too.
func TestARegionsVisionEncoderIsRecorded(t *testing.T) {
	own := []Guide{{Kind: GuideImage, Model: "plus"}, {Kind: GuideImage, Model: "other"}, {Kind: GuideControl, Model: "plus"}}
	q := Request{Guides: own[1:2:2], Regions: []Region{{Guides: own}}}.Clone()
	q.saw(Guide{Kind: GuideImage, Model: "plus"}, "vit")
	for i, want := range []string{"vit", "", ""} {
		if got := q.Regions[0].Guides[i].Vision; got != want {
			t.Errorf("guide %d was read by %q, want %q", i, got, want)
		}
	}
	if q.Guides[0].Vision != "" {
		t.Errorf("the picture's guide was read by %q", q.Guides[0].Vision)
	}
}
