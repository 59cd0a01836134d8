package prompting

import (
	"slices"
	"strings"

	"pentimento/app/words"
	"pentimento/pipeline/wildcard"
)

// A prompt may be a template (package wildcard), of which each picture has a form of its own. It
// is read with what the language of templates has written blanked out, so that places stay; the
// tokens counted are those of its longest form.

// blanked is a text without its marks, which are blanks.
func blanked(text string, marks []wildcard.Mark) string {
	b := []byte(text)
	for _, m := range marks {
		for i := m.Start; i < m.End; i++ {
			b[i] = ' '
		}
	}
	return string(b)
}

// templatePieces lays the marks over the pieces of a text: names of lists as names, all else as
// brackets.
func templatePieces(all []Piece, marks []wildcard.Mark) []Piece {
	var out []Piece
	for _, p := range all {
		at := p.Start
		for _, m := range marks {
			from, to := max(m.Start, at), min(m.End, p.End)
			if from >= to {
				continue
			}
			if from > at {
				out = append(out, Piece{at, from, p.Kind, p.Weight})
			}
			kind := PieceSyntax
			if m.Name != "" {
				kind = PieceNetwork
			}
			out = append(out, Piece{from, to, kind, 1})
			at = to
		}
		if at < p.End {
			out = append(out, Piece{at, p.End, p.Kind, p.Weight})
		}
	}
	return out
}

// ofTemplate takes out remarks about tags that only a form of the text has, and adds lists that
// are missing.
func (c *Context) ofTemplate(text string, remarks []Remark, marks []wildcard.Mark) []Remark {
	remarks = slices.DeleteFunc(remarks, func(r Remark) bool {
		return strings.HasPrefix(text[r.Start:], "<") && slices.ContainsFunc(marks, func(m wildcard.Mark) bool { return m.Start < r.End && r.Start < m.End })
	})
	for _, m := range marks {
		if m.Name != "" && c.Lists != nil && !c.Lists.Has(m.Name) {
			remarks = append(remarks, Remark{Start: m.Start, End: m.End, Text: words.T("no list is called %q, in the folders of wildcards or of the program's own", m.Name)})
		}
	}
	return remarks
}

// asText is the remark on a text that would be a template.
func asText(text string) []Remark {
	s := wildcard.Spans(text)[0]
	return []Remark{{Start: s.Start, End: s.End, Mild: true, Text: words.T("braces and names of lists are read as text: “%s” is on, under More", words.T("Braces as text"))}}
}

// completeList offers the lists of wildcards for a name __… that ends at byte at of a text, the
// shortest first, each with what closes it. from is where the name begins.
func completeList(text string, at int, lists func() []string) (from int, found []string) {
	at = min(max(at, 0), len(text))
	head := text[strings.LastIndexByte(text[:at], '\n')+1 : at]
	open := strings.LastIndex(head, "__")
	if open < 0 || strings.Count(head, "__")%2 == 0 || strings.ContainsAny(head[open:], ",{}|:<>()") {
		return at, nil
	}
	begun := strings.ToLower(head[open+2:])
	for _, name := range lists() {
		if strings.HasPrefix(strings.ToLower(name), begun) {
			found = append(found, name+"__")
		}
	}
	slices.SortStableFunc(found, func(a, b string) int { return len(a) - len(b) })
	return at - len(head[open+2:]), found[:min(len(found), mostCompletions)]
}
