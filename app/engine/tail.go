package engine

import (
	"strings"
	"sync"
	"unicode"
)

// tail keeps the end of what a child printed. It is safe for use by several goroutines.
type tail struct {
	mu   sync.Mutex
	text []byte
}

// kept is how much of it: room for the trace that a crash prints.
const kept = 32 << 10

// Write takes everything and fails never.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p...)
	if over := len(t.text) - kept; over > 0 {
		t.text = append(t.text[:0], t.text[over:]...)
	}
	return len(p), nil
}

func (t *tail) clear() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = nil
}

// crashes are how a report of a crash begins; what follows it are addresses.
var crashes = []string{"panic:", "fatal error:", "SIGSEGV", "SIGBUS", "SIGABRT", "SIGILL", "SIGFPE"}

// lines are the n lines that tell most: the beginning of a crash report, or else the last
// ones. They are clean and short enough to be shown.
func (t *tail) lines(n int) []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var all []string
	crash := -1
	for line := range strings.Lines(string(t.text)) {
		if line = tidy(line); line == "" {
			continue
		}
		for _, c := range crashes {
			if crash < 0 && strings.Contains(line, c) {
				crash = len(all)
			}
		}
		all = append(all, line)
	}
	if crash >= 0 {
		return all[crash:min(crash+n, len(all))]
	}
	return all[max(len(all)-n, 0):]
}

// tidy makes a line of someone else's output one that can stand in a window.
func tidy(line string) string {
	line = strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(line, "?")))
	if r := []rune(line); len(r) > 200 {
		line = string(r[:199]) + "…"
	}
	return line
}
