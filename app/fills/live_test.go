package fills

import (
	"context"
	"image"
	"image/color"
	"os"
	"path/filepath"
	"testing"
	"time"

	"pentimento/app/desk"
	"pentimento/app/settings"
	"pentimento/canvas"
	"pentimento/pipeline"
	"pentimento/pipeline/pipelinetest"
)

// studio is a bench with the diffusion engine on a small model and stand-in networks.
func studio(t *testing.T) (*bench, *pipelinetest.Runtime) {
	t.Helper()
	b := newBench(t)
	rt := &pipelinetest.Runtime{Eval: pipelinetest.StandIn}
	p := pipeline.New(rt)
	p.SetMerges(func() ([]byte, error) { return os.ReadFile("../../assets/vocab/merges.txt") })
	b.Pipeline = p
	b.SetFill(func(f *settings.Fill) {
		f.Engine, f.Model = string(pipeline.Diffusion), tinyModel(t)
		f.Steps, f.CFG, f.Sampler, f.Schedule = 4, 1, "Euler", "Automatic"
	})
	b.setFrame(image.Rect(0, 0, 128, 128))
	return b, rt
}

var tinyDir string // of the model that all tests of the package share

func TestMain(m *testing.M) {
	code := m.Run()
	if tinyDir != "" {
		_ = os.RemoveAll(tinyDir)
	}
	os.Exit(code)
}

func tinyModel(t *testing.T) string {
	t.Helper()
	if _, err := os.Stat("../../assets/vocab/merges.txt"); err != nil {
		t.Fatalf("the vocabulary is not here; `make vocab` fetches it: %v", err)
	}
	if tinyDir == "" {
		dir, err := os.MkdirTemp("", "pentimento-tiny-*")
		if err == nil {
			err = pipelinetest.Tiny(t, "tiny15").WriteTo(dir, "single", "F16")
		}
		if err != nil {
			t.Fatal(err)
		}
		tinyDir = dir
	}
	return filepath.Join(tinyDir, "tiny15.safetensors")
}

// liveOn switches live mode on with the test as its clock: no ticker, poll by hand.
func (b *bench) liveOn() {
	b.Live.on, b.Live.stop = true, make(chan struct{})
	old := now
	b.t.Cleanup(func() { now = old })
}

// answer polls and waits for the run's end.
func (b *bench) answer() {
	b.t.Helper()
	b.Live.look()
	if b.Live.running == 0 {
		b.t.Fatalf("no live run was started: %v", b.Live.err)
	}
	b.until("the end of a live run", func() bool { return b.Live.running == 0 })
}

// added counts live runs.
func (b *bench) added() int {
	n := 0
	for _, j := range b.Jobs.List() {
		if j.Group == liveGroup {
			n++
		}
	}
	return n
}

func TestLiveShowsAResultAndNeverTouchesTheDocument(t *testing.T) {
	b, _ := studio(t)
	b.put(flat(image.Rect(0, 0, 128, 128), color.NRGBA{200, 40, 40, 255}))
	state := b.Committed()
	steps, _ := b.doc.History()
	b.liveOn()
	b.answer()
	if s := b.Live.Status(); s.Place != image.Rect(0, 0, 128, 128) || s.Err != nil || s.Running {
		t.Fatalf("live mode says %+v", s)
	}
	if b.Committed() != state || len(b.Stacks()) != 0 {
		t.Error("a live result is in the document or among the candidates")
	}
	if again, _ := b.doc.History(); len(again) != len(steps) {
		t.Error("a live run made a step of history")
	}
	for range 5 {
		b.Live.look()
	}
	if b.added() != 1 {
		t.Errorf("%d live runs of one input, want 1", b.added())
	}
	if r := b.Live.result.Request; r.Task != pipeline.Refine || r.Strength != 0.3 || r.Sampler != "Euler" || r.Steps != 12 {
		t.Errorf("live ran %s at strength %v with %s, %d steps", r.Task, r.Strength, r.Sampler, r.Steps)
	}
	b.Live.Apply()
	if len(b.Committed().Layers) != len(state.Layers)+1 || len(b.Overlays()) != 0 {
		t.Error("the applied result is not one new layer")
	}
	for range 3 {
		b.Live.look()
	}
	if b.added() != 1 {
		t.Error("applying a result started another run of it")
	}
	b.undo()
	if b.Committed() != state {
		t.Error("applying a live result is not one step of history")
	}
	b.Live.Set(false)
}

