package library

import (
	"fmt"
	"slices"
	"strings"
)

// Query says which entries are wanted.
type Query struct {
	// Words must all be found in an entry's prompts, model, hash, seed, date (2026-11-25),
	// engine or task; case does not matter.
	Words      string
	Favourites bool // these alone
	Trash      bool // what was deleted, instead of what is there
}

// List returns the entries that a query asks for, latest first; as of the last Refresh.
func (s *Store) List(q Query) []Entry {
	words := strings.Fields(strings.ToLower(q.Words))
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Entry
	for _, e := range s.entries {
		if e.Trashed == q.Trash && (e.Favourite || !q.Favourites) && e.has(words) {
			out = append(out, *e)
		}
	}
	slices.SortFunc(out, func(a, b Entry) int { return strings.Compare(b.ID, a.ID) })
	return out
}

func (e *Entry) has(words []string) bool {
	if len(words) == 0 {
		return true
	}
	f := e.Fill
	text := strings.ToLower(strings.Join([]string{f.Prompt, f.Negative, f.Model, f.ModelHash, fmt.Sprint(f.Seed), f.Engine, f.Task, f.Sampler,
		e.When.Local().Format("2006-01-02 15:04")}, "\n"))
	for _, w := range words {
		if !strings.Contains(text, w) {
			return false
		}
	}
	return true
}
