package metadata

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// tags are the networks that a text names.
var tags = regexp.MustCompile(`\s*<[A-Za-z]+:[^<>]+>`)

// untagged is a text without the networks that it names, and those.
func untagged(text string) (plain, named string) {
	named = strings.TrimSpace(strings.Join(tags.FindAllString(text, -1), ""))
	return strings.TrimSpace(tags.ReplaceAllString(text, "")), named
}

// strung joins what there is of texts.
func strung(mark string, texts ...string) string {
	texts = slices.DeleteFunc(slices.Clone(texts), func(t string) bool { return strings.TrimSpace(t) == "" })
	return strings.Join(texts, mark)
}

// lay makes regions of the cells of a prompt. What the text for all parts names acts on the whole picture,
// and all that is named where the parts do not keep theirs.
func (q *Regional) lay(common, base *string, cells []cell, theirs bool) {
	var all, whole, everywhere string
	if common != nil {
		all, everywhere = untagged(*common)
		all = strings.TrimRight(all, ", \n")
	}
	if base != nil {
		whole = *base
	}
	one := true
	var parts []string
	for _, c := range cells {
		if !theirs {
			var named string
			c.text, named = untagged(c.text)
			everywhere = strung(" ", everywhere, named)
		}
		one = one && c.base == cells[0].base
		g := Region{Prompt: strung(", ", all, c.text), Weight: 1, Box: [4]float64{c.x, c.y, c.w, c.h}}
		plain, _ := untagged(c.text)
		parts = append(parts, plain)
		q.Regions = append(q.Regions, g)
	}
	switch {
	case base == nil: // what isn't seen, as the regions cover all
		whole = strung(", ", append([]string{all}, parts...)...)
	case one:
		q.Base = cells[0].base
		whole = strung(", ", all, whole)
	default:
		whole = strung(", ", all, whole)
		q.share(whole, cells)
	}
	q.Prompt = strung(" ", whole, everywhere)
}

// share gives the base's text a share of its own in each region.
func (q *Regional) share(text string, cells []cell) {
	var all []Region
	for i, g := range q.Regions {
		if b := cells[i].base; b > 0 {
			all = append(all, Region{Name: "base", Prompt: text, Weight: b, Box: g.Box})
		}
		if g.Weight = 1 - cells[i].base; g.Weight > 0 {
			all = append(all, g)
		}
	}
	q.Regions = all
}

// layNegative gives the regions their negative texts where there is one for each, else one to all.
func (q *Regional) layNegative(text string, base, useCommon bool) {
	for _, word := range []string{addBase, addRow, addColumn} {
		text = strings.ReplaceAll(text, word, addBreak)
	}
	common, rest, found := strings.Cut(text, addCommon)
	if !found && useCommon {
		common, rest, found = strings.Cut(text, addBreak)
	}
	if !found {
		common, rest = "", text
	}
	common = strings.TrimRight(strings.TrimSpace(common), ",")
	var parts, bare []string
	for _, part := range strings.Split(rest, addBreak) {
		bare = append(bare, strings.TrimSpace(part))
		parts = append(parts, strung(", ", common, bare[len(bare)-1]))
	}
	own := slices.DeleteFunc(slices.Clone(q.Regions), func(g Region) bool { return g.Name == "base" })
	first := count(base)
	switch {
	case len(parts) == 1:
		q.Negative = parts[0]
	case len(parts) == first+len(own) && len(own) == len(q.Regions):
		q.Negative = parts[0]
		for i := range q.Regions {
			if part := parts[first+i]; part != q.Negative {
				q.Regions[i].Negative = part
			}
		}
	default:
		q.Negative = strung(", ", append([]string{common}, bare...)...)
		q.Left = append(q.Left, fmt.Sprintf("%d negative prompts for %d regions: they are one here", len(parts), len(own)))
	}
}
