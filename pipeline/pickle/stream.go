package pickle

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"

	"pentimento/fault"
)

// magic is the first pickle of a stream, 0x1950a86a20f9469cfc6c, as it is written.
const magic = "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19."

// readStream reads the form before torch 1.6: magic number, protocol 1001, the system, the
// object, the keys of the storages in order, and then for each the number of its values (64
// bits) and the values.
func readStream(r io.ReaderAt, size int64) (any, error) {
	head := make([]byte, len(magic))
	if n, err := r.ReadAt(head, 0); n < len(head) && string(head[:n]) == magic[:n] {
		return nil, short(err)
	}
	spent, at := int64(0), int64(0)
	if string(head) == magic || string(head[2:]) == magic[2:] {
		at = int64(len(magic))
	} else { // a pickle by something else: what it names says more than that it has no magic
		if _, _, err := run(io.NewSectionReader(r, 0, size), size, &spent, nil); err != nil {
			return nil, err
		}
		return nil, fault.New("this is a pickle, but not one of torch: it does not begin with torch's number", "Open a file that torch.save wrote, or a .safetensors file.")
	}
	s := &streamStorages{of: map[string]*storage{}}
	next := func(persistent func(*seq) (any, error)) (any, error) {
		v, n, err := run(io.NewSectionReader(r, at, size-at), size-at, &spent, persistent)
		at += n
		return v, err
	}
	protocol, err := next(nil)
	if err != nil {
		return nil, err
	}
	if protocol != any(int64(1001)) {
		return nil, fmt.Errorf("torch's format %v, want 1001", protocol)
	}
	system, err := next(nil)
	if err != nil {
		return nil, err
	}
	if d, ok := system.(*dict); ok && d.get("little_endian") == any(false) {
		return nil, fmt.Errorf("values were written by a big-endian machine, want little-endian")
	}
	root, err := next(s.persistent)
	if err != nil {
		return nil, err
	}
	keys, err := next(nil)
	if err != nil {
		return nil, err
	}
	return root, s.place(r, at, size, keys)
}

// streamStorages are the storages that a stream's object refers to.
type streamStorages struct{ of map[string]*storage }

func (s *streamStorages) persistent(id *seq) (any, error) {
	st, view, err := storageID(id)
	if err != nil {
		return nil, err
	}
	root := s.of[st.key]
	if root == nil {
		st.at = -1
		s.of[st.key], root = st, st
	}
	if root.dtype != st.dtype || root.elems != st.elems {
		return nil, fmt.Errorf("storage %q is said to be %d of %s and %d of %s", st.key, root.elems, root.dtype, st.elems, st.dtype)
	}
	if len(view) != 3 {
		return root, nil
	}
	base, ok := view[1].(int64)
	n, ok2 := view[2].(int64)
	if !ok || !ok2 || base < 0 || n < 0 || base > root.elems || n > root.elems-base {
		return nil, fmt.Errorf("a view of storage %q reaches beyond its %d values", st.key, root.elems)
	}
	return &storage{key: st.key, dtype: st.dtype, elems: n, root: root, base: base}, nil
}

// place finds where each storage stands.
func (s *streamStorages) place(r io.ReaderAt, at, size int64, keys any) error {
	list, ok := keys.(*seq)
	if !ok {
		return fmt.Errorf("the keys of the storages are no list")
	}
	var count [8]byte
	for _, k := range list.items {
		key := fmt.Sprint(k)
		switch k.(type) {
		case string, int64:
		default:
			return fmt.Errorf("a key of a storage is no text")
		}
		st := s.of[key]
		if st == nil || st.at >= 0 {
			return fmt.Errorf("storage %.100q is listed twice or belongs to nothing", key)
		}
		if n, err := r.ReadAt(count[:], at); n < len(count) {
			return short(err)
		}
		n := binary.LittleEndian.Uint64(count[:])
		if n > math.MaxInt64/16 || int64(n) != st.elems {
			return fmt.Errorf("storage %q has %d values, its description says %d", key, n, st.elems)
		}
		st.at = at + int64(len(count))
		if at = st.at + st.elems*dtypes[st.dtype]; at > size || at < st.at {
			return short(nil)
		}
	}
	for key, st := range s.of {
		if st.at < 0 {
			return fmt.Errorf("storage %.100q is missing", key)
		}
	}
	return nil
}
