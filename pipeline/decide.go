package pipeline

import (
	"image"

	"pentimento/pipeline/region"
)

// Decide is the frame rule: what a run does follows from what the frame holds
// (region.Rule) and from whether anything was masked by hand. why is a plain sentence for
// the person.
func Decide(content region.Content, masked bool) (task Task, why string) {
	switch {
	case content == region.Blank:
		return Generate, "The frame is blank: a new picture is made from the prompt."
	case masked:
		return Inpaint, "Something is masked: the masked and the blank pixels of the frame are painted, the rest stays."
	case content == region.Full:
		return Refine, "The frame is full and nothing is masked: the picture in it is refined as far as the strength says."
	}
	return Outpaint, "Part of the frame is blank and nothing is masked: the picture is continued there."
}

// DecideFor applies the frame rule to pixels: img is the picture under the frame, brushed
// the mask painted by hand (nil: none; any bounds). mask, with img's bounds, is what is to
// be painted: brushed ∪ transparent.
func DecideFor(img *image.NRGBA, brushed *image.Alpha) (task Task, why string, mask *image.Alpha) {
	content, mask := region.Rule(img, brushed)
	task, why = Decide(content, brushed != nil && !bounds(brushed).Intersect(img.Rect).Empty())
	return task, why, mask
}

// settle decides a task that the request leaves open, and with it the mask: what the
// frame holds blank is painted, too. What is masked outside the frame stays masked.
func (q *Request) settle() {
	if q.Task != "" {
		return
	}
	if q.Image == nil || q.Image.Rect.Empty() {
		q.Task = Generate
		return
	}
	frame := q.Frame.Intersect(q.Image.Rect)
	if frame.Empty() {
		frame = q.Image.Rect
	}
	var mask *image.Alpha
	q.Task, _, mask = DecideFor(crop(q.Image, frame), q.Mask)
	if q.Mask != nil && q.Task == Refine && !bounds(q.Mask).Empty() {
		q.Task = Inpaint // what is masked lies beside the frame
	}
	if q.Task == Generate || q.Task == Refine {
		return
	}
	all := image.NewAlpha(q.Image.Rect)
	if q.Mask != nil {
		all = cropMask(q.Mask, q.Image.Rect)
	}
	for y := frame.Min.Y; y < frame.Max.Y; y++ {
		copy(all.Pix[all.PixOffset(frame.Min.X, y):][:frame.Dx()], mask.Pix[mask.PixOffset(frame.Min.X, y):])
	}
	q.Mask = all
}
