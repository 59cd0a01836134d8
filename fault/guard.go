package fault

import (
	"fmt"
	"log"
	"runtime/debug"
	"sync"
)

// Guard runs work and returns a panic in it as an error, so that one bad piece of work on a
// goroutine of its own does not end the program with everybody's picture. Where it happened
// goes to the log. what says in a word or two what the work is.
func Guard(what string, work func()) (err error) {
	defer func() {
		if v := recover(); v != nil {
			log.Printf("%s panicked: %v\n%s", what, v, debug.Stack())
			err = New(fmt.Sprintf("%s: an error of the program itself: %v", what, v), "what was open is untouched; please report it with what the program has written on its standard error")
		}
	}()
	work()
	return nil
}

// Group is a sync.WaitGroup for parts of one piece of work: a part that panics does so at
// Wait, on the goroutine that wanted it, where whoever guards that one hears of it.
type Group struct {
	wait  sync.WaitGroup
	first sync.Once
	err   error
}

// Go runs a part on a goroutine of its own.
func (g *Group) Go(part func()) {
	g.wait.Go(func() {
		if err := Guard("a part of a computation", part); err != nil {
			g.first.Do(func() { g.err = err })
		}
	})
}

// Wait returns when all parts have; it panics with the error of the first part that did.
func (g *Group) Wait() {
	if g.wait.Wait(); g.err != nil {
		panic(g.err)
	}
}
