package fills

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/maphash"
	"image"
	"sync/atomic"
	"time"

	"pentimento/app/commission"
	"pentimento/app/desk"
	"pentimento/app/jobs"
	"pentimento/app/settings"
	"pentimento/app/words"
	"pentimento/canvas"
	"pentimento/fault"
	"pentimento/pipeline"
)

// Live is live mode: what is in the frame is filled again whenever it changed, and the
// result is shown over the picture until it is applied. The document is never touched.
// pulse.go decides when to run.
//
// 2026-11-23: a live run waits for every other job and gives way to one that comes: Fill
// is answered at once. A result is hidden while the pointer is down and as soon as the
// pixels under it differ from those it was made from, so that a stroke is never painted
// under an old answer.
type Live struct {
	f       *Fills
	on      bool
	away    bool // the program's windows have lost the focus
	pulse   pulse
	running jobs.ID // 0: none
	begun   *atomic.Bool
	began   time.Time
	stop    chan struct{}

	result *pipeline.Result
	patch  *image.NRGBA
	epoch  int
	pixels uint64 // of the picture that the result was made from
	shows  bool   // as last reported
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
	{Name: "Euler", Help: "Any model. Twelve steps, fewer at lower strength.", Sampler: "Euler", Schedule: "SGM Uniform", Steps: 12, CFG: 3.5},
	{Name: "Few steps", Help: "For models distilled to eight steps or fewer.", Sampler: "Euler", Schedule: "SGM Uniform", Steps: 8, CFG: 1.8},
	{Name: "LCM", Help: "For latent consistency models.", Sampler: "LCM", Schedule: "LCM", Steps: 6, CFG: 1.5},
}

// LiveStatus says how live mode stands.
type LiveStatus struct {
	On, Running, Paused bool
	Place               image.Rectangle // where a result is; empty: none is shown
	Err                 error           // why there is no newer one
}

// Status says how live mode stands.
func (l *Live) Status() LiveStatus {
	s := LiveStatus{On: l.on, Running: l.running != 0, Paused: l.on && l.paused(), Err: l.err}
	if p := l.Shown(); p != nil {
		s.Place = p.Rect
	}
	return s
}

// On says whether live mode is on.
func (l *Live) On() bool { return l.on }

// Set switches live mode on or off. Switching off drops the result on show.
func (l *Live) Set(on bool) {
	if on == l.on {
		return
	}
	if !on {
		l.end()
		return
	}
	stop := make(chan struct{})
	l.on, l.stop, l.err = true, stop, nil
	l.pulse.again()
	l.f.desk.Go("live", func() { l.tick(stop) }, nil)
	l.f.desk.Tell(desk.Change{What: desk.SettingsChanged | desk.OverlayChanged})
}

// Relieve goes on in the place of another document's live mode, which ends.
func (l *Live) Relieve(from *Live) {
	on := from.on
	l.away = from.away
	from.Set(false)
	from.patch = nil
	l.Set(on)
}

func (l *Live) end() {
	if !l.on {
		return
	}
	close(l.stop)
	l.on, l.result, l.err = false, nil, nil
	l.f.Jobs.CancelGroup(liveGroup)
	l.f.desk.Tell(desk.Change{What: desk.SettingsChanged | desk.OverlayChanged})
}

// tick polls on the window's goroutine until stop is closed. A window that is late gets
// one poll, not a queue of them.
func (l *Live) tick(stop chan struct{}) {
	t := time.NewTicker(livePoll)
	defer t.Stop()
	var posted atomic.Bool
	for {
		select {
		case <-stop:
			return
		case <-t.C:
			if posted.CompareAndSwap(false, true) {
				l.f.desk.Post(func() { posted.Store(false); l.look() })
			}
		}
	}
}

// SetSampling changes how live mode samples.
func (l *Live) SetSampling(change func(*settings.Live)) {
	change(&l.f.desk.Settings.Live)
	l.f.desk.Tell(desk.Change{What: desk.OverlayChanged})
}

// SetAway pauses live mode while the program's windows are not in front.
func (l *Live) SetAway(away bool) {
	l.away = away
	if l.on {
		l.f.desk.Tell(desk.Change{What: desk.OverlayChanged})
	}
}

