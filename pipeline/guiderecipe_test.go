package pipeline

import (
	"image"
	"slices"
	"testing"
	"time"

	"pentimento/pipeline/metadata"
)

// What A1111's extension writes of its units, today and in its first years, is read, and what we
// write is what it writes.
func TestUnitsOfTheExtensionAreReadAndWritten(t *testing.T) {
	n := func(v float64) *float64 { return &v }
	canny := Guide{Kind: GuideControl, Preprocessor: "canny", Model: "control_v11p_sd15_canny", Weight: 0.8, Start: 0.1, End: 0.6, Resolution: 512, A: n(100), B: n(200), Mode: ModeControl, Resize: ResizeFill, PixelPerfect: true}
	for what, text := range map[string]string{
		"today":  `a hare` + "\n" + `Steps: 20, Sampler: Euler a, CFG scale: 7, Seed: 1, Size: 512x512, ControlNet 0: "Module: canny, Model: control_v11p_sd15_canny [d14c016b], Weight: 0.8, Resize Mode: Resize and Fill, Low Vram: False, Processor Res: 512, Threshold A: 100, Threshold B: 200, Guidance Start: 0.1, Guidance End: 0.6, Pixel Perfect: True, Control Mode: ControlNet is more important, Hr Option: Both, Save Detected Map: True", Version: v1.7.0`,
		"before": `a hare` + "\n" + `Steps: 20, Sampler: Euler a, CFG scale: 7, Seed: 1, Size: 512x512, ControlNet 0: "preprocessor: canny, model: control_v11p_sd15_canny [d14c016b], weight: 0.8, starting/ending: (0.1, 0.6), resize mode: Resize and Fill, pixel perfect: True, control mode: ControlNet is more important, preprocessor params: (512, 100, 200)"`,
	} {
		r, _ := metadata.Read([]metadata.Text{{Key: metadata.ParametersKey, Text: text}})
		if r == nil {
			t.Fatalf("%s: nothing was read", what)
		}
		got := RecalledGuides(r)
		if len(got) != 1 || got[0].unit() != canny.unit() || got[0].Kind != GuideControl {
			t.Errorf("%s: read %+v", what, got)
		}
	}
	want := "Module: canny, Model: control_v11p_sd15_canny, Weight: 0.8, Resize Mode: Resize and Fill, Processor Res: 512, Threshold A: 100, Threshold B: 200, Guidance Start: 0.1, Guidance End: 0.6, Pixel Perfect: True, Control Mode: ControlNet is more important"
	if got := canny.unit(); got != want {
		t.Errorf("written %q,\nwant %q", got, want)
	}
	old, _ := metadata.Read([]metadata.Text{{Key: metadata.ParametersKey, Text: "a hare\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 1, Size: 512x512, ControlNet-0 Enabled: True, ControlNet-0 Module: depth, ControlNet-0 Model: control_sd15_depth [fef5e48e], ControlNet-0 Weight: 1, ControlNet-0 Guidance Start: 0, ControlNet-0 Guidance End: 0.5"}})
	if got := RecalledGuides(old); len(got) != 1 || got[0].Model != "control_sd15_depth" || got[0].Preprocessor != "depth" || got[0].End != 0.5 {
		t.Errorf("of the first years: %+v", got)
	}
}

// A picture says of its guides what they were, no folder among it, and reading that gives them again,
// but for their pictures.
func TestGuidesAreRecordedAndReplayed(t *testing.T) {
	q := Request{Ask: Ask{Engine: Diffusion, Task: Generate}, Guides: []Guide{
		{Kind: GuideControl, Name: "/home/me/pose.png", Model: "/home/me/nets/control_v11p_sd15_openpose.pth", Weight: 1.2, End: 0.75, Image: image.NewNRGBA(image.Rect(0, 0, 8, 8)), Mode: ModePrompt},
		{Kind: GuideControl, Weight: 0, End: 1}, // it did nothing
		{Kind: GuideControl, Name: "lines", Preprocessor: "lineart_standard", Model: "x.safetensors", Weight: 1, End: 1, Factors: []float64{1, 2}},
	}}
	f := q.Record(image.Rect(0, 0, 8, 8), time.Time{})
	var units []metadata.Param
	for _, p := range f.Params {
		if isGuide(p) {
			units = append(units, p)
		}
	}
	got := RecalledGuides(&metadata.Recipe{Params: units})
	if len(got) != 2 || units[0].Key != "ControlNet 0" || units[1].Key != "ControlNet 1" {
		t.Fatalf("recorded %+v", units)
	}
	if g := got[0]; g.Model != "control_v11p_sd15_openpose" || g.Weight != 1.2 || g.End != 0.75 || g.Mode != ModePrompt {
		t.Errorf("read back %+v", g)
	}
	if got[1].Preprocessor != "lineart_standard" {
		t.Errorf("read back %+v", got[1])
	}
	replay := (&Result{Request: q, Image: image.NewNRGBA(image.Rect(0, 0, 8, 8))}).Replay().Request
	if g := replay.Guides[0]; g.Name != "pose.png" || g.Model != "control_v11p_sd15_openpose.pth" || !slices.Equal(replay.Guides[2].Factors, q.Guides[2].Factors) {
		t.Errorf("the replay has %+v", replay.Guides)
	}
}
