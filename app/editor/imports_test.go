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
// "native" marks the rooms that may hold C or use the binding of ONNX Runtime; Fyne, which
// needs cgo too, is named where it may be seen.
var rooms = map[string][]string{
	"fault":                         {},
	"canvas/blend":                  {},
	"canvas/colour":                 {},
	"canvas/disk":                   {},
	"canvas/lettering":              {},
	"canvas/figure":                 {},
	"canvas/disk/disktest":          {},
	"canvas/bmp":                    {},
	"canvas/chroma":                 {},
	"canvas/sandbox":                {},
	"canvas/heif":                   {"canvas/sandbox"},
	"canvas/jxl":                    {},
	"canvas/kra":                    {},
	"canvas/psd":                    {},
	"canvas/jpeg":                   {},
	"canvas/webp":                   {"canvas/sandbox"},
	"tools/stroke":                  {},
	"app/jobs":                      {},
	"app/pen":                       {},
	"app/settings":                  {"canvas/disk"},
	"assets":                        {"canvas/disk"},
	"assets/starter/sheet":          {},
	"app/library":                   {"canvas/disk", "canvas/file", "pipeline/metadata"},
	"app/fetch":                     {"canvas/disk"},
	"app/collection":                {"canvas/disk", "canvas/file", "pipeline"},
	"app/collection/collectiontest": {"pipeline/pipelinetest"},
	"pipeline/pixels":               {},
	"pipeline/tensor":               {},
	"pipeline/prompt":               {},
	"pipeline/wildcard":             {},
	"pipeline/caption":              {},
	"pipeline/tokenizer":            {},
	"pipeline/region":               {"pipeline/pixels"},
	"pipeline/noise":                {},
	"pipeline/pickle":               {},
	"pipeline/gguf":                 {},
	"pipeline/shelf":                {},
	"pipeline/metadata":             {},
	"pipeline/infill":               {},
	"pipeline/pixelart":             {"pipeline/pixels"},
	"pipeline/preprocess":           {},
	"pipeline/graph":                {},
	"pipeline/people":               {"pipeline/preprocess"},
	"pipeline/harmony":              {"pipeline/pixels", "pipeline/region"},
	"pipeline/segment":              append([]string{"pipeline/pixels"}, network...),
	"pipeline/face":                 append([]string{"pipeline/pixels"}, network...),
	"pipeline/find":                 {"pipeline/people", "pipeline/pixels", "pipeline/preprocess"},
	"canvas":                        {"canvas/blend", "canvas/colour"},
	"pipeline/sampler":              {"pipeline/tensor"},
	"pipeline/model":                {"pipeline/tensor", "pipeline/graph"},
	"pipeline/checkpoint":           {"pipeline/tensor", "pipeline/graph", "pipeline/pickle", "pipeline/gguf"},
	"pipeline/denoise":              {"pipeline/sampler", "pipeline/tensor"},
	"canvas/adjust":                 {"canvas"},
	"canvas/warp":                   {"canvas"},
	"canvas/render":                 {"canvas", "canvas/blend", "canvas/colour"},
	"canvas/file": {
		"canvas",
		"canvas/blend",
		"canvas/chroma",
		"canvas/colour",
		"canvas/heif",
		"canvas/jxl",
		"canvas/kra",
		"canvas/psd",
		"canvas/render",
		"canvas/bmp",
		"canvas/disk",
		"canvas/tiff",
		"canvas/jpeg",
		"canvas/webp",
	},
	"canvas/tiff":                {"canvas/chroma"},
	"pipeline/ncnn":              {"pipeline/checkpoint", "pipeline/graph"},
	"pipeline/tfjs":              {"pipeline/checkpoint", "pipeline/graph"},
	"canvas/wand":                {"canvas"},
	"canvas/cut":                 {"canvas"},
	"canvas/journal":             {"canvas", "canvas/blend", "canvas/disk"},
	"canvas/canvastest":          {"canvas", "canvas/blend"},
	"pipeline/adapter":           network,
	"pipeline/embedding":         {"pipeline/checkpoint", "pipeline/tensor"},
	"pipeline/clip":              network,
	"pipeline/ipadapter":         network,
	"pipeline/unet":              network,
	"pipeline/controlnet":        append([]string{"pipeline/unet"}, network...),
	"pipeline/vae":               network,
	"pipeline/ort":               append([]string{"native"}, network...),
	"pipeline/tflite":            {"pipeline/checkpoint", "pipeline/graph"},
	"pipeline/family":            append([]string{"pipeline/clip", "pipeline/unet", "pipeline/vae", "pipeline/denoise", "pipeline/sampler", "pipeline/region", "pipeline/prompt"}, network...),
	"pipeline/family/familytest": append([]string{"pipeline/family", "pipeline/pipelinetest", "pipeline/vae", "pipeline/denoise", "pipeline/region", "pipeline/prompt"}, network...),
	"pipeline/pipelinetest":      network,
	"pipeline/upscaler":          append([]string{"pipeline/ncnn", "pipeline/pixels", "pipeline/tfjs"}, network...),
	"pipeline/cutout":            append([]string{"pipeline/pixels", "pipeline/tflite"}, network...),
	"pipeline/merge":             append([]string{"pipeline/adapter"}, network...),
	"tools":                      {"canvas", "canvas/blend", "canvas/figure", "canvas/render", "canvas/wand", "canvas/warp", "tools/stroke"},
	"tools/toolstest":            {"canvas", "canvas/blend", "canvas/figure", "tools", "tools/stroke"},
	"pipeline": append([]string{
		"pipeline/clip",
		"pipeline/controlnet",
		"pipeline/family",
		"pipeline/ipadapter",
		"pipeline/unet",
		"pipeline/vae",
		"pipeline/adapter",
		"pipeline/embedding",
		"pipeline/denoise",
		"pipeline/sampler",
		"pipeline/shelf",
		"pipeline/upscaler",
		"pipeline/cutout",
		"pipeline/segment",
		"pipeline/people",
		"pipeline/face",
		"pipeline/tflite",
	}, append(network, pure...)...),
	"app/words":         {"app/fetch", "tools", "pipeline", "pipeline/merge", "canvas/blend"}, // for its test alone
	"app/desk":          {"app/settings"},
	"app/desk/desktest": {"app/desk", "app/settings"},
	"app/prompting":     {"app/desk", "app/settings", "canvas/disk", "pipeline", "pipeline/prompt", "pipeline/wildcard"},
	"app/models":        {"app/collection", "app/fetch", "app/desk", "app/settings", "app/prompting", "pipeline", "pipeline/prompt", "pipeline/wildcard"},
	"app/merging":       {"app/collection", "app/desk", "app/jobs", "app/models", "canvas/disk", "pipeline", "pipeline/merge"},
	"app/provenance":    {"app/commission", "app/desk", "app/settings", "app/library", "app/models", "canvas", "canvas/file", "pipeline", "pipeline/metadata", "pipeline/pixels"},
	"app/fills": {
		"app/commission",
		"app/desk",
		"app/settings",
		"app/jobs",
		"app/models",
		"app/prompting",
		"canvas",
		"canvas/render",
		"pipeline",
		"pipeline/preprocess",
		"pipeline/pixels",
		"pipeline/prompt",
		"pipeline/region",
	},
	"app/keeping": {
		"app/commission",
		"app/desk",
		"app/settings",
		"app/jobs",
		"app/fills",
		"app/models",
		"app/prompting",
		"canvas",
		"canvas/blend",
		"canvas/disk",
		"canvas/file",
		"canvas/journal",
		"canvas/render",
		"pipeline",
		"pipeline/pixels",
		"tools",
	},
	"app/editor": append([]string{
		"app/collection",
		"app/fetch",
		"app/commission",
		"app/desk",
		"app/prompting",
		"app/models",
		"app/merging",
		"app/provenance",
		"app/fills",
		"app/keeping",
		"app/jobs",
		"app/settings",
		"app/library",
		"canvas",
		"canvas/adjust",
		"canvas/warp",
		"canvas/blend",
		"canvas/colour",
		"canvas/render",
		"canvas/lettering",
		"canvas/figure",
		"canvas/disk",
		"canvas/file",
		"canvas/journal",
		"canvas/wand",
		"canvas/cut",
		"tools",
		"tools/stroke",
		"pipeline",
	}, pure...),
	"app/commission": {"canvas/colour", "canvas/file", "pipeline", "pipeline/metadata", "pipeline/pixels", "pipeline/region", "pipeline/upscaler"},
	"app/engine":     {"pipeline", "pipeline/preprocess", "pipeline/model", "pipeline/graph"},
	"app/ui": {
		"app/collection",
		"app/fetch",
		"app/editor",
		"app/desk",
		"app/prompting",
		"app/models",
		"app/merging",
		"app/provenance",
		"app/fills",
		"app/keeping",
		"app/jobs",
		"app/pen",
		"app/settings",
		"canvas",
		"canvas/adjust",
		"canvas/warp",
		"canvas/blend",
		"canvas/render",
		"canvas/lettering",
		"tools",
		"assets",
		"fyne.io/fyne/v2",
		"C", // GTK, for the titles of file dialogs
	},
	"app/cli": append([]string{
		"app/collection",
		"app/commission",
		"app/fetch",
		"app/jobs",
		"app/prompting",
		"canvas/colour",
		"canvas/disk",
		"canvas/file",
		"pipeline",
		"pipeline/merge",
		"pipeline/upscaler",
		"pipeline/cutout",
		"pipeline/model",
		"pipeline/checkpoint",
		"pipeline/family",
		"pipeline/tensor",
		"pipeline/graph",
		"canvas",
		"canvas/cut",
	}, pure...),
	"app/gpubench": append([]string{"pipeline/ort", "pipeline/pipelinetest", "pipeline/unet", "pipeline/vae"}, network...),
	"app":          {"*"},
}

