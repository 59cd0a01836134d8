// Package pen hears what the window's toolkit does not tell: how hard a pen presses and how it
// leans, whether its eraser end is near, and where the fingers on a touch screen are.
//
// Fyne's windows come from GLFW 3.3, which reports every one of these devices as a mouse. Listen
// hears them beside it: on X11 (and on Wayland through XWayland) over a connection of its own
// with the X Input extension 2.2, whose raw events need no grab and take nothing away from the
// window; on Windows by the pointer messages of the window itself. Where there is neither,
// everything goes on with a mouse. On macOS the events belong to Cocoa's application object,
// which GLFW owns and which can only be asked in Objective-C: nobody listens there.
//
// Start at Tracker: what listens (x11.go with xinput.go; pointer_windows.go) feeds it, the window asks it
// once per frame.
package pen

import (
	"slices"
	"sync"
	"time"
)

// Kind is what moves or presses the pointer.
type Kind uint8

// The kinds. A Palm is a finger that came down while a pen was in use.
const (
	Mouse Kind = iota
	Tip
	Eraser
	Finger
	Palm
)

// Sample is one reading of a pen.
type Sample struct {
	Pressure float64 // 0..1
	Tilt     float64 // 0 upright .. 1 flat
	X, Y     float64 // pixels of the whole screen; used where fingers rest beside the pen
}

// Touch is a finger on the screen.
type Touch struct {
	ID   uint32
	X, Y float64 // pixels of the whole screen
	Palm bool
}

// rest is how long after a pen's last word a finger is still taken for the hand that holds it.
const rest = 500 * time.Millisecond

// most samples are kept between two frames; of a window that sleeps the latest remain.
const most = 512

// Tracker is the state of all pens and fingers. Its methods may be called from any goroutine.
type Tracker struct {
	mu      sync.Mutex
	now     func() time.Time
	wake    func()
	told    bool // wake was called since the last Take
	kind    Kind
	pressed Kind         // what pressed last
	held    map[int]Kind // devices whose button is down
	samples []Sample
	last    Sample
	penAt   time.Time
	touches []Touch
	present bool
}

// NewTracker makes one that calls wake, from any goroutine and at most once between two Takes,
// when something happened that the toolkit may not report as a move of the pointer.
func NewTracker(wake func()) *Tracker {
	return &Tracker{now: time.Now, wake: wake, held: map[int]Kind{}}
}

// Frame is what a window wants to know once per frame.
type Frame struct {
	Kind    Kind     // what moved the pointer last
	Pressed Kind     // what pressed it last
	Held    Kind     // Tip or Eraser while a pen presses, else Mouse
	Samples []Sample // of the pen since the frame before, oldest first
	Last    Sample   // of the pen, whenever that was
	Present bool     // there is a pen
	Touches []Touch  // fingers that are down, palms too, in the order in which they came
}

// Take is the state now; the samples are handed out once.
func (t *Tracker) Take() Frame {
	t.mu.Lock()
	defer t.mu.Unlock()
	f := t.frame()
	t.samples, t.told = nil, false
	return f
}

// Look is the state now; the samples stay for Take.
func (t *Tracker) Look() Frame {
	t.mu.Lock()
	defer t.mu.Unlock()
	f := t.frame()
	f.Samples = slices.Clone(f.Samples) // t goes on writing into its own
	return f
}

func (t *Tracker) frame() Frame {
	f := Frame{Kind: t.kind, Pressed: t.pressed, Samples: t.samples, Last: t.last, Present: t.present, Touches: slices.Clone(t.touches)}
	for _, k := range t.held {
		f.Held = max(f.Held, k)
	}
	return f
}

// At is the sample that belongs to event i of n in a frame: both streams tell of the same moves
// in the same order, but the toolkit drops those that stay on their pixel.
func (f Frame) At(i, n int) Sample {
	if len(f.Samples) == 0 {
		return f.Last
	}
	return f.Samples[max((i+1)*len(f.Samples)/max(n, 1), 1)-1]
}

// Fingers are the touches that are no palms.
func (f Frame) Fingers() (out []Touch) {
	for _, x := range f.Touches {
		if !x.Palm {
			out = append(out, x)
		}
	}
	return out
}

// Present notes that there is a pen.
func (t *Tracker) Present() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.tell(!t.present)
	t.present = true
}

// Moved notes a motion of a device that is no touch screen.
func (t *Tracker) Moved(k Kind, s Sample) {
	t.mu.Lock()
	defer t.mu.Unlock()
	turned := k != t.kind
	t.kind = k
	if k == Mouse {
		t.tell(turned)
		return
	}
	t.penAt, t.last = t.now(), s
	if len(t.samples) == most {
		t.samples = append(t.samples[:0], t.samples[1:]...)
	}
	t.samples = append(t.samples, s)
	for i := range t.touches {
		t.touches[i].Palm = true
	}
	t.tell(turned || len(t.held) > 0)
}

// Button notes a press or release; device tells devices apart.
func (t *Tracker) Button(device int, k Kind, down bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if down {
		t.pressed, t.held[device] = k, k
	} else {
		delete(t.held, device)
	}
}

// Touched notes a finger that comes, moves or goes.
func (t *Tracker) Touched(id uint32, x, y float64, down bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	i := slices.IndexFunc(t.touches, func(o Touch) bool { return o.ID == id })
	switch {
	case !down && i >= 0:
		t.touches = slices.Delete(t.touches, i, i+1)
	case down && i >= 0:
		t.touches[i].X, t.touches[i].Y = x, y
	case down:
		f := Touch{ID: id, X: x, Y: y, Palm: t.writing()}
		t.touches = append(t.touches, f)
		if len(t.held) == 0 {
			if t.pressed = Finger; f.Palm {
				t.pressed = Palm
			}
		}
	}
	t.tell(true)
}

// writing says whether a pen is in use: it presses, or it spoke a moment ago.
func (t *Tracker) writing() bool {
	for _, k := range t.held {
		if k == Tip || k == Eraser {
			return true
		}
	}
	return !t.penAt.IsZero() && t.now().Sub(t.penAt) < rest
}

func (t *Tracker) tell(on bool) {
	if on && !t.told {
		t.told = true
		t.wake()
	}
}

// Forget lets go of every device: some may be gone without a word.
func (t *Tracker) Forget() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.touches = nil
	clear(t.held)
	t.tell(true)
}
