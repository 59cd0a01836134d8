package fills

import (
	"context"
	"image"
	"strings"
	"sync"
	"testing"

	"pentimento/app/jobs"
	"pentimento/app/settings"
	"pentimento/pipeline"
)

// fragile is a Runner that loses jobs until it is told not to, and remembers where each was
// to run.
type fragile struct {
	pipeline.Runner
	mu      sync.Mutex
	healthy bool
	devices []string
}

type lostJob struct{}

func (lostJob) Error() string { return "engine: the engine was killed (signal: killed)" }
func (lostJob) Hint() string  { return "Choose a smaller size." }
func (lostJob) Elsewhere() (names, labels []string) {
	return []string{"webgpu", "cpu"}, []string{"graphics", "processor"}
}

func (f *fragile) Run(ctx context.Context, req pipeline.Request, report func(pipeline.Progress)) (*pipeline.Result, error) {
	f.mu.Lock()
	f.devices = append(f.devices, req.Device)
	healthy := f.healthy
	f.mu.Unlock()
	if !healthy {
		return nil, lostJob{}
	}
	return f.Runner.Run(ctx, req, report)
}

func (f *fragile) heal() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.healthy = true
}

// masked is a bench with a picture, something masked, and a fragile runner.
func masked(t *testing.T) (*bench, *fragile) {
	b := newBench(t)
	f := &fragile{Runner: b.Pipeline}
	b.Runner = f
	b.put(texture(image.Rect(0, 0, 96, 96), 3))
	b.maskRect(image.Rect(30, 30, 50, 50))
	return b, f
}

// TestALostJobIsParkedAndCanBeRetried: the document is as it was, no dialog opens, the place
// stays, and a retry elsewhere brings the candidate.
func TestALostJobIsParkedAndCanBeRetried(t *testing.T) {
	b, f := masked(t)
	before := b.Committed()
	b.Fill()
	b.until("a parked job", func() bool { return len(b.Stopped()) == 1 && len(b.posted) == 0 })
	s := b.Stopped()[0]
	if b.Committed() != before || len(b.seen.Failed) != 0 || len(b.Stacks()) != 1 || b.Jobs.Active(0) != 0 {
		t.Errorf("picture touched %v, dialogs %v, %d places, %d jobs active", b.Committed() != before, b.seen.Failed, len(b.Stacks()), b.Jobs.Active(0))
	}
	if !strings.Contains(s.Why, "signal: killed") || s.Advice != "Choose a smaller size." || len(s.Devices) != 2 || s.Devices[0] != "webgpu" {
		t.Errorf("it is shown as %+v", s)
	}
	if len(b.seen.Said) != 1 || !strings.Contains(b.seen.Said[0], "put aside") {
		t.Errorf("the person was told %q", b.seen.Said)
	}
	b.CancelJobs() // is for what runs and waits
	if len(b.Stopped()) != 1 || len(b.Stacks()) != 1 {
		t.Fatal("cancelling all jobs forgot the parked one")
	}
	f.heal()
	b.Retry(s.ID, "cpu")
	b.until("the candidate", func() bool { return b.Shown() != nil && b.Shown().Current() != nil })
	if len(b.Stopped()) != 0 || f.devices[len(f.devices)-1] != "cpu" {
		t.Errorf("%d still parked; tried on %q", len(b.Stopped()), f.devices)
	}
	b.Accept()
	if b.Committed() == before {
		t.Error("the result cannot be accepted")
	}
}

// TestAParkedJobHoldsUpNobody, and dismissing it takes its empty place along, no other.
func TestAParkedJobHoldsUpNobody(t *testing.T) {
	b, f := masked(t)
	b.Fill()
	b.until("a parked job", func() bool { return len(b.Stopped()) == 1 && len(b.posted) == 0 })
	f.heal()
	b.Fill()
	b.until("the other's candidate", func() bool { return b.Shown().Current() != nil })
	if len(b.Stacks()) != 2 {
		t.Fatalf("%d places, want 2", len(b.Stacks()))
	}
	if b.DismissAll(); len(b.Stopped()) != 0 || len(b.Stacks()) != 1 || b.Shown().Current() == nil {
		t.Errorf("after dismissing: %d parked, %d places", len(b.Stopped()), len(b.Stacks()))
	}
}

// TestParkedSiblingsAreRetriedTogether in their order.
func TestParkedSiblingsAreRetriedTogether(t *testing.T) {
	b, f := masked(t)
	b.SetFill(func(f *settings.Fill) { f.Count = 3 })
	b.Fill()
	b.until("three parked jobs", func() bool { return len(b.Stopped()) == 3 && len(b.posted) == 0 })
	f.heal()
	b.RetryAll("cpu")
	b.until("three candidates", func() bool { return b.Jobs.Active(0) == 0 && len(b.Shown().Candidates) == 3 })
	for i, c := range b.Shown().Candidates {
		if want := b.Shown().Request.Seed + int64(i); c.Result.Request.Seed != want {
			t.Errorf("candidate %d has seed %d, want %d", i, c.Result.Request.Seed, want)
		}
	}
	for _, i := range b.Jobs.List() {
		if i.Status != jobs.Done {
			t.Errorf("%q is %v", i.Label, i.Status)
		}
	}
}

// TestDiscardingAPlaceForgetsItsParkedJobs.
func TestDiscardingAPlaceForgetsItsParkedJobs(t *testing.T) {
	b, _ := masked(t)
	b.Fill()
	b.until("a parked job", func() bool { return len(b.Stopped()) == 1 && len(b.posted) == 0 })
	b.DiscardAll()
	if len(b.Stopped()) != 0 || len(b.Stacks()) != 0 {
		t.Errorf("%d parked, %d places", len(b.Stopped()), len(b.Stacks()))
	}
}
