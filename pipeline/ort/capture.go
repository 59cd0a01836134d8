package ort

import (
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"sync"

	"pentimento/pipeline/graph"
	"pentimento/pipeline/model"
	"pentimento/pipeline/tensor"
)

// Graph capture: a card repeats a recorded evaluation instead of being told its thousand operators
// again. It wants a session for one set of sizes, which takes the place of the one whose sizes are
// open, so that the weights are on the card once; other sizes bring that back.
//
// 2026-11-29: what a repetition computes is not taken on trust. A device has to pass a self-test,
// in a process of its own, and every session has to repeat its last evaluation before it is used:
// recorded with other inputs, since a provider that does not read its inputs anew repeats old results.

// standing is after how many evaluations of the same sizes the next ones are recorded. What has stood
// still for so long is taken to stand as long again; so a picture of one prompt at 30 steps is not worth
// it, and the second one is. It is a guess: no card has shown yet when the opening pays for itself.
const standing = 32

// capturers are the devices whose providers record.
var capturers = []string{"cuda", "webgpu"}

// capturing is the name under which it is remembered that a device does not.
func capturing(device string) string { return device + " graph capture" }

// stood is how long the sizes of a session's inputs have been the same.
type stood struct {
	shapes  string
	count   int
	in, out map[string]*tensor.Tensor // the last evaluation, once the next may be recorded
	off     bool                      // nothing is recorded any more
}

// records says whether the session may record where it is now, and after how many evaluations.
func (s *session) records() (after int, ok bool) {
	after = standing
	if s.options.Capture == model.CaptureAlways {
		after = 1
	}
	return after, s.options.Capture != model.NoCapture && !s.stood.off && s.now.keep && !s.graph.IsForeign() && slices.Contains(capturers, s.now.device)
}

// Recorded says whether the last evaluation was a recorded one; see model.Recorder.
func (s *session) Recorded() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now != nil && s.now.still != nil
}

// note takes an evaluation that went well into account.
func (s *session) note(in, out map[string]*tensor.Tensor) {
	after, ok := s.records()
	if !ok || s.now.still != nil {
		return
	}
	if shapes := model.Shapes(in); shapes != s.stood.shapes {
		s.stood = stood{shapes: shapes}
	}
	if s.stood.count++; s.stood.count >= after {
		s.stood.in, s.stood.out = cloned(in), cloned(out)
	}
}

func cloned(m map[string]*tensor.Tensor) map[string]*tensor.Tensor {
	out := make(map[string]*tensor.Tensor, len(m))
	for name, t := range m {
		out[name] = t.Clone()
	}
	return out
}

// settle brings the session into the form that inputs want: with their sizes fixed and recorded, or
// with open ones. It is called with s.mu held.
func (s *session) settle(ctx context.Context, in map[string]*tensor.Tensor) error {
	switch {
	case s.now == nil: // the last change of form was cancelled
	case s.now.still != nil && model.Shapes(in) != s.stood.shapes:
		s.now.close()
		s.now, s.stood = nil, stood{}
	case s.now.still == nil && s.stood.in != nil && model.Shapes(in) == s.stood.shapes:
		if err := s.capture(ctx); err != nil {
			return err
		}
	}
	if s.now != nil {
		return nil
	}
	return s.place(ctx, "", nil)
}

// capture opens the session with its sizes fixed, on the device where it is. Where that fails it is
// closed, and settle opens it as it was; an error is the end of ctx.
func (s *session) capture(ctx context.Context) error {
	r, device, was := s.runtime, s.now.device, s.stood
	s.stood.in, s.stood.out = nil, nil
	if why := r.repeats(ctx, device); ctx.Err() != nil {
		return ctx.Err()
	} else if why != nil {
		s.tellPlain(device, why)
		return nil
	}
	g, err := r.suit(ctx, device, s.graph, s.options, model.Probe{Attention: r.attends(device)})
	if err != nil {
		return err // the end of ctx
	}
	s.now.close()
	s.now = nil
	l, err := r.record(ctx, device, g, s.options, was.in, was.out)
	if ctx.Err() != nil {
		if l != nil {
			l.close()
		}
		return ctx.Err()
	}
	if err != nil {
		s.tellPlain(device, err)
		return nil
	}
	s.now = l
	return nil
}

