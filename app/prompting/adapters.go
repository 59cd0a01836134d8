package prompting

import (
	"cmp"
	"path/filepath"
	"slices"
	"strings"
)

// adapterEndings are those of files that tags may name, with or without them.
var adapterEndings = []string{".safetensors", ".pt", ".bin", ".ckpt"}

// adapterName is what tags call an adapter: its file's name without the ending.
func adapterName(path string) string {
	base := filepath.Base(path)
	if ext := filepath.Ext(base); slices.Contains(adapterEndings, strings.ToLower(ext)) {
		return base[:len(base)-len(ext)]
	}
	return base
}

// stem is adapterName for comparing: capitals do not count.
func stem(name string) string { return strings.ToLower(adapterName(name)) }

// completeAdapter offers adapters for a tag <lora: that ends at byte at of a text, the shortest
// name first, each with the usual strength behind it. from is where the name begins. files lists
// the adapters, and is only asked inside a tag.
func completeAdapter(text string, at int, files func() []string) (from int, found []string) {
	at = min(max(at, 0), len(text))
	open := strings.LastIndexByte(text[:at], '<')
	if open < 0 {
		return at, nil
	}
	kind, begun, named := strings.Cut(text[open+1:at], ":")
	if kind = strings.ToLower(kind); !named || kind != "lora" && kind != "lyco" || strings.ContainsAny(begun, ":>\n") {
		return at, nil
	}
	for _, path := range files() {
		name := adapterName(path)
		if len(name) >= len(begun) && strings.EqualFold(name[:len(begun)], begun) && !slices.Contains(found, name+":1>") {
			found = append(found, name+":1>")
		}
	}
	slices.SortStableFunc(found, func(a, b string) int { return cmp.Compare(len(a), len(b)) })
	return at - len(begun), found[:min(len(found), mostCompletions)]
}
