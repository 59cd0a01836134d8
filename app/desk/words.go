package desk

// Shorten cuts a text to n letters at most, the last one "…".
func Shorten(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}
