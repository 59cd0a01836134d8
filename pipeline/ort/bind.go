package ort

// #cgo CFLAGS: -O2
// #include "bind.h"
import "C"

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"unsafe"

	"pentimento/pipeline/graph"
	"pentimento/pipeline/tensor"
)

// failure turns a text from bind.c into an error and frees it.
func failure(text *C.char) error {
	if text == nil {
		return nil
	}
	defer C.free(unsafe.Pointer(text))
	return errors.New(strings.TrimSpace(strings.ToValidUTF8(C.GoString(text), "?")))
}

// start binds to the loaded library and lists the providers built into it. memory is the
// library's description of the processor's memory.
func start(entry, memory unsafe.Pointer) ([]string, error) {
	if err := failure(C.bind_start(entry, memory)); err != nil {
		return nil, err
	}
	if C.guard_start() != 0 {
		return nil, errors.New("the handler for files that change in use could not be installed")
	}
	var list *C.char
	if err := failure(C.bind_providers(&list)); err != nil {
		return nil, err
	}
	defer C.free(unsafe.Pointer(list))
	return strings.Fields(C.GoString(list)), nil
}

// The levels of optimisation.
const (
	levelExtended = C.api_extended
	levelAll      = C.api_all
)

// settings are the session options of one opening.
type settings struct {
	level    int // of optimisation
	threads  int
	arena    bool   // working memory is kept and used again; off, each tensor comes from the system
	pattern  bool   // working memory is laid out as one block from the second run on
	provider string // as bind_options_provider wants it; "" is the processor
	capture  bool   // the provider records a run and repeats it
	entries  map[string]string
	weights  []*graph.Weight // handed over in memory instead of from a file
}

// options are OrtSessionOptions under construction. The flag that ends a load may be
// set from another goroutine while a session is built from them.
type options struct {
	p    *C.OrtSessionOptions
	pins runtime.Pinner
}

func newOptions(s settings) (*options, error) {
	o := &options{}
	if err := failure(C.bind_options_new(&o.p, C.int(s.level), C.int(s.threads), truth(s.arena), truth(s.pattern))); err != nil {
		return nil, err
	}
	for k, v := range s.entries {
		ck, cv := C.CString(k), C.CString(v)
		err := failure(C.bind_options_entry(o.p, ck, cv))
		C.free(unsafe.Pointer(ck))
		C.free(unsafe.Pointer(cv))
		if err != nil {
			o.free()
			return nil, fmt.Errorf("option %s=%s: %w", k, v, err)
		}
	}
	for _, w := range s.weights {
		if err := o.weight(w); err != nil {
			o.free()
			return nil, fmt.Errorf("weight %q: %w", w.Name, err)
		}
	}
	if s.provider != "" {
		name := C.CString(s.provider)
		defer C.free(unsafe.Pointer(name))
		if err := failure(C.bind_options_provider(o.p, name, truth(s.capture))); err != nil {
			o.free()
			return nil, err
		}
	}
	return o, nil
}

func (o *options) weight(w *graph.Weight) error {
	if len(w.Data) == 0 {
		return errors.New("has no data")
	}
	o.pins.Pin(&w.Data[0])
	name := C.CString(w.Name)
	defer C.free(unsafe.Pointer(name))
	dims, rank := dimensions(w.Shape)
	return failure(C.bind_options_weight(o.p, name, unsafe.Pointer(&w.Data[0]), C.size_t(len(w.Data)), dims, rank, C.int(w.Type)))
}

// cancel ends a load that is under way.
func (o *options) cancel() { _ = failure(C.bind_options_cancel(o.p)) }

func (o *options) free() {
	C.bind_options_free(o.p)
	o.pins.Unpin()
}

// handle is one OrtSession with the names of its graph's inputs and outputs in C memory.
type handle struct {
	p       *C.OrtSession
	inputs  []string
	outputs []string
	names   map[string]*C.char
}

// newHandle builds a session; it blocks until the session is there or o was cancelled.
func newHandle(o *options, encoded []byte, g *graph.Graph) (*handle, error) {
	h := &handle{names: map[string]*C.char{}}
	if err := failure(C.bind_session_new(&h.p, o.p, unsafe.Pointer(&encoded[0]), C.size_t(len(encoded)))); err != nil {
		return nil, err
	}
	for _, v := range g.Inputs {
		h.inputs = append(h.inputs, v.Name)
		h.names[v.Name] = C.CString(v.Name)
	}
	for _, v := range g.Outputs {
		h.outputs = append(h.outputs, v.Name)
		h.names[v.Name] = C.CString(v.Name)
	}
	return h, nil
}

