package cli

import (
	"errors"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"pentimento/fault"
)

// meant gives an error about a mistyped name its advice: the known name that is most like
// it, or all of them where none is and the error doesn't list them.
func meant(err error, name string, known []string) error {
	switch near := fault.Nearest(name, known); {
	case near != "":
		return WithHint(err, "did you mean %q?", near)
	case len(known) == 0 || strings.Contains(err.Error(), known[len(known)-1]):
		return err
	}
	return WithHint(err, "known: %s", strings.Join(known, ", "))
}

// flagNames are the flags of one verb.
func flagNames(flags *flag.FlagSet) (names []string) {
	flags.VisitAll(func(f *flag.Flag) { names = append(names, f.Name) })
	return names
}

// ForWindow tells whether the program's arguments ask for a window: there are none, or
// each names a file or folder that is there. All others are for Main.
func ForWindow(args []string) bool {
	return len(args) == 0 || !IsVerb(args[0]) && !slices.ContainsFunc(args, missing)
}

// missing says whether a path names nothing; what cannot be looked at is there.
func missing(path string) bool {
	_, err := os.Stat(path)
	return errors.Is(err, fs.ErrNotExist)
}

// unknown is the error of arguments that are neither a verb nor files.
func unknown(args []string) error {
	name := args[0]
	if i := slices.IndexFunc(args, missing); i > 0 { // the first is a file
		return nearFile(Misuse("%q: no such file", args[i]), args[i])
	}
	verb := WithHint(Misuse("unknown verb %q, want one of %s", name, verbNames()), "pentimento --help explains them")
	near := fault.Nearest(name, strings.Split(verbNames(), ", "))
	switch {
	case strings.HasPrefix(name, "-"):
		return WithHint(Misuse("unknown flag %q, want a verb or a file first", name), "pentimento --help lists the verbs, pentimento VERB --help their flags")
	case strings.ContainsAny(name, `./\`):
		return nearFile(Misuse("%q: no such file", name), name)
	case near != "":
		return WithHint(verb, "did you mean %q? pentimento --help explains the verbs", near)
	}
	return verb
}

// nearFile advises the file in the same folder whose name is most like the one of path.
func nearFile(err error, path string) error {
	dir, base := filepath.Split(path)
	var names []string
	entries, _ := os.ReadDir(filepath.Dir(path))
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if near := fault.Nearest(base, names); near != "" && near != base {
		return WithHint(err, "did you mean %q?", dir+near)
	}
	return WithHint(err, "check the spelling of the path")
}

// checkDevice refuses a device that this program doesn't know; "" is its own choice.
func (e *Env) checkDevice(name string) error {
	if name == "" || name == "auto" || len(e.Devices) == 0 || slices.Contains(e.Devices, name) {
		return nil
	}
	return meant(Misuse("the device is %s, want one of %s", name, strings.Join(e.Devices, ", ")), name, e.Devices)
}
