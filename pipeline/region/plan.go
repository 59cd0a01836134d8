// Package region decides what a fill reads and what it may change, how masks grow and
// fade, and how a result is laid back. It knows rectangles and masks, no networks.
//
// Start reading at Plan: the window draws its outline before a run and the run uses the
// same value. ladder.go holds the sizes networks like, masks.go the mask arithmetic,
// blend.go the way back, strips.go the outpaint strips, frame.go the frame rule.
//
// Decisions.
// 2026-11-23: the canvas has no edge, so nothing is clamped to the picture unless the
// caller gives Bounds; a context may lie where nothing is (that is outpainting). Picture
// only tells how long the longest side is and where the content engine finds sources.
// 2026-11-23: the blur widths of the mask formulas are kernel diameters: only then do
// grow = 4 + feather/2 and the erosion by blend/2 keep the selection opaque.
// 2026-11-23: all arithmetic is by offsets from the selection, so planning commutes with
// translation of selection, picture and bounds together.
package region

import (
	"fmt"
	"image"
	"math"
)

// Method says how the context is chosen.
type Method string

// The methods.
const (
	// Auto pads by the size of the selection at full strength and reads the selection's
	// surroundings alone below it.
	Auto Method = "auto"
	// OnlyMasked reads the masked box plus Padding, grown to the shape of Work.
	OnlyMasked Method = "only masked"
	// WholePicture reads Bounds, or the frame and the picture where Bounds is empty.
	WholePicture Method = "whole picture"
	// ContentAware reads all the picture within about one diagonal of the selection: patch
	// search wants a large source.
	ContentAware Method = "content-aware"
)

// Default amounts, in canvas pixels.
const (
	DefaultPadding = 32        // of OnlyMasked
	DefaultBlur    = 4         // of the mask of OnlyMasked
	maxSource      = 6_000_000 // pixels that ContentAware reads beyond a small margin
	minSourceEdge  = 96        // margin that ContentAware always keeps
)

// Input is what a plan follows from.
type Input struct {
	Method    Method
	Selection image.Rectangle // bounds of the masked pixels, canvas pixels; must not be empty
	Picture   image.Rectangle // used area of the canvas; empty when blank
	Bounds    image.Rectangle // clamp to this; empty: the canvas has no edge

	Strength   float64 // denoise strength 0..1
	FeatherPct float64 // percent of the selection's diagonal; negative: 10; 0 switches feather off
	Background bool    // the selection is an inverted subject: hardly any feather

	Padding int         // of OnlyMasked; negative: DefaultPadding
	Blur    int         // mask blur of OnlyMasked; negative: DefaultBlur
	Work    image.Point // size OnlyMasked and WholePicture process at; zero: as Limits say
	Limits  Limits      // what the network likes; zero: no passes are planned
}

// Layout is a plan: Selection ⊆ Target ⊆ Context, but for what Bounds cut off.
type Layout struct {
	Selection image.Rectangle // what the person masked
	Target    image.Rectangle // pixels outside never change
	Context   image.Rectangle // what is read and processed
	Fade      Fade            // how the mask grows and fades
	Passes    []Pass          // sizes of the runs, first to last; empty without Limits
}

// Plan decides what is read and what may change. It reports an error for an empty
// selection or an unknown method. It is pure and fast: call it while the person drags.
func Plan(in Input) (Layout, error) {
	if in.Selection.Empty() {
		return Layout{}, fmt.Errorf("region: selection %v is empty, want at least one pixel", in.Selection)
	}
	out := Layout{Selection: in.Selection}
	switch in.Method {
	case Auto, "":
		planAuto(&out, in)
	case OnlyMasked:
		planOnlyMasked(&out, in)
	case WholePicture:
		out.Target, out.Context = in.Selection, in.Bounds
		if in.Bounds.Empty() {
			out.Context = in.Picture.Union(in.Selection)
		}
	case ContentAware:
		out.Target = clamp(in.Selection, in.Bounds)
		out.Context = contentContext(in)
	default:
		return Layout{}, fmt.Errorf("region: method %q is not known, want %q, %q, %q or %q", in.Method, Auto, OnlyMasked, WholePicture, ContentAware)
	}
	switch {
	case in.Work != (image.Point{}) && (in.Method == OnlyMasked || in.Method == WholePicture):
		out.Passes = []Pass{{Size: in.Work, Strength: in.Strength}}
	case in.Limits != (Limits{}):
		out.Passes = in.Limits.Passes(out.Context.Size(), in.Strength)
	}
	return out, nil
}

