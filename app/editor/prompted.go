package editor

import (
	"context"
	"image"
	"slices"
	"sync"

	"golang.org/x/image/draw"

	"pentimento/app/commission"
	"pentimento/app/desk"
	"pentimento/app/words"
	"pentimento/canvas"
	"pentimento/canvas/render"
	"pentimento/fault"
	"pentimento/pipeline"
	"pentimento/pipeline/pixels"
	"pentimento/tools"
)

// prompts are clicks that a network is told together: as long as one follows the other, what they make takes the
// place of what the ones before made.
type prompts struct {
	clicks [][]pipeline.SegmentPoint // in pixels of the document
	before canvas.Grid[canvas.MaskTile]
	on     *canvas.State // what the clicks before them made; nil: they are the first
	not    bool          // the last of them says what does not belong to it
	shown  shifted       // what the network is shown
}

// exhibit is the picture as a network that finds things was shown it last. Any goroutine may call it.
type exhibit struct {
	sync.Mutex
	of    looked
	img   *image.NRGBA
	scale float64       // its size by the picture's
	busy  chan struct{} // closed when the one that is being made is; nil: none is
}

// open is the picture in the size that networks look at, made unless it is there. One at a time is made; others wait for
// it no longer than ctx does. It ends early with ctx.Err().
func (x *exhibit) open(ctx context.Context, s *canvas.State, a tools.AreaSettings, on shifted) (*image.NRGBA, image.Rectangle, float64, error) {
	of := lookedAt(s, a, on)
	img, scale, done, err := x.turn(ctx, of)
	if img != nil || err != nil {
		return img, of.bounds, scale, err
	}
	defer func() {
		x.Lock()
		x.busy = nil
		x.Unlock()
		close(done)
	}()
	if img, err = flattenPart(ctx, "select", s, of.bounds, render.FlattenOptions{Only: of.active}); err != nil {
		return nil, of.bounds, 0, err
	}
	if on.by != (image.Point{}) {
		img = commission.RolledPicture(img, on.tile, on.by)
	}
	img.Rect = image.Rectangle{Max: img.Rect.Size()}
	if img, scale, err = pipeline.ForSegment(ctx, img); err != nil {
		return nil, of.bounds, 0, err
	}
	x.Lock()
	x.of, x.img, x.scale = of, img, scale
	x.Unlock()
	return img, of.bounds, scale, nil
}

// turn is the picture that is there, or the turn at making it, which ends when done is closed.
func (x *exhibit) turn(ctx context.Context, of looked) (img *image.NRGBA, scale float64, done chan struct{}, err error) {
	for {
		x.Lock()
		if x.img != nil && x.of.same(of) {
			img, scale = x.img, x.scale
		}
		others := x.busy
		if img == nil && others == nil {
			done = make(chan struct{})
			x.busy = done
		}
		x.Unlock()
		if img != nil || others == nil {
			return img, scale, done, nil
		}
		select {
		case <-others:
		case <-ctx.Done():
			return nil, 0, nil, ctx.Err()
		}
	}
}

// flattenPart is a part of the picture for what is called do; it ends early with ctx.Err().
func flattenPart(ctx context.Context, do string, s *canvas.State, r image.Rectangle, how render.FlattenOptions) (*image.NRGBA, error) {
	if err := render.CheckWhole(do, r); err != nil {
		return nil, err
	}
	img := image.NewNRGBA(r)
	for y := r.Min.Y; y < r.Max.Y; y += flattened {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		pixels.Paste(img, render.Flatten(s, image.Rect(r.Min.X, y, r.Max.X, min(y+flattened, r.Max.Y)), how))
	}
	return img, nil
}

// mostOfAStroke is how many points of a stroke a network is told.
const mostOfAStroke = 8

// said is a click, or some points of a stroke, as a network is told it.
func said(t tools.Thing, label int) (out []pipeline.SegmentPoint) {
	n := min(len(t.In), mostOfAStroke)
	for i := range n {
		p := t.In[i*(len(t.In)-1)/max(n-1, 1)]
		out = append(out, pipeline.SegmentPoint{X: float64(p.X), Y: float64(p.Y), Label: label})
	}
	return out
}

// promptsOf joins a click with those before it that still hold.
func (e *Editor) promptsOf(t tools.Thing, w *walk) *prompts {
	last := e.thing.walk
	if last != nil && last.prompts != nil && last.landed == e.doc.State() && last.a.Selects == w.a.Selects && last.tile == w.tile && last.region == "" && w.region == "" &&
		last.how != canvas.Subtract && last.how != canvas.Intersect && (t.How == canvas.Add || t.How == canvas.Subtract) {
		label := pipeline.SegmentIn
		if t.How == canvas.Subtract {
			label = pipeline.SegmentOut
		}
		w.how = last.how
		return &prompts{append(slices.Clone(last.prompts.clicks), said(t, label)), last.prompts.before, last.landed, t.How == canvas.Subtract, last.prompts.shown}
	}
	p := &prompts{clicks: [][]pipeline.SegmentPoint{said(t, pipeline.SegmentIn)}, before: e.doc.State().Mask, shown: shiftFor(t.In[len(t.In)/2], w.tile)}
	if w.a.Selects {
		p.before = e.doc.State().Selection
	}
	return p
}

