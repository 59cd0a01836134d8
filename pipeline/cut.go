package pipeline

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"pentimento/fault"
	"pentimento/pipeline/cutout"
	"pentimento/pipeline/metadata"
	"pentimento/pipeline/model"
	"pentimento/pipeline/pixels"
	"pentimento/pipeline/shelf"
)

// Cutting is how the task Cut parts a subject from what is behind it.
type Cutting struct {
	Network string `json:"network"`        // path of the network's file
	Kind    string `json:"kind,omitempty"` // of the network (cutout.Kinds); "": as its file looks
	// Radius is how far, in pixels, its rough edge is brought to the picture's own by the guided filter; 0: by
	// how rough it is; below 0: not at all.
	Radius int     `json:"radius,omitempty"`
	Eps    float64 `json:"eps,omitempty"`  // of the filter, 0: cutout's usual one
	Grey   bool    `json:"grey,omitempty"` // the filter goes by lightness alone
	Keep   bool    `json:"keep,omitempty"` // soft edges keep the old background in their colours
	// Threshold is what of the network's doubt counts as half a subject, above 0 and below 1: less takes more along. 0: ½.
	Threshold float64 `json:"threshold,omitempty"`
	Shift     int     `json:"shift,omitempty"` // how many pixels the edge is moved outward, below 0 inward
	// Sum is what a finished run's network file held.
	Sum string `json:"sum,omitempty"`
}

// segmenters are the names that files of such networks have. A network that finds depth or lines reads and
// makes the same, so that the name has to say what the map is of.
var segmenters = []string{"u2net", "silueta", "isnet", "birefnet", "rmbg", "modnet"}

// isSegmenter says whether an ONNX file is called and shaped like one that Cut takes.
func isSegmenter(path string) bool {
	name := strings.ToLower(strings.ReplaceAll(filepath.Base(path), "-", ""))
	if !slices.ContainsFunc(segmenters, func(s string) bool { return strings.Contains(name, s) }) {
		return false
	}
	_, err := cutout.Open(path, "")
	return err == nil
}

// The keys of a recipe; A1111's rembg extension writes none.
const (
	keyCutModel  = "Cutout model"
	keyCutSum    = "Cutout model hash"
	keyCutKind   = "Cutout kind"
	keyCutRadius = "Cutout radius"
	keyCutEps    = "Cutout eps"
	keyCutGuide  = "Cutout guide"
	keyCutEdges  = "Cutout edge colours"
	keyCutLevel  = "Cutout threshold"
	keyCutShift  = "Cutout shift"
)

// params is what a picture remembers of it.
func (c *Cutting) params() (out []metadata.Param) {
	if c == nil {
		return nil
	}
	set := func(key string, there bool, value string) {
		if there {
			out = append(out, metadata.Param{Key: key, Value: value})
		}
	}
	set(keyCutModel, true, c.Name())
	set(keyCutSum, c.Sum != "", c.Sum)
	set(keyCutKind, c.Kind != "", c.Kind)
	set(keyCutRadius, c.Radius != 0, strconv.Itoa(c.Radius))
	set(keyCutEps, c.Eps != 0, strconv.FormatFloat(c.Eps, 'g', -1, 64))
	set(keyCutLevel, c.Threshold != 0, short(c.Threshold))
	set(keyCutShift, c.Shift != 0, strconv.Itoa(c.Shift))
	set(keyCutGuide, c.Grey, "grey")
	set(keyCutEdges, c.Keep, "as they were")
	return out
}

// Name is what people call the network: its file's name without the ending.
func (c *Cutting) Name() string {
	base := baseName(c.Network)
	return base[:len(base)-len(filepath.Ext(base))]
}

