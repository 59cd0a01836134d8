package cli

import (
	"context"
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

// with runs work with what an engine's requests run with, and with progress on the terminal.
func (r *running) with(env *Env, engine pipeline.Engine, work func(pipeline.Runner, func(pipeline.Progress)) error) error {
	runner, done, err := r.runner(env, engine)
	if err != nil {
		return err
	}
	defer done()
	bar := env.bar()
	err = work(runner, bar.report)
	bar.clear()
	if err == nil {
		err = r.trace.write(env)
	}
	return err
}

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
