package fills

import (
	"errors"
	"slices"
	"strings"
	"sync"

	"pentimento/app/commission"
	"pentimento/app/jobs"
	"pentimento/app/words"
	"pentimento/canvas"
	"pentimento/fault"
	"pentimento/pipeline"
)

// runner is what fills and live mode of a State run with.
func (f *Fills) runner(s *canvas.State) pipeline.Runner {
	var r pipeline.Runner = f.Pipeline
	if f.Runner != nil {
		r = f.Runner
	}
	return commission.In(s.Source.Space(), r)
}

// lost is the error of a Runner that died or hung under a job. Nothing is known to be wrong
// with the job, so it is parked: it can be tried again, there or on one of these devices.
type lost interface {
	error
	Elsewhere() (names, labels []string)
}

// configured is a Runner that wants to know when the settings change.
type configured interface{ Configure(library, device string) }

// Stopped is a parked job as a window shows it.
type Stopped struct {
	ID     jobs.ID
	Label  string
	Why    string // one sentence
	Advice string
	// Devices and Labels are where it could be tried instead, the next in line first.
	Devices, Labels []string
}

// attempt is the device on which a job is tried, where that is not its request's.
type attempt struct {
	mu     sync.Mutex
	device string
}

func (a *attempt) on(req pipeline.Request) pipeline.Request {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.device != "" {
		req.Device = a.device
	}
	return req
}

// tried keeps the attempt of a job of this place.
func (s *Stack) tried(a *attempt, id jobs.ID) {
	if s.attempts == nil {
		s.attempts = map[jobs.ID]*attempt{}
	}
	s.attempts[id] = a
}

// parkable makes a job that its engine lost one that is put aside.
func parkable(err error) error {
	var l lost
	if errors.As(err, &l) {
		return jobs.Park(err)
	}
	return err
}

// Stopped lists the parked jobs of this document.
func (f *Fills) Stopped() []Stopped {
	var out []Stopped
	for _, i := range f.Jobs.List() {
		if _, own := f.owned(i.Group); !own || i.Status != jobs.Parked {
			continue
		}
		s := Stopped{ID: i.ID, Label: i.Label, Why: fault.Plain(i.Err), Advice: fault.Hint(i.Err)}
		var l lost
		if errors.As(i.Err, &l) {
			s.Devices, s.Labels = l.Elsewhere()
		}
		out = append(out, s)
	}
	return out
}

// Retry puts a parked job into the queue again; device "" is the one it was for.
func (f *Fills) Retry(id jobs.ID, device string) {
	for _, s := range f.stacks {
		if a := s.attempts[id]; a != nil && device != "" {
			a.mu.Lock()
			a.device = device
			a.mu.Unlock()
		}
	}
	f.Jobs.Retry(id)
}

// RetryAll is Retry for every parked job.
func (f *Fills) RetryAll(device string) {
	for _, s := range f.Stopped() {
		f.Retry(s.ID, device)
	}
}

// Dismiss forgets a parked job, and its place where that has nothing else to show.
func (f *Fills) Dismiss(id jobs.ID) {
	list := f.Jobs.List()
	i := slices.IndexFunc(list, func(i jobs.Info) bool { return i.ID == id && i.Status == jobs.Parked })
	if i < 0 {
		return
	}
	f.Jobs.Cancel(id)
	stack, _ := f.owned(list[i].Group)
	if s := f.Stack(stack); s != nil && len(s.Candidates) == 0 && !f.pending(s.ID) {
		f.Drop(s)
	}
}

// DismissAll forgets every parked job.
func (f *Fills) DismissAll() {
	for _, s := range f.Stopped() {
		f.Dismiss(s.ID)
	}
}

// stopped says whether a place has parked jobs.
func (f *Fills) stopped(stack int64) bool {
	group := f.group(stack)
	return slices.ContainsFunc(f.Jobs.List(), func(i jobs.Info) bool { return i.Group == group && i.Status == jobs.Parked })
}

// pending says whether a place has jobs that wait, run or are parked.
func (f *Fills) pending(stack int64) bool {
	group := f.group(stack)
	return slices.ContainsFunc(f.Jobs.List(), func(i jobs.Info) bool { return i.Group == group && !i.Status.Final() })
}

// parked tells that a job was put aside: in the line that passes, for a dialog would take
// the canvas away from who is painting.
func (f *Fills) parked(id int64, err error) {
	if s := f.Stack(id); s != nil {
		s.Preview = nil
		f.stackChanged(s)
	}
	text := strings.TrimPrefix(err.Error(), "engine: ")
	f.desk.Say(words.T("A fill was put aside: %s. See Fill, Stopped jobs.", text))
}
