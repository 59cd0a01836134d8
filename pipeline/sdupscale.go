package pipeline

import (
	"context"
	"fmt"
	"image"
	"strconv"

	"pentimento/fault"
	"pentimento/pipeline/infill"
	"pentimento/pipeline/metadata"
	"pentimento/pipeline/pixels"
	"pentimento/pipeline/region"
	"pentimento/pipeline/upscaler"
)

// usualOverlap is that of A1111's script SD upscale, in pixels.
const usualOverlap = 64

// overlap is how many pixels tiles of the task SDUpscale share.
func (e *Enlarging) overlap() int {
	if e.Overlap == 0 {
		return usualOverlap
	}
	return max(e.Overlap, 0)
}

// Upscaled says whether the request makes a picture larger and refines it.
func (q Request) Upscaled() bool { return q.Enlarge != nil && q.Enlarge.By > 1 }

// sdUpscale enlarges the request's picture and refines it in tiles, as A1111's script SD upscale does: each tile of its grid
// is a picture to refine, of the size that the network works at, with a seed one above that of the tile before, and fades in
// over its neighbours along their overlap. With tiled diffusion all of the picture is refined at once, in tiles of the latent.
// Transparency is enlarged with the picture and stays.
func (r *run) sdUpscale(ctx context.Context) (*Result, error) {
	img := r.req.Image
	if img == nil || img.Rect.Empty() || !r.req.Upscaled() {
		return nil, fault.New("pipeline: sd upscale has no picture, or no factor above 1", "Open a picture first, and say how many times as large it becomes.")
	}
	was := r.req
	large, err := r.enlargedPicture(ctx, img)
	if err != nil {
		return nil, err
	}
	r.req.Image, r.req.Frame = large, large.Rect // guides lie on what is refined
	base, err := filled(ctx, large, large.Rect, nil, infill.Options{Mode: infill.Edge})
	if err != nil {
		return nil, err
	}
	prompts, err := r.readPrompts(ctx)
	if err != nil {
		return nil, err
	}
	res := &Result{Mask: pixels.Full(large.Rect)}
	last, err := r.refineTiles(ctx, base, prompts, func(made *image.NRGBA) {
		keepAlpha(made, large)
		res.Images = append(res.Images, made)
	})
	if err != nil {
		return nil, err
	}
	r.req.Image, r.req.Frame = was.Image, was.Frame
	return r.finished(res, last), nil
}

// enlargedPicture is a picture as many times as large as the request says, with the same upper left corner.
func (r *run) enlargedPicture(ctx context.Context, img *image.NRGBA) (*image.NRGBA, error) {
	e := *r.req.Enlarge
	size, err := EnlargedSize(img.Rect.Size(), e.By)
	if err != nil {
		return nil, err
	}
	if e.Upscaler == "Nearest" {
		return nearest(img, image.Rectangle{img.Rect.Min, img.Rect.Min.Add(size)}), nil
	}
	r.say("opening the upscaler", 0.01)
	n, done, err := r.openUpscaler(ctx, e.Network())
	if err != nil {
		return nil, err
	}
	defer done()
	o := r.enlarging(0)
	o.Report = func(f float64) { r.say("enlarging", 0.01+0.02*f) }
	made, err := upscaler.Enlarge(ctx, n, upscaler.Of(img), size.X, size.Y, o)
	if err != nil {
		return nil, err
	}
	if n != nil {
		if e.Sum, err = r.p.sums.file(ctx, e.Upscaler); err != nil {
			return nil, err
		}
		r.req.Enlarge = &e
	}
	return made.NRGBA(img.Rect.Min), nil
}

// refineTiles refines a picture without blank pixels tile by tile, or with tiled diffusion at once, and hands each picture
// of the batch to finish. The size is that of what the network worked at.
func (r *run) refineTiles(ctx context.Context, base *image.NRGBA, prompts *prompts, finish func(*image.NRGBA)) (image.Point, error) {
	if r.req.tiles() != nil {
		j := job{place: base.Rect, base: base, passes: r.req.passes(r.req.lifted(r.model.Limits()), base.Rect.Size())[:1]}
		r.count(j, r.req.Batch)
		return j.passes[0].Size, r.batch(ctx, j, prompts, func(_ int, m made) error {
			finish(m.img)
			return nil
		})
	}
	all, overlap, err := r.req.gridOf(base.Rect.Size(), r.model.NativeSize)
	if err != nil {
		return image.Point{}, err
	}
	tile := all[0].Size()
	jobs := func(at image.Rectangle) job {
		place := at.Add(base.Rect.Min)
		return job{place: place, base: pixels.Crop(base, place), passes: []region.Pass{{Size: r.fitting(tile), Strength: r.req.Strength}}}
	}
	r.count(jobs(all[0]), r.req.Batch*len(all))
	r.notice(fmt.Sprintf("the picture is refined in %d tiles of %d×%d pixels", len(all), tile.X, tile.Y))
	for i := range r.req.Batch {
		n := i
		out, err := upscaler.Together(base.Rect.Dx(), base.Rect.Dy(), tile, overlap, 1, func(at image.Rectangle) (*image.NRGBA, error) {
			r.hinted, r.maps, r.cited = nil, nil, nil // of the tile before
			m, err := r.make(ctx, jobs(at), prompts, n, 1)
			if err != nil {
				return nil, err
			}
			n++
			m[0].img.Rect = image.Rectangle{Max: tile}
			return m[0].img, nil
		})
		if err != nil {
			return image.Point{}, err
		}
		out.Rect = base.Rect
		finish(out)
	}
	return r.fitting(tile), nil
}

