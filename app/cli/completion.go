package cli

import (
	"context"
	"flag"
	"fmt"
	"io"
	"strings"
)

// shells are what completion scripts can be written for.
var shells = []struct {
	name  string
	write func(b *strings.Builder, verbs []Verb, env *Env)
}{{"bash", bashScript}, {"zsh", zshScript}, {"fish", fishScript}}

func shellNames() (names []string) {
	for _, s := range shells {
		names = append(names, s.name)
	}
	return names
}

var completionVerb = Verb{
	Name:  "completion",
	Args:  strings.Join(shellNames(), "|"),
	Words: shellNames(),
	Short: "Print a script that completes verbs, flags and their values in a shell",
	Long: `make install puts the three scripts where the shells look for them. To try one:

  bash   source <(pentimento completion bash)
  zsh    source <(pentimento completion zsh)
  fish   pentimento completion fish | source`,
	Setup: func(*flag.FlagSet) Action {
		return func(_ context.Context, env *Env, args []string) error {
			names := shellNames()
			if len(args) != 1 {
				return WithHint(Misuse("found %d shells, want one of %s", len(args), strings.Join(names, ", ")), "source <(pentimento completion bash)")
			}
			for _, s := range shells {
				if s.name == args[0] {
					var b strings.Builder
					s.write(&b, env.verbs, env)
					_, err := io.WriteString(env.Stdout, b.String())
					return printed(err)
				}
			}
			return meant(Misuse("unknown shell %q, want one of %s", args[0], strings.Join(names, ", ")), args[0], names)
		}
	},
}

