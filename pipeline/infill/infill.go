// Package infill fills a hole in a picture from the rest of the picture, without a
// network. It is the default engine of the program and the infill before diffusion.
//
// Start reading at Fill; complete.go holds the coarse-to-fine loop of the content mode,
// match.go the patch search, vote.go the voting, spread.go the cheaper edge mode.
//
// The content mode is PatchMatch (Barnes, Shechtman, Finkelstein, Goldman 2009) inside
// space-time completion by voting (Wexler, Shechtman, Irani 2007). On coarse levels
// drafts compete by how well their patches match: smooth start or onion peel (peel.go), and
// matches in other scales (frames.go). Before that a surface in perspective that repeats
// itself is looked for (plane.go, front.go, align.go) and, where there is one, copied along
// it (quilt.go); failing that, a hole that grows the picture is also drawn from the front of
// a tilted plane (tilt.go, tiltsearch.go). finish.go takes seams off; calm.go makes smooth surfaces
// go through the hole (plate.go).
//
// Decisions.
// 2026-11-23: patches are 8×8 and compared in luma and thinned chroma packed two to a
// word, so that one multiplication squares two differences: four times faster than
// comparing bytes, without assembly.
// 2026-11-23: rows are swept in bands that see each other as before the sweep; random
// choices are hashes of place and round. Hence the same pixels on any number of cores.
// 2026-11-23: grain. Smooth surfaces get a plate and 35–100 % of the copied noise;
// texture is copied whole although averaging would measure better, because a patch
// without grain shows.
// 2026-11-27: a plane's tilt is found by moving the known picture onto itself. Completing
// drawings of many tilts and comparing their costs took the time of two fills and gave tilts
// 8–20 % too steep; that is left to outpaints without such a plane, which it keeps from
// copying whole objects.
//
// Everything works on premultiplied colour, so the hidden colour of a transparent pixel
// is never seen; a blank pixel (alpha 0) is never a source.
package infill

import (
	"context"
	"fmt"
	"image"
)

// Mode names a way to fill.
type Mode string

// The modes. Content copies patches; the others are cheap and know no structure.
const (
	Content Mode = "content"
	Edge    Mode = "edge"    // colours of the border, blurred inward (pull-push pyramid)
	Neutral Mode = "neutral" // 50 % grey
	Noise   Mode = "noise"   // uniform random colours
)

// Options say how to fill. The zero value is content-aware fill with seed 0.
type Options struct {
	Mode Mode
	// Seed chooses among the candidates: equal seeds give equal pixels.
	Seed int64
	// Even, in the content mode, gives the fill the mean colour of the picture beside it
	// where the two differ by little (10 of 255): for holes that grow the picture.
	Even bool
	// Preview, when set, is called from the goroutine of Fill as the content mode gets
	// ahead. full makes the picture so far at full size, the callee's to keep; not calling
	// it costs nothing, and it must not be called later.
	Preview func(full func() *image.NRGBA)
}

// Error is a refusal to fill, with advice.
type Error struct {
	Reason Reason
	text   string
	hint   string
}

// Reason is the machine's word for a refusal.
type Reason string

// The reasons.
const (
	EmptyMask    Reason = "empty mask"
	NoSource     Reason = "no source"
	SourceSmall  Reason = "source too small"
	SizeMismatch Reason = "size mismatch"
	UnknownMode  Reason = "unknown mode"
)

// Error says what was found and what is wanted.
func (e *Error) Error() string { return "infill: " + e.text }

// Hint says what the person can do.
func (e *Error) Hint() string { return e.hint }

