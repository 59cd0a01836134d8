// Package tfjs reads models of TensorFlow.js: a model.json that lists the parts of a network, of
// Keras' layers ("layers-model") or of TensorFlow's operators ("graph-model"), and files beside it
// that hold the weights one after another (github.com/tensorflow/tfjs, docs of the converter). Open
// makes a graph; weights of fp32 and fp16 stay in their files, but for those that a file's end
// divides; such ones, and quantised ones, are put together when the graph is opened.
//
// Start at Open (tfjs.go), which goes through manifest.go, what lies where in which file; keras.go
// and operators.go, the two tables: a layer or an operator is added as a row; and write.go, what
// both write with. Values are fp32. Inputs and outputs keep the model's names and shapes, pictures
// [B,h,w,C]; sizes that the model leaves open are open.
//
// Safety: a model.json is at most maxText bytes, files of weights lie in its folder, and every
// place is checked against them.
package tfjs

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"

	"pentimento/fault"
	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/graph"
)

// maxText is how long a model.json may be, in bytes.
const maxText = 16 << 20

// Open reads the network of a model.json, in milliseconds; its weights are not read. Of a
// graph-model, outputs names nodes that are to be given, without the part of the network that is
// behind them; none: what the model itself gives. The error of a file of another kind says what it
// is. It is safe for use by several goroutines.
func Open(path string, outputs ...string) (*graph.Graph, error) {
	return opened(path, outputs, false)
}

// OpenPictures is Open, with the channels of pictures first in what the graph reads and makes:
// [B,C,h,w].
func OpenPictures(path string, outputs ...string) (*graph.Graph, error) {
	return opened(path, outputs, true)
}

func opened(path string, outputs []string, channels bool) (*graph.Graph, error) {
	g, err := open(path, outputs, channels)
	if err != nil {
		return nil, fault.With(fmt.Errorf("TensorFlow.js model %q: %w", filepath.Base(path), err), fault.Hint(err))
	}
	return g, nil
}

func open(path string, outputs []string, channels bool) (*graph.Graph, error) {
	f, info, real, err := checkpoint.Regular(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	head := make([]byte, 512)
	n, _ := f.ReadAt(head, 0) // a short file is judged by what it holds
	if !bytes.HasPrefix(bytes.TrimSpace(head[:n]), []byte("{")) {
		return nil, checkpoint.Stranger(head[:n], "a model of TensorFlow.js (model.json)")
	}
	if info.Size() > maxText {
		return nil, fmt.Errorf("has %d bytes of text, want at most %d", info.Size(), maxText)
	}
	text, err := io.ReadAll(io.NewSectionReader(f, 0, info.Size()))
	if err != nil {
		return nil, err
	}
	var m manifest
	if err := json.Unmarshal(text, &m); err != nil {
		return nil, err
	}
	if len(m.Topology) == 0 {
		return nil, fault.New("is a JSON that describes no network of TensorFlow.js", "Choose the model.json beside the files of weights.")
	}
	weights, err := m.place(filepath.Dir(real))
	if err != nil {
		return nil, err
	}
	w := newWriter(filepath.Base(filepath.Dir(real)), weights)
	w.channels = channels
	var operators struct{ Node []*node }
	if err := json.Unmarshal(m.Topology, &operators); err != nil {
		return nil, err
	}
	if len(operators.Node) > 0 {
		return w.operators(operators.Node, m.outputs(), outputs)
	}
	return w.keras(m.Topology)
}
