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

	"pentimento/canvas/file"
	"pentimento/pipeline"
	"pentimento/pipeline/pixels"
)

var demoVerb = Verb{
	Name:  "demo",
	Short: "Fill and extend the sample picture, and write the PNGs",
	Long:  "Shows the main job without a window and without files of your own.",
	Setup: func(fs *flag.FlagSet) Action {
		dir := fs.String("dir", "build/demo", "the `FOLDER` to write to; made when missing")
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
	sample := input{img: p.NRGBA()}
	mask := image.NewAlpha(sample.img.Rect)
	for _, r := range []image.Rectangle{ball, shadow} {
		ellipse(mask, r)
	}
	before := filepath.Join(dir, "sample.png")
	if err := env.write(ctx, before, sample.img, nil); err != nil {
		return err
	}
	fmt.Fprintf(env.Stderr, "%s: the sample picture\n", before)
	fill := &job{common: &common{out: filepath.Join(dir, "fill.png")}, in: sample, canvas: pixels.Crop(sample.img, sample.img.Rect), mask: mask, began: time.Now(),
		req: pipeline.Request{Ask: pipeline.Ask{Engine: pipeline.Content, Task: pipeline.Inpaint}, Sampling: pipeline.Sampling{Seed: 1}, Keep: pipeline.Keep{Feather: 6}}}
	if err := fill.run(ctx, env); err != nil {
		return err
	}
	size := fill.canvas.Rect.Size()
	canvas, border := grow(fill.canvas, image.Rect(0, 0, size.X+256, size.Y), image.Point{})
	wide := &job{common: &common{out: filepath.Join(dir, "outpaint.png")}, in: input{texts: fill.texts}, canvas: canvas, mask: border, began: time.Now(),
		req: pipeline.Request{Ask: pipeline.Ask{Engine: pipeline.Content, Task: pipeline.Outpaint}, Sampling: pipeline.Sampling{Seed: 1}}}
	return wide.run(ctx, env)
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
