package journal

import (
	"crypto/rand"
	"image"
	"weak"

	"pentimento/canvas"
)

// pointer is a picture's identity, without holding the picture in memory.
type pointer struct {
	nrgba weak.Pointer[image.NRGBA]
	alpha weak.Pointer[image.Alpha]
	deep  weak.Pointer[image.NRGBA64]
	grey  weak.Pointer[image.Gray16]
}

func keyOf(img image.Image) pointer {
	switch m := img.(type) {
	case *image.NRGBA:
		return pointer{nrgba: weak.Make(m)}
	case *image.Alpha:
		return pointer{alpha: weak.Make(m)}
	case *image.NRGBA64:
		return pointer{deep: weak.Make(m)}
	case *image.Gray16:
		return pointer{grey: weak.Make(m)}
	}
	return pointer{}
}

// log is one journal file and what it holds so far: enough to go on appending to it.
// Records gather in out and reach the file with flush; what a failed write leaves behind
// is undone, so that the log always says what the file holds up to end.
type log struct {
	file   File
	path   string
	id     [8]byte
	end    int64 // of the last record written
	synced int64 // up to here the file is on the disk
	out    []byte
	undo   []func()
	before *log // the file that this one replaces, while it is written

	contents    map[hash]place
	rasters     map[pointer]uint32
	refs        map[weak.Pointer[canvas.Reference]]uint32
	origins     map[weak.Pointer[canvas.Origin]]uint32
	sources     map[weak.Pointer[canvas.Source]]uint32
	nextContent uint32
	nextRaster  uint32
	nextRef     uint32
	nextOrigin  uint32
	nextSource  uint32
	pixels      int64 // bytes that contents and rasters unpack to, for pad
	padded      int64
}

func emptyLog(f File) *log {
	return &log{file: f, contents: map[hash]place{}, rasters: map[pointer]uint32{},
		refs: map[weak.Pointer[canvas.Reference]]uint32{}, origins: map[weak.Pointer[canvas.Origin]]uint32{},
		sources: map[weak.Pointer[canvas.Source]]uint32{}}
}

// newLog begins a file.
func newLog(f File) *log {
	l := emptyLog(f)
	rand.Read(l.id[:])
	l.out = append(l.out, head(l.id)...)
	return l
}

// add appends a record to what will be written.
func (l *log) add(k kind, payload []byte) {
	l.out = frame(l.out, l.id, l.end+int64(len(l.out)), l.synced, k, payload)
}

// flushAt is how much may gather before it is written.
const flushAt = 4 << 20

func (l *log) flushLarge() error {
	if len(l.out) < flushAt {
		return nil
	}
	return l.flush()
}

// flush writes what has gathered. After an error the log is what it was at the last
// successful flush; the file may hold more, which rewind cuts off.
func (l *log) flush() error {
	if len(l.out) == 0 {
		return nil
	}
	if err := l.write(); err != nil {
		l.forget()
		return err
	}
	l.end += int64(len(l.out))
	l.out, l.undo = l.out[:0], l.undo[:0]
	if cap(l.out) > 4*flushAt {
		l.out = nil
	}
	return nil
}

func (l *log) write() error {
	n, err := l.file.WriteAt(l.out, l.end)
	if err == nil && n < len(l.out) {
		err = &Error{Text: "the disk took a part of a record only"}
	}
	return err
}

// forget drops what has gathered and was not written.
func (l *log) forget() {
	for _, f := range l.undo {
		f()
	}
	l.out, l.undo = l.out[:0], l.undo[:0]
}

// rewind cuts off what a failed write may have left behind the last good record.
func (l *log) rewind() error { return l.file.Truncate(l.end) }

// sync makes everything that was written last.
func (l *log) sync() error {
	end := l.end
	if err := l.file.Sync(); err != nil {
		return err
	}
	l.synced = end
	return nil
}

// payload reads a record's payload back and checks it.
func (l *log) payload(at int64, length int) ([]byte, bool) {
	b := make([]byte, recordSize+length)
	if n, err := l.file.ReadAt(b, at); n < len(b) && err != nil {
		return nil, false
	}
	h, ok := parseHeader(b, l.id, at)
	if !ok || h.length != length || h.crc != crc(b[recordSize:]) {
		return nil, false
	}
	return b[recordSize:], true
}

// A reader refuses to unpack more than allowance(size of the file), so that a small file
// cannot fill the memory. A journal of flat colours may shrink further than that; it is
// given so much room that it stays well inside.
func allowance(size int64) int64 { return 96<<20 + 256*size }

func (l *log) pad() {
	for l.pixels > 48<<20+128*(l.end+int64(len(l.out))) {
		l.add(kindPad, make([]byte, 64<<10))
		l.padded += 64 << 10
	}
}

func (l *log) knowRaster(img image.Image, num uint32) {
	k := keyOf(img)
	l.rasters[k] = num
	l.undo = append(l.undo, func() { delete(l.rasters, k) })
}

// reference writes a picture of the strip that is not there yet and returns its number.
func (l *log) reference(r *canvas.Reference) (uint32, error) {
	k := weak.Make(r)
	if num, ok := l.refs[k]; ok {
		return num, nil
	}
	img := r.Image
	if img == nil {
		img = taken
	}
	pic, err := l.raster(img)
	if err != nil {
		return 0, err
	}
	num := l.nextRef
	l.nextRef++
	l.refs[k] = num
	l.undo = append(l.undo, func() { delete(l.refs, k) })
	var p pack
	p.uint(uint64(num))
	p.string(r.Name)
	p.uint(uint64(pic))
	if r.Image == nil {
		p.uint(uint64(r.Layer) + 1)
	}
	l.add(kindReference, p.b)
	return num, nil
}

// taken stands in a record for the picture of a reference that is taken of the canvas: programs before
// 2026-11-28, which read no further, show that.
var taken = image.NewNRGBA(image.Rect(0, 0, 1, 1))

// origin writes the record of a fill that is not there yet and returns its number.
func (l *log) origin(o *canvas.Origin) (uint32, error) {
	k := weak.Make(o)
	if num, ok := l.origins[k]; ok {
		return num, nil
	}
	num := l.nextOrigin
	l.nextOrigin++
	var p pack
	p.uint(uint64(num))
	p.rect(o.Rect)
	p.uint(uint64(o.Layer))
	p.bytes(o.Recipe)
	p.point(o.Offset)
	if o.Mask == nil {
		p.uint(0)
	} else {
		mask, err := l.raster(o.Mask)
		if err != nil {
			return 0, err
		}
		p.uint(uint64(mask) + 1)
	}
	if err := putGrid(l, &p, canvas.Grid[canvas.Tile]{}, o.Laid, func(t *canvas.Tile) []byte { return t.Pix[:] }); err != nil {
		return 0, err
	}
	l.origins[k] = num
	l.undo = append(l.undo, func() { delete(l.origins, k) })
	l.add(kindOrigin, p.b)
	return num, nil
}
