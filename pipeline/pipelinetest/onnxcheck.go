package pipelinetest

import (
	"os"
	"os/exec"
	"testing"

	"pentimento/pipeline/graph"
)

// script checks a model. Older checkers know older versions of the format only; the
// graphs use nothing newer, so their version is lowered to what the checker knows.
const script = `
import sys, onnx
for path in sys.argv[1:]:
    m = onnx.load(path, load_external_data=False)
    m.ir_version = min(m.ir_version, onnx.IR_VERSION)
    for o in m.opset_import:
        if o.domain == "":
            o.version = min(o.version, onnx.defs.onnx_opset_version())
    onnx.save(m, path)
    onnx.checker.check_model(path)
`

// CheckONNX has the ONNX project's own checker read graphs, and skips the test where the
// checker is not installed.
func CheckONNX(t testing.TB, graphs ...*graph.Graph) {
	t.Helper()
	python := ""
	for _, p := range []string{"python3", "/usr/bin/python3"} { // a second Python may hide Debian's
		if exec.Command(p, "-c", "import onnx").Run() == nil {
			python = p
			break
		}
	}
	if python == "" {
		t.Skip("the ONNX checker is not installed; on Debian: apt install python3-onnx")
	}
	args := []string{"-c", script}
	for _, g := range graphs {
		path, err := writeONNX(t, g)
		if err != nil {
			t.Fatal(err)
		}
		defer os.Remove(path)
		args = append(args, path)
	}
	if out, err := exec.Command(python, args...).CombinedOutput(); err != nil {
		t.Errorf("the ONNX checker refuses a graph: %v\n%s", err, out)
	}
}

// writeONNX writes a graph beside the files it points into, as the checker wants it.
func writeONNX(t testing.TB, g *graph.Graph) (string, error) {
	dir, err := g.Dir()
	if err != nil {
		return "", err
	}
	if dir == "" {
		dir = t.TempDir()
	}
	b, err := g.Encode(dir)
	if err != nil {
		return "", err
	}
	f, err := os.CreateTemp(dir, "check-*.onnx")
	if err != nil {
		return "", err
	}
	_, err = f.Write(b)
	if closing := f.Close(); err == nil {
		err = closing
	}
	return f.Name(), err
}
