// Package pipeline fills a place on the canvas: it takes a Request (plain, complete
// data), runs an engine in the background and returns a Result that differs from what
// was read only inside the composite mask.
//
// Start reading at Run. tasks.go is the table of tasks: to add one, write a file with its Run
// and a row there; a task may run others (nest.go), and steps follow a result (after.go).
// engines.go is the table of engines; fill.go runs those without a network, diffusion.go
// is what the tasks share. plan.go says
// what is read and what may change, for the window's outline and the run alike, decide.go
// which task a frame asks for, check.go what prevents it. settings.go is the table of what a
// person can set: to add a setting, see there. For inpainting: before.go fills
// under the mask, masks.go says who may paint where, keep.go holds the rest while
// denoising, faster.go says which evaluations are saved, paint.go makes the pictures and sample.go a latent. models.go
// opens networks on the shelf, adapters.go finds what changes their weights, condition.go
// turns prompts into what they read, trace.go runs single stages for checking. The contract with the canvas is image.NRGBA,
// image.Alpha, image.Rectangle and context.Context, nothing else.
//
// Decisions
//   - 2026-11-27: a run holds the turn at the networks once, whatever it is made of: runs
//     within it go through run.within, and what they ran by is one list (Ran.Parts), not a
//     tree, so that a Request stays a flat value.
//   - 2026-11-27: the prompt of a Request keeps its <lora:…> tags, as recipes do, and each run
//     finds their files again near its model. One that is missing is an error, not a notice:
//     the picture would be another. Runs recorded before then repeat without them.
//   - 2026-11-23: the latent of a given picture is the posterior's mean, not a sample: the
//     same picture gives the same latent, and nothing but the seed decides the noise.
//   - 2026-11-23: an empty negative prompt is encoded like any other, for SDXL too (A1111
//     and diffusers put zeros there, ComfyUI does not): one rule for all families.
//   - 2026-11-23: every picture of a batch has the random numbers of its own seed and shares
//     all else, so that each can be made again alone. On processors they are made one after
//     another: together costs as much.
//   - 2026-11-23: by default the fade of an inpaint reaches beyond the selection, and an
//     outpaint bites into the old picture, at most Request.Reach pixels: only so is there no
//     seam. What may change is Result.Mask; outside it everything stays bit for bit.
//     Request.Inside is for callers that promise the selection itself.
//   - 2026-11-23: the network may paint blank pixels anywhere in its context: they hold
//     nothing to keep. Of them, too, only what was selected is laid back.
//   - 2026-11-23: pictures are scaled in float32 and rounded once, at the end: rounding at
//     every step darkens repeated outpaints.
//   - 2026-11-25: a network distilled to read the strength of guidance (LCM) gets cfg as an input
//     and is asked once a step; where cfg is 1 for others, it is 1 for it.
//   - 2026-11-23: an inpainting network (9 channels) starts from noise alone at full
//     strength, any other network from the picture's latent plus noise.
package pipeline

import (
	"context"
	"sync/atomic"

	"pentimento/pipeline/model"
	"pentimento/pipeline/shelf"
)

// Pipeline runs requests. It is safe for use by several goroutines; runs that need a
// network take turns.
type Pipeline struct {
	runtime model.Runtime
	turn    chan struct{} // holds one token while a run uses networks
	shelf   shelf.Shelf
	headers headers
	words   words
	sums    sums
	seen    seenPictures
	matte   lastMatte

	vaeLimit atomic.Int64 // see SetVAEMemory
}

// Runner carries out requests as Pipeline.Run does: a Pipeline is one, in this process, and
// the client of a process of its own is another, which may die without taking anything along.
type Runner interface {
	Run(ctx context.Context, req Request, report func(Progress)) (*Result, error)
}

// New returns a pipeline. runtime may be nil: then only the engines that need no
// network work.
func New(runtime model.Runtime) *Pipeline {
	return &Pipeline{runtime: runtime, turn: make(chan struct{}, 1)}
}

// Run carries out one request. report may be nil. It returns ctx.Err() when ctx ends.
func (p *Pipeline) Run(ctx context.Context, req Request, report func(Progress)) (*Result, error) {
	return p.RunTraced(ctx, req, report, nil)
}
