package cli

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
)

// corpus is a project of format 1 that is kept for ever.
var corpus = filepath.Join("..", "..", "canvas", "file", "testdata", "corpus", "v1", "everything.ora")

func TestInfoTellsWhatAProjectHolds(t *testing.T) {
	r := do(t, nil, "info", corpus)
	if r.code != ExitDone {
		t.Fatalf("exit code %d: %s", r.code, r.errors)
	}
	for _, words := range []string{"OpenRaster", "format 1.0, by Test", `"random 1"`, "screen, 35 %", "Frame            370×419 at 222,283", "strip & <0>", "Accepted fills   2", "a prompt"} {
		if !strings.Contains(r.out, words) {
			t.Errorf("the account does not say %q:\n%s", words, r.out)
		}
	}
	r = do(t, nil, "info", "--json", corpus)
	var a struct {
		Project struct {
			Layers []struct{ Name string }
			Mask   bool
		}
	}
	if err := json.Unmarshal([]byte(r.out), &a); err != nil || len(a.Project.Layers) != 7 {
		t.Errorf("JSON: %v, %+v", err, a)
	}
}

// TestOutpaintTakesAProject: verbs work on the flattened picture of a project.
func TestOutpaintTakesAProject(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out.png")
	r := do(t, nil, "outpaint", "--image", corpus, "--right", "16", "--engine", "edge", "--out", out)
	if r.code != ExitDone || !strings.Contains(r.errors, "changed") {
		t.Errorf("exit code %d: %s", r.code, r.errors)
	}
}
