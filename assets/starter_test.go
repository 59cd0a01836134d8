package assets

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
)

// made is a starter of made-up bytes in a folder of the test's own.
func made(t *testing.T, content []byte) *starter {
	dir := t.TempDir()
	files := fstest.MapFS{"m": {Data: content}}
	return &starter{folder: func() (string, error) { return dir, nil }, open: func() (fs.File, error) { return files.Open("m") }}
}

func holds(t *testing.T, path string, want []byte) {
	t.Helper()
	got, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(got, want) {
		t.Fatalf("%s holds %d bytes (%v), want the %d built in", path, len(got), err, len(want))
	}
	left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".starter-*"))
	if len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestStarterIsLaidOutOnceAndWhole(t *testing.T) {
	content := bytes.Repeat([]byte("weights "), 100_000)
	s := made(t, content)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			if _, err := s.path(); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	path, err := s.path()
	if err != nil {
		t.Fatal(err)
	}
	holds(t, path, content)
	before, _ := os.Stat(path)
	again := &starter{folder: s.folder, open: s.open} // another process
	if p, err := again.path(); err != nil || p != path {
		t.Fatalf("%s, %v; want %s", p, err, path)
	}
	if after, _ := os.Stat(path); !os.SameFile(before, after) {
		t.Error("a right file was written again")
	}
	other := made(t, []byte("other weights"))
	other.folder = s.folder
	if p, err := other.path(); err != nil || p == path {
		t.Errorf("two models share %s (%v)", p, err)
	}
}

func TestStarterReplacesWhatIsNotItself(t *testing.T) {
	content := bytes.Repeat([]byte{1, 2, 3}, 200_000)
	damage := map[string]func(t *testing.T, path string) error{
		"gone":      func(_ *testing.T, p string) error { return os.Remove(p) },
		"cut":       func(_ *testing.T, p string) error { return os.Truncate(p, 1000) },
		"longer":    func(_ *testing.T, p string) error { return os.Truncate(p, int64(len(content))+1) },
		"same size": func(_ *testing.T, p string) error { return os.WriteFile(p, make([]byte, len(content)), 0o600) },
		"a link": func(t *testing.T, p string) error {
			elsewhere := filepath.Join(t.TempDir(), "x")
			return errors.Join(os.WriteFile(elsewhere, content, 0o600), os.Remove(p), os.Symlink(elsewhere, p))
		},
		"a folder": func(_ *testing.T, p string) error { return errors.Join(os.Remove(p), os.Mkdir(p, 0o755)) },
	}
	for name, hurt := range damage {
		t.Run(name, func(t *testing.T) {
			s := made(t, content)
			path, err := s.path()
			if err != nil {
				t.Fatal(err)
			}
			if err := hurt(t, path); err != nil {
				t.Skipf("this system cannot make the damage: %v", err)
			}
			fresh := &starter{folder: s.folder, open: s.open}
			if p, err := fresh.path(); err != nil || p != path {
				t.Fatalf("%s, %v; want %s", p, err, path)
			}
			holds(t, path, content)
			if st, _ := os.Lstat(path); !st.Mode().IsRegular() {
				t.Errorf("%s is %v, want a regular file", path, st.Mode())
			}
		})
	}
}

// TestStarterNeedsNoHome: a service on a server has neither a home nor a cache folder.
func TestStarterNeedsNoHome(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("its folders do not come from HOME")
	}
	dir := t.TempDir()
	t.Setenv("HOME", "")
	t.Setenv("XDG_CACHE_HOME", "")
	t.Setenv("TMPDIR", dir)
	s := made(t, []byte("weights"))
	s.folder = theStarter.folder
	path, err := s.path()
	if err != nil || !strings.HasPrefix(path, dir) {
		t.Errorf("it lies in %q, %v; want it below %q", path, err, dir)
	}
}

func TestStarterSaysWhatKeepsItFromTheDisk(t *testing.T) {
	s := made(t, []byte("weights"))
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s.folder = func() (string, error) { return file, nil } // no folder can be made in there
	_, err := s.path()
	var h interface{ Hint() string }
	if err == nil || !strings.Contains(err.Error(), "starter model") || !errors.As(err, &h) || h.Hint() == "" {
		t.Errorf("error %v, want one that names the starter model, with a hint", err)
	}
}

// The weights may be missing from a checkout; when they are there they must be small.
func TestStarterIsSmall(t *testing.T) {
	st, err := fs.Stat(starterFiles, starterName)
	if err != nil {
		if HasStarter() {
			t.Error("HasStarter says yes, and there is none")
		}
		return
	}
	if st.Size() > 24<<20 || !HasStarter() {
		t.Errorf("%d bytes, HasStarter %v; want at most 24 MiB", st.Size(), HasStarter())
	}
}
