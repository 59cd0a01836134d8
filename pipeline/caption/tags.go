package caption

import (
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// The kinds of tags, by the numbers that selected_tags.csv has for them.
const (
	General   = 0
	Character = 4
	Rating    = 9
)

// The usual thresholds: a tag counts from this probability on.
const (
	GeneralFrom   = 0.35
	CharacterFrom = 0.85
)

// Tag is one of the tags that a tagger knows.
type Tag struct {
	Name string // with underscores
	Kind int
}

// Scored is a tag, or any other text, and how probable or how like the picture it is.
type Scored struct {
	Text  string  `json:"text"`
	Kind  int     `json:"-"`
	Score float64 `json:"score"`
}

// maxTags bounds what is read of a file of tags.
const maxTags = 1 << 18

// ReadTags reads selected_tags.csv: a head that names its columns, name and category among them.
func ReadTags(r io.Reader) ([]Tag, error) {
	in := csv.NewReader(io.LimitReader(r, 64<<20))
	in.FieldsPerRecord = -1
	head, err := in.Read()
	if err != nil {
		return nil, fmt.Errorf("a list of tags: %w", err)
	}
	for i := range head {
		head[i] = strings.TrimSpace(strings.TrimPrefix(head[i], "\ufeff"))
	}
	name, kind := slices.Index(head, "name"), slices.Index(head, "category")
	if name < 0 || kind < 0 {
		return nil, fmt.Errorf("a list of tags: found the columns %q, want name and category among them", head)
	}
	var out []Tag
	for len(out) < maxTags {
		row, err := in.Read()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, fmt.Errorf("a list of tags: %w", err)
		}
		if len(row) <= max(name, kind) {
			return nil, fmt.Errorf("a list of tags: row %d has %d columns, want %d at least", len(out)+2, len(row), max(name, kind)+1)
		}
		n, err := strconv.Atoi(strings.TrimSpace(row[kind]))
		if err != nil {
			return nil, fmt.Errorf("a list of tags: row %d has the category %q, want a number", len(out)+2, row[kind])
		}
		out = append(out, Tag{row[name], n})
	}
	return nil, fmt.Errorf("a list of tags: found more than %d, want fewer", maxTags)
}

// Choose are the tags of a picture from what a tagger made of it, a number for each tag:
// characters first, then general tags, the most probable first. rating is the most probable of
// its kind. Numbers outside 0 to 1 are taken as logits.
func Choose(made []float32, tags []Tag, general, character float64) (chosen []Scored, rating Scored, err error) {
	if len(made) != len(tags) {
		return nil, rating, fmt.Errorf("the network makes %d numbers, want %d, one for each row of its list of tags", len(made), len(tags))
	}
	logits := slices.ContainsFunc(made, func(v float32) bool { return v < 0 || v > 1 })
	rating.Score = -1
	for i, t := range tags {
		p := float64(made[i])
		if logits {
			p = 1 / (1 + math.Exp(-p))
		}
		s := Scored{spaced(t.Name), t.Kind, p}
		switch {
		case t.Kind == Rating && p > rating.Score:
			rating = s
		case t.Kind == General && p > general, t.Kind == Character && p > character:
			chosen = append(chosen, s)
		}
	}
	slices.SortStableFunc(chosen, func(a, b Scored) int {
		return cmp.Or(cmp.Compare(b.Kind, a.Kind), cmp.Compare(b.Score, a.Score))
	})
	return chosen, rating, nil
}

// spaced is a tag's name with blanks, unless it is a face such as ^_^ or o_o: one without two
// letters side by side.
func spaced(name string) string {
	before := false
	for _, r := range name {
		letter := unicode.IsLetter(r)
		if letter && before {
			return strings.ReplaceAll(name, "_", " ")
		}
		before = letter
	}
	return name
}

// Prompt joins texts to a prompt: brackets are written so that they mean nothing, and braces and
// bars, too.
func Prompt(all []Scored) string {
	var texts []string
	escape := strings.NewReplacer(`\`, `\\`, `(`, `\(`, `)`, `\)`, `[`, `\[`, `]`, `\]`, `{`, `\{`, `}`, `\}`, `|`, `\|`)
	for _, s := range all {
		texts = append(texts, escape.Replace(s.Text))
	}
	return strings.Join(texts, ", ")
}
