// Package commission carries out what somebody wants done to a picture: picture + mask +
// pipeline.Request → what is read of it, the run, the result laid back, and the texts that
// say how it was made. It opens no file, shows nothing and remembers nothing. The verbs and
// the window share it.
//
// Start at Order (a whole picture to change) or at Run (a request that has its pictures:
// the window, whose canvas has no edge, plans and flattens for itself). The work is done by
// a pipeline.Runner: a pipeline in this process, or the engine's client. In wraps one for
// pictures of another colour space than sRGB.
//
// The promise: outside the mask not one pixel of the picture changes, bit for bit. It is
// kept here, whatever the Runner returns: Run (run.go) takes from a result what it may not
// have touched, and what is laid back is laid through its mask. commission_test.go holds it
// against a Runner that lies.
//
// Decisions
//   - 2026-11-27: what may change is the selection where the caller says so or the engine
//     grows no mask; else the plan's target, which the window draws as its outline; of a
//     generated or refined picture the frame. A request without any of these is taken at
//     the Runner's word, Result.Mask.
//   - 2026-11-27: a wrong result is mended, not refused, where that can be done exactly
//     (pixels outside the mask are put back). Pictures of other bounds are an error: where
//     they belong is anybody's guess.
//   - 2026-11-27: an Order's picture is written only by Piece.Lay: at 100 megapixels a copy
//     costs 400 MB.
//   - 2026-11-27: pictures of a batch are numbered by Request.Nth everywhere. The verbs
//     recorded the first variation seed for all of them, the window kept the packed forms of
//     the whole batch in each.
//   - 2026-11-27: the verb fill changes nothing outside the selection; the window lets a fade
//     reach beyond it, as its outline shows. An outpaint is the same in both: it may change
//     Request.Reach pixels of the old picture, none with KeepExact. Pictures of the verb generate say their settings and
//     not how to run again, for there is nothing beneath them. Both as before.
package commission

import (
	"context"
	"fmt"
	"image"
	"slices"
	"time"

	"pentimento/canvas/colour"
	"pentimento/canvas/file"
	"pentimento/pipeline"
	"pentimento/pipeline/metadata"
	"pentimento/pipeline/pixels"
	"pentimento/pipeline/region"
)

// Order is a picture to change and how.
type Order struct {
	// Picture is the picture as it is; Mask, with its bounds, what may be painted: 0 keep,
	// 255 paint. Where Mask is 0 nothing changes. Of an outpaint it holds the seam
	// (pipeline.Request.Reach).
	Picture *image.NRGBA
	Mask    *image.Alpha
	// Request has the parts of both that the engine is shown, and the settings.
	Request pipeline.Request
	// Texts are what the picture's file says of its making; Moved is how far the old picture
	// has moved in Picture since (Outpaint).
	Texts []file.Text
	Moved image.Point
	// Space is in which the picture's pixels are meant; nil: sRGB.
	Space *colour.Space

	sides [4]int // that Outpaint added

	away image.Point // from the picture's own pixels to those of Picture and Request (Again)
}

// Fill orders that what mask covers is painted: req says by which engine and how. The
// engine is shown what it needs of the picture, which is not copied further.
func Fill(picture *image.NRGBA, mask *image.Alpha, req pipeline.Request) (*Order, error) {
	if picture.Rect != mask.Rect {
		return nil, fmt.Errorf("commission: the mask covers %v, want %v as the picture", mask.Rect, picture.Rect)
	}
	req.Frame = pixels.Bounds(mask)
	req.Guides = slices.Clone(req.Guides)
	for i := range req.Guides { // they lie on the whole picture, whatever is masked
		if g := &req.Guides[i]; !g.Placed && g.Place.Empty() {
			g.Place = picture.Rect
		}
	}
	place, err := shown(picture.Rect, req)
	if err != nil {
		return nil, err
	}
	req.Image, req.Mask = pixels.Crop(picture, place), pixels.CropMask(mask, place)
	req.Inside = req.Inside || !req.Task.Row().Grows
	return &Order{Picture: picture, Mask: reached(mask, req), Request: req}, nil
}

// reached is what a request may change where a mask selects: an outpaint by a network changes
// a seam of the old picture, too.
func reached(mask *image.Alpha, req pipeline.Request) *image.Alpha {
	if !req.Engine.Row().Network {
		return mask
	}
	return region.Grow(mask, req.Reach())
}

