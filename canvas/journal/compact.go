package journal

import (
	"slices"
	"time"
)

// serve is how often events are served while the file is rewritten.
const serve = 200 * time.Millisecond

// wantsCompaction says whether the file holds more than it should: half of it is needed by
// nothing, or it is beyond its budget and has grown since that was last seen to.
func (j *Journal) wantsCompaction() bool {
	if j.log == nil {
		return false
	}
	size := j.log.end
	return size > j.c.smallest && j.garbage > size/2 || size > j.c.Budget && size > j.dense+j.dense/2
}

// compact rewrites the file without what nothing needs and, beyond the budget, without
// the oldest steps. Until the new file takes the old one's place, everything goes into the
// old one as well.
func (j *Journal) compact() {
	if err := j.rewrite(j.affordable(), j.serve()); err != nil && j.log != nil {
		j.dense, j.garbage = j.log.end, 0 // the old file is whole: ask again once it has grown
	}
}

// affordable is the oldest step that fits into half of the budget.
func (j *Journal) affordable() int {
	h := j.hist
	left := j.c.Budget / 2
	for i := len(h.moments) - 1; i > 0; i-- {
		if left -= h.sizes[i]; left < 0 && i <= h.at-1 {
			return i
		}
	}
	return 0
}

// serve returns what is called between the steps of a compaction: it writes what has
// arrived meanwhile to the old file and keeps it for the new one. A jump to a step that a
// file lacks and a move to another place rewrite the file themselves: such an event, and
// what follows it, waits for the end.
func (j *Journal) serve() func(first int, more *[]event) {
	last, stopped := time.Now(), false
	return func(first int, more *[]event) {
		if time.Since(last) < serve || j.failed != nil || stopped {
			return
		}
		evs := j.take()
		for i, ev := range evs {
			if ev.moved != nil || ev.kind == kindMove && ev.at < max(first, j.hist.base) {
				stopped = true
				j.giveBack(evs[i:])
				break
			}
			j.handle(ev)
			ev.done = nil
			*more = append(*more, ev)
		}
		if j.failed == nil && j.log.synced < j.log.end {
			j.sync()
		}
		last = time.Now()
	}
}

// giveBack puts events back to the front of the queue.
func (j *Journal) giveBack(evs []event) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.queue = append(slices.Clone(evs), j.queue...)
}

// rewrite writes a new file that begins with step `first` and puts it in the old one's
// place. between (may be nil) is called often and adds the events that it wrote to the old
// file. After an error the old file is as it was.
func (j *Journal) rewrite(first int, between func(int, *[]event)) error {
	tmp := j.c.Path + ".new"
	f, err := j.c.Disk.Open(tmp, true)
	if err != nil {
		return err
	}
	l := newLog(f)
	l.before = j.log
	h, err := j.fill(l, min(first, max(len(j.hist.moments)-1, 0)), between)
	if err == nil {
		err = l.sync()
	}
	if err == nil && j.failed != nil && between != nil {
		err = j.failed // what came meanwhile waits for the old file
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		j.c.Disk.Remove(tmp)
		return err
	}
	return j.swap(tmp, l, h)
}

// fill writes everything from step `first` on into a new file.
func (j *Journal) fill(l *log, first int, between func(int, *[]event)) (*history, error) {
	h := j.hist.clone()
	written := &history{saved: -1, at: -1}
	var more []event
	size := l.end
	record := func(ev event) error {
		if err := ev.put(l, written); err != nil {
			return err
		}
		l.pad()
		if err := l.flush(); err != nil {
			return err
		}
		ev.apply(written, l.end-size)
		size = l.end
		if between != nil {
			between(first, &more)
		}
		return nil
	}
	for _, ev := range h.events(first) {
		if err := record(ev); err != nil {
			return nil, err
		}
	}
	h.base = first // memory still holds the steps before it
	copy(h.sizes[first:], written.sizes)
	written = h
	for len(more) > 0 {
		ev := more[0]
		more = more[1:]
		if err := record(ev); err != nil {
			return nil, err
		}
	}
	return h, nil
}

// events are what makes a history, from a step on.
func (h *history) events(first int) []event {
	out := []event{{kind: kindMeta, note: Note{Data: h.meta}}}
	for i, m := range h.moments[first:] {
		out = append(out, event{kind: kindStep, moment: m})
		if first+i == h.saved {
			out = append(out, event{kind: kindSaved, state: m.State, note: Note{Data: h.meta}})
		}
	}
	if h.at != len(h.moments)-1 {
		out = append(out, event{kind: kindMove, at: h.at - first})
	}
	for _, n := range h.notes {
		out = append(out, event{kind: kindNote, note: n})
	}
	return out
}

// swap puts the new file, which is closed and on the disk, in the old one's place.
func (j *Journal) swap(tmp string, l *log, h *history) error {
	if j.log != nil {
		j.log.file.Close() // Windows does not replace an open file
	}
	if err := j.c.Disk.Rename(tmp, j.c.Path); err != nil {
		j.c.Disk.Remove(tmp)
		j.log.reopen(j.c.Disk)
		return err
	}
	l.before, l.path, j.log = nil, j.c.Path, l
	j.hist, j.garbage, j.dense, j.doubtful = h, 0, l.end, false
	err := l.reopen(j.c.Disk)
	if err == nil {
		err = j.c.Disk.SyncDir(j.c.Path)
	}
	if err != nil {
		j.doubtful = true // whether the name lasts is not known: once more
	}
	return err
}

// reopen opens the file at its place again. One that cannot be opened answers every call
// with an error, and so is rewritten.
func (l *log) reopen(d Disk) error {
	if l == nil {
		return nil
	}
	f, err := d.Open(l.path, false)
	if err == nil {
		l.file = f
	}
	return err
}

// relocate rewrites the file at the first of the places that takes it.
func (j *Journal) relocate(places []string, before func(string) error) error {
	old, held := j.c.Path, j.lock
	var err error
	for _, path := range places {
		if path == old {
			return nil
		}
		if err = j.settle(path, before); err == nil {
			if held != nil {
				held.Unlock()
				j.c.Disk.Remove(old + ".lock")
			}
			return nil
		}
		j.place(old)
		j.lock = held
	}
	return plain(old, err)
}

// settle goes to one place.
func (j *Journal) settle(path string, before func(string) error) error {
	old := j.c.Path
	j.place(path)
	j.lock = nil
	if err := j.acquire(); err != nil {
		return err
	}
	var err error
	if before != nil {
		err = before(path)
	}
	if err == nil && j.log != nil {
		if err = j.rewrite(j.affordable(), nil); err == nil {
			j.c.Disk.Remove(old)
		}
	}
	if err != nil {
		j.lock.Unlock()
	}
	return err
}

func (j *Journal) place(path string) {
	j.mu.Lock()
	j.c.Path = path
	j.mu.Unlock()
}
