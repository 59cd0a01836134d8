package checkpoint

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"

	"pentimento/pipeline/gguf"
	"pentimento/pipeline/graph"
	"pentimento/pipeline/pickle"
)

// The limits on a file's header. The largest models have a few thousand tensors.
const (
	MaxHeader  = 100 << 20
	MaxTensors = 1 << 17
	maxKey     = 1 << 10
	maxRank    = 8

	maxMetadata = 1 << 16
)

// stored lists the format's element types: the graph's type, where it has one, and bytes.
var stored = map[string]struct {
	t graph.DType
	n int64
}{
	"F64": {graph.Float64, 8}, "F32": {graph.Float32, 4}, "F16": {graph.Float16, 2}, "BF16": {graph.BFloat16, 2},
	"I64": {graph.Int64, 8}, "I32": {graph.Int32, 4}, "BOOL": {graph.Bool, 1}, "U64": {0, 8}, "U32": {0, 4},
	"U16": {0, 2}, "I16": {0, 2}, "U8": {0, 1}, "I8": {0, 1}, "F8_E4M3": {graph.Float8E4M3, 1}, "F8_E5M2": {graph.Float8E5M2, 1},
}

// header is the checked description of one safetensors file.
type header struct {
	file     File
	tensors  []Tensor // in file order
	metadata map[string]string
	beyond   int64 // bytes behind the last tensor, which mean nothing
}

// Regular opens a file that weights are read from by their places, and says where it is, with
// symbolic links resolved: folders, pipes and devices are errors.
func Regular(path string) (_ *os.File, _ os.FileInfo, real string, err error) {
	if real, err = filepath.EvalSymlinks(path); err != nil {
		return nil, nil, "", err
	}
	if real, err = filepath.Abs(real); err != nil {
		return nil, nil, "", err
	}
	info, err := os.Stat(real)
	if err != nil {
		return nil, nil, "", err
	}
	if info.IsDir() {
		return nil, nil, "", errors.New("found a folder, want a file")
	}
	if !info.Mode().IsRegular() { // opening a pipe would wait for its other end
		return nil, nil, "", errors.New("this is a pipe or a device, not a file: weights are read from their places in a file")
	}
	f, err := os.Open(real)
	return f, info, real, err
}

