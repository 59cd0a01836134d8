package fills

import (
	"context"
	"errors"

	"pentimento/app/words"
	"pentimento/canvas/render"
	"pentimento/fault"
	"pentimento/pipeline"
)

// Describe puts the picture in the frame (all of it where the frame holds none) into words by a
// network of the person's (pipeline.Caption), as a job, and hands them over on the window's goroutine.
func (f *Fills) Describe(file string, then func(text string)) {
	state := f.canvas.Committed()
	rect := state.Frame.Intersect(f.canvas.UsedOf(state))
	if rect.Empty() {
		rect = f.canvas.UsedOf(state)
	}
	if rect.Empty() {
		f.desk.Fail(fault.New("describe: there is no picture", "Open one, or paste it."))
		return
	}
	req := pipeline.Request{Ask: pipeline.Ask{Engine: pipeline.Diffusion, Task: pipeline.Describing, Frame: rect}, Models: pipeline.Models{Model: file}, Where: pipeline.Where{Device: f.desk.Settings.Device}}
	runner, lists := f.runner(state), f.models.WildcardPaths()
	f.Jobs.Add(words.T("Describe the picture"), f.group(0), func(ctx context.Context, report func(string, float64)) error {
		req.Image, req.Where.Wildcards = render.Flatten(state, rect, render.FlattenOptions{}), lists()
		res, err := runner.Run(ctx, req, func(p pipeline.Progress) { report(p.Stage, p.Fraction) })
		f.desk.Post(func() {
			switch {
			case errors.Is(err, context.Canceled):
			case err != nil:
				f.desk.Fail(err)
			case res.Request.Prompt == "":
				f.desk.Say(words.T("The network found nothing to say of this picture"))
			default:
				then(res.Request.Prompt)
			}
		})
		return err
	})
}
