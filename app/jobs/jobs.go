// Package jobs is a queue of slow work with states, progress, time left and cancel. It
// does not know what the work is. Start at Queue.Add.
//
// 2026-11-23: one worker by default: every engine uses all cores or the whole device, so
// two at once would only make both late.
// 2026-11-25: work that could be done another time (Park) is put aside and not ended: it
// holds up nobody, stays listed whatever comes after it, and Retry puts it into the queue
// again.
package jobs

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"pentimento/fault"
)

// ID names a job for as long as the Queue lives.
type ID int64

// Status is where a job stands.
type Status uint8

// The states; the last three are final. A parked job was tried in vain and waits for the
// person: it is neither active nor over.
const (
	Waiting Status = iota
	Running
	Parked
	Done
	Failed
	Cancelled
)

var statusNames = [...]string{"waiting", "running", "parked", "done", "failed", "cancelled"}

// String is the state in lower case.
func (s Status) String() string { return statusNames[min(int(s), len(statusNames)-1)] }

// Final says whether the job has ended.
func (s Status) Final() bool { return s >= Done }

// Info is a job as it was at one moment.
type Info struct {
	ID       ID
	Label    string
	Group    int64 // jobs that belong together, such as one frame's siblings
	Status   Status
	Stage    string
	Fraction float64       // 0..1
	Left     time.Duration // estimate; 0 while unknown
	Err      error         // set when Failed or Parked
	Added    time.Time
}

// park is an error that puts its job aside.
type park struct{ error }

func (p park) Unwrap() error { return p.error }

// Park returns the error with which Work asks for its job to be put aside instead of
// failed: nothing is wrong with the job itself. Info.Err is err.
func Park(err error) error { return park{err} }

// Work does the job on the queue's goroutine: it reports as often as it likes and
// returns soon after ctx ends. It may be called again when it was parked.
type Work func(ctx context.Context, report func(stage string, fraction float64)) error

type job struct {
	info    Info
	work    Work
	ctx     context.Context
	cancel  context.CancelFunc
	started time.Time
}

// Queue runs jobs in the order of adding, as far as Sooner has not changed it. It is safe for use by several goroutines.
type Queue struct {
	mu      sync.Mutex
	jobs    []*job
	wake    chan struct{}
	changed func()
	ctx     context.Context
	stop    context.CancelFunc
	workers sync.WaitGroup
	next    ID
}

// keep is how many ended jobs stay listed.
const keep = 20

// New starts a queue. changed (may be nil) is called from any goroutine after something
// about the jobs changed; it must be quick and must not call the Queue.
func New(workers int, changed func()) *Queue {
	if changed == nil {
		changed = func() {}
	}
	q := &Queue{wake: make(chan struct{}, 1), changed: changed}
	q.ctx, q.stop = context.WithCancel(context.Background())
	for range max(workers, 1) {
		q.workers.Go(q.work)
	}
	return q
}

// Add puts work at the end of the queue.
func (q *Queue) Add(label string, group int64, work Work) ID {
	q.mu.Lock()
	q.next++
	j := &job{info: Info{ID: q.next, Label: label, Group: group, Added: time.Now()}, work: work}
	j.ctx, j.cancel = context.WithCancel(q.ctx)
	q.jobs = append(q.jobs, j)
	q.mu.Unlock()
	q.nudge()
	q.changed()
	return j.info.ID
}

// Now starts quick work at once, beside whatever runs: what a person waits for with the hand
// on the mouse.
func (q *Queue) Now(label string, group int64, work Work) ID {
	q.mu.Lock()
	q.next++
	j := &job{info: Info{ID: q.next, Label: label, Group: group, Added: time.Now(), Status: Running}, work: work, started: time.Now()}
	j.ctx, j.cancel = context.WithCancel(q.ctx)
	id := q.next
	if q.ctx.Err() == nil {
		q.jobs = append(q.jobs, j)
		q.workers.Go(func() {
			q.finish(j, run(j, func(stage string, fraction float64) { q.progress(j, stage, fraction) }))
			q.changed()
		})
	}
	q.mu.Unlock()
	q.changed()
	return id
}

func (q *Queue) nudge() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

func (q *Queue) work() {
	for {
		j := q.take()
		if j == nil {
			select {
			case <-q.ctx.Done():
				return
			case <-q.wake:
			}
			continue
		}
		q.nudge() // another worker may find another job
		q.changed()
		q.finish(j, run(j, func(stage string, fraction float64) { q.progress(j, stage, fraction) }))
		q.changed()
	}
}

