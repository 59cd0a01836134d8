package pickle

import (
	"fmt"
	"slices"
	"strconv"

	"pentimento/fault"
)

// stateNames are what programs call the map of the weights, the surest first. The first one
// counts also in a map that has tensors of its own.
var stateNames = []string{"state_dict", "model_state_dict", "string_to_param", "params_ema", "params", "model", "module", "network", "net"}

// state finds the map of the weights below root and lists its tensors; the file has size bytes.
func state(root any, size int64) ([]Tensor, error) {
	prefix := ""
	for range maxDepth {
		next, name := search(root)
		if next == nil {
			break
		}
		if root = next; name == "string_to_param" {
			prefix = name + "."
			break
		}
	}
	w := &walk{seen: map[string]bool{}, room: maxShare*min(size, 1<<60) + maxSpread}
	if _, ok := root.(*array); ok {
		return nil, fault.New("holds one tensor without a name", "Open a model, or an embedding.")
	}
	w.add(prefix, root, 0)
	if w.err == nil && len(w.out) == 0 {
		return nil, fault.New("holds no tensors", "It is a torch file, but of something else than a model.")
	}
	return w.out, w.err
}

// fieldsOf is v as a map, nil where it is none.
func fieldsOf(v any) *dict {
	switch v := v.(type) {
	case *dict:
		return v
	case *object:
		if v.fields != nil {
			if d, ok := v.fields.get("_parameters").(*dict); ok {
				return d
			}
			return v.fields
		}
	}
	return nil
}

// direct says whether a map has tensors of its own.
func direct(d *dict) bool {
	return slices.ContainsFunc(d.pairs, func(p pair) bool { _, ok := p.value.(*array); return ok })
}

// search finds the nearest map of weights below root, level by level, not through maps that
// have tensors of their own; nil where there is none.
func search(root any) (*dict, string) {
	start := fieldsOf(root)
	if start == nil {
		return nil, ""
	}
	level, seen, barren := []*dict{start}, map[*dict]bool{start: true}, map[*dict]bool{}
	for len(level) > 0 {
		var below []*dict
		for _, d := range level {
			own := direct(d)
			for i, name := range stateNames {
				if v := fieldsOf(d.get(name)); v != nil && v != d && (i == 0 || !own) && holds(v, barren) {
					return v, name
				}
			}
			if own {
				continue
			}
			for _, p := range d.pairs {
				if v := fieldsOf(p.value); v != nil && !seen[v] {
					seen[v] = true
					below = append(below, v)
				}
			}
		}
		level = below
	}
	return nil, ""
}

// holds says whether a tensor is anywhere in the maps below d. barren are maps without one;
// it is added to where d is another, so that no map is searched twice.
func holds(d *dict, barren map[*dict]bool) bool {
	rest := []*dict{d}
	for len(rest) > 0 {
		at := rest[len(rest)-1]
		rest = rest[:len(rest)-1]
		if barren[at] {
			continue
		}
		if barren[at] = true; direct(at) {
			return true // barren is of no use any more: the search ends here
		}
		for _, p := range at.pairs {
			if v := fieldsOf(p.value); v != nil {
				rest = append(rest, v)
			}
		}
	}
	return false
}

// walk lists tensors by their full names.
type walk struct {
	out    []Tensor
	seen   map[string]bool
	visits int
	room   int64 // bytes that further tensors may have
	err    error
}

func (w *walk) add(prefix string, v any, depth int) {
	if w.visits++; w.visits > maxVisits || depth > maxDepth {
		w.fail(fmt.Errorf("values are nested more than %d deep or more than %d", maxDepth, maxVisits))
		return
	}
	if s, ok := v.(*seq); ok {
		for i, item := range s.items {
			if w.err == nil {
				w.value(prefix+strconv.Itoa(i), item, depth)
			}
		}
		return
	}
	d := fieldsOf(v)
	if d == nil {
		return
	}
	for _, p := range d.pairs {
		name := ""
		switch key := p.key.(type) {
		case string:
			name = key
		case int64:
			name = strconv.FormatInt(key, 10)
		default:
			continue
		}
		if w.err == nil {
			w.value(prefix+name, p.value, depth)
		}
	}
}

func (w *walk) value(name string, v any, depth int) {
	a, ok := v.(*array)
	if !ok {
		switch v.(type) {
		case *dict, *object, *seq:
			if len(name) > maxName {
				return
			}
			w.add(name+".", v, depth+1)
		}
		return
	}
	t := a.tensor(name)
	if w.seen[name] || len(name) > maxName || len(w.out) == maxTensors {
		w.fail(fmt.Errorf("tensor name %.100q appears twice, is longer than %d bytes or is one of more than %d", name, maxName, maxTensors))
		return
	}
	if w.room -= t.Length; w.room < 0 {
		w.fail(fmt.Errorf("tensor %q of shape %v: the tensors have more bytes than the file can stand for", name, a.shape))
		return
	}
	if reach := t.reach() * dtypes[t.DType]; reach > maxReach && reach/maxScatter > t.Length {
		w.fail(fmt.Errorf("tensor %q of shape %v, stride %v is scattered over %d bytes", name, a.shape, a.stride, reach))
		return
	}
	w.seen[name] = true
	w.out = append(w.out, t)
}

func (w *walk) fail(err error) {
	if w.err == nil {
		w.err = err
	}
}
