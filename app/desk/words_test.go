package desk

import "testing"

// TestAShortNameIsOneLine: a prompt that was ended by Enter names a job and a layer, too.
func TestAShortNameIsOneLine(t *testing.T) {
	for s, want := range map[string]string{"a red house\n": "a red house", "hills\n\tand sea": "hills  and sea", "ääääääääääääääää": "äääääääääääää…", "": ""} {
		if got := Shorten(s, 14); got != want {
			t.Errorf("%q is named %q, want %q", s, got, want)
		}
	}
}
