package file

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"

	"pentimento/canvas/disk"
	"pentimento/fault"
)

// held is a file whose bytes are in memory: readers that need all of them don't copy them.
type held struct {
	*bytes.Reader
	b []byte
}

// hold reads a file of a format that is read from memory, once; another comes back as it is.
func hold(ctx context.Context, r io.ReadSeeker, size int64, report func(float64)) (io.ReadSeeker, error) {
	head := make([]byte, 32)
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return nil, disk.Plain(err)
	}
	n, _ := io.ReadFull(r, head) // whoever reads next says what is wrong
	if f, err := sniff(head[:n]); err != nil || !f.whole {
		return r, nil
	}
	if size > maxStream {
		return nil, fault.New(fmt.Sprintf("has %d bytes, want at most 1 GiB", size), "make it smaller with another program")
	}
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return nil, disk.Plain(err)
	}
	b := make([]byte, size)
	if _, err := io.ReadFull(&steady{ctx: ctx, r: r, size: size, report: report}, b); err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, disk.Plain(err)
	}
	return &held{bytes.NewReader(b), b}, nil
}

// all reads what r holds; it is not changed.
func all(r io.Reader) ([]byte, error) {
	if h, ok := r.(*held); ok {
		return h.b, nil
	}
	return io.ReadAll(io.LimitReader(r, maxStream))
}

// stream is r for a decoder, which ends with ctx.
func stream(ctx context.Context, r io.ReadSeeker, size int64, report func(float64)) io.Reader {
	if h, ok := r.(*held); ok {
		return h
	}
	return bufio.NewReaderSize(&steady{ctx: ctx, r: r, size: size, report: report}, 1<<16)
}
