package prompting

import (
	"path/filepath"
	"strings"
	"unicode/utf8"
)

// nearest is the known name that differs least, if it differs by a third at most.
func nearest(known []string, name string) string {
	best, least := "", utf8.RuneCountInString(name)/3+1
	for _, k := range known {
		if d := distance([]rune(stem(k)), []rune(stem(name))); d < least {
			best, least = strings.TrimSuffix(filepath.Base(k), ".safetensors"), d
		}
	}
	return best
}

// distance is how many letters must be put in, taken out or changed to get b from a
// (Levenshtein 1966).
func distance(a, b []rune) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i, x := range a {
		corner := row[0]
		row[0] = i + 1
		for j, y := range b {
			cost := corner
			if x != y {
				cost++
			}
			corner = row[j+1]
			row[j+1] = min(cost, row[j]+1, corner+1)
		}
	}
	return row[len(b)]
}