func TestLiveFollowsWhatItReadsAndNothingElse(t *testing.T) {
	b, _ := studio(t)
	red := color.NRGBA{200, 40, 40, 255}
	b.put(flat(image.Rect(0, 0, 300, 128), red))
	b.liveOn()
	first := b.Live.input(b.Committed())
	same := map[string]func(){
		"a stroke beyond the frame": func() { b.put(flat(image.Rect(200, 0, 230, 30), color.NRGBA{1, 2, 3, 255})) },
		"another layer's name":      func() { b.layer(func(l *canvas.Layer) { l.Name = "other" }) },
		"the count":                 func() { b.SetFill(func(f *settings.Fill) { f.Count++ }) },
		"the panel's own strength":  func() { b.SetFill(func(f *settings.Fill) { f.Strength, f.Refine = 0.9, 0.9 }) },
	}
	for name, change := range same {
		if change(); b.Live.input(b.Committed()) != first {
			t.Errorf("%s changes the input", name)
		}
	}
	last := first
	for _, c := range []struct {
		name   string
		change func()
	}{
		{"a stroke in the frame", func() { b.put(flat(image.Rect(20, 0, 50, 30), color.NRGBA{1, 2, 3, 255})) }},
		{"the mask", func() { b.maskRect(image.Rect(10, 10, 40, 40)) }},
		{"the prompt", func() { b.SetFill(func(f *settings.Fill) { f.Prompt = "a barn" }) }},
		{"the seed", func() { b.SetFill(func(f *settings.Fill) { f.Seed++ }) }},
		{"live's strength", func() { b.Settings.Live.Strength = 0.5 }},
		{"the frame", func() { b.setFrame(image.Rect(64, 0, 192, 128)) }},
		{"opacity", func() { b.layer(func(l *canvas.Layer) { l.Opacity = 100 }) }},
	} {
		c.change()
		if now := b.Live.input(b.Committed()); now == last {
			t.Errorf("%s does not change the input", c.name)
		} else {
			last = now
		}
	}
	b.Live.on = false
}

func TestLiveGivesWay(t *testing.T) {
	b, _ := studio(t)
	b.put(flat(image.Rect(0, 0, 128, 128), color.NRGBA{20, 140, 40, 255}))
	b.liveOn()
	b.Live.SetAway(true)
	b.Live.look()
	if b.Live.running != 0 || !b.Live.Status().Paused {
		t.Error("live mode runs without the focus")
	}
	b.Live.SetAway(false)
	b.press()
	b.Live.look()
	if b.Live.running != 0 {
		t.Error("live mode runs while the pointer is down")
	}
	b.release()

	release := make(chan struct{})
	b.Jobs.Add("busy", 99, func(ctx context.Context, _ func(string, float64)) error { <-release; return nil })
	b.Live.look()
	if b.Live.running != 0 {
		t.Error("live mode queues behind another job")
	}
	close(release)
	b.idle()

	b.Live.look()
	b.Fill() // while the live run is under way
	b.until("the fill", func() bool { return len(b.Stacks()) == 1 && b.Stacks()[0].Current() != nil })
	b.DiscardAll()
	b.idle()
	b.Live.err = nil
	b.answer()
	if b.Live.result == nil || len(b.seen.Failed) > 0 {
		t.Errorf("after the fill live mode has no result; failures %v", b.seen.Failed)
	}
	b.Live.Set(false)
	if len(b.Overlays()) != 0 {
		t.Error("switched off, the result is still on show")
	}
}

func TestLiveHidesAResultThatIsOld(t *testing.T) {
	b, _ := studio(t)
	b.put(flat(image.Rect(0, 0, 128, 128), color.NRGBA{20, 40, 140, 255}))
	b.liveOn()
	b.answer()
	var told int
	b.d.Listen(func(c desk.Change) {
		if c.What&desk.CandidatesChanged != 0 {
			told++
		}
	})
	b.press()
	if len(b.Overlays()) != 0 || told != 1 {
		t.Error("the result hides the stroke that is being painted")
	}
	b.release()
	if len(b.Overlays()) != 0 {
		t.Error("an answer to the picture before the stroke lies over the stroke")
	}
	b.undo()
	if len(b.Overlays()) != 1 {
		t.Error("back at the picture it was made from, the result is not seen")
	}
	b.reset()
	if len(b.Overlays()) != 0 {
		t.Error("the result of another document is on show")
	}
	b.Live.on = false
}

// TestLiveTicks runs with the real ticker.
func TestLiveTicks(t *testing.T) {
	b, _ := studio(t)
	b.put(flat(image.Rect(0, 0, 128, 128), color.NRGBA{20, 40, 140, 255}))
	b.Live.Set(true)
	b.until("a live result", func() bool { return b.Live.result != nil })
	b.Live.Set(false)
	time.Sleep(3 * livePoll)
	if n := len(b.posted); n > 60 {
		t.Errorf("%d calls wait for a window that is late", n)
	}
	b.idle()
	if b.Live.Status().On || len(b.Overlays()) != 0 {
		t.Error("live mode is still on")
	}
}
