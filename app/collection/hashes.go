package collection

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"pentimento/pipeline"
)

// Progress is how far the reading of files whole is.
type Progress struct {
	Files, Of   int
	Bytes, Size int64
	Name        string // of the file that is read
}

// HashAll reads all files whose sums are not known, smallest first, since adapters are named by
// their sums most and are read in a moment. It sleeps between pieces, so that the disk is free
// for what the person does. It saves as it goes, and ends with ctx.Err() when ctx does.
func (c *Collection) HashAll(ctx context.Context, report func(Progress)) error {
	c.load()
	wait := c.unread()
	p := Progress{Of: len(wait)}
	for _, item := range wait {
		p.Size += item.Size
	}
	saved := time.Now()
	for _, item := range wait {
		p.Name = item.Name()
		before := p.Bytes
		_, err := c.sums(ctx, item, func(n int) {
			if p.Bytes += int64(n); report != nil {
				report(p)
			}
			rest(ctx)
		})
		if ctx.Err() != nil {
			break
		}
		if err != nil { // it is named when the folder is looked at again
			p.Bytes = before + item.Size
		}
		p.Files++
		if time.Since(saved) > 10*time.Second {
			saved = time.Now()
			if err := c.save(); err != nil {
				return err
			}
		}
	}
	if p.Files > 0 {
		if err := c.save(); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// rest leaves a fifth of the time to others.
func rest(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-time.After(500 * time.Microsecond):
	}
}

// unread are the files without sums, the smallest first.
func (c *Collection) unread() (out []*Item) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, item := range c.items {
		if item.Sums.SHA256 == "" && !item.Gone && !item.Folder && item.Size > 0 && item.Kind != Broken {
			out = append(out, item)
		}
	}
	slices.SortFunc(out, func(a, b *Item) int {
		if a.Size != b.Size {
			return int(max(-1, min(1, a.Size-b.Size)))
		}
		return strings.Compare(string(a.Path), string(b.Path))
	})
	return out
}

// sums are an item's, read where they are not known. They are remembered of a file that stayed
// as it was meanwhile.
func (c *Collection) sums(ctx context.Context, item *Item, read func(n int)) (pipeline.Sums, error) {
	path := string(item.Path)
	c.mu.Lock()
	if now := c.items[path]; now != nil {
		item = now
	}
	c.mu.Unlock()
	st, err := os.Stat(path)
	if err != nil {
		return pipeline.Sums{}, err
	}
	if item.Sums.SHA256 != "" && item.same(st.Size(), st.ModTime().UnixNano()) {
		return item.Sums, nil
	}
	c.hashing.Lock()
	defer c.hashing.Unlock()
	s, err := pipeline.FileSums(ctx, path, read)
	if err != nil {
		return s, fmt.Errorf("hash of %q: %w", path, err)
	}
	if again, err := os.Stat(path); err != nil || again.Size() != st.Size() || !again.ModTime().Equal(st.ModTime()) {
		return s, fmt.Errorf("hash of %q: the file changed while it was read", path)
	}
	c.replace(path, func(i *Item) {
		if !i.same(st.Size(), st.ModTime().UnixNano()) {
			return
		}
		i.Sums = s
		if tags, ok := c.tags[path]; ok { // they follow the content from now on
			delete(c.tags, path)
			c.tags[s.SHA256] = tags
		}
		if at, ok := c.used[path]; ok {
			delete(c.used, path)
			c.used[s.SHA256] = at
		}
	})
	return s, nil
}

// Doubles are the other files with the same content, by what is known so far. Links to one file
// are none.
func (c *Collection) Doubles(path string) (out []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	item := c.items[path]
	if item == nil || item.Sums.SHA256 == "" {
		return nil
	}
	for other, o := range c.items {
		if !o.Gone && o.Sums.SHA256 == item.Sums.SHA256 && o.Target() != item.Target() {
			out = append(out, other)
		}
	}
	slices.Sort(out)
	return out
}
