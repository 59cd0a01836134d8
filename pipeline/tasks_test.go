package pipeline

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"slices"
	"testing"
	"time"

	"pentimento/pipeline/graph"
	"pentimento/pipeline/region"
	"pentimento/pipeline/tensor"
)

// withTask registers a task for one test.
func withTask(t *testing.T, row TaskRow) {
	before := Tasks
	Tasks = append(slices.Clone(Tasks), row)
	t.Cleanup(func() { Tasks = before })
}

// twice is a task made of others: it generates a picture and paints a disc in it again.
var twice = TaskRow{Name: "twice", Label: "Twice", Needs: Needs{Model: true}, Plan: planFrame, Run: func(r *run, ctx context.Context) (*Result, error) {
	q := r.req
	q.Task, q.Plan = Generate, nil
	first, err := r.within(ctx, q, 0, 0.4)
	if err != nil {
		return nil, err
	}
	q.Task, q.Image, q.Seed = Inpaint, first.Image, q.Seed+1
	q.Mask = disc(first.Image.Rect, first.Image.Rect.Min.Add(first.Image.Rect.Size().Div(2)), 15)
	second, err := r.within(ctx, q, 0.4, 1)
	if err != nil {
		return nil, err
	}
	second.Mask = first.Mask
	return second, nil
}}

func twiceRequest(t *testing.T) Request {
	return Request{
		Ask:      Ask{Engine: Diffusion, Task: "twice", Frame: image.Rect(10, 20, 74, 84)},
		Text:     Text{Prompt: "waves"},
		Sampling: Sampling{Seed: 3, Steps: 3, Width: 64, Height: 64},
		Models:   Models{Model: tiny(t, "tiny15")},
	}
}

