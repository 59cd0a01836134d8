package cli

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"image"
	"image/color"
	"path/filepath"
	"time"

	"pentimento/app/commission"
	"pentimento/canvas/file"
	"pentimento/pipeline"
)

var demoVerb = Verb{
	Name:  "demo",
	Short: "Fill and extend the sample picture, and write the PNGs",
	Long:  "Shows what the program does, without a window and without files of your own.",
	Setup: func(fs *flag.FlagSet) Action {
		dir := fs.String("dir", "build/demo", "the `FOLDER` to write to; created if missing")
		return func(ctx context.Context, env *Env, _ []string) error { return demo(ctx, env, *dir) }
	},
}

// Where the ball and its shadow lie on the sample picture (assets/sample_test.go draws it).
var (
	ball   = image.Rect(506, 464, 674, 640)
	shadow = image.Rect(560, 566, 768, 642)
)

func demo(ctx context.Context, env *Env, dir string) error {
	p, err := file.Decode(ctx, bytes.NewReader(env.Sample), nil)
	if err != nil {
		return fmt.Errorf("the sample picture: %w", err)
	}
	if err := makeFolder(dir); err != nil {
		return err
	}
	sample := p.NRGBA()
	mask := image.NewAlpha(sample.Rect)
	for _, r := range []image.Rectangle{ball, shadow} {
		ellipse(mask, r)
	}
	before := filepath.Join(dir, "sample.png")
	if err := env.write(ctx, before, 0, sample, nil, file.Meaning{}); err != nil {
		return err
	}
	fmt.Fprintf(env.Stderr, "%s: the sample picture\n", before)
	to := func(name string) *common { return &common{out: filepath.Join(dir, name), running: &running{}} }
	req := pipeline.Request{Ask: pipeline.Ask{Engine: pipeline.Content, Task: pipeline.Inpaint}, Sampling: pipeline.Sampling{Seed: 1}, Keep: pipeline.Keep{Feather: 6}}
	o, err := commission.Fill(sample, mask, req)
	if err != nil {
		return err
	}
	fill := &job{common: to("fill.png"), order: o, began: time.Now()}
	if err := fill.run(ctx, env); err != nil {
		return err
	}
	req.Task, req.Feather = pipeline.Outpaint, 0
	if o, err = commission.Outpaint(fill.picture, fill.picture.Rect.Size().Add(image.Pt(256, 0)), image.Point{}, req); err != nil {
		return err
	}
	o.Texts = fill.texts
	return (&job{common: to("outpaint.png"), order: o, began: time.Now()}).run(ctx, env)
}

// ellipse masks the ellipse that fits into r.
func ellipse(mask *image.Alpha, r image.Rectangle) {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			u := (2*float64(x-r.Min.X) + 1 - float64(r.Dx())) / float64(r.Dx())
			v := (2*float64(y-r.Min.Y) + 1 - float64(r.Dy())) / float64(r.Dy())
			if u*u+v*v <= 1 {
				mask.SetAlpha(x, y, color.Alpha{255})
			}
		}
	}
}
