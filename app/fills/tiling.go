package fills

import (
	"math"

	"pentimento/pipeline"
)

// Tiling is what tiled diffusion costs in the next fill: how many tiles each of how many steps evaluates, and how many times the picture's work
// that is; tiles is 0 where the picture is evaluated as a whole.
func (f *Fills) Tiling() (tiles, steps int, times float64) {
	out := f.Outline()
	if !f.models.Generates() || out.Err != nil || out.plan == nil || len(out.plan.Layout.Passes) == 0 {
		return 0, 0, 0
	}
	q := pipeline.Request{Ask: pipeline.Ask{Engine: pipeline.Diffusion, Task: out.Task}}
	pipeline.Apply(&q, f.desk.Settings.Fill.Get)
	info, err := f.models.Model()
	if err != nil {
		return 0, 0, 0
	}
	passes := out.plan.Layout.Passes
	pass := passes[len(passes)-1] // with hires fix the second, which is the larger one
	tiles, times = q.TilesOf(pass.Size, info.Size)
	q = q.WithDefaults()
	if q.Hires != nil && q.Hires.Steps > 0 {
		q.Steps = q.Hires.Steps
	}
	if pass.Strength > 0 && pass.Strength < 1 {
		return tiles, int(math.Ceil(float64(q.Steps) * pass.Strength)), times
	}
	return tiles, q.Steps, times
}
