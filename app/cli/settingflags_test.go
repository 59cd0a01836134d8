package cli

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pentimento/canvas/file"
	"pentimento/pipeline"
)

// TestEverySettingIsAFlagWithTheWindowsDefault: a row of pipeline.Settings is on the command
// line without further ado, and a new person has there what they have in the window.
func TestEverySettingIsAFlagWithTheWindowsDefault(t *testing.T) {
	verbs := map[string]*flag.FlagSet{}
	for _, v := range []Verb{generateVerb, fillVerb, outpaintVerb} {
		verbs[v.Name] = flag.NewFlagSet(v.Name, flag.ContinueOnError)
		v.Setup(verbs[v.Name])
	}
	for i := range pipeline.Settings {
		s := &pipeline.Settings[i]
		if s.Flag == "" {
			continue
		}
		for name, fs := range verbs {
			f := fs.Lookup(s.Flag)
			switch {
			case f == nil && s.ID == "feather" && name != "fill": // new pixels over blank ones, or a whole picture: nothing to fade from
			case f == nil && (s.ID == "keep_exact" || s.ID == "over_mask") && name != "outpaint": // nothing is continued
			case f == nil && slices.Contains([]string{"enlarge", "upscaler", "upscale_overlap"}, s.ID) && name != "generate": // a whole picture becomes larger
			case f == nil:
				t.Errorf("%s has no flag --%s", name, s.Flag)
			case s.ID == "seed": // drawn at random, as by the window's open lock
			case f.DefValue != s.Default:
				t.Errorf("%s: --%s is %q without the flag, want the window's %q", name, s.Flag, f.DefValue, s.Default)
			}
		}
	}
}

// TestFlagsReachTheRecord: settings that had no flag before are taken, acted on and written.
func TestFlagsReachTheRecord(t *testing.T) {
	m, out := tinyModel(t), filepath.Join(t.TempDir(), "a.png")
	r := paint(t, "generate", "--model", m, "--prompt", "a (red:1.3) barn", "--size", "64x64", "--steps", "2", "--emphasis", "No norm", "--cfg-rescale", "0.5",
		"--guidance-low", "0.1", "--guidance-high", "9", "--whole-timesteps", "--hires", "1.5", "--out", out)
	if r.code != ExitDone {
		t.Fatalf("exit %d: %s", r.code, r.errors)
	}
	texts, err := file.ReadTexts(out)
	if err != nil || !slices.ContainsFunc(texts, func(x file.Text) bool {
		return strings.Contains(x.Text, "Emphasis: No norm") && strings.Contains(x.Text, "Hires upscale: 1.5")
	}) {
		t.Errorf("%v: %q", err, texts)
	}
	for _, args := range [][]string{{"--emphasis", "loud"}, {"--guidance-high", "-1"}, {"--cfg", "0"}, {"--steps", "0"}, {"--soft-bias", "x"}, {"--blend", "shake"}} {
		if r := paint(t, append([]string{"generate", "--model", m, "--out", out}, args...)...); r.code != ExitMisuse || !strings.Contains(r.errors, args[0]+" is "+args[1]) {
			t.Errorf("%q: exit %d: %s", args, r.code, r.errors)
		}
	}
}

// TestNonsenseFailsBeforeAnyWork: what cannot be meant, or cannot be written, is an error
// before a model is opened.
func TestNonsenseFailsBeforeAnyWork(t *testing.T) {
	m, dir := tinyModel(t), t.TempDir()
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"--guidance-low", "5", "--guidance-high", "1"}, ExitMisuse, "guidance acts from 5 up to 1"},
		{[]string{"--variation-strength", "0.5", "--variation-seed", "-1"}, ExitMisuse, "--variation-seed is -1, want 0 to 18446744073709551615"},
		{[]string{"--trace-latent", filepath.Join(dir, "none", "x.safetensors")}, ExitFailed, "--trace-latent"},
		{[]string{"--trace-latent", dir}, ExitFailed, "found a folder"},
	} {
		r := paint(t, append([]string{"generate", "--model", m, "--steps", "2", "--size", "64x64", "--out", filepath.Join(dir, "x.png")}, c.args...)...)
		if r.code != c.code || !strings.Contains(r.errors, c.want) {
			t.Errorf("%v: exit %d, said %q, want %d and %q", c.args, r.code, r.errors, c.code, c.want)
		}
		if _, err := os.Stat(filepath.Join(dir, "x.png")); err == nil {
			t.Fatalf("%v: a picture was written", c.args)
		}
	}
}
