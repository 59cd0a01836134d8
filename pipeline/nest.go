package pipeline

import (
	"context"
	"time"
)

// Part is what one of the runs that a task is made of, or a step, says of itself.
type Part struct {
	Picture  int      `json:"picture,omitempty"` // of the batch, counted from 1; 0: of all
	Packed   []int    `json:"packed,omitempty"`  // these as in Ran
	Adapted  []string `json:"adapted,omitempty"`
	Embedded []string `json:"embedded,omitempty"`
	Separate []string `json:"separate,omitempty"`
	Plan     *Plan    `json:"plan,omitempty"`
	// Details are those of a run of the task Detail, with what they found.
	Details []Detailing `json:"details,omitempty"`
}

// parts are the runs within a run, at any depth, each before those within it. A repeated
// run meets them in the same order.
type parts struct {
	ran     []Part
	repeat  []Part // what a run that is to be exact takes each from
	picture int    // the one that the next runs are for
}

// part notes that a run within another begins, and gives it what it ran by before.
func (p *parts) part(q *Request) (number int) {
	number = len(p.ran)
	p.ran = append(p.ran, Part{Picture: p.picture})
	q.Ran = Ran{Plan: q.Plan}
	if number < len(p.repeat) {
		was := p.repeat[number]
		q.Ran = Ran{Exact: true, Packed: was.Packed, Adapted: was.Adapted, Embedded: was.Embedded, Separate: was.Separate, Plan: was.Plan}
		for i := range min(len(q.Details), len(was.Details)) {
			q.Details = detailings(q.Details)
			q.Details[i].Found, q.Details[i].Looked = was.Details[i].Found, was.Details[i].Looked
		}
	}
	return number
}

// ended notes what a run within another says of itself.
func (p *parts) ended(number int, q Request) {
	p.ran[number] = Part{p.ran[number].Picture, q.Packed, q.Adapted, q.Embedded, q.Separate, q.Plan, q.Details}
}

// partsOf is the parts of a request that is about to run.
func partsOf(q Request) *parts {
	if !q.Exact {
		return &parts{}
	}
	return &parts{repeat: q.Parts}
}

// perform carries out a request in the turn at the networks that its caller holds, where
// one is needed.
func (p *Pipeline) perform(ctx context.Context, req Request, report func(Progress), trace Trace, in *parts) (*Result, error) {
	engine, err := FindEngine(req.Engine)
	switch {
	case err != nil:
		return nil, err
	case len(req.After) > 0:
		return p.withSteps(ctx, req, report, trace, in)
	case !engine.Network:
		return fill(ctx, engine, req, report)
	}
	return p.diffuse(ctx, req, report, trace, in)
}

// within runs a request inside a task's run, in the turn that it holds: for tasks that are
// made of others, such as to find faces and inpaint each. Its progress becomes the part
// from–to of the task's own. Networks that the task has asked for stay open meanwhile, but
// for low-memory mode: ask for them again afterwards.
func (r *run) within(ctx context.Context, q Request, from, to float64) (*Result, error) {
	number, began := r.parts.part(&q), time.Now()
	res, err := r.p.perform(ctx, q, func(g Progress) {
		r.now.Fraction = max(r.now.Fraction, from+(to-from)*g.Fraction)
		if g.Fraction < 1 { // the end of a part is not the end
			r.now.Stage = g.Stage
		}
		g.Stage, g.Fraction = r.now.Stage, r.now.Fraction
		r.report(g)
	}, nil, r.parts)
	if err != nil {
		return nil, err
	}
	r.parts.ended(number, res.Request)
	r.clock(string(q.Task), began)
	r.steps = append(r.steps, res.Steps...)
	r.showed.join(res.Previews)
	r.device = res.Device
	return res, nil
}
