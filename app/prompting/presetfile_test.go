package prompting

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pentimento/app/settings"
	"pentimento/fault"
)

// TestAWholePresetBringsEverythingBack but the seeds; a model that is not there leaves the one
// that is, and all else comes.
func TestAWholePresetBringsEverythingBack(t *testing.T) {
	b := reader(t)
	fill := &b.desk.Settings.Fill
	fill.Prompt, fill.Negative, fill.Steps, fill.Model, fill.Styles = "a red boat", "fog", 33, "/models/a.safetensors", "Watercolour"
	fill.Adapters = []settings.Adapter{{File: "x", Weight: 0.5}}
	fill.Seed, fill.LockSeed = 7, true
	if err := b.SavePreset("boat", true); err != nil {
		t.Fatal(err)
	}
	if p := b.desk.Settings.Presets[0]; p.Fill.Seed != 0 || p.Fill.LockSeed || !p.Whole {
		t.Errorf("it keeps a seed: %+v", p)
	}
	opened := ""
	b.OpenModel = func(path string) { opened = path } // and it is not there
	*fill = settings.Fill{Prompt: "other", Steps: 20, Model: "/models/b.safetensors", Seed: 9, Engine: "content"}
	b.UsePreset("boat")
	if fill.Prompt != "a red boat" || fill.Negative != "fog" || fill.Steps != 33 || fill.Styles != "Watercolour" || len(fill.Adapters) != 1 || fill.Seed != 9 || fill.LockSeed {
		t.Errorf("%+v", *fill)
	}
	if opened != "/models/a.safetensors" || fill.Model != "/models/b.safetensors" {
		t.Errorf("opened %q, the model is %q", opened, fill.Model)
	}
}

// TestPresetsAndStylesGoThroughAFile: what is here stays, the same comes once, and a bad file
// changes nothing and says what is wrong.
func TestPresetsAndStylesGoThroughAFile(t *testing.T) {
	b := reader(t)
	b.desk.Settings.Styles = []settings.Style{{Name: "Ink", Prompt: "ink"}}
	b.desk.Settings.Fill.Prompt = "a red boat"
	b.SavePreset("boat", true)
	path := filepath.Join(t.TempDir(), "p.json")
	if err := b.ExportPresets(path); err != nil {
		t.Fatal(err)
	}
	if n, err := b.ImportPresets(path); n != 0 || err != nil || len(b.desk.Settings.Presets) != 1 {
		t.Errorf("the same again: %d new, %v", n, err)
	}
	b.desk.Settings.Fill.Prompt = "a blue boat"
	b.SavePreset("boat", true)
	b.desk.Settings.Styles = nil
	if n, err := b.ImportPresets(path); n != 2 || err != nil {
		t.Errorf("%d new, %v", n, err)
	}
	all := b.desk.Settings.Presets
	if len(all) != 2 || all[0].Fill.Prompt != "a blue boat" || all[1].Name != "boat (2)" || all[1].Fill.Prompt != "a red boat" {
		t.Errorf("%+v", all)
	}
	for text, says := range map[string]string{"{": "p.json", "{}": "format 0", `{"pentimento_presets":1,"presets":[{}]}`: "preset 1 has no name", `{"pentimento_presets":1,"styles":[{"name":3}]}`: "p.json"} {
		os.WriteFile(path, []byte(text), 0o600)
		if _, err := b.ImportPresets(path); err == nil || !strings.Contains(err.Error(), says) || fault.Hint(err) == "" || len(b.desk.Settings.Presets) != 2 {
			t.Errorf("%s: %v", text, err)
		}
	}
}
