package fetch

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestUpscalersAreWholePairs: each form has what is opened first, and the weights that belong to it.
func TestUpscalersAreWholePairs(t *testing.T) {
	seen := map[string]bool{}
	for _, u := range Upscalers {
		forms := u.Forms()
		if len(forms) == 0 || u.Title == "" || u.Help == "" {
			t.Errorf("%s: %d forms", u.ID, len(forms))
		}
		for _, f := range forms {
			pair := slices.Equal(f.Files, []string{f.Name + ".param", f.Name + ".bin"})
			folder := len(f.Files) > 1 && f.Files[0] == f.Name+"/model.json" && !slices.ContainsFunc(f.Files[1:], func(n string) bool { return !strings.HasPrefix(n, f.Name+"/group1-shard") })
			if seen[f.Name] || !pair && !folder || f.Times < 1 || f.Times > 8 {
				t.Errorf("%s: %+v", u.ID, f)
			}
			seen[f.Name] = true
		}
	}
	if len(upscalerPins) != len(Upscalers) {
		t.Errorf("%d upscalers, files of %d", len(Upscalers), len(upscalerPins))
	}
}

// TestTheFormSuitsTheFactor: the least that reaches it, else the largest; and what denoises alone where nothing is enlarged.
func TestTheFormSuitsTheFactor(t *testing.T) {
	for _, c := range []struct {
		id      string
		by      float64
		denoise string
		want    string
	}{
		{"realesrgan-x4fast", 2, "", "realesrgan-x4fast"},
		{"realesr-animevideov3", 2.5, "", "realesr-animevideov3-x3"},
		{"waifu2x-cunet", 1, "2", "waifu2x-cunet-x1-denoise2"},
		{"waifu2x-cunet", 1.5, "2", "waifu2x-cunet-x2-denoise2"},
		{"waifu2x-cunet", 4, "", "waifu2x-cunet-x2"},
		{"realcugan", 3, "conservative", "realcugan-x3-conservative"},
		{"realcugan", 4, "1", "realcugan-x2-denoise1"},
		{"realcugan", 8, "3", "realcugan-x4-denoise3"},
		{"esrgan-thick", 8, "", "esrgan-thick-x8"},
		{"esrgan-thick", 5, "", "esrgan-thick-x8"},
		{"esrgan-slim", 1, "", "esrgan-slim-x2"},
	} {
		u, _ := FindUpscaler(c.id)
		if f, err := u.Pick(c.by, c.denoise); err != nil || f.Name != c.want {
			t.Errorf("%s by %g, denoising %q: %q, %v; want %q", c.id, c.by, c.denoise, f.Name, err, c.want)
		}
	}
	u, _ := FindUpscaler("waifu2x-upconv7")
	_, err := u.Pick(2, "conservative")
	failed(t, err, "denoises by none, 0, 1, 2, 3", "smoother")
	u, _ = FindUpscaler("esrgan-thick")
	_, err = u.Pick(2, "1")
	failed(t, err, "does not denoise", "waifu2x")
	if _, err := Denoise("4"); err == nil || !strings.Contains(fmt.Sprint(err), "found \"4\"") {
		t.Error(err)
	}
}