// Fill returns a copy of img in which every pixel with mask > 0 has new content and every
// other pixel is bit-identical, hidden colours included. Coverage between 0 and 255
// counts as hole: laying the result softly is the caller's work.
//
// img is straight alpha, 8 bits; mask must have the same bounds (any origin). The result
// depends on the pixels, the mask, the mode and the seed alone: not on the origin, the
// number of cores or the time. report (may be nil) is called from this goroutine with a
// fraction 0..1 that never falls. Neither img nor mask is written; Fill may run in
// several goroutines at once. It returns ctx.Err() within 100 ms of cancellation, and an
// *Error for an empty mask or for a source that is missing or smaller than it must be.
func Fill(ctx context.Context, img *image.NRGBA, mask *image.Alpha, opt Options, report func(stage string, fraction float64)) (*image.NRGBA, error) {
	if report == nil {
		report = func(string, float64) {}
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if img == nil || mask == nil || img.Rect != mask.Rect {
		return nil, &Error{SizeMismatch, fmt.Sprintf("mask has bounds %v, want those of the picture %v", boundsOf(mask), boundsOf(img)),
			"use a mask of the picture's size"}
	}
	hole := holeBounds(mask)
	if hole.Empty() {
		return nil, &Error{EmptyMask, "the mask is empty, want at least one masked pixel", "paint over what you want to replace first"}
	}
	switch opt.Mode {
	case Neutral, Noise:
		out := clone(img)
		fillPlain(out, mask, hole, opt)
		report("fill", 1)
		return out, nil
	case Content, Edge, "":
	default:
		return nil, &Error{UnknownMode, fmt.Sprintf("mode %q is not known, want content, edge, neutral or noise", opt.Mode), "choose another engine"}
	}
	if err := checkSource(img, mask, opt.Mode); err != nil {
		return nil, err
	}
	var out *image.NRGBA
	var err error
	if opt.Mode == Edge {
		out = clone(img)
		err = fillEdge(ctx, out, mask, hole, report)
	} else {
		out, err = fillContent(ctx, img, mask, hole, opt, report)
	}
	if err != nil {
		return nil, err
	}
	report("done", 1)
	return out, nil
}

// boundsOf is the bounds of a picture that may be nil.
func boundsOf(m image.Image) image.Rectangle {
	switch m := m.(type) {
	case *image.NRGBA:
		if m != nil {
			return m.Rect
		}
	case *image.Alpha:
		if m != nil {
			return m.Rect
		}
	}
	return image.Rectangle{}
}

// clone copies img to a tight buffer with the same bounds.
func clone(img *image.NRGBA) *image.NRGBA {
	out := image.NewNRGBA(img.Rect)
	n := 4 * img.Rect.Dx()
	for y := range img.Rect.Dy() {
		copy(out.Pix[y*out.Stride:][:n], img.Pix[y*img.Stride:][:n])
	}
	return out
}

// holeBounds is the smallest rectangle that holds every masked pixel.
func holeBounds(mask *image.Alpha) image.Rectangle {
	var box image.Rectangle
	b := mask.Rect
	for y := b.Min.Y; y < b.Max.Y; y++ {
		row := mask.Pix[mask.PixOffset(b.Min.X, y):][:b.Dx()]
		first, last := -1, -1
		for x, m := range row {
			if m != 0 {
				if first < 0 {
					first = x
				}
				last = x
			}
		}
		if first >= 0 {
			box = box.Union(image.Rect(b.Min.X+first, y, b.Min.X+last+1, y+1))
		}
	}
	return box
}

// sizes counts the masked pixels and those that can be copied from.
func sizes(img *image.NRGBA, mask *image.Alpha) (hole, source int) {
	for y := range img.Rect.Dy() {
		a := img.Pix[y*img.Stride:]
		m := mask.Pix[y*mask.Stride:]
		for x := range img.Rect.Dx() {
			if m[x] != 0 {
				hole++
			} else if a[4*x+3] != 0 {
				source++
			}
		}
	}
	return hole, source
}

// checkSource refuses what cannot be filled with sense: no source at all, or, for the
// mode that copies, a hole larger than all there is to copy.
func checkSource(img *image.NRGBA, mask *image.Alpha, mode Mode) error {
	hole, source := sizes(img, mask)
	if source == 0 {
		return &Error{NoSource, "the mask covers everything, want some picture left to copy from",
			"leave part of the picture unmasked, or start from a generated one"}
	}
	if mode != Edge && hole > source {
		return &Error{SourceSmall, fmt.Sprintf("the hole has %d pixels and the picture around it %d, want at least as many as the hole", hole, source),
			"mask less, or grow the picture in smaller steps"}
	}
	return nil
}

// fillPlain writes neutral grey or random colours into the hole, opaque.
func fillPlain(out *image.NRGBA, mask *image.Alpha, hole image.Rectangle, opt Options) {
	for y := hole.Min.Y; y < hole.Max.Y; y++ {
		o := out.PixOffset(hole.Min.X, y)
		m := mask.Pix[mask.PixOffset(hole.Min.X, y):]
		for x := range hole.Dx() {
			if m[x] == 0 {
				continue
			}
			p := out.Pix[o+4*x:][:4]
			p[0], p[1], p[2], p[3] = 128, 128, 128, 255
			if opt.Mode == Noise {
				r := mix(uint64(opt.Seed), uint64(hole.Min.X-out.Rect.Min.X+x), uint64(y-out.Rect.Min.Y))
				p[0], p[1], p[2] = uint8(r), uint8(r>>8), uint8(r>>16)
			}
		}
	}
}

// mix hashes words to 64 well-spread bits (the finaliser of splitmix64, applied in
// turn); it replaces a random source that would have to be shared between goroutines.
func mix(words ...uint64) uint64 {
	h := uint64(0x9e3779b97f4a7c15)
	for _, w := range words {
		h ^= w
		h += 0x9e3779b97f4a7c15
		h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
		h = (h ^ h>>27) * 0x94d049bb133111eb
		h ^= h >> 31
	}
	return h
}
