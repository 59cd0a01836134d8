package collection

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"pentimento/app/words"
	"pentimento/fault"
)

// TrashFolder is the folder, beside a file that was thrown away, in which it lies until the
// person deletes the folder: a rename there is done at once and can be undone, whatever the
// size, which a copy to another drive's trash is not.
const TrashFolder = "pentimento-trash"

// moved is one step of a change: what lies at from now was at to.
type moved struct{ from, to string }

// Rename gives a model and all that belongs to it another name, in the same folder. name is
// without ending. Nothing is overwritten.
func (c *Collection) Rename(path, name string) (to string, err error) {
	switch {
	case name == "" || name != filepath.Base(name) || strings.ContainsAny(name, `/\:*?"<>|`+"\x00") || strings.HasPrefix(name, "."):
		return "", fault.New(fmt.Sprintf("models: %q is no name for a file", name), `Use none of / \ : * ? " < > | and no full stop at the beginning.`)
	case filepath.Base(stem(path)) == name:
		return path, nil
	}
	return c.move(path, filepath.Dir(path), name)
}

// Move brings a model and all that belongs to it into another folder of the same drive.
func (c *Collection) Move(path, dir string) (to string, err error) {
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return "", fault.New(fmt.Sprintf("models: %q is no folder", dir), "Choose a folder that is there.")
	}
	return c.move(path, dir, filepath.Base(stem(path)))
}

// Trash takes a model and all that belongs to it out of its folder into TrashFolder beside it.
func (c *Collection) Trash(path string) error {
	dir := filepath.Join(filepath.Dir(path), TrashFolder, time.Now().Format("20060102-150405.000"))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("models: %w", err)
	}
	if _, err := c.move(path, dir, filepath.Base(stem(path))); err != nil {
		_ = os.Remove(dir) // it is empty, or else something of worth is in it
		return err
	}
	c.mu.Lock()
	to := c.last[len(c.last)-1].from
	c.bin = c.items[to]
	delete(c.items, to)
	c.mu.Unlock()
	return c.save()
}

// move renames the model last, so that what stopped on the way is still whole where it was.
func (c *Collection) move(path, dir, name string) (string, error) {
	c.load()
	files, err := c.belongings(path)
	if err != nil {
		return "", err
	}
	base := filepath.Base(stem(path))
	var steps []moved
	for _, f := range append(files, path) {
		steps = append(steps, moved{f, filepath.Join(dir, name+strings.TrimPrefix(filepath.Base(f), base))})
	}
	for _, s := range steps {
		if exists(s.to) && !sameFile(s.from, s.to) {
			return "", fault.New(fmt.Sprintf("models: %q is there already", s.to), "Choose another name or folder; nothing was moved.")
		}
	}
	var done []moved
	for _, s := range steps {
		if err := rename(s.from, s.to); err != nil {
			for _, d := range slices.Backward(done) {
				err = errors.Join(err, rename(d.from, d.to))
			}
			return "", err
		}
		done = append(done, moved{s.to, s.from})
	}
	c.mu.Lock()
	c.last, c.bin = done, nil
	c.mu.Unlock()
	to := steps[len(steps)-1].to
	c.carry(path, to)
	return to, c.save()
}

// Undo takes the last Rename, Move or Trash back. What is where it was is an error, after which it
// can still be taken back.
func (c *Collection) Undo() (path string, err error) {
	c.mu.Lock()
	steps := c.last
	c.last = nil // a second Undo at the same time finds none
	c.mu.Unlock()
	if len(steps) == 0 {
		return "", errors.New("models: nothing was moved that could be moved back")
	}
	if err := back(steps); err != nil {
		c.mu.Lock()
		if c.last == nil { // nothing else was moved meanwhile
			c.last = steps
		}
		c.mu.Unlock()
		return "", err
	}
	model := steps[len(steps)-1]
	if dir := filepath.Dir(model.from); filepath.Base(filepath.Dir(dir)) == TrashFolder {
		_, _ = os.Remove(dir), os.Remove(filepath.Dir(dir)) // while they are empty
	}
	c.mu.Lock()
	if c.bin != nil {
		c.items[model.from], c.bin = c.bin, nil
	}
	c.mu.Unlock()
	c.carry(model.from, model.to)
	return model.to, c.save()
}

// back takes steps back, the last first: all of them or none.
func back(steps []moved) error {
	for _, s := range steps {
		if exists(s.to) && !sameFile(s.from, s.to) {
			return fault.New(fmt.Sprintf("models: %q is there by now", s.to), "Rename it first; nothing was moved.")
		}
	}
	for i, s := range slices.Backward(steps) {
		if err := rename(s.from, s.to); err != nil {
			for _, d := range steps[i+1:] {
				err = errors.Join(err, rename(d.to, d.from))
			}
			return err
		}
	}
	return nil
}

// CanUndo says whether Undo would do something.
func (c *Collection) CanUndo() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.last) > 0
}

// belongings are the files beside a model that are its alone.
func (c *Collection) belongings(path string) (out []string, err error) {
	if _, err := os.Lstat(path); err != nil {
		return nil, fault.With(fmt.Errorf("models: %q: %w", path, err), words.T("Look at the folders again."))
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		return nil, fmt.Errorf("models: %w", err)
	}
	names := map[string]fs.DirEntry{}
	for _, e := range entries {
		names[e.Name()] = e
		if other := filepath.Join(filepath.Dir(path), e.Name()); other != path && isModel(other) && stem(other) == stem(path) {
			return nil, nil // NAME.ckpt and NAME.safetensors share them
		}
	}
	files, _ := besides(path, names)
	for _, f := range files {
		out = append(out, f)
	}
	slices.Sort(out)
	return out, nil
}

// carry lets what is known of a file follow it.
func (c *Collection) carry(from, to string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if item := c.items[from]; item != nil {
		now := *item
		now.Path = Path(to)
		delete(c.items, from)
		c.items[to] = &now
	}
	if tags, ok := c.tags[from]; ok {
		delete(c.tags, from)
		c.tags[to] = tags
	}
}

// rename moves a file to a name that is free.
func rename(from, to string) error {
	if exists(to) && !sameFile(from, to) {
		return fmt.Errorf("models: %q is there already", to)
	}
	err := os.Rename(from, to)
	if err == nil {
		return nil
	}
	var link *os.LinkError
	if errors.As(err, &link) && otherDrive(link.Err) {
		return fault.New(fmt.Sprintf("models: %q and %q are on different drives", from, filepath.Dir(to)), "Copy the file there with the file manager, then look at the folders again.")
	}
	return fmt.Errorf("models: %w", err)
}

// sameFile: another spelling of one name, on disks that do not tell capitals apart.
func sameFile(a, b string) bool {
	x, err := os.Lstat(a)
	y, other := os.Lstat(b)
	return err == nil && other == nil && os.SameFile(x, y)
}
