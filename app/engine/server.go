package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"pentimento/fault"
	"pentimento/pipeline"
)

// Backend is what the child does its work with.
type Backend struct {
	pipeline.Runner
	// Devices lists what networks can run on; it may load the native library.
	Devices func() []Device
}

// Build makes the backend from what the window said. say passes a sentence on to the
// person; any goroutine may call it.
type Build func(s Start, say func(string)) (Backend, error)

// lastWords is how long a run may take to end when the window has gone.
const lastWords = 2 * time.Second

// errAlone is a child that nobody talks to.
var errAlone = fault.New("engine: there is no window at the other end", "A window starts this itself; without one, `pentimento generate` and `fill` do the work.")

// Child is Serve on the pipes that the process was started with. An error means that the
// process was started by hand, or that its window is of another build.
func Child(version string, build Build) error {
	in, out, err := inherited()
	if err != nil {
		return err
	}
	return Serve(in, out, version, build)
}

// Serve is the child's side: it answers the messages of in on out until in ends, which is
// when the window closes it, ends or is killed. A run under way is then cancelled. Whatever
// it returns, the process should end: a run that does not end in time is left behind.
// version must be the window's.
func Serve(in io.Reader, out io.Writer, version string, build Build) error {
	s := &server{out: &writer{w: out}}
	if err := s.out.send(hello, 0, Start{Protocol: protocol, Version: version}); err != nil {
		return fmt.Errorf("engine: the window does not listen: %w", err)
	}
	from := reader{in}
	m, err := from.next()
	if err != nil {
		return over(err)
	}
	var told Start
	if m.Kind == start {
		err = decoder.Unmarshal(m.Body, &told)
	}
	if m.Kind != start || err != nil || told.Protocol != protocol || told.Version != version {
		return fmt.Errorf("engine: the window is %q, protocol %d; want %q, %d", told.Version, told.Protocol, version, protocol)
	}
	if s.backend, err = build(told, func(text string) { _ = s.out.send(notice, 0, step{Notice: text}) }); err != nil {
		return err
	}
	stop := make(chan struct{})
	defer close(stop)
	go func() { _ = fault.Guard("engine", func() { s.live(stop) }) }()
	for err == nil {
		if m, err = from.next(); err == nil {
			s.take(m)
		}
	}
	s.end(0)
	ended := make(chan struct{})
	go func() { _ = fault.Guard("engine", s.runs.Wait); close(ended) }()
	select {
	case <-ended:
	case <-time.After(lastWords):
	}
	return over(err)
}

// over takes the end of the window for what it is: no error.
func over(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil
	}
	return err
}

// server is the child's state. One run at a time: the window asks for no more.
type server struct {
	out     *writer
	backend Backend
	runs    sync.WaitGroup

	mu     sync.Mutex
	now    uint64 // the run under way; 0: none
	cancel context.CancelFunc
}

// live tells the window every second that the process does.
func (s *server) live(stop <-chan struct{}) {
	t := time.NewTicker(time.Second)
	defer t.Stop()
	for {
		select {
		case <-stop:
			return
		case <-t.C:
			_ = s.out.send(beat, 0, nil)
		}
	}
}

func (s *server) take(m message) {
	switch m.Kind {
	case run:
		if err := s.begin(m); err != nil {
			_ = s.out.send(failed, m.Run, refuse(err))
		}
	case cancel:
		s.end(m.Run)
	case devices:
		s.runs.Go(func() { _ = fault.Guard("devices", func() { _ = s.out.send(listed, 0, s.backend.Devices()) }) })
	}
}

// begin starts the run that a message asks for.
func (s *server) begin(m message) error {
	q, err := m.request()
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.now != 0 {
		return fmt.Errorf("engine: run %d is under way, want no other", s.now)
	}
	ctx, cancel := context.WithCancel(context.Background())
	s.now, s.cancel = m.Run, cancel
	s.runs.Go(func() {
		defer cancel()
		_ = fault.Guard("engine", func() { s.run(ctx, m.Run, q) })
	})
	return nil
}

// end cancels a run; 0 is whichever is under way.
func (s *server) end(id uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.now != 0 && (id == 0 || id == s.now) {
		s.cancel()
	}
}

// run carries out one request and answers it.
func (s *server) run(ctx context.Context, id uint64, q pipeline.Request) {
	box := newOutbox(s.out, id)
	res, err := guarded(ctx, s.backend, q, box.report)
	box.close() // what was reported comes before the answer
	s.mu.Lock()
	s.now, s.cancel = 0, nil // before the answer, which brings the next run
	s.mu.Unlock()
	if err == nil {
		err = s.out.sendResult(id, res)
		if err == nil {
			return
		}
	}
	_ = s.out.send(failed, id, refuse(err))
}

// guarded turns a panic into an error, as the queue of jobs does in the window's process:
// the model stays open for the next job.
func guarded(ctx context.Context, r pipeline.Runner, q pipeline.Request, report func(pipeline.Progress)) (res *pipeline.Result, err error) {
	if caught := fault.Guard("engine", func() { res, err = r.Run(ctx, q, report) }); caught != nil {
		return nil, caught
	}
	return res, err
}

// outbox sends progress alongside the run, so that a step does not wait for a preview to
// cross: of what has not been sent yet, only the latest step and the latest preview count.
// Notices are all sent.
type outbox struct {
	out  *writer
	id   uint64
	wake chan struct{}
	done chan struct{}

	mu     sync.Mutex
	open   bool
	latest *pipeline.Progress
	held   []string
}

func newOutbox(out *writer, id uint64) *outbox {
	b := &outbox{out: out, id: id, wake: make(chan struct{}, 1), done: make(chan struct{}), open: true}
	go func() { defer close(b.done); _ = fault.Guard("engine", b.work) }()
	return b
}

func (b *outbox) report(p pipeline.Progress) {
	b.mu.Lock()
	if p.Notice != "" {
		b.held = append(b.held, p.Notice)
		p.Notice = ""
	}
	if p.Preview == nil && b.latest != nil {
		p.Preview = b.latest.Preview
	}
	b.latest = &p
	b.mu.Unlock()
	b.nudge()
}

func (b *outbox) nudge() {
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

func (b *outbox) work() {
	for {
		b.mu.Lock()
		p, held, open := b.latest, b.held, b.open
		b.latest, b.held = nil, nil
		b.mu.Unlock()
		switch {
		case p != nil:
			b.send(*p, held)
		case !open:
			return
		default:
			<-b.wake
		}
	}
}

func (b *outbox) send(p pipeline.Progress, notices []string) {
	for _, text := range notices {
		_ = b.out.send(progress, b.id, step{Stage: p.Stage, Fraction: p.Fraction, Notice: text})
	}
	if s := (step{Stage: p.Stage, Fraction: p.Fraction}); p.Preview != nil {
		_ = b.out.send(progress, b.id, s, p.Preview)
	} else {
		_ = b.out.send(progress, b.id, s)
	}
}

// close sends what is left and returns when it has gone.
func (b *outbox) close() {
	b.mu.Lock()
	b.open = false
	b.mu.Unlock()
	b.nudge()
	<-b.done
}
