package journal

import "time"

// maxPending is how many events wait for a failing disk one by one; beyond, they are
// folded together, and the file is rewritten when the disk works again.
const maxPending = 4096

// run is the journal's goroutine.
func (j *Journal) run() {
	defer close(j.ended)
	for {
		for _, ev := range j.take() {
			j.handle(ev)
		}
		now := time.Now()
		switch {
		case j.failed != nil && !now.Before(j.retryAt):
			j.resume()
		case j.failed == nil && (len(j.waiting) > 0 || !j.due.IsZero() && !now.Before(j.due)):
			j.sync()
		case j.failed == nil && j.wantsCompaction():
			j.compact()
		}
		if !j.sleep() {
			j.end()
			return
		}
	}
}

// take empties the queue.
func (j *Journal) take() []event {
	j.mu.Lock()
	defer j.mu.Unlock()
	evs := j.queue
	j.queue = nil
	return evs
}

// sleep waits for the next thing to do; false when the journal is being closed.
func (j *Journal) sleep() bool {
	next := j.due
	if j.failed != nil {
		next = j.retryAt
	}
	var timer <-chan time.Time
	if !next.IsZero() {
		t := time.NewTimer(max(time.Until(next), 0))
		defer t.Stop()
		timer = t.C
	}
	select {
	case <-j.wake:
	case <-timer:
	case <-j.closing:
		return false
	}
	return true
}

// handle writes one event, or lets it wait while the disk fails.
func (j *Journal) handle(ev event) {
	if ev.moved != nil {
		ev.moved(j.relocate(ev.places, ev.before))
		return
	}
	if j.failed != nil {
		j.wait(ev)
		return
	}
	if err := j.record(&ev); err != nil {
		j.fail(err)
		j.wait(ev)
		return
	}
	if ev.done != nil {
		j.waiting = append(j.waiting, ev.done)
	}
}

// record writes one event to the file and follows it.
func (j *Journal) record(ev *event) error {
	if ev.kind == kindNothing {
		return nil
	}
	if j.log == nil {
		if err := j.acquire(); err != nil {
			return err
		}
		if err := j.rewrite(j.affordable(), nil); err != nil {
			return err
		}
	}
	if ev.kind == kindMove && ev.at < j.hist.base { // the file must begin earlier
		if err := j.rewrite(max(ev.at, 0), nil); err != nil {
			return err
		}
	}
	before := j.log.end
	err := ev.put(j.log, j.hist)
	if err == nil {
		j.log.pad()
		err = j.log.flush()
	}
	if err != nil {
		j.log.forget()
		return err
	}
	j.garbage += ev.apply(j.hist, j.log.end-before)
	if j.due.IsZero() {
		j.due = time.Now().Add(j.c.Delay)
	}
	return nil
}

// sync makes what was written last and tells who waits for it.
func (j *Journal) sync() {
	var err error
	if j.log != nil && j.log.synced < j.log.end {
		if err = j.log.sync(); err != nil {
			j.doubtful = true
			j.fail(err)
		}
	}
	j.due = time.Time{}
	j.answer(err)
}

func (j *Journal) answer(err error) {
	for _, done := range j.waiting {
		done <- err
	}
	j.waiting = nil
}

// fail notes why the disk does not take what it is given, and tells it once.
func (j *Journal) fail(err error) {
	j.retryAt = time.Now().Add(j.c.Retry)
	j.due = time.Time{}
	first := j.failed == nil
	j.set(plain(j.c.Path, err))
	j.answer(j.failed)
	if first {
		j.c.Notice(j.failed)
	}
}

func (j *Journal) set(failed error) {
	j.failed = failed
	j.mu.Lock()
	j.trouble = failed
	j.mu.Unlock()
}

// wait keeps an event for later.
func (j *Journal) wait(ev event) {
	if ev.done != nil {
		ev.done <- j.failed
		ev.done = nil
	}
	j.pending = append(j.pending, ev)
	if len(j.pending) > maxPending {
		for i := range j.pending {
			j.pending[i].apply(j.hist, 0)
		}
		j.pending, j.doubtful = nil, true
	}
}

// resume tries again after a failure: the half-written end is cut off and what waited is
// written, or the whole file is rewritten where it cannot be trusted.
func (j *Journal) resume() {
	j.retryAt = time.Now().Add(j.c.Retry)
	var err error
	if j.doubtful && j.log != nil {
		err = j.rewrite(j.affordable(), nil)
	} else if j.log != nil {
		err = j.log.rewind()
	}
	for err == nil && len(j.pending) > 0 {
		if err = j.record(&j.pending[0]); err == nil {
			j.pending = j.pending[1:]
		}
	}
	if err == nil && j.log != nil {
		if err = j.log.sync(); err != nil {
			j.doubtful = true
		}
	}
	if err != nil {
		j.set(plain(j.c.Path, err))
		return
	}
	j.set(nil)
	j.pending, j.due = nil, time.Time{}
	j.c.Notice(nil)
}

// end writes what is left and the mark of a clean end.
func (j *Journal) end() {
	for _, ev := range j.take() {
		j.handle(ev)
	}
	if j.failed != nil {
		j.resume()
	}
	if j.failed == nil && j.log != nil {
		j.mu.Lock()
		clean := j.clean
		j.mu.Unlock()
		if clean != nil {
			j.log.add(kindClean, clean)
			if err := j.log.flush(); err != nil {
				j.fail(err)
			}
		}
		if j.failed == nil {
			j.sync()
		}
	}
	j.result = j.failed
	j.answer(j.failed)
	if j.log != nil {
		j.log.file.Close()
	}
	j.lock.Unlock()
}

// acquire prepares the place and takes the lock where the journal holds one.
func (j *Journal) acquire() error {
	if j.c.Prepare != nil {
		if err := j.c.Prepare(j.c.Path); err != nil {
			return err
		}
	}
	if !j.c.Exclusive || j.lock != nil {
		return nil
	}
	l, err := TryLock(j.c.Path)
	j.lock = l
	return err
}
