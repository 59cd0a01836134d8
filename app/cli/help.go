package cli

import (
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
)

func verbNames() string {
	names := make([]string, len(Verbs))
	for i, v := range Verbs {
		names[i] = v.Name
	}
	return strings.Join(names, ", ")
}

// usage prints the help for the whole program.
func usage(w io.Writer) error {
	var b strings.Builder
	b.WriteString("Pentimento removes things from pictures, fills them in and extends them.\n\n")
	b.WriteString("Usage:\n  pentimento [FILE…]             open a window\n  pentimento VERB [flags]        work without one\n\nVerbs:\n")
	for _, v := range Verbs {
		fmt.Fprintf(&b, "  %-12s %s\n", v.Name, v.Short)
	}
	b.WriteString("\nA file named - is standard input or output. Exit code: 0 done, 1 failed, 2 wrong use.\n")
	b.WriteString("pentimento VERB --help says more.\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// help prints the help for one verb.
func (v Verb) help(w io.Writer) error {
	fs := flag.NewFlagSet(v.Name, flag.ContinueOnError)
	v.Setup(fs)
	var b strings.Builder
	fmt.Fprintf(&b, "%s.\n\nUsage:\n  pentimento %s", v.Short, v.Name)
	any := false
	fs.VisitAll(func(*flag.Flag) { any = true })
	if any {
		b.WriteString(" [flags]")
	}
	if v.Args != "" {
		b.WriteString(" " + v.Args)
	}
	b.WriteByte('\n')
	owners := []string{""} // flags without an owner come first
	fs.VisitAll(func(f *flag.Flag) {
		if owner, _ := splitUsage(f); !slices.Contains(owners, owner) {
			owners = append(owners, owner)
		}
	})
	for _, owner := range owners {
		title := "Flags of --engine " + owner
		if owner == "" {
			title = "Flags"
		}
		if any {
			b.WriteString("\n" + title + ":\n")
		}
		fs.VisitAll(func(f *flag.Flag) {
			if o, usage := splitUsage(f); o == owner {
				flagHelp(&b, &flag.Flag{Name: f.Name, Usage: usage, Value: f.Value, DefValue: f.DefValue})
			}
		})
	}
	if v.Long != "" {
		b.WriteString("\n" + strings.TrimSpace(v.Long) + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// splitUsage tells which engine alone has a flag ("" when any has), and its usage text.
func splitUsage(f *flag.Flag) (owner, usage string) {
	if rest, ok := strings.CutPrefix(f.Usage, ownedBy); ok {
		owner, usage, _ = strings.Cut(rest, "\x00")
		return owner, usage
	}
	return "", f.Usage
}

func flagHelp(b *strings.Builder, f *flag.Flag) {
	kind, text := flag.UnquoteUsage(f)
	head := "--" + f.Name
	if kind != "" {
		head += " " + kind
	}
	if len(head) <= 20 {
		fmt.Fprintf(b, "  %-20s %s", head, text)
	} else {
		fmt.Fprintf(b, "  %s\n  %-20s %s", head, "", text)
	}
	switch f.DefValue {
	case "", "0", "-1", "false":
	default:
		fmt.Fprintf(b, " (default %s)", f.DefValue)
	}
	b.WriteByte('\n')
}
