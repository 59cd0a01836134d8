package cli

import (
	"flag"
	"fmt"
	"io"
	"strings"
)

func verbNames() string {
	names := make([]string, len(Verbs))
	for i, v := range Verbs {
		names[i] = v.Name
	}
	return strings.Join(names, ", ")
}

// usage prints the help for the whole program; windowless is a build of the verbs alone.
func usage(w io.Writer, windowless bool) error {
	var b strings.Builder
	forms := "  pentimento [FILE…]             open a window\n  pentimento VERB [flags]        work without one\n"
	if windowless {
		forms = "  pentimento-cli VERB [flags]\n"
	}
	b.WriteString("Pentimento removes things from pictures, fills them in and extends them.\n\n")
	b.WriteString("Usage:\n" + forms + "\nVerbs:\n")
	for _, v := range Verbs {
		fmt.Fprintf(&b, "  %-12s %s\n", v.Name, v.Short)
	}
	b.WriteString("\nA file named - is standard input or output. Exit code: 0 done, 1 failed, 2 wrong use.\n")
	b.WriteString("pentimento VERB --help says more.\n")
	b.WriteString("\nEnvironment: PENTIMENTO_ONNXRUNTIME (the library that runs models), CIVITAI_TOKEN and HF_TOKEN (logins),\n" +
		"PENTIMENTO_CIVITAI and PENTIMENTO_HUGGINGFACE (a server on this machine in their place, http://127.0.0.1:PORT).\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// help prints the help for one verb.
func (v Verb) help(w io.Writer) error {
	offers := v.offers(&Env{})
	var b strings.Builder
	fmt.Fprintf(&b, "%s.\n\nUsage:\n  %s\n", v.Short, v.form(offers))
	for i, o := range offers {
		if i == 0 || o.owner != offers[i-1].owner {
			b.WriteString("\n" + o.title() + ":\n")
		}
		head := o.head()
		if len(head) <= 20 {
			fmt.Fprintf(&b, "  %-20s %s\n", head, o.text())
		} else {
			fmt.Fprintf(&b, "  %s\n  %-20s %s\n", head, "", o.text())
		}
	}
	if v.Long != "" {
		b.WriteString("\n" + strings.TrimSpace(v.Long) + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// form is how a verb is called.
func (v Verb) form(offers []offer) string {
	form := "pentimento " + v.Name
	if len(offers) > 0 {
		form += " [flags]"
	}
	if v.Args != "" {
		form += " " + v.Args
	}
	return form
}

// splitUsage tells which engine alone has a flag ("" when any has), and its usage text.
func splitUsage(f *flag.Flag) (owner, usage string) {
	if rest, ok := strings.CutPrefix(f.Usage, ownedBy); ok {
		owner, usage, _ = strings.Cut(rest, "\x00")
		return owner, usage
	}
	return "", f.Usage
}

// title is the heading of the flags that an engine alone has, or any.
func (o offer) title() string {
	if o.owner == "" {
		return "Flags"
	}
	return "Flags of --engine " + o.owner
}

// head is the flag with what it takes: "--seed N".
func (o offer) head() string { return strings.TrimSpace("--" + o.name + " " + o.value) }

// text is what the flag does, with its default.
func (o offer) text() string {
	if o.standard == "" {
		return o.help
	}
	return o.help + " (default " + o.standard + ")"
}
