package journal

import (
	"errors"
	"image"
	"io"
	"io/fs"

	"pentimento/canvas"
)

// Content is what a journal holds.
type Content struct {
	Moments []canvas.Moment // oldest first; never empty
	At      int             // the present step
	Older   int             // how many steps before them were left out
	Saved   int             // the step that the project file holds; -1: none, or one that is gone
	Notes   []Note          // in the order in which they were first set
	Meta    []byte          // what the writer said about the whole
	Clean   bool            // it was closed
	End     []byte          // what Close was given
	// Torn is how many bytes behind the last good record are not one: what was being
	// written when the end came.
	Torn int64
	// Damaged is how many tiles or parts of pictures the disk has lost. They are blank, or
	// what they were before.
	Damaged int
	// Lost says that records which had been on the disk cannot be read any longer.
	Lost bool
}

// Read reads a journal without changing it. It may be read while another process writes.
// memory bounds the bytes of history that are unpacked, the oldest steps being left out;
// 0 is canvas.DefaultBudget. The error of a missing file is fs.ErrNotExist.
func Read(d Disk, path string, memory int64) (*Content, error) {
	r, err := open(d, path)
	if err != nil {
		return nil, err
	}
	defer r.log.file.Close()
	c, _, err := r.content(memory)
	return c, named(path, err)
}

// Open reads a journal and goes on writing to it. What was torn is cut off. The caller
// holds the lock (see TryLock) or asks for it with Config.Exclusive; a Config.Lock stays the
// caller's after an error.
func Open(c Config) (*Journal, *Content, error) {
	c = c.filled()
	lock := c.Lock
	if c.Exclusive && lock == nil {
		var err error
		if lock, err = TryLock(c.Path); err != nil {
			return nil, nil, err
		}
	}
	j, content, err := resume(c, lock)
	if err != nil && c.Lock == nil {
		lock.Unlock()
	}
	return j, content, err
}

func resume(c Config, lock *Lock) (*Journal, *Content, error) {
	r, err := open(c.Disk, c.Path)
	if err != nil {
		return nil, nil, err
	}
	content, h, err := r.content(c.Memory)
	if err == nil && (content.Lost || r.torn > 0) {
		err = r.mend(c, content)
	}
	if err != nil {
		r.log.file.Close()
		return nil, nil, named(c.Path, err)
	}
	if content.Lost {
		r.log.file.Close()
		return start(c, lock, nil, &history{moments: h.moments, sizes: h.sizes, at: h.at, saved: h.saved, notes: h.notes, meta: h.meta}), content, nil
	}
	return start(c, lock, r.log, h), content, nil
}

// mend cuts a torn end off. A file that the disk has damaged is set aside as it is instead.
func (r *reader) mend(c Config, content *Content) error {
	if content.Lost {
		return c.Disk.Rename(c.Path, c.Path+".damaged")
	}
	return r.log.rewind()
}

func named(path string, err error) error {
	var own *Error
	if errors.As(err, &own) && own.Path == "" {
		own.Path = path
	}
	return err
}

// reader reads a file: first the records (scan), then what they mean (parse), then the
// pixels of what is left of the history (content).
type reader struct {
	log     *log
	size    int64
	torn    int64
	lost    bool
	records []record
	room    int64 // bytes that may still be taken: see allowance

	contents map[uint32]place
	sick     map[uint32]bool // contents that the disk has damaged
	refs     map[uint32]*canvas.Reference
	origins  map[uint32]*fill
	sources  map[uint32]*told
	rasters  map[uint32]*raster
	interned map[uint32]*ref
	outline  outline
	damaged  int
}

// record is one record of the file.
type record struct {
	at     int64
	length int
	kind   kind
	sound  bool // the payload's checksum fits
}

func open(d Disk, path string) (*reader, error) {
	f, err := d.Open(path, false)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		return nil, &Error{Path: path, Text: "cannot be opened", Err: err}
	}
	l := emptyLog(f)
	l.path = path
	r := &reader{log: l, contents: map[uint32]place{}, sick: map[uint32]bool{}, refs: map[uint32]*canvas.Reference{},
		origins: map[uint32]*fill{}, sources: map[uint32]*told{}, rasters: map[uint32]*raster{}, interned: map[uint32]*ref{}}
	if err := r.scan(); err != nil {
		f.Close()
		return nil, named(path, err)
	}
	return r, nil
}

// scan finds the records and where the file must be cut.
func (r *reader) scan() error {
	f := r.log.file
	size, err := f.Size()
	if err != nil {
		return &Error{Text: "cannot be read", Err: err}
	}
	r.size, r.room = size, allowance(size)
	b := make([]byte, headSize)
	if n, err := f.ReadAt(b, 0); n < headSize && err != nil && !errors.Is(err, io.EOF) {
		return &Error{Text: "cannot be read", Err: err}
	} else if r.log.id, err = parseHead(b[:n]); err != nil {
		return err
	}
	var synced int64
	w := window{file: f, size: size}
	at := int64(headSize)
	for at+recordSize <= size {
		h, ok := parseHeader(w.at(at, recordSize), r.log.id, at)
		if !ok || at+recordSize+int64(h.length) > size {
			break
		}
		sound := crc(w.at(at+recordSize, h.length)) == h.crc
		if w.err != nil {
			return &Error{Text: "cannot be read", Err: w.err}
		}
		synced = max(synced, h.synced)
		r.records = append(r.records, record{at, h.length, h.kind, sound})
		at += recordSize + int64(h.length)
	}
	r.cut(at, synced)
	return nil
}

// cut drops what is behind the last record that can be trusted. A record whose payload is
// damaged stays in its place where it had been on the disk and others can do without it.
func (r *reader) cut(end, synced int64) {
	for i, rec := range r.records {
		skippable := rec.kind == kindContent || rec.kind == kindNote || rec.kind == kindPad || rec.kind == kindMeta
		if !rec.sound && !(skippable && rec.at+recordSize+int64(rec.length) <= synced) {
			r.records, end = r.records[:i], rec.at
			break
		}
	}
	r.log.end, r.torn, r.lost = end, r.size-end, end < synced
	r.log.synced = min(synced, end)
}

// window reads a file in large pieces.
type window struct {
	file File
	size int64
	from int64
	buf  []byte
	err  error
}

// at is the n bytes from off on, valid until the next call.
func (w *window) at(off int64, n int) []byte {
	if off >= w.from && off+int64(n) <= w.from+int64(len(w.buf)) {
		return w.buf[off-w.from:][:n]
	}
	want := min(max(int64(n), 1<<20), w.size-off)
	if int64(cap(w.buf)) < want {
		w.buf = make([]byte, want)
	}
	w.buf, w.from = w.buf[:want], off
	got, err := w.file.ReadAt(w.buf, off)
	if got < n {
		clear(w.buf[got:])
		if err != nil && !errors.Is(err, io.EOF) {
			w.err = err
		}
	}
	return w.buf[:n]
}

// payload reads a record again.
func (r *reader) payload(rec record) []byte {
	b := make([]byte, rec.length)
	if n, _ := r.log.file.ReadAt(b, rec.at+recordSize); n < len(b) {
		return nil
	}
	return b
}

// take says whether n more bytes may be unpacked.
func (r *reader) take(n int64) bool {
	r.room -= n
	return r.room >= 0 && n >= 0
}

var errTooMuch = &Error{Text: "unpacks to far more than any picture of its size, want at most 256 times the file"}

// raster is a picture before its pixels are read.
type raster struct {
	kind   uint8
	rect   image.Rectangle
	pieces []uint32
	img    image.Image // once read
}
