package pipeline

import (
	"cmp"
	"context"
	"fmt"
	"image"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"pentimento/fault"
	"pentimento/pipeline/graph"
	"pentimento/pipeline/metadata"
	"pentimento/pipeline/model"
	"pentimento/pipeline/pixels"
	"pentimento/pipeline/shelf"
	"pentimento/pipeline/upscaler"
)

// Enlarging is how the tasks Upscale and SDUpscale make a picture larger; the latter also by "None", "Lanczos" and "Nearest".
type Enlarging struct {
	By       float64 `json:"by"`                 // of each side, 1 to 8
	Upscaler string  `json:"upscaler,omitempty"` // path of the network's file; "": Lanczos' filter, without one
	Tile     int     `json:"tile,omitempty"`     // side of what the network reads at once; 0: by the memory that is free
	Overlap  int     `json:"overlap,omitempty"`  // of the task SDUpscale: how many pixels tiles share; 0 is 64, below 0 none
	// Sum is what a finished run's network file held.
	Sum string `json:"sum,omitempty"`
}

// Lanczos is what the way without a network is called, here and in A1111.
const Lanczos = "Lanczos"

// The keys of A1111's Extras, and one of ours.
const (
	keyEnlargeBy = "Postprocess upscale by"
	keyUpscaler  = "Postprocess upscaler"
	keyEnlarged  = "Postprocess upscaler hash"
)

// params is what a picture remembers of its enlarging.
func (e *Enlarging) params() []metadata.Param {
	if e == nil {
		return nil
	}
	out := []metadata.Param{{Key: keyEnlargeBy, Value: strconv.FormatFloat(e.By, 'g', -1, 64)}, {Key: keyUpscaler, Value: e.Name()}}
	if e.Sum != "" {
		out = append(out, metadata.Param{Key: keyEnlarged, Value: e.Sum})
	}
	return out
}

// Name is what people call the way: the file's name without its ending, of a model.json that of its
// folder, or Lanczos.
func (e *Enlarging) Name() string {
	base := baseName(e.Upscaler)
	if dir := filepath.Dir(e.Upscaler); base == "model.json" && dir != "." {
		return baseName(dir)
	}
	return cmp.Or(base[:len(base)-len(filepath.Ext(base))], Lanczos)
}

// EnlargingOf is what a recipe, of this program or of A1111's Extras, says of the last enlarging: Upscaler is
// a name, never a path, since a recipe may be anybody's. ok is false where it says nothing.
func EnlargingOf(r *metadata.Recipe) (e Enlarging, ok bool) {
	by, ok := r.Float(keyEnlargeBy)
	name := baseName(r.Value(keyUpscaler))
	if name == Lanczos {
		name = ""
	}
	return Enlarging{By: by, Upscaler: name, Sum: r.Value(keyEnlarged)}, ok
}

// CheckUpscaler says what an upscaler's file is, for people: its network and factor. A file that is none
// is an error.
func CheckUpscaler(path string) (what string, err error) {
	f, err := upscaler.Open(path)
	if err != nil {
		return "", err
	}
	if what = f.Family; f.Scale > 0 {
		what += fmt.Sprintf(" ×%d", f.Scale)
	}
	return what, nil
}

// EnlargedSize is what a picture of a size becomes; an error where that is too large.
func EnlargedSize(size image.Point, by float64) (image.Point, error) {
	w, h, err := upscaler.Size(size.X, size.Y, by)
	return image.Pt(w, h), err
}

// EnlargePicture is Run for the task Upscale with all bits of a picture: of the request it reads
// Enlarge and Where. The request that comes back says what was done. report may be nil.
func (p *Pipeline) EnlargePicture(ctx context.Context, req Request, picture *upscaler.Picture, report func(Progress)) (*upscaler.Picture, Request, error) {
	if report == nil {
		report = func(Progress) {}
	}
	if req.Engine, req.Task = Diffusion, Upscale; !req.filters() {
		if err := p.enter(ctx); err != nil {
			return nil, req, err
		}
		defer p.leave()
	}
	r := &run{p: p, req: req, report: report}
	out, err := r.enlarge(ctx, picture)
	return out, r.req, err
}

// filters says that the request needs no network: it enlarges by a filter, makes pixel art, harmonises, or puts something that
// needs none behind a subject that is known.
func (q Request) filters() bool {
	if q.Task == Background && len(q.After) == 0 && q.Mask != nil && q.Backdrop != nil {
		return q.Backdrop.By != ByWords
	}
	return (q.Task == Pixelate || q.Task == Harmonise) && len(q.After) == 0 || q.Task == Upscale && len(q.After) == 0 && (q.Enlarge == nil || q.Enlarge.Upscaler == "")
}

