package cli

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"pentimento/pipeline"
)

// bar draws progress in one line of a terminal; elsewhere only notices are printed.
type bar struct {
	w        io.Writer
	terminal bool
	drawn    int // columns now on the line
	last     time.Time
}

func (e *Env) bar() *bar { return &bar{w: e.Stderr, terminal: e.Terminal} }

// report is for pipeline.Run.
func (b *bar) report(p pipeline.Progress) {
	if p.Notice != "" {
		b.clear()
		fmt.Fprintf(b.w, "note: %s\n", oneLine(p.Notice))
	}
	if !b.terminal || p.Stage == "" || time.Since(b.last) < 50*time.Millisecond && p.Fraction < 1 {
		return
	}
	b.last = time.Now()
	const width = 24
	full := int(width * min(1, max(0, p.Fraction)))
	line := fmt.Sprintf("[%s%s] %3.0f %% %s", strings.Repeat("#", full), strings.Repeat("-", width-full), 100*p.Fraction, oneLine(p.Stage))
	n := utf8.RuneCountInString(line)
	fmt.Fprintf(b.w, "\r%s%s", line, strings.Repeat(" ", max(0, b.drawn-n)))
	b.drawn = n
}

// nth is report for picture i of n, counted from 0: the bar is the whole batch's.
func (b *bar) nth(i, n int) func(pipeline.Progress) {
	if n == 1 {
		return b.report
	}
	return func(p pipeline.Progress) {
		if p.Stage != "" {
			p.Stage = fmt.Sprintf("picture %d of %d: %s", i+1, n, p.Stage)
		}
		p.Fraction = (float64(i) + p.Fraction) / float64(n)
		b.report(p)
	}
}

// clear wipes the line.
func (b *bar) clear() {
	if b.drawn > 0 {
		fmt.Fprintf(b.w, "\r%s\r", strings.Repeat(" ", b.drawn))
		b.drawn = 0
	}
}
