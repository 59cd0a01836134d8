package journal

import (
	"io"
	"io/fs"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"sync"
)

// simDisk is a file system in memory that remembers every call, can fail at any of them,
// and can say what a power cut after any of them may leave behind.
type simDisk struct {
	mu    sync.Mutex
	names map[string]*inode
	ops   []op
	fault func(n int, o op) error // nil: none; n counts the calls that change something
}

type opKind uint8

const (
	opCreate opKind = iota
	opWrite
	opTruncate
	opSync
	opRename
	opRemove
	opSyncDir
	opLost // a failed sync: what was not on the disk may never be
)

func (k opKind) String() string {
	return [...]string{"create", "write", "truncate", "sync", "rename", "remove", "sync of the folder", "loss"}[k]
}

type op struct {
	kind     opKind
	file     *inode
	off      int64
	data     []byte
	path, to string
}

type inode struct{ data []byte }

func newSimDisk() *simDisk { return &simDisk{names: map[string]*inode{}} }

// do makes a call that changes something, or fails as the test wants it.
func (d *simDisk) do(o op, effect func()) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.fault != nil {
		if err := d.fault(len(d.ops), o); err != nil {
			if o.kind == opSync {
				d.ops = append(d.ops, op{kind: opLost, file: o.file})
			}
			if short, ok := err.(shortWrite); ok && o.kind == opWrite {
				o.data = o.data[:len(o.data)/2]
				d.ops = append(d.ops, o)
				writeTo(o.file, o.off, o.data)
				return short
			}
			return err
		}
	}
	d.ops = append(d.ops, o)
	if effect != nil {
		effect()
	}
	return nil
}

// tally counts the renames so far and the bytes of a file; the journal may be writing on.
func (d *simDisk) tally(name string) (renames, size int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, o := range d.ops {
		if o.kind == opRename {
			renames++
		}
	}
	return renames, len(d.names[name].data)
}

// shortWrite fails after half of the bytes.
type shortWrite struct{ error }

func writeTo(f *inode, off int64, data []byte) {
	if grow := off + int64(len(data)) - int64(len(f.data)); grow > 0 {
		f.data = append(f.data, make([]byte, grow)...)
	}
	copy(f.data[off:], data)
}

func truncateTo(f *inode, size int64) {
	if size <= int64(len(f.data)) {
		f.data = f.data[:size:size]
	} else {
		f.data = append(f.data, make([]byte, size-int64(len(f.data)))...)
	}
}

func (d *simDisk) Open(path string, create bool) (File, error) {
	if !create {
		d.mu.Lock()
		defer d.mu.Unlock()
		f := d.names[path]
		if f == nil {
			return nil, fs.ErrNotExist
		}
		return &simFile{d, f}, nil
	}
	f := &inode{}
	err := d.do(op{kind: opCreate, file: f, path: path}, func() { d.names[path] = f })
	if err != nil {
		return nil, err
	}
	return &simFile{d, f}, nil
}

func (d *simDisk) Rename(from, to string) error {
	return d.do(op{kind: opRename, path: from, to: to}, func() { d.names[to] = d.names[from]; delete(d.names, from) })
}

func (d *simDisk) Remove(path string) error {
	return d.do(op{kind: opRemove, path: path}, func() { delete(d.names, path) })
}

func (d *simDisk) SyncDir(path string) error {
	return d.do(op{kind: opSyncDir, path: filepath.Dir(path)}, nil)
}

type simFile struct {
	d *simDisk
	f *inode
}

