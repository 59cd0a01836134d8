package embedding

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// endings are those of files that may be embeddings.
var endings = []string{".safetensors", ".pt", ".bin", ".pth"}

// isFile says whether a file may be an embedding, by its name.
func isFile(path string) bool { return slices.Contains(endings, strings.ToLower(filepath.Ext(path))) }

// Name is what prompts and recipes call an embedding's file.
func Name(path string) string {
	base := path[strings.LastIndexAny(path, `/\`)+1:]
	if isFile(base) || isPicture(base) {
		return strings.TrimSuffix(base, filepath.Ext(base))
	}
	return base
}

// folders are what other programs call the folder of embeddings: A1111, ComfyUI, InvokeAI.
var folders = []string{"embeddings", "embedding", "textual_inversion"}

// The most that is looked at: folders above a model's, folders within folders of embeddings,
// and files in all.
const (
	maxAbove = 3
	maxDepth = 4
	maxFiles = 20000
)

// Folders are where the embeddings of a model are: those called embeddings beside it and beside
// the folders that it is in (models/embeddings, and embeddings beside models).
func Folders(model string) []string {
	var out []string
	if model == "" {
		return nil
	}
	dir := filepath.Dir(model)
	for range maxAbove + 1 {
		out = append(out, inside(dir)...)
		above := filepath.Dir(dir)
		if above == dir {
			break
		}
		dir = above
	}
	return out
}

// inside lists the folders of embeddings that are directly in one.
func inside(dir string) (out []string) {
	entries, _ := os.ReadDir(dir) // a folder that cannot be read holds nothing for us
	for _, e := range entries {
		if slices.Contains(folders, strings.ToLower(e.Name())) {
			out = append(out, filepath.Join(dir, e.Name()))
		}
	}
	return out
}

// Of lists the folders of embeddings among a folder and those directly in it.
func Of(dir string) []string {
	if slices.Contains(folders, strings.ToLower(filepath.Base(dir))) {
		return []string{dir}
	}
	return inside(dir)
}

// List is the files that a prompt may name, of each name one: the given files, those of given
// folders, those near the model, and what the model itself has bundled.
func List(model string, given ...string) []string {
	var out, later []string
	seen := map[string]bool{}
	add := func(path string) {
		if name := strings.ToLower(Name(path)); !seen[name] && len(out) < maxFiles {
			seen[name] = true
			out = append(out, path)
		}
	}
	found := func(path string) {
		if isPicture(path) {
			later = append(later, path)
			return
		}
		add(path)
	}
	for _, at := range append(slices.Clone(given), Folders(model)...) {
		info, err := os.Stat(at)
		switch {
		case err != nil:
		case !info.IsDir():
			found(at)
		default:
			walk(at, found)
		}
	}
	for _, path := range append(later, Bundled(model)...) { // pictures may be the previews of those before
		if !seen[strings.ToLower(Name(path))] && (!isPicture(path) || holds(path)) {
			add(path)
		}
	}
	return out
}

// walk tells the files of a folder and of those in it that may be embeddings.
func walk(folder string, add func(path string)) {
	if real, err := filepath.EvalSymlinks(folder); err == nil {
		folder = real // WalkDir does not follow a link
	}
	depth, looked := strings.Count(folder, string(filepath.Separator)), 0
	_ = filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		looked++
		switch {
		case err != nil:
			return nil
		case looked > maxFiles:
			return fs.SkipAll
		case d.IsDir():
			if path != folder && strings.Count(path, string(filepath.Separator)) > depth+maxDepth {
				return fs.SkipDir
			}
		case isFile(path) || isPicture(path):
			add(path)
		}
		return nil
	})
}
