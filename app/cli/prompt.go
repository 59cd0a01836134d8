package cli

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"pentimento/pipeline"
	"pentimento/pipeline/wildcard"
)

// promptAction is one word after "prompt": a row of promptActions.
type promptAction struct {
	name, args, short string
	setup             func(fs *flag.FlagSet, f *promptFlags) Action
}

// promptActions is the table of what can be done with prompts, in the order of the help.
var promptActions = []promptAction{
	{"expand", "TEXT", "writes what a template becomes, one prompt a line: {a|b}, {2::a|b},\n{2$$a|b|c}, {1-3$$ and $$a|b|c}, __list__, __folder/*__, ${x={a|b}}.\n- reads it from standard input.", expandPrompt},
	{"surprise", "", "writes prompts out of word lists alone", inventPrompt},
	{"enrich", "WORDS", "adds to a few words what they say nothing of: medium, light, colours …", enrichPrompt},
	{"describe", "PICTURE", "puts a picture into words by --model, an ONNX network of yours: a WD14 or\nWD v3 tagger with selected_tags.csv beside it, CLIP's vision_model.onnx with\ntext_model.onnx (the likest words of the lists), or a BLIP image encoder with\nits decoder and vocab.txt.", describePicture},
	{"lists", "", "names the lists that templates can name, and the folders they come from", listWildcards},
}

// promptFlags are the flags that the actions share.
type promptFlags struct {
	json      bool
	all       bool
	count     int
	seed      seedFlag
	wildcards []string
	model     string
}

var promptVerb = Verb{
	Name:  "prompt",
	Args:  "ACTION …",
	Words: promptWords(),
	Short: "Expand templates with wildcards, or find the words for a picture",
	Long:  promptHelp(),
	Setup: func(fs *flag.FlagSet) Action {
		f := &promptFlags{}
		fs.BoolVar(&f.json, "json", false, "print the answer as JSON")
		fs.IntVar(&f.count, "count", 0, "`N` prompts, of seeds that follow each other (1); with --all at most so many (1000)")
		fs.BoolVar(&f.all, "all", false, "expand: every form of the template")
		fs.Var(&f.seed, "seed", "`N` that draws the first; -1 is a random one")
		fs.Func("wildcards", "a `FOLDER` of lists (.txt, .yaml, .json); repeatable, the first comes first", func(s string) error { f.wildcards = append(f.wildcards, s); return nil })
		fs.StringVar(&f.model, "model", "", "the `FILE` of a model: lists in folders called wildcards near it are found, too; describe: the network")
		run := map[string]Action{}
		for _, a := range promptActions {
			run[a.name] = a.setup(fs, f)
		}
		return func(ctx context.Context, env *Env, args []string) error {
			if len(args) == 0 {
				return WithHint(Misuse("no action, want one of %s", strings.Join(promptWords(), ", ")), `pentimento prompt expand "a {red|blue} boat, __light__" --count 4`)
			}
			action, ok := run[args[0]]
			if !ok {
				return meant(Misuse("unknown action %q", args[0]), args[0], promptWords())
			}
			if f.count < 0 || f.count > 1e6 {
				return Misuse("--count is %d, want 1 to 1000000", f.count)
			}
			return action(ctx, env, args[1:])
		}
	},
}

func promptWords() (words []string) {
	for _, a := range promptActions {
		words = append(words, a.name)
	}
	return words
}

func promptHelp() string {
	var b strings.Builder
	for _, a := range promptActions {
		fmt.Fprintf(&b, "%-16s %s\n", strings.TrimSpace(a.name+" "+a.args), strings.ReplaceAll(a.short, "\n", "\n"+strings.Repeat(" ", 17)))
	}
	b.WriteString(`The verbs that paint expand their prompts in the same way, each picture's by its
own seed; --literal leaves them as they are. The picture says both texts.`)
	return b.String()
}

// library opens the lists that the flags name, those of the person's library of models and the program's own.
func (f *promptFlags) library(env *Env) (*wildcard.Library, []string, error) {
	for _, dir := range f.wildcards {
		if st, err := os.Stat(dir); err != nil {
			return nil, nil, noSuchFile(dir, err)
		} else if !st.IsDir() {
			return nil, nil, WithHint(fmt.Errorf("--wildcards %q: found a file, want a folder of lists", dir), "name the folder that it lies in")
		}
	}
	q := pipeline.Request{Models: pipeline.Models{Model: f.model}, Where: pipeline.Where{Wildcards: strings.Join(f.wildcards, "\n")}}
	env.nameWildcards(&q)
	folders := pipeline.WildcardFolders(q.Model, q.Wildcards)
	return wildcard.Open(folders...), folders, nil
}