// plainly gives up recording: why says what failed.
func (s *session) plainly(why error) {
	s.tellPlain(s.now.device, why)
	s.now.close()
	s.now = nil
}

// tellPlain says once while the program runs that a device's evaluations are not recorded.
func (s *session) tellPlain(device string, why error) {
	s.stood = stood{off: true}
	text := fmt.Sprintf("%s: it goes on without graph capture: %v", label(device), why)
	s.runtime.mu.Lock()
	known := s.runtime.told[text]
	s.runtime.told[text] = true
	s.runtime.mu.Unlock()
	if !known {
		s.runtime.notice(s.options, text)
	}
}

// attends says whether a device's fused attention is right, as its self-test has shown.
func (r *Runtime) attends(device string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.probed[device].Attention
}

// repeats is why a device does not record, nil where it does, by a self-test at most once.
func (r *Runtime) repeats(ctx context.Context, device string) error {
	r.mu.Lock()
	why, known := r.repeat[device]
	r.mu.Unlock()
	if known {
		return why
	}
	if past := r.recall(capturing(device)); past != "" {
		why = errors.New(past)
	} else if p, err := r.apart(ctx, device, "--capture", r.ProbeCapture); ctx.Err() != nil {
		return ctx.Err()
	} else if err != nil || !p.Capture {
		why = err
		if err == nil {
			why = &refusal{why: fmt.Sprintf("%s: a repeated evaluation is off by %.2g", selfTestFailed, p.Worst)}
		}
		r.remember(capturing(device), why)
	}
	r.mu.Lock()
	r.repeat[device] = why
	r.mu.Unlock()
	return why
}

// ProbeCapture tries graph capture; see model.Prober.
func (r *Runtime) ProbeCapture(ctx context.Context, device string) (model.Probe, error) {
	p := model.Probe{Device: device}
	if err := r.probes(device); err != nil {
		return p, err
	}
	if !slices.Contains(capturers, device) {
		return p, fmt.Errorf("ort: %s does not record evaluations", device)
	}
	g, err := repeatedGraph()
	if err != nil {
		return p, err
	}
	in := map[string]*tensor.Tensor{"q": pattern(5, 1, 64, 80), "k": pattern(6, 1, 77, 80), "v": pattern(7, 1, 77, 80)}
	out, err := r.once(ctx, device, g, in)
	if err != nil {
		return p, err
	}
	l, err := r.record(ctx, device, g, model.Options{}, in, map[string]*tensor.Tensor{"out": out})
	if wrong := (*misrepeated)(nil); errors.As(err, &wrong) {
		p.Worst = wrong.by
		return p, nil
	}
	if err != nil {
		return p, err
	}
	l.close()
	p.Capture = true
	return p, nil
}

// repeatedGraph is an attention in plain operators with a last one that computes: WebGPU's Reshape
// copies into an output's place, and copies are not among what it records, so that they are not
// repeated (BufferManager::MemCpy). The last operator of a denoiser is a convolution.
func repeatedGraph() (*graph.Graph, error) {
	g, err := plain(attentionGraph(2, 40))
	if err != nil {
		return nil, err
	}
	last := *g.Nodes[len(g.Nodes)-1]
	last.Outputs = []string{"rows"}
	g.Nodes[len(g.Nodes)-1] = &last
	g.Nodes = append(g.Nodes, &graph.Node{Op: "Sigmoid", Name: "last", Inputs: last.Outputs, Outputs: []string{"out"}})
	return g, nil
}

// misrepeated is the error of a session that repeats something else than it should.
type misrepeated struct{ by float64 }

func (m *misrepeated) Error() string {
	return fmt.Sprintf("a repeated evaluation is off by %.2g of the largest value", m.by)
}

