// Package disk writes files whole or not at all, and says in plain words why a disk does not
// do what it is asked.
//
// 2026-11-27: by hand, because google/renameio does not serve Windows and no other kept-up
// module syncs the folder as well.
package disk

import (
	"bufio"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"

	"pentimento/fault"
)

// WriteAtomic writes the file at path through write so that, whatever happens, path holds
// either what it held before or all that was written: a temporary file in the same
// folder, fsync, rename, fsync of the folder. A link is followed; a device or pipe
// ("/dev/stdout") is written to directly. On an error nothing is left behind. The error
// says in plain words what failed, with advice in its Hint.
func WriteAtomic(path string, write func(io.Writer) error) error {
	return writeMode(path, 0o666, write) // less the umask, as any new file
}

// WritePrivate is WriteAtomic for what other users of the machine should not read: a new
// file gets mode 0600.
func WritePrivate(path string, write func(io.Writer) error) error {
	return writeMode(path, 0o600, write)
}

// CanWrite tries, without changing anything, whether WriteAtomic could write path now: what
// would fail after long work fails before it.
func CanWrite(path string) error {
	if st, err := os.Stat(path); err == nil && !st.Mode().IsRegular() && !st.IsDir() {
		return nil // a device or a pipe, which opening could already change
	}
	// Nothing is written, so the file's old content and time stay: a failure ends before the
	// rename.
	err := writeMode(path, 0o666, func(io.Writer) error { return errTried })
	if errors.Is(err, errTried) {
		return nil
	}
	return err
}

var errTried = errors.New("tried")

func writeMode(path string, mode fs.FileMode, write func(io.Writer) error) error {
	if err := writeAtomic(path, mode, write); err != nil {
		return fmt.Errorf("%q: %w", path, err)
	}
	return nil
}

func writeAtomic(path string, mode fs.FileMode, write func(io.Writer) error) error {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	st, err := os.Stat(path)
	switch {
	case err == nil && st.IsDir():
		return fault.New("found a folder, want a file name", "add a file name to the folder")
	case err == nil && !st.Mode().IsRegular():
		return writeDevice(path, write)
	case err == nil:
		// A rename would replace a file that is protected against writing.
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return Plain(err)
		}
		f.Close()
	case !errors.Is(err, fs.ErrNotExist):
		return Plain(err)
	}
	dir := filepath.Dir(path)
	tmp := filepath.Join(dir, ".pentimento-"+rand.Text()[:12]+".tmp")
	f, err := os.OpenFile(tmp, os.O_RDWR|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return fault.Told("the folder does not exist", "make the folder first, or choose another", err)
		}
		return Plain(err)
	}
	hold(f)
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
		err = Rename(tmp, path)
	}
	if err != nil {
		os.Remove(tmp)
		return Plain(err)
	}
	syncDir(dir)
	return nil
}

// Rename is os.Rename that on Windows, where a file that is open can be neither replaced nor
// moved, waits for another program (one that looks for viruses, one that indexes) to let go.
func Rename(from, to string) error {
	return patiently(func() error { return os.Rename(from, to) })
}

// Remove is os.Remove that on Windows waits for another program to let go of the file.
func Remove(path string) error {
	return patiently(func() error { return os.Remove(path) })
}

// Open is os.Open that on Windows waits for another program to let go of the file.
func Open(path string) (f *os.File, err error) {
	err = patiently(func() error { f, err = os.Open(path); return err })
	return f, err
}

// ReadFile is os.ReadFile that on Windows waits for another program to let go of the file.
func ReadFile(path string) (data []byte, err error) {
	err = patiently(func() error { data, err = os.ReadFile(path); return err })
	return data, err
}

// patiently tries again, on Windows for two seconds, what another program is in the way of.
func patiently(do func() error) error {
	const sharingViolation = syscall.Errno(32)
	for wait := time.Millisecond; ; wait *= 2 {
		err := do()
		if runtime.GOOS != "windows" || wait > time.Second || !errors.Is(err, fs.ErrPermission) && !errors.Is(err, sharingViolation) {
			return err
		}
		time.Sleep(wait)
	}
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
		return Plain(err)
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
		return Plain(err)
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

// Full says whether err is a full disk or an exhausted quota. It also knows Windows' ERROR_HANDLE_DISK_FULL and ERROR_DISK_FULL, which the syscall
// package does not map.
func Full(err error) bool {
	var n syscall.Errno
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return true
	}
	return runtime.GOOS == "windows" && errors.As(err, &n) && (n == 39 || n == 112)
}

// ReadOnly says whether err is a file system that takes no writes.
func ReadOnly(err error) bool { return errors.Is(err, syscall.EROFS) }

// Plain turns the error of an operating system call on path into a message for people.
func Plain(err error) error {
	var p *fs.PathError
	var l *os.LinkError // of a rename: its paths are not the person's
	cause := err
	if errors.As(err, &p) {
		cause = p.Err
	} else if errors.As(err, &l) {
		cause = l.Err
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fault.Told("no such file or folder", "check the spelling of the path", err)
	case errors.Is(err, fs.ErrPermission):
		return fault.Told("no permission", "choose another place, or change the permissions of the file and its folder", err)
	case Full(err):
		return fault.Told("the disk is full", "free some space or choose another disk, then try again", err)
	case ReadOnly(err):
		return fault.Told("the disk is read-only", "choose another place", err)
	case cause != err:
		return fault.Told(strings.ToLower(cause.Error()), "", err)
	}
	return err
}
