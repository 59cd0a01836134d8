package file

import (
	"archive/zip"
	"fmt"
	"hash/crc32"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"pentimento/fault"

	"github.com/klauspost/compress/flate"
)

// Bounds of what an archive may ask for. Whatever its headers say, a file of up to a
// megabyte cannot make the program hold more than maxHeld plus small change.
const (
	maxMembers   = 1 << 14
	maxDocument  = 4 << 20   // bytes of stack.xml and of one JSON document or line
	maxHeld      = 320 << 20 // bytes of pixels, for a small file
	heldPerByte  = 256       // and for each byte of it beyond the first megabyte
	maxInflated  = 1 << 30   // bytes of rows that are unpacked
	inflateRatio = 1100      // and for each byte of the file: more than deflate can
	maxForeign   = 16 << 20  // bytes of members of others that are kept
)

// archive is a zip file that is not trusted.
type archive struct {
	members map[string]*zip.File
	order   []*zip.File
	refused []string // names of members that are not believed
	budget  *budget
	krita   bool // Krita's
}

// budget is what a file may still cost. It is shared by the goroutines that read.
type budget struct {
	mu             sync.Mutex
	held, inflated int64
	slow           sync.Mutex // held by the one that decodes with the standard library
}

func newBudget(size int64) *budget {
	return &budget{held: maxHeld + heldPerByte*max(0, size-1<<20), inflated: maxInflated + inflateRatio*size}
}

// hold takes n bytes of memory and says whether there were as many; release gives back.
func (b *budget) hold(n int64) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if n < 0 || n > b.held {
		return false
	}
	b.held -= n
	return true
}

func (b *budget) release(n int64) {
	b.mu.Lock()
	b.held += n
	b.mu.Unlock()
}

func (b *budget) inflate(n int64) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if n < 0 || n > b.inflated {
		return false
	}
	b.inflated -= n
	return true
}

// openArchive reads the list of members. Members that could name a place outside the
// archive, that overlap, or that claim more than they can hold are left out.
func openArchive(r io.ReaderAt, size int64) (*archive, error) {
	zr, err := zip.NewReader(r, size)
	if err != nil {
		return nil, fault.Told("the archive's list of members cannot be read", damaged, err)
	}
	if len(zr.File) > maxMembers {
		return nil, fault.New(fmt.Sprintf("has %d members, want at most %d", len(zr.File), maxMembers), "")
	}
	zr.RegisterDecompressor(zip.Deflate, func(r io.Reader) io.ReadCloser { return flate.NewReader(r) })
	a := &archive{members: map[string]*zip.File{}, budget: newBudget(size)}
	type span struct{ at, end uint64 }
	spans := map[*zip.File]span{}
	for _, f := range zr.File {
		at, err := f.DataOffset()
		if err != nil || at < 0 || f.CompressedSize64 > uint64(size) || !honest(f) {
			a.refused = append(a.refused, f.Name)
			continue
		}
		if _, twice := a.members[f.Name]; twice {
			a.refused = append(a.refused, f.Name)
			continue
		}
		a.members[f.Name] = f
		spans[f] = span{uint64(at), uint64(at) + f.CompressedSize64}
		a.order = append(a.order, f)
	}
	slices.SortStableFunc(a.order, func(p, q *zip.File) int { return int(int64(spans[p].at) - int64(spans[q].at)) })
	end := uint64(0)
	a.order = slices.DeleteFunc(a.order, func(f *zip.File) bool {
		s := spans[f]
		if s.at < end {
			delete(a.members, f.Name)
			a.refused = append(a.refused, f.Name)
			return true
		}
		end = s.end
		return false
	})
	return a, nil
}

// honest says whether a member may be believed: a name inside the archive, a known
// compression, and no more content than its bytes can hold.
func honest(f *zip.File) bool {
	name := strings.TrimSuffix(f.Name, "/")
	switch {
	case !filepath.IsLocal(filepath.FromSlash(name)) || strings.ContainsAny(name, "\\\x00:"):
		return false
	case f.Method == zip.Store:
		return f.UncompressedSize64 == f.CompressedSize64
	case f.Method != zip.Deflate:
		return false
	}
	return f.UncompressedSize64 <= max(1<<20, 100*f.CompressedSize64)
}

