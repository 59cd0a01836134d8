package cli

import (
	"strings"
	"testing"
)

// Verbs that change faces say what they want before anything is read or fetched.
func TestFaceVerbsSayWhatTheyWant(t *testing.T) {
	for _, c := range []struct {
		args []string
		says string
	}{
		{[]string{"restore", "a.png"}, "one to write"},
		{[]string{"restore", "a.png", "b.png", "--weight", "3"}, "--weight is 3"},
		{[]string{"restore", "a.png", "b.png", "--visibility", "NaN"}, "--visibility is NaN"},
		{[]string{"swap", "a.png", "b.png"}, "files of yours"},
		{[]string{"swap", "a.png", "b.png", "--face", "c.png", "--model", "x.onnx", "--embedder", "y.onnx", "--into", "-1"}, "count from 1"},
	} {
		if r := do(t, nil, c.args...); r.code != 2 || !strings.Contains(r.errors, c.says) {
			t.Errorf("%v: code %d, %q, want 2 and %q", c.args, r.code, r.errors, c.says)
		}
	}
	if r := do(t, nil, "swap", "a.png", "b.png", "--face", "c.png", "--model", "/no/x.onnx", "--embedder", "/no/y.onnx"); r.code != 1 || !strings.Contains(r.errors, "no such file") {
		t.Errorf("files that are not there: code %d, %q", r.code, r.errors)
	}
}
