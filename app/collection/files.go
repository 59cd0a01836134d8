package collection

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"pentimento/fault"
)

// TrashFolder is the folder, beside a file that was thrown away, in which it lies until the
// person deletes the folder: a rename there is done at once and can be undone, whatever the
// size, which a copy to another drive's trash is not.
const TrashFolder = "pentimento-trash"

// moved is one step of a change: what lies at from now was at to.
type moved struct {
	from, to string
	link     string // what a relative link said there, which says another path now; "" of all else
}

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
	for _, m := range c.last {
		if item := c.items[m.from]; item != nil {
			c.bin = append(c.bin, item)
			delete(c.items, m.from)
		}
	}
	c.mu.Unlock()
	return c.save()
}

// move renames the model last, so that what stopped on the way is still whole where it was.
func (c *Collection) move(path, dir, name string) (string, error) {
	c.load()
	b, err := c.belongings(path)
	if err == nil {
		err = c.stays(path, dir, name, b)
	}
	if err != nil {
		return "", err
	}
	base := filepath.Base(stem(path))
	var steps []moved
	for _, f := range b.kept {
		if to := filepath.Join(dir, filepath.Base(f)); to != f {
			steps = append(steps, moved{from: f, to: to})
		}
	}
	for _, f := range append(b.named, path) {
		steps = append(steps, moved{from: f, to: filepath.Join(dir, name+strings.TrimPrefix(filepath.Base(f), base))})
	}
	for _, s := range steps {
		if exists(s.to) && !sameFile(s.from, s.to) {
			return "", fault.New(fmt.Sprintf("models: %q is there already", s.to), "Choose another name or folder; nothing was moved.")
		}
	}
	var done []moved
	for _, s := range steps {
		said, err := relocate(s.from, s.to, "")
		if err != nil {
			for _, d := range slices.Backward(done) {
				_, again := relocate(d.from, d.to, d.link)
				err = errors.Join(err, again)
			}
			return "", err
		}
		done = append(done, moved{s.to, s.from, said})
	}
	c.mu.Lock()
	c.last, c.bin = done, nil
	c.mu.Unlock()
	for _, d := range done {
		c.carry(d.to, d.from)
	}
	return done[len(done)-1].from, c.save()
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
	for _, item := range c.bin {
		c.items[string(item.Path)] = item
	}
	c.bin = nil
	c.mu.Unlock()
	for _, s := range steps {
		c.carry(s.from, s.to)
	}
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
		if _, err := relocate(s.from, s.to, s.link); err != nil {
			for _, d := range steps[i+1:] {
				_, again := relocate(d.to, d.from, "")
				err = errors.Join(err, again)
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
