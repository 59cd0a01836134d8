package pipelinetest

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"pentimento/pipeline/tensor"
)

// torchStorages are torch's classes for the types of Items, and their bytes a value.
var torchStorages = map[string]struct {
	class string
	size  int
}{"F32": {"FloatStorage", 4}, "F16": {"HalfStorage", 2}, "BF16": {"BFloat16Storage", 2}, "I64": {"LongStorage", 8}}

// WriteTorch writes a file as torch.save does, with the items under "state_dict" beside a
// trainer's numbers: a zip archive, or where stream is set the form before torch 1.6. An item
// with neither Data nor Make becomes a hole of zeros.
func WriteTorch(path string, items []Item, stream bool) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	w := &torchWriter{f: f}
	if stream {
		w.stream(items)
	} else {
		w.zip(filepath.Base(path), items, TorchPickle(items))
	}
	if err := f.Close(); w.err == nil {
		w.err = err
	}
	return w.err
}

// WriteTorchMaps is WriteTorch for a file whose object is a map of maps, each of the names that
// begin with one of tops and a dot, as those of IP-Adapters are.
func WriteTorchMaps(path string, items []Item, tops ...string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	w := &torchWriter{f: f}
	w.zip(filepath.Base(path), items, torchPickle(items, tops...))
	if err := f.Close(); w.err == nil {
		w.err = err
	}
	return w.err
}

// torchSize is an item's bytes.
func torchSize(it Item) int64 {
	return int64(torchStorages[it.DType].size) * int64(tensor.Size(it.Shape))
}

// TorchPickle is the object of a file of torch, protocol 2: storage i has the key i.
func TorchPickle(items []Item) []byte { return torchPickle(items) }

// torchPickle has a map for each of tops; without any, one for all, called state_dict.
func torchPickle(items []Item, tops ...string) []byte {
	var b bytes.Buffer
	text := func(s string) {
		b.WriteByte('X')
		b.Write(binary.LittleEndian.AppendUint32(nil, uint32(len(s))))
		b.WriteString(s)
	}
	memo := map[string]byte{} // of names, as Python keeps them
	name := func(s string) {
		if i, ok := memo[s]; ok {
			b.Write([]byte{'h', i})
			return
		}
		memo[s] = byte(len(memo))
		b.WriteString("c" + s + "\n")
		b.Write([]byte{'q', memo[s]})
	}
	number := func(n int) {
		b.WriteByte('\x8a')
		b.WriteByte(8)
		b.Write(binary.LittleEndian.AppendUint64(nil, uint64(n)))
	}
	values := func(i int, it Item, key string) {
		text(key)
		name("torch._utils\n_rebuild_tensor_v2")
		b.WriteString("((")
		text("storage")
		name("torch\n" + torchStorages[it.DType].class)
		text(fmt.Sprint(i))
		text("cpu")
		number(tensor.Size(it.Shape))
		b.WriteString("tQK\x00(")
		for _, d := range it.Shape {
			number(d)
		}
		b.WriteString("t(")
		for k := range it.Shape {
			number(tensor.Size(it.Shape[k+1:]))
		}
		b.WriteString("t\x89")
		name("collections\nOrderedDict")
		b.WriteString(")RtR")
	}
	b.WriteString("\x80\x02}(")
	if len(tops) == 0 {
		tops = []string{""}
		text("epoch")
		b.WriteString("K\x03")
	}
	for _, top := range tops {
		text(cmp.Or(top, "state_dict"))
		name("collections\nOrderedDict")
		b.WriteString(")R(")
		for i, it := range items {
			if top == "" {
				values(i, it, it.Name)
			} else if key, ok := strings.CutPrefix(it.Name, top+"."); ok {
				values(i, it, key)
			}
		}
		b.WriteString("u")
	}
	b.WriteString("u.")
	return b.Bytes()
}

type torchWriter struct {
	f    *os.File
	at   int64
	dir  []byte
	made int64
	err  error
}

func (w *torchWriter) write(b []byte) {
	if w.err == nil {
		_, w.err = w.f.WriteAt(b, w.at)
	}
	w.at += int64(len(b))
}

// values writes an item's bytes, or leaves a hole.
func (w *torchWriter) values(it Item) {
	data := it.Data
	if it.Make != nil {
		data = it.Make()
	}
	if data == nil {
		w.at += torchSize(it)
		return
	}
	w.write(data)
}