// CuttingOf is what a recipe says of how a subject was cut out: Network is a name, never a path, since a
// recipe may be anybody's. ok is false where it says nothing.
func CuttingOf(r *metadata.Recipe) (c Cutting, ok bool) {
	c.Network = baseName(r.Value(keyCutModel))
	c.Sum, c.Kind = r.Value(keyCutSum), r.Value(keyCutKind)
	c.Radius, _ = strconv.Atoi(r.Value(keyCutRadius))
	c.Shift, _ = strconv.Atoi(r.Value(keyCutShift))
	c.Eps, _ = r.Float(keyCutEps)
	c.Threshold, _ = r.Float(keyCutLevel)
	c.Grey, c.Keep = r.Value(keyCutGuide) == "grey", r.Value(keyCutEdges) != ""
	return c, c.Network != ""
}

// Check says what is wrong with the numbers.
func (c *Cutting) Check() error {
	switch {
	case c.Radius < -1 || c.Radius > 512:
		return fmt.Errorf("cutout: radius %d, want 1 to 512, 0 (by the picture) or -1 (off)", c.Radius)
	case !(c.Threshold >= 0 && c.Threshold < 1):
		return fmt.Errorf("cutout: threshold %g, want above 0 and below 1, or 0 for a half", c.Threshold)
	case max(c.Shift, -c.Shift) > cutout.MostShift:
		return fmt.Errorf("cutout: shift %d, want -%d to %d", c.Shift, cutout.MostShift, cutout.MostShift)
	case !(c.Eps >= 0 && c.Eps <= 1):
		return fmt.Errorf("cutout: eps %g, want 0 to 1", c.Eps)
	}
	if c.Kind != "" {
		_, err := cutout.FindKind(c.Kind)
		return err
	}
	return nil
}

// matteOf is a mask as shares.
func matteOf(m *image.Alpha) *cutout.Matte {
	w, h := m.Rect.Dx(), m.Rect.Dy()
	out := &cutout.Matte{W: w, H: h, A: make([]float32, w*h)}
	for y := range h {
		for x, v := range m.Pix[y*m.Stride:][:w] {
			out.A[y*w+x] = float32(v) / 255
		}
	}
	return out
}

// Refining is how the network's rough matte is brought to the picture.
func (c *Cutting) Refining() cutout.Refining {
	return cutout.Refining{Radius: c.Radius, Eps: c.Eps, Grey: c.Grey, Threshold: c.Threshold, Shift: c.Shift}
}

// RefineCut brings what Cut gave with Radius -1, at any size, to the edges of a picture that is reduced to scale, 1 or less:
// what Cut would give with how, as near as a preview wants it. radius is CutRadius'.
func RefineCut(ctx context.Context, guide *image.NRGBA, rough *image.Alpha, how Cutting, radius int, scale float64) (*image.Alpha, error) {
	o := how.Refining()
	if o.Radius == 0 {
		o.Radius = radius
	}
	if o.Radius > 0 {
		o.Radius = max(int(float64(o.Radius)*scale+0.5), 1)
	}
	o.Shift = int(math.Round(float64(o.Shift) * scale))
	m, err := cutout.Refine(ctx, guide, matteOf(rough), o, nil)
	if err != nil {
		return nil, err
	}
	out := image.NewAlpha(guide.Rect)
	for i, a := range m.A {
		out.Pix[i] = uint8(255*a + 0.5)
	}
	return out, nil
}

// CutRadius is how far, in pixels of a picture of that size, Cut refines the edge of what a network finds where nothing else
// is asked for. It reads the network's file.
func CutRadius(how Cutting, size image.Point) (int, error) {
	f, err := cutout.Open(how.Network, how.Kind)
	if err != nil {
		return 0, err
	}
	return cutout.UsualRadius(f.W, f.H, size.X, size.Y), nil
}

// CheckCutout says what a network's file is, for people. A file that is none of those is an error.
func CheckCutout(path, kind string) (what string, err error) {
	f, err := cutout.Open(path, kind)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%s, %d × %d", f.Kind.Label, f.W, f.H), nil
}

