package editor

import (
	"context"
	"errors"
	"image"
	"slices"
	"sync"

	"pentimento/app/words"
	"pentimento/canvas"
	"pentimento/canvas/colour"
	"pentimento/canvas/render"
	"pentimento/pipeline"
)

// Replacing is one background being replaced: where its subject is, and what comes behind it, are kept while the rest is chosen.
type Replacing struct {
	NewBackground
	Red bool // the preview shows what goes in red

	subject Cutting // what the network found

	// One preview at a time has what those before it left: that of a card that was closed may still be ending.
	previews sync.Mutex
	kept     keptBackground
	opened   struct {
		path string
		img  *image.NRGBA
	}

	mu    sync.Mutex
	stop  context.CancelFunc // ends what is made now for doing; nil: nothing that takes long is
	doing behindWhat
}

// Told is what there is to say of a preview.
type Told struct {
	Finding bool     // the network looks for the subject
	Filling bool     // it is filled behind the subject, which may take seconds
	Hiding  []string // names of layers above that hide a part of the new background
	Err     error    // why the new background can't be shown
}

// behindWhat is what a new background is made of, besides the picture.
type behindWhat struct {
	By, File, Colour, Of, Network string
	Blur, Threshold               float64
	Shift                         int
}

func (how *NewBackground) behind() behindWhat {
	return behindWhat{how.By, how.File, how.Colour, how.Of, how.Network, how.Blur, how.Threshold, how.Shift}
}

// outdated ends what is being made for something else than is wanted now.
func (r *Replacing) outdated(wanted behindWhat) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stop != nil && r.doing != wanted {
		r.stop()
	}
}

// keptBackground is what one preview leaves to the next.
type keptBackground struct {
	of     *canvas.State // reduced
	behind behindWhat
	all    *canvas.State // with what is of it as one layer,
	layer  *canvas.Layer // this
	img    *image.NRGBA
	mask   *image.Alpha
	over   []string
	parted *pipeline.Parted
}

// replacing is what is tried, as it was asked for.
type replacing struct {
	of    *Replacing
	how   NewBackground
	red   bool
	base  *canvas.State
	space *colour.Space
	cut   cutter
	told  func(Told)
}

// preview is what a reduced picture would be with the new background; where that can't be known yet it shows, in red, what goes.
func (t *replacing) preview(ctx context.Context, s *canvas.State, id canvas.LayerID, scale float64) (*canvas.State, error) {
	t.of.previews.Lock()
	defer t.of.previews.Unlock()
	if err := ctx.Err(); err != nil { // it waited for another
		return nil, err
	}
	k := &t.of.kept
	if k.of != s || k.behind != t.how.behind() {
		*k = keptBackground{}
		if err := t.look(ctx, s, id, scale); err != nil || k.layer == nil {
			return s, err
		}
	}
	said := Told{Hiding: k.over}
	if !t.red && k.parted == nil && (t.how.By == ByColour || t.how.By == ByBlur || t.how.By == ByPicture && t.how.File != "") {
		if err := t.part(ctx, scale); errors.Is(err, context.Canceled) {
			return nil, err
		} else if err != nil {
			said.Err = err
		}
	}
	t.told(said)
	if t.red || k.parted == nil {
		img := *k.img
		img.Pix = slices.Clone(img.Pix)
		return cutPreview(k.all, k.layer, &img, k.mask, true), nil
	}
	layers, err := k.parted.Layers(ctx, t.how.look())
	if err != nil {
		return nil, err
	}
	for i, img := range layers {
		if t.space != nil && (i == 0 || i == len(layers)-1) {
			layers[i] = copyPixels(img)
			t.space.FromSRGB(layers[i])
		}
	}
	out, _ := behindSubject(k.all, k.layer, k.img, layers, t.how.Of)
	return out, nil
}

