package cli

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"pentimento/pipeline"
)

// TestTheFlagOfAnAdapter reads files, also those with a colon in their names, strengths, and what
// a tag may say; what is no file and no name is refused, and so is a word that nothing means.
func TestTheFlagOfAnAdapter(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	for _, name := range []string{"fog.safetensors", "a:0.3.safetensors"} {
		if runtime.GOOS == "windows" && strings.Contains(name, ":") {
			continue // no name of a file there
		}
		if err := os.WriteFile(name, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	fog := filepath.Join(dir, "fog.safetensors")
	for text, want := range map[string]pipeline.Adapter{
		"fog.safetensors":                              {File: fog, Weight: 1, TextWeight: 1},
		"fog.safetensors:0.8":                          {File: fog, Weight: .8, TextWeight: .8},
		fog + ":0.3:0.8":                               {File: fog, Weight: .8, TextWeight: .3},
		"fog.safetensors:0.8:OUTALL":                   {File: fog, Weight: .8, TextWeight: .8, Blocks: "OUTALL"},
		"fog.safetensors:0.8:lbw=1,0,1:step=.5-9":      {File: fog, Weight: .8, TextWeight: .8, Blocks: "1,0,1", Start: .5, Stop: 9},
		"fog.safetensors:te=0:unet=1:lbwe=ATTNDEEPOFF": {File: fog, Weight: 1, Elements: "ATTNDEEPOFF"},
		"mist:-1":                      {File: "mist", Weight: -1, TextWeight: -1},
		"a:0.3.safetensors:2":          {File: filepath.Join(dir, "a:0.3.safetensors"), Weight: 2, TextWeight: 2},
		`C:\loras\fog.safetensors:0.5`: {},
		filepath.Join("elsewhere", "x.safetensors") + ":1": {},
		"fog.safetensors:1:blocks=OUTALL":                  {},
		"":                                                 {},
	} {
		if runtime.GOOS == "windows" && strings.HasPrefix(text, "a:") {
			continue
		}
		var l loraFlags
		err := l.Set(text)
		if refused := want == (pipeline.Adapter{}); refused != (err != nil) || !refused && l[0] != want {
			t.Errorf("%q: %+v, error %v, want %+v", text, l, err, want)
		}
		if strings.HasPrefix(text, `C:\loras`) && (err == nil || !strings.Contains(err.Error(), `fog.safetensors"`)) {
			t.Errorf("%q: error %v, want the whole path named", text, err)
		}
	}
}
