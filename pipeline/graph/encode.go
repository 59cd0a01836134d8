package graph

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strconv"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"
)

// The versions written: IR 10 with operator set 21 is the newest pair that every
// execution provider in use accepts, com.microsoft 1 carries the fused operators.
const (
	irVersion       = 10
	opsetVersion    = 21
	microsoftOpset  = 1
	microsoftDomain = "com.microsoft"
)

// Field numbers of onnx.proto (github.com/onnx/onnx, onnx/onnx.proto).
const (
	modelIR, modelProducer, modelGraph, modelOpset, modelMeta = 1, 2, 7, 8, 14
	opsetDomain, opsetNumber                                  = 1, 2
	graphNode, graphName, graphInit, graphInput, graphOutput  = 1, 2, 5, 11, 12
	nodeInput, nodeOutput, nodeName, nodeOp, nodeAttr, nodeDo = 1, 2, 3, 4, 5, 7
	attrName, attrF, attrI, attrS, attrFs, attrIs, attrType   = 1, 2, 3, 4, 7, 8, 20
	tensorDims, tensorType, tensorName, tensorRaw             = 1, 2, 8, 9
	tensorExternal, tensorLocation                            = 13, 14
	entryKey, entryValue                                      = 1, 2
	valueName, valueType                                      = 1, 2
)

// Encode writes the graph as an ONNX ModelProto. Weights that live in files become
// external data whose location is relative to dir, the folder that is given to the
// runtime; a file outside dir (symbolic links resolved) is an error, and so is a byte
// range outside its file, so that no location ever leaves the model's folder.
// Encode only reads the graph; it is safe alongside other readers.
func (g *Graph) Encode(dir string) ([]byte, error) {
	if err := g.check(); err != nil {
		return nil, err
	}
	loc, err := newLocator(dir)
	if err != nil {
		return nil, fmt.Errorf("graph %q: %w", g.Name, err)
	}
	var body []byte
	for _, n := range g.Nodes {
		b, err := encodeNode(n)
		if err != nil {
			return nil, fmt.Errorf("graph %q: %w", g.Name, err)
		}
		body = appendMessage(body, graphNode, b)
	}
	body = appendText(body, graphName, g.Name)
	for _, w := range g.Weights {
		b, err := encodeWeight(w, loc)
		if err != nil {
			return nil, fmt.Errorf("graph %q: %w", g.Name, err)
		}
		body = appendMessage(body, graphInit, b)
	}
	for _, v := range g.Inputs {
		body = appendMessage(body, graphInput, encodeValue(v))
	}
	for _, v := range g.Outputs {
		body = appendMessage(body, graphOutput, encodeValue(v))
	}
	if g.foreign != nil {
		return appendMessage(slices.Concat(g.foreign.pieces...), modelGraph, body), nil
	}
	out := appendInt(nil, modelIR, irVersion)
	out = appendText(out, modelProducer, "pentimento")
	out = appendMessage(out, modelGraph, body)
	out = appendMessage(out, modelOpset, appendInt(appendText(nil, opsetDomain, ""), opsetNumber, opsetVersion))
	out = appendMessage(out, modelOpset, appendInt(appendText(nil, opsetDomain, microsoftDomain), opsetNumber, microsoftOpset))
	for _, k := range sortedKeys(g.Meta) {
		out = appendMessage(out, modelMeta, encodeEntry(k, g.Meta[k]))
	}
	return out, nil
}

// Dir is the deepest folder that holds every file the graph's weights point into, with
// symbolic links resolved; "" when no weight lives in a file.
func (g *Graph) Dir() (string, error) {
	dir, seen := "", map[string]bool{}
	for _, w := range g.Weights {
		if w.File == "" || seen[w.File] {
			continue
		}
		seen[w.File] = true
		real, err := filepath.EvalSymlinks(w.File)
		if err != nil {
			return "", fmt.Errorf("graph %q: weight %q: %w", g.Name, w.Name, err)
		}
		d := filepath.Dir(real)
		if dir == "" {
			dir = d
			continue
		}
		for !within(dir, d) {
			up := filepath.Dir(dir)
			if up == dir {
				return "", fmt.Errorf("graph %q: %q and %q have no folder in common", g.Name, dir, real)
			}
			dir = up
		}
	}
	return dir, nil
}

// within says whether path is dir or is below it; both are clean and resolved.
func within(dir, path string) bool {
	rel, err := filepath.Rel(dir, path)
	return err == nil && filepath.IsLocal(rel)
}

// locator turns a weight's file into a location relative to one folder, once a file.
type locator struct {
	dir   string
	known map[string]located
}

type located struct {
	rel  string
	size int64
}

func newLocator(dir string) (*locator, error) {
	l := &locator{known: map[string]located{}}
	if dir == "" {
		return l, nil
	}
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	l.dir, err = filepath.EvalSymlinks(abs)
	return l, err
}

