package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"pentimento/canvas/disk"
	"pentimento/fault"
)

// diskError is one that no further try mends.
type diskError struct{ error }

func (d *diskError) Unwrap() error { return d.error }

// copy writes what comes, until the server ends.
func (t *transfer) copy(ctx context.Context, body io.Reader) error {
	buf := make([]byte, 1<<18)
	told := time.Time{}
	for {
		n, err := body.Read(buf)
		if ctx.Err() != nil { // what has come meanwhile is kept
			err = context.Cause(ctx)
		}
		if n > 0 {
			if t.r.Total > 0 && t.have+int64(n) > t.r.Total {
				return fault.New(fmt.Sprintf("%s: found more than the %d bytes it said, want these", t.host, t.r.Total), "the server counts wrong; another address of the file may do better")
			}
			if err := t.put(buf[:n]); err != nil {
				return err
			}
			if time.Since(told) > 100*time.Millisecond {
				t.tell(Downloading, "")
				told = time.Now()
			}
		}
		if errors.Is(err, io.EOF) {
			t.tell(Downloading, "")
			if t.r.Total > 0 && t.have < t.r.Total {
				return io.ErrUnexpectedEOF
			}
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: %w", t.host, err)
		}
	}
}

// put appends to the .part, all or nothing.
func (t *transfer) put(p []byte) error {
	if n, err := t.c.write(t.f, p); err != nil || n < len(p) {
		_ = t.f.Truncate(t.have)
		_, _ = t.f.Seek(t.have, io.SeekStart)
		if err == nil {
			err = io.ErrShortWrite
		}
		return &diskError{fmt.Errorf("%q: %w", t.r.part(), disk.Plain(err))}
	}
	t.sum.Write(p)
	t.have += int64(len(p))
	t.speed.add(len(p))
	if time.Since(t.synced) > t.c.KeepEvery {
		t.keep()
	}
	return nil
}

// keep makes what is here last, and remembers how much that is.
func (t *transfer) keep() {
	t.synced = time.Now()
	if t.f != nil && t.f.Sync() == nil {
		t.r.Synced = t.have
		_ = t.c.save(t.r) // without it the download only begins further back
	}
}

// discard removes what can't be used.
func (t *transfer) discard() {
	t.f.Close()
	t.f = nil
	_ = disk.Remove(t.r.part())
	t.c.forget(t.r)
}

// room refuses what the disk can't hold.
func (t *transfer) room() error {
	left, err := t.c.Free(t.r.Into)
	if need := t.r.Total - t.have; err == nil && need > 0 && left < need+margin {
		return fault.New(fmt.Sprintf("folder %q: found %s free, want %s", t.r.Into, Bytes(left), Bytes(need+margin)), "free some space, or choose another disk")
	}
	return nil
}

// Bytes is a size for people, in the decimal units of disks and sites: "4.3 GB".
func Bytes(n int64) string {
	switch {
	case n >= 1e9:
		return fmt.Sprintf("%.1f GB", float64(n)/1e9)
	case n >= 1e6:
		return fmt.Sprintf("%.0f MB", float64(n)/1e6)
	case n >= 1e3:
		return fmt.Sprintf("%.0f kB", float64(n)/1e3)
	}
	return fmt.Sprintf("%d bytes", n)
}
