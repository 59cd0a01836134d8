package pipeline

import (
	"os"
	"path/filepath"
	"sync"
	"testing"

	"pentimento/pipeline/pipelinetest"
)

// merges is the program's vocabulary, as `make vocab` fetches it.
func merges(t testing.TB) func() ([]byte, error) {
	t.Helper()
	data, err := os.ReadFile("../assets/vocab/merges.txt")
	if err != nil {
		t.Fatalf("the vocabulary is not here; `make vocab` fetches it: %v", err)
	}
	return func() ([]byte, error) { return data, nil }
}

var tinies struct {
	sync.Mutex
	paths map[string]string
	dir   string
}

func TestMain(m *testing.M) {
	code := m.Run()
	if tinies.dir != "" {
		_ = os.RemoveAll(tinies.dir)
	}
	os.Exit(code)
}

// tiny writes a miniature checkpoint once for all tests.
func tiny(t testing.TB, name string) string {
	t.Helper()
	tinies.Lock()
	defer tinies.Unlock()
	if path := tinies.paths[name]; path != "" {
		return path
	}
	if tinies.dir == "" {
		dir, err := os.MkdirTemp("", "pentimento-tiny-*")
		if err != nil {
			t.Fatal(err)
		}
		tinies.dir, tinies.paths = dir, map[string]string{}
	}
	if err := pipelinetest.Tiny(t, name).WriteTo(tinies.dir, "single", "F32"); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(tinies.dir, name+".safetensors")
	tinies.paths[name] = path
	return path
}
