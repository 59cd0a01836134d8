package cli

import (
	"context"
	"flag"
	"fmt"
	"io"
	"strings"
)

var manVerb = Verb{
	Name:  "man",
	Short: "Print the manual page, in roff",
	Long:  "make install puts it where man looks for it. To read it: pentimento man | man -l -",
	Setup: func(*flag.FlagSet) Action {
		return func(_ context.Context, env *Env, _ []string) error {
			_, err := io.WriteString(env.Stdout, manual(env.verbs, env))
			return printed(err)
		}
	},
}

// roff is a text as roff prints it, dashes and dots included.
func roff(s string) string {
	s = strings.NewReplacer(`\`, `\e`, "-", `\-`, "'", `\(aq`, "`", "").Replace(s)
	var b strings.Builder
	for i, r := range s {
		switch {
		case r == '.' && (i == 0 || s[i-1] == '\n'): // a request of roff's
			b.WriteString(`\&.`)
		case r > '~':
			fmt.Fprintf(&b, `\[u%04X]`, r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// manual is the page of section 1, all from the table of verbs.
func manual(verbs []Verb, env *Env) string {
	var b strings.Builder
	fmt.Fprintf(&b, ".TH PENTIMENTO 1 \"\" \"Pentimento %s\" \"User Commands\"\n", roff(env.Version))
	b.WriteString(".SH NAME\npentimento \\- remove things from pictures, fill them in and extend them\n.SH SYNOPSIS\n.B pentimento\n.RI [ FILE ...]\n")
	for _, v := range verbs {
		form := strings.TrimPrefix(v.form(v.offers(env)), "pentimento ")
		fmt.Fprintf(&b, ".br\n.B pentimento\n%s\n", roff(form))
	}
	b.WriteString(".SH DESCRIPTION\nWithout a verb, a window opens with the files: pictures, projects, or a checkpoint of a model.\nA verb works without a window. A file named \\- is standard input or output.\n")
	for _, v := range verbs {
		fmt.Fprintf(&b, ".SH %s\n%s.\n", roff(strings.ToUpper(v.Name)), roff(v.Short))
		if v.Long != "" {
			fmt.Fprintf(&b, ".PP\n.nf\n%s\n.fi\n", roff(strings.TrimSpace(v.Long)))
		}
		offers := v.offers(env)
		for i, o := range offers {
			if o.owner != "" && o.owner != offers[max(i-1, 0)].owner {
				fmt.Fprintf(&b, ".SS %s\n", roff(o.title()))
			}
			head := fmt.Sprintf(".B \\-\\-%s", roff(o.name))
			if o.takes {
				head = fmt.Sprintf(".BI \"\\-\\-%s \" \"%s\"", roff(o.name), roff(o.value))
			}
			fmt.Fprintf(&b, ".TP\n%s\n%s\n", head, roff(o.text()))
		}
	}
	b.WriteString(`.SH EXIT STATUS
0 done, 1 failed, 2 wrong use.
.SH ENVIRONMENT
.TP
.B PENTIMENTO_ONNXRUNTIME
the ONNX Runtime library, where it isn't next to the program
.TP
.B CIVITAI_TOKEN, HF_TOKEN
the sites' tokens, before those in the key ring
.TP
.B PENTIMENTO_CIVITAI, PENTIMENTO_HUGGINGFACE
a server on this machine that is asked in place of civitai.com or huggingface.co, such as http://127.0.0.1:8080; an address
of another machine is not taken
.TP
.B PENTIMENTO_DIALOGS
fyne: the window uses its own file dialogs and not the system's
.TP
.B XDG_CONFIG_HOME, XDG_STATE_HOME, XDG_DATA_HOME
where settings, canvases that are not saved, and the library of results are kept
`)
	return b.String()
}
