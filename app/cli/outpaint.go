package cli

import (
	"context"
	"flag"
	"fmt"
	"image"
	"time"

	"pentimento/app/commission"
	"pentimento/canvas/file"
	"pentimento/pipeline"
)

var outpaintVerb = Verb{
	Name:  "outpaint",
	Short: "Extend a picture beyond its borders",
	Long: `Give at least one side; the new border continues the picture. Beside it a network
changes a seam of the old picture, --over-mask pixels wide at most; with --keep-exact,
and by the engines without a network, not one old pixel changes.

Example:
  pentimento outpaint --image photo.jpg --right 256 --out wide.png

` + recipeHelp("An outpaint of this verb is repeated, pixel for\npixel, on the picture before it; it also says the sides.") + `

` + enginesHelp(),
	Setup: func(fs *flag.FlagSet) Action {
		c := &common{}
		c.declare(fs)
		var side [4]int
		for i, name := range sides {
			fs.IntVar(&side[i], name, 0, "add `N` pixels at the "+name)
		}
		seam := settingFlags(fs, func(s *pipeline.Setting) bool { return s.ID == "keep_exact" || s.ID == "over_mask" })
		c.owners["over-mask"] = pipeline.Diffusion
		var again recipeFlags
		again.declare(fs)
		return func(ctx context.Context, env *Env, _ []string) error {
			from, err := again.read(ctx, env, grows)
			if err != nil {
				return err
			}
			c.follow(from)
			if err := c.check(); err != nil {
				return err
			}
			if from != nil && from.fill != nil && side == [4]int{} {
				side = from.fill.Sides
			}
			sum := 0
			for i, n := range side {
				if n < 0 || n > file.MaxSide {
					return Misuse("--%s is %d, want 0 to %d pixels", sides[i], n, file.MaxSide)
				}
				sum += n
			}
			if sum == 0 {
				return WithHint(Misuse("no side given, want --left, --top, --right or --bottom"), "--right 256 adds 256 pixels at the right")
			}
			return c.outpaint(ctx, env, seam, side, from)
		}
	},
}

var sides = [4]string{"left", "top", "right", "bottom"}

// grows says whether a task of a recipe is one that the verb outpaint repeats.
func grows(task string) bool { return pipeline.Task(task).Row().Grows }

// outpaint adds pixels on the left, at the top, on the right and at the bottom.
func (c *common) outpaint(ctx context.Context, env *Env, seam *rowFlags, side [4]int, from *taken) error {
	began := time.Now()
	req, err := c.request(ctx, env, pipeline.Outpaint, from)
	if err == nil {
		err = seam.below(&req, from)
	}
	if err != nil {
		return err
	}
	in, err := env.open(ctx, c.image)
	if err != nil {
		return err
	}
	w, h := in.img.Rect.Dx()+side[0]+side[2], in.img.Rect.Dy()+side[1]+side[3]
	if w > file.MaxSide || h > file.MaxSide {
		return WithHint(fmt.Errorf("the picture would grow to %d×%d pixels, want at most %d a side", w, h, file.MaxSide), "add less")
	}
	order := func(req pipeline.Request) (*commission.Order, error) {
		return commission.Outpaint(in.img, image.Pt(w, h), image.Pt(side[0], side[1]), req)
	}
	var o *commission.Order
	if from.repeats(c.fs, grows) && side == from.fill.Sides {
		o, err = order(from.again(req))
	}
	if err == nil && (o == nil || o.Request.Image.Rect != from.run.Read) { // of a picture of another size only the settings hold
		o, err = order(req)
	}
	if err != nil {
		return err
	}
	c.warnPhoto(env, in)
	o.Texts = in.texts
	return (&job{common: c, order: o, began: began, from: in.from, recipe: from}).run(ctx, env)
}
