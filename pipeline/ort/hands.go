package ort

import (
	"runtime"
	"sync"
)

// The C library keeps what a thread freed for that thread: a call from another thread of Go's
// each time would take new memory each time (150 MB more at 1024 × 1024). So the same threads
// do all the work, and the last that was free goes first.

// idle are the threads that wait for work, each with the channel that gives it.
var idle struct {
	mu    sync.Mutex
	hands []chan func() func()
}

// hand lets work run on a thread that waits, or on one more. It does not wait for it. What work
// returns is called once the thread waits again, so that who hears of its end finds it waiting.
func hand(work func() (deliver func())) {
	idle.mu.Lock()
	defer idle.mu.Unlock()
	if n := len(idle.hands); n > 0 {
		idle.hands[n-1] <- work
		idle.hands = idle.hands[:n-1]
		return
	}
	give := make(chan func() func(), 1)
	give <- work
	go func() {
		runtime.LockOSThread()
		for work := range give {
			deliver := work()
			idle.mu.Lock()
			idle.hands = append(idle.hands, give)
			idle.mu.Unlock()
			deliver()
		}
	}()
}