// record opens g, which suits the device, with the sizes of an evaluation whose results are known,
// and has it recorded and repeated.
func (r *Runtime) record(ctx context.Context, device string, g *graph.Graph, o model.Options, in, out map[string]*tensor.Tensor) (*loaded, error) {
	g = g.Copy()
	if err := g.Apply(graph.Still(shapes(in))); err != nil {
		return nil, err
	}
	w, err := newWatch(g)
	if err != nil {
		return nil, err
	}
	h, err := r.buildTo(ctx, g, kinds[slices.IndexFunc(kinds, func(k kind) bool { return k.name == device })], o, true, true, w)
	if err != nil {
		w.close()
		return nil, err
	}
	l := &loaded{machine: h, watch: w, device: device, keep: true}
	if err = r.prepare(ctx, l, in, out); err == nil {
		err = l.prove(ctx, in, out, narrow(g))
	}
	if err != nil {
		l.close()
		return nil, err
	}
	return l, nil
}

func shapes(m map[string]*tensor.Tensor) map[string][]int {
	out := map[string][]int{}
	for name, t := range m {
		out[name] = t.Shape
	}
	return out
}

// prepare makes the places of a session's values, in the device's turn.
func (r *Runtime) prepare(ctx context.Context, l *loaded, in, out map[string]*tensor.Tensor) error {
	m, ok := l.machine.(recorder)
	if !ok {
		return errors.New("its sessions do not record")
	}
	done, err := cards.take(ctx, l.device)
	if err != nil {
		return err
	}
	defer done()
	if err := r.reach(l.device); err != nil {
		return err
	}
	b, err := m.newRecording(shapes(in), shapes(out))
	if err == nil {
		l.still = &held{binding: b}
	}
	return err
}

// reached are the devices for whose memory reach was called, in their turns.
var reached sync.Map

// reach lets values be copied to a device whose provider is a library of its own; the others can
// do it from the start.
func (r *Runtime) reach(device string) error {
	path, _, err := load(r.config.Library)
	if err != nil {
		return err
	}
	file := providerFile(filepath.Dir(path), device)
	if _, known := reached.Load(device); known || file == "" {
		return nil
	}
	if err := transfers(device, file); err != nil {
		return err
	}
	reached.Store(device, true)
	return nil
}

// prove has other inputs recorded, so that the given ones are a repetition, whose results are to be the given ones.
func (l *loaded) prove(ctx context.Context, in, out map[string]*tensor.Tensor, half bool) error {
	limit := attentionLimit
	if half {
		limit = halfLimit
	}
	other := cloned(in)
	for _, t := range other {
		for i, v := range t.Data {
			t.Data[i] = -v / 2
		}
	}
	first, err := l.evaluate(ctx, other)
	if err != nil {
		return err
	}
	got, err := l.evaluate(ctx, in)
	if err != nil {
		return err
	}
	if e := apartBy(got, out); !(e <= limit) {
		return &misrepeated{e}
	}
	if e := apartBy(first, out); e <= limit {
		return errors.New("its results do not show whether a repetition reads its inputs anew")
	}
	return nil
}

// narrow says whether a graph computes in half precision.
func narrow(g *graph.Graph) bool {
	return slices.ContainsFunc(g.Nodes, func(n *graph.Node) bool { return n.Op == "Cast" && n.Attrs["to"] == int64(graph.Float16) })
}

// apartBy is the largest difference of results from what is wanted, over the largest value of each.
func apartBy(got, want map[string]*tensor.Tensor) (worst float64) {
	for name, w := range want {
		g := got[name]
		if g == nil || !g.SameShape(w) {
			return math.Inf(1)
		}
		off, most := 0.0, 0.0
		for i, v := range w.Data {
			off, most = max(off, math.Abs(float64(g.Data[i])-float64(v))), max(most, math.Abs(float64(v)))
		}
		if off = off / max(most, math.SmallestNonzeroFloat32); off != off {
			return math.Inf(1)
		}
		worst = max(worst, off)
	}
	return worst
}
