// Package tflite reads networks of TensorFlow Lite, the form in which MediaPipe's models of faces,
// hands, poses and people are given away (tensorflow/lite/schema/schema.fbs). Open makes a graph of
// the file: its weights stay where they are, of fp16 where they are fp16; only those that list what
// isn't zero (sparse) or have 8 bits are filled up in memory, when the graph is opened.
//
// Start at Open (tflite.go), which goes through model.go, what a file says, read from its places
// (flat.go); write.go, the graph; and the tables of layers.go, where an operator is added as a row.
// Values are fp32 and shapes fixed, as in the file: networks that compute in whole numbers are
// refused. Inputs and outputs keep the file's names, shapes and order, pictures [1,h,w,C].
//
// Safety: what a file says besides its weights is at most 16 MB in memory, every place is checked
// against the file, and a damaged file is an error.
package tflite

import (
	"fmt"
	"path/filepath"

	"pentimento/fault"
	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/graph"
)

// Is says whether a file that begins so is one of TensorFlow Lite; 8 bytes are enough.
func Is(head []byte) bool { return len(head) >= 8 && string(head[4:8]) == "TFL3" }

// Open reads the network of a file, in milliseconds; its weights are not read. The error of a file
// of another kind says what it is. It is safe for use by several goroutines.
func Open(path string) (*graph.Graph, error) {
	g, err := open(path)
	if err != nil {
		return nil, fault.With(fmt.Errorf("TensorFlow Lite model %q: %w", filepath.Base(path), err), fault.Hint(err))
	}
	return g, nil
}

func open(path string) (*graph.Graph, error) {
	f, info, real, err := checkpoint.Regular(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	head := make([]byte, 512)
	n, _ := f.ReadAt(head, 0) // a short file is judged by what it holds
	if !Is(head[:n]) {
		return nil, checkpoint.Stranger(head[:n], "a TensorFlow Lite model (.tflite)")
	}
	m, err := parse(f, info.Size())
	if err != nil {
		return nil, err
	}
	return write(filepath.Base(real), real, f, m)
}
