package fault

import (
	"errors"
	"fmt"
	"io"
	"testing"
)

func TestAdviceIsFoundThroughTheChain(t *testing.T) {
	for name, c := range map[string]struct {
		err        error
		text, hint string
	}{
		"none":                     {errors.New("a"), "a", ""},
		"new":                      {New("a", "do b"), "a", "do b"},
		"wrapped":                  {fmt.Errorf("x: %w", New("a", "do b")), "x: a", "do b"},
		"with":                     {With(fmt.Errorf("x: %w", io.EOF), "do b"), "x: EOF", "do b"},
		"outer advice counts":      {With(New("a", "do b"), "do c"), "a", "do c"},
		"empty advice is no end":   {fmt.Errorf("y: %w", With(fmt.Errorf("x: %w", New("a", "do b")), "")), "y: x: a", "do b"},
		"in place of its cause":    {Told("no room", "make some", io.ErrShortWrite), "no room", "make some"},
		"joined, the first of two": {errors.Join(errors.New("a"), New("b", "do b")), "a\nb", "do b"},
	} {
		if c.err.Error() != c.text || Hint(c.err) != c.hint {
			t.Errorf("%s: %q with %q, want %q with %q", name, c.err, Hint(c.err), c.text, c.hint)
		}
	}
	if !errors.Is(Told("no room", "", io.ErrShortWrite), io.ErrShortWrite) || !errors.Is(With(io.EOF, "x"), io.EOF) {
		t.Error("the cause is not reachable")
	}
	if With(nil, "x") != nil || Hint(nil) != "" {
		t.Error("no error got advice")
	}
}
