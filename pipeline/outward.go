package pipeline

import (
	"context"
	"image"

	"pentimento/pipeline/infill"
	"pentimento/pipeline/pixels"
	"pentimento/pipeline/region"
)

// outward is how an outpaint that is larger than its picture grows by copying: in layers
// (region.Strips), so that each has more to copy from than it fills. nil where there is enough for all of it at once, or no rectangle to grow from.
func outward(img *image.NRGBA, mask *image.Alpha, task Task) []region.Strip {
	if img == nil || mask == nil || img.Rect != mask.Rect || !task.Row().Grows {
		return nil
	}
	hole, source, tight := 0, 0, pixels.CloneMask(mask)
	eachPixel(img, func(i, alpha int) {
		if tight.Pix[i] > 0 {
			hole++
		} else if alpha > 0 {
			source++
		}
	})
	s := scene(img, mask, task)
	if hole <= source || s.Old.Empty() {
		return nil
	}
	return region.Strips(s.Old, s.Selection.Union(s.Old), 0)
}

// filledOutward is infill.Fill in the layers of outward; without any it is infill.Fill.
func filledOutward(ctx context.Context, img *image.NRGBA, mask *image.Alpha, layers []region.Strip, opt infill.Options, report func(string, float64)) (*image.NRGBA, error) {
	if len(layers) == 0 {
		return infill.Fill(ctx, img, mask, opt, report)
	}
	out, left, have := pixels.Crop(img, img.Rect), pixels.CloneMask(mask), scene(img, mask, Outpaint).Old
	each := opt
	for i, layer := range layers {
		have = have.Union(layer.Target)
		hole := pixels.CropMask(left, have)
		if pixels.Bounds(hole).Empty() {
			continue
		}
		if opt.Preview != nil {
			each.Preview = func(full func() *image.NRGBA) {
				opt.Preview(func() *image.NRGBA {
					whole := pixels.Crop(out, out.Rect)
					pixels.Paste(whole, full())
					return whole
				})
			}
		}
		part, err := infill.Fill(ctx, pixels.Crop(out, have), hole, each, func(stage string, fraction float64) {
			report(stage, (float64(i)+fraction)/float64(len(layers)))
		})
		if err != nil {
			return nil, err
		}
		pixels.Paste(out, part)
		pixels.Fill(left, layer.Target, 0)
	}
	return out, nil
}