// shown is what the engine is shown of a picture. Networks plan for themselves; patch search
// gets the surroundings, for a whole large photo would be slow and no better.
func shown(all image.Rectangle, req pipeline.Request) (image.Rectangle, error) {
	if req.Engine.Row().Network || req.Frame.Empty() {
		return all, nil // an empty mask is the pipeline's to refuse
	}
	layout, err := region.Plan(region.Input{Method: region.ContentAware, Selection: req.Frame, Picture: all, Bounds: all})
	if err != nil {
		return all, err
	}
	return layout.Context.Union(req.Frame).Intersect(all), nil
}

// Outpaint orders that a picture is continued on a blank canvas of a size, on which it lies
// at a place.
func Outpaint(picture *image.NRGBA, size, at image.Point, req pipeline.Request) (*Order, error) {
	all := image.Rectangle{Max: size}
	canvas, mask, old := image.NewNRGBA(all), pixels.Full(all), *picture
	old.Rect = old.Rect.Sub(old.Rect.Min).Add(at)
	pixels.Paste(canvas, &old)
	pixels.Fill(mask, old.Rect, 0)
	o, err := Fill(canvas, mask, req)
	if err == nil {
		o.Moved, o.sides = at, [4]int{at.X, at.Y, size.X - old.Rect.Max.X, size.Y - old.Rect.Max.Y}
	}
	return o, err
}

// Again orders a fill once more as a picture says that it was made: the same request, the
// same place read, the same plan. The picture says it in its own pixels; picture is what
// was there before, with the same upper left corner. What the caller must add to the
// order's Request are the paths of the model's files.
func Again(picture *image.NRGBA, mask *image.Alpha, fill metadata.Fill) (*Order, error) {
	replay, err := pipeline.ReadReplay(fill.Run)
	if err != nil {
		return nil, err
	}
	away := replay.Read.Min.Sub(fill.Read.Rectangle().Min) // to the canvas of then
	then, cover := *picture, *mask                         // the same pixels, placed there
	then.Rect, cover.Rect = then.Rect.Add(away), cover.Rect.Add(away)
	req := replay.Request
	req.Image, req.Mask = pixels.Crop(&then, replay.Read), pixels.CropMask(&cover, replay.Read)
	return &Order{Picture: &then, Mask: reached(&cover, req), Request: req, away: away}, nil
}

// Piece is one finished picture of an order.
type Piece struct {
	*pipeline.Result
	// Rect holds every pixel that changes, in pixels of the order's picture as it was handed
	// over; empty: none does.
	Rect image.Rectangle
	// Changed is how many pixels Lay has changed.
	Changed int
	order   *Order
}

// Run carries the order out, as Run does, and returns a piece for each picture of the
// batch. report may be nil. Nothing is laid back yet.
func (o *Order) Run(ctx context.Context, r pipeline.Runner, report func(pipeline.Progress)) ([]*Piece, error) {
	results, err := run(ctx, In(o.Space, r), o.Request, o.Mask, report)
	var out []*Piece
	for _, res := range results {
		changed := pixels.Bounds(res.Mask).Intersect(o.Picture.Rect)
		out = append(out, &Piece{res, changed.Sub(o.away), 0, o})
	}
	return out, err
}

// Lay lays the piece into the order's picture, only where the order's mask and the result's
// are above 0, and returns that picture as it was handed over.
func (p *Piece) Lay() *image.NRGBA {
	before := pixels.Crop(p.order.Picture, p.Rect.Add(p.order.away))
	pixels.Lay(p.order.Picture, p.Image, p.Mask)
	p.Changed = pixels.Differing(before, p.order.Picture)
	out := *p.order.Picture
	out.Rect = out.Rect.Sub(p.order.away)
	return &out
}

// Account is what the picture remembers of the piece; hash is the model's, "" for none.
func (p *Piece) Account(hash string, when time.Time) metadata.Fill {
	f := Account(p.Result, p.Rect, when)
	f.Read = metadata.RectOf(f.Read.Rectangle().Sub(p.order.away))
	f.ModelHash, f.Sides = hash, p.order.sides
	return f
}

// Describe is the texts of the picture with the piece laid in: what it brought along, and
// this piece's account. program is "Pentimento 0.1.0".
func (p *Piece) Describe(program, hash string, when time.Time) []file.Text {
	size := p.order.Picture.Rect.Size()
	d := History(p.order.Texts, size)
	d.Move(p.order.Moved, size.X, size.Y)
	d.Program = program
	d.Add(p.Account(hash, when))
	return Texts(d)
}
