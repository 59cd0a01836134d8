package pipeline

import (
	"context"
	"image"
)

// refine makes the whole picture anew, beginning on it: image to image. Strength says how
// far it may go. Transparency stays as it was.
func (r *run) refine(ctx context.Context) (*Result, error) {
	img := r.req.Image
	if img == nil || img.Rect.Empty() {
		return nil, &Error{Text: "pipeline: refine has no picture", Advice: "Place a picture in the frame, or generate one."}
	}
	base, err := filled(ctx, img, nil)
	if err != nil {
		return nil, err
	}
	res, err := r.paint(ctx, job{place: img.Rect, base: base, passes: r.passes(img.Rect)}, func(made *image.NRGBA) (*image.NRGBA, error) {
		w := img.Rect.Dx()
		for y := range img.Rect.Dy() {
			src, dst := img.Pix[y*img.Stride:][:4*w], made.Pix[y*made.Stride:][:4*w]
			for x := 3; x < 4*w; x += 4 {
				dst[x] = src[x]
				if src[x] == 0 {
					copy(dst[x-3:x], src[x-3:x])
				}
			}
		}
		return made, nil
	})
	if err != nil {
		return nil, err
	}
	res.Mask = whole(img.Rect)
	return res, nil
}
