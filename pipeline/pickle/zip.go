package pickle

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"slices"
	"strings"

	"pentimento/fault"
)

// The limits on a zip directory. The largest models have a few thousand entries.
const (
	maxDirectory = 8 << 20
	maxComment   = 1 << 16
)

// entry is a file of the archive; at is where its bytes begin, once they were found.
type entry struct {
	name        string
	method      uint16
	flags       uint16
	crc         uint32
	size, plain int64
	header, at  int64
}

// archive reads a zip file (PKWARE's APPNOTE) without compression.
type archive struct {
	r     io.ReaderAt
	first int64 // where the directory begins: no entry reaches beyond it
	of    map[string]*entry
	names []string
	used  []*entry
}

// readZip reads the form since torch 1.6: NAME/data.pkl and NAME/data/KEY.
func readZip(r io.ReaderAt, size int64) (any, error) {
	z, err := openZip(r, size)
	if err != nil {
		return nil, err
	}
	dir, found := "", 0
	for _, n := range z.names {
		if d, ok := strings.CutSuffix(n, "data.pkl"); ok && (d == "" || strings.Count(d, "/") == 1 && strings.HasSuffix(d, "/")) {
			dir, found = d, found+1
		}
	}
	switch {
	case found != 1:
		return nil, fault.New(fmt.Sprintf("this is a zip archive with %d files data.pkl, want one: it isn't a torch checkpoint", found), "If a model was packed into it, unpack it first.")
	case z.of[dir+"constants.pkl"] != nil:
		return nil, fault.New("this is a TorchScript program, not a checkpoint", "Open a file that holds weights only.")
	}
	if z.of[dir+"byteorder"] != nil {
		e, err := z.find(dir + "byteorder")
		if err != nil {
			return nil, err
		}
		b := make([]byte, min(e.size, 16))
		if n, err := r.ReadAt(b, e.at); n < len(b) {
			return nil, short(err)
		}
		if string(b) != "little" {
			return nil, fmt.Errorf("byte order %q, want little", b)
		}
	}
	data, err := z.find(dir + "data.pkl")
	if err != nil {
		return nil, err
	}
	if data.size > maxPickle {
		return nil, fmt.Errorf("the description of the tensors has %d bytes, want at most %d", data.size, maxPickle)
	}
	sum := crc32.NewIEEE()
	if _, err := io.Copy(sum, io.NewSectionReader(r, data.at, data.size)); err != nil {
		return nil, err
	}
	if sum.Sum32() != data.crc {
		return nil, fault.New("the checksum of data.pkl is wrong: the file is damaged", "Download or copy the file again.")
	}
	spent := int64(0)
	root, _, err := run(io.NewSectionReader(r, data.at, data.size), data.size, &spent, func(id *seq) (any, error) { return z.storage(dir, id) })
	if err != nil {
		return nil, err
	}
	return root, z.apart()
}

func (z *archive) storage(dir string, id *seq) (any, error) {
	st, view, err := storageID(id)
	if err != nil {
		return nil, err
	}
	if view != nil {
		return nil, errors.New("a view of a storage, which this form does not have")
	}
	e, err := z.find(dir + "data/" + st.key)
	if err != nil {
		return nil, err
	}
	if st.elems > e.size/dtypes[st.dtype] {
		return nil, fmt.Errorf("storage %q is said to hold %d values of %s, the file has %d bytes", st.key, st.elems, st.dtype, e.size)
	}
	st.at = e.at
	return st, nil
}

// openZip reads the directory at the end of an archive.
func openZip(r io.ReaderAt, size int64) (*archive, error) {
	tail := make([]byte, min(size, maxComment+22))
	if n, err := r.ReadAt(tail, size-int64(len(tail))); n < len(tail) {
		return nil, short(err)
	}
	i := bytes.LastIndex(tail, []byte("PK\x05\x06"))
	if i < 0 || len(tail)-i < 22 {
		return nil, short(nil)
	}
	le := binary.LittleEndian
	end := tail[i:]
	here := size - int64(len(tail)-i)
	entries, length, first := int64(le.Uint16(end[10:])), int64(le.Uint32(end[12:])), int64(le.Uint32(end[16:]))
	if entries == math.MaxUint16 || length == math.MaxUint32 || first == math.MaxUint32 {
		var err error
		if entries, length, first, err = zip64(r, here); err != nil {
			return nil, err
		}
	}
	if length < 0 || first < 0 || entries < 0 || length > maxDirectory || first > here-length || entries > length/46 {
		return nil, fmt.Errorf("a zip directory of %d files in %d bytes at byte %d, want one within the file and at most %d bytes", entries, length, first, maxDirectory)
	}
	dir := make([]byte, length)
	if n, err := r.ReadAt(dir, first); n < len(dir) {
		return nil, short(err)
	}
	z := &archive{r: r, first: first, of: make(map[string]*entry, entries)}
	for range entries {
		var err error
		if dir, err = z.read(dir); err != nil {
			return nil, err
		}
	}
	return z, nil
}

