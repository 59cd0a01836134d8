package settings

import (
	"os"
	"path/filepath"
	"testing"
)

// TestTheFirstVersionsFileIsRead: testdata/v1 holds the settings as the first version of the
// program wrote them; whatever is added, what a person had chosen then is still chosen.
func TestTheFirstVersionsFileIsRead(t *testing.T) {
	data, err := os.ReadFile("testdata/v1/settings.json")
	path := filepath.Join(t.TempDir(), "settings.json")
	if err == nil {
		err = os.WriteFile(path, data, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, round := range []string{"as it was", "written again"} {
		s, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		for name, f := range map[string]Fill{"panel": s.Fill, "preset": s.Presets[0].Fill} {
			switch {
			case f.Prompt != "a (grey:1.2) heron, “reeds”", f.Negative != "fog, blur", f.Seed != 77, !f.LockSeed, f.Steps != 3, f.CFG != 1, f.Sampler != "Euler a",
				f.Schedule != "Karras", f.Strength != 0.8, f.Feather != 4, f.Model != "/models/tiny15.safetensors", f.Batch != 1, f.Variation != 99,
				f.VariationStrength != 0.25, f.ClipSkip != 2, f.RNG != "nv", f.Blend != "both", f.Infill != "original", f.Reach != "inside", f.Tile != "x", f.Styles != "ink":
				t.Errorf("%s: the %s is %+v", round, name, f)
			}
		}
		if s.Fill.Engine != "content" || s.Presets[0].Fill.Engine != "diffusion" || s.Presets[0].Name != "quick" || len(s.Styles) != 1 || s.Styles[0].Prompt != "ink drawing, {prompt}" ||
			s.Recent[0] != "/pictures/a.png" || s.Models[0].SHA256 != "ab" || s.Prompts[0].Negative != "fog, blur" || s.Live != Default().Live || s.ResultsMB != 2000 {
			t.Errorf("%s: %+v", round, s.Settings)
		}
		if err := s.Save(); err != nil {
			t.Fatal(err)
		}
	}
}
