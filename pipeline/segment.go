package pipeline

import (
	"context"
	"fmt"
	"image"
	"math"
	"os"
	"path/filepath"
	"strings"
	"time"

	"pentimento/fault"
	"pentimento/pipeline/model"
	"pentimento/pipeline/pixels"
	"pentimento/pipeline/segment"
	"pentimento/pipeline/shelf"
)

// SegmentPoint is something that is said of a thing, in pixels of Request.Image.
type SegmentPoint = segment.Point

// What a SegmentPoint may say.
const (
	SegmentOut    = segment.Out    // it does not belong to the thing
	SegmentIn     = segment.In     // it does
	SegmentFirst  = segment.First  // upper left corner of a box around it
	SegmentSecond = segment.Second // lower right corner
)

// Segmenting is how the task Segment finds what is pointed at.
type Segmenting struct {
	Files []string `json:"files"` // paths of the network's one file or two
	// Clicks are what was pointed at, in pixels of the picture: points of one click go together.
	Clicks [][]SegmentPoint `json:"clicks"`
}

// maxSegmentPoints bounds all points together.
const maxSegmentPoints = 4096

// Check says what is wrong with it.
func (s *Segmenting) Check() error {
	if s == nil || len(s.Files) == 0 {
		return fault.New("segment: no network is chosen", "Choose one. "+segment.Files)
	}
	n := 0
	for _, c := range s.Clicks {
		for _, p := range c {
			if n++; !(math.Abs(p.X) < 1<<24 && math.Abs(p.Y) < 1<<24) || p.Label < segment.Out || p.Label > segment.Second {
				return fmt.Errorf("segment: found the point %g,%g with the label %d, want a pixel and 0 to 3", p.X, p.Y, p.Label)
			}
		}
	}
	if n == 0 || n > maxSegmentPoints {
		return fmt.Errorf("segment: found %d points, want 1 to %d", n, maxSegmentPoints)
	}
	return nil
}

// CheckSegment says what a network of one file or two is, for people, and whether a further file is wanted: then other is the
// one that was found beside the first, or "". Files of another kind are an error.
func CheckSegment(paths ...string) (what, other string, err error) {
	if len(paths) == 1 {
		role, err := segment.Role(paths[0])
		if err != nil {
			return "", "", err
		}
		if role != "both" {
			if other = segment.Other(paths[0]); other == "" {
				_, err = segment.Open(paths[0])
				return role, "", err
			}
			paths = []string{paths[0], other}
		}
	}
	p, err := segment.Open(paths...)
	if err != nil {
		return "", other, err
	}
	return fmt.Sprintf("%s, %d × %d", p.Name(), p.Side, p.Side), other, nil
}

// isPrompted says whether an ONNX file is one that Segment takes.
func isPrompted(path string) bool {
	if !strings.EqualFold(filepath.Ext(path), ".onnx") {
		return false
	}
	_, err := segment.Role(path)
	return err == nil
}

// SegmentSide is the longer side of a picture that the task Segment is best shown: more is not looked at.
const SegmentSide = 1024

// ForSegment is a picture as the task Segment is best shown it, itself where it is small, and its size by the picture's. It ends early
// with ctx.Err().
func ForSegment(ctx context.Context, img *image.NRGBA) (*image.NRGBA, float64, error) {
	long := max(img.Rect.Dx(), img.Rect.Dy())
	if long <= SegmentSide {
		return img, 1, ctx.Err()
	}
	s := SegmentSide / float64(long)
	out, err := pixels.Bilinear(ctx, img, image.Rect(0, 0, max(int(float64(img.Rect.Dx())*s+0.5), 1), max(int(float64(img.Rect.Dy())*s+0.5), 1)))
	return out, s, err
}

// Segmented are the masks of a finished task Segment, the likeliest first, each from 0,0.
func Segmented(res *Result) (out []*image.Alpha) {
	size := res.Image.Rect.Size()
	for y := 0; size.Y > 0 && y+size.Y <= res.Mask.Rect.Dy(); y += size.Y {
		out = append(out, &image.Alpha{Pix: res.Mask.Pix[y*res.Mask.Stride:][:size.Y*res.Mask.Stride], Stride: res.Mask.Stride, Rect: image.Rectangle{Max: size}})
	}
	return out
}

// segment is the task.
func (r *run) segment(ctx context.Context) (*Result, error) {
	q := &r.req
	if err := q.Segment.Check(); err != nil {
		return nil, err
	}
	if q.Image == nil || q.Image.Rect.Empty() {
		return nil, fault.New("segment: found no picture", "Open a picture first.")
	}
	n, done, err := r.openSegment(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	began, stage := time.Now(), ""
	masks, err := n.Find(ctx, q.Image, q.Segment.Clicks, func(next string) {
		if stage != "" {
			r.clock(stage, began)
		}
		began, stage = time.Now(), next
		r.say(map[string]string{"encode": "looking at the picture", "decode": "finding the thing"}[next], map[string]float64{"encode": 0.1, "decode": 0.9}[next])
	})
	if err != nil {
		return nil, err
	}
	r.clock(stage, began)
	size := q.Image.Rect.Size()
	all := image.NewAlpha(image.Rect(0, 0, size.X, size.Y*len(masks)))
	for i, m := range masks {
		copy(all.Pix[i*size.X*size.Y:], m.Cover.Pix)
	}
	return &Result{Image: q.Image, Mask: all}, ctx.Err()
}

// openSegment takes the networks from the shelf until done. The caller has the turn at the networks.
func (r *run) openSegment(ctx context.Context) (n *segment.Network, done func(), err error) {
	p, err := segment.Open(r.req.Segment.Files...)
	if err != nil {
		return nil, nil, err
	}
	it := shelf.Item{Key: fmt.Sprintf("segment %q on %q with %d threads", r.req.Segment.Files, r.req.Device, r.req.Threads), Stage: "segment"}
	var were []os.FileInfo
	for _, path := range []string{p.Encoder, p.Decoder} {
		was, err := os.Stat(path)
		if err != nil {
			return nil, nil, fault.With(fmt.Errorf("segment: %w", err), "Choose files that are there.")
		}
		were = append(were, was)
		it.Bytes += was.Size()
	}
	it.Beside = it.Bytes < 128<<20
	it.Changed = func() error {
		for i, path := range []string{p.Encoder, p.Decoder} {
			if now, err := os.Stat(path); err != nil || now.Size() != were[i].Size() || !now.ModTime().Equal(were[i].ModTime()) {
				return fmt.Errorf("file %q changed since it was opened", path)
			}
		}
		return nil
	}
	l := r.p.shelf.Lease(r.req.LowMemory, r.notice, it)
	n, _, err = shelf.Open(ctx, l, it, func(ctx context.Context, notice func(string)) (*segment.Network, error) {
		return p.Load(ctx, r.p.runtime, model.Options{Device: r.req.Device, Threads: r.req.Threads, LowMemory: r.req.LowMemory, Half: model.FullPrecision, Notice: notice})
	})
	if err != nil {
		l.Release()
		return nil, nil, err
	}
	return n, l.Release, nil
}
