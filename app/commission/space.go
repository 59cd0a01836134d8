package commission

import (
	"context"
	"image"

	"pentimento/canvas/colour"
	"pentimento/pipeline"
	"pentimento/pipeline/pixels"
)

// In is a Runner for pictures of a colour space: r is shown them as sRGB, and what it paints
// comes back in the space. Pixels that r leaves as they were shown keep the picture's own
// values, bit for bit. The guides of a request are sRGB already. nil is sRGB: r itself.
//
// 2026-11-27: patch search copies what is there, so a picture with colours that sRGB does not
// hold is shown to it as it is: a fill among them would be duller than what is around it.
func In(space *colour.Space, r pipeline.Runner) pipeline.Runner {
	if space == nil {
		return r
	}
	return inSpace{space, r}
}

type inSpace struct {
	space  *colour.Space
	runner pipeline.Runner
}

func (s inSpace) Run(ctx context.Context, q pipeline.Request, report func(pipeline.Progress)) (*pipeline.Result, error) {
	own := q.Image
	if own != nil {
		q.Image = pixels.Crop(own, own.Rect)
		s.space.ToSRGB(q.Image)
		if !q.Engine.Row().Network && s.loses(q.Image, own) {
			q.Image = own
			return s.runner.Run(ctx, q, report)
		}
	}
	seen := q.Image
	shown := report
	if report != nil {
		shown = func(p pipeline.Progress) {
			if p.Preview != nil {
				p.Preview = pixels.Crop(p.Preview, p.Preview.Rect)
				s.space.FromSRGB(p.Preview)
			}
			report(p)
		}
	}
	res, err := s.runner.Run(ctx, q, shown)
	if err != nil || res == nil {
		return res, err
	}
	done := map[*image.NRGBA]*image.NRGBA{nil: nil}
	back := func(img *image.NRGBA) *image.NRGBA {
		if _, ok := done[img]; !ok {
			done[img] = s.back(img, seen, own)
		}
		return done[img]
	}
	out := *res
	out.Image, out.Images, out.Layers = back(res.Image), nil, nil
	for _, img := range res.Layers {
		out.Layers = append(out.Layers, back(img))
	}
	for _, img := range res.Images {
		out.Images = append(out.Images, back(img))
	}
	if out.Request.Image != nil {
		out.Request.Image = own
	}
	return &out, nil
}

// back is a result in the space; where it is what was seen, what was there.
func (s inSpace) back(img, seen, own *image.NRGBA) *image.NRGBA {
	out := pixels.Crop(img, img.Rect)
	s.space.FromSRGB(out)
	if own == nil {
		return out
	}
	in := img.Rect.Intersect(own.Rect)
	for y := in.Min.Y; y < in.Max.Y; y++ {
		is, was := img.Pix[img.PixOffset(in.Min.X, y):][:4*in.Dx()], seen.Pix[seen.PixOffset(in.Min.X, y):]
		to, from := out.Pix[out.PixOffset(in.Min.X, y):], own.Pix[own.PixOffset(in.Min.X, y):]
		for i := 0; i < len(is); i += 4 {
			if [4]uint8(is[i:i+4]) == [4]uint8(was[i:i+4]) {
				copy(to[i:i+4], from[i:i+4])
			}
		}
	}
	return out
}

// loses says whether a picture has colours, more than here and there, that sRGB does not hold.
func (s inSpace) loses(seen, own *image.NRGBA) bool {
	const apart, oneIn = 6, 1000 // levels of 255, pixels
	again := pixels.Crop(seen, seen.Rect)
	s.space.FromSRGB(again)
	lost := 0
	for y := range own.Rect.Dy() {
		a, b := again.Pix[y*again.Stride:][:4*own.Rect.Dx()], own.Pix[y*own.Stride:]
		for i := 0; i < len(a); i += 4 {
			for c := i; c < i+3; c++ {
				if b[i+3] != 0 && max(a[c], b[c])-min(a[c], b[c]) > apart {
					lost++
					break
				}
			}
		}
	}
	return lost*oneIn > own.Rect.Dx()*own.Rect.Dy()
}