// document reads a small member whole.
func (a *archive) document(name string, limit int64) ([]byte, error) {
	f := a.members[name]
	if f == nil && slices.Contains(a.refused, name) {
		return nil, fault.New(fmt.Sprintf("member %q claims more than its bytes can hold, or overlaps another", name), damaged)
	}
	if f == nil {
		return nil, fault.New(fmt.Sprintf("member %q is missing", name), damaged)
	}
	if f.UncompressedSize64 > uint64(limit) {
		return nil, fault.New(fmt.Sprintf("member %q has %d bytes, want at most %d", name, f.UncompressedSize64, limit), damaged)
	}
	r, err := f.Open()
	if err != nil {
		return nil, fault.Told(fmt.Sprintf("member %q cannot be read", name), damaged, err)
	}
	defer r.Close()
	b, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return nil, fault.Told(fmt.Sprintf("member %q cannot be read", name), damaged, err)
	}
	return b, nil
}

// member is what describes one as it is in a file: enough to copy it without unpacking.
type member struct {
	name             string
	method           uint16
	crc              uint32
	packed, unpacked uint64
}

func memberOf(f *zip.File) member {
	return member{f.Name, f.Method, f.CRC32, f.CompressedSize64, f.UncompressedSize64}
}

// find is the member that e describes, or nil where the archive holds another one now.
func (a *archive) find(e member) *zip.File {
	if a == nil || e.name == "" {
		return nil
	}
	if f := a.members[e.name]; f != nil && memberOf(f) == e {
		return f
	}
	return nil
}

// errStale says that a member that was to be copied is not what it was.
var errStale = fault.New("the file has changed since it was opened", "")

// packer writes an archive. Sizes and sums stand before each member's bytes, which every
// reader understands; nothing depends on the clock, so the same picture gives the same file.
type packer struct {
	z     *zip.Writer
	names map[string]bool // written so far
}

func newPacker(w io.Writer) *packer { return &packer{zip.NewWriter(w), map[string]bool{}} }

// store writes a member that is not compressed any further.
func (p *packer) store(name string, pieces ...[]byte) (member, error) {
	sum, n := uint32(0), uint64(0)
	for _, b := range pieces {
		sum = crc32.Update(sum, crc32.IEEETable, b)
		n += uint64(len(b))
	}
	e := member{name, zip.Store, sum, n, n}
	w, err := p.raw(e)
	for _, b := range pieces {
		if err == nil {
			_, err = w.Write(b)
		}
	}
	return e, err
}

// deflated writes a member of text.
func (p *packer) deflated(name string, b []byte) error {
	var packed sliceWriter
	z, err := flate.NewWriter(&packed, flate.DefaultCompression)
	if err == nil {
		_, err = z.Write(b)
	}
	if err == nil {
		err = z.Close()
	}
	if err != nil {
		return err
	}
	if len(packed) < len(b)/50 { // more than a reader should believe
		_, err := p.store(name, b)
		return err
	}
	w, err := p.raw(member{name, zip.Deflate, crc32.ChecksumIEEE(b), uint64(len(packed)), uint64(len(b))})
	if err == nil {
		_, err = w.Write(packed)
	}
	return err
}

type sliceWriter []byte

func (s *sliceWriter) Write(b []byte) (int, error) { *s = append(*s, b...); return len(b), nil }

func (p *packer) raw(e member) (io.Writer, error) {
	p.names[e.name] = true
	h := &zip.FileHeader{Name: e.name, Method: e.method, CRC32: e.crc, CompressedSize64: e.packed, UncompressedSize64: e.unpacked}
	//lint:ignore SA1019 CreateRaw writes no Modified; this is the first day that a zip file knows
	h.ModifiedDate = 1<<5 | 1
	return p.z.CreateRaw(h)
}

// copy takes a member over as it is, under another name if need be. Bytes that do not fit
// their sum are not carried on: errStale.
func (p *packer) copy(f *zip.File, name string) (member, error) {
	e := memberOf(f)
	e.name = name
	r, err := f.OpenRaw()
	if err != nil {
		return e, errStale
	}
	w, err := p.raw(e)
	if err != nil {
		return e, err
	}
	sum := crc32.NewIEEE()
	n, err := io.CopyBuffer(onlyWriter{io.MultiWriter(w, sum)}, r, make([]byte, 1<<18))
	if err == nil && (uint64(n) != e.packed || e.method == zip.Store && sum.Sum32() != e.crc) {
		err = errStale
	}
	return e, err
}

// onlyWriter hides ReadFrom, so that CopyBuffer uses its buffer.
type onlyWriter struct{ io.Writer }