func (l *Live) paused() bool { return l.away || l.f.canvas.Drawing() }

// look looks once whether there is something to do.
func (l *Live) look() {
	if !l.on {
		return
	}
	state := l.f.canvas.Committed()
	if !l.f.models.Generates() {
		l.failed(fault.New("live: the chosen engine copies from the picture and ignores the prompt", "choose Diffusion in the fill panel"))
		return
	}
	if l.pulse.poll(now(), l.input(state), l.f.Jobs.Active(0) > 0, l.paused()) == beatStart {
		l.start(state)
	}
}

// fill is the panel's values as a live run has them: one picture, live's own sampling.
func (l *Live) fill() settings.Fill {
	panel, own := l.f.desk.Settings.Fill, l.f.desk.Settings.Live
	panel.Sampler, panel.Schedule, panel.Steps, panel.CFG = own.Sampler, own.Schedule, own.Steps, own.CFG
	panel.Strength, panel.Refine = own.Strength, own.Strength
	panel.Count, panel.Batch, panel.LockSeed = 1, 1, true
	return panel
}

// start plans by the function that Fill uses and queues one run. What it costs the
// window is the plan: the picture is flattened by the job.
func (l *Live) start(state *canvas.State) {
	panel := l.f.desk.Settings.Fill
	l.f.desk.Settings.Fill = l.fill()
	sel, out := l.f.plan(state)
	regions := l.f.acting(state, out)
	req := l.f.request(out.Task, uncut(regions)...)
	l.f.desk.Settings.Fill = panel
	if out.Err != nil {
		l.failed(out.Err)
		return
	}
	l.f.planned(&req, out, state)
	whole := l.f.scene(state, sel, regions, out.read, out)
	under, epoch, begun := l.pixelsOf(state), l.f.epoch, new(atomic.Bool)
	l.began, l.begun = now(), begun
	lists := l.f.models.WildcardPaths()
	l.running = l.f.Jobs.Add(words.T("Live"), liveGroup, func(ctx context.Context, report func(string, float64)) error {
		begun.Store(true)
		req = whole.complete(req)
		results, err := run(ctx, l.f.runner(state), l.f.withLists(req, lists), func(p pipeline.Progress) { report(p.Stage, p.Fraction) })
		var res *pipeline.Result
		var patch *image.NRGBA
		if err == nil {
			res, patch = results[0], commission.Patch(results[0])
		}
		l.f.desk.Post(func() {
			if l.f.epoch == epoch {
				l.arrived(res, patch, under, err)
			}
		})
		return err
	})
	l.f.desk.Tell(desk.Change{What: desk.OverlayChanged})
}

// arrived takes a run's end: its picture, or why there is none.
func (l *Live) arrived(res *pipeline.Result, patch *image.NRGBA, pixels uint64, err error) {
	l.running = 0
	switch {
	case !l.on:
		return
	case errors.Is(err, context.Canceled): // something else was wanted first
		l.pulse.again()
		return
	case err != nil:
		l.failed(err)
		return
	}
	old := image.Rectangle{}
	if l.patch != nil {
		old = l.patch.Rect
	}
	l.pulse.took(now().Sub(l.began))
	l.result, l.patch, l.pixels, l.epoch, l.err = res, patch, pixels, l.f.epoch, nil
	l.shows = l.Shown() != nil
	l.f.desk.Tell(desk.Change{What: desk.CandidatesChanged | desk.Picture | desk.OverlayChanged, Dirty: old.Union(patch.Rect)})
}

// failed keeps an error for the bar: live mode opens no dialog, and tries again only
// when the input changed.
func (l *Live) failed(err error) {
	if l.err == nil || l.err.Error() != err.Error() {
		l.err = err
		l.f.desk.Tell(desk.Change{What: desk.OverlayChanged})
	}
}

// Shown is the result that is over the picture now, or nil.
func (l *Live) Shown() *image.NRGBA {
	if !l.on || l.result == nil || l.paused() && !l.away || l.epoch != l.f.epoch || l.pixels != l.pixelsOf(l.f.canvas.Committed()) {
		return nil
	}
	return l.patch
}

