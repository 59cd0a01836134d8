package cli

import (
	"flag"
	"fmt"
	"strconv"
	"strings"

	"pentimento/pipeline"
)

// settingFlag is the flag of one row of pipeline.Settings.
type settingFlag struct {
	row   *pipeline.Setting
	text  string
	given bool
	next  *settingFlag // of what a second use of the flag means: a row called like this one's ID with "_2"
}

// Set implements flag.Value; what the text means is looked at once all flags are read.
func (f *settingFlag) Set(text string) error {
	if f.row.Kind == pipeline.YesNo {
		if _, err := strconv.ParseBool(text); err != nil {
			return fmt.Errorf("want true or false")
		}
	}
	if f.given && f.next != nil && !f.next.given {
		return f.next.Set(text)
	}
	if f.given && f.row.Many {
		text = f.text + "\n" + text
	}
	f.text, f.given = text, true
	return nil
}

// String implements flag.Value.
func (f *settingFlag) String() string { return f.text }

// IsBoolFlag lets a yes stand without a value.
func (f *settingFlag) IsBoolFlag() bool { return f.row != nil && f.row.Kind == pipeline.YesNo }

// rowFlags are the flags of some rows, as declared for one verb.
type rowFlags struct {
	fs  *flag.FlagSet
	all []*settingFlag
}

// settingFlags declares a flag for each row that has one and is wanted.
func settingFlags(fs *flag.FlagSet, wanted func(*pipeline.Setting) bool) *rowFlags {
	flags := &rowFlags{fs: fs}
	for i := range pipeline.Settings {
		if s := &pipeline.Settings[i]; s.Flag != "" && wanted(s) {
			f := &settingFlag{row: s, text: s.Default}
			for _, before := range flags.all {
				if before.row.ID+"_2" == s.ID {
					before.next = f
				}
			}
			flags.all = append(flags.all, f)
			fs.Var(f, s.Flag, flagUsage(s))
		}
	}
	return flags
}

// flagUsage is a row's help, with the names of an option in back quotes.
func flagUsage(s *pipeline.Setting) string {
	if s.Kind != pipeline.Option || s.Loose {
		return s.Help
	}
	return s.Help + ": `" + strings.Join(choices(s), "|") + "`"
}

// choices are the names that an option's flag takes, as help lists them.
func choices(s *pipeline.Setting) (names []string) {
	for _, c := range s.Options {
		if c.Value != "" {
			names = append(names, c.Value)
		}
	}
	return names
}

// given are the names of the flags on the command line.
func (r *rowFlags) given() map[string]bool {
	out := map[string]bool{}
	r.fs.Visit(func(f *flag.Flag) { out[f.Name] = true })
	for _, f := range r.all {
		if f.given {
			out[f.row.Flag] = true
		}
	}
	return out
}

// lay puts the flags into a request. One that is not on the command line has its default; an
// open setting is left open, for its default can depend on the task.
func (r *rowFlags) lay(q *pipeline.Request) error {
	given := r.given()
	for _, f := range r.all {
		s := f.row
		if !given[s.Flag] {
			if !s.Open {
				_ = s.Set(q, s.Default)
			}
			continue
		}
		err := s.Set(q, f.text)
		if err == nil && s.Open && s.Get(*q) == s.Get(pipeline.Request{}) {
			err = fmt.Errorf("want above 0")
		}
		if err != nil {
			return meant(Misuse("--%s is %s, %w", s.Flag, f.text, err), f.text, choices(s))
		}
	}
	if err := q.Conflict(); err != nil {
		return misuse{err}
	}
	return nil
}
