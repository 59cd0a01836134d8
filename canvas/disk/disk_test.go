package disk

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"pentimento/fault"

	"pentimento/canvas/disk/disktest"
)

func TestAFailedWriteKeepsTheOldFileAndLeavesNoTrace(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.png")
	if err := os.WriteFile(path, []byte("old"), 0o640); err != nil {
		t.Fatal(err)
	}
	for _, fail := range []error{syscall.ENOSPC, &os.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC}, io.ErrClosedPipe} {
		err := WriteAtomic(path, func(w io.Writer) error {
			w.Write(make([]byte, 1<<20))
			return fail
		})
		if !errors.Is(err, fail) || !strings.Contains(err.Error(), "a.png") {
			t.Errorf("error %v, want %v with the name", err, fail)
		}
		if errors.Is(fail, syscall.ENOSPC) && (!strings.Contains(err.Error(), "disk is full") || fault.Hint(err) == "") {
			t.Errorf("error %v (hint %q), want plain words and advice", err, fault.Hint(err))
		}
		if got := disktest.Contents(t, dir); len(got) != 1 || got["a.png"] != "old" {
			t.Errorf("after a failed write the folder holds %q", got)
		}
	}
	if err := WriteAtomic(path, func(w io.Writer) error { _, err := io.WriteString(w, "new"); return err }); err != nil {
		t.Fatal(err)
	}
	st, err := os.Stat(path)
	if err != nil || runtime.GOOS != "windows" && st.Mode().Perm() != 0o640 {
		t.Errorf("mode %v, %v, want that of the old file", st.Mode(), err)
	}
	if got := disktest.Contents(t, dir); len(got) != 1 || got["a.png"] != "new" {
		t.Errorf("the folder holds %q", got)
	}
}

func TestWritesFollowLinksAndSpareDevices(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("links need a privilege and there are no device files on Windows")
	}
	dir := t.TempDir()
	real, link := filepath.Join(dir, "real"), filepath.Join(dir, "link")
	if err := errors.Join(os.WriteFile(real, []byte("old"), 0o600), os.Symlink("real", link)); err != nil {
		t.Fatal(err)
	}
	put := func(w io.Writer) error { _, err := io.WriteString(w, "new"); return err }
	if err := WriteAtomic(link, put); err != nil {
		t.Fatal(err)
	}
	if st, err := os.Lstat(link); err != nil || st.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link became %v, %v", st.Mode(), err)
	}
	if b, _ := os.ReadFile(real); string(b) != "new" {
		t.Errorf("the file behind the link holds %q", b)
	}
	if err := WriteAtomic(os.DevNull, put); err != nil {
		t.Error(err)
	}
	if st, err := os.Stat(os.DevNull); err != nil || st.Mode().IsRegular() {
		t.Fatalf("%s is now %v, %v", os.DevNull, st.Mode(), err)
	}
	if _, err := os.Stat("/dev/full"); err == nil { // a real full disk, where there is one
		if err := WriteAtomic("/dev/full", put); err == nil || !strings.Contains(err.Error(), "disk is full") {
			t.Errorf("writing to /dev/full: %v", err)
		}
	}
}

// TestAFileThatIsBeingReadIsReplaced: on Windows as well, where a reader is in the way of it.
func TestAFileThatIsBeingReadIsReplaced(t *testing.T) {
	path := filepath.Join(t.TempDir(), "settings.json")
	put := func(text string) error {
		return WriteAtomic(path, func(w io.Writer) error { _, err := io.WriteString(w, text); return err })
	}
	if err := put("old"); err != nil {
		t.Fatal(err)
	}
	reader, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(50*time.Millisecond, func() { reader.Close() })
	if err := put("new"); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(path); string(got) != "new" {
		t.Errorf("it holds %q, %v", got, err)
	}
}

// A file that another program reads for a moment is moved and removed all the same.
func TestAFileThatIsBeingReadIsMovedAndRemoved(t *testing.T) {
	dir := t.TempDir()
	from, to := filepath.Join(dir, "from"), filepath.Join(dir, "to")
	if err := os.WriteFile(from, []byte("words"), 0o600); err != nil {
		t.Fatal(err)
	}
	read := func(path string) {
		reader, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		time.AfterFunc(50*time.Millisecond, func() { reader.Close() })
	}
	read(from)
	if err := Rename(from, to); err != nil {
		t.Error(err)
	}
	read(to)
	if err := Remove(to); err != nil {
		t.Error(err)
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
}

func TestPlacesThatCannotBeWrittenAreNamed(t *testing.T) {
	dir := t.TempDir()
	put := func(w io.Writer) error { return nil }
	cases := map[string]string{dir: "a folder", filepath.Join(dir, "none", "a.png"): "folder does not exist"}
	if os.Getuid() > 0 { // root may write anywhere
		locked, file := filepath.Join(dir, "locked"), filepath.Join(dir, "protected.png")
		if err := errors.Join(os.Mkdir(locked, 0o500), os.WriteFile(file, nil, 0o400)); err != nil {
			t.Fatal(err)
		}
		cases[filepath.Join(locked, "a.png")], cases[file] = "no permission", "no permission"
	}
	for path, want := range cases {
		if err := WriteAtomic(path, put); err == nil || !strings.Contains(err.Error(), want) || fault.Hint(err) == "" {
			t.Errorf("%s: %v (hint %q), want %q and a hint", path, err, fault.Hint(err), want)
		}
	}
}

func TestTryingAPlaceChangesNothing(t *testing.T) {
	dir := t.TempDir()
	there, fresh := filepath.Join(dir, "there"), filepath.Join(dir, "fresh")
	if err := os.WriteFile(there, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	for path, works := range map[string]bool{there: true, fresh: true, dir: false, filepath.Join(dir, "none", "x"): false, filepath.Join(there, "x"): false} {
		if err := CanWrite(path); (err == nil) != works {
			t.Errorf("%s: %v, want it to work: %v", path, err, works)
		}
	}
	if got := disktest.Contents(t, dir); len(got) != 1 || got["there"] != "old" {
		t.Errorf("the folder holds %v", got)
	}
}
