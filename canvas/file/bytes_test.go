package file

import (
	"bytes"
	"context"
)

// ReadProject is OpenProject for bytes at hand.
func ReadProject(ctx context.Context, data []byte) (*Project, *Stored, error) {
	return readProject(ctx, bytes.NewReader(data), int64(len(data)), nil)
}
