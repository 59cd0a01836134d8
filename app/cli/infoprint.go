package cli

import (
	"fmt"
	"io"
	"regexp"
	"strings"

	"pentimento/pipeline"
	"pentimento/pipeline/metadata"
)

// print writes the account for people. Text from the file is made harmless for the
// terminal first.
func (a *details) print(w io.Writer) error {
	var b strings.Builder
	line := func(label, value string) {
		if value != "" {
			fmt.Fprintf(&b, "%-16s %s\n", label, strings.ReplaceAll(clean(value), "\n", "\n                 "))
		}
	}
	line("File", a.File)
	if p := a.Picture; p != nil {
		s := fmt.Sprintf("%s, %d×%d, %d bits", p.Format, p.Width, p.Height, p.Depth)
		if p.Alpha {
			s += ", with alpha"
		}
		if p.Orientation > 1 {
			s += fmt.Sprintf(", EXIF orientation %d", p.Orientation)
		}
		line("Picture", s)
		line("Colours", p.Colour)
	}
	if a.Project != nil {
		a.Project.print(line)
	}
	if a.Dialect == "" {
		line("Made with", "unknown: it doesn't say")
	} else {
		line("Made with", a.Dialect)
		line("Prompt", a.Prompt)
		line("Negative prompt", a.Negative)
		for _, x := range a.Addons {
			line("Add-on", x.Tag)
		}
		for _, p := range a.Params {
			line(p.Key, p.Value)
			if p.Key == "Model" && a.Dialect == "Pentimento" && starterFile.MatchString(p.Value) {
				line("", "the "+pipeline.StarterName)
			}
		}
		if a.Schedule != "" {
			line("Read as", a.Sampler+", "+a.Schedule)
		}
	}
	for i, f := range a.Fills {
		line(fmt.Sprintf("Fill %d", i+1), filled(f))
	}
	line("Came with", a.Origin)
	for _, s := range a.Unread {
		line("Not understood", s)
	}
	for _, t := range a.Texts {
		line("Text "+oneLine(t.Key), shorten(t.Text, 400))
	}
	for _, s := range a.Notes {
		line("Note", s)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// filled says what one fill did, when, and from which words.
func filled(f metadata.Fill) string {
	task, engine := pipeline.Titles(f)
	s := fmt.Sprintf("%s: %s, %d×%d at %d,%d, seed %d", task, engine, f.Rect.Width, f.Rect.Height, f.Rect.X, f.Rect.Y, uint64(f.Seed))
	if !f.Time.IsZero() {
		s += ", " + f.Time.Format("2006-01-02 15:04:05 MST")
	}
	if f.Prompt != "" {
		s += "\n" + f.Prompt
	}
	return s
}

// starterFile is what the built-in model is called as a file (assets/starter.go).
var starterFile = regexp.MustCompile(`^starter-[0-9a-f]{12}$`)

func shorten(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n]) + fmt.Sprintf("… (%d characters in all)", len(r))
	}
	return s
}

// clean takes out what could move a terminal's cursor or colour its text.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r >= ' ' && r < 0x7f || r > 0x9f:
			return r
		case r == '\t':
			return ' '
		}
		return '\ufffd'
	}, s)
}