// readFile reads and checks which tensors are where in a file of safetensors, torch or GGUF.
func readFile(path string) (*header, error) {
	f, info, real, err := Regular(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	head := make([]byte, 512)
	n, _ := f.ReadAt(head, 0) // a short file is judged by who reads it
	parse := parseHeader
	switch {
	case gguf.Is(head[:n]):
		parse = parseGGUF
	case pickle.Is(head[:n]) && !isPainting(head[:n]):
		parse = parseTorch
	}
	h, err := parse(f, info.Size())
	if err != nil {
		return nil, err
	}
	h.file = File{Path: real, Size: info.Size(), ModTime: info.ModTime()}
	for i := range h.tensors {
		h.tensors[i].File = real
	}
	return h, h.scale()
}

// parseHeader reads the header of a safetensors file of the given size: 8 bytes of
// length, a JSON object, the data (github.com/huggingface/safetensors, "Format").
func parseHeader(r io.ReaderAt, size int64) (*header, error) {
	head := make([]byte, 512)
	m, err := r.ReadAt(head, 0)
	if err := sniff(head[:m]); err != nil {
		return nil, err
	}
	if m < 8 {
		return nil, fmt.Errorf("a file of %d bytes is neither a safetensors file nor one of torch: %w", size, noEOF(err))
	}
	n := binary.LittleEndian.Uint64(head)
	if n < 2 || n > MaxHeader || int64(n) > size-8 {
		if isONNX(head[:m]) {
			return nil, errONNX
		}
		return nil, fmt.Errorf("neither a safetensors file nor one of torch: as the former it would have a header of %d bytes in a file of %d, want at most %d and within the file", n, size, MaxHeader)
	}
	text := make([]byte, n)
	if m, err := r.ReadAt(text, 8); m < len(text) {
		return nil, fmt.Errorf("safetensors header: %w", noEOF(err))
	}
	h := &header{metadata: map[string]string{}}
	s := &scanner{text: text}
	if err := s.header(h); err != nil {
		return nil, fmt.Errorf("safetensors header, byte %d: %w", s.at, err)
	}
	return h, h.place(8+int64(n), size)
}

func noEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// place checks that the tensors fill the data without holes or overlaps, and makes their
// offsets count from the start of the file.
func (h *header) place(data, size int64) error {
	sortTensors(h.tensors)
	next := int64(0)
	for i := range h.tensors {
		t := &h.tensors[i]
		switch {
		case t.Offset < next:
			return fmt.Errorf("tensor %q starts at byte %d inside another one that ends at %d", t.Key, t.Offset, next)
		case t.Offset > next:
			return fmt.Errorf("bytes %d to %d before tensor %q belong to nothing", next, t.Offset, t.Key)
		}
		next = t.Offset + t.Length
		t.Offset += data
	}
	if next > size-data {
		return fmt.Errorf("the tensors end at byte %d of the data, the file has %d: it is incomplete", next, size-data)
	}
	h.beyond = size - data - next
	return nil
}

// scanner reads the JSON of a header: an object of flat entries.
type scanner struct {
	text []byte
	at   int
}

func (s *scanner) header(h *header) error {
	seen := map[string]bool{}
	err := s.object(func(key string) error {
		if seen[key] {
			return fmt.Errorf("key %q appears twice", key)
		}
		if len(key) > maxKey || len(seen) > MaxTensors {
			return fmt.Errorf("more than %d tensors or a name above %d bytes", MaxTensors, maxKey)
		}
		seen[key] = true
		if key == "__metadata__" {
			return s.object(func(name string) error {
				if _, twice := h.metadata[name]; twice || len(h.metadata) == maxMetadata {
					return fmt.Errorf("metadata key %q appears twice or is one of more than %d", name, maxMetadata)
				}
				value, err := s.str()
				h.metadata[name] = value
				return err
			})
		}
		t, err := s.tensor(key)
		if err != nil {
			return fmt.Errorf("tensor %q: %w", key, err)
		}
		h.tensors = append(h.tensors, t)
		return nil
	})
	if err != nil {
		return err
	}
	if s.space(); s.at != len(s.text) {
		return errors.New("text after the end of the header")
	}
	return nil
}

func (s *scanner) tensor(key string) (Tensor, error) {
	t := Tensor{Key: key, Name: key}
	var offsets []int64
	fields := 0
	err := s.object(func(field string) (err error) {
		fields++
		switch {
		case field == "dtype" && t.Stored == "":
			t.Stored, err = s.str()
		case field == "shape" && t.Shape == nil:
			t.Shape, err = s.ints(maxRank)
		case field == "data_offsets" && offsets == nil:
			offsets, err = s.ints(2)
		default:
			err = fmt.Errorf("field %q is unknown or appears twice", field)
		}
		return err
	})
	if err != nil {
		return t, err
	}
	kind, known := stored[t.Stored]
	if fields != 3 || !known || len(offsets) != 2 || offsets[0] > offsets[1] {
		return t, fmt.Errorf("type %q, offsets %v: want a known type, a shape and two rising offsets", t.Stored, offsets)
	}
	t.Type, t.Offset, t.Length = kind.t, offsets[0], offsets[1]-offsets[0]
	want := kind.n
	for _, d := range t.Shape {
		if d > 0 && want > math.MaxInt64/d {
			return t, fmt.Errorf("shape %v has no size that fits", t.Shape)
		}
		want *= d
	}
	if want != t.Length {
		return t, fmt.Errorf("shape %v of %s wants %d bytes, its offsets span %d", t.Shape, t.Stored, want, t.Length)
	}
	return t, nil
}

func (s *scanner) space() {
	for s.at < len(s.text) && (s.text[s.at] == ' ' || s.text[s.at] == '\n' || s.text[s.at] == '\r' || s.text[s.at] == '\t') {
		s.at++
	}
}

// take skips white space and then the given byte, if it is there.
func (s *scanner) take(c byte) bool {
	s.space()
	if s.at >= len(s.text) || s.text[s.at] != c {
		return false
	}
	s.at++
	return true
}

// object calls entry after each key; entry reads the value.
func (s *scanner) object(entry func(key string) error) error {
	if !s.take('{') {
		return errors.New("want an object")
	}
	if s.take('}') {
		return nil
	}
	for {
		key, err := s.str()
		if err != nil {
			return err
		}
		if !s.take(':') {
			return errors.New("want a colon")
		}
		if err := entry(key); err != nil {
			return err
		}
		if s.take('}') {
			return nil
		}
		if !s.take(',') {
			return errors.New("want a comma or the end of an object")
		}
	}
}

func (s *scanner) str() (string, error) {
	if !s.take('"') {
		return "", errors.New("want a string")
	}
	from := s.at
	for s.at < len(s.text) && s.text[s.at] != '"' {
		if s.text[s.at] == '\\' {
			s.at++
		}
		s.at++
	}
	if s.at >= len(s.text) {
		return "", io.ErrUnexpectedEOF
	}
	s.at++
	var out string
	err := json.Unmarshal(s.text[from-1:s.at], &out)
	return out, err
}

// ints reads an array of at most limit whole numbers that are not negative.
func (s *scanner) ints(limit int) ([]int64, error) {
	if !s.take('[') {
		return nil, errors.New("want an array")
	}
	out := []int64{}
	if s.take(']') {
		return out, nil
	}
	for {
		s.space()
		from, v := s.at, int64(0)
		for s.at < len(s.text) && s.text[s.at] >= '0' && s.text[s.at] <= '9' {
			d := int64(s.text[s.at] - '0')
			if v > (math.MaxInt64-d)/10 {
				return nil, errors.New("a number is too large")
			}
			v = 10*v + d
			s.at++
		}
		if s.at == from || len(out) == limit {
			return nil, fmt.Errorf("want at most %d whole numbers", limit)
		}
		out = append(out, v)
		if s.take(']') {
			return out, nil
		}
		if !s.take(',') {
			return nil, errors.New("want a comma or the end of an array")
		}
	}
}
