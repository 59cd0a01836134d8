package ort

// #include "bind.h"
import "C"

import (
	"errors"
	"fmt"
	"maps"
	"unsafe"

	"pentimento/pipeline/model"
	"pentimento/pipeline/tensor"
)

// On a card, inputs stay where the card reads them from one evaluation to the next (OrtIoBinding):
// what a run gives again unchanged does not cross again. Results come to the processor's memory,
// where the samplers compute. Of SD 1.5 at 512×512, both halves of guidance at once, there cross at
// each step 131 kB of latents and 2.5 kB of timesteps one way and 131 kB of results the other; of
// the text, 473 kB cross once.

// binder is a machine that can hold inputs on its device.
type binder interface {
	newBinding() (binding, error)
}

// binding is a set of inputs on a device.
type binding interface {
	// bind sends an input, which replaces one of its name.
	bind(name string, t *tensor.Tensor) error
	run(s *stopper) (map[string]*tensor.Tensor, error)
	free()
}

// held is a binding with what it holds.
type held struct {
	binding
	sent model.Sent
}

// mostHeld is how many sets of inputs a session holds: one for each combination of shapes, such
// as those of a long prompt and its short negative one, which are evaluated in turn.
const mostHeld = 4

// keeps says whether a session's inputs stay on its device. Those of a session that gives its
// memory back after each run don't, nor those of one on the processor, which reads them in place.
func keeps(device string, o model.Options) bool { return device != "cpu" && !o.Release }

// perform evaluates once, sending what the device does not hold yet.
func (l *loaded) perform(s *stopper, in map[string]*tensor.Tensor) (map[string]*tensor.Tensor, error) {
	if l.still != nil {
		return l.still.with(s, in)
	}
	b, ok := l.machine.(binder)
	if !ok || !l.keep {
		if len(l.loose) > 0 {
			in = maps.Clone(in)
			maps.Copy(in, l.loose)
		}
		return l.run(s, in)
	}
	key := model.Shapes(in)
	h := l.held[key]
	if h == nil {
		if len(l.held) == mostHeld {
			l.letGo()
		}
		made, err := b.newBinding()
		if err != nil {
			return nil, err
		}
		h = &held{binding: made}
		if l.held == nil {
			l.held = map[string]*held{}
		}
		l.held[key] = h
	}
	return h.with(s, in)
}

// with sends what has changed and runs.
func (h *held) with(s *stopper, in map[string]*tensor.Tensor) (map[string]*tensor.Tensor, error) {
	for name, t := range in {
		if t == nil {
			return nil, fmt.Errorf("input %q: is empty", name)
		}
		if !h.sent.Changed(name, t) {
			continue
		}
		if err := h.bind(name, t); err != nil {
			h.sent.Forget(name)
			return nil, fmt.Errorf("input %q: %w", name, err)
		}
	}
	return h.run(s)
}

// letGo frees what is held on the device.
func (l *loaded) letGo() {
	for _, h := range l.held {
		h.free()
	}
	if l.held = nil; l.still != nil {
		l.still.free()
		l.still = nil
	}
}

// bound is an OrtIoBinding of a session.
type bound struct {
	h    *handle
	p    *C.OrtIoBinding
	data map[string]unsafe.Pointer // in C memory: what no device copies is read where it is
}

func (h *handle) newBinding() (binding, error) {
	b := &bound{h: h, data: map[string]unsafe.Pointer{}}
	if err := failure(C.bind_inputs_new(&b.p, h.p)); err != nil {
		return nil, err
	}
	return b, nil
}

func (b *bound) bind(name string, t *tensor.Tensor) error {
	c := b.h.names[name]
	if c == nil {
		return errors.New("the graph has none of that name")
	}
	if t == nil || len(t.Data) != tensor.Size(t.Shape) || len(t.Data) == 0 {
		return errors.New("is empty, or its data do not fit its shape")
	}
	shape := make([]int64, len(t.Shape))
	for i, d := range t.Shape {
		shape[i] = int64(d)
	}
	dims, rank := dimensions(shape)
	data := C.CBytes(unsafe.Slice((*byte)(unsafe.Pointer(&t.Data[0])), 4*len(t.Data)))
	if err := failure(C.bind_inputs_set(b.p, c, data, C.size_t(4*len(t.Data)), dims, rank)); err != nil {
		C.free(data)
		return err
	}
	C.free(b.data[name])
	b.data[name] = data
	return nil
}

func (b *bound) run(s *stopper) (map[string]*tensor.Tensor, error) {
	names := make([]*C.char, len(b.h.outputs))
	for i, name := range b.h.outputs {
		names[i] = b.h.names[name]
	}
	values := make([]*C.OrtValue, len(names))
	err := failure(C.bind_inputs_run(b.h.p, s.p, b.p, first(names), first(values), C.size_t(len(names))))
	return b.h.take(values, err)
}

func (b *bound) free() {
	C.bind_inputs_free(b.p)
	for _, data := range b.data {
		C.free(data)
	}
}
