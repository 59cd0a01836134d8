package pipeline

import (
	"context"
	"errors"
	"fmt"
	"image"
	"path/filepath"
	"slices"
	"time"

	"pentimento/fault"
	"pentimento/pipeline/find"
	"pentimento/pipeline/graph"
	"pentimento/pipeline/model"
	"pentimento/pipeline/pixels"
	"pentimento/pipeline/preprocess"
	"pentimento/pipeline/region"
	"pentimento/pipeline/tensor"
)

// detail is the task Detail: for each of the request's passes, what it looks for is found in the picture as it is by then,
// and each find is inpainted. Outside the finds' masks, and the request's where it has one, not one pixel changes.
func (r *run) detail(ctx context.Context) (*Result, error) {
	q := &r.req
	if err := q.checkDetails(); err != nil {
		return nil, err
	}
	passes, mask := detailings(q.Details), image.NewAlpha(q.Image.Rect)
	img := pixels.Crop(q.Image, q.Image.Rect)
	for i := range passes {
		share := 1 / float64(len(passes))
		at := float64(i) * share
		if err := r.lookFor(ctx, &passes[i], img, at, at+share/10); err != nil {
			return nil, err
		}
		var err error
		if img, err = r.redo(ctx, passes[i], img, mask, at+share/10, at+share); err != nil {
			return nil, err
		}
	}
	q.Details = passes
	q.Width, q.Height = img.Rect.Dx(), img.Rect.Dy()
	return &Result{Image: img, Mask: mask}, nil
}

// checkDetails refuses what cannot be carried out, before anything is opened.
func (q Request) checkDetails() error {
	switch {
	case q.Image == nil || q.Image.Rect.Empty():
		return fault.New("detail: there is no picture", "Open a picture first.")
	case q.Mask != nil && q.Mask.Rect != q.Image.Rect:
		return fmt.Errorf("detail: the mask covers %v and the picture %v, want one size", q.Mask.Rect, q.Image.Rect)
	case len(q.Details) == 0:
		return fault.New("detail: nothing is named that is looked for", "There are "+find.Names()+", or a YOLO network's ONNX file.")
	case q.Batch > 1:
		return fmt.Errorf("detail: %d pictures, want one at a time", q.Batch)
	}
	for i, d := range q.Details {
		err := d.Find.Check()
		switch {
		case err != nil:
		case !(d.Strength >= 0 && d.Strength <= 1):
			err = fmt.Errorf("a strength of %g, want 0 to 1", d.Strength)
		case d.Blur < 0 || d.Blur > 256 || d.Padding < 0 || d.Padding > 4096:
			err = fmt.Errorf("a mask blur of %d and a padding of %d pixels, want 0 to 256 and 0 to 4096", d.Blur, d.Padding)
		case d.Width < 0 || d.Height < 0 || (d.Width > 0) != (d.Height > 0) || max(d.Width, d.Height) > maxSize:
			err = fmt.Errorf("a size of %d × %d, want none or both sides, at most %d", d.Width, d.Height, maxSize)
		}
		if err != nil {
			return fault.With(fmt.Errorf("detail: pass %d: %w", i+1, err), fault.Hint(err))
		}
	}
	return nil
}

// redo inpaints the finds of a pass one after another, and adds to mask what may have changed.
func (r *run) redo(ctx context.Context, d Detailing, img *image.NRGBA, mask *image.Alpha, from, to float64) (*image.NRGBA, error) {
	share := (to - from) / float64(max(len(d.Found), 1))
	for i, f := range d.Found {
		own := pixels.CropMask(f.Mask(), img.Rect)
		if f.Off || pixels.Bounds(own).Empty() {
			continue
		}
		one, ok := d.piece(r.req, i, img, own)
		if !ok {
			continue
		}
		at := from + share*float64(i)
		r.notice(fmt.Sprintf("%s %d of %d", called(f.Class), i+1, len(d.Found)))
		res, err := r.within(ctx, one, at, at+share)
		if err != nil {
			return nil, fault.With(fmt.Errorf("detail: %s %d of %d: %w", called(f.Class), i+1, len(d.Found), err), fault.Hint(err))
		}
		if img, err = region.Blend(img, res.Image, own); err != nil {
			return nil, err
		}
		pixels.Raise(mask, own)
	}
	return img, nil
}

// called is what a find is called.
func called(class string) string {
	if class == "" {
		return "find"
	}
	return class
}

// finding is the task Finding: the passes of the request look, and no pixel changes. What they found is in the result's
// request.
func (r *run) finding(ctx context.Context) (*Result, error) {
	if err := r.req.checkDetails(); err != nil {
		return nil, err
	}
	passes := detailings(r.req.Details)
	for i := range passes {
		share := 1 / float64(len(passes))
		if err := r.lookFor(ctx, &passes[i], r.req.Image, float64(i)*share, float64(i+1)*share); err != nil {
			return nil, err
		}
	}
	r.req.Details = passes
	return &Result{Image: r.req.Image, Mask: image.NewAlpha(r.req.Image.Rect)}, nil
}