func (w *torchWriter) stream(items []Item) {
	w.write([]byte("\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.\x80\x02M\xe9\x03.\x80\x02}(X\x0d\x00\x00\x00little_endian\x88u."))
	w.write(TorchPickle(items))
	keys := []byte("\x80\x02](")
	for i := range items {
		key := fmt.Sprint(i)
		keys = append(append(keys, 'X', byte(len(key)), 0, 0, 0), key...)
	}
	w.write(append(keys, 'e', '.'))
	for _, it := range items {
		w.write(binary.LittleEndian.AppendUint64(nil, uint64(tensor.Size(it.Shape))))
		w.values(it)
	}
	if w.err == nil {
		w.err = w.f.Truncate(w.at)
	}
}

// zip writes an archive without compression whose directory is of 64 bits throughout, and
// whose values begin at multiples of 64, as torch's do.
func (w *torchWriter) zip(name string, items []Item, data []byte) {
	w.file(name+"/data.pkl", int64(len(data)), crc32.ChecksumIEEE(data), func() { w.write(data) })
	for i, it := range items {
		w.file(fmt.Sprintf("%s/data/%d", name, i), torchSize(it), 0, func() { w.values(it) })
	}
	w.file(name+"/version", 2, crc32.ChecksumIEEE([]byte("3\n")), func() { w.write([]byte("3\n")) })
	le, first := binary.LittleEndian, w.at
	w.write(w.dir)
	end := w.at
	tail := le.AppendUint64([]byte("PK\x06\x06"), 44)
	tail = append(tail, 45, 0, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0)
	for _, n := range []int64{w.made, w.made, end - first, first} {
		tail = le.AppendUint64(tail, uint64(n))
	}
	tail = le.AppendUint64(append(tail, "PK\x06\x07\x00\x00\x00\x00"...), uint64(end))
	tail = append(tail, 1, 0, 0, 0)
	tail = append(append(tail, "PK\x05\x06\x00\x00\x00\x00"...), slices.Repeat([]byte{0xff}, 12)...)
	w.write(append(tail, 0, 0))
}

// file writes one file of the archive and its place in the directory.
func (w *torchWriter) file(name string, size int64, sum uint32, body func()) {
	le, header := binary.LittleEndian, w.at
	pad := (64 - (w.at+30+int64(len(name))+4)%64) % 64
	head := []byte("PK\x03\x04\x2d\x00\x00\x00\x00\x00\x00\x00\x00\x00")
	head = le.AppendUint32(head, sum)
	head = le.AppendUint32(le.AppendUint32(head, math.MaxUint32), math.MaxUint32)
	head = le.AppendUint16(le.AppendUint16(head, uint16(len(name))), uint16(4+pad))
	head = le.AppendUint16(le.AppendUint16(append(head, name...), 0x4246), uint16(pad))
	w.write(append(head, make([]byte, pad)...))
	body()
	d := []byte("PK\x01\x02\x2d\x00\x2d\x00\x00\x00\x00\x00\x00\x00\x00\x00")
	d = le.AppendUint32(d, sum)
	d = le.AppendUint32(le.AppendUint32(d, math.MaxUint32), math.MaxUint32)
	d = le.AppendUint16(le.AppendUint16(d, uint16(len(name))), 28)
	d = append(d, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
	d = append(le.AppendUint32(d, math.MaxUint32), name...)
	d = le.AppendUint16(le.AppendUint16(d, 1), 24)
	for _, n := range []int64{size, size, header} {
		d = le.AppendUint64(d, uint64(n))
	}
	w.dir, w.made = append(w.dir, d...), w.made+1
}

// WriteTorch writes the model's single file as torch.save does; hollow leaves its values
// zeros, as holes in the file.
func (m *Model) WriteTorch(path, dtype string, stream, hollow bool) error {
	return WriteTorch(path, m.items(dtype, hollow), stream)
}

func (m *Model) items(dtype string, hollow bool) []Item {
	var items []Item
	for _, p := range m.pieces() {
		it := Item{Name: p.name, DType: dtype, Shape: p.shape}
		if !hollow {
			it.Make = func() []byte { return encode(dtype, p.values()) }
		}
		items = append(items, it)
	}
	return items
}

// WriteHollow writes the model's single file with zeros for values, as a hole in the file.
func (m *Model) WriteHollow(path, dtype string) error {
	items, size := m.items(dtype, true), int64(0)
	for i, it := range items {
		n := torchSize(it)
		items[i].Make = func() []byte { return nil }
		size += n
	}
	if err := WriteSafetensors(path, items, m.Metadata); err != nil {
		return err
	}
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	return os.Truncate(path, info.Size()+size)
}