// gridOf are the tiles of a picture of a size, with their overlap: as large as the request says, or as the model was trained.
func (q Request) gridOf(size image.Point, native int) (all []image.Rectangle, overlap int, err error) {
	tile := image.Pt(q.Width, q.Height)
	if tile.X <= 0 {
		tile = image.Pt(native, native)
	}
	tile = image.Pt(min(tile.X, size.X), min(tile.Y, size.Y))
	overlap = min(q.Enlarge.overlap(), min(tile.X, tile.Y)-1)
	all, err = upscaler.Cells(size.X, size.Y, tile, overlap)
	return all, overlap, err
}

// The keys of A1111's script, and two of ours: the factor, which it doesn't write, and what the network's file held.
const (
	keyUpscaleOverlap  = "SD upscale overlap"
	keyUpscaleUpscaler = "SD upscale upscaler"
	keyUpscaleBy       = "SD upscale by"
	keyUpscaleSum      = "SD upscale upscaler hash"
)

// Network is the path, or the name, of the network that enlarges; "" for the ways without one.
func (e *Enlarging) Network() string { return (&Hires{Upscaler: e.Upscaler}).network() }

// sdUpscaleParams are a request's, as the script writes them.
func (q Request) sdUpscaleParams() []metadata.Param {
	if !q.Upscaled() || q.Task != SDUpscale {
		return nil
	}
	e, name := q.Enlarge, Lanczos
	switch {
	case e.Network() != "":
		name = upscalerName(e.Upscaler)
	case e.Upscaler != "":
		name = e.Upscaler
	}
	out := []metadata.Param{{Key: keyUpscaleBy, Value: short(e.By)}, {Key: keyUpscaleOverlap, Value: strconv.Itoa(e.overlap())}, {Key: keyUpscaleUpscaler, Value: name}}
	if len(e.Sum) >= 10 {
		out = append(out, metadata.Param{Key: keyUpscaleSum, Value: e.Sum[:10]})
	}
	return out
}

// SDUpscaleOf is what a recipe says of an SD upscale; nil where it wasn't one. The upscaler is a name. The script's usual factor
// is 2.
func SDUpscaleOf(r *metadata.Recipe) *Enlarging {
	name, ok := r.Get(keyUpscaleUpscaler)
	if !ok {
		return nil
	}
	e := &Enlarging{By: 2, Upscaler: baseName(name), Sum: r.Value(keyUpscaleSum)}
	if by, said := r.Float(keyUpscaleBy); said && by > 1 && by <= 8 {
		e.By = by
	}
	if n, said := r.Int(keyUpscaleOverlap); said && n >= 0 && n <= 1024 && n != usualOverlap {
		if e.Overlap = int(n); n == 0 {
			e.Overlap = -1
		}
	}
	return e
}

// usualEnlarging is none.
var usualEnlarging = Enlarging{By: 1}

func enlargeAt(q *Request) **Enlarging { return &q.Enlarge }

// networks are the engines that refine.
func networks(e EngineRow) bool { return e.Network }

// enlargeSettings are those of an SD upscale; the verb generate has them.
var enlargeSettings = []Setting{
	{ID: "enlarge", Name: "Enlarge and refine", Flag: "enlarge", Help: "SD upscale: how many times as large the picture of --image becomes, `F` from 1 to 8, before it is refined in tiles of --size, or at once with --tiled", NoPanel: "Image → Enlarge… asks for it",
		Engines: networks, recall: enlargeOf, Default: "1", Value: partNumber(enlargeAt, usualEnlarging, func(e *Enlarging) *float64 { return &e.By }, 1, 8, Slider{})},
	{ID: "upscaler", Name: "Upscaler", Flag: "upscaler", Help: "what enlarges: a network's `FILE`, by path or by its name near the model or in the library, or None, Lanczos or Nearest", NoPanel: "Image → Enlarge… asks for it",
		Engines: networks, When: Request.Upscaled, recall: enlargeOf, Path: true,
		Value: Value{Kind: Words, get: func(q *Request) string { return held(q.Enlarge, usualEnlarging).Upscaler }, set: func(q *Request, text string) error {
			alter(enlargeAt(q), usualEnlarging, func(e *Enlarging) { e.Upscaler, e.Sum = text, "" })
			return nil
		}}},
	{ID: "upscale_overlap", Name: "Overlap of tiles", Flag: "upscale-overlap", Help: "how many pixels neighbouring tiles of an SD upscale share: 0 is 64, -1 none", NoPanel: "64 is right for nearly everybody",
		Engines: networks, When: Request.Upscaled, recall: enlargeOf, Default: "0", Value: partNumber(enlargeAt, usualEnlarging, func(e *Enlarging) *int { return &e.Overlap }, -1, 1024, Slider{})},
}

// enlargeOf is the value of a row in a recipe.
func enlargeOf(v *Value, r *metadata.Recipe) string {
	var q Request
	if q.Enlarge = SDUpscaleOf(r); q.Enlarge == nil {
		return ""
	}
	return v.get(&q)
}