func (s *simFile) ReadAt(p []byte, off int64) (int, error) {
	s.d.mu.Lock()
	defer s.d.mu.Unlock()
	if off >= int64(len(s.f.data)) {
		return 0, io.EOF
	}
	n := copy(p, s.f.data[off:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func (s *simFile) WriteAt(p []byte, off int64) (int, error) {
	data := append([]byte(nil), p...)
	if err := s.d.do(op{kind: opWrite, file: s.f, off: off, data: data}, func() { writeTo(s.f, off, data) }); err != nil {
		return 0, err
	}
	return len(p), nil
}

func (s *simFile) Truncate(size int64) error {
	return s.d.do(op{kind: opTruncate, file: s.f, off: size}, func() { truncateTo(s.f, size) })
}

func (s *simFile) Sync() error { return s.d.do(op{kind: opSync, file: s.f}, nil) }

func (s *simFile) Size() (int64, error) {
	s.d.mu.Lock()
	defer s.d.mu.Unlock()
	return int64(len(s.f.data)), nil
}

func (s *simFile) Close() error { return nil }

func (d *simDisk) count() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.ops)
}

func (d *simDisk) writes() int {
	n := 0
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, o := range d.ops {
		if o.kind == opWrite {
			n++
		}
	}
	return n
}

// unsynced is the number of writes that no sync of their file follows.
func (d *simDisk) unsynced() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := map[*inode]int{}
	for _, o := range d.ops {
		switch o.kind {
		case opWrite:
			n[o.file]++
		case opSync:
			delete(n, o.file)
		}
	}
	total := 0
	for _, v := range n {
		total += v
	}
	return total
}

// sector is what a disk writes whole or not at all.
const sector = 512

// image is what a power cut after the first n calls may leave: of each file what was synced
// and, of what was not, any part in any order; of the names what the folder's last sync
// holds and the beginning of what followed. keep is the share of unsynced things that
// happened to reach the disk, 0..1.
func (d *simDisk) image(n int, rng *rand.Rand, keep float64) *simDisk {
	d.mu.Lock()
	ops := d.ops[:n]
	d.mu.Unlock()
	var nameOps []op
	names := map[string]*inode{}
	durable := map[*inode]*inode{}
	loose := map[*inode][]op{}
	apply := func(o op) {
		switch o.kind {
		case opCreate:
			names[o.path] = o.file
		case opRename:
			names[o.to] = names[o.path]
			delete(names, o.path)
		case opRemove:
			delete(names, o.path)
		}
	}
	for _, o := range ops {
		switch o.kind {
		case opCreate:
			durable[o.file] = &inode{}
			nameOps = append(nameOps, o)
		case opRename, opRemove:
			nameOps = append(nameOps, o)
		case opWrite, opTruncate:
			loose[o.file] = append(loose[o.file], o)
		case opSync:
			for _, w := range loose[o.file] {
				settle(durable[o.file], w, nil, 1)
			}
			loose[o.file] = nil
		case opLost:
			loose[o.file] = nil
		case opSyncDir:
			for _, w := range nameOps {
				apply(w)
			}
			nameOps = nil
		}
	}
	for _, o := range nameOps {
		if rng.Float64() >= keep {
			break
		}
		apply(o)
	}
	for f, writes := range loose {
		rng.Shuffle(len(writes), func(i, j int) { writes[i], writes[j] = writes[j], writes[i] })
		for _, w := range writes {
			if rng.Float64() < keep {
				settle(durable[f], w, rng, keep)
			}
		}
	}
	out := newSimDisk()
	for path, f := range maps.All(names) {
		if f != nil {
			out.names[path] = &inode{append([]byte(nil), durable[f].data...)}
		}
	}
	return out
}

// settle lets a write reach the disk: whole, or only some of its sectors.
func settle(f *inode, o op, rng *rand.Rand, keep float64) {
	if o.kind == opTruncate {
		truncateTo(f, o.off)
		return
	}
	if rng == nil || rng.IntN(3) == 0 {
		writeTo(f, o.off, o.data)
		return
	}
	torn := rng.IntN(2) == 0 // the beginning only, or sectors here and there
	for i := 0; i < len(o.data); {
		n := min(sector-int(o.off+int64(i))%sector, len(o.data)-i)
		if rng.Float64() < keep {
			writeTo(f, o.off+int64(i), o.data[i:i+n])
		} else if torn {
			return
		}
		i += n
	}
}