// CutPicture is Run for the task Cut with all bits of a picture, an *image.NRGBA or *image.NRGBA64, which is
// kept as it is: of the request it reads Cut, Where and Image, the same picture as sRGB with 8 bits, which the network is
// shown; nil: the picture is sRGB. It gives a copy of the picture with the subject alone,
// the shares, and the request as it was carried out. report may be nil.
func (p *Pipeline) CutPicture(ctx context.Context, req Request, picture image.Image, report func(Progress)) (image.Image, *cutout.Matte, Request, error) {
	if report == nil {
		report = func(Progress) {}
	}
	req.Engine, req.Task = Diffusion, Cut
	if err := p.enter(ctx); err != nil {
		return nil, nil, req, err
	}
	defer p.leave()
	r := &run{p: p, req: req, report: report}
	out, m, err := r.cutOut(ctx, picture, req.Image)
	r.req.Image = nil
	return out, m, r.req, err
}

// cut is the task: the result's Mask is the subject, its Image the picture with the subject alone.
func (r *run) cut(ctx context.Context) (*Result, error) {
	img := r.req.Image
	if img == nil || img.Rect.Empty() {
		return nil, fault.New("pipeline: cut out has no picture", "Open a picture first.")
	}
	out, m, err := r.cutOut(ctx, img, img)
	if err != nil {
		return nil, err
	}
	mask := image.NewAlpha(img.Rect)
	for i, a := range m.A {
		mask.Pix[i] = uint8(255*a + 0.5)
	}
	return &Result{Image: out.(*image.NRGBA), Mask: mask}, nil
}

// cutOut carries the request's Cut out, and notes what was used. seen is the picture as the network is shown it; nil: as it is.
func (r *run) cutOut(ctx context.Context, picture image.Image, seen *image.NRGBA) (image.Image, *cutout.Matte, error) {
	q := &r.req
	if q.Cut == nil || q.Cut.Network == "" {
		return nil, nil, fault.New("cutout: no network is chosen", "Choose one. "+cutout.Files)
	}
	if err := q.Cut.Check(); err != nil {
		return nil, nil, err
	}
	if seen == nil {
		var err error
		if seen, err = thinned(picture); err != nil {
			return nil, nil, err
		}
	}
	if is, want := seen.Rect.Size(), picture.Bounds().Size(); is != want {
		return nil, nil, fmt.Errorf("cutout: what the network is shown has %v pixels, want the picture's %v", is, want)
	}
	began := time.Now()
	r.say("finding the subject", 0.02)
	rough, err := r.findSubject(ctx, seen)
	if err != nil {
		return nil, nil, err
	}
	r.clock("find", began)
	began = time.Now()
	m, err := cutout.Refine(ctx, seen, rough, q.Cut.Refining(), func(f float64) { r.say("refining the edge", 0.5+f/4) })
	if err != nil {
		return nil, nil, err
	}
	if !slices.ContainsFunc(m.A, func(a float32) bool { return a >= 0.5 }) {
		return nil, nil, cutout.ErrNothing
	}
	r.clock("refine", began)
	began = time.Now()
	out, err := parted(ctx, picture, m, q.Cut.Keep, func(f float64) { r.say("cleaning the edge's colours", 0.75+f/4) })
	r.clock("colours", began)
	return out, m, err
}

// openCutout takes a network from the shelf until done. The caller has the turn at the networks.
func (r *run) openCutout(ctx context.Context, c Cutting) (n *cutout.Network, done func(), err error) {
	was, err := os.Stat(c.Network)
	if err != nil {
		return nil, nil, fault.With(fmt.Errorf("cutout: %w", err), "Choose a file that is there, or person.")
	}
	f, err := cutout.Open(c.Network, c.Kind)
	if err != nil {
		return nil, nil, err
	}
	it := shelf.Item{
		Key:   fmt.Sprintf("cutout %q as %s on %q with %d threads", c.Network, f.Kind.Name, r.req.Device, r.req.Threads),
		Bytes: was.Size(), Stage: "cutout", Beside: was.Size() < 128<<20,
		Changed: func() error {
			if now, err := os.Stat(c.Network); err != nil || now.Size() != was.Size() || !now.ModTime().Equal(was.ModTime()) {
				return fmt.Errorf("file %q changed since it was opened", c.Network)
			}
			return nil
		},
	}
	l := r.p.shelf.Lease(r.req.LowMemory, r.notice, it)
	n, _, err = shelf.Open(ctx, l, it, func(ctx context.Context, notice func(string)) (*cutout.Network, error) {
		return f.Load(ctx, r.p.runtime, model.Options{Device: r.req.Device, Threads: r.req.Threads, LowMemory: r.req.LowMemory, Half: model.FullPrecision, Release: true, Notice: notice})
	})
	if err != nil {
		l.Release()
		return nil, nil, err
	}
	return n, l.Release, nil
}

