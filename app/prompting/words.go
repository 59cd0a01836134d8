package prompting

import (
	"encoding/json"
	"slices"
	"strings"
	"unicode/utf8"
)

// mostCompletions is how many words Complete offers.
const mostCompletions = 6

// Complete offers known words for the one that ends at byte at of a prompt:
// those that begin like it, the shortest first. from is where that word begins..
func Complete(text string, at int, known []string) (from int, words []string) {
	at = min(max(at, 0), len(text))
	head := text[:at]
	if i := strings.LastIndexFunc(head, notLetter); i >= 0 {
		_, n := utf8.DecodeRuneInString(head[i:])
		from = i + n
	}
	begun := strings.ToLower(head[from:])
	if begun == "" {
		return at, nil
	}
	for _, w := range known {
		if strings.HasPrefix(w, begun) && w != begun {
			words = append(words, w)
		}
	}
	slices.SortStableFunc(words, func(a, b string) int { return len(a) - len(b) })
	return from, words[:min(len(words), mostCompletions)]
}

// wordList reads the words that a model's metadata names: single words in lower case, in
// order; nil where it names none.
func wordList(list string) []string {
	var entries []string
	if json.Unmarshal([]byte(list), &entries) != nil {
		return nil
	}
	var words []string
	for _, w := range entries {
		words = append(words, strings.FieldsFunc(strings.ToLower(w), notLetter)...)
	}
	slices.Sort(words)
	return slices.Compact(words)
}
