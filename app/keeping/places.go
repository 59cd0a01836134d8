package keeping

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"pentimento/canvas/disk"
)

// Where journals lie. The folder (Config.Folder) holds those of canvases without a project
// file, and those of projects whose own folder cannot be written to; for every other
// project it holds a line that says where its journal is. What was discarded waits in its
// trash.
const (
	journalEnd = ".journal"
	pointerEnd = ".beside"
	trashName  = "trash"

	keepCanvases = 10                  // closed ones without a file; older ones go to the trash
	keepTrash    = 30 * 24 * time.Hour // and are gone after this
)

// newPlace is where the journal of a canvas without a file is.
func newPlace(folder string) string {
	return filepath.Join(folder, "canvas-"+now().UTC().Format("20060102-150405-")+strings.ToLower(rand.Text()[:6])+journalEnd)
}

// places are where the journal of a project is: beside it, hidden, or in the folder.
func places(folder, project string) []string {
	if abs, err := filepath.Abs(project); err == nil {
		project = abs
	}
	if real, err := filepath.EvalSymlinks(project); err == nil {
		project = real
	}
	beside := filepath.Join(filepath.Dir(project), "."+filepath.Base(project)+journalEnd)
	return []string{beside, filepath.Join(folder, nameOf(project)+journalEnd)}
}

func nameOf(project string) string {
	sum := sha256.Sum256([]byte(project))
	return "project-" + hex.EncodeToString(sum[:8])
}

// makeRoom prepares a place that a journal is about to be written to: what is there goes
// to the trash, and where it is not in the folder, the folder remembers it.
func makeRoom(folder, path string) error {
	if _, err := os.Stat(path); err == nil {
		toTrash(folder, path)
	}
	return remember(folder, path)
}

// remember notes where a journal outside the folder is.
func remember(folder, path string) error {
	if filepath.Dir(path) == filepath.Clean(folder) {
		return nil
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, nameOf(path)+pointerEnd), []byte(path), 0o600)
}

// toTrash puts a journal into the trash. What cannot be moved stays where it is.
func toTrash(folder, path string) {
	moveTo(filepath.Join(folder, trashName), path)
}

// setAside puts a project's journal where canvases without a file lie, to be offered.
func setAside(folder, path string) { moveTo(folder, path) }

func moveTo(dir, path string) {
	if _, err := os.Stat(path); err != nil {
		return
	}
	if os.MkdirAll(dir, 0o700) != nil {
		return
	}
	to := newPlace(dir)
	if disk.Rename(path, to) != nil {
		if copyFile(path, to) != nil {
			os.Remove(to)
			return
		}
		disk.Remove(path)
	}
	if strings.HasPrefix(filepath.Base(path), "canvas-") {
		os.Remove(path + ".lock")
	}
}

// copyFile copies between file systems, where a rename cannot.
func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Sync(), out.Close())
}

func modTime(path string) time.Time {
	st, err := os.Stat(path)
	if err != nil {
		return time.Time{}
	}
	return st.ModTime()
}

// journalsIn lists the journals of a folder, latest first.
func journalsIn(dir string) []string {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	var out []string
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), journalEnd) && e.Type().IsRegular() {
			out = append(out, filepath.Join(dir, e.Name()))
		}
	}
	slices.SortStableFunc(out, func(a, b string) int { return modTime(b).Compare(modTime(a)) })
	return out
}

// besides lists the journals that are beside projects.
func besides(folder string) []string {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil
	}
	var out []string
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), pointerEnd) {
			continue
		}
		pointer := filepath.Join(folder, e.Name())
		line, err := os.ReadFile(pointer)
		if err != nil {
			continue
		}
		if _, err := os.Stat(string(line)); errors.Is(err, fs.ErrNotExist) {
			os.Remove(pointer)
			continue
		}
		out = append(out, string(line))
	}
	return out
}

// emptyTrash removes what has lain in the trash for long, and the oldest beyond a budget of
// bytes. A journal's age there counts from the name it was given when it came.
func emptyTrash(folder string, budget int64) {
	dir := filepath.Join(folder, trashName)
	all := journalsIn(dir)
	slices.SortFunc(all, func(a, b string) int { return strings.Compare(b, a) })
	for _, path := range all {
		st, err := os.Stat(path)
		if err != nil {
			continue
		}
		budget -= st.Size()
		came, err := time.Parse("canvas-20060102-150405", filepath.Base(path)[:min(22, len(filepath.Base(path)))])
		if budget < 0 || err == nil && now().Sub(came) > keepTrash {
			os.Remove(path)
			os.Remove(path + ".lock")
		}
	}
}

// now is a variable so that a test can hold the clock.
var now = time.Now
