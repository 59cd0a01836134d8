package fills

import "time"

// The numbers of live mode (behaviour of the field's best live painting tool).
const (
	livePoll   = 100 * time.Millisecond  // how often the input is looked at
	liveSettle = 250 * time.Millisecond  // stillness that slow runs wait for
	liveSlow   = 1500 * time.Millisecond // mean time of a run from which they wait
	liveWait   = 3 * time.Second         // but never longer than this
)

// beat is what live mode does at one poll.
type beat int

const (
	beatSkip  beat = iota // nothing new
	beatWait              // something new, but not now
	beatStart             // run
)

// pulse decides when live mode runs. It knows no clock, picture or job: the caller says
// what time it is, which input is there (a hash) and whether a run is under way.
type pulse struct {
	answered uint64        // the input of the last run, or one that is not to run
	last     uint64        // the input of the last poll
	edited   time.Time     // when the input changed last
	waiting  time.Time     // since when an input waits to be answered; zero: none does
	mean     time.Duration // of the runs so far
	runs     int
}

// poll looks at the input once. paused is for what the person does (another window, the
// pointer is down), busy for what the machine does: a run is never queued behind another.
func (p *pulse) poll(at time.Time, input uint64, busy, paused bool) beat {
	if input != p.last {
		p.last, p.edited = input, at
	}
	if input == p.answered {
		p.waiting = time.Time{}
		return beatSkip
	}
	if p.waiting.IsZero() {
		p.waiting = at
	}
	switch {
	case busy || paused:
		return beatWait
	case p.mean > liveSlow && at.Sub(p.edited) < liveSettle && at.Sub(p.waiting) < liveWait:
		return beatWait
	}
	p.answer(input)
	return beatStart
}

// answer takes an input as dealt with: it runs no more until another one came between.
func (p *pulse) answer(input uint64) { p.answered, p.waiting = input, time.Time{} }

// again forgets what was dealt with, so that the next poll runs.
func (p *pulse) again() { p.answered = 0 }

// took notes how long a run took; the mean follows the last eight or so.
func (p *pulse) took(d time.Duration) {
	p.runs = min(p.runs+1, 8)
	p.mean += (d - p.mean) / time.Duration(p.runs)
}
