package settings

import (
	"bytes"
	"encoding/json"
	"sync"
	"time"

	"pentimento/fault"
)

// Keeper writes a Store to its file soon after it has changed, so that a program that is
// killed has lost a second of it at most. It belongs to the Store's goroutine; the file is
// written on another.
//
// 2026-11-27: it compares what would be written with what was, and so needs no word of what
// was changed where: settings are fields that anybody may set.
type Keeper struct {
	store  *Store
	wait   time.Duration
	post   func(func())
	before func()

	timer  *time.Timer // nil: nothing has changed since the last look
	last   []byte      // what was handed over last
	closed bool

	writing sync.WaitGroup
	file    sync.Mutex // one write at a time …
	order   sync.Mutex
	newest  []byte // … and of what waits the newest only, guarded by order
}

// NewKeeper returns a Keeper that writes at most once in a while. post runs a function on the
// Store's goroutine; before is called there first, to put into the Store what is kept
// elsewhere. A Store without a path is never written.
func NewKeeper(s *Store, wait time.Duration, post func(func()), before func()) *Keeper {
	k := &Keeper{store: s, wait: wait, post: post, before: before}
	k.last, _ = json.Marshal(s.Settings)
	return k
}

// Touch says that something may have changed.
func (k *Keeper) Touch() {
	k.lookIn(k.wait)
}

func (k *Keeper) lookIn(wait time.Duration) {
	if k.timer != nil || k.closed || k.store.path == "" {
		return
	}
	k.timer = time.AfterFunc(wait, func() { k.post(k.look) })
}

// failed has what was not written tried again: a disk has room again, another program closes
// the file.
func (k *Keeper) failed() {
	k.last = nil
	k.lookIn(10 * k.wait)
}

// look hands over what has changed.
func (k *Keeper) look() {
	if k.timer == nil {
		return // closed
	}
	k.timer = nil
	k.before()
	known, err := json.Marshal(k.store.Settings)
	if err != nil || bytes.Equal(known, k.last) {
		return
	}
	k.last = known
	k.order.Lock()
	waits := k.newest != nil
	k.newest = known
	k.order.Unlock()
	if waits {
		return // the write that waits takes it along
	}
	k.writing.Go(func() {
		k.file.Lock()
		defer k.file.Unlock()
		k.order.Lock()
		known := k.newest
		k.newest = nil
		k.order.Unlock()
		var err error
		if p := fault.Guard("settings", func() { err = k.store.write(known) }); p != nil || err != nil {
			k.post(k.failed) // Close says so if it still fails
		}
	})
}

// Close waits for what is being written and writes the rest. The Keeper ends.
func (k *Keeper) Close() error {
	k.closed = true
	if k.timer != nil {
		k.timer.Stop()
		k.timer = nil
	}
	k.before()
	k.writing.Wait()
	return k.store.Save()
}
