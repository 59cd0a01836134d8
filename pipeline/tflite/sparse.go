package tflite

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"

	"pentimento/pipeline/graph"
)

// sparsity says where the values lie that a sparse constant has (schema.fbs, SparsityParameters):
// level by level, in the order of the dimensions, blocks last. Its lists stay in the file.
type sparsity struct {
	order  []int64 // which dimension a level is; those after the tensor's own are blocks
	blocks []int64 // the dimension that a block belongs to
	levels []level
}

// level is a dimension that is there whole, of size, or at the places which indices lists, those
// of the i-th place above between segments i and i+1.
type level struct {
	size              int64
	dense             bool
	segments, indices places
}

// places is a list of n unsigned numbers of width bytes in the file.
type places struct{ at, n, width int64 }

func sparsityOf(t table) *sparsity {
	if t.at == 0 {
		return nil
	}
	s := &sparsity{order: t.numbers(0), blocks: t.numbers(1)}
	for _, d := range t.tables(2) {
		s.levels = append(s.levels, level{dense: d.small(0) == 0, size: d.number(1, 0),
			segments: placesOf(d, 2), indices: placesOf(d, 4)})
	}
	return s
}

// placesOf is the union SparseIndexVector, whose kind is the field before it.
func placesOf(t table, i int64) places {
	width := map[int64]int64{1: 4, 2: 2, 3: 1}[t.small(i)]
	if width == 0 {
		return places{}
	}
	at, n := t.down(i+1).list(0, width)
	return places{at, n, width}
}

func (p places) read(r io.ReaderAt) ([]int64, error) {
	b, out := make([]byte, p.n*p.width), make([]int64, p.n)
	if _, err := r.ReadAt(b, p.at); err != nil && p.n > 0 {
		return nil, err
	}
	for i := range out {
		switch p.width {
		case 1:
			out[i] = int64(b[i])
		case 2:
			out[i] = int64(binary.LittleEndian.Uint16(b[2*i:]))
		default:
			out[i] = int64(binary.LittleEndian.Uint32(b[4*i:]))
		}
	}
	return out, nil
}

// weight is a constant as a weight of the graph: where it lies in the file, or how it is made of
// that. ok is false for whole numbers.
func (a *array) weight(path string) (w graph.Weight, ok bool) {
	w = graph.Weight{Type: stored[a.kind], Shape: a.shape, File: path, Offset: a.at, Length: a.size}
	switch w.Type {
	case graph.Int8, graph.UInt8:
		if len(a.scale) == 0 || a.sparse != nil {
			return w, false
		}
		w.Type, w.Decode = graph.Float32, func() ([]byte, error) { return fromFile(path, a.widened) }
	case graph.Float32, graph.Float16, graph.Float64:
		if a.sparse != nil {
			w.Decode = func() ([]byte, error) { return fromFile(path, a.filled) }
		}
	default:
		return w, false
	}
	return w, true
}

func fromFile(path string, make func(r io.ReaderAt) ([]byte, error)) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return make(f)
}

// widened is a constant of 8-bit numbers as fp32: (q − zero)·scale, for all or by an axis.
func (a *array) widened(r io.ReaderAt) ([]byte, error) {
	b := make([]byte, a.size)
	if _, err := r.ReadAt(b, a.at); err != nil {
		return nil, err
	}
	out := make([]byte, 0, 4*len(b))
	inner := int64(1)
	for _, d := range a.shape[min(a.axis+1, int64(len(a.shape))):] {
		inner *= d
	}
	for i, q := range b {
		k, v := int64(i)/inner%int64(len(a.scale)), int64(q)
		if stored[a.kind] == graph.Int8 {
			v = int64(int8(q))
		}
		if len(a.zero) == len(a.scale) {
			v -= a.zero[k]
		}
		out = binary.LittleEndian.AppendUint32(out, math.Float32bits(float32(v)*a.scale[k]))
	}
	return out, nil
}

// maxDense is how much may be made in memory of a file's constants, in bytes.
const maxDense = 128 << 20