var (
	pure = []string{
		"pipeline/prompt",
		"pipeline/wildcard",
		"pipeline/caption",
		"pipeline/tokenizer",
		"pipeline/region",
		"pipeline/noise",
		"pipeline/metadata",
		"pipeline/infill",
		"pipeline/pixels",
		"pipeline/pixelart",
		"pipeline/preprocess",
		"pipeline/find",
		"pipeline/harmony",
	}
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

// TestImportRuleRefuses what it is there to refuse.
func TestImportRuleRefuses(t *testing.T) {
	for _, v := range []struct {
		room, imp string
		want      bool
	}{
		{"canvas", "C", false}, {"app", "C", false}, {"pipeline/ort", "C", true},
		{"pipeline", "github.com/yalue/onnxruntime_go", false}, {"pipeline/ort", "github.com/yalue/onnxruntime_go", true},
		{"app/editor", "fyne.io/fyne/v2/widget", false}, {"app/ui", "fyne.io/fyne/v2/widget", true},
		{"canvas", "pentimento/pipeline", false}, {"app", "pentimento/app/ui", true}, {"tools", "image/color", true},
	} {
		if got := permitted(v.room, v.imp, rooms[v.room], false); got != v.want {
			t.Errorf("%s imports %s: permitted %v, want %v", v.room, v.imp, got, v.want)
		}
	}
}

// permitted also lets a test reach its room, the test helpers and the native runtime.
func permitted(room, imp string, allowed []string, test bool) bool {
	own, ours := strings.CutPrefix(imp, "pentimento/")
	switch {
	case imp == "C" && slices.Contains(allowed, "C"):
		return true
	case imp == "C" || strings.Contains(imp, "onnxruntime"):
		return slices.Contains(allowed, "native")
	case slices.Contains(allowed, "*"), own == "fault", own == "app/words" && strings.HasPrefix(room, "app/"): // advice and texts cross borders
		return true
	case ours && test:
		return own == room || slices.Contains(allowed, own) || strings.HasSuffix(own, "test") || strings.HasPrefix(room, "pipeline") && strings.HasPrefix(own, "pipeline")
	case ours:
		return slices.Contains(allowed, own)
	case strings.HasPrefix(imp, "fyne.io/"):
		return slices.Contains(allowed, "fyne.io/fyne/v2")
	}
	return true
}
