package ort

import (
	"runtime"
	"sync"

	"pentimento/fault"
)

// The C library keeps what a thread freed for that thread: a call from another thread of Go's
// each time would take new memory each time (150 MB more at 1024 × 1024). So the same threads
// do all the work, and the last that was free goes first.

// idle are the threads that wait for work, each with the channel that gives it.
var idle struct {
	mu    sync.Mutex
	hands []chan task
}

// task is work, and what is called with its panic or nil after it.
type task struct {
	run     func()
	deliver func(panicked error)
}

// hand lets work run on a thread that waits, or on one more. It does not wait for it. deliver is
// called, with the panic of work if there was one, once the thread waits again, so that who hears
// of its end finds it waiting.
func hand(run func(), deliver func(panicked error)) {
	idle.mu.Lock()
	defer idle.mu.Unlock()
	work := task{run, deliver}
	if n := len(idle.hands); n > 0 {
		idle.hands[n-1] <- work
		idle.hands = idle.hands[:n-1]
		return
	}
	give := make(chan task, 1)
	give <- work
	go func() {
		runtime.LockOSThread()
		for work := range give {
			panicked := fault.Guard("running a network", work.run)
			idle.mu.Lock()
			idle.hands = append(idle.hands, give)
			idle.mu.Unlock()
			work.deliver(panicked)
		}
	}()
}
