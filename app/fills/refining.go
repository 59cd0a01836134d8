package fills

import (
	"math/rand/v2"

	"pentimento/app/desk"
	"pentimento/pipeline"
)

// Refining is what the panel asks for of a picture that is made larger and refined (SD upscale), without the picture.
func (f *Fills) Refining() (pipeline.Request, error) { return f.Alone(pipeline.SDUpscale) }

// Alone is what the panel asks for of a task of its own, without the picture: its model, texts and settings. The guides of the
// strip lie on the picture as it was and are left out. An error says what is missing.
func (f *Fills) Alone(task pipeline.Task) (pipeline.Request, error) {
	var out Outline
	if f.needsModel(&out); out.Err != nil {
		return pipeline.Request{}, out.Err
	}
	if _, err := f.models.Chosen(); err != nil {
		return pipeline.Request{}, err
	}
	q := f.request(task)
	q.Engine, q.Guides, q.Hires, q.Batch, q.Area = pipeline.Diffusion, nil, nil, 1, nil
	if !f.desk.Settings.Fill.LockSeed {
		q.Seed = int64(rand.Uint32())
		f.desk.Settings.Fill.Seed = q.Seed
		f.desk.Tell(desk.Change{What: desk.FillChanged})
	}
	return f.withLists(q, f.models.WildcardPaths()), nil
}
