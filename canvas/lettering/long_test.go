package lettering

import (
	"strings"
	"testing"
	"time"

	"pentimento/fault"
)

// TestABookIsNoText: what is pasted is set while somebody waits, and is refused unread.
func TestABookIsNoText(t *testing.T) {
	x, begun := black, time.Now()
	x.Words = strings.Repeat("abc\n", 1<<18)
	if _, err := x.Draw(); err == nil || fault.Hint(err) == "" || time.Since(begun) > 2*time.Second {
		t.Errorf("%v after %v", err, time.Since(begun))
	}
}
