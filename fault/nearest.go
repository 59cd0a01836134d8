package fault

import (
	"strings"
	"unicode/utf8"
)

// Nearest is the known word that a mistyped one most likely means, "" where none is like it:
// the one that differs least, regardless of case, by a third of the letters of the mistyped
// one at most. Of equal ones the first counts.
func Nearest(mistyped string, known []string) string {
	best, least := "", utf8.RuneCountInString(mistyped)/3+1
	for _, k := range known {
		if d := distance([]rune(strings.ToLower(k)), []rune(strings.ToLower(mistyped))); d < least {
			best, least = k, d
		}
	}
	return best
}

// distance is how many letters must be put in, taken out, changed or swapped with their
// neighbour to get b from a (Damerau 1964; no letter twice: "optimal string alignment").
func distance(a, b []rune) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			change := rows[i-1][j-1]
			if a[i-1] != b[j-1] {
				change++
			}
			d := min(change, rows[i-1][j]+1, rows[i][j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d = min(d, rows[i-2][j-2]+1)
			}
			rows[i][j] = d
		}
	}
	return rows[len(a)][len(b)]
}