// planAuto follows behaviour 2.6 and 2.7.2.
func planAuto(out *Layout, in Input) {
	out.Fade = FadeFor(in.Selection.Size(), in.Strength, in.FeatherPct, in.Background)
	out.Target = clamp(grown(in.Selection, out.Fade.Pad, out.Fade.Pad, 256, 16), in.Bounds)
	out.Context = out.Target
	if in.Strength < 1 {
		return
	}
	reference := in.Bounds
	if reference.Empty() {
		reference = in.Picture
	}
	size := out.Target.Size()
	padding := max(max(reference.Dx(), reference.Dy())/16, (size.X+size.Y)/2/2)
	padX, padY := padding, padding
	if size.X > size.Y {
		padX = max(0, padding-(size.X-size.Y)/2)
	} else {
		padY = max(0, padding-(size.Y-size.X)/2)
	}
	out.Context = clamp(grown(out.Target, padX, padY, 512, 8), in.Bounds)
}

// planOnlyMasked follows behaviour 2.7.1: the box of the blurred mask and a padding,
// clamped, then grown to the aspect of the processing size.
func planOnlyMasked(out *Layout, in Input) {
	padding, blur := in.Padding, in.Blur
	if padding < 0 {
		padding = DefaultPadding
	}
	if blur < 0 {
		blur = DefaultBlur
	}
	out.Fade = Fade{Soft: blur}
	out.Target = cut(in.Selection.Inset(-GaussReach(blur)), in.Bounds)
	r := cut(out.Target.Inset(-padding), in.Bounds)
	if in.Work.X > 0 && in.Work.Y > 0 {
		r = toAspect(r, in.Work, in.Bounds)
	}
	out.Context = r
}

// toAspect grows the short side of r until it has the shape of size, shifting inside
// bounds (when not empty) and growing no further than they do.
func toAspect(r image.Rectangle, size image.Point, bounds image.Rectangle) image.Rectangle {
	w, h := r.Dx(), r.Dy()
	wantW, wantH := w, h
	if w*size.Y < h*size.X {
		wantW = (h*size.X + size.Y/2) / size.Y
	} else {
		wantH = (w*size.Y + size.X/2) / size.X
	}
	x, y := r.Min.X-(wantW-w)/2, r.Min.Y-(wantH-h)/2
	return clamp(image.Rect(x, y, x+max(wantW, w), y+max(wantH, h)), bounds)
}

// contentContext is the selection with the picture within one diagonal, less where that
// is very large.
func contentContext(in Input) image.Rectangle {
	sel := in.Selection
	room := in.Picture.Union(sel)
	margin := max(192, int(math.Hypot(float64(sel.Dx()), float64(sel.Dy()))))
	r := sel.Inset(-margin).Intersect(room)
	for margin > minSourceEdge && r.Dx()*r.Dy() > maxSource {
		margin = max(minSourceEdge, margin*7/8)
		r = sel.Inset(-margin).Intersect(room)
	}
	return cut(r, in.Bounds)
}

// grown pads r, then enlarges it evenly to the least size and to a multiple; the odd
// pixel goes to the right and below.
func grown(r image.Rectangle, padX, padY, least, multiple int) image.Rectangle {
	w, h := up(max(r.Dx()+2*padX, least), multiple), up(max(r.Dy()+2*padY, least), multiple)
	x, y := r.Min.X-(w-r.Dx())/2, r.Min.Y-(h-r.Dy())/2
	return image.Rect(x, y, x+w, y+h)
}

// up rounds n ≥ 0 up to a multiple of m.
func up(n, m int) int { return (n + m - 1) / m * m }

// clamp shifts r into bounds and cuts what is larger than they are; empty bounds leave r
// as it is.
func clamp(r, bounds image.Rectangle) image.Rectangle {
	if bounds.Empty() {
		return r
	}
	w, h := min(r.Dx(), bounds.Dx()), min(r.Dy(), bounds.Dy())
	x := min(max(r.Min.X, bounds.Min.X), bounds.Max.X-w)
	y := min(max(r.Min.Y, bounds.Min.Y), bounds.Max.Y-h)
	return image.Rect(x, y, x+w, y+h)
}

// cut intersects r with bounds unless they are empty.
func cut(r, bounds image.Rectangle) image.Rectangle {
	if bounds.Empty() {
		return r
	}
	return r.Intersect(bounds)
}
