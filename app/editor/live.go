package editor

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/maphash"
	"image"
	"sync/atomic"
	"time"

	"pentimento/app/desk"
	"pentimento/app/jobs"
	"pentimento/app/settings"
	"pentimento/canvas"
	"pentimento/canvas/render"
	"pentimento/fault"
	"pentimento/pipeline"
	"pentimento/pipeline/pixels"
)

// live is live mode: what lies in the frame is filled again whenever it changed, and the
// result is shown over the picture until it is applied. The document is never touched.
// pulse.go decides when to run.
//
// 2026-11-23: a live run waits for every other job and gives way to one that comes: Fill
// is answered at once. A result is hidden while the pointer is down and as soon as the
// pixels under it differ from those it was made from, so that a stroke is never painted
// under an old answer.
type live struct {
	on      bool
	away    bool // the program's windows have lost the focus
	pulse   pulse
	running jobs.ID // 0: none
	begun   *atomic.Bool
	began   time.Time
	stop    chan struct{}

	result *pipeline.Result
	patch  *image.NRGBA
	doc    *canvas.Document
	pixels uint64 // of the picture that the result was made from
	shows  bool   // as last told
	err    error  // of the last run, or why none can be

	seen struct { // the last hash of pixels
		state *canvas.State
		hash  uint64
	}
}

// liveSeed is the hashes' own.
var liveSeed = maphash.MakeSeed()

// liveGroup is the group of live runs among the jobs; stacks count from 1.
const liveGroup = -1

// LivePreset is a way to sample in a few steps.
type LivePreset struct {
	Name, Help        string
	Sampler, Schedule string
	Steps             int
	CFG               float64
}

// LivePresets are offered by the live bar. The few-step ones need a model made for them.
var LivePresets = []LivePreset{
	{"Euler", "Any model. Twelve steps, of which strength leaves a part.", "Euler", "SGM Uniform", 12, 3.5},
	{"Few steps", "For models distilled to eight steps or fewer.", "Euler", "SGM Uniform", 8, 1.8},
	{"LCM", "For latent consistency models.", "LCM", "LCM", 6, 1.5},
}

var liveActions = []Action{
	{ID: "live.toggle", Name: "Live mode", Menu: "Fill", Icon: "live", Gap: true, Keys: []string{"Ctrl+L"}, Run: func(e *Editor) { e.SetLive(!e.live.on) },
		Enabled: func(e *Editor) bool { return e.live.on || e.Models.Generates() }, Checked: func(e *Editor) bool { return e.live.on },
		Help: "Fill the frame again whenever the picture, the prompt or the settings change"},
	{ID: "live.apply", Name: "Apply the live result", Menu: "Fill", Icon: "accept", Keys: []string{"Enter"}, Run: (*Editor).ApplyLive,
		Enabled: func(e *Editor) bool { return e.liveShown() != nil }, Help: "Lay it into the picture as one undo step"},
}

// LiveStatus says how live mode stands.
type LiveStatus struct {
	On, Running, Paused bool
	Place               image.Rectangle // where a result lies; empty: none is shown
	Err                 error           // why there is no newer one
}

// Live says how live mode stands.
func (e *Editor) Live() LiveStatus {
	l := &e.live
	s := LiveStatus{On: l.on, Running: l.running != 0, Paused: l.on && e.livePaused(), Err: l.err}
	if p := e.liveShown(); p != nil {
		s.Place = p.Rect
	}
	return s
}

// SetLive switches live mode on or off. Switching off drops the result on show.
func (e *Editor) SetLive(on bool) {
	if on == e.live.on {
		return
	}
	if !on {
		e.stopLive()
		return
	}
	e.live.on, e.live.stop, e.live.err = true, make(chan struct{}), nil
	e.live.pulse.again()
	go e.tick(e.live.stop)
	e.Tell(desk.Change{What: desk.SettingsChanged | desk.OverlayChanged})
}

func (e *Editor) stopLive() {
	if !e.live.on {
		return
	}
	close(e.live.stop)
	e.live.on, e.live.result, e.live.err = false, nil, nil
	e.Jobs.CancelGroup(liveGroup)
	e.Tell(desk.Change{What: desk.SettingsChanged | desk.OverlayChanged})
}

