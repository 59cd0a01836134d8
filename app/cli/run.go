package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"

	"pentimento/pipeline"
)

// running says how a verb's engine works: with its latents traced, or in a process of its
// own.
type running struct {
	trace   *latentTrace
	isolate bool
}

// ofNetworks are the flags of running: engines without a network have no use for them.
var ofNetworks = map[string]pipeline.Engine{"trace-latent": pipeline.Diffusion, "isolate": pipeline.Diffusion}

func runningFlags(fs *flag.FlagSet) *running {
	r := &running{trace: traceLatentFlag(fs)}
	fs.BoolVar(&r.isolate, "isolate", false, "run networks in a separate process, so that a failing driver ends only that")
	return r
}

// each runs a request once for each picture of its batch, one after another, so that what is
// finished is kept when the rest is cancelled: paint runs the request of one picture and
// returns what writes that picture and tells of it. Progress is on the terminal.
func (r *running) each(env *Env, req pipeline.Request, paint func(q pipeline.Request, run pipeline.Runner, report func(pipeline.Progress)) (finish func() error, err error)) error {
	if err := r.trace.check(); err != nil {
		return err
	}
	runner, done, err := r.runner(env, req.Engine)
	if err != nil {
		return err
	}
	defer done()
	bar, n := env.bar(), max(req.Batch, 1)
	for i := range n {
		one := req.Nth(i)
		one.Batch = min(req.Batch, 1)
		finish, err := paint(one, runner, bar.nth(i, n))
		bar.clear()
		if err == nil {
			err = finish()
		}
		if i > 0 && errors.Is(err, context.Canceled) {
			return stopped{i, n, err}
		}
		if err != nil {
			return err
		}
	}
	return r.trace.write(env)
}

// stopped is a batch that was cancelled after some of its pictures were written.
type stopped struct {
	written, wanted int
	error
}

func (s stopped) Error() string {
	return fmt.Sprintf("stopped; %d of %d pictures were written", s.written, s.wanted)
}

func (s stopped) Unwrap() error { return s.error }

// runner is what the engine's requests run with; done ends it.
func (r *running) runner(env *Env, engine pipeline.Engine) (run pipeline.Runner, done func(), err error) {
	if r.isolate {
		switch {
		case r.trace.path != "":
			return nil, nil, Misuse("--trace-latent with --isolate, want one of them: latents stay in the other process")
		case env.Isolated == nil:
			return nil, nil, WithHint(fmt.Errorf("this build runs networks in its own process only"), "leave out --isolate")
		}
		run, done = env.Isolated()
		return run, done, nil
	}
	p, err := env.Pipeline(engine)
	if err != nil {
		return nil, nil, err
	}
	return traced{p, r.trace.hook()}, func() { _ = p.Close() }, nil // the process ends soon
}

// traced is a pipeline that tells what it computes.
type traced struct {
	*pipeline.Pipeline
	trace pipeline.Trace
}

func (t traced) Run(ctx context.Context, q pipeline.Request, report func(pipeline.Progress)) (*pipeline.Result, error) {
	return t.RunTraced(ctx, q, report, t.trace)
}
