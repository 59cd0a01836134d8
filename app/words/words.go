// Package words is the catalogue of the texts that a person sees in the window: labels,
// menus, messages, hints. The id of a text is its English form, so that the code reads as
// the window does, and a text without a translation is still a text.
//
//	words.T("Undo")                      a text
//	words.T("The seed is %d", seed)      with values, as fmt.Sprintf takes them
//	words.N(n, "%d layer", "%d layers")  by number
//	words.Label(step.Label)              a text that was made elsewhere, where it is shown
//
// To add a text, write it in T or N (or in a table that words_test.go names, such as the
// actions) and run `make golden`, which lists it in languages/en.json. To add a language, copy
// that file to its code (fr.json) and translate the right-hand sides; % verbs stay, in their order or
// numbered (%[2]d).
//
// Style: verb and object, natural English, "isn't a" instead of "is no", no "shall".
//
// 2026-11-27: a package of its own and not Fyne's lang alone, because texts are made in
// rooms that may not import Fyne; app/ui hands lang's look-up in with Use. Labels of history
// steps and settings are kept in English on the disk and translated where they are shown.
// Errors, what the verbs print and what the pipeline says with values in it stay English:
// they are searched for and parsed.
package words

import (
	"embed"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
)

// Files holds, in the folder languages, one JSON object a language, id → text or {"one": …, "other": …}: what
// Fyne's lang.AddTranslationsFS takes.
//
//go:embed languages/*.json
var Files embed.FS

// Plain is the count of a text that doesn't depend on one.
const Plain = -1

var translate atomic.Pointer[func(id string, count int) string]

// Use sets the function that finds a text in the person's language; count is the number
// that the text is chosen by, or Plain. A nil find means English. Any goroutine may call
// it; texts made before stay as they are.
func Use(find func(id string, count int) string) {
	if find == nil {
		translate.Store(nil)
		return
	}
	translate.Store(&find)
}

// T is a text in the person's language, args in place of its % verbs. Without args a % is
// a percent sign. Any goroutine may call it.
func T(text string, args ...any) string {
	if find := translate.Load(); find != nil {
		text = (*find)(text, Plain)
	}
	text = Keys(text)
	if len(args) == 0 {
		return text
	}
	return fmt.Sprintf(text, args...)
}

// N is T for n things: one for a single thing, many, which is the id, for others. n is the
// first value and args are the rest; a form that names no value is taken as it is.
func N(n int, one, many string, args ...any) string {
	text := many
	if n == 1 {
		text = one
	}
	if find := translate.Load(); find != nil {
		text = (*find)(many, n)
	}
	text = Keys(text)
	if !strings.Contains(text, "%") {
		return text
	}
	return fmt.Sprintf(text, append([]any{n}, args...)...)
}

// Label translates a text that is kept in English, such as a history step's. One that
// begins like an id and goes on with a name ("Place boat.png", "Place %s") is translated
// around the name; one that isn't in the catalogue stays as it is.
func Label(text string) string {
	if translate.Load() == nil {
		return text
	}
	if known()[text] {
		return T(text)
	}
	best := ""
	for id := range known() {
		if head, ok := strings.CutSuffix(id, " %s"); ok && strings.HasPrefix(text, head+" ") && len(id) > len(best) {
			best = id
		}
	}
	if best == "" {
		return text
	}
	return T(best, text[len(best)-len("%s"):])
}

// known is every id of the catalogue.
var known = sync.OnceValue(func() map[string]bool {
	data, _ := Files.ReadFile("languages/en.json")
	var all map[string]any
	_ = json.Unmarshal(data, &all) // held by a test
	ids := make(map[string]bool, len(all))
	for id := range all {
		ids[id] = true
	}
	return ids
})
