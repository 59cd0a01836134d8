package cli

import (
	"context"
	"flag"
	"fmt"
	"io"

	"pentimento/app/collection"
	"pentimento/app/fetch"
	"pentimento/fault"
	"pentimento/pipeline"
	"pentimento/pipeline/model"
)

// Verb is one row of the table of verbs: what `pentimento NAME` does. To add a verb,
// write its file and add a row to Verbs; help, exit codes and the argument rules
// come from here.
type Verb struct {
	Name  string
	Args  string   // what follows the flags in the usage line: "FILE", "" for none
	Short string   // one line, a sentence without a full stop
	Long  string   // further help, lines of at most 78 columns; may be empty
	Words []string // arguments besides files that completion offers; may be empty
	// Setup declares the verb's flags and returns what to do once they are read. It is
	// also called for help, so it must do nothing else.
	Setup func(fs *flag.FlagSet) Action
}

// Action carries out a verb. args are the arguments that are no flags. An error made
// by Misuse ends in exit code 2, any other in 1. The action must stop soon after ctx ends.
type Action func(ctx context.Context, env *Env, args []string) error

// Env is all a verb may touch outside its arguments and the file system, so that
// tests can run verbs in-process. It is used by one goroutine.
type Env struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	Version        string // of the program: "0.1.0"
	Sample         []byte // the picture file that the verb demo works on
	// Merges reads the program's CLIP vocabulary; nil means this build has none.
	Merges func() ([]byte, error)

	// Starter is the path of the model to use when none is named, laid out at the first
	// call; nil means this build has none.
	Starter func() (string, error)

	// Runtime hands out the runtime of the networks, opened at the first call, the same
	// at every further call. nil means this build has none.
	Runtime func() (model.Runtime, error)

	// Isolated is Runtime's other way: what runs requests in a process of its own, which may
	// die without taking the verb along, and what ends that process. nil means this build has
	// none.
	Isolated func() (run pipeline.Runner, end func())

	// Devices are the names of all devices that there can be; nil: any name is taken.
	Devices []string

	// Known is the path of the checkpoint that a recipe names by hash or by name, "" where it
	// isn't among those that this person has; nil: none are known.
	Known func(ctx context.Context, hash, name string) string

	// Adapters is the path of the adapter that a recipe names, by the beginning of its sum ("" where
	// the recipe has none) or else by name; nil: none but those near the model.
	Adapters func(ctx context.Context, sum, name string) string

	// VAEs is the same for separate autoencoders.
	VAEs func(ctx context.Context, sum, name string) string

	// Collection is the person's library of models, and the folders that belong to it; nil: none.
	Collection func() (*collection.Collection, collection.Places)

	// Fetch speaks to the sites that models come from; nil: this build speaks to none.
	Fetch *fetch.Client

	// Windowless is whether this build has no window, so that help offers none.
	Windowless bool

	// Terminal is whether Stderr is a terminal a person looks at; only then is a
	// progress bar drawn.
	Terminal bool

	verbs []Verb // the table, which a row of it cannot name

	// pickSeed, when set, replaces the random seed of a run without --seed (tests).
	pickSeed func() int64
}

// Pipeline returns a pipeline for the engine; only engines that need a network ask
// Env.Runtime for one.
func (e *Env) Pipeline(engine pipeline.Engine) (*pipeline.Pipeline, error) {
	if !engine.Row().Network {
		return pipeline.New(nil), nil
	}
	if e.Runtime == nil {
		return nil, WithHint(fmt.Errorf("engine %q: this build has no runtime for networks", engine), "use --engine content, which needs none")
	}
	rt, err := e.Runtime()
	if err != nil {
		return nil, err
	}
	p := pipeline.New(rt)
	p.SetMerges(e.Merges)
	return p, nil
}

// misuse is wrong use of the program: exit code 2.
type misuse struct{ error }

func (m misuse) Unwrap() error { return m.error }

// Misuse returns an error that says the command line is wrong (exit code 2).
func Misuse(format string, a ...any) error { return misuse{fmt.Errorf(format, a...)} }

// WithHint adds advice, shown in a line of its own, to an error.
func WithHint(err error, format string, a ...any) error {
	return fault.With(err, fmt.Sprintf(format, a...))
}
