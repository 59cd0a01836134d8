package pipeline

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"pentimento/fault"
	"pentimento/pipeline/metadata"
)

// AfterRestoring is the step that restores the faces of what a request makes, as A1111's "Face restoration" does.
func AfterRestoring(how Restoring) Step { return Step{Task: Restore, Restore: &how} }

// restoredParams are what a picture remembers of the faces that were restored after it was made.
func (q Request) restoredParams() (out []metadata.Param) {
	for _, s := range q.After {
		out = append(out, s.Restore.params()...)
	}
	return out
}

// restorerFolders are where A1111 and ComfyUI keep networks that restore faces, beside the folders of models.
var restorerFolders = []string{".", "GFPGAN", "Codeformer", "CodeFormer", "facerestore_models", "facerestore"}

var restorerEndings = []string{".pth", ".safetensors", ".onnx"}

// FindRestorer is the file of a network that a recipe calls GFPGAN or CodeFormer, or by its own name: one in the folders near
// the model whose name begins so.
func FindRestorer(model, name string) (string, error) {
	stem := strings.ToLower(baseName(name)) // GFPGANv1.4 has no ending
	for _, ending := range restorerEndings {
		stem = strings.TrimSuffix(stem, ending)
	}
	for dir, n := filepath.Dir(model), 0; model != "" && stem != "" && n < 3; dir, n = filepath.Dir(dir), n+1 {
		for _, sub := range restorerFolders {
			entries, err := os.ReadDir(filepath.Join(dir, sub))
			if err != nil {
				continue // most are not there
			}
			best := ""
			for _, e := range entries { // in the order of their names: the last is the newest form
				lower := strings.ToLower(e.Name())
				if strings.HasPrefix(lower, stem) && slices.Contains(restorerEndings, filepath.Ext(lower)) && e.Type().IsRegular() {
					best = filepath.Join(dir, sub, e.Name())
				}
			}
			if best != "" {
				return best, nil
			}
		}
	}
	return "", fault.New(fmt.Sprintf("network %q: no such file near the model", name), "pentimento restore does it with a file that --model names.")
}
