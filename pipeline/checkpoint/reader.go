package checkpoint

import (
	"fmt"
	"io"
	"os"
	"unsafe"

	"pentimento/pipeline/graph"
)

// Reader reads the values of one tensor after another, widened to float32, a few at a time, in
// memory that it keeps. The zero value is ready. One goroutine may use it at a time.
type Reader struct {
	t      Tensor
	file   *os.File
	whole  []float32 // what is left of a tensor that isn't in its file as it is
	buffer []byte
}

// Open begins a tensor. A view is gathered, and blocks are decoded, whole.
func (r *Reader) Open(t Tensor) (err error) {
	r.Close()
	if r.t = t; t.Stride != nil || t.blocks != 0 {
		r.whole, err = t.Floats()
		return err
	}
	if r.buffer == nil {
		r.buffer = make([]byte, 1<<17) // it stays in the processor's caches
	}
	r.file, err = os.Open(t.File)
	return err
}

// Read reads the values that come next in row-major order, as many as to has room for.
func (r *Reader) Read(to []float32) error {
	if r.file == nil {
		n := copy(to, r.whole)
		if r.whole = r.whole[n:]; n < len(to) {
			return fmt.Errorf("tensor %q: %w", r.t.Key, io.ErrUnexpectedEOF)
		}
		return nil
	}
	size := max(int(r.t.Type.Size()), 1)
	for len(to) > 0 {
		n := min(len(to), len(r.buffer)/size)
		b := r.buffer[:n*size]
		if little && r.t.Type == graph.Float32 {
			n = len(to)
			b = unsafe.Slice((*byte)(unsafe.Pointer(&to[0])), 4*n)
		}
		if int64(len(b)) > r.t.Length {
			return fmt.Errorf("tensor %q: %w", r.t.Key, io.ErrUnexpectedEOF)
		}
		if got, err := r.file.ReadAt(b, r.t.Offset); got < len(b) {
			return fmt.Errorf("tensor %q: %w", r.t.Key, noEOF(err))
		}
		if !little || r.t.Type != graph.Float32 {
			if err := widen(to[:n], b, r.t.Type); err != nil {
				return err
			}
		}
		if r.t.scale != 0 {
			for i := range to[:n] {
				to[i] *= r.t.scale
			}
		}
		r.t.Offset, r.t.Length, to = r.t.Offset+int64(len(b)), r.t.Length-int64(len(b)), to[n:]
	}
	return nil
}

// Close lets the tensor's file go.
func (r *Reader) Close() {
	if r.file != nil {
		_ = r.file.Close() // it was read only
	}
	r.file, r.whole = nil, nil
}