// thinned is a picture with 8 bits a channel; one of 8 bits is itself.
func thinned(picture image.Image) (*image.NRGBA, error) {
	switch m := picture.(type) {
	case *image.NRGBA:
		return m, nil
	case *image.NRGBA64:
		out := image.NewNRGBA(m.Rect)
		w := 4 * m.Rect.Dx()
		pixels.InParallel(m.Rect.Dy(), func(y int) {
			from, to := m.Pix[y*m.Stride:][:2*w], out.Pix[y*out.Stride:][:w]
			for i := range to {
				to[i] = uint8((uint32(binary.BigEndian.Uint16(from[2*i:])) + 128) / 257)
			}
		})
		return out, nil
	}
	return nil, errors.New("cutout: found a picture of another form, want straight alpha of 8 or 16 bits")
}

// parted is a copy of a picture in which shares are the alpha, on top of what was there, and nothing is left
// of colours that do not show.
func parted(ctx context.Context, picture image.Image, m *cutout.Matte, keep bool, report func(float64)) (image.Image, error) {
	var out image.Image
	var px cutout.Pixels
	var veil func(i int, a float32)
	if wide, ok := picture.(*image.NRGBA64); ok {
		c := image.NewNRGBA64(wide.Rect)
		copyRows(c.Pix, c.Stride, wide.Pix, wide.Stride, 8*m.W, m.H)
		out, px, veil = c, deepPixels(c), func(i int, a float32) {
			p := c.Pix[8*i : 8*i+8]
			v := uint16(float32(binary.BigEndian.Uint16(p[6:]))*a + 0.5)
			if binary.BigEndian.PutUint16(p[6:], v); v == 0 {
				clear(p)
			}
		}
	} else {
		thin := picture.(*image.NRGBA)
		c := image.NewNRGBA(thin.Rect)
		copyRows(c.Pix, c.Stride, thin.Pix, thin.Stride, 4*m.W, m.H)
		out, px, veil = c, cutout.PixelsOf(c), func(i int, a float32) {
			p := c.Pix[4*i : 4*i+4]
			if p[3] = uint8(float32(p[3])*a + 0.5); p[3] == 0 {
				clear(p)
			}
		}
	}
	if !keep {
		if err := cutout.Clean(ctx, px, m, report); err != nil {
			return nil, err
		}
	}
	for i, a := range m.A {
		veil(i, a)
	}
	return out, ctx.Err()
}

func copyRows(to []uint8, toStride int, from []uint8, fromStride, n, rows int) {
	for y := range rows {
		copy(to[y*toStride:][:n], from[y*fromStride:])
	}
}

// deepPixels are the colours of a picture of 16 bits whose rows touch.
func deepPixels(img *image.NRGBA64) cutout.Pixels {
	get := func(p []uint8) float32 { return float32(binary.BigEndian.Uint16(p)) / 65535 }
	put := func(p []uint8, v float32) { binary.BigEndian.PutUint16(p, uint16(65535*v+0.5)) }
	return cutout.Pixels{W: img.Rect.Dx(), H: img.Rect.Dy(), At: func(i int) (r, g, b float32) {
		p := img.Pix[8*i : 8*i+6]
		return get(p), get(p[2:]), get(p[4:])
	}, Set: func(i int, r, g, b float32) {
		p := img.Pix[8*i : 8*i+6]
		put(p, r)
		put(p[2:], g)
		put(p[4:], b)
	}}
}
