package cli

import (
	"flag"
	"regexp"
	"slices"
	"strings"

	"pentimento/pipeline"
)

// offer is one flag as help, completion and the manual have it.
type offer struct {
	name, value, help, owner string // owner: the only engine that has it, "" for any
	standard                 string // the default, "" where it says nothing
	values                   []string
	files, takes             bool // its value is a path; it takes a value at all
}

// pathNames are the placeholders in usage texts that stand for paths.
var pathNames = []string{"P", "FILE", "FOLDER", "PICTURE", "PNG"}

// oneWord is a value that can be listed, such as "soft" of "denoised|both|soft".
var oneWord = regexp.MustCompile(`^[\w+.-]+$`)

// offers lists a verb's flags in the order of help: those of any engine first.
func (v Verb) offers(env *Env) (all []offer) {
	fs := flag.NewFlagSet(v.Name, flag.ContinueOnError)
	v.Setup(fs)
	fs.VisitAll(func(f *flag.Flag) {
		owner, usage := splitUsage(f)
		value, help := flag.UnquoteUsage(&flag.Flag{Name: f.Name, Usage: usage, Value: f.Value})
		o := offer{name: f.Name, value: value, help: help, owner: owner, takes: true}
		if b, ok := f.Value.(interface{ IsBoolFlag() bool }); ok && b.IsBoolFlag() {
			o.takes, o.value = false, ""
		}
		if !slices.Contains([]string{"", "0", "-1", "false"}, f.DefValue) {
			o.standard = f.DefValue
		}
		o.files = slices.Contains(pathNames, value)
		o.values = valuesOf(env, f, value)
		all = append(all, o)
	})
	slices.SortStableFunc(all, func(a, b offer) int { return strings.Compare(a.owner, b.owner) })
	return all
}

// valuesOf lists what a flag's value can be; nil where that is no short list.
func valuesOf(env *Env, f *flag.Flag, placeholder string) []string {
	row, _ := f.Value.(*settingFlag)
	switch {
	case f.Name == "engine":
		return engineNames()
	case f.Name == "device" || f.Name == "probe":
		return env.Devices
	case row != nil && row.row.Kind == pipeline.Option:
		return choices(row.row)
	case f.Name == "schedule":
		return choices(pipeline.FindSetting("schedule"))
	case strings.Contains(placeholder, "|"):
		values := strings.Split(placeholder, "|")
		if !slices.ContainsFunc(values, func(v string) bool { return !oneWord.MatchString(v) }) {
			return values
		}
	}
	return nil
}