// tick polls on the window's goroutine until stop is closed. A window that is late gets
// one poll, not a queue of them.
func (e *Editor) tick(stop chan struct{}) {
	t := time.NewTicker(livePoll)
	defer t.Stop()
	var posted atomic.Bool
	for {
		select {
		case <-stop:
			return
		case <-t.C:
			if posted.CompareAndSwap(false, true) {
				e.Post(func() { posted.Store(false); e.pollLive() })
			}
		}
	}
}

// SetSampling changes how live mode samples.
func (e *Editor) SetSampling(change func(*settings.Live)) {
	change(&e.Settings.Live)
	e.Tell(desk.Change{What: desk.OverlayChanged})
}

// SetAway pauses live mode while the program's windows are not in front.
func (e *Editor) SetAway(away bool) {
	e.live.away = away
	if e.live.on {
		e.Tell(desk.Change{What: desk.OverlayChanged})
	}
}

func (e *Editor) livePaused() bool { return e.live.away || e.pressed || e.doc.Editing() }

// pollLive looks once whether there is something to do.
func (e *Editor) pollLive() {
	l := &e.live
	if !l.on {
		return
	}
	state := e.doc.State()
	if !e.Models.Generates() {
		e.liveFailed(fault.New("live: the engine chosen takes from the picture and reads no prompt", "choose Diffusion in the fill panel"))
		return
	}
	if l.pulse.poll(now(), e.liveInput(state), e.Jobs.Active(0) > 0, e.livePaused()) == beatStart {
		e.startLive(state)
	}
}

// liveFill is the panel's values as a live run has them: one picture, live's own sampling.
func (e *Editor) liveFill() settings.Fill {
	f, l := e.Settings.Fill, e.Settings.Live
	f.Sampler, f.Schedule, f.Steps, f.CFG, f.Strength = l.Sampler, l.Schedule, l.Steps, l.CFG, l.Strength
	f.Count, f.Batch, f.LockSeed = 1, 1, true
	return f
}

// startLive plans by the function that Fill uses and queues one run. What it costs the
// window is the plan: the picture is flattened by the job.
func (e *Editor) startLive(state *canvas.State) {
	l, panel := &e.live, e.Settings.Fill
	e.Settings.Fill = e.liveFill()
	sel, out := e.plan(state)
	req := e.request(out.Task)
	e.Settings.Fill = panel
	if out.Err != nil {
		e.liveFailed(out.Err)
		return
	}
	req.Plan = out.plan
	under, doc, begun := e.livePixels(state), e.doc, new(atomic.Bool)
	l.began, l.begun = now(), begun
	l.running = e.Jobs.Add("Live", liveGroup, func(ctx context.Context, report func(string, float64)) error {
		begun.Store(true)
		req.Mask = sel.mask(state, out.read)
		req.Image = render.Flatten(state, out.read, render.FlattenOptions{})
		res, err := e.runner().Run(ctx, req, func(p pipeline.Progress) { report(p.Stage, p.Fraction) })
		var patch *image.NRGBA
		if err == nil {
			patch = pixels.Visible(res.Image, res.Mask)
		}
		e.Post(func() {
			if e.doc == doc {
				e.liveArrived(res, patch, under, err)
			}
		})
		return err
	})
	e.Tell(desk.Change{What: desk.OverlayChanged})
}

// liveArrived takes a run's end: its picture, or why there is none.
func (e *Editor) liveArrived(res *pipeline.Result, patch *image.NRGBA, pixels uint64, err error) {
	l := &e.live
	l.running = 0
	switch {
	case !l.on:
		return
	case errors.Is(err, context.Canceled): // something else was wanted first
		l.pulse.again()
		return
	case err != nil:
		e.liveFailed(err)
		return
	}
	old := image.Rectangle{}
	if l.patch != nil {
		old = l.patch.Rect
	}
	l.pulse.took(now().Sub(l.began))
	l.result, l.patch, l.pixels, l.doc, l.err = res, patch, pixels, e.doc, nil
	l.shows = e.liveShown() != nil
	e.Tell(desk.Change{What: desk.CandidatesChanged | desk.Picture | desk.OverlayChanged, Dirty: old.Union(patch.Rect)})
}

// liveFailed keeps an error for the bar: live mode opens no dialog, and tries again only
// when the input changed.
func (e *Editor) liveFailed(err error) {
	if l := &e.live; l.err == nil || l.err.Error() != err.Error() {
		l.err = err
		e.Tell(desk.Change{What: desk.OverlayChanged})
	}
}

