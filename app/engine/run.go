package engine

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"pentimento/fault"
	"pentimento/pipeline"
)

// running is one run as the window's process sees it.
type running struct {
	child  *child
	config Config
	id     uint64
	req    pipeline.Request
	report func(pipeline.Progress)

	quiet, still time.Duration // without a message; without progress
	signs        int64
}

var runs atomic.Uint64

func newRun(k *child, c Config, req pipeline.Request, report func(pipeline.Progress)) *running {
	return &running{child: k, config: c, id: runs.Add(1), req: req, report: report}
}

// wait sends the request and follows the run to its end: the result, an ordinary error, the
// end of ctx, or a *Lost when the child died or was killed because it hung.
func (r *running) wait(ctx context.Context) (*pipeline.Result, error) {
	sent := make(chan error, 1)
	go func() {
		var err error
		if caught := fault.Guard("engine", func() { err = r.child.out.sendRequest(r.id, r.req) }); caught != nil {
			err = caught
		}
		sent <- err
	}()
	patient := r.config.Patience(r.req)
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	ended := ctx.Done()
	var enough <-chan time.Time
	for {
		select {
		case m := <-r.child.events:
			if res, over, err := r.take(m); over {
				return res, err
			}
		case err := <-sent:
			// What did not get through is a child that is going: its end says why.
			if _, gone := err.(errPipe); err != nil && !gone {
				return nil, err
			}
		case <-ended:
			ended = nil
			go func() { _ = fault.Guard("engine", func() { _ = r.child.out.send(cancel, r.id, nil) }) }()
			enough = time.After(r.config.Grace)
		case <-enough:
			r.child.kill("did not stop when it was told to")
			return nil, ctx.Err()
		case <-tick.C:
			r.watch(patient)
		case <-r.child.gone:
			return r.rest(ctx)
		}
	}
}

// watch kills a child that hangs. It counts its own ticks, not the clock: a machine that
// slept, or was too busy to run this process, is not the child's fault.
func (r *running) watch(patient time.Duration) {
	r.quiet += time.Second
	r.still += time.Second
	if signs := r.child.signs.Load(); signs != r.signs {
		r.signs, r.quiet = signs, 0
	}
	switch {
	case r.quiet > r.config.Silence:
		r.child.kill(fmt.Sprintf("hung: no sign of life for %v", r.quiet))
	case r.still > patient:
		r.child.kill(fmt.Sprintf("hung: no progress for %v", r.still))
	}
}

// take looks at one message of the child.
func (r *running) take(m message) (res *pipeline.Result, over bool, err error) {
	if m.Run != r.id {
		return nil, false, nil // of a run that was given up
	}
	r.still = 0
	switch m.Kind {
	case progress:
		var s step
		if err := decoder.Unmarshal(m.Body, &s); err != nil {
			r.child.kill("sent an invalid progress report: " + err.Error())
			return nil, false, nil
		}
		r.report(pipeline.Progress{Stage: s.Stage, Fraction: s.Fraction, Notice: s.Notice, Preview: m.nrgba(0)})
	case done:
		if res, err = m.result(r.req); err != nil {
			r.child.kill("sent an invalid result: " + err.Error())
			return nil, false, nil
		}
		return res, true, nil
	case failed:
		var f refusal
		if err := decoder.Unmarshal(m.Body, &f); err != nil {
			r.child.kill("sent an invalid answer: " + err.Error())
			return nil, false, nil
		}
		if f.Cancelled {
			return nil, true, context.Canceled
		}
		return nil, true, fault.New(f.Text, f.Advice)
	}
	return nil, false, nil
}

// rest looks, after the child's end, at what it had said before.
func (r *running) rest(ctx context.Context) (*pipeline.Result, error) {
	for {
		select {
		case m := <-r.child.events:
			if res, over, err := r.take(m); over {
				return res, err
			}
		default:
			return nil, r.lost(ctx)
		}
	}
}

func (r *running) lost(ctx context.Context) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return r.child.died()
}