func (q *Queue) take() *job {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, j := range q.jobs {
		if j.info.Status == Waiting && q.ctx.Err() == nil {
			j.info.Status, j.started = Running, time.Now()
			return j
		}
	}
	return nil
}

// run turns a panic of the work into an error: one bad job must not end the program.
func run(j *job, report func(string, float64)) (err error) {
	if caught := fault.Guard(j.info.Label, func() { err = j.work(j.ctx, report) }); caught != nil {
		return caught
	}
	return err
}

func (q *Queue) progress(j *job, stage string, fraction float64) {
	q.mu.Lock()
	j.info.Stage = stage
	j.info.Fraction = min(max(fraction, j.info.Fraction), 1)
	if f, gone := j.info.Fraction, time.Since(j.started); f > 0.03 {
		j.info.Left = time.Duration(float64(gone) * (1 - f) / f)
	}
	q.mu.Unlock()
	q.changed()
}

func (q *Queue) finish(j *job, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	var p park
	switch {
	case err == nil:
		j.info.Status, j.info.Fraction = Done, 1
	case errors.As(err, &p) && j.ctx.Err() == nil:
		j.info.Status, j.info.Err, j.info.Left = Parked, p.error, 0
		return
	case errors.Is(err, context.Canceled) || j.ctx.Err() != nil:
		j.info.Status = Cancelled
	default:
		j.info.Status, j.info.Err = Failed, err
	}
	j.info.Left = 0
	j.cancel()
	j.work = nil
	ended := 0
	for i := len(q.jobs) - 1; i >= 0; i-- {
		if q.jobs[i].info.Status.Final() {
			if ended++; ended > keep {
				q.jobs = slices.Delete(q.jobs, i, i+1)
			}
		}
	}
}

// Retry puts a parked job at the end of the queue again.
func (q *Queue) Retry(id ID) {
	q.mu.Lock()
	if i := slices.IndexFunc(q.jobs, func(j *job) bool { return j.info.ID == id && j.info.Status == Parked }); i >= 0 {
		j := q.jobs[i]
		j.info.Status, j.info.Err, j.info.Stage, j.info.Fraction = Waiting, nil, "", 0
		q.jobs = append(slices.Delete(q.jobs, i, i+1), j)
	}
	q.mu.Unlock()
	q.nudge()
	q.changed()
}

// Sooner puts a waiting job before the one that waits before it.
func (q *Queue) Sooner(id ID) {
	q.mu.Lock()
	before := -1
	for i, j := range q.jobs {
		if j.info.ID == id && j.info.Status == Waiting && before >= 0 {
			q.jobs[before], q.jobs[i] = j, q.jobs[before]
			break
		}
		if j.info.Status == Waiting {
			before = i
		}
	}
	q.mu.Unlock()
	q.changed()
}

// Cancel ends a job: a waiting or parked one at once, a running one as soon as its work notices.
func (q *Queue) Cancel(id ID) {
	q.cancelWhere(func(i Info) bool { return i.ID == id })
}

// CancelGroup ends every job of a group and no other.
func (q *Queue) CancelGroup(group int64) {
	q.cancelWhere(func(i Info) bool { return i.Group == group })
}

func (q *Queue) cancelWhere(match func(Info) bool) {
	q.mu.Lock()
	for _, j := range q.jobs {
		if !match(j.info) || j.info.Status.Final() {
			continue
		}
		j.cancel()
		if j.info.Status != Running {
			j.info.Status, j.work = Cancelled, nil
		}
	}
	q.mu.Unlock()
	q.changed()
}

// List returns all jobs that wait, run or are parked and the latest that ended, in the order in which they run.
func (q *Queue) List() []Info {
	q.mu.Lock()
	defer q.mu.Unlock()
	out := make([]Info, len(q.jobs))
	for i, j := range q.jobs {
		out[i] = j.info
	}
	return out
}

// Active is the number of jobs of a group that wait or run; group 0 counts all.
func (q *Queue) Active(group int64) int {
	n := 0
	for _, i := range q.List() {
		if i.Status <= Running && (group == 0 || i.Group == group) {
			n++
		}
	}
	return n
}

// Close cancels everything and waits for the work to return.
func (q *Queue) Close() {
	q.stop()
	q.workers.Wait()
}
