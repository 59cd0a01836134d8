package ort

// #include "bind.h"
import "C"

import (
	"errors"
	"fmt"
	"runtime"
	"unsafe"

	"pentimento/fault"
	"pentimento/pipeline/model"
	"pentimento/pipeline/tensor"
)

// A provider that captures writes down what a run asks of the card, and repeats that for all later
// runs of the session without looking at their values: it reads where the first run read and writes
// where that wrote (ReplayGraph of WebGpuExecutionProvider and CUDAExecutionProvider). So inputs and
// outputs have places on the device that stay, filled before a run and read after it.
//
// 2026-11-29: CUDA's keeps what it captured for the thread that ran (PerThreadContext): all runs
// come from one.

// recorder is a machine that can keep its values in places on its device.
type recorder interface {
	newRecording(in, out map[string][]int) (binding, error)
}

// recording is a session's values in their places.
type recording struct {
	bound
	shapes  map[string][]int
	places  map[string]*C.place
	threads chan func()
}

func (h *handle) newRecording(in, out map[string][]int) (binding, error) {
	r := &recording{bound: bound{h: h}, shapes: map[string][]int{}, places: map[string]*C.place{}, threads: make(chan func())}
	if err := failure(C.bind_inputs_new(&r.p, h.p)); err != nil {
		return nil, err
	}
	go func() {
		runtime.LockOSThread() // and it ends with this goroutine
		_ = fault.Guard("recorded evaluations", r.serve)
	}()
	for side, names := range [][]string{h.inputs, h.outputs} {
		for i, name := range names {
			shape := [...]map[string][]int{in, out}[side][name]
			if err := r.place(name, shape, side, i, len(names)); err != nil {
				r.free()
				return nil, fmt.Errorf("value %q: %w", name, err)
			}
		}
	}
	return r, nil
}

// transfers lets values be copied to the memory of a device whose provider is the library at path.
func transfers(device, path string) error {
	name, file := C.CString(device), C.CString(path)
	defer C.free(unsafe.Pointer(name))
	defer C.free(unsafe.Pointer(file))
	return failure(C.bind_transfers(name, file))
}

// serve is the thread of all runs.
func (r *recording) serve() {
	for do := range r.threads {
		do()
	}
}

// place makes value i of the session's inputs (side 0) or outputs (1) and binds it.
func (r *recording) place(name string, shape []int, side, i, of int) error {
	if tensor.Size(shape) == 0 || shape == nil {
		return errors.New("its size is not known")
	}
	p := (*C.place)(C.calloc(1, C.sizeof_place))
	r.places[name], r.shapes[name] = p, shape
	long := wide(shape)
	dims, rank := dimensions(long)
	if err := failure(C.bind_place_new(p, r.h.p, C.int(side), C.size_t(i), C.size_t(of), dims, rank)); err != nil {
		return err
	}
	return failure(C.bind_place_bind(r.p, r.h.names[name], p, C.int(side)))
}

func wide(shape []int) []int64 {
	out := make([]int64, len(shape))
	for i, d := range shape {
		out[i] = int64(d)
	}
	return out
}

// bind fills the place of an input.
func (r *recording) bind(name string, t *tensor.Tensor) error {
	if r.places[name] == nil {
		return errors.New("the graph has none of that name")
	}
	if len(t.Data) != tensor.Size(t.Shape) || model.Shapes(map[string]*tensor.Tensor{"": t}) != model.Shapes(map[string]*tensor.Tensor{"": {Shape: r.shapes[name]}}) {
		return fmt.Errorf("has shape %v, want %v", t.Shape, r.shapes[name])
	}
	return r.copy(name, t, 0)
}

// copy fills a place, or with back 1 reads it.
func (r *recording) copy(name string, t *tensor.Tensor, back C.int) error {
	dims, rank := dimensions(wide(t.Shape))
	var pins runtime.Pinner
	defer pins.Unpin()
	pins.Pin(&t.Data[0])
	return failure(C.bind_place_copy(r.places[name], unsafe.Pointer(&t.Data[0]), C.size_t(4*len(t.Data)), dims, rank, back))
}

func (r *recording) run(s *stopper) (map[string]*tensor.Tensor, error) {
	done := make(chan error)
	r.threads <- func() { done <- failure(C.bind_places_run(r.h.p, s.p, r.p)) }
	if err := <-done; err != nil {
		return nil, err
	}
	out := map[string]*tensor.Tensor{}
	for _, name := range r.h.outputs {
		t := tensor.New(r.shapes[name]...)
		if err := r.copy(name, t, 1); err != nil {
			return nil, fmt.Errorf("output %q: %w", name, err)
		}
		out[name] = t
	}
	return out, nil
}

func (r *recording) free() {
	close(r.threads)
	r.bound.free()
	for _, p := range r.places {
		C.bind_place_free(p)
		C.free(unsafe.Pointer(p))
	}
}
