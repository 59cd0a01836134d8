package cli

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// small is a table of verbs that never changes, with one flag of each kind.
var small = []Verb{
	{Name: "paint", Args: "FILE", Short: "Paint a picture", Long: "Example:\n  pentimento paint --size 3\n.dots and 'quotes' stay", Setup: func(fs *flag.FlagSet) Action {
		fs.Bool("wet", false, "don't wait [to dry]: it's slow; really")
		fs.Int("size", 3, "`N` pixels…")
		fs.String("from", "", "the `PICTURE` to copy")
		fs.String("brush", "round", "its shape: `flat|round`")
		fs.String("device", "", "`NAME` of the device")
		fs.String("oil", "", ownedBy+"magic\x00how much `OIL`")
		return nil
	}},
	{Name: "hang", Args: "WALL", Short: "Hang it", Words: []string{"north", "south wall"}, Setup: func(*flag.FlagSet) Action { return nil }},
}

// TestScriptsAndManualFollowFromTheTable: PENTIMENTO_GOLDEN=1 writes what they are anew.
func TestScriptsAndManualFollowFromTheTable(t *testing.T) {
	env := &Env{Version: "9.9.9", Devices: []string{"cuda", "cpu"}}
	got := map[string]string{"small.1": manual(small, env)}
	for _, s := range shells {
		var b strings.Builder
		s.write(&b, small, env)
		got["small."+s.name] = b.String()
	}
	for name, text := range got {
		path := filepath.Join("testdata", "completion", name)
		if os.Getenv("PENTIMENTO_GOLDEN") != "" {
			if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil || string(want) != text {
			t.Errorf("%s: %v, it is now\n%s", path, err, text)
		}
	}
}

func TestScriptsAndManualNameEveryVerbAndFlag(t *testing.T) {
	texts := map[string]string{"man": do(t, nil, "man").out}
	for _, s := range shells {
		texts[s.name] = do(t, nil, "completion", s.name).out
	}
	for what, text := range texts {
		text = strings.ReplaceAll(text, `\-`, "-")
		for _, v := range Verbs {
			for _, o := range v.offers(&Env{}) {
				if want := map[string]string{"fish": "-l " + o.name}[what]; !strings.Contains(text, v.Name) || !strings.Contains(text, max(want, "--"+o.name)) {
					t.Errorf("%s doesn't name %s --%s", what, v.Name, o.name)
				}
			}
		}
	}
	for _, args := range [][]string{{"completion"}, {"completion", "tcsh"}, {"completion", "bash", "zsh"}, {"man", "fill"}} {
		if r := do(t, nil, args...); r.code != ExitMisuse || r.out != "" {
			t.Errorf("%q: exit %d, %q", args, r.code, r.out)
		}
	}
}

// TestBashCompletes asks a real bash what it would offer for command lines.
func TestBashCompletes(t *testing.T) {
	dir := t.TempDir()
	script := do(t, nil, "completion", "bash").out
	for _, name := range []string{"a b.png", "other.txt"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	var lines []string
	want := map[string]string{
		"pentimento|gene":                             "generate",
		"pentimento|a":                                "a b.png",
		"pentimento|--he":                             "--help",
		"pentimento|generate|--samp":                  "--sampler",
		"pentimento|generate|--sampler|Eu":            `Euler\ a,Euler,Euler\ CFG++,Euler\ a\ CFG++`,
		`pentimento|generate|--sampler|DPM++\ 2M\ SD`: `DPM++\ 2M\ SDE,DPM++\ 2M\ SDE\ Heun`,
		"pentimento|generate|--device|c":              "cuda,cpu",
		"pentimento|fill|--engine|=|di":               "diffusion",
		"pentimento|fill|--engine|=":                  "content,edge,neutral,noise,diffusion",
		"pentimento|fill|--image|a":                   "a b.png",
		"pentimento|fill|--seed|":                     "",
		"pentimento|fill|--invert|--invert":           "--invert",
		"pentimento|info|o":                           "other.txt",
		"pentimento|models|ins":                       "inspect",
		"pentimento|trace|si":                         "sigmas",
		"pentimento|help|outp":                        "outpaint",
		"pentimento|completion|z":                     "zsh",
	}
	for line := range want {
		var words []string
		for w := range strings.SplitSeq(line, "|") {
			words = append(words, quoted(w))
		}
		lines = append(lines, fmt.Sprintf("COMP_WORDS=(%s); COMP_CWORD=%d; _pentimento; printf '%%s\\t' %s; (IFS=,; printf '%%s\\n' \"${COMPREPLY[*]}\")", strings.Join(words, " "), len(words)-1, quoted(line)))
	}
	cmd := exec.Command("bash", "--norc", "-c", script+"\n"+strings.Join(lines, "\n"))
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	got := map[string]string{}
	for l := range strings.Lines(string(out)) {
		line, offered, _ := strings.Cut(strings.TrimSuffix(l, "\n"), "\t")
		got[line] = offered
	}
	for line, offered := range want {
		if got[line] != offered {
			t.Errorf("%s: bash offers %q, want %q", strings.ReplaceAll(line, "|", " "), got[line], offered)
		}
	}
	if len(got) != len(want) {
		t.Errorf("bash says:\n%s", out)
	}
}
