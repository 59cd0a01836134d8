package journal

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"pentimento/canvas/disk"
)

// Disk is the little that a journal asks of a file system. The tests put one in its place
// that fails at a chosen call or loses what was not synced.
type Disk interface {
	// Open opens a file for reading and writing; create makes an empty one, in place of
	// what was there.
	Open(path string, create bool) (File, error)
	Rename(from, to string) error
	Remove(path string) error
	// SyncDir makes what happened to the names in the folder of path last.
	SyncDir(path string) error
}

// File is an open file of a Disk.
type File interface {
	io.ReaderAt
	io.WriterAt
	io.Closer
	Size() (int64, error)
	Truncate(size int64) error
	Sync() error
}

// OS is the real file system.
var OS Disk = osDisk{}

type osDisk struct{}

type osFile struct{ *os.File }

func (f osFile) Size() (int64, error) {
	st, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return st.Size(), nil
}

func (osDisk) Open(path string, create bool) (File, error) {
	flag := os.O_RDWR
	if create {
		flag |= os.O_CREATE | os.O_TRUNC
	}
	f, err := os.OpenFile(path, flag, 0o600)
	if err != nil && !create && (errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS)) {
		f, err = os.Open(path) // it can be read still
	}
	if err != nil {
		return nil, err
	}
	return osFile{f}, nil
}

func (osDisk) Rename(from, to string) error { return disk.Rename(from, to) }
func (osDisk) Remove(path string) error     { return disk.Remove(path) }

// SyncDir ignores that a file system (or Windows) cannot sync a folder: those keep the
// order by themselves.
func (osDisk) SyncDir(path string) error {
	if d, err := os.Open(filepath.Dir(path)); err == nil {
		_ = d.Sync()
		return d.Close()
	}
	return nil
}