// quoted is a text as one word of a POSIX shell.
func quoted(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// wordsOf are texts as words of a shell, each with a space before it.
func wordsOf(texts []string, quote func(string) string) string {
	var b strings.Builder
	for _, t := range texts {
		b.WriteString(" " + quote(t))
	}
	return b.String()
}

// gist is the first part of a help text, on one line.
func gist(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	s, _, _ = strings.Cut(s, ";")
	return s
}

// bashScript works from bash 3.2 on; where bash-completion is there it isn't needed.
func bashScript(b *strings.Builder, verbs []Verb, env *Env) {
	b.WriteString(`# bash completion for pentimento; written by "pentimento completion bash".

_pentimento_offer() { # the words that begin like $cur, as they are typed
    local word
    for word in "$@"; do
        word=$(printf %q "$word")
        [[ $word == "$cur"* ]] && COMPREPLY+=("$word")
    done
}

_pentimento_files() {
    local IFS=$'\n'
    compopt -o filenames 2>/dev/null
    COMPREPLY+=($(compgen -f -- "${cur//\\/}"))
}

_pentimento() {
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} verb=${COMP_WORDS[1]}
    COMPREPLY=()
    if [[ $cur == = ]]; then # --flag=
        cur=
    elif [[ $prev == = ]]; then
        prev=${COMP_WORDS[COMP_CWORD-2]}
    fi
    if ((COMP_CWORD == 1)); then
`)
	fmt.Fprintf(b, "        _pentimento_offer%s --help --version\n", wordsOf(namesOf(verbs), quoted))
	b.WriteString("        [[ $cur == -* ]] || _pentimento_files\n        return\n    fi\n    case \"$verb $prev\" in\n")
	for _, v := range verbs {
		for _, o := range v.offers(env) {
			switch {
			case !o.takes:
				continue
			case len(o.values) > 0:
				fmt.Fprintf(b, "        %s) _pentimento_offer%s; return ;;\n", quoted(v.Name+" --"+o.name), wordsOf(o.values, quoted))
			case o.files:
				fmt.Fprintf(b, "        %s) _pentimento_files; return ;;\n", quoted(v.Name+" --"+o.name))
			default:
				fmt.Fprintf(b, "        %s) return ;;\n", quoted(v.Name+" --"+o.name))
			}
		}
	}
	b.WriteString("    esac\n    case $verb in\n")
	for _, v := range verbs {
		var flags []string
		for _, o := range v.offers(env) {
			flags = append(flags, "--"+o.name)
		}
		fmt.Fprintf(b, "        %s)\n            if [[ $cur == -* ]]; then\n                _pentimento_offer%s --help\n            else\n                _pentimento_offer%s\n",
			v.Name, wordsOf(flags, quoted), wordsOf(v.Words, quoted))
		if strings.Contains(v.Args, "FILE") {
			b.WriteString("                _pentimento_files\n")
		}
		b.WriteString("            fi ;;\n")
	}
	fmt.Fprintf(b, "        help) _pentimento_offer%s ;;\n        *) _pentimento_files ;;\n    esac\n}\n\ncomplete -F _pentimento pentimento\n", wordsOf(namesOf(verbs), quoted))
}

func namesOf(verbs []Verb) (names []string) {
	for _, v := range verbs {
		names = append(names, v.Name)
	}
	return names
}

// zshScript works as a file _pentimento in a folder of $fpath, and sourced.
func zshScript(b *strings.Builder, verbs []Verb, env *Env) {
	said := strings.NewReplacer(`\`, `\\`, "[", `\[`, "]", `\]`, ":", `\:`, "`", "")
	value := func(s string) string {
		return strings.NewReplacer(`\`, `\\`, " ", `\ `, ":", `\:`, "(", `\(`, ")", `\)`).Replace(s)
	}
	b.WriteString("#compdef pentimento\n# zsh completion for pentimento; written by \"pentimento completion zsh\".\n\n_pentimento() {\n    local -a verbs\n    verbs=(\n")
	for _, v := range verbs {
		fmt.Fprintf(b, "        %s\n", quoted(v.Name+":"+v.Short))
	}
	b.WriteString("    )\n    if ((CURRENT == 2)); then\n        _describe verb verbs\n        _files\n        return\n    fi\n    shift words\n    ((CURRENT--))\n    case $words[1] in\n")
	for _, v := range verbs {
		fmt.Fprintf(b, "        %s)\n            _arguments", v.Name)
		for _, o := range v.offers(env) {
			spec := fmt.Sprintf("--%s[%s]", o.name, said.Replace(gist(o.help)))
			switch {
			case !o.takes:
			case len(o.values) > 0:
				spec += ":" + o.name + ":(" + strings.TrimSpace(wordsOf(o.values, value)) + ")"
			case o.files:
				spec += ":" + o.name + ":_files"
			default:
				spec += ":" + o.name + ": "
			}
			fmt.Fprintf(b, " \\\n                %s", quoted(spec))
		}
		b.WriteString(" \\\n                '--help[say more]'")
		switch {
		case len(v.Words) > 0:
			fmt.Fprintf(b, " \\\n                %s", quoted("1:what:("+strings.TrimSpace(wordsOf(v.Words, value))+")"))
			fallthrough
		case v.Args != "":
			if strings.Contains(v.Args, "FILE") {
				b.WriteString(" \\\n                '*:file:_files'")
			}
		}
		b.WriteString(" ;;\n")
	}
	b.WriteString("        help) _describe verb verbs ;;\n        *) _files ;;\n    esac\n}\n\nif [[ $funcstack[1] == _pentimento ]]; then\n    _pentimento \"$@\"\nelse\n    compdef _pentimento pentimento\nfi\n")
}

// fishScript works from fish 3.0 on.
func fishScript(b *strings.Builder, verbs []Verb, env *Env) {
	quote := func(s string) string { return "'" + strings.NewReplacer(`\`, `\\`, "'", `\'`).Replace(s) + "'" }
	list := func(texts []string) string { return quote(strings.TrimSpace(wordsOf(texts, quote))) }
	b.WriteString("# fish completion for pentimento; written by \"pentimento completion fish\".\n\n")
	for _, v := range append(verbs[:len(verbs):len(verbs)], Verb{Name: "help", Short: "Explain a verb", Words: namesOf(verbs)}) {
		fmt.Fprintf(b, "complete -c pentimento -n __fish_use_subcommand -a %s -d %s\n", v.Name, quote(v.Short))
		if v.Setup == nil {
			v.Setup = func(*flag.FlagSet) Action { return nil }
		}
		on := quote("__fish_seen_subcommand_from " + v.Name)
		for _, o := range v.offers(env) {
			takes := ""
			switch {
			case !o.takes:
			case len(o.values) > 0:
				takes = " -x -a " + list(o.values)
			case o.files:
				takes = " -r -F"
			default:
				takes = " -x"
			}
			fmt.Fprintf(b, "complete -c pentimento -n %s -l %s%s -d %s\n", on, o.name, takes, quote(gist(o.help)))
		}
		if len(v.Words) > 0 {
			fmt.Fprintf(b, "complete -c pentimento -n %s -a %s\n", on, list(v.Words))
		}
		if !strings.Contains(v.Args, "FILE") {
			fmt.Fprintf(b, "complete -c pentimento -n %s -f\n", on)
		}
	}
}
