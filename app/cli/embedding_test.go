package cli

import (
	"flag"
	"path/filepath"
	"slices"
	"testing"

	"pentimento/pipeline"
	"pentimento/pipeline/pipelinetest"
)

// --embedding may be given several times, for files and folders; each is known by its name.
func TestEmbeddingsAreGivenOneByOne(t *testing.T) {
	dir := t.TempDir()
	item := pipelinetest.NewItem("emb_params", "F32", make([]float32, 128), 1, 128)
	var paths []string
	for _, name := range []string{"fog.safetensors", "kiln.safetensors"} {
		path := filepath.Join(dir, name)
		if err := pipelinetest.WriteSafetensors(path, []pipelinetest.Item{item}, nil); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	for name, args := range map[string][]string{"files": {"--embedding", paths[0], "--embedding", paths[1]}, "a folder": {"--embedding", dir}} {
		fs := flag.NewFlagSet("", flag.ContinueOnError)
		rows := settingFlags(fs, func(s *pipeline.Setting) bool { return s.Engines == nil })
		if err := fs.Parse(args); err != nil {
			t.Fatal(err)
		}
		var q pipeline.Request
		if err := rows.lay(&q); err != nil {
			t.Fatal(err)
		}
		if got := pipeline.Embeddings("", q.Where.Embeddings); !slices.Equal(got, paths) {
			t.Errorf("%s: %q, want %q", name, got, paths)
		}
	}
}
