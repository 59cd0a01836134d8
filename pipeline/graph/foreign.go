package graph

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"google.golang.org/protobuf/encoding/protowire"
)

// The limits on an ONNX file of another program: of what is read into memory, and of how much there
// is of anything.
const (
	maxForeign = 64 << 20
	maxOfEach  = 1 << 17
	inMemory   = 64 << 10 // weights up to this size, such as shapes, which the runtime wants to know
)

// foreign is what a graph of another program's file is encoded with: pieces of the file as they are.
type foreign struct {
	pieces  [][]byte // fields of the model besides the graph: versions, functions
	inputs  []Value
	outputs []Value
}

// Foreign reads an ONNX model as another program wrote it. Its nodes are kept as they are and its
// weights stay where they lie: in the file, or in files beside it in the same folder. The graph has
// no inputs and outputs until Take and Give have named those that are wanted; Changes do not apply.
func Foreign(path string) (*Graph, error) {
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return nil, err
	}
	if real, err = filepath.Abs(real); err != nil {
		return nil, err
	}
	f, err := os.Open(real)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	r := &foreignReader{file: f, path: real, g: &Graph{Name: filepath.Base(filepath.Dir(real)), Meta: map[string]string{}, foreign: &foreign{}}, left: maxForeign}
	if err := r.model(info.Size()); err != nil {
		return nil, fmt.Errorf("ONNX model %q: %w", filepath.Base(real), err)
	}
	r.g.Nodes = inOrder(r.g.Nodes)
	return r.g, nil
}

// inOrder puts nodes behind those that make what they read, where a file has them otherwise: converters to half
// precision add their casts at the end, and the runtime takes that. Nodes in order stay as they are.
func inOrder(nodes []*Node) []*Node {
	maker, out := map[string]*Node{}, make([]*Node, 0, len(nodes))
	for _, n := range nodes {
		for _, name := range n.Outputs {
			maker[name] = n
		}
	}
	const waits, begun, placed = 0, 1, 2
	state := map[*Node]int{}
	for _, first := range nodes {
		for stack := []*Node{first}; len(stack) > 0; {
			n := stack[len(stack)-1]
			deep := len(stack)
			if state[n] == waits {
				state[n] = begun
				for _, name := range slices.Backward(n.Inputs) {
					if m := maker[name]; m != nil && state[m] == waits { // one that is begun reads its own result: the check tells
						stack = append(stack, m)
					}
				}
			}
			if len(stack) == deep {
				if stack = stack[:deep-1]; state[n] != placed {
					state[n], out = placed, append(out, n)
				}
			}
		}
	}
	return out
}

// foreignReader reads a model from its places in a file: weights are not read.
type foreignReader struct {
	file io.ReaderAt
	path string
	g    *Graph
	left int64 // bytes that may still be taken into memory
	n    int   // of everything
}

// field is one field of a message: a number, or the place of what it holds.
type field struct {
	number   protowire.Number
	value    uint64
	at, size int64
	whole    [2]int64 // with its tag
}

// fields gives the fields of the message at [at, end) in order.
func (r *foreignReader) fields(at, end int64, each func(f field) error) error {
	var head [20]byte
	for at < end {
		n, _ := r.file.ReadAt(head[:min(int64(len(head)), end-at)], at)
		number, kind, m := protowire.ConsumeTag(head[:n])
		if m < 0 {
			return errors.New("is damaged or no ONNX model")
		}
		f := field{number: number, whole: [2]int64{at, at}}
		at += int64(m)
		switch kind {
		case protowire.VarintType, protowire.BytesType:
			v, k := protowire.ConsumeVarint(head[m:n])
			if k < 0 {
				return errors.New("is damaged or no ONNX model")
			}
			at += int64(k)
			if f.value = v; kind == protowire.BytesType {
				if v > uint64(end-at) {
					return errors.New("ends too early: it is incomplete")
				}
				f.at, f.size = at, int64(v)
				at += f.size
			}
		case protowire.Fixed32Type:
			at += 4
		case protowire.Fixed64Type:
			at += 8
		default:
			return errors.New("is damaged or no ONNX model")
		}
		f.whole[1] = at
		if r.n++; r.n > 64*maxOfEach || at > end {
			return errors.New("is damaged, or has more parts than are read")
		}
		if err := each(f); err != nil {
			return err
		}
	}
	return nil
}

// bytes takes a piece of the file into memory.
func (r *foreignReader) bytes(at, end int64) ([]byte, error) {
	if r.left -= end - at; r.left < 0 {
		return nil, fmt.Errorf("holds more than %d bytes besides its weights", maxForeign)
	}
	b := make([]byte, end-at)
	_, err := r.file.ReadAt(b, at)
	return b, err
}

func (r *foreignReader) text(f field) (string, error) {
	b, err := r.bytes(f.at, f.at+f.size)
	return string(b), err
}

func (r *foreignReader) model(size int64) error {
	seen := false
	err := r.fields(0, size, func(f field) error {
		if f.number == modelGraph {
			seen = true
			return r.graph(f)
		}
		b, err := r.bytes(f.whole[0], f.whole[1])
		r.g.foreign.pieces = append(r.g.foreign.pieces, b)
		if err == nil && f.number == modelMeta {
			return r.entry(f)
		}
		return err
	})
	if err == nil && !seen {
		err = errors.New("holds no graph")
	}
	return err
}

