package words

import (
	"regexp"
	"runtime"
	"slices"
	"strings"
)

// macOwn are the keys that macOS takes for itself together with Command: hide, minimise and
// the next program. With them Control stays Control.
var macOwn = []string{"H", "M", "Tab"}

// KeepsControl says whether "Ctrl+" before a key of the table means Control on macOS too,
// where it means Command before all others.
func KeepsControl(key string) bool { return slices.Contains(macOwn, key) }

// Keys names the keys in a text or in the table's spelling ("Ctrl+Alt+S") as this system's
// keyboards do: on macOS Cmd and Option, elsewhere Ctrl and Alt. T and N do it themselves.
func Keys(text string) string { return keysOn(runtime.GOOS, text) }

var keyWords = regexp.MustCompile(`\bCtrl\+(?:(?:Alt|Shift)\+)*(?:` + strings.Join(macOwn, "|") + `)\b|\bCtrl\b|\bAlt\b`)

func keysOn(system, text string) string {
	if system != "darwin" {
		return text
	}
	return keyWords.ReplaceAllStringFunc(text, func(key string) string {
		if key == "Ctrl" {
			return "Cmd"
		}
		return strings.ReplaceAll(key, "Alt", "Option")
	})
}
