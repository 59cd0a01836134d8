package commission

import (
	"context"
	"image"

	"pentimento/canvas/colour"
	"pentimento/pipeline"
	"pentimento/pipeline/pixels"
	"pentimento/pipeline/upscaler"
)

// Enlarger enlarges pictures of 16 bits: a Pipeline.
type Enlarger interface {
	EnlargePicture(ctx context.Context, q pipeline.Request, picture *upscaler.Picture, report func(pipeline.Progress)) (*upscaler.Picture, pipeline.Request, error)
}

// Enlarge has a picture of a colour space enlarged as q says, *image.NRGBA or, with all of its bits, *image.NRGBA64. What
// comes back is of the same kind and space, and begins where img does.
func Enlarge(ctx context.Context, by Enlarger, space *colour.Space, q pipeline.Request, img image.Image, report func(pipeline.Progress)) (image.Image, pipeline.Request, error) {
	made, q, err := EnlargePicture(ctx, by, space, q, upscaler.Of(img), report)
	if err != nil {
		return nil, q, err
	}
	at := img.Bounds().Min
	if _, narrow := img.(*image.NRGBA); narrow {
		return made.NRGBA(at), q, nil
	}
	out := made.NRGBA64()
	out.Rect = out.Rect.Add(at)
	return out, q, nil
}

// MostScaled is the largest side of a picture that Scaled makes with all of its bits.
const MostScaled = upscaler.MaxSide

// Scaled is a picture at another size by the filter without a network, *image.NRGBA64, or *image.NRGBA where a
// side is more than MostScaled. It ends with ctx.Err().
func Scaled(ctx context.Context, img image.Image, w, h int, report func(float64)) (image.Image, error) {
	if max(w, h) > MostScaled {
		return pixels.Scaled(ctx, Narrow(img), image.Rect(0, 0, w, h))
	}
	made, err := upscaler.Enlarge(ctx, nil, upscaler.Of(img), w, h, upscaler.Options{Report: report})
	if err != nil {
		return nil, err
	}
	return made.NRGBA64(), nil
}

// Narrow is a picture of straight alpha with 8 bits: itself where it has no more.
func Narrow(img image.Image) *image.NRGBA {
	if narrow, ok := img.(*image.NRGBA); ok {
		return narrow
	}
	return upscaler.Of(img).NRGBA(img.Bounds().Min)
}

// EnlargePicture is Enlarge of a Picture. A network is shown it as sRGB, which it was trained with. What sRGB does not
// hold of it, such as colours outside, is enlarged by the filter and added to what the network made. A filter works in the
// space itself.
func EnlargePicture(ctx context.Context, by Enlarger, space *colour.Space, q pipeline.Request, picture *upscaler.Picture, report func(pipeline.Progress)) (*upscaler.Picture, pipeline.Request, error) {
	if space == nil || q.Enlarge == nil || q.Enlarge.Upscaler == "" {
		return by.EnlargePicture(ctx, q, picture, report)
	}
	show, err := colour.WideBetween(space, nil)
	if err != nil {
		return nil, q, err
	}
	back, err := colour.WideBetween(nil, space)
	if err != nil {
		return nil, q, err
	}
	seen := &upscaler.Picture{W: picture.W, H: picture.H, Alpha: picture.Alpha, Pix: append([]uint16(nil), picture.Pix...)}
	convert(seen, show)
	rest := beyond(picture, seen, back)
	made, q, err := by.EnlargePicture(ctx, q, seen, report)
	if err != nil {
		return nil, q, err
	}
	convert(made, back)
	if rest == nil {
		return made, q, nil
	}
	if rest, err = upscaler.Enlarge(ctx, nil, rest, made.W, made.H, upscaler.Options{}); err != nil {
		return nil, q, err
	}
	pixels.InParallel(made.H, func(y int) {
		from, to := rest.Pix[3*y*made.W:][:3*made.W], made.Pix[3*y*made.W:]
		for i, v := range from {
			to[i] = uint16(min(max(int(to[i])+2*(int(v)-middle), 0), 0xffff))
		}
	})
	return made, q, nil
}

func convert(p *upscaler.Picture, by *colour.Wide) {
	pixels.InParallel(p.H, func(y int) { by.Row(p.Pix[3*y*p.W:][:3*p.W]) })
}

// middle stands for no difference where half of one is held as a value.
const middle = 0x8000

// beyond is half of what a picture has that is lost where it is seen in sRGB; nil: nothing that 8 bits could tell.
func beyond(own, seen *upscaler.Picture, back *colour.Wide) *upscaler.Picture {
	const told = 64 // a quarter of a level of 8 bits
	out := &upscaler.Picture{W: own.W, H: own.H, Pix: append([]uint16(nil), seen.Pix...)}
	lost := make([]bool, own.H)
	pixels.InParallel(own.H, func(y int) {
		at := 3 * y * own.W
		row := out.Pix[at:][:3*own.W]
		back.Row(row)
		for i, v := range row {
			d := int(own.Pix[at+i]) - int(v)
			if own.Alpha != nil && own.Alpha[y*own.W+i/3] == 0 {
				d = 0
			}
			lost[y] = lost[y] || d > told || d < -told
			row[i] = uint16(middle + d/2)
		}
	})
	for _, l := range lost {
		if l {
			return out
		}
	}
	return nil
}
