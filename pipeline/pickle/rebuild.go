package pickle

import (
	"fmt"
	"math"
	"math/bits"
)

// storage is a run of values in the file; several tensors may look into one.
type storage struct {
	key   string
	dtype string
	elems int64    // values, as the description says
	at    int64    // byte in the file; of a stream known once all is read
	root  *storage // of a view into another one (torch before 0.4), base values behind its start
	base  int64
}

// array is a tensor as the description gives it.
type array struct {
	st            *storage
	dtype         string
	offset        int64 // values from the storage's start
	shape, stride []int64
}

// storageID reads ("storage", class, key, place, values[, view]), view being None or (key,
// offset, values).
func storageID(id *seq) (*storage, []any, error) {
	if len(id.items) < 5 || id.items[0] != any("storage") {
		return nil, nil, fmt.Errorf("refers to a thing outside that is no storage")
	}
	class, ok := id.items[1].(*global)
	key, named := id.items[2].(string)
	if n, ok := id.items[2].(int64); ok {
		key, named = fmt.Sprint(n), true
	}
	elems, counted := id.items[4].(int64)
	if !ok || class.dt == "" || !named || !counted || elems < 0 || elems > math.MaxInt64/8 {
		return nil, nil, fmt.Errorf("a storage without type, name or size that fits")
	}
	var view []any
	if len(id.items) > 5 {
		if v, ok := id.items[5].(*seq); ok {
			view = v.items
		}
	}
	return &storage{key: key, dtype: class.dt, elems: elems}, view, nil
}

// rebuildTensor takes (storage, offset, size, stride, …); version 3 has a dtype behind the
// hooks, in whose values the rest counts.
func rebuildTensor(m *machine, args []any) any {
	if len(args) < 4 {
		m.fail("a tensor of %d arguments, want 4 or more", len(args))
		return nil
	}
	st, ok := args[0].(*storage)
	offset, counted := args[1].(int64)
	shape, err := ints(args[2])
	stride, err2 := ints(args[3])
	if !ok || !counted || err != nil || err2 != nil || len(shape) != len(stride) {
		m.fail("a tensor without storage, offset, size and stride that fit")
		return nil
	}
	a := &array{st: st, dtype: st.dtype, offset: offset, shape: shape, stride: stride}
	if len(args) > 6 {
		if g, ok := args[6].(*global); ok && g.dt != "" {
			a.dtype = g.dt
		}
	}
	m.spend(costMap + 16*int64(len(shape)))
	if err := a.check(); err != nil {
		m.fail("%w", err)
		return nil
	}
	return a
}

// rebuildParameter takes (tensor, …), or bytes-like data that is none.
func rebuildParameter(m *machine, args []any) any {
	if len(args) > 0 {
		if a, ok := args[0].(*array); ok {
			return a
		}
	}
	m.fail("a parameter of what is no tensor")
	return nil
}

// rebuildTyped takes (function, type, arguments, fields): a tensor with attributes.
func rebuildTyped(m *machine, args []any) any {
	if len(args) > 2 {
		return m.call(args[0], args[2])
	}
	m.fail("a tensor of %d arguments, want 4", len(args))
	return nil
}

func ints(v any) ([]int64, error) {
	s, ok := v.(*seq)
	if !ok || len(s.items) > maxRank {
		return nil, fmt.Errorf("want at most %d whole numbers", maxRank)
	}
	out := make([]int64, len(s.items))
	for i, item := range s.items {
		if out[i], ok = item.(int64); !ok || out[i] < 0 {
			return nil, fmt.Errorf("want whole numbers that are not negative")
		}
	}
	return out, nil
}

// mul and add are for numbers that are not negative; ok is false where the result has no room.
func mul(a, b int64) (int64, bool) {
	hi, lo := bits.Mul64(uint64(a), uint64(b))
	return int64(lo), hi == 0 && lo <= math.MaxInt64
}

func add(a, b int64) (int64, bool) { return a + b, a <= math.MaxInt64-b }

// count is the number of values; ok is false where there are more than can be.
func (a *array) count() (n int64, ok bool) {
	n, ok = 1, true
	for _, d := range a.shape {
		if d == 0 {
			return 0, true
		}
	}
	for _, d := range a.shape {
		if n, ok = mul(n, d); !ok || n > math.MaxInt64/16 {
			return 0, false
		}
	}
	return n, ok
}

// check compares what the tensor reaches with what its storage has.
func (a *array) check() error {
	n, ok := a.count()
	wrong := func() error {
		return fmt.Errorf("a tensor of shape %v, stride %v, offset %d reaches beyond its storage %q of %d values", a.shape, a.stride, a.offset, a.st.key, a.st.elems)
	}
	if !ok || a.offset < 0 {
		return wrong()
	}
	last := a.offset
	for i, d := range a.shape {
		if n == 0 {
			break
		}
		step, fits := mul(d-1, a.stride[i])
		if last, ok = add(last, step); !ok || !fits {
			return wrong()
		}
	}
	if n > 0 {
		last++
	}
	have, fits := mul(a.st.elems, dtypes[a.st.dtype])
	reach, ok := mul(last, dtypes[a.dtype])
	if !fits || !ok || reach > have {
		return wrong()
	}
	return nil
}

// reach is how many values lie between the first and the last of a view, both counted.
func (t Tensor) reach() int64 {
	n := int64(1)
	for i, step := range t.Stride {
		n += (t.Shape[i] - 1) * step
	}
	return n
}

// tensor says where the values of a stand in the file.
func (a *array) tensor(name string) Tensor {
	n, _ := a.count()
	size := dtypes[a.dtype]
	st, base := a.st, int64(0)
	if st.root != nil {
		st, base = st.root, st.base
	}
	t := Tensor{Name: name, DType: a.dtype, Shape: append([]int64{}, a.shape...), Offset: st.at + base*dtypes[st.dtype] + a.offset*size, Length: n * size}
	want := int64(1)
	for i := len(a.shape) - 1; i >= 0 && n > 0; i-- {
		if a.shape[i] > 1 && a.stride[i] != want {
			t.Stride = append([]int64{}, a.stride...)
		}
		want *= a.shape[i]
	}
	return t
}
