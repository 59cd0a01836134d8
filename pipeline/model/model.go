// Package model says what a network run needs from the machine, without saying how:
// Runtime opens a graph as a Session. The table of model families is in
// pipeline/checkpoint, which detects them and may not import this room. pipeline/ort is
// the real Runtime, pipeline/pipelinetest a fake one.
package model

import (
	"context"
	"fmt"

	"pentimento/pipeline/graph"
	"pentimento/pipeline/tensor"
)

// Runtime opens graphs on a device. It is safe for use by several goroutines.
type Runtime interface {
	// Open loads the graph. It ends early with ctx.Err() when ctx ends.
	Open(ctx context.Context, g *graph.Graph, o Options) (Session, error)
	// Devices lists what this machine and library offer, the preferred one first.
	Devices() []Device
}

// Session runs one opened graph. Run may be called by one goroutine at a time.
type Session interface {
	// Run evaluates the graph once. Cancelling ctx ends a running evaluation.
	Run(ctx context.Context, in map[string]*tensor.Tensor) (map[string]*tensor.Tensor, error)
	Close() error
}

// NoCard is what a Runtime says through Options.Notice where it falls back to the processor because no graphics card
// can be used: it is so for as long as the program runs.
const NoCard = "No usable graphics card; using the processor"

// Options are choices that change speed and memory, never numbers beyond rounding.
type Options struct {
	Device  string // "" = the runtime's own choice, otherwise a Device.Name
	Threads int    // 0 = all cores
	// LowMemory asks for weights to stay in the mapped file and for memory to be
	// returned after each run, at some cost in speed.
	LowMemory bool
	// Fast opens the form that loads slower and runs faster (weights packed for the
	// processor), on a machine that has the memory; without it a session opens at once.
	Fast bool
	// Release returns working memory to the system after each run: for networks that
	// run once and need much, such as an autoencoder.
	Release bool
	// Half says which networks compute in half precision on a device that has it, as far as
	// graph.Half lets them.
	Half Halves
	// Capture says whether a card records an evaluation and repeats it for later ones of the same
	// sizes, without going through the graph again.
	Capture Captures
	// Smaller says whether the caller can do with less than these inputs at once. Where a device
	// has no memory for them, Run's error then is an *OutOfMemory and the session stays where it
	// is; where it says no, and where it is nil, the next device takes over.
	Smaller func(in map[string]*tensor.Tensor) bool
	// Room is called where a device has no memory for a session that is being opened. It closes
	// what can be spared there and says whether there was anything; its error ends the opening.
	// Without it, and where nothing is left to close, the next device takes over.
	Room func() (bool, error)
	// Notice receives plain messages for the person, such as a device that failed and
	// what is used instead; nil leaves them to the runtime. Called from any goroutine.
	Notice func(string)
}

// Halves are the networks that compute in half precision where a device has it.
type Halves int

// The choices; the zero value is the usual one.
const (
	AsStored      Halves = iota // those of which the file holds weights in half precision, or in less
	HalfPrecision               // all: weights of other files are converted while they are read
	FullPrecision               // none
)

// Captures says when evaluations on a card are recorded. The weights are read once more for that,
// and again when other sizes come.
type Captures int

// The choices.
const (
	NoCapture     Captures = iota
	CaptureWorth           // once so many evaluations had the same sizes that as many more would pay for it
	CaptureAlways          // from the second evaluation of the same sizes on
)

// OutOfMemory is the error of a device that has no memory for what was asked of it.
type OutOfMemory struct {
	Device string // a Device.Name
	Err    error  // what it said; may be nil
}

func (e *OutOfMemory) Error() string {
	if e.Err == nil {
		return e.Device + " ran out of memory"
	}
	return fmt.Sprintf("%s ran out of memory (details: %v)", e.Device, e.Err)
}

func (e *OutOfMemory) Unwrap() error { return e.Err }

// Former is a Session of which there are two forms that differ in rounding: the plain one and
// the packed one of Options.Fast. Packed says which the last evaluation took. Use brings the
// session into one of them, opening it if need be: what a run was made with can be had again.
// Usual brings it back into the form that it opened in.
type Former interface {
	Packed() bool
	Use(ctx context.Context, packed bool) error
	Usual(ctx context.Context) error
}

// Placed is a Session that knows where it runs: a Device.Name, after any fallback.
type Placed interface{ Device() string }

// Recorder is a Session that says whether its last evaluation was a recorded one (Options.Capture).
type Recorder interface{ Recorded() bool }

// Weigher is a Session whose loose weights (graph.Weight.Loose) can be replaced between
// evaluations, by the names that the graph's source has them under. The data of a weight may
// change while no evaluation runs, but Weigh is to be called before the next one. Where it
// fails the session can only be closed.
type Weigher interface {
	Weigh(ctx context.Context, weights map[string]graph.Weight) error
}

// Trimmer is a Runtime that can drop from memory what its sessions may read from their
// files again: mapped weights. Sessions stay open; the next evaluation reads them back out
// of the system's cache, in tenths of a second.
type Trimmer interface{ Trim() }

// Prober is a Runtime that can try a device in this process, which a broken driver may
// end: programs run it in a child. It loads nothing that a person's files decide.
type Prober interface {
	Probe(ctx context.Context, device string) (Probe, error)
	// ProbeHalf tries half precision on a device that has passed Probe: the numbers of all
	// operators that networks use, and those of fused attention on large scores.
	ProbeHalf(ctx context.Context, device string) (Probe, error)
	// ProbeCapture tries whether an evaluation that was recorded on a device that has passed Probe
	// is repeated with what its inputs are then.
	ProbeCapture(ctx context.Context, device string) (Probe, error)
}

// Surveyor is a Runtime that can say, before a network is opened, what the device that a wish means
// ("": the first that works) has shown in its trials; card is false for the processor.
type Surveyor interface {
	Survey(ctx context.Context, wish string) (p Probe, card bool)
}

// Tester is a Runtime that tries devices before it uses them and remembers which failed. Test
// tries those that were not tried yet, with again those that failed, too. It returns ctx.Err()
// when ctx ends; how the trials went is in Devices.
type Tester interface {
	Test(ctx context.Context, again bool) error
}

// Probe is what a device's trial showed.
type Probe struct {
	Device string `json:"device"`
	// Attention says that the fused attention kernel gave the right numbers; where it
	// did not, graphs are rewritten to use plain operators.
	Attention bool    `json:"attention"`
	Worst     float64 `json:"worst"` // largest relative error seen
	// Half says that the device computes in half precision, HalfAttention that its fused
	// attention does so for large scores, too.
	Half          bool `json:"half,omitempty"`
	HalfAttention bool `json:"half_attention,omitempty"`
	// Capture says that recorded evaluations are right.
	Capture bool `json:"capture,omitempty"`
}

// Device is something a graph can run on, or could if what is Missing were there.
type Device struct {
	Name    string // "cuda", "tensorrt", "directml", "webgpu", "coreml", "cpu"
	Label   string // for people
	Ready   bool
	Missing string // why it is not ready; empty when it is
	Hint    string // how to get it
}
