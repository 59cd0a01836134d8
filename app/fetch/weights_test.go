package fetch

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"pentimento/pipeline/graph"
)

// outside is an ONNX model whose weights lie in model.onnx_data beside it, and these.
func outside(t *testing.T) (onnx, data []byte) {
	t.Helper()
	dir := t.TempDir()
	data = make([]byte, 64<<10)
	for i := range data {
		data[i] = byte(i * 37)
	}
	at := filepath.Join(dir, "model.onnx_data")
	if err := os.WriteFile(at, data, 0o600); err != nil {
		t.Fatal(err)
	}
	row := []graph.Dim{graph.Named("row"), graph.Fixed(128)}
	g := &graph.Graph{Name: "theirs", Inputs: []graph.Value{{Name: "x", Type: graph.Float32, Shape: row}}, Outputs: []graph.Value{{Name: "y", Type: graph.Float32, Shape: row}},
		Weights: []*graph.Weight{{Name: "m", Type: graph.Float32, Shape: []int64{128, 128}, File: at, Length: int64(len(data))}},
		Nodes:   []*graph.Node{{Op: "Gemm", Inputs: []string{"x", "m"}, Outputs: []string{"y"}}}}
	onnx, err := g.Encode(dir)
	if err != nil {
		t.Fatal(err)
	}
	return onnx, data
}

// TestWeightsComeWithTheirONNXModel, into the folder that they have in their repository, and the
// same command goes on where one of both was cut off.
func TestWeightsComeWithTheirONNXModel(t *testing.T) {
	onnx, data := outside(t)
	var whole atomic.Bool
	r := newRig(t, func(w http.ResponseWriter, req *http.Request) {
		switch {
		case strings.HasSuffix(req.URL.Path, "/owner/tiny/resolve/main/unet/model.onnx"):
			serve(w, req, onnx, `"m"`, -1)
		case !strings.HasSuffix(req.URL.Path, "/owner/tiny/resolve/main/unet/model.onnx_data"):
			http.NotFound(w, req)
		case !whole.Load() && req.Header.Get("Range") != "":
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(http.StatusForbidden)
		case !whole.Load():
			serve(w, req, data, `"d"`, 40_000)
		default:
			serve(w, req, data, `"d"`, -1)
		}
	})
	w, err := r.client.Parse("hf:owner/tiny/unet/model.onnx")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.fetch(w); err == nil || !strings.Contains(err.Error(), "model.onnx_data") {
		t.Errorf("weights that did not come: error %v", err)
	}
	if left := r.client.Unfinished(); len(left) != 1 || left[0].Synced != 40_000 {
		t.Errorf("%+v is unfinished, want the weights", left)
	}
	whole.Store(true)
	got, err := r.fetch(w)
	if err != nil || len(got.Beside) != 1 {
		t.Fatalf("%+v, %v", got, err)
	}
	r.holds("tiny/unet/model.onnx", onnx)
	r.holds("tiny/unet/model.onnx_data", data)
	if left := r.client.Unfinished(); len(left) != 0 {
		t.Errorf("%+v is left", left)
	}
	if got, err := r.fetch(w); err != nil || !got.There {
		t.Errorf("once more: %+v, %v", got, err)
	}
}

// TestAPageIsNoWeights: nothing in bare weights tells what they are, but a page is none.
func TestAPageIsNoWeights(t *testing.T) {
	onnx, _ := outside(t)
	r := newRig(t, func(w http.ResponseWriter, req *http.Request) {
		if strings.HasSuffix(req.URL.Path, ".onnx") {
			serve(w, req, onnx, `"m"`, -1)
			return
		}
		_, _ = w.Write([]byte("<html><title>Log in</title>" + strings.Repeat(" ", 2000)))
	})
	w, err := r.client.Parse("hf:owner/tiny/model.onnx")
	if err != nil {
		t.Fatal(err)
	}
	_, err = r.fetch(w)
	failed(t, err, "a web page", "login")
	if _, err := os.Stat(filepath.Join(r.into, "tiny", "model.onnx_data")); err == nil {
		t.Error("the page was kept")
	}
}

// TestReadingAFileThatIsThereIsNoStall: its hash takes longer than a connection may rest.
func TestReadingAFileThatIsThereIsNoStall(t *testing.T) {
	data := bytes.Repeat(model(1<<20, 3), 96)
	r := newRig(t, func(w http.ResponseWriter, req *http.Request) { serve(w, req, data, `"v"`, -1) })
	r.client.Idle = 10 * time.Second
	w := r.want("/a.safetensors")
	if _, err := r.fetch(w); err != nil {
		t.Fatal(err)
	}
	r.client.Idle, r.client.Tries, r.client.Longest = 25*time.Millisecond, 20, time.Millisecond
	if got, err := r.fetch(w); err != nil || !got.There {
		t.Errorf("%+v, %v", got, err)
	}
}