func TestATaskMayRunOthers(t *testing.T) {
	withTask(t, twice)
	p, rt := standIns(t)
	last, stages := -1.0, map[string]bool{}
	res, err := p.Run(context.Background(), twiceRequest(t), func(g Progress) {
		if g.Fraction < last || g.Fraction > 1 || g.Stage == "done" && g.Fraction < 1 {
			t.Errorf("%g (%s) after %g", g.Fraction, g.Stage, last)
		}
		last = g.Fraction
		stages[fmt.Sprintf("%s below %.1f", g.Stage, 0.4+0.6*float64(btoi(g.Fraction > 0.4)))] = true
	})
	if err != nil {
		t.Fatal(err)
	}
	if last != 1 || !stages["step 2 of 3 below 0.4"] || !stages["step 2 of 3 below 1.0"] {
		t.Errorf("progress ended at %g, with the stages %v", last, stages)
	}
	if res.Image.Rect != image.Rect(10, 20, 74, 84) || len(res.Request.Parts) != 2 || len(res.Steps) != 6 {
		t.Errorf("the result covers %v, of %d runs and %d steps", res.Image.Rect, len(res.Request.Parts), len(res.Steps))
	}
	if now, _ := rt.Sessions(); now != 4 {
		t.Errorf("%d networks are open, want 4: both runs share the model's", now)
	}
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// TestATaskOfTasksIsCancelledAnywhere: whichever evaluation of a network is the last, the
// run ends with the context's error, and the next one has its turn and its networks.
func TestATaskOfTasksIsCancelledAnywhere(t *testing.T) {
	withTask(t, twice)
	step := 1
	if testing.Short() {
		step = 6
	}
	for _, low := range []bool{false, true} {
		evaluations := 0
		for at := 0; at == 0 || at < evaluations; at += step {
			p, rt := standIns(t)
			ctx, cancel := context.WithCancel(context.Background())
			n := 0
			rt.Eval = func(c context.Context, g *graph.Graph, in map[string]*tensor.Tensor) (map[string]*tensor.Tensor, error) {
				if n++; n == at {
					cancel()
					return nil, c.Err()
				}
				return standIn(c, g, in)
			}
			q := twiceRequest(t)
			q.LowMemory = low
			_, err := p.Run(ctx, q, nil)
			if at == 0 { // a run to its end, to count
				if evaluations = n; err != nil || n < 10 {
					t.Fatalf("%d evaluations, %v", n, err)
				}
			} else if !errors.Is(err, context.Canceled) {
				t.Fatalf("cancelled in evaluation %d: error %v", at, err)
			}
			cancel()
			within, stop := context.WithTimeout(context.Background(), time.Minute)
			if _, err := p.Run(within, q, nil); err != nil {
				t.Fatalf("the run after one cancelled in evaluation %d: %v", at, err)
			}
			stop()
			if err := p.Close(); err != nil {
				t.Error(err)
			}
			if now, most := rt.Sessions(); now != 0 || low && most > 1 {
				t.Errorf("%d networks are open after Close; %d were at once, low memory %v", now, most, low)
			}
		}
	}
}

// TestATaskIsARow: a task that is in the table is planned, checked, run, recorded and
// replayed, and nothing else names it.
func TestATaskIsARow(t *testing.T) {
	withTask(t, twice)
	p, _ := standIns(t)
	q := twiceRequest(t)
	planned, err := p.Plan(q, Scene{Selection: q.Frame})
	if err != nil || planned.Layout.Target != q.Frame || len(planned.runs()[0].Passes) != 1 {
		t.Fatalf("planned as %+v, %v", planned, err)
	}
	for _, c := range p.Check(q) {
		if c.Blocks {
			t.Errorf("checked: %+v", c)
		}
	}
	q.Strength = 0.3
	if got := q.WithDefaults().Strength; got != 1 {
		t.Errorf("strength %g, want 1: the task keeps nothing", got)
	}
	res, err := p.Run(context.Background(), q, nil)
	if err != nil {
		t.Fatal(err)
	}
	if f := res.Request.Record(q.Frame, time.Now()); f.Task != "twice" || f.Prompt != "waves" || f.Seed != 3 || f.Mask != nil {
		t.Errorf("recorded as %+v", f)
	}
	data, err := json.Marshal(res.Replay())
	if err != nil {
		t.Fatal(err)
	}
	again, err := ReadReplay(data)
	if err != nil || !again.Request.Exact || len(again.Request.Parts) != 2 {
		t.Fatalf("replayed as %+v, %v", again, err)
	}
	again.Request.Model = q.Model
	got, err := p.Run(context.Background(), again.Request, nil)
	if err != nil || !bytes.Equal(got.Image.Pix, res.Image.Pix) {
		t.Errorf("the replay makes another picture (%v)", err)
	}
	if task, _ := Decide(region.Mixed, true); task != Inpaint {
		t.Errorf("the frame rule chooses %q, want inpaint", task)
	}
}

// TestStepsWorkOnTheResult: they change what the run changed and no more, one after the
// other, and a replay makes the same picture.
func TestStepsWorkOnTheResult(t *testing.T) {
	p, _ := standIns(t)
	img := noisePicture(96, 96)
	q := Request{
		Ask:      Ask{Engine: Diffusion, Task: Inpaint, Image: img, Mask: disc(img.Rect, image.Pt(40, 50), 20)},
		Sampling: Sampling{Steps: 2, Seed: 1, Batch: 2},
		Models:   Models{Model: tiny(t, "tiny15")},
	}
	plain, err := p.Run(context.Background(), q, nil)
	if err != nil {
		t.Fatal(err)
	}
	half := disc(img.Rect, image.Pt(30, 50), 9)
	q.After = []Step{
		{Task: Refine, Sampling: Sampling{Steps: 2, Seed: 7, Strength: 0.9}},
		{Task: Inpaint, Mask: half, Sampling: Sampling{Steps: 2, Seed: 8}},
	}
	last := -1.0
	res, err := p.Run(context.Background(), q, func(g Progress) {
		if g.Fraction < last || g.Stage == "done" && g.Fraction < 1 {
			t.Errorf("%g (%s) after %g", g.Fraction, g.Stage, last)
		}
		last = g.Fraction
	})
	if err != nil || last != 1 {
		t.Fatalf("%v at %g", err, last)
	}
	if !bytes.Equal(res.Mask.Pix, plain.Mask.Pix) || len(res.Images) != 2 || len(res.Request.Parts) != 4 || len(res.Request.After) != 2 {
		t.Errorf("another mask than without steps, or %d pictures and %d records", len(res.Images), len(res.Request.Parts))
	}
	changed := 0
	for i, m := range res.Mask.Pix {
		switch same := bytes.Equal(res.Images[1].Pix[4*i:4*i+4], plain.Images[1].Pix[4*i:4*i+4]); {
		case m == 0 && !bytes.Equal(res.Images[1].Pix[4*i:4*i+4], img.Pix[4*i:4*i+4]):
			t.Fatalf("pixel %d changed outside the mask", i)
		case !same:
			changed++
		}
	}
	if changed < 300 {
		t.Errorf("the steps changed %d pixels", changed)
	}
	second := res.Request.Nth(1)
	second.Batch = 1
	second.Exact = true
	alone, err := p.Run(context.Background(), second, nil)
	if err != nil || !bytes.Equal(alone.Image.Pix, res.Images[1].Pix) {
		t.Errorf("the second picture of the batch alone is another one (%v)", err)
	}
}

func TestStepsThatCannotBeMeantAreRefused(t *testing.T) {
	p, rt := standIns(t)
	img := noisePicture(64, 64)
	for _, s := range []Step{{Task: "dance"}, {Task: Generate}, {Task: Refine, Scale: 2}} {
		for _, e := range []Engine{Diffusion, Content} {
			q := Request{
				Ask:    Ask{Engine: e, Task: Inpaint, Image: img, Mask: disc(img.Rect, image.Pt(30, 30), 9)},
				Models: Models{Model: tiny(t, "tiny15")}, Sampling: Sampling{Steps: 1}, After: []Step{s},
			}
			if _, err := p.Run(context.Background(), q, nil); err == nil || len(rt.Log()) > 0 {
				t.Errorf("%s, %+v: error %v, networks %v", e, s, err, rt.Log())
			}
			if !slices.ContainsFunc(p.Check(q), func(c Problem) bool { return c.Kind == "step" && c.Blocks }) {
				t.Errorf("%s, %+v: the check lets it pass", e, s)
			}
		}
	}
}

// TestAStepFollowsAnEngineWithoutANetwork: content-aware first, then refined by a model.
func TestAStepFollowsAnEngineWithoutANetwork(t *testing.T) {
	p, _ := standIns(t)
	img := noisePicture(64, 64)
	q := Request{Ask: Ask{Engine: Edge, Task: Inpaint, Image: img, Mask: disc(img.Rect, image.Pt(30, 30), 12)}}
	plain, err := p.Run(context.Background(), q, nil)
	if err != nil {
		t.Fatal(err)
	}
	q.After = []Step{{Task: Refine, Models: Models{Model: tiny(t, "tiny15")}, Sampling: Sampling{Steps: 2}}}
	res, err := p.Run(context.Background(), q, nil)
	if err != nil || bytes.Equal(res.Image.Pix, plain.Image.Pix) || !bytes.Equal(res.Mask.Pix, plain.Mask.Pix) {
		t.Errorf("the step changed nothing, or the mask (%v)", err)
	}
}
