package engine

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"time"

	"pentimento/fault"
)

// child is one running process, from its start until everything it said has been read.
type child struct {
	told   Start
	cmd    *exec.Cmd
	out    *writer
	pipe   io.Closer // under out
	said   *tail
	signs  atomic.Int64  // messages so far: what counts as life
	events chan message  // of the run under way
	listed chan struct{} // closed when the devices have come
	killed chan struct{} // closed when nobody waits for events any more
	gone   chan struct{} // closed when the process is reaped and why is set
	notice func(string)
	list   func([]Device)

	mu     sync.Mutex
	reason string // why it was killed by us
	ended  string // how it ended, for a Lost
	memory bool   // the system ended it, most likely for lack of memory
}

// errStart is a child that could not be started at all: trying again is no use.
type errStart struct {
	error
	advice string
}

// launch starts a process and makes sure that it is an engine of this build.
func launch(c *Config, told Start, list func([]Device)) (*child, error) {
	childIn, in, err := os.Pipe()
	if err != nil {
		return nil, errStart{fmt.Errorf("no pipe: %w", err), ""}
	}
	out, childOut, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(errStart{fmt.Errorf("no pipe: %w", err), ""}, childIn.Close(), in.Close())
	}
	widen(in)
	widen(out)
	k := &child{
		told: told, cmd: c.command(), out: &writer{w: in}, pipe: in, said: &tail{}, notice: c.notice, list: list,
		events: make(chan message, 8), listed: make(chan struct{}), killed: make(chan struct{}), gone: make(chan struct{}),
	}
	// What native code prints goes here, and nothing else does.
	k.cmd.Stdout, k.cmd.Stderr = k.said, k.said
	k.cmd.WaitDelay = 2 * time.Second // for what the child has started and left behind
	if err = attach(k.cmd, childIn, childOut); err == nil {
		err = k.cmd.Start()
	}
	_, _ = childIn.Close(), childOut.Close()
	if err != nil {
		_, _ = in.Close(), out.Close()
		return nil, errStart{err, "Is the program still where it was started from? Save, close it and start it again."}
	}
	first := make(chan message, 1)
	go func() { _ = fault.Guard("engine", func() { k.read(reader{out}, out, first) }) }()
	return k, k.greet(c, first)
}

// greet waits for the child's first message, holds it against this build and answers.
func (k *child) greet(c *Config, first <-chan message) error {
	late := time.NewTimer(c.Starting)
	defer late.Stop()
	var its Start
	select {
	case m := <-first:
		if err := decoder.Unmarshal(m.Body, &its); err != nil || m.Kind != hello {
			k.kill("isn't an engine: its first message is not one of ours")
			return k.died()
		}
	case <-k.gone:
		return k.died()
	case <-late.C:
		k.kill(fmt.Sprintf("did not answer within %v of its start", c.Starting))
		return k.died()
	}
	k.said.clear() // of what came before the program proper, such as a toolkit's warnings
	if its.Protocol != protocol || its.Version != c.Version {
		k.kill("is of another build")
		return errStart{fmt.Errorf("the program on disk is %q (protocol %d), the one that runs is %q (protocol %d)", its.Version, its.Protocol, c.Version, protocol),
			"The program was replaced while it ran: save, close it and start it again."}
	}
	if err := k.out.send(start, 0, k.told); err != nil {
		return k.died()
	}
	if err := k.out.send(devices, 0, nil); err != nil {
		return k.died()
	}
	return nil
}

// read passes on what the child says until it ends or says what cannot be read, and then
// sees the process to its end.
func (k *child) read(from reader, pipe io.Closer, first chan<- message) {
	var err error
	if caught := fault.Guard("engine", func() { err = k.follow(from, first) }); caught != nil {
		err = caught
	}
	if err != io.EOF && err != io.ErrUnexpectedEOF { // cut off by its death is no fault of its own
		k.kill("sent an invalid message: " + err.Error())
	}
	k.reap(pipe)
}

// follow is the part of read that lasts until the error with which it ends.
func (k *child) follow(from reader, first chan<- message) error {
	m, err := from.next()
	if err == nil {
		k.signs.Add(1)
		first <- m
	}
	for err == nil {
		if m, err = from.next(); err == nil {
			k.signs.Add(1)
			k.pass(m)
		}
	}
	return err
}

func (k *child) pass(m message) {
	switch m.Kind {
	case notice:
		var s step
		if decoder.Unmarshal(m.Body, &s) == nil {
			k.notice(s.Notice)
		}
	case listed:
		var l []Device
		if decoder.Unmarshal(m.Body, &l) == nil && !closed(k.listed) {
			k.list(l)
			close(k.listed)
		}
	case progress, done, failed:
		select {
		case k.events <- m:
		case <-k.killed:
		}
	}
}

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// reap waits for the process, which has closed its pipe, and notes how it ended.
func (k *child) reap(pipe io.Closer) {
	late := time.AfterFunc(5*time.Second, func() { k.kill("closed its pipe and did not end") })
	err := k.cmd.Wait()
	late.Stop()
	sweep(k.cmd.Process.Pid)
	_, _ = pipe.Close(), k.pipe.Close()
	k.mu.Lock()
	defer k.mu.Unlock()
	how := "exit status 0"
	if k.cmd.ProcessState != nil {
		how = k.cmd.ProcessState.String()
	} else if err != nil {
		how = err.Error()
	}
	switch {
	case k.reason != "":
		k.ended = "the engine " + k.reason
	case how == "signal: killed":
		k.ended, k.memory = "the engine was killed ("+how+")", true
	default:
		k.ended = "the engine ended (" + how + ")"
	}
	close(k.gone)
}

// kill ends the process at once; the first reason counts. Any goroutine may call it.
func (k *child) kill(reason string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !closed(k.killed) {
		k.reason = reason
		close(k.killed)
	}
	_ = k.cmd.Process.Kill()
}

// leave lets the process end by itself, as it does when its pipe ends, and kills it when it
// does not. It returns when the process is gone.
func (k *child) leave() {
	_ = k.pipe.Close()
	select {
	case <-k.gone:
	case <-time.After(lastWords + time.Second):
		k.kill("did not end")
		<-k.gone
	}
}

// alive says whether the process still runs, as far as is known.
func (k *child) alive() bool { return !closed(k.gone) && !closed(k.killed) }

// died waits for the process's end and tells how it came.
func (k *child) died() error {
	<-k.gone
	k.mu.Lock()
	defer k.mu.Unlock()
	l := &Lost{Why: k.ended, Said: k.said.lines(3), Advice: "Try again; if it happens again, choose another device or a smaller size."}
	if k.memory { // it had no time for last words: what it said before is not about this
		l.Said = nil
		l.Advice = "The system ends a program like this where memory runs out: choose a smaller size, close other programs, or try again."
	}
	return l
}