// filler walks through the levels of a sparse constant.
type filler struct {
	s                 *sparsity
	shape, size       []int64 // of the tensor, and of the blocks of each of its dimensions
	segments, indices [][]int64
	at                []int64 // where each level stands
	from, to          []byte
	width             int64
	steps             int64 // that may still be made
}

// filled is a sparse constant with its zeros, in the order of its shape.
func (a *array) filled(r io.ReaderAt) ([]byte, error) {
	f := &filler{s: a.sparse, shape: a.shape, width: stored[a.kind].Size(), from: make([]byte, a.size)}
	bytes, err := stored[a.kind].Bytes(a.shape)
	if err != nil {
		return nil, err
	}
	f.to = make([]byte, bytes)
	if _, err := r.ReadAt(f.from, a.at); err != nil {
		return nil, err
	}
	if err = f.prepare(r); err == nil {
		err = f.fill(0, 0)
	}
	if err == nil && len(f.from) > 0 {
		err = errDamaged
	}
	if err != nil {
		return nil, fmt.Errorf("sparse tensor %q: %w", a.name, err)
	}
	return f.to, nil
}

// prepare checks the levels and reads their lists.
func (f *filler) prepare(r io.ReaderAt) error {
	s, rank := f.s, int64(len(f.shape))
	n := rank + int64(len(s.blocks))
	if int64(len(s.order)) != n || int64(len(s.levels)) != n {
		return errors.New("has another number of levels than of dimensions and blocks")
	}
	f.at, f.size = make([]int64, n), make([]int64, rank)
	seen := make([]bool, n)
	for i := range f.size {
		f.size[i] = 1
	}
	for i, d := range s.order {
		if d < 0 || d >= n || seen[d] || (d >= rank) != (int64(i) >= rank) {
			return errDamaged
		}
		seen[d] = true
		if d >= rank {
			of := s.blocks[d-rank]
			if of < 0 || of >= rank || f.size[of] != 1 || !s.levels[i].dense || s.levels[i].size < 1 {
				return errDamaged
			}
			f.size[of] = s.levels[i].size
		}
	}
	for _, l := range s.levels {
		segments, err := l.segments.read(r)
		if err != nil {
			return err
		}
		indices, err := l.indices.read(r)
		if err != nil {
			return err
		}
		f.segments, f.indices = append(f.segments, segments), append(f.indices, indices)
		f.steps += int64(len(segments) + len(indices))
	}
	f.steps = (n + 1) * (f.steps + int64(len(f.from)) + 1) // each step leads to a value, or to what a list says
	return nil
}

// fill walks through the levels from k on, below the place above.
func (f *filler) fill(k int, above int64) error {
	if f.steps--; f.steps < 0 {
		return errDamaged
	}
	if k == len(f.at) {
		return f.put()
	}
	if l := f.s.levels[k]; l.dense {
		for i := range l.size {
			f.at[k] = i
			if err := f.fill(k+1, above*l.size+i); err != nil {
				return err
			}
		}
		return nil
	}
	segments, indices := f.segments[k], f.indices[k]
	if above < 0 || above >= int64(len(segments))-1 || segments[above+1] > int64(len(indices)) {
		return errDamaged
	}
	for i := segments[above]; i < segments[above+1]; i++ {
		f.at[k] = indices[i]
		if err := f.fill(k+1, i); err != nil {
			return err
		}
	}
	return nil
}

// put puts the next value to where the levels stand.
func (f *filler) put() error {
	rank := len(f.shape)
	place := make([]int64, rank)
	for i, d := range f.s.order {
		if i < rank {
			place[d] = f.at[i] * f.size[d]
		} else {
			place[f.s.blocks[d-int64(rank)]] += f.at[i]
		}
	}
	flat := int64(0)
	for i, p := range place {
		if p < 0 || p >= f.shape[i] {
			return errDamaged
		}
		flat = flat*f.shape[i] + p
	}
	if int64(len(f.from)) < f.width {
		return errDamaged
	}
	copy(f.to[flat*f.width:], f.from[:f.width])
	f.from = f.from[f.width:]
	return nil
}
