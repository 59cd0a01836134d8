package prompting

import (
	"path/filepath"
	"strings"

	"pentimento/fault"
)

// nearest is the known name that was likely meant; of files their names without folder and
// ending count.
func nearest(known []string, name string) string {
	stems := make([]string, len(known))
	for i, k := range known {
		stems[i] = stem(k)
	}
	near := fault.Nearest(stem(name), stems)
	for i, s := range stems {
		if near != "" && s == near {
			return strings.TrimSuffix(filepath.Base(known[i]), ".safetensors")
		}
	}
	return ""
}