// follow hears every change first: it shows and hides the result, and makes way for
// other jobs.
func (l *Live) follow(c desk.Change) {
	if c.What&desk.JobsChanged != 0 && l.running != 0 {
		switch active, own := l.f.Jobs.Active(0), l.f.Jobs.Active(liveGroup); {
		case own == 0 && !l.begun.Load(): // cancelled while it waited: it will never tell
			l.running = 0
			l.pulse.again()
		case active > own:
			l.f.Jobs.CancelGroup(liveGroup)
		}
	}
	if shows := l.Shown() != nil; shows != l.shows {
		l.shows = shows
		l.f.desk.Tell(desk.Change{What: desk.CandidatesChanged | desk.Picture | desk.OverlayChanged, Dirty: l.patchRect()})
	}
}

func (l *Live) patchRect() image.Rectangle {
	if l.patch == nil {
		return image.Rectangle{}
	}
	return l.patch.Rect
}

// Apply lays the result on show into the picture, as accepting a candidate does. The
// picture with it is not remade before the next change.
func (l *Live) Apply() {
	patch := l.Shown()
	if patch == nil {
		return
	}
	s := l.f.add(patch.Rect, l.result.Request, &Candidate{Result: l.result, Patch: patch, When: now()})
	l.result = nil
	l.f.Memory.Arrived(s, s.Candidates[0])
	l.f.remember()
	l.f.Accept()
	l.pulse.answer(l.input(l.f.canvas.Committed()))
}

// input is a hash of everything that a live run's picture follows from.
func (l *Live) input(state *canvas.State) uint64 {
	var h maphash.Hash
	h.SetSeed(liveSeed)
	text, negative := l.f.prompting.Texts()
	fmt.Fprintf(&h, "%+v\x00%s\x00%s\x00%s", l.fill(), text, negative, l.f.desk.Settings.Device)
	for _, r := range l.f.followed(state) {
		fmt.Fprintf(&h, "\x00%p%+v", r, l.f.links[r])
	}
	for _, r := range l.f.regional.In(state).Regions {
		fmt.Fprintf(&h, "\x00%+v", r)
	}
	fmt.Fprint(&h, l.f.regional.Base)
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], l.pixelsOf(state))
	_, _ = h.Write(b[:])
	return max(h.Sum64(), 1) // 0 is none
}

// pixelsOf is a hash of frame, mask, selection and regions' areas and of all that is visible within, guide layers, too. It reads the
// layers as they are stored, a fraction of a millisecond each, and remembers the last answer.
func (l *Live) pixelsOf(state *canvas.State) uint64 {
	seen := &l.seen
	if seen.state == state {
		return seen.hash
	}
	var h maphash.Hash
	h.SetSeed(liveSeed)
	fmt.Fprint(&h, state.Frame)
	target := state.Target()
	for _, r := range []image.Rectangle{state.Frame, canvas.CoverUsed(target)} {
		for y := r.Min.Y; y < r.Max.Y; y += canvas.TileSize { // in rows of tiles: a mask can be huge
			hashStrip(&h, state, target, image.Rect(r.Min.X, y, r.Max.X, min(y+canvas.TileSize, r.Max.Y)))
		}
	}
	for _, r := range l.f.regional.In(state).Regions {
		cover := state.Channels[state.Channel(r.Area)].Cover
		for in, y := canvas.CoverUsed(cover), 0; y < in.Dy(); y += canvas.TileSize {
			_, _ = h.Write(canvas.CoverImage(cover, image.Rect(in.Min.X, in.Min.Y+y, in.Max.X, min(in.Min.Y+y+canvas.TileSize, in.Max.Y))).Pix)
		}
	}
	seen.state, seen.hash = state, h.Sum64()
	return seen.hash
}

func hashStrip(h *maphash.Hash, state *canvas.State, target canvas.Grid[canvas.MaskTile], r image.Rectangle) {
	buf := make([]byte, 4*r.Dx()*r.Dy())
	state.ShownStack().LayIn(buf, 4*r.Dx(), r)
	_, _ = h.Write(buf)
	mask := buf[:r.Dx()*r.Dy()]
	canvas.ReadCover(target, mask, r.Dx(), r)
	_, _ = h.Write(mask)
}
