package tflite

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"

	"pentimento/pipeline/graph"
)

// stored are the element types of the format (schema.fbs, TensorType) that the graph has too.
var stored = map[int64]graph.DType{0: graph.Float32, 1: graph.Float16, 2: graph.Int32, 3: graph.UInt8, 4: graph.Int64, 6: graph.Bool, 9: graph.Int8, 10: graph.Float64}

// network is what a file says: the tensors of its one subgraph, and the operators in the order in
// which they run.
type network struct {
	tensors         []*array
	operators       []*operator
	inputs, outputs []int64
}

// array is a tensor of the file. One that has bytes is a constant.
type array struct {
	name     string
	shape    []int64
	kind     int64
	at, size int64 // of its bytes
	sparse   *sparsity
	// What 8-bit numbers stand for: (q − zero)·scale, for all or for each place of an axis.
	scale []float32
	zero  []int64
	axis  int64
	key   string // its name among the weights, which no other has
}

// operator is one step. Its tensors are numbers of them, -1: none.
type operator struct {
	code    int64
	custom  string // the name of an operator outside the schema
	in, out []int64
	options table
	raw     string // the options of a custom operator
}

// parse reads all but the weights.
func parse(r io.ReaderAt, size int64) (*network, error) {
	f := &flat{r: r, size: size, left: budget}
	if string(f.bytes(4, 4)) != "TFL3" {
		return nil, errors.New("is no TensorFlow Lite model")
	}
	root := f.table(f.u32(0))
	graphs := root.tables(2)
	if f.err == nil && len(graphs) != 1 {
		return nil, fmt.Errorf("has %d subgraphs, want 1", len(graphs))
	}
	if f.err != nil {
		return nil, f.err
	}
	n := &network{inputs: graphs[0].numbers(1), outputs: graphs[0].numbers(2)}
	buffers := root.tables(4)
	for _, t := range graphs[0].tables(0) {
		a, err := arrayOf(t, buffers)
		if err != nil {
			return nil, err
		}
		n.tensors = append(n.tensors, a)
	}
	codes := root.tables(1)
	for i, t := range graphs[0].tables(3) {
		of := t.number(0, 0)
		if of < 0 || of >= int64(len(codes)) {
			return nil, fmt.Errorf("is damaged: operator %d is of kind %d of %d", i, of, len(codes))
		}
		c := codes[of]
		n.operators = append(n.operators, &operator{code: max(c.small(0), c.number(3, 0)), custom: c.text(1),
			in: t.numbers(1), out: t.numbers(2), options: t.down(4), raw: t.text(5)})
	}
	if f.err != nil {
		return nil, f.err
	}
	return n, n.check()
}

// maxRank is the highest rank that is read.
const maxRank = 6

func arrayOf(t table, buffers []table) (*array, error) {
	a := &array{name: t.text(3), shape: t.numbers(0), kind: t.small(1), sparse: sparsityOf(t.down(6))}
	b := t.number(2, 0)
	if b < 0 || b >= int64(len(buffers)) {
		return nil, fmt.Errorf("is damaged: tensor %q lies in buffer %d of %d", a.name, b, len(buffers))
	}
	if buffers[b].field(1) != 0 {
		return nil, fmt.Errorf("keeps tensor %q behind the flatbuffer, which is not read", a.name)
	}
	a.at, a.size = buffers[b].list(0, 1)
	if k := stored[a.kind]; a.size > 0 && (k == graph.Int8 || k == graph.UInt8) {
		a.quantized(t.down(4))
	}
	if len(a.shape) > maxRank {
		return nil, fmt.Errorf("tensor %q has rank %d, want at most %d", a.name, len(a.shape), maxRank)
	}
	if slices.ContainsFunc(a.shape, func(d int64) bool { return d < 1 }) && (a.size > 0 || len(a.shape) == 4) {
		return nil, fmt.Errorf("tensor %q has shape %v, want a fixed one", a.name, a.shape)
	}
	return a, nil
}

// quantized reads a table QuantizationParameters.
func (a *array) quantized(t table) {
	for _, bits := range t.numbers(2) {
		a.scale = append(a.scale, math.Float32frombits(uint32(bits)))
	}
	at, n := t.list(3, 8)
	if t.f.take(8 * n) {
		for i := range n {
			a.zero = append(a.zero, t.f.i32(at+8*i)) // of 8-bit numbers: the lower half says all
		}
	}
	if a.axis = max(t.number(6, 0), 0); len(a.scale) == 1 {
		a.axis = 0
	}
}

// check finds tensors that aren't there, and constants of the wrong size.
func (n *network) check() error {
	known := func(list []int64, least int64) error {
		for _, i := range list {
			if i < least || i >= int64(len(n.tensors)) {
				return fmt.Errorf("is damaged: it names tensor %d of %d", i, len(n.tensors))
			}
		}
		return nil
	}
	err := errors.Join(known(n.inputs, 0), known(n.outputs, 0))
	for _, o := range n.operators {
		err = errors.Join(err, known(o.in, -1), known(o.out, 0))
	}
	if err != nil {
		return err
	}
	for _, a := range n.tensors {
		t := stored[a.kind]
		if a.size == 0 || t == 0 || a.sparse != nil {
			continue
		}
		if want, err := t.Bytes(a.shape); err != nil || want != a.size {
			return fmt.Errorf("is damaged: tensor %q of shape %v has %d bytes", a.name, a.shape, a.size)
		}
	}
	return nil
}

// maxList is the longest list of whole numbers that an operator takes.
const maxList = 64

// ints are the whole numbers of a constant.
func (a *array) ints(r io.ReaderAt) ([]int64, error) {
	width := stored[a.kind].Size()
	if k := stored[a.kind]; a.size == 0 || a.size > maxList*8 || a.sparse != nil || k != graph.Int32 && k != graph.Int64 {
		return nil, fmt.Errorf("tensor %q is no short constant of whole numbers", a.name)
	}
	b := make([]byte, a.size)
	if _, err := r.ReadAt(b, a.at); err != nil {
		return nil, err
	}
	var out []int64
	for ; len(b) > 0; b = b[width:] {
		if width == 4 {
			out = append(out, int64(int32(binary.LittleEndian.Uint32(b))))
		} else {
			out = append(out, int64(binary.LittleEndian.Uint64(b)))
		}
	}
	return out, nil
}