// seekPrompted finds the thing that was pointed at by the chosen network.
func (e *Editor) seekPrompted(t tools.Thing, w *walk) {
	w.prompts = e.promptsOf(t, w)
	var runner pipeline.Runner = e.Fills.Pipeline
	if e.Fills.Runner != nil {
		runner = e.Fills.Runner
	}
	var panel pipeline.Request
	pipeline.Apply(&panel, e.Settings.Fill.Get)
	q := pipeline.Request{Ask: pipeline.Ask{Engine: pipeline.Diffusion, Task: pipeline.Segment}, Where: panel.Where}
	q.Device = e.Settings.Device
	files, shows := slices.Clone(e.Settings.Areas.Networks), &e.exhibit
	e.found(t.Label, func(ctx context.Context, report func(float64), s *canvas.State) (canvas.Grid[canvas.MaskTile], error) {
		img, bounds, scale, err := shows.open(ctx, s, w.a, w.prompts.shown)
		if err != nil {
			return canvas.Grid[canvas.MaskTile]{}, err
		}
		q := q
		q.Image, q.Frame = img, img.Rect
		q.Segment = &pipeline.Segmenting{Files: files}
		for _, c := range w.prompts.clicks {
			var click []pipeline.SegmentPoint
			for _, p := range c {
				at := w.prompts.shown.at(image.Pt(int(p.X), int(p.Y))).Sub(bounds.Min)
				click = append(click, pipeline.SegmentPoint{X: float64(at.X) * scale, Y: float64(at.Y) * scale, Label: p.Label})
			}
			q.Segment.Clicks = append(q.Segment.Clicks, click)
		}
		res, err := commission.In(s.Source.Space(), runner).Run(ctx, q, func(p pipeline.Progress) { report(p.Fraction) })
		if err != nil {
			return canvas.Grid[canvas.MaskTile]{}, err
		}
		m := maskedBy(pipeline.Segmented(res), bounds)
		m.shown = w.prompts.shown
		if len(m.masks) == 0 {
			return canvas.Grid[canvas.MaskTile]{}, fault.New("select: nothing was found", words.T("The network sees no thing there: click in the middle of it."))
		}
		w.choices, w.at, w.want = m, m.best, m.best
		return w.cover(ctx, s)
	}, w.lay, w.arrived)
}

// masked are a network's masks, small ones first; empty ones are left out.
type masked struct {
	masks  []*image.Alpha
	bounds image.Rectangle // of the picture
	shown  shifted         // as which the network saw it
	best   int
}

func maskedBy(all []*image.Alpha, bounds image.Rectangle) *masked {
	area := func(m *image.Alpha) (n int) {
		for _, v := range m.Pix {
			n += int(v >> 7)
		}
		return n
	}
	out := &masked{bounds: bounds}
	var first *image.Alpha
	for _, m := range all {
		if area(m) > 0 {
			if out.masks = append(out.masks, m); first == nil {
				first = m
			}
		}
	}
	slices.SortStableFunc(out.masks, func(a, b *image.Alpha) int { return area(a) - area(b) })
	out.best = slices.Index(out.masks, first)
	return out
}

// Len is how many there are.
func (m *masked) Len() int { return len(m.masks) }

// Cover is one of them over the picture.
func (m *masked) Cover(_ context.Context, i int) (canvas.Grid[canvas.MaskTile], error) {
	if i < 0 || i >= len(m.masks) {
		return canvas.Grid[canvas.MaskTile]{}, nil
	}
	one := m.masks[i]
	out := image.NewAlpha(m.bounds)
	if one.Rect.Size() == m.bounds.Size() {
		draw.Draw(out, out.Rect, one, one.Rect.Min, draw.Src)
	} else {
		draw.BiLinear.Scale(out, out.Rect, one, one.Rect, draw.Src, nil)
	}
	return m.shown.back(canvas.Cover(out)), nil
}

// Segmenter is the first file of the network that finds things; "": colours and edges do.
func (e *Editor) Segmenter() string {
	if n := e.Settings.Areas.Networks; len(n) > 0 {
		return n[0]
	}
	return ""
}

// ChooseSegmenter has the tool Object find things by a network: its one file, or both in any order, or one beside which
// the other lies; none: by colours and edges. Where a second file is wanted more is called, and files that do not fit are told.
func (e *Editor) ChooseSegmenter(more func(), files ...string) {
	set := func(files []string, text string) {
		e.lookElsewhere()
		e.Settings.Areas.Networks = files
		e.Say(text)
		e.Tell(desk.Change{What: desk.ToolChanged})
	}
	if len(files) == 0 {
		set(nil, words.T("The tool Object goes by colours and edges"))
		return
	}
	e.Go("network", func() {
		what, other, err := pipeline.CheckSegment(files...)
		e.Post(func() {
			switch {
			case err != nil && what != "" && len(files) == 1:
				more()
			case e.Fail(err):
				e.Tell(desk.Change{What: desk.ToolChanged})
			default:
				if other != "" {
					files = append(files, other)
				}
				set(files, words.T("The tool Object finds things by %s", what))
			}
		})
	}, nil)
}
