package lettering

import "testing"

// TestALetterThatNoFontHasIsNamed: one of the last plane, which nobody draws, is; those of the
// family that is always there, spaces and marks are not.
func TestALetterThatNoFontHasIsNamed(t *testing.T) {
	if r, ok := Lacks("Hello, wörld!\n\t\u00a0"); ok {
		t.Errorf("%q is called lacking", r)
	}
	if r, ok := Lacks("a\U0001FAFFb\U000E0041\U0010FFFD"); !ok || r == 'a' || r == 'b' {
		t.Errorf("%q %v", r, ok)
	}
	for r, want := range map[rune]string{'漢': "Noto Sans CJK", 'か': "Noto Sans CJK", '한': "Noto Sans CJK", '。': "Noto Sans CJK", 'ع': "Noto Sans Arabic", '😀': "Noto Emoji", 'ß': "Noto Sans"} {
		if got := FontFor(r); got != want {
			t.Errorf("%c: %s, want %s", r, got, want)
		}
	}
}