// lookFor finds what a pass looks for, unless that is known. Of the masks that stays which the request's mask covers.
// It reports from one fraction to another.
func (r *run) lookFor(ctx context.Context, d *Detailing, img *image.NRGBA, from, to float64) error {
	if d.Looked {
		return nil
	}
	began := time.Now()
	report := func(done float64) { r.say("looking for "+lookedFor(d.Find.What), from+done*(to-from)) }
	report(0)
	found, err := r.find(ctx, *d, preprocess.Of(img), report)
	if err != nil {
		return err
	}
	d.Found, d.Looked = nil, true
	for _, f := range found {
		if one, ok := d.taken(f, img.Rect, r.req.Mask); ok {
			d.Found = append(d.Found, one)
		}
	}
	r.clock("find", began)
	return ctx.Err()
}

// lookedFor is what a search is called.
func lookedFor(what string) string {
	if row, err := find.Named(what); err == nil {
		return row.Name
	}
	return baseName(what)
}

// find opens the networks of a search for this call alone.
func (r *run) find(ctx context.Context, d Detailing, p preprocess.Picture, report func(float64)) (out []find.Find, err error) {
	o := model.Options{Device: r.req.Device, Threads: r.req.Threads, Release: true}
	row, unknown := find.Named(d.Find.What)
	if unknown != nil {
		if filepath.Ext(d.Find.What) == "" {
			return nil, unknown
		}
		y, wrong := openYolo(ctx, r.p.runtime, d.Find.What, o)
		if wrong != nil {
			return nil, fault.With(fmt.Errorf("find: network %q: %w", baseName(d.Find.What), wrong), fault.Hint(wrong))
		}
		defer func() { err = errors.Join(err, y.session.Close()) }()
		if out, err = find.Look(ctx, p, d.Find, find.Networks{Yolo: y.yolo}); err != nil {
			return nil, fault.With(fmt.Errorf("network %q: %w", baseName(d.Find.What), err), fault.Hint(err))
		}
		return out, nil
	}
	if d.Network == "" {
		return nil, fault.New(fmt.Sprintf("find: the networks that find %s are not here", row.Short), "pentimento models networks all fetches them; the window asks before it does.")
	}
	open := &openParts{runtime: r.p.runtime, folder: filepath.Dir(d.Network), options: o, all: map[string]*openPart{}}
	defer func() { err = errors.Join(err, open.close()) }()
	return find.Look(ctx, p, d.Find, find.Networks{Eval: open.eval, Planes: open.planes, Report: report})
}

// openedYolo is a YOLO network of the person's.
type openedYolo struct {
	yolo    *find.Yolo
	session model.Session
}

// openYolo opens one.
func openYolo(ctx context.Context, runtime model.Runtime, file string, o model.Options) (*openedYolo, error) {
	g, err := foreign(file)
	if err != nil {
		return nil, fault.With(err, "Want a YOLOv5, v8 or v11 network as ONNX; a .pt file is exported by: yolo export model=FILE.pt format=onnx")
	}
	ins, outs := signature(g)
	boxes := func(v graph.Value) bool { return len(v.Shape) == 3 || len(v.Shape) == 0 } // whose form may be open
	if len(ins) != 1 || len(ins[0].Shape) != 4 || ins[0].Shape[1].Fixed > 0 && ins[0].Shape[1].Fixed != 3 || !slices.ContainsFunc(outs, boxes) {
		return nil, fault.New(fmt.Sprintf("this network reads %s and makes %s; want one picture [1,3,height,width] and boxes [1,4 and classes,places]", graph.Told(ins), graph.Told(outs)),
			"Want a YOLOv5, v8 or v11 network for detection or segmentation as ONNX; text, faces and hands are found by their names, without a file.")
	}
	side := func(n int64) int {
		if n > 0 {
			return int(n)
		}
		return find.UsualSide
	}
	size := image.Pt(side(ins[0].Shape[3].Fixed), side(ins[0].Shape[2].Fixed))
	if max(size.X, size.Y) > 4096 {
		return nil, fmt.Errorf("it reads %d × %d pixels, want sides of at most 4096", size.X, size.Y)
	}
	out := &openedYolo{yolo: &find.Yolo{Size: size, Names: find.ReadNames(g.Meta["names"])}}
	in, names, err := wire(g, ins[0], outs)
	if err != nil {
		return nil, err
	}
	if out.session, err = runtime.Open(ctx, g, o); err != nil {
		return nil, err
	}
	out.yolo.Eval = func(ctx context.Context, w, h int, v []float32) (made []find.Output, err error) {
		all, err := out.session.Run(ctx, map[string]*tensor.Tensor{in: {Shape: []int{1, 3, h, w}, Data: v}})
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			if t := all[name]; t != nil {
				made = append(made, find.Output{Shape: t.Shape, Data: t.Data})
			}
		}
		return made, nil
	}
	return out, nil
}
