package ui

import (
	"testing"
	"time"
)

// TestTheEndComesOnceAndLast: whoever ends the window, the editor is closed once, and nothing that
// is posted after it is done.
func TestTheEndComesOnceAndLast(t *testing.T) {
	w := open(t)
	ends := 0
	out := &ending{exit: func(err error) {
		if ends++; err != nil {
			t.Error(err)
		}
	}}
	done := make(chan bool, 2)
	out.post(func() { done <- true })
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		t.Fatal("what is posted before the end is not done")
	}
	out.end(w.ed)
	out.end(w.ed)
	out.post(func() { done <- true })
	if ends != 1 || len(done) != 0 {
		t.Errorf("it ended %d times, %d functions were run after it", ends, len(done))
	}
}
