package pipeline

import (
	"slices"

	"pentimento/pipeline/denoise"
	"pentimento/pipeline/family"
	"pentimento/pipeline/sampler"
)

// hurry sets what Faster stands for, as far as the request leaves it open. The numbers are
// recorded beside the switch: a picture made again takes those it was made with, whatever
// Faster means by then. They were chosen by what `make lean-bench` measured (README).
func (q *Request) hurry() {
	if !q.Faster || q.Forecast > 0 || q.DeepCache > 0 {
		return
	}
	if row, _, err := sampler.Find(q.WithDefaults().Sampler); err == nil && q.draws(row) {
		q.DeepCache, q.DeepFrom = 3, 0.4 // what fresh noise brings cannot be forecast
		return
	}
	q.Forecast, q.ForecastGrowth = 2, 0.5
}

// cut is the skip at which the denoiser is cut in two, counted from 1; 0: it is whole. It stays
// whole for SAG, which wants the map of the deep part's attention at every step, for references, of which the deep
// part reads what each step makes of them, and where a shrink lies above or at the cut, whose deep
// feature would change its size during a run.
func (q Request) cut() int {
	if q.DeepCache < 2 || q.sag() != nil || q.inside().Reference != (family.Reference{}) || q.inside().Shrink.Block > 0 && q.Shrink.Block <= q.DeepSkip+1 {
		return 0
	}
	return q.DeepSkip + 1
}

// savings is what each step of a run of so many takes. A sampler that chooses its own steps by
// how its predictions differ is not to be misled: there every evaluation is whole.
func (r *run) savings(steps int) []denoise.Effort {
	s := denoise.Savings{Window: r.req.Forecast, Growth: r.req.ForecastGrowth}
	if r.model.source.cut > 0 {
		s.Interval, s.From = r.req.DeepCache, r.req.DeepFrom
	}
	if r.row.WholeBatch || r.req.sag() != nil { // SAG leads away from what the network makes of this very step
		s = denoise.Savings{}
	}
	plan := s.Plan(steps)
	if asked := r.req.Faster || r.req.Forecast >= 2 || r.req.DeepCache > 1; asked && !slices.ContainsFunc(plan, func(e denoise.Effort) bool { return e != denoise.Whole }) {
		r.notice("nothing can be made faster with this model, sampler, guidance and number of steps")
	}
	return plan
}
