package pipeline

import (
	"image"

	"pentimento/pipeline/pixels"
	"pentimento/pipeline/region"
)

// Decide is the frame rule: what a run does follows from what the frame holds
// (region.Rule) and from whether anything was masked by hand: the first of Tasks that is
// meant for it. why is a plain sentence for the person.
func Decide(content region.Content, masked bool) (task Task, why string) {
	for _, row := range Tasks {
		if row.When != nil && row.When(content, masked) {
			return row.Name, row.Why
		}
	}
	return "", ""
}

// DecideFor applies the frame rule to pixels: img is the picture under the frame, brushed
// the mask painted by hand (nil: none; any bounds). mask, with img's bounds, is the area to
// paint: brushed ∪ transparent.
func DecideFor(img *image.NRGBA, brushed *image.Alpha) (task Task, why string, mask *image.Alpha) {
	content, mask := region.Rule(img, brushed)
	task, why = Decide(content, brushed != nil && !pixels.Bounds(brushed).Intersect(img.Rect).Empty())
	return task, why, mask
}

// settle decides a task that the request leaves open, and with it the mask: what the
// frame holds blank is painted, too. What is masked outside the frame stays masked.
func (q *Request) settle() {
	if q.Task != "" {
		return
	}
	if q.Image == nil || q.Image.Rect.Empty() {
		q.Task, _ = Decide(region.Blank, false)
		return
	}
	frame := q.Frame.Intersect(q.Image.Rect)
	if frame.Empty() {
		frame = q.Image.Rect
	}
	var mask *image.Alpha
	q.Task, _, mask = DecideFor(pixels.Crop(q.Image, frame), q.Mask)
	if needs := q.Task.Row().Needs; needs.Picture && !needs.Mask && q.Mask != nil && !pixels.Bounds(q.Mask).Empty() {
		q.Task, _ = Decide(region.Mixed, true) // the masked area is outside the frame
	}
	if !q.Task.Row().Needs.Mask {
		return
	}
	all := image.NewAlpha(q.Image.Rect)
	if q.Mask != nil {
		all = pixels.CropMask(q.Mask, q.Image.Rect)
	}
	for y := frame.Min.Y; y < frame.Max.Y; y++ {
		copy(all.Pix[all.PixOffset(frame.Min.X, y):][:frame.Dx()], mask.Pix[mask.PixOffset(frame.Min.X, y):])
	}
	q.Mask = all
}
