package cli

import (
	"context"
	"flag"
	"fmt"
	"image"
	"time"

	"pentimento/canvas/file"
	"pentimento/pipeline"
)

var outpaintVerb = Verb{
	Name:  "outpaint",
	Short: "Continue a picture over its borders",
	Long: `At least one side must grow. The old picture is kept, bit for bit; the new border
continues it.

Example:
  pentimento outpaint --image photo.jpg --right 256 --out wide.png

` + enginesHelp(),
	Setup: func(fs *flag.FlagSet) Action {
		c := &common{}
		c.declare(fs)
		var side [4]int
		for i, name := range sides {
			fs.IntVar(&side[i], name, 0, "grow by `N` pixels at the "+name)
		}
		return func(ctx context.Context, env *Env, _ []string) error {
			if err := c.check(); err != nil {
				return err
			}
			sum := 0
			for i, n := range side {
				if n < 0 || n > file.MaxSide {
					return Misuse("--%s is %d, want 0 to %d pixels", sides[i], n, file.MaxSide)
				}
				sum += n
			}
			if sum == 0 {
				return WithHint(Misuse("no side grows, want --left, --top, --right or --bottom"), "--right 256 adds 256 pixels at the right")
			}
			return c.outpaint(ctx, env, side[0], side[1], side[2], side[3])
		}
	},
}

var sides = [4]string{"left", "top", "right", "bottom"}

func (c *common) outpaint(ctx context.Context, env *Env, left, top, right, bottom int) error {
	began := time.Now()
	req, err := c.request(ctx, env, pipeline.Outpaint)
	if err != nil {
		return err
	}
	in, err := env.open(ctx, c.image)
	if err != nil {
		return err
	}
	w, h := in.img.Rect.Dx()+left+right, in.img.Rect.Dy()+top+bottom
	if w > file.MaxSide || h > file.MaxSide {
		return WithHint(fmt.Errorf("the picture would grow to %d×%d pixels, want at most %d a side", w, h, file.MaxSide), "grow it by less")
	}
	canvas, mask := grow(in.img, image.Rect(0, 0, w, h), image.Pt(left, top))
	j := &job{common: c, in: in, canvas: canvas, mask: mask, req: req, moved: image.Pt(left, top), began: began}
	return j.run(ctx, env)
}

// grow lays a picture at a place of a larger, blank canvas; the mask is what is blank.
func grow(img *image.NRGBA, size image.Rectangle, at image.Point) (*image.NRGBA, *image.Alpha) {
	canvas, mask := image.NewNRGBA(size), image.NewAlpha(size)
	for i := range mask.Pix {
		mask.Pix[i] = 255
	}
	w := img.Rect.Dx()
	for y := range img.Rect.Dy() {
		copy(canvas.Pix[canvas.PixOffset(at.X, at.Y+y):][:4*w], img.Pix[y*img.Stride:])
		clear(mask.Pix[mask.PixOffset(at.X, at.Y+y):][:w])
	}
	return canvas, mask
}