// zip64 reads the end of a directory that has no room in 32 bits; its locator stands before
// the plain end.
func zip64(r io.ReaderAt, here int64) (entries, length, first int64, err error) {
	le := binary.LittleEndian
	wrong := errors.New("the 64-bit end of the zip directory is missing or wrong")
	locator, end := make([]byte, 20), make([]byte, 56)
	if here < 20 {
		return 0, 0, 0, wrong
	}
	if n, _ := r.ReadAt(locator, here-20); n < len(locator) || string(locator[:4]) != "PK\x06\x07" {
		return 0, 0, 0, wrong
	}
	at := le.Uint64(locator[8:])
	if at > uint64(here) {
		return 0, 0, 0, wrong
	}
	if n, _ := r.ReadAt(end, int64(at)); n < len(end) || string(end[:4]) != "PK\x06\x06" {
		return 0, 0, 0, wrong
	}
	return int64(le.Uint64(end[32:])), int64(le.Uint64(end[40:])), int64(le.Uint64(end[48:])), nil
}

// read takes one entry from the directory and returns the rest of it.
func (z *archive) read(dir []byte) ([]byte, error) {
	le := binary.LittleEndian
	if len(dir) < 46 || string(dir[:4]) != "PK\x01\x02" {
		return nil, errors.New("the zip directory is damaged")
	}
	n, extra, comment := int(le.Uint16(dir[28:])), int(le.Uint16(dir[30:])), int(le.Uint16(dir[32:]))
	if len(dir) < 46+n+extra+comment {
		return nil, errors.New("the zip directory is damaged")
	}
	e := &entry{name: string(dir[46 : 46+n]), flags: le.Uint16(dir[8:]), method: le.Uint16(dir[10:]), crc: le.Uint32(dir[16:]), at: -1}
	size, plain, header := uint64(le.Uint32(dir[20:])), uint64(le.Uint32(dir[24:])), uint64(le.Uint32(dir[42:]))
	for x := dir[46+n : 46+n+extra]; len(x) >= 4; {
		id, length := le.Uint16(x), int(le.Uint16(x[2:]))
		if len(x) < 4+length {
			break
		}
		field := x[4 : 4+length]
		for _, v := range []*uint64{&plain, &size, &header} { // those that have no room in 32 bits, in this order
			if id == 1 && *v == math.MaxUint32 && len(field) >= 8 {
				*v, field = le.Uint64(field), field[8:]
			}
		}
		x = x[4+length:]
	}
	if size > uint64(z.first) || header > uint64(z.first)-size || plain > math.MaxInt64 {
		return nil, fmt.Errorf("file %.100q of the archive lies outside it", e.name)
	}
	e.size, e.plain, e.header = int64(size), int64(plain), int64(header)
	if z.of[e.name] != nil {
		return nil, fmt.Errorf("file %.100q is in the archive twice", e.name)
	}
	z.of[e.name] = e
	z.names = append(z.names, e.name)
	return dir[46+n+extra+comment:], nil
}

// find is where the bytes of a file of the archive are; a compressed one is an error.
func (z *archive) find(name string) (*entry, error) {
	e := z.of[name]
	if e == nil {
		return nil, fmt.Errorf("the archive has no %.100q", name)
	}
	if e.at >= 0 {
		return e, nil
	}
	if e.flags&1 != 0 || e.method != 0 || e.size != e.plain {
		return nil, fault.New(fmt.Sprintf("file %q of the archive is compressed or encrypted, which torch never does", name), "The file was packed again by another program: unpack it and make a zip archive without compression (zip -0), or load and save it with torch.")
	}
	head := make([]byte, 30+len(name))
	if n, err := z.r.ReadAt(head, e.header); n < len(head) {
		return nil, short(err)
	}
	le := binary.LittleEndian
	if string(head[:4]) != "PK\x03\x04" || int(le.Uint16(head[26:])) != len(name) || string(head[30:]) != name {
		return nil, fmt.Errorf("file %q is not where the zip directory says", name)
	}
	at := e.header + int64(len(head)) + int64(le.Uint16(head[28:]))
	if at > z.first-e.size {
		return nil, fmt.Errorf("file %q of the archive lies outside it", name)
	}
	e.at = at
	z.used = append(z.used, e)
	return e, nil
}

// apart checks that no two files of the archive share bytes.
func (z *archive) apart() error {
	slices.SortFunc(z.used, func(a, b *entry) int { return int(min(max(a.header-b.header, -1), 1)) })
	for i := 1; i < len(z.used); i++ {
		if a, b := z.used[i-1], z.used[i]; a.at+a.size > b.header {
			return fmt.Errorf("files %q and %q of the archive overlap", a.name, b.name)
		}
	}
	return nil
}
