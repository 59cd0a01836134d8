package collection

import (
	"context"
	"slices"
	"strings"
)

// Wanted is a file as a recipe names it.
type Wanted struct {
	// Hash is the beginning of any of its sums, 8 digits or more; "" goes by the name alone. A1111
	// writes the first 10 of a checkpoint's SHA-256 (AutoV2), the first 10 or 12 of the data's of
	// an adapter (sd-scripts, AutoV3), and the first 10 of an embedding's.
	Hash string
	Name string   // without ending or with it; a path's last part counts
	Kind []string // nil: any
}

// Find is the file that a recipe names: by the sums that are known or claimed, then with read by
// those of further files, of its name first, at most so many bytes of others; else byHash is
// false, and the path is that of a file of the name, or "". A claim counts once the file has
// been read. With read it reads files whole, seconds each, and ends when ctx does.
func (c *Collection) Find(ctx context.Context, w Wanted, read int64) (path string, byHash bool) {
	c.load()
	hash, name := sum(w.Hash), strings.ToLower(Name(strings.ReplaceAll(w.Name, `\`, "/")))
	var named, claimed, rest []*Item
	c.mu.Lock()
	for _, item := range c.items {
		if item.Gone || item.Kind == Broken || len(w.Kind) > 0 && !slices.Contains(w.Kind, item.Kind) {
			continue
		}
		switch {
		case item.has(hash):
			c.mu.Unlock()
			return string(item.Path), true
		case w.Name != "" && strings.ToLower(item.Name()) == name:
			named = append(named, item)
		case hash != "" && (strings.HasPrefix(item.Card.Claims.SHA256, hash) || strings.HasPrefix(item.Card.Claims.Data, hash)):
			claimed = append(claimed, item)
		case !item.Folder && item.Sums.SHA256 == "":
			rest = append(rest, item)
		}
	}
	c.mu.Unlock()
	for _, list := range [][]*Item{named, claimed} {
		slices.SortFunc(list, func(a, b *Item) int { return strings.Compare(string(a.Path), string(b.Path)) })
	}
	slices.SortFunc(rest, func(a, b *Item) int { return int(max(-1, min(1, a.Size-b.Size))) })
	if hash != "" && read > 0 {
		for i, item := range slices.Concat(named, claimed, rest) {
			if item.Folder {
				continue
			}
			if i >= len(named)+len(claimed) {
				if read -= item.Size; read < 0 {
					break
				}
			}
			if s, err := c.sums(ctx, item, nil); err == nil && (&Item{Sums: s}).has(hash) {
				_ = c.save() // the next search is faster; this one has its answer
				return string(item.Path), true
			}
			if ctx.Err() != nil {
				break
			}
		}
		_ = c.save()
	}
	if len(named) > 0 {
		return string(named[0].Path), false
	}
	return "", false
}

// has says whether a hash is the beginning of one of the item's sums.
func (i *Item) has(hash string) bool {
	if len(hash) < 8 || i.Sums.SHA256 == "" {
		return false
	}
	return strings.HasPrefix(i.Sums.SHA256, hash) || i.Sums.Data != "" && strings.HasPrefix(i.Sums.Data, hash) || i.Sums.Old == hash
}

// IsHash says whether a text can be the beginning of a hash.
func IsHash(text string) bool { return sum(text) != "" }
