// Package cli is Pentimento without a window: the verbs (fill, outpaint, info,
// version, …). No window, no Fyne, no display.
//
// Start at Main, then the table Verbs; a verb is a row there and a file of its name.
// verb.go holds what a row is. Exit codes: 0 done, 1 failed, 2 wrong use. Results go to
// stdout, everything said about them to stderr: errors in one line, advice in a second
// one that begins with "hint:".
//
// 2026-11-23: the standard flag package reads the flags (both -x and --x); we only
// let flags and arguments mix, as people write "info FILE --json".
// 2026-11-23: without --seed the seed is drawn at random and reported, as every tool of
// the field does; --json and the picture's own information say which it was.
package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"pentimento/fault"
)

// Exit codes.
const (
	ExitDone   = 0
	ExitFailed = 1
	ExitMisuse = 2
)

// Verbs is the table of verbs, in the order help prints them.
var Verbs = []Verb{
	fillVerb,
	outpaintVerb,
	generateVerb,
	upscaleVerb,
	detailVerb,
	cutoutVerb,
	backgroundVerb,
	pixelateVerb,
	restoreVerb,
	swapVerb,
	harmoniseVerb,
	selectVerb,
	preprocessVerb,
	promptVerb,
	infoVerb,
	traceVerb,
	modelsVerb,
	devicesVerb,
	demoVerb,
	versionVerb,
	completionVerb,
	manVerb,
}

// IsVerb tells whether the first argument of the program asks for a verb (or for help)
// and not for files to open in a window.
func IsVerb(arg string) bool {
	switch arg {
	case "help", "-h", "-help", "--help", "-version", "--version":
		return true
	}
	_, ok := find(arg)
	return ok
}

// Main runs the verb args[0] with the arguments after it and returns the exit code. A
// cancelled ctx makes the verb stop with ExitFailed.
func Main(ctx context.Context, args []string, env Env) int {
	env.verbs = Verbs
	err := run(ctx, args, &env)
	if err == nil {
		return ExitDone
	}
	complain(env.Stderr, err)
	if m := (misuse{}); errors.As(err, &m) {
		return ExitMisuse
	}
	return ExitFailed
}

// IsTerminal tells whether w is a terminal (for Env.Terminal).
func IsTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	st, err := f.Stat()
	return err == nil && st.Mode()&os.ModeCharDevice != 0
}

func find(name string) (Verb, bool) {
	for _, v := range Verbs {
		if v.Name == name {
			return v, true
		}
	}
	return Verb{}, false
}

func run(ctx context.Context, args []string, env *Env) error {
	if len(args) == 0 {
		return WithHint(Misuse("no verb, want one of %s", verbNames()), "pentimento --help explains them")
	}
	name, rest := args[0], args[1:]
	switch name {
	case "help", "-h", "-help", "--help":
		if name == "help" && len(rest) > 0 {
			name, rest = rest[0], []string{"--help"}
			break
		}
		return printed(usage(env.Stdout, env.Windowless))
	case "-version", "--version":
		name = "version"
	}
	v, ok := find(name)
	if !ok {
		return unknown(append([]string{name}, rest...))
	}
	err := v.run(ctx, rest, env)
	if err == nil || strings.HasPrefix(err.Error(), v.Name+": ") || strings.HasPrefix(err.Error(), v.Name+" ") { // which says whose it is
		return err
	}
	return fmt.Errorf("%s: %w", v.Name, err)
}

// run reads the flags of one verb and carries it out.
func (v Verb) run(ctx context.Context, args []string, env *Env) error {
	fs := flag.NewFlagSet(v.Name, flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	action := v.Setup(fs)
	rest, err := parse(fs, args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return printed(v.help(env.Stdout))
	case err != nil:
		err = WithHint(misuse{err}, "pentimento %s --help lists the flags", v.Name)
		if _, name, ok := strings.Cut(err.Error(), noSuchFlag+"--"); ok {
			if near := fault.Nearest(name, flagNames(fs)); near != "" {
				return WithHint(err, "did you mean --%s? pentimento %s --help lists the flags", near, v.Name)
			}
		}
		return err
	case v.Args == "" && len(rest) > 0:
		return WithHint(Misuse("argument %q is one too many", rest[0]), "pentimento %s --help shows the form", v.Name)
	}
	return action(ctx, env, rest)
}

// parse reads flags and arguments in any order; what follows "--" is arguments.
func parse(fs *flag.FlagSet, args []string) (rest []string, err error) {
	for len(args) > 0 {
		if err := fs.Parse(args); err != nil {
			return nil, tidy(err)
		}
		used := len(args) - fs.NArg()
		if used > 0 && args[used-1] == "--" {
			return append(rest, fs.Args()...), nil
		}
		if fs.NArg() == 0 {
			break
		}
		rest, args = append(rest, fs.Arg(0)), fs.Args()[1:]
	}
	return rest, nil
}

const noSuchFlag = "no such flag: "

// tidy writes the flag package's errors the way ours are written.
func tidy(err error) error {
	if errors.Is(err, flag.ErrHelp) {
		return err
	}
	s := strings.NewReplacer("flag provided but not defined: -", noSuchFlag+"--", "flag needs an argument: -", "a value is missing after --",
		"for flag -", "for --", "for -", "for --").Replace(err.Error())
	if strings.Contains(s, "boolean") {
		s = strings.Replace(s, ": parse error", ", want true or false", 1)
	}
	s = strings.Replace(s, ": parse error", ", want a number", 1)
	s = strings.Replace(s, ": value out of range", ", which is out of range", 1)
	return errors.New(strings.ReplaceAll(s, "\n", " "))
}

// complain prints an error in one line and the advice it carries in a second.
func complain(w io.Writer, err error) {
	msg := fault.Plain(err)
	if part := (stopped{}); errors.As(err, &part) {
		msg = part.Error()
	} else if part := (kept{}); errors.As(err, &part) {
		msg = part.Error()
	} else if errors.Is(err, context.Canceled) {
		msg = "stopped; nothing was written"
	}
	fmt.Fprintf(w, "pentimento: %s\n", oneLine(msg))
	if hint := fault.Hint(err); hint != "" {
		fmt.Fprintf(w, "hint: %s\n", oneLine(hint))
	}
}

// oneLine keeps a message from breaking the line or the terminal it is shown on.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, s)
}

// printed names the failure of writing to stdout (a closed pipe, a full disk).
func printed(err error) error {
	if err != nil {
		return fmt.Errorf("stdout: %w", err)
	}
	return nil
}
