package pipeline

import "context"

// outpaint continues the picture over blank canvas: an inpaint of the blank part at full
// strength, since there is nothing to keep.
func (r *run) outpaint(ctx context.Context) (*Result, error) {
	r.req.Strength = 1
	return r.inpaint(ctx)
}
