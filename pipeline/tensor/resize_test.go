package tensor_test

import (
	"strings"
	"testing"

	"pentimento/pipeline/pipelinetest"
	"pentimento/pipeline/tensor"
)

// Planes are resized as torch does it, under the names that A1111's latent upscalers have.
func TestResizeAgreesWithTorch(t *testing.T) {
	want, err := pipelinetest.ReadSafetensors("testdata/resize.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	z := pipelinetest.UnitNoise("hires.z", 1, 4, 8, 12)
	filters := map[string]tensor.Filter{
		"Latent.13x19":                       {Name: "bilinear"},
		"Latent (antialiased).13x19":         {Name: "bilinear", Antialias: true},
		"Latent (bicubic).13x19":             {Name: "bicubic"},
		"Latent (bicubic antialiased).13x19": {Name: "bicubic", Antialias: true},
		"Latent (nearest).13x19":             {Name: "nearest"},
		"Latent (nearest-exact).13x19":       {Name: "nearest-exact"},
	}
	for name, ref := range want {
		got, err := tensor.Bislerp(z, 14, 18)
		if !strings.HasPrefix(name, "bislerp") {
			got, err = tensor.Resize(z, 13, 19, filters[name])
		}
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if off := pipelinetest.Relative(got.Data, ref.Data); off > 1e-5 || !got.SameShape(ref) {
			t.Errorf("%s: %v of %v, off by %.2g", name, got.Shape, ref.Shape, off)
		}
	}
	if len(want) != len(filters)+1 {
		t.Errorf("%d references, want one of each filter and bislerp's", len(want))
	}
}

// Any size becomes any other: what is one colour stays it, and a size of its own changes nothing.
func TestResizeKeepsAFlatPicture(t *testing.T) {
	for _, f := range []tensor.Filter{{Name: "nearest"}, {Name: "nearest-exact"}, {Name: "bilinear"}, {Name: "bicubic"}, {Name: "bilinear", Antialias: true}, {Name: "bicubic", Antialias: true}} {
		for _, size := range [][4]int{{1, 1, 1, 1}, {1, 1, 9, 5}, {17, 3, 1, 1}, {5, 64, 8, 7}} {
			flat := tensor.New(2, 3, size[0], size[1])
			for i := range flat.Data {
				flat.Data[i] = 0.25
			}
			for _, resize := range []func() (*tensor.Tensor, error){
				func() (*tensor.Tensor, error) { return tensor.Resize(flat, size[2], size[3], f) },
				func() (*tensor.Tensor, error) { return tensor.Bislerp(flat, size[2], size[3]) },
			} {
				got, err := resize()
				if err != nil {
					t.Fatal(err)
				}
				for i, v := range got.Data {
					if v < 0.24999 || v > 0.25001 {
						t.Fatalf("%v, %v: value %d is %v, want 0.25", f, size, i, v)
					}
				}
			}
		}
	}
	x := pipelinetest.UnitNoise("resize.same", 1, 2, 5, 7)
	if got, err := tensor.Resize(x, 5, 7, tensor.Filter{Name: "bicubic", Antialias: true}); err != nil || pipelinetest.Relative(got.Data, x.Data) > 1e-7 {
		t.Errorf("a size of its own changed the picture: %v", err)
	}
	for _, bad := range []*tensor.Tensor{tensor.New(2, 3), tensor.New(1, 1, 0, 4)} {
		if _, err := tensor.Resize(bad, 2, 2, tensor.Filter{Name: "bilinear"}); err == nil {
			t.Errorf("shape %v was resized", bad.Shape)
		}
	}
	if _, err := tensor.Resize(x, 2, 2, tensor.Filter{Name: "lanczos"}); err == nil {
		t.Error("an unknown filter was taken")
	}
}
