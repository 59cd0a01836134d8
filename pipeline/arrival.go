package pipeline

import (
	"context"
	"sync"

	"pentimento/pipeline/unet"
)

// arrival is a denoiser that is being opened in the background: that takes one core a
// fifth of a second, which the text encoders leave to it.
type arrival struct {
	done chan struct{}
	unet *unet.Network
	err  error

	mu   sync.Mutex
	held []string // notices, until the run asks for the denoiser
	here bool
}

// begin starts opening the denoiser beside what comes first in a run. In low-memory mode,
// where one network is open at a time, it does nothing.
func (o *opened) begin(ctx context.Context) {
	if o.unet != nil || o.coming != nil || o.source.lowMemory {
		return
	}
	a := &arrival{done: make(chan struct{})}
	options := o.options(false, false)
	tell := options.Notice
	options.Notice = func(text string) {
		a.mu.Lock()
		here := a.here
		if !here {
			a.held = append(a.held, text)
		}
		a.mu.Unlock()
		if here {
			tell(text)
		}
	}
	o.coming = a
	go func() {
		defer close(a.done)
		a.unet, a.err = unet.Open(ctx, o.runtime, o.Checkpoint, options, o.source.variant())
	}()
}

// await waits for the denoiser that begin has started on, if there is one, and passes on
// what happened to its devices: progress is reported from the run's own goroutine.
func (o *opened) await() error {
	a := o.coming
	if a == nil {
		return nil
	}
	<-a.done
	o.coming, o.unet = nil, a.unet
	a.mu.Lock()
	held := a.held
	a.held, a.here = nil, true
	a.mu.Unlock()
	for _, text := range held {
		if o.notice != nil {
			o.notice(text)
		}
	}
	if a.unet != nil {
		o.makeRoom() // the text encoders rest from here on
	}
	return a.err
}
