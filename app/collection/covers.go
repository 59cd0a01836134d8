package collection

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"image"
	"path/filepath"
	"strings"

	"pentimento/canvas/file"
	"pentimento/pipeline"
)

// Cover is the picture of an item: the one beside it, or the one in it. nil where it has none.
// It reads a file and belongs on no goroutine that paints.
func (c *Collection) Cover(ctx context.Context, path string) (*image.NRGBA, error) {
	item, ok := c.Get(path)
	if !ok {
		return nil, fmt.Errorf("models: %q %w", path, errNoItem)
	}
	return item.Cover(ctx)
}

// Cover is Collection.Cover of an item that need not be in one.
func (i *Item) Cover(ctx context.Context) (*image.NRGBA, error) {
	switch i.Card.Picture {
	case "":
		return nil, nil
	case Embedded:
		sketch, err := pipeline.Look(string(i.Path))
		if err != nil {
			return nil, fmt.Errorf("picture in %q: %w", i.Path, err)
		}
		_, data, _ := strings.Cut(sketch.Metadata["modelspec.thumbnail"], ";base64,")
		raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(data))
		if err != nil {
			return nil, fmt.Errorf("picture in %q: %w", i.Path, err)
		}
		p, err := file.Decode(ctx, bytes.NewReader(raw), nil)
		if err != nil {
			return nil, fmt.Errorf("picture in %q: %w", i.Path, err)
		}
		return p.NRGBA(), nil
	}
	p, err := file.Open(ctx, filepath.Join(filepath.Dir(string(i.Path)), filepath.Base(stem(string(i.Path)))+i.Card.Picture), nil)
	if err != nil {
		return nil, fmt.Errorf("picture of %q: %w", i.Path, err)
	}
	return p.NRGBA(), nil
}

// Inspect reads one file as an item, without a collection.
func Inspect(path string) (Item, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return Item{}, err
	}
	s, err := one(abs)
	if err != nil {
		return Item{}, err
	}
	return *newItem(s), nil
}