// liveShown is the result that lies over the picture now, or nil.
func (e *Editor) liveShown() *image.NRGBA {
	l := &e.live
	if !l.on || l.result == nil || e.livePaused() && !l.away || l.doc != e.doc || l.pixels != e.livePixels(e.doc.State()) {
		return nil
	}
	return l.patch
}

// followLive hears every change first: it shows and hides the result, and makes way for
// other jobs.
func (e *Editor) followLive(c desk.Change) {
	l := &e.live
	if c.What&desk.JobsChanged != 0 && l.running != 0 {
		switch active, own := e.Jobs.Active(0), e.Jobs.Active(liveGroup); {
		case own == 0 && !l.begun.Load(): // cancelled while it waited: it will never tell
			l.running = 0
			l.pulse.again()
		case active > own:
			e.Jobs.CancelGroup(liveGroup)
		}
	}
	if shows := e.liveShown() != nil; shows != l.shows {
		l.shows = shows
		e.Tell(desk.Change{What: desk.CandidatesChanged | desk.Picture | desk.OverlayChanged, Dirty: l.patchRect()})
	}
}

func (l *live) patchRect() image.Rectangle {
	if l.patch == nil {
		return image.Rectangle{}
	}
	return l.patch.Rect
}

// ApplyLive lays the result on show into the picture, as accepting a candidate does. The
// picture with it is not made anew before the next change.
func (e *Editor) ApplyLive() {
	patch := e.liveShown()
	if patch == nil {
		return
	}
	l := &e.live
	e.nextGroup++
	s := &Stack{ID: e.nextGroup, Place: patch.Rect, request: l.result.Request,
		Candidates: []*Candidate{{Result: l.result, Patch: patch, When: now()}}}
	e.stacks = append(e.stacks, s)
	e.shown = s.ID
	l.result = nil
	e.keepResult(s, s.Candidates[0])
	e.Prompting.Remember(settings.Prompt{Prompt: e.Settings.Fill.Prompt, Negative: e.Settings.Fill.Negative})
	e.Accept()
	l.pulse.answer(e.liveInput(e.doc.State()))
}

// liveInput is a hash of everything that a live run's picture follows from.
func (e *Editor) liveInput(state *canvas.State) uint64 {
	var h maphash.Hash
	h.SetSeed(liveSeed)
	text, negative := e.Prompting.Texts()
	fmt.Fprintf(&h, "%+v\x00%s\x00%s\x00%s", e.liveFill(), text, negative, e.Settings.Device)
	for _, r := range e.attached(state) {
		fmt.Fprintf(&h, "\x00%p%v%v%v%v", r.Image, r.Weight, r.Start, r.End, r.Crop)
	}
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], e.livePixels(state))
	_, _ = h.Write(b[:])
	return max(h.Sum64(), 1) // 0 is none
}

// livePixels is a hash of frame and mask and of all that is visible within. It reads the
// layers as they are stored, a fraction of a millisecond each, and remembers the last answer.
func (e *Editor) livePixels(state *canvas.State) uint64 {
	seen := &e.live.seen
	if seen.state == state {
		return seen.hash
	}
	var h maphash.Hash
	h.SetSeed(liveSeed)
	fmt.Fprint(&h, state.Frame)
	for _, r := range []image.Rectangle{state.Frame, state.MaskUsed()} {
		for y := r.Min.Y; y < r.Max.Y; y += canvas.TileSize { // in rows of tiles: a mask can be huge
			hashStrip(&h, state, image.Rect(r.Min.X, y, r.Max.X, min(y+canvas.TileSize, r.Max.Y)))
		}
	}
	seen.state, seen.hash = state, h.Sum64()
	return seen.hash
}

func hashStrip(h *maphash.Hash, state *canvas.State, r image.Rectangle) {
	buf := make([]byte, 4*r.Dx()*r.Dy())
	for _, l := range state.Layers {
		if l.Visible && l.Opacity > 0 {
			l.Read(buf, 4*r.Dx(), r)
			fmt.Fprint(h, l.Opacity, l.Blend)
			_, _ = h.Write(buf)
		}
	}
	mask := buf[:r.Dx()*r.Dy()]
	state.ReadMask(mask, r.Dx(), r)
	_, _ = h.Write(mask)
}