// upscale enlarges the request's picture. The result begins where the picture does.
func (r *run) upscale(ctx context.Context) (*Result, error) {
	img := r.req.Image
	if img == nil || img.Rect.Empty() {
		return nil, fault.New("pipeline: upscale has no picture", "Open a picture first.")
	}
	made, err := r.enlarge(ctx, upscaler.Of(img))
	if err != nil {
		return nil, err
	}
	out := made.NRGBA(img.Rect.Min)
	return &Result{Image: out, Mask: pixels.Full(out.Rect)}, nil
}

// enlarge carries the request's Enlarge out, and notes what was used.
func (r *run) enlarge(ctx context.Context, picture *upscaler.Picture) (*upscaler.Picture, error) {
	q := &r.req
	if q.Enlarge == nil {
		return nil, fmt.Errorf("pipeline: upscale says no factor, want Enlarge")
	}
	w, h, err := upscaler.Size(picture.W, picture.H, q.Enlarge.By)
	if err != nil {
		return nil, fault.With(fmt.Errorf("pipeline: %w", err), fault.Hint(err))
	}
	began := time.Now()
	r.say("opening the upscaler", 0)
	n, done, err := r.openUpscaler(ctx, q.Enlarge.Upscaler)
	if err != nil {
		return nil, err
	}
	defer done()
	r.clock("open", began)
	if tile := q.Enlarge.Tile; n != nil && tile > 0 && tile < min(n.LeastTile(), max(picture.W, picture.H)) {
		r.notice(fmt.Sprintf("Tiles of %d pixels show too little around a place for this upscaler; they are %d", tile, n.LeastTile()))
	}
	began = time.Now()
	out, err := upscaler.Enlarge(ctx, n, picture, w, h, r.enlarging(q.Enlarge.Tile))
	if err != nil {
		return nil, err
	}
	r.clock("enlarge", began)
	if n != nil {
		r.device = n.Device()
		e := *q.Enlarge
		if e.Sum, err = r.p.sums.file(ctx, n.Weights()); err != nil {
			return nil, err
		}
		q.Enlarge = &e
	}
	q.Width, q.Height = w, h
	return out, nil
}

// enlarging are the options of an enlarging, with the progress of the run.
func (r *run) enlarging(tile int) upscaler.Options {
	o := upscaler.Options{Tile: tile, Report: func(f float64) { r.say("enlarging", f) }}
	o.Free = r.p.freeMemory()
	o.Memory = mostEnlarging
	if o.Free > 0 {
		o.Memory = max(min(o.Memory, int64(o.Free/2)), leastEnlarging)
	}
	if m := r.req.memory(); m > 0 {
		o.Memory = max(min(o.Memory, m), leastEnlarging)
	}
	if r.req.LowMemory {
		o.Memory = min(o.Memory, 2*leastEnlarging)
	}
	return o
}

// What a network that enlarges may take for one tile, in bytes.
const (
	mostEnlarging  = 640 << 20
	leastEnlarging = 96 << 20
)

// freeMemory is the machine's, in bytes; 0 where that is not known.
func (p *Pipeline) freeMemory() uint64 {
	if m, ok := p.runtime.(interface{ FreeMemory() uint64 }); ok {
		return m.FreeMemory()
	}
	return 0
}

// openUpscaler takes a network from the shelf until done; nil for no file. The caller has the turn at the networks.
func (r *run) openUpscaler(ctx context.Context, path string) (n *upscaler.Network, done func(), err error) {
	if path == "" {
		return nil, func() {}, nil
	}
	f, err := upscaler.Open(path)
	if err != nil {
		return nil, nil, err
	}
	it, err := r.shelved("upscaler", f.Weights())
	if err != nil {
		return nil, nil, err
	}
	l := r.p.shelf.Lease(r.req.LowMemory, r.notice, it)
	n, _, err = shelf.Open(ctx, l, it, func(ctx context.Context, notice func(string)) (*upscaler.Network, error) {
		return f.Load(ctx, r.p.runtime, r.openedFor(notice), graph.Variant{})
	})
	if err != nil {
		l.Release()
		return nil, nil, err
	}
	return n, l.Release, nil
}

// shelved is a network's file on the shelf, by what it is.
func (r *run) shelved(role, path string) (shelf.Item, error) {
	was, err := os.Stat(path)
	if err != nil {
		return shelf.Item{}, err
	}
	return shelf.Item{
		Key:   fmt.Sprintf("%s %q on %q with %d threads", role, path, r.req.Device, r.req.Threads),
		Bytes: was.Size(), Stage: role, Beside: was.Size() < 128<<20,
		Changed: func() error {
			if now, err := os.Stat(path); err != nil || now.Size() != was.Size() || !now.ModTime().Equal(was.ModTime()) {
				return fmt.Errorf("file %q changed since it was opened", path)
			}
			return nil
		},
	}, nil
}

// openedFor is how networks of one file are opened for a run.
func (r *run) openedFor(notice func(string)) model.Options {
	return model.Options{Device: r.req.Device, Threads: r.req.Threads, LowMemory: r.req.LowMemory, Fast: true, Half: model.FullPrecision, Release: true, Notice: notice}
}
