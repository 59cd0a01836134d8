package file

import (
	"bufio"
	"crypto/rand"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
)

// WriteAtomic writes the file at path through write so that, whatever happens, path holds
// either what it held before or all that was written: a temporary file in the same
// folder, fsync, rename, fsync of the folder. A link is followed; a device or pipe
// ("/dev/stdout") is written to directly. On an error nothing is left behind. The error
// says in plain words what failed, with advice in its Hint.
func WriteAtomic(path string, write func(io.Writer) error) error {
	return named(path, writeAtomic(path, write))
}

func writeAtomic(path string, write func(io.Writer) error) error {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	mode := fs.FileMode(0o666) // less the umask, as any new file
	st, err := os.Stat(path)
	switch {
	case err == nil && st.IsDir():
		return fault("found a folder, want a file name", "add a file name to the folder", nil)
	case err == nil && !st.Mode().IsRegular():
		return writeDevice(path, write)
	case err == nil:
		// A rename would replace a file that is protected against writing.
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return plain(err)
		}
		f.Close()
	case !errors.Is(err, fs.ErrNotExist):
		return plain(err)
	}
	dir := filepath.Dir(path)
	tmp := filepath.Join(dir, ".pentimento-"+rand.Text()[:12]+".tmp")
	f, err := os.OpenFile(tmp, os.O_RDWR|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return fault("the folder does not exist", "make the folder first, or choose another", err)
		}
		return plain(err)
	}
	if st != nil {
		err = f.Chmod(st.Mode().Perm())
	}
	if err == nil || runtime.GOOS == "windows" {
		err = fillFile(f, write)
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(tmp, path)
	}
	if err != nil {
		os.Remove(tmp)
		return plain(err)
	}
	syncDir(dir)
	return nil
}

// fillFile writes the content and waits until it is on the disk.
func fillFile(f *os.File, write func(io.Writer) error) error {
	w := bufio.NewWriterSize(f, 1<<18)
	if err := write(w); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return f.Sync()
}

func writeDevice(path string, write func(io.Writer) error) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return plain(err)
	}
	w := bufio.NewWriterSize(f, 1<<18)
	err = write(w)
	if err == nil {
		err = w.Flush()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return plain(err)
	}
	return nil
}

// syncDir makes the rename itself last. File systems that cannot do so (and Windows,
// which has no such call) keep the order by themselves, so a failure changes nothing.
func syncDir(dir string) {
	if d, err := os.Open(dir); err == nil {
		_ = d.Sync()
		d.Close()
	}
}

// isDiskFull also knows Windows' ERROR_HANDLE_DISK_FULL and ERROR_DISK_FULL, which the syscall
// package does not map.
func isDiskFull(err error) bool {
	var n syscall.Errno
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return true
	}
	return runtime.GOOS == "windows" && errors.As(err, &n) && (n == 39 || n == 112)
}

func isReadOnly(err error) bool { return errors.Is(err, syscall.EROFS) }
