package settings

import (
	"os"
	"strings"
)

// Fyne logs three errors from its package initialisation where the locale is C.UTF-8, also
// when only a verb runs. Naming a language keeps it quiet. It works from here because
// this package needs little of the standard library and so is initialised before Fyne;
// a test in app holds that.
func init() {
	if os.Getenv("LANGUAGE") != "" {
		return
	}
	for _, key := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if v := os.Getenv(key); v != "" {
			if strings.HasPrefix(v, "C.") {
				os.Setenv("LANGUAGE", "en")
			}
			return
		}
	}
}