// look finds the subject, and what would hide the new background. It leaves nothing where there are no pixels.
func (t *replacing) look(ctx context.Context, s *canvas.State, id canvas.LayerID, scale float64) error {
	all, l := t.how.seenIn(s, id)
	if l == nil || l.Used().Empty() {
		return nil
	}
	k := &t.of.kept
	img := pixelsOf(l)
	mask := canvas.CoverImage(s.Selection, img.Rect)
	if t.how.Network != "" {
		how := pipeline.Cutting{Network: t.how.Network, Threshold: t.how.Threshold, Shift: t.how.Shift}
		finding := func(on bool) { t.told(Told{Finding: on}) }
		var rough *image.Alpha
		var radius int
		var err error
		if t.how.Of == OfPicture {
			rough, radius, err = t.of.subject.foundIn(ctx, t.base, how, t.cut, finding)
		} else {
			rough, radius, err = t.of.subject.found(ctx, t.base.Layer(id), how, t.cut, finding)
		}
		if err != nil {
			return err
		}
		if mask, err = pipeline.RefineCut(ctx, img, rough, how, radius, scale); err != nil {
			return err
		}
	}
	*k = keptBackground{of: s, behind: t.how.behind(), all: all, layer: l, img: img, mask: mask}
	if t.how.Of != OfPicture {
		for _, over := range hiding(all, l, mask) {
			k.over = append(k.over, over.Name)
		}
	}
	return nil
}

// part makes what comes behind, unless something else is wanted meanwhile.
func (t *replacing) part(ctx context.Context, scale float64) error {
	r, k := t.of, &t.of.kept
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	during := func(stop context.CancelFunc) {
		r.mu.Lock()
		r.stop, r.doing = stop, k.behind
		r.mu.Unlock()
	}
	during(stop)
	defer during(nil)
	b := t.how.Backdrop
	if b.By == ByBlur {
		t.told(Told{Filling: true, Hiding: k.over})
	}
	if b.By == ByPicture {
		if r.opened.path != t.how.File {
			img, err := backdropPicture(ctx, t.how.File)
			if err != nil {
				return err
			}
			r.opened.path, r.opened.img = t.how.File, img
		}
		b.Picture = r.opened.img
	}
	img := k.img
	if t.space != nil {
		img = copyPixels(img)
		t.space.ToSRGB(img)
	}
	back, err := b.Behind(ctx, img, k.mask, scale)
	if err == nil {
		k.parted, err = pipeline.PartFrom(ctx, img, k.mask, back)
	}
	return err
}

// seenIn is a picture in which what gets the new background is one layer, and that layer; nil where there is none.
func (how *NewBackground) seenIn(s *canvas.State, id canvas.LayerID) (*canvas.State, *canvas.Layer) {
	if how.Of == OfPicture {
		s, id = stamped(s)
	}
	return s, s.Layer(id)
}

// stamped is a picture with all that is seen of it as one layer on top, and hidden below.
func stamped(s *canvas.State) (*canvas.State, canvas.LayerID) {
	r := picture(s)
	if render.CheckWhole("background", r) != nil || s.Used().Empty() {
		return s, 0
	}
	img := render.Flatten(s, r, render.FlattenOptions{})
	doc := canvas.Open("Replace the background", s)
	ed := doc.Begin("Replace the background")
	for _, l := range s.Layers {
		if l.Parent == 0 && !l.Guide {
			ed.SetLayer(l.ID, func(n *canvas.Layer) { n.Visible = false })
		}
	}
	id := ed.AddLayer(words.T("the picture"), s.Layers[len(s.Layers)-1].ID)
	ed.Place(id, img, img)
	ed.SetLayer(id, func(n *canvas.Layer) { n.Placed = nil })
	ed.Commit()
	return doc.State(), id
}

// hiding are the layers above one that are seen where its subject, of which shows is the share, is not.
func hiding(s *canvas.State, l *canvas.Layer, shows *image.Alpha) (out []*canvas.Layer) {
	for _, over := range s.Layers[s.Index(l.ID)+1:] {
		if over.Group || over.Clip || !s.Counts(over) {
			continue
		}
		r := over.Used().Intersect(shows.Rect)
		if r.Empty() {
			continue
		}
		pix, own := make([]uint8, 4*r.Dx()*r.Dy()), make([]uint8, r.Dx()*r.Dy())
		over.Read(pix, 4*r.Dx(), r)
		if over.Mask.On() {
			over.Mask.Read(own, r.Dx(), r.Sub(over.Offset))
		}
		for i := range own {
			at := image.Pt(r.Min.X+i%r.Dx(), r.Min.Y+i/r.Dx())
			if pix[4*i+3] >= 16 && (!over.Mask.On() || own[i] >= 16) && shows.Pix[shows.PixOffset(at.X, at.Y)] < 128 {
				out = append(out, over)
				break
			}
		}
	}
	return out
}
