package assets

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"pentimento/canvas/disk"
	"pentimento/fault"
)

// starterFiles holds starter.safetensors where one was trained; the folder is there
// anyway, so that a build without it works.
//
//go:embed starter/model
var starterFiles embed.FS

const starterName = "starter/model/starter.safetensors"

// HasStarter says whether a starter model is built in.
func HasStarter() bool {
	_, err := fs.Stat(starterFiles, starterName)
	return err == nil
}

var theStarter = starter{folder: cacheFolder, open: func() (fs.File, error) { return starterFiles.Open(starterName) }}

// cacheFolder is the user's; a service on a server often has none, and then it's a folder
// of its user's own beside the temporary files.
func cacheFolder() (string, error) {
	if dir, err := os.UserCacheDir(); err == nil {
		return dir, nil
	}
	return filepath.Join(os.TempDir(), fmt.Sprintf("pentimento-%d", os.Getuid())), nil
}

// Starter is the path of the starter model as a file, for the runtime maps weights from
// files only. The first call in a process writes it into the user's cache folder, under a
// name that follows from its content, unless the same bytes lie there already; whatever
// else is there under that name is replaced. Later calls take microseconds. The error
// says what could not be written; its Hint what to do. Any goroutine may call it.
func Starter() (string, error) { return theStarter.path() }

// starter is a built-in file and the folder it is laid out in.
type starter struct {
	folder func() (string, error)
	open   func() (fs.File, error)

	mu   sync.Mutex
	file string // as last checked
	size int64
	time time.Time
}

func (s *starter) path() (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if st, err := os.Stat(s.file); s.file != "" && err == nil && st.Size() == s.size && st.ModTime().Equal(s.time) {
		return s.file, nil
	}
	s.file = ""
	path, err := s.lay()
	if err != nil {
		return "", unlaid(err)
	}
	st, err := os.Stat(path)
	if err != nil {
		return "", unlaid(err)
	}
	s.file, s.size, s.time = path, st.Size(), st.ModTime()
	return path, nil
}

// lay makes sure that the file is in the cache folder, whole.
func (s *starter) lay() (string, error) {
	in, err := s.open()
	if err != nil {
		return "", err
	}
	defer in.Close()
	hash := sha256.New()
	if _, err := io.Copy(hash, in); err != nil {
		return "", err
	}
	dir, err := s.folder()
	if err != nil {
		return "", err
	}
	dir = filepath.Join(dir, "pentimento")
	path := filepath.Join(dir, fmt.Sprintf("starter-%x.safetensors", hash.Sum(nil)[:6]))
	if same(path, s.open) {
		return path, nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	return path, s.write(path)
}

// write puts the file in its place in one step: at any moment there is a whole one or none.
func (s *starter) write(path string) error {
	in, err := s.open()
	if err != nil {
		return err
	}
	defer in.Close()
	if st, err := os.Lstat(path); err == nil && !st.Mode().IsRegular() {
		_ = os.Remove(path) // a link or an empty folder; anything else WriteAtomic will name
	}
	err = disk.WriteAtomic(path, func(w io.Writer) error {
		_, err := io.Copy(w, in)
		return err
	})
	if err != nil && same(path, s.open) { // another process was quicker, and holds it open
		return nil
	}
	return err
}

// same says whether a regular file holds just the bytes of another.
func same(path string, open func() (fs.File, error)) bool {
	st, err := os.Lstat(path)
	if err != nil || !st.Mode().IsRegular() {
		return false
	}
	a, err := os.Open(path)
	if err != nil {
		return false
	}
	defer a.Close()
	b, err := open()
	if err != nil {
		return false
	}
	defer b.Close()
	if want, err := b.Stat(); err != nil || want.Size() != st.Size() {
		return false
	}
	const block = 1 << 18
	x, y := make([]byte, block), make([]byte, block)
	for {
		n, errA := io.ReadFull(a, x)
		m, errB := io.ReadFull(b, y)
		if !bytes.Equal(x[:n], y[:m]) {
			return false
		}
		if errA != nil || errB != nil {
			return ended(errA) && ended(errB)
		}
	}
}

func ended(err error) bool { return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) }

// unlaid says that the model could not be written into the user's cache, and what else there is.
func unlaid(err error) error {
	return fault.With(fmt.Errorf("starter model: cannot be laid out as a file: %w", err),
		"Make room in the user's cache folder (XDG_CACHE_HOME names another), or open a checkpoint of your own.")
}