// entry is a key of the model's metadata and its text.
func (r *foreignReader) entry(of field) error {
	var texts [2]string
	err := r.fields(of.at, of.at+of.size, func(f field) (err error) {
		if f.number == 1 || f.number == 2 {
			texts[f.number-1], err = r.text(f)
		}
		return err
	})
	r.g.Meta[texts[0]] = texts[1]
	return err
}

func (r *foreignReader) graph(of field) error {
	return r.fields(of.at, of.at+of.size, func(f field) error {
		switch f.number {
		case graphNode:
			return r.node(f)
		case graphInit:
			return r.weight(f)
		case graphInput, graphOutput:
			v, err := r.value(f)
			if f.number == graphInput {
				r.g.foreign.inputs = append(r.g.foreign.inputs, v)
			} else {
				r.g.foreign.outputs = append(r.g.foreign.outputs, v)
			}
			return err
		case 15: // sparse_initializer
			return errors.New("has sparse weights, which are not read")
		}
		return nil
	})
}

func (r *foreignReader) node(of field) error {
	b, err := r.bytes(of.at, of.at+of.size)
	if err != nil {
		return err
	}
	n := &Node{raw: b}
	err = r.fields(of.at, of.at+of.size, func(f field) error {
		var into *[]string
		switch f.number {
		case nodeInput:
			into = &n.Inputs
		case nodeOutput:
			into = &n.Outputs
		case nodeName, nodeOp:
			s, err := r.text(f)
			if f.number == nodeOp {
				n.Op = s
			} else {
				n.Name = s
			}
			return err
		default:
			return nil
		}
		s, err := r.text(f)
		*into = append(*into, s)
		return err
	})
	r.g.Nodes = append(r.g.Nodes, n)
	return err
}

func (r *foreignReader) value(of field) (v Value, err error) {
	v.Shape = []Dim{}
	down := func(f field, each func(f field) error) error { return r.fields(f.at, f.at+f.size, each) }
	err = down(of, func(f field) error {
		if f.number == valueName {
			v.Name, err = r.text(f)
			return err
		}
		if f.number != valueType {
			return nil
		}
		return down(f, func(f field) error {
			if f.number != 1 {
				return fmt.Errorf("%q is no tensor", v.Name)
			}
			return down(f, func(f field) error {
				if f.number == 1 {
					v.Type = DType(f.value)
					return nil
				}
				return down(f, func(f field) error {
					d := Dim{Name: fmt.Sprintf("%s[%d]", v.Name, len(v.Shape))}
					err := down(f, func(f field) error {
						if f.number == 1 && int64(f.value) > 0 {
							d = Fixed(int64(f.value))
						}
						return nil
					})
					v.Shape = append(v.Shape, d)
					return err
				})
			})
		})
	})
	return v, err
}

func (r *foreignReader) weight(of field) error {
	w := &Weight{}
	outside := map[string]string{}
	plain := false
	err := r.fields(of.at, of.at+of.size, func(f field) (err error) {
		switch f.number {
		case tensorDims:
			if f.size == 0 {
				w.Shape = append(w.Shape, int64(f.value))
				return nil
			}
			b, err := r.bytes(f.at, f.at+f.size)
			for len(b) > 0 && err == nil {
				v, n := protowire.ConsumeVarint(b)
				if n < 0 {
					return errors.New("is damaged")
				}
				w.Shape, b = append(w.Shape, int64(v)), b[n:]
			}
			return err
		case tensorType:
			w.Type = DType(f.value)
		case tensorName:
			w.Name, err = r.text(f)
		case tensorRaw:
			plain = true
			w.File, w.Offset, w.Length = r.path, f.at, f.size
		case tensorExternal:
			key, value := "", ""
			err = r.fields(f.at, f.at+f.size, func(f field) (err error) {
				if f.number == entryKey {
					key, err = r.text(f)
				} else if f.number == entryValue {
					value, err = r.text(f)
				}
				return err
			})
			outside[key] = value
		}
		return err
	})
	if err != nil {
		return err
	}
	switch {
	case outside["location"] != "":
		err = r.outside(w, outside)
	case plain && w.Length <= inMemory:
		w.Data, err = r.bytes(w.Offset, w.Offset+w.Length)
		w.File, w.Offset, w.Length = "", 0, 0
	case !plain:
		w.raw, err = r.bytes(of.at, of.at+of.size)
	}
	if err != nil {
		return fmt.Errorf("weight %q: %w", w.Name, err)
	}
	r.g.Weights = append(r.g.Weights, w)
	return nil
}

// outside places a weight in a file beside the model, which may not lead out of its folder.
func (r *foreignReader) outside(w *Weight, at map[string]string) error {
	if !filepath.IsLocal(at["location"]) {
		return fmt.Errorf("lies in %q, want a file in the model's folder", at["location"])
	}
	w.File = filepath.Join(filepath.Dir(r.path), filepath.FromSlash(at["location"]))
	var err error
	if w.Length, err = w.Type.Bytes(w.Shape); err != nil {
		return err
	}
	if text := at["offset"]; text != "" {
		if w.Offset, err = strconv.ParseInt(text, 10, 64); err != nil || w.Offset < 0 {
			return fmt.Errorf("begins at byte %q of %q", text, at["location"])
		}
	}
	info, err := os.Stat(w.File)
	if err != nil {
		return err
	}
	if w.Offset > info.Size()-w.Length {
		return fmt.Errorf("ends at byte %d of %q, which has %d: it is incomplete", w.Offset+w.Length, at["location"], info.Size())
	}
	return nil
}
