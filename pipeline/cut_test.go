package pipeline

import (
	"path/filepath"
	"testing"

	"pentimento/pipeline/pipelinetest"
)

// TestNetworksThatCutOutAreListed by their names and shapes: a map may be of depth or lines, too.
func TestNetworksThatCutOutAreListed(t *testing.T) {
	for name, want := range map[string]bool{"u2net.onnx": true, "ISNet-general-use.onnx": true, "BiRefNet-lite.onnx": true, "depth.onnx": false} {
		path := filepath.Join(t.TempDir(), name)
		if err := pipelinetest.WriteSegmenter(path, 320, 7, "Sigmoid"); err != nil {
			t.Fatal(err)
		}
		if s, err := Look(path); want != (err == nil && s.Kind == "segmenter") {
			t.Errorf("%s: %+v, %v", name, s, err)
		}
	}
}
