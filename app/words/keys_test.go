package words

import "testing"

// On macOS Command stands for Control, in keys and in texts that speak of them, except
// where the system has a use of its own for it.
func TestKeysAreNamedAsTheSystemNamesThem(t *testing.T) {
	for _, c := range []struct{ text, mac string }{
		{"Ctrl+Alt+S", "Cmd+Option+S"},
		{"Ctrl+Shift+Z", "Cmd+Shift+Z"},
		{"Ctrl++", "Cmd++"},
		{"Ctrl+Tab", "Ctrl+Tab"},
		{"Ctrl+Shift+Tab", "Ctrl+Shift+Tab"},
		{"Ctrl+Alt+M", "Ctrl+Option+M"},
		{"Ctrl+Mouse", "Cmd+Mouse"},
		{"Alt: steps of 8. Ctrl: no steps", "Option: steps of 8. Cmd: no steps"},
		{"Control and Alternative", "Control and Alternative"},
	} {
		if got := keysOn("darwin", c.text); got != c.mac {
			t.Errorf("macOS: %q is shown as %q, want %q", c.text, got, c.mac)
		}
		for _, system := range []string{"linux", "windows"} {
			if got := keysOn(system, c.text); got != c.text {
				t.Errorf("%s: %q is shown as %q", system, c.text, got)
			}
		}
	}
}
