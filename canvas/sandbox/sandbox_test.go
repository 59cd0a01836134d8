package sandbox

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"testing"
	"time"
)

// nothing is the smallest module: a memory and a function "malloc" that gives its argument
// back.
var nothing = func() []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write([]byte("\x00asm\x01\x00\x00\x00" +
		"\x01\x06\x01\x60\x01\x7f\x01\x7f" + // a type: i32 to i32
		"\x03\x02\x01\x00" + // a function of it
		"\x05\x03\x01\x00\x01" + // a page of memory
		"\x07\x13\x02\x06memory\x02\x00\x06malloc\x00\x00" +
		"\x0a\x06\x01\x04\x00\x20\x00\x0b"))
	z.Close()
	return b.Bytes()
}()

// What is cancelled comes back at once and runs on unseen; the next run waits for its end.
func TestOneRunsUnseen(t *testing.T) {
	b := &Box{Packed: nothing}
	ctx, cancel := context.WithCancel(context.Background())
	goOn, ended := make(chan struct{}), make(chan struct{})
	err := b.Run(ctx, func(Library) error {
		cancel()
		<-goOn
		close(ended)
		return nil
	})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("cancelled: %v", err)
	}
	short, stop := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer stop()
	if err := b.Run(short, func(Library) error { t.Error("a second one runs beside the unseen"); return nil }); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("while one runs unseen: %v", err)
	}
	close(goOn)
	if err := b.Run(context.Background(), func(l Library) error {
		select {
		case <-ended:
		default:
			t.Error("the unseen one had not ended")
		}
		if n, err := l.Take(7); n != 7 || err != nil {
			t.Errorf("malloc gives %d, %v", n, err)
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
}

// A failure inside stays inside, and a library that is none is said.
func TestFailures(t *testing.T) {
	b := &Box{Packed: nothing, Stops: true}
	if err := b.Run(context.Background(), func(l Library) error { l.Call("missing"); return nil }); err == nil {
		t.Error("a function that is not there was called")
	}
	if err := (&Box{Packed: []byte("no")}).Run(context.Background(), func(Library) error { return nil }); err == nil {
		t.Error("no library runs")
	}
}
