package fills

import (
	"testing"
	"time"
)

// at is a moment so many milliseconds after the test's start.
func at(ms int) time.Time { return time.Unix(1000, 0).Add(time.Duration(ms) * time.Millisecond) }

func TestPulseRunsOncePerInput(t *testing.T) {
	var p pulse
	if got := p.poll(at(0), 1, false, false); got != beatStart {
		t.Fatalf("the first input gives %v, want a start", got)
	}
	for ms := 100; ms < 1000; ms += 100 {
		if got := p.poll(at(ms), 1, false, false); got != beatSkip {
			t.Fatalf("an unchanged input gives %v, want a skip", got)
		}
	}
	if got := p.poll(at(1100), 2, false, false); got != beatStart {
		t.Errorf("another input gives %v, want a start at once", got)
	}
	p.again()
	if got := p.poll(at(1200), 2, false, false); got != beatStart {
		t.Errorf("after again the same input gives %v, want a start", got)
	}
}

func TestPulseNeverQueuesASecondRun(t *testing.T) {
	var p pulse
	p.poll(at(0), 1, false, false)
	for i := range 20 { // the input changes at every poll while the first run is under way
		if got := p.poll(at(100*i), uint64(2+i), true, false); got != beatWait {
			t.Fatalf("poll %d gives %v while a run is under way, want a wait", i, got)
		}
	}
	if got := p.poll(at(2100), 21, false, false); got != beatStart {
		t.Errorf("the latest input gives %v after the run, want a start", got)
	}
	if got := p.poll(at(2200), 21, false, false); got != beatSkip {
		t.Errorf("then %v, want a skip: what came between is not made up for", got)
	}
}

func TestPulsePausesForThePerson(t *testing.T) {
	var p pulse
	p.poll(at(0), 1, false, false)
	if got := p.poll(at(100), 2, false, true); got != beatWait {
		t.Errorf("paused gives %v, want a wait", got)
	}
	if got := p.poll(at(200), 1, false, true); got != beatSkip {
		t.Errorf("back at the first input gives %v, want a skip", got)
	}
}

func TestPulseWaitsForStillnessOnlyWhereRunsAreSlow(t *testing.T) {
	for _, c := range []struct {
		mean time.Duration
		// the input changes every 100 ms from 0 to until; when does it start?
		until, want int
	}{
		{time.Second, 1000, 0},      // quick runs: at once
		{2 * time.Second, 500, 800}, // 250 ms after the last change, at the next poll
		{2 * time.Second, 9000, 3000},
	} {
		var p pulse
		p.took(c.mean)
		started := -1
		for ms := 0; ms < 20000 && started < 0; ms += 100 {
			if p.poll(at(ms), uint64(1+min(ms, c.until)), false, false) == beatStart {
				started = ms
			}
		}
		if started != c.want {
			t.Errorf("mean %v, changes until %d ms: started at %d ms, want %d", c.mean, c.until, started, c.want)
		}
	}
}

func TestPulseMeanFollowsTheRuns(t *testing.T) {
	var p pulse
	for range 40 {
		p.took(4 * time.Second)
	}
	for range 40 {
		p.took(time.Second)
	}
	if p.mean < time.Second || p.mean > liveSlow {
		t.Errorf("after forty runs of 1 s the mean is %v", p.mean)
	}
}