func (l *locator) find(file string) (located, error) {
	if at, ok := l.known[file]; ok {
		return at, nil
	}
	if l.dir == "" || !filepath.IsAbs(file) {
		return located{}, fmt.Errorf("file %q: want an absolute path and a folder to name it from", file)
	}
	real, err := filepath.EvalSymlinks(file)
	if err != nil {
		return located{}, err
	}
	rel, err := filepath.Rel(l.dir, real)
	if err != nil || !filepath.IsLocal(rel) {
		return located{}, fmt.Errorf("file %q is outside the model's folder %q", real, l.dir)
	}
	info, err := os.Stat(real)
	if err != nil {
		return located{}, err
	}
	at := located{rel: filepath.ToSlash(rel), size: info.Size()}
	l.known[file] = at
	return at, nil
}

func encodeWeight(w *Weight, l *locator) ([]byte, error) {
	if w.raw != nil {
		return w.raw, nil
	}
	b := appendInts(nil, tensorDims, w.Shape)
	b = appendInt(b, tensorType, int64(w.Type))
	b = appendText(b, tensorName, w.Name)
	if w.File == "" {
		return appendMessage(b, tensorRaw, w.Data), nil
	}
	if w.Decode != nil {
		data, err := w.Decode()
		if err != nil {
			return nil, fmt.Errorf("weight %q: %w", w.Name, err)
		}
		return appendMessage(b, tensorRaw, data), nil
	}
	at, err := l.find(w.File)
	if err != nil {
		return nil, fmt.Errorf("weight %q: %w", w.Name, err)
	}
	if w.Offset < 0 || w.Length < 0 || w.Offset > at.size-w.Length {
		return nil, fmt.Errorf("weight %q: bytes %d+%d lie outside %q of %d bytes", w.Name, w.Offset, w.Length, w.File, at.size)
	}
	for _, e := range [][2]string{{"location", at.rel}, {"offset", strconv.FormatInt(w.Offset, 10)}, {"length", strconv.FormatInt(w.Length, 10)}} {
		b = appendMessage(b, tensorExternal, encodeEntry(e[0], e[1]))
	}
	return appendInt(b, tensorLocation, 1), nil
}

func encodeNode(n *Node) ([]byte, error) {
	if n.raw != nil {
		return n.raw, nil
	}
	var b []byte
	for _, s := range n.Inputs {
		b = appendText(b, nodeInput, s)
	}
	for _, s := range n.Outputs {
		b = appendText(b, nodeOutput, s)
	}
	b = appendText(b, nodeName, n.Name)
	b = appendText(b, nodeOp, n.Op)
	for _, k := range sortedKeys(n.Attrs) {
		a, err := encodeAttr(k, n.Attrs[k])
		if err != nil {
			return nil, fmt.Errorf("node %q: %w", n.Name, err)
		}
		b = appendMessage(b, nodeAttr, a)
	}
	if n.Domain != "" {
		b = appendText(b, nodeDo, n.Domain)
	}
	return b, nil
}

func encodeAttr(name string, value any) ([]byte, error) {
	b := appendText(nil, attrName, name)
	kind := int64(0) // AttributeProto.AttributeType
	switch v := value.(type) {
	case float32:
		b = protowire.AppendFixed32(protowire.AppendTag(b, attrF, protowire.Fixed32Type), math.Float32bits(v))
		kind = 1
	case int64:
		b = appendInt(b, attrI, v)
		kind = 2
	case string:
		b = appendText(b, attrS, v)
		kind = 3
	case []float32:
		for _, f := range v {
			b = protowire.AppendFixed32(protowire.AppendTag(b, attrFs, protowire.Fixed32Type), math.Float32bits(f))
		}
		kind = 6
	case []int64:
		b = appendInts(b, attrIs, v)
		kind = 7
	default:
		return nil, fmt.Errorf("attribute %q is a %T, want int64, float32, string or a slice of numbers", name, value)
	}
	return appendInt(b, attrType, kind), nil
}

func encodeValue(v Value) []byte {
	var shape []byte
	for _, d := range v.Shape {
		var dim []byte
		if d.Fixed > 0 {
			dim = appendInt(nil, 1, d.Fixed)
		} else if d.Name != "" {
			dim = appendText(nil, 2, d.Name)
		}
		shape = appendMessage(shape, 1, dim)
	}
	kind := appendInt(nil, 1, int64(v.Type))
	if v.Shape != nil { // nil is unknown, empty is a scalar
		kind = appendMessage(kind, 2, shape)
	}
	return appendMessage(appendText(nil, valueName, v.Name), valueType, appendMessage(nil, 1, kind))
}

func encodeEntry(key, value string) []byte {
	return appendText(appendText(nil, entryKey, key), entryValue, value)
}

func appendInt(b []byte, field protowire.Number, v int64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(b, field, protowire.VarintType), uint64(v))
}

func appendInts(b []byte, field protowire.Number, vs []int64) []byte {
	for _, v := range vs {
		b = appendInt(b, field, v)
	}
	return b
}

func appendText(b []byte, field protowire.Number, s string) []byte {
	return protowire.AppendString(protowire.AppendTag(b, field, protowire.BytesType), strings.ToValidUTF8(s, "?"))
}

func appendMessage(b []byte, field protowire.Number, m []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(b, field, protowire.BytesType), m)
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return slices.Clip(keys)
}
