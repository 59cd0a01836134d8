package models

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
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
	for _, known := range m.desk.Settings.Models {
		if _, err := os.Stat(known.Path); err == nil {
			add(known.Path)
		}
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return out
	}
	for _, place := range places {
		entries, _ := os.ReadDir(filepath.Join(home, place))
		for _, e := range entries {
			if st, err := e.Info(); err == nil && st.Mode().IsRegular() && st.Size() >= smallCheckpoint && strings.EqualFold(filepath.Ext(e.Name()), ".safetensors") {
				add(filepath.Join(home, place, e.Name()))
			}
		}
	}
	return out
}