func (h *handle) free() {
	C.bind_session_free(h.p)
	emptyArena()
	for _, n := range h.names {
		C.free(unsafe.Pointer(n))
	}
}

func trim() { C.bind_trim() }

// stopper is the run options of one evaluation; stop may come from another goroutine.
type stopper struct{ p *C.OrtRunOptions }

// newStopper makes the options of one run; shrink gives the arena's memory back after it.
func newStopper(shrink bool) (*stopper, error) {
	s := &stopper{}
	err := failure(C.bind_run_new(&s.p, truth(shrink)))
	return s, err
}

func truth(b bool) C.int {
	if b {
		return 1
	}
	return 0
}

func (s *stopper) stop() { _ = failure(C.bind_run_stop(s.p)) }
func (s *stopper) free() { C.bind_run_free(s.p) }

// run evaluates once. The inputs' memory is read where it is; outputs are copied out.
func (h *handle) run(s *stopper, in map[string]*tensor.Tensor) (map[string]*tensor.Tensor, error) {
	var pins runtime.Pinner
	defer pins.Unpin()
	var inNames, outNames []*C.char
	var inValues []*C.OrtValue
	defer func() {
		for _, v := range inValues {
			C.bind_value_free(v)
		}
	}()
	for name, t := range in {
		c := h.names[name]
		if c == nil {
			return nil, fmt.Errorf("the graph has no input %q", name)
		}
		v, err := value(t, &pins)
		if err != nil {
			return nil, fmt.Errorf("input %q: %w", name, err)
		}
		inNames, inValues = append(inNames, c), append(inValues, v)
	}
	for _, name := range h.outputs {
		outNames = append(outNames, h.names[name])
	}
	outValues := make([]*C.OrtValue, len(outNames))
	err := failure(C.bind_run(h.p, s.p, first(inNames), first(inValues), C.size_t(len(inValues)),
		first(outNames), first(outValues), C.size_t(len(outValues))))
	return h.take(outValues, err)
}

// take copies a run's outputs, in the order of h.outputs, and frees them.
func (h *handle) take(values []*C.OrtValue, err error) (map[string]*tensor.Tensor, error) {
	defer func() {
		for _, v := range values {
			if v != nil {
				C.bind_value_free(v)
			}
		}
	}()
	if err != nil {
		return nil, err
	}
	out := make(map[string]*tensor.Tensor, len(values))
	for i, v := range values {
		t, err := read(v)
		if err != nil {
			return nil, fmt.Errorf("output %q: %w", h.outputs[i], err)
		}
		out[h.outputs[i]] = t
	}
	return out, nil
}

// value wraps a tensor's memory, which stays pinned until pins are released.
func value(t *tensor.Tensor, pins *runtime.Pinner) (*C.OrtValue, error) {
	if t == nil || len(t.Data) != tensor.Size(t.Shape) || len(t.Data) == 0 {
		return nil, errors.New("is empty, or its data do not fit its shape")
	}
	pins.Pin(&t.Data[0])
	shape := make([]int64, len(t.Shape))
	for i, d := range t.Shape {
		shape[i] = int64(d)
	}
	dims, rank := dimensions(shape)
	var v *C.OrtValue
	err := failure(C.bind_value_new(&v, unsafe.Pointer(&t.Data[0]), C.size_t(4*len(t.Data)), dims, rank))
	return v, err
}

// read copies a float32 output.
func read(v *C.OrtValue) (*tensor.Tensor, error) {
	var data *C.float
	var dims [16]C.int64_t
	rank := C.size_t(len(dims))
	if err := failure(C.bind_value_read(v, &data, &dims[0], &rank)); err != nil {
		return nil, err
	}
	shape := make([]int, rank)
	for i := range shape {
		shape[i] = int(dims[i])
	}
	t := tensor.New(shape...)
	if len(t.Data) > 0 {
		copy(t.Data, unsafe.Slice((*float32)(unsafe.Pointer(data)), len(t.Data)))
	}
	return t, nil
}

func dimensions(shape []int64) (*C.int64_t, C.size_t) {
	if len(shape) == 0 {
		return nil, 0
	}
	return (*C.int64_t)(unsafe.Pointer(&shape[0])), C.size_t(len(shape))
}

// first is the address of a slice's first element, nil where it has none.
func first[T any](s []T) *T {
	if len(s) == 0 {
		return nil
	}
	return &s[0]
}
