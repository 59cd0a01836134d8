package models

import (
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"pentimento/app/fetch"
)

// places are where other programs keep checkpoints, below a person's home.
var places = []string{"stable-diffusion-webui/models/Stable-diffusion", "ComfyUI/models/checkpoints", "invokeai/models", "models/Stable-diffusion",
	"models/checkpoints", "models", "Models", "Downloads"}

// smallCheckpoint is the least size of a file that is taken for one; adapters are smaller.
const smallCheckpoint = 900 << 20

// Nearby lists checkpoints to offer: those that were opened before and are still there, and
// files in the folders that other programs use. It reads folders, no file.
func (m *Models) Nearby(most int) []string {
	var out []string
	add := func(path string) {
		if !slices.Contains(out, path) && len(out) < most {
			out = append(out, path)
		}
	}
	for _, path := range m.Opened() {
		if _, err := os.Stat(path); err == nil {
			add(path)
		}
	}
	own, _ := fetch.ModelsDir()
	folders := []string{cmp.Or(m.desk.Settings.DownloadsTo, own)}
	if home, err := os.UserHomeDir(); err == nil {
		for _, place := range places {
			folders = append(folders, filepath.Join(home, place))
		}
	}
	for _, folder := range folders {
		entries, _ := os.ReadDir(folder)
		for _, e := range entries {
			if st, err := e.Info(); err == nil && st.Mode().IsRegular() && st.Size() >= smallCheckpoint && slices.Contains(checkpointEndings, strings.ToLower(filepath.Ext(e.Name()))) {
				add(filepath.Join(folder, e.Name()))
			}
		}
	}
	return out
}

// Opened are the models that were opened before, latest first. The starter is none of them,
// though its hash is remembered like theirs.
func (m *Models) Opened() (out []string) {
	for _, known := range m.desk.Settings.Models {
		if !known.BuiltIn {
			out = append(out, known.Path)
		}
	}
	return out
}

// Title is a model's name for people: that of its file or folder, and of a folder in the cache
// of a hub (models--OWNER--NAME/snapshots/HASH) the owner's and its own.
func Title(path string) string {
	if up := filepath.Dir(path); filepath.Base(up) == "snapshots" {
		if name, ok := strings.CutPrefix(filepath.Base(filepath.Dir(up)), "models--"); ok {
			return strings.ReplaceAll(name, "--", "/")
		}
	}
	return filepath.Base(path)
}
