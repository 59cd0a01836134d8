package jobs

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"
)

func wait(t *testing.T, q *Queue, id ID, want Status) Info {
	t.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(time.Millisecond) {
		for _, i := range q.List() {
			if i.ID == id && i.Status == want {
				return i
			}
		}
	}
	t.Fatalf("job %d never became %s: %+v", id, want, q.List())
	return Info{}
}

func TestJobsRunInOrderAndReport(t *testing.T) {
	var mu sync.Mutex
	changes := 0
	q := New(1, func() { mu.Lock(); changes++; mu.Unlock() })
	defer q.Close()
	var order []int
	var last ID
	for i := range 3 {
		last = q.Add("job", 1, func(_ context.Context, report func(string, float64)) error {
			report("half", 0.5)
			order = append(order, i)
			return nil
		})
	}
	if i := wait(t, q, last, Done); i.Fraction != 1 {
		t.Errorf("a done job stands at %v, want 1", i.Fraction)
	}
	if len(order) != 3 || order[0] != 0 || order[2] != 2 {
		t.Errorf("ran in order %v", order)
	}
	mu.Lock()
	defer mu.Unlock()
	if changes < 9 {
		t.Errorf("%d changes told, want at least one for add, start, report and end of each", changes)
	}
}

func TestCancelEndsRunningAndWaitingOfOneGroupOnly(t *testing.T) {
	q := New(1, nil)
	defer q.Close()
	block := func(ctx context.Context, _ func(string, float64)) error { <-ctx.Done(); return ctx.Err() }
	a, b := q.Add("a", 1, block), q.Add("b", 1, block)
	c := q.Add("c", 2, func(context.Context, func(string, float64)) error { return nil })
	wait(t, q, a, Running)
	q.CancelGroup(1)
	wait(t, q, a, Cancelled)
	wait(t, q, b, Cancelled)
	wait(t, q, c, Done)
	if n := q.Active(0); n != 0 {
		t.Errorf("%d jobs still active", n)
	}
}

func TestFailureAndPanicLeaveTheQueueAlive(t *testing.T) {
	q := New(1, nil)
	defer q.Close()
	boom := errors.New("boom")
	a := q.Add("fails", 0, func(context.Context, func(string, float64)) error { return boom })
	b := q.Add("panics", 0, func(context.Context, func(string, float64)) error { panic("eek") })
	c := q.Add("works", 0, func(context.Context, func(string, float64)) error { return nil })
	if i := wait(t, q, a, Failed); !errors.Is(i.Err, boom) {
		t.Errorf("error %v", i.Err)
	}
	if i := wait(t, q, b, Failed); i.Err == nil {
		t.Error("a panic left no error")
	}
	wait(t, q, c, Done)
}

func TestEndedJobsAreForgottenInTime(t *testing.T) {
	q := New(2, nil)
	defer q.Close()
	var last ID
	for range 3 * keep {
		last = q.Add("x", 0, func(context.Context, func(string, float64)) error { return nil })
	}
	wait(t, q, last, Done)
	for end := time.Now().Add(time.Minute); q.Active(0) > 0 && time.Now().Before(end); {
		time.Sleep(time.Millisecond)
	}
	if n := len(q.List()); n > keep {
		t.Errorf("%d ended jobs listed, want at most %d", n, keep)
	}
}

// TestAParkedJobWaitsForThePerson: it is not active, others pass it, it outlasts the list of
// ended ones, and it can be tried again or dismissed.
func TestAParkedJobWaitsForThePerson(t *testing.T) {
	q := New(1, nil)
	defer q.Close()
	fault := errors.New("the driver is gone")
	tries := 0
	add := func() ID {
		return q.Add("fragile", 1, func(context.Context, func(string, float64)) error {
			if tries++; tries < 3 {
				return Park(fault)
			}
			return nil
		})
	}
	id := add()
	if i := wait(t, q, id, Parked); i.Err != fault || i.Status.Final() || q.Active(0) != 0 {
		t.Errorf("parked as %+v, %d active", i, q.Active(0))
	}
	for range keep + 5 {
		wait(t, q, q.Add("other", 2, func(context.Context, func(string, float64)) error { return nil }), Done)
	}
	other := add()
	wait(t, q, other, Parked)
	q.Retry(id)
	if i := wait(t, q, id, Done); i.Err != nil {
		t.Errorf("done with %v", i.Err)
	}
	q.Cancel(other)
	wait(t, q, other, Cancelled)
	if q.Retry(other); tries != 3 {
		t.Error("a dismissed job was tried again")
	}
}

// TestAWaitingJobCanBeBroughtForward before the one that waits before it, never before a
// running one.
func TestAWaitingJobCanBeBroughtForward(t *testing.T) {
	q := New(1, nil)
	defer q.Close()
	hold := make(chan struct{})
	var order []string
	add := func(name string) ID {
		return q.Add(name, 1, func(ctx context.Context, _ func(string, float64)) error {
			if name == "running" {
				<-hold
			}
			order = append(order, name)
			return nil
		})
	}
	first := add("running")
	wait(t, q, first, Running)
	add("a")
	b, c := add("b"), add("c")
	q.Sooner(c) // a c b
	q.Sooner(c) // c a b
	q.Sooner(c) // and no further
	q.Sooner(first)
	close(hold)
	wait(t, q, b, Done)
	if got := strings.Join(order, " "); got != "running c a b" {
		t.Errorf("ran %q, want running c a b", got)
	}
}
