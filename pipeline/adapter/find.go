package adapter

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"pentimento/fault"
)

// endings are those of adapters' files: of safetensors and of torch.
var endings = []string{".safetensors", ".pt", ".bin", ".ckpt"}

// ending is that of an adapter's file, "" of others.
func ending(path string) string {
	for _, e := range endings {
		if n := len(path) - len(e); n > 0 && strings.EqualFold(path[n:], e) {
			return path[n:]
		}
	}
	return ""
}

// Name is what prompts and recipes call an adapter's file.
func Name(path string) string {
	base := path[strings.LastIndexAny(path, `/\`)+1:]
	return strings.TrimSuffix(base, ending(base))
}

// Folders are where the adapters of a model are: its own folder, and those called Lora,
// loras or lora within that one and beside it.
func Folders(model string) []string {
	dir := filepath.Dir(model)
	out := []string{dir}
	for _, at := range []string{dir, filepath.Dir(dir)} {
		entries, _ := os.ReadDir(at) // a folder that cannot be read holds nothing for us
		for _, e := range entries {
			path := filepath.Join(at, e.Name())
			if name := strings.ToLower(e.Name()); (name == "lora" || name == "loras") && !slices.Contains(out, path) {
				out = append(out, path)
			}
		}
	}
	return out
}

// The most that is looked at: folders within folders of adapters, and files in all.
const (
	maxDepth = 4
	maxFiles = 20000
)

// List is the files near a model that may be adapters, its own folder first.
func List(model string) []string {
	var out []string
	for i, folder := range Folders(model) {
		if real, err := filepath.EvalSymlinks(folder); err == nil {
			folder = real // WalkDir does not follow a link
		}
		depth := strings.Count(folder, string(filepath.Separator))
		_ = filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return nil
			case len(out) >= maxFiles:
				return fs.SkipAll
			case d.IsDir():
				if path != folder && (i == 0 || strings.Count(path, string(filepath.Separator)) > depth+maxDepth) {
					return fs.SkipDir
				}
			case path == model || i == 0 && strings.EqualFold(filepath.Ext(path), ".ckpt"): // beside a model it is another
			case ending(d.Name()) != "":
				out = append(out, path)
			}
			return nil
		})
	}
	return out
}

// Find is the file that a prompt or a recipe names: an absolute path, or one near the model or
// among more files, whose name without ending is that of name, capitals aside where no other is.
// The error says where it looked.
func Find(name, model string, more ...string) (string, error) {
	if filepath.IsAbs(name) {
		if _, err := os.Stat(name); err == nil {
			return name, nil
		}
	}
	want, other := Name(name), ""
	for _, path := range append(List(model), more...) {
		if Name(path) == want {
			return path, nil
		}
		if other == "" && strings.EqualFold(Name(path), want) {
			other = path
		}
	}
	if other == "" {
		return "", fault.New(fmt.Sprintf("no adapter is called %q", want),
			fmt.Sprintf("Looked for %s in %s. %s, or correct the name.", want+endings[0], strings.Join(Folders(model), ", "), put(Folders(model))))
	}
	return other, nil
}

// put says where a file belongs that is in none of some folders.
func put(folders []string) string {
	if len(folders) == 1 {
		return "Put the file there, or into a folder Lora in it"
	}
	return "Put the file into one of them"
}
