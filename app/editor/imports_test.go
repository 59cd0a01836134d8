package editor

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// rooms says who may import whom inside the house; a folder without a row fails.
// "native" marks the only rooms that may need cgo; Fyne is named where it may be seen.
var rooms = map[string][]string{
	"canvas/blend": {}, "tools/stroke": {}, "app/jobs": {}, "app/settings": {}, "assets": {}, "app/library": {"canvas/file", "pipeline/metadata"},
	"pipeline/tensor": {}, "pipeline/prompt": {}, "pipeline/tokenizer": {}, "pipeline/region": {},
	"pipeline/noise": {}, "pipeline/metadata": {}, "pipeline/infill": {}, "pipeline/graph": {},
	"canvas":              {"canvas/blend"},
	"pipeline/sampler":    {"pipeline/tensor"},
	"pipeline/model":      {"pipeline/tensor", "pipeline/graph"},
	"pipeline/checkpoint": {"pipeline/tensor", "pipeline/graph"},
	"pipeline/denoise":    {"pipeline/sampler", "pipeline/tensor"},
	"canvas/render":       {"canvas", "canvas/blend"},
	"canvas/file":         {"canvas", "canvas/blend"},
	"canvas/journal":      {"canvas", "canvas/blend"},
	"canvas/canvastest":   {"canvas", "canvas/blend"},
	"pipeline/clip":       network, "pipeline/unet": network, "pipeline/vae": network, "pipeline/ort": network,
	"pipeline/pipelinetest": network,
	"tools":                 {"canvas", "canvas/blend", "tools/stroke"},
	"tools/toolstest":       {"canvas", "canvas/blend", "tools", "tools/stroke"},
	"pipeline":              append([]string{"pipeline/clip", "pipeline/unet", "pipeline/vae", "pipeline/denoise", "pipeline/sampler"}, append(network, pure...)...),
	"app/editor": append([]string{"app/jobs", "app/settings", "app/library", "canvas", "canvas/blend", "canvas/render", "canvas/file", "canvas/journal",
		"tools", "tools/stroke", "pipeline"}, pure...),
	"app/engine": {"pipeline", "pipeline/model", "pipeline/graph"},
	"app/ui":     {"app/editor", "app/jobs", "app/settings", "canvas", "canvas/blend", "canvas/render", "tools", "assets", "fyne.io/fyne/v2"},
	"app/cli":    append([]string{"app/jobs", "canvas/file", "pipeline", "pipeline/model", "pipeline/checkpoint", "pipeline/tensor", "pipeline/graph"}, pure...),
	"app":        {"*"},
}

var (
	pure    = []string{"pipeline/prompt", "pipeline/tokenizer", "pipeline/region", "pipeline/noise", "pipeline/metadata", "pipeline/infill"}
	network = []string{"pipeline/graph", "pipeline/model", "pipeline/checkpoint", "pipeline/tensor"}
)

func TestImportRule(t *testing.T) {
	root := filepath.Join("..", "..")
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") {
			return err
		}
		rel, _ := filepath.Rel(root, path)
		rel = filepath.ToSlash(rel)
		if strings.HasPrefix(rel, "build/") || strings.HasPrefix(rel, ".") {
			return nil
		}
		room := rel[:max(0, strings.LastIndexByte(rel, '/'))]
		allowed, known := rooms[room]
		if !known {
			t.Errorf("%s: folder %q has no row in the import rule", rel, room)
			return nil
		}
		test := strings.HasSuffix(rel, "_test.go")
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, spec := range f.Imports {
			imp, _ := strconv.Unquote(spec.Path.Value)
			if !permitted(room, imp, allowed, test) {
				t.Errorf("%s imports %s; %q may import %v", rel, imp, room, allowed)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// permitted also lets a test reach its room, the test helpers and the native runtime.
func permitted(room, imp string, allowed []string, test bool) bool {
	own, ours := strings.CutPrefix(imp, "pentimento/")
	switch {
	case slices.Contains(allowed, "*"):
		return true
	case ours && test:
		return own == room || slices.Contains(allowed, own) || strings.HasSuffix(own, "test") || strings.HasPrefix(room, "pipeline") && strings.HasPrefix(own, "pipeline")
	case ours:
		return slices.Contains(allowed, own)
	case strings.HasPrefix(imp, "fyne.io/"):
		return slices.Contains(allowed, "fyne.io/fyne/v2")
	case strings.Contains(imp, "onnxruntime"):
		return room == "pipeline/ort"
	}
	return true
}