// nameWildcards adds the lists of the library's programs to those that texts may name.
func (e *Env) nameWildcards(q *pipeline.Request) {
	if e.Collection == nil {
		return
	}
	_, places := e.Collection()
	q.Where.Wildcards = strings.Trim(strings.Join(append([]string{q.Where.Wildcards}, places.Wildcards()...), "\n"), "\n")
}

// drawnPrompt is one line of an answer; Seed is what --seed was for it, in full.
type drawnPrompt struct {
	Prompt string  `json:"prompt"`
	Seed   *uint64 `json:"seed,omitempty"`
}

// draw writes as many prompts as --count says, one of each seed.
func (f *promptFlags) draw(ctx context.Context, env *Env, one func(seed int64) (string, error)) error {
	first, out := f.seed.or(env.drawSeed), []drawnPrompt{}
	for i := range max(f.count, 1) {
		if err := ctx.Err(); err != nil {
			return err
		}
		text, err := one(first + int64(i))
		if err != nil {
			return err
		}
		seed := uint64(first + int64(i))
		out = append(out, drawnPrompt{text, &seed})
	}
	return f.print(env, out, false)
}

func (f *promptFlags) print(env *Env, all []drawnPrompt, more bool) error {
	if f.json {
		return printed(writeJSON(env.Stdout, struct {
			Prompts []drawnPrompt `json:"prompts"`
			More    bool          `json:"more,omitempty"` // there are further forms
		}{all, more}))
	}
	for _, p := range all {
		if _, err := fmt.Fprintln(env.Stdout, oneLine(p.Prompt)); err != nil {
			return printed(err)
		}
	}
	if more {
		fmt.Fprintf(env.Stderr, "note: there are more than these %d; --count N prints as many\n", len(all))
	}
	return nil
}

func expandPrompt(_ *flag.FlagSet, f *promptFlags) Action {
	return func(ctx context.Context, env *Env, args []string) error {
		text, err := oneText(env, args, `pentimento prompt expand "a {red|blue} boat" --all`)
		if err != nil {
			return err
		}
		lists, _, err := f.library(env)
		if err != nil {
			return err
		}
		if !f.all {
			return f.draw(ctx, env, func(seed int64) (string, error) { return wildcard.Expand(text, lists, seed, 0) })
		}
		limit := f.count
		if limit == 0 {
			limit = 1000
		}
		forms, more, err := wildcard.All(text, lists, limit, func() bool { return ctx.Err() == nil })
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return err
		}
		out := []drawnPrompt{}
		for _, form := range forms {
			out = append(out, drawnPrompt{Prompt: form})
		}
		return f.print(env, out, more)
	}
}

func inventPrompt(_ *flag.FlagSet, f *promptFlags) Action {
	return func(ctx context.Context, env *Env, args []string) error {
		if len(args) > 0 {
			return Misuse("arguments %q, want none", args)
		}
		lists, _, err := f.library(env)
		if err != nil {
			return err
		}
		return f.draw(ctx, env, func(seed int64) (string, error) { return wildcard.Surprise(lists, seed, false) })
	}
}

func enrichPrompt(_ *flag.FlagSet, f *promptFlags) Action {
	return func(ctx context.Context, env *Env, args []string) error {
		text, err := oneText(env, args, `pentimento prompt enrich "a fox in the snow"`)
		if err != nil {
			return err
		}
		lists, _, err := f.library(env)
		if err != nil {
			return err
		}
		return f.draw(ctx, env, func(seed int64) (string, error) { return wildcard.Enrich(text, lists, seed, nil) })
	}
}

func listWildcards(_ *flag.FlagSet, f *promptFlags) Action {
	return func(_ context.Context, env *Env, args []string) error {
		if len(args) > 0 {
			return Misuse("arguments %q, want none", args)
		}
		lists, folders, err := f.library(env)
		if err != nil {
			return err
		}
		all, own := lists.Names()
		if f.json {
			return printed(writeJSON(env.Stdout, struct {
				Lists   []string `json:"lists"`
				Own     []string `json:"own"`
				Folders []string `json:"folders"`
			}{all, own, append([]string{}, folders...)}))
		}
		for _, dir := range folders {
			fmt.Fprintf(env.Stderr, "note: lists of %s\n", dir)
		}
		_, err = fmt.Fprintln(env.Stdout, strings.Join(all, "\n"))
		return printed(err)
	}
}

// oneText is the one argument, or standard input for "-".
func oneText(env *Env, args []string, example string) (string, error) {
	if len(args) != 1 || strings.TrimSpace(args[0]) == "" {
		return "", WithHint(Misuse("found %d arguments, want one text in quotation marks", len(args)), "%s", example)
	}
	if args[0] != "-" {
		return args[0], nil
	}
	b, err := io.ReadAll(io.LimitReader(env.Stdin, 1<<20))
	return strings.TrimSpace(string(b)), err
}
