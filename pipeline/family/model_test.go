package family_test

import (
	"testing"

	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/family"
	"pentimento/pipeline/family/familytest"
	"pentimento/pipeline/pipelinetest"
	"pentimento/pipeline/region"
	"pentimento/pipeline/tensor"
)

func TestScaleAndShiftOfALatentAreUndone(t *testing.T) {
	m := &family.Model{Family: familytest.Fourth, Checkpoint: &checkpoint.Checkpoint{Settings: checkpoint.Settings{ScaleFactor: 2, Shift: 0.25}}}
	moments := pipelinetest.Uniform("moments", 1, 1, 2*familytest.Channels, 3, 5) // means, then variances
	latent := m.Scaled(moments)
	if want := 2 * (moments.Data[7] - 0.25); latent.Data[7] != want || latent.Shape[1] != familytest.Channels {
		t.Errorf("latent of shape %v has %v, want %v", latent.Shape, latent.Data[7], want)
	}
	means := &tensor.Tensor{Shape: latent.Shape, Data: moments.Data[:len(latent.Data)]}
	if e := pipelinetest.Relative(m.Unscaled(latent).Data, means.Data); e > 1e-6 {
		t.Errorf("came back %.2g off", e)
	}
}

func TestSmallDecodersAreToldApartByTheLongestName(t *testing.T) {
	for name, want := range map[string]*family.Family{
		"taesd_decoder.safetensors": family.SD1, "TAESDXL.safetensors": family.SDXL, "other.safetensors": nil,
	} {
		for _, f := range family.Families {
			if got := f.HasSmall(name); got != (want != nil && f.Small == want.Small) {
				t.Errorf("%s for %s: %t", name, f.Name, got)
			}
		}
	}
	if familytest.Fourth.HasSmall("taesd_decoder.safetensors") || familytest.Fourth.HasSmall("other.safetensors") {
		t.Error("a family without small decoders takes one")
	}
}

func TestLimitsFollowTheSizeAModelWasTrainedFor(t *testing.T) {
	for _, c := range []struct {
		family *family.Family
		native int
		want   region.Limits
	}{
		{family.SD1, 512, region.Limits{MinSide: 512, MaxSide: 768, MinArea: 512 * 512, MaxArea: 512 * 768}},
		{family.SD2, 512, region.Limits{MinSide: 512, MaxSide: 768, MinArea: 512 * 512, MaxArea: 512 * 768}},
		{family.SD2, 768, region.Around(768)},
		{family.SDXL, 1024, region.Limits{MinSide: 640, MaxSide: 1280, MinArea: 800 * 800, MaxArea: 1024 * 1024}},
		{family.SDXL, 512, region.Around(512)},
	} {
		m := &family.Model{Family: c.family, Checkpoint: &checkpoint.Checkpoint{Settings: checkpoint.Settings{NativeSize: c.native}}}
		if got := m.Limits(); got != c.want {
			t.Errorf("%s of %d: %+v, want %+v", c.family.Name, c.native, got, c.want)
		}
	}
}

func TestEveryRowIsWhole(t *testing.T) {
	for _, f := range append([]*family.Family{familytest.Fourth}, family.Families...) {
		rows := len(f.Preview)
		if f.Name == "" || f.Label == "" || f.Is == nil || f.Settle == nil || f.NativeSize == nil || f.Text == nil || f.OpenDenoiser == nil ||
			f.Codec.Factor == nil || f.Codec.OpenEncoder == nil || f.Codec.OpenDecoder == nil || f.Limits == nil || len(f.Predictions) == 0 || f.ScaleFactor == 0 {
			t.Errorf("%s lacks something that every family has", f.Name)
		}
		if rows != f.Latent && rows != f.Latent+1 {
			t.Errorf("%s: a preview matrix of %d rows for %d channels", f.Name, rows, f.Latent)
		}
	}
}
