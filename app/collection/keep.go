package collection

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"pentimento/canvas/disk"
)

// version of the index; another is made anew from the files.
const version = 1

// index is the form of index.json. It holds nothing that the files do not say but the sums, so
// a damaged one costs time alone.
type index struct {
	Version int     `json:"version"`
	Items   []*Item `json:"items"`
}

// own is the form of own.json: what a person said of files, by their key.
type own struct {
	Tags map[string][]string  `json:"tags"`
	Used map[string]time.Time `json:"used"`
}

// Dir is where the index is for this user: beside the results.
func Dir() (string, error) { return disk.DataDir("models") }

// load reads the index, once. A damaged one is set aside as .bad and made anew.
func (c *Collection) load() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.read || c.dir == "" {
		return
	}
	c.read = true
	var x index
	if readJSON(filepath.Join(c.dir, "index.json"), &x) == nil && x.Version == version {
		for _, item := range x.Items {
			if item != nil && item.Path != "" {
				c.items[string(item.Path)] = item
			}
		}
	}
	var o own
	if readJSON(filepath.Join(c.dir, "own.json"), &o) == nil {
		for key, tags := range o.Tags {
			c.tags[key] = tags
		}
		for key, at := range o.Used {
			c.used[key] = at
		}
	}
}

// readJSON reads a file of ours. What is damaged is set aside, so that nothing of it is lost.
func readJSON(path string, into any) error {
	data, err := disk.ReadFile(path)
	if err != nil {
		return err
	}
	if err = json.Unmarshal(data, into); err != nil {
		_ = disk.Rename(path, path+".bad") // the next write replaces it otherwise
	}
	return err
}

// save writes the index whole or not at all. Whoever changes it calls load before, so that nothing
// on the disk is lost where nobody has looked at the folders yet.
func (c *Collection) save() error {
	c.mu.Lock()
	x := index{Version: version}
	for _, items := range []map[string]*Item{c.items, c.aside} {
		for _, item := range items {
			x.Items = append(x.Items, item)
		}
	}
	c.mu.Unlock()
	slices.SortFunc(x.Items, func(a, b *Item) int { return strings.Compare(string(a.Path), string(b.Path)) })
	return c.write("index.json", x)
}

// saveOwn writes what the person said.
func (c *Collection) saveOwn() error {
	c.mu.Lock()
	data, err := json.Marshal(own{c.tags, c.used})
	c.mu.Unlock()
	if err != nil {
		return fmt.Errorf("models: %w", err)
	}
	return c.write("own.json", json.RawMessage(data))
}

func (c *Collection) write(name string, what any) error {
	if c.dir == "" {
		return nil
	}
	c.writing.Lock()
	defer c.writing.Unlock()
	if err := os.MkdirAll(c.dir, 0o755); err != nil {
		return fmt.Errorf("models: %w", err)
	}
	err := disk.WriteAtomic(filepath.Join(c.dir, name), func(w io.Writer) error { return json.NewEncoder(w).Encode(what) })
	if err != nil {
		return fmt.Errorf("models: %w", err)
	}
	return nil
}

// key is under what a person's words of an item are kept: its content's sum where that is known,
// so that they follow the file; its path otherwise.
func (i *Item) key() string {
	if i.Sums.SHA256 != "" {
		return i.Sums.SHA256
	}
	return string(i.Path)
}

// said looks what is kept of an item up, under either key.
func said[T any](i *Item, in map[string]T) T {
	if v, ok := in[i.key()]; ok {
		return v
	}
	return in[string(i.Path)]
}

// Tags are the person's own for an item.
func (c *Collection) Tags(path string) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if item := c.items[path]; item != nil {
		return said(item, c.tags)
	}
	return nil
}

// Tag sets them; nothing is written beside the file.
func (c *Collection) Tag(path string, tags []string) error {
	var clean []string
	for _, t := range tags {
		if t = strings.Join(strings.Fields(t), " "); t != "" && !slices.Contains(clean, t) {
			clean = append(clean, t)
		}
	}
	c.load()
	c.mu.Lock()
	item := c.items[path]
	if item != nil {
		delete(c.tags, path)
		if c.tags[item.key()] = clean; len(clean) == 0 {
			delete(c.tags, item.key())
		}
	}
	c.mu.Unlock()
	if item == nil {
		return fmt.Errorf("models: %q: %w", path, fs.ErrNotExist)
	}
	return c.saveOwn()
}

// Use remembers that an item was used now.
func (c *Collection) Use(path string) error {
	c.load()
	c.mu.Lock()
	item := c.items[path]
	if item != nil {
		c.used[item.key()] = time.Now().UTC().Truncate(time.Second)
	}
	c.mu.Unlock()
	if item == nil {
		return nil // a file that is in no folder of the collection
	}
	return c.saveOwn()
}

var errNoItem = errors.New("isn't among the models that are known")
