package pipeline

import (
	"context"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"slices"
	"strconv"
	"strings"
	"time"

	"pentimento/fault"
	"pentimento/pipeline/harmony"
	"pentimento/pipeline/infill"
	"pentimento/pipeline/metadata"
	"pentimento/pipeline/pixels"
	"pentimento/pipeline/region"
)

// Backdrop is what the task Background puts behind the subject of a picture, which Cut parts from what was
// there, or Request.Mask where there is one: then no network looks for it.
type Backdrop struct {
	By      string       `json:"by"`             // one of BackdropWays
	Picture *image.NRGBA `json:"-"`              // of ByPicture; it covers all, and what is too much is cut off at its sides
	Name    string       `json:"name,omitempty"` // of its file
	// Sum is of a finished run's Picture, see PictureSum.
	Sum    string `json:"sum,omitempty"`
	Colour string `json:"colour,omitempty"` // of ByColour: #rrggbb
	// Blur is of ByBlur: what was there, filled where the subject was, and blurred with this deviation in
	// pixels; 0: not blurred.
	Blur float64 `json:"blur,omitempty"`
	// Look is how the subject is harmonised with it; the zero Look leaves every pixel as it was.
	Look harmony.Look `json:"look,omitzero"`
}

// Where a new background comes from.
const (
	ByWords   = "words"   // the request's model paints it
	ByPicture = "picture" // a picture that is given
	ByColour  = "colour"  // one colour
	ByBlur    = "blur"    // what was there
)

// BackdropWays are all of them.
var BackdropWays = []string{ByWords, ByPicture, ByColour, ByBlur}

// BackdropLook suits a subject in front of a background: at strength 1 its colours go a third of the way, and it
// casts no shadow, since most stand on nothing that is seen.
func BackdropLook(strength float64) harmony.Look {
	l := harmony.Default
	l.Strength, l.Colour, l.Seam, l.Width, l.Shadow = strength, 0.35, 0.25, 0.03, 0
	return l
}

// MostBlur is the greatest Backdrop.Blur.
const MostBlur = 500

// Check says what is wrong with it.
func (b *Backdrop) Check() error {
	switch {
	case b == nil:
		return fmt.Errorf("background: nothing says what comes behind the subject, want Backdrop")
	case !slices.Contains(BackdropWays, b.By):
		return fmt.Errorf("background: by %q, want %s", b.By, strings.Join(BackdropWays, ", "))
	case b.By == ByPicture && (b.Picture == nil || b.Picture.Rect.Empty()):
		return fault.New("background: there is no picture to put behind the subject", "Choose one.")
	case !(b.Blur >= 0 && b.Blur <= MostBlur):
		return fmt.Errorf("background: blur %g, want 0 to %d", b.Blur, MostBlur)
	}
	if b.By == ByColour {
		if _, err := colourOf(b.Colour); err != nil {
			return err
		}
	}
	if err := b.Look.Check(); err != nil {
		return fmt.Errorf("background: %w", err)
	}
	return nil
}

// colourOf reads #rrggbb.
func colourOf(text string) (color.NRGBA, error) {
	n, err := strconv.ParseUint(strings.TrimPrefix(text, "#"), 16, 32)
	if err != nil || len(strings.TrimPrefix(text, "#")) != 6 {
		return color.NRGBA{}, fault.New(fmt.Sprintf("background: colour %q, want six hexadecimal digits", text), "Such as #87ceeb.")
	}
	return color.NRGBA{uint8(n >> 16), uint8(n >> 8), uint8(n), 255}, nil
}

// The keys of a recipe.
const (
	keyBackdrop        = "Background"
	keyBackdropPicture = "Background picture"
	keyBackdropSum     = "Background picture hash"
	keyBackdropColour  = "Background colour"
	keyBackdropBlur    = "Background blur"
	keyBackdropLook    = "Background harmonise"
)

// params is what a picture remembers of it.
func (b *Backdrop) params() []metadata.Param {
	if b == nil {
		return nil
	}
	out := []metadata.Param{{Key: keyBackdrop, Value: b.By}}
	switch b.By {
	case ByPicture:
		out = append(out, metadata.Param{Key: keyBackdropPicture, Value: baseName(b.Name)})
		if b.Sum != "" {
			out = append(out, metadata.Param{Key: keyBackdropSum, Value: b.Sum})
		}
	case ByColour:
		out = append(out, metadata.Param{Key: keyBackdropColour, Value: b.Colour})
	case ByBlur:
		out = append(out, metadata.Param{Key: keyBackdropBlur, Value: short(b.Blur)})
	}
	return append(out, lookParams(keyBackdropLook, b.Look)...)
}

// BackdropOf is what a recipe says of a background that was replaced; its picture is a name, never a path. ok is
// false where it says nothing.
func BackdropOf(r *metadata.Recipe) (b Backdrop, ok bool) {
	b.By, ok = r.Get(keyBackdrop)
	b.Name, b.Colour = baseName(r.Value(keyBackdropPicture)), r.Value(keyBackdropColour)
	b.Sum = r.Value(keyBackdropSum)
	b.Blur, _ = r.Float(keyBackdropBlur)
	b.Look = lookOf(r, keyBackdropLook)
	return b, ok
}

// background is the task: the result's Layers are the new background, the subject's shadow where there is one,
// and the subject; its Image is what they look like together.
func (r *run) background(ctx context.Context) (*Result, error) {
	q := &r.req
	img := q.Image
	if img == nil || img.Rect.Empty() {
		return nil, fault.New("background: there is no picture", "Open a picture first.")
	}
	if err := q.Backdrop.Check(); err != nil {
		return nil, err
	}
	subject, mask, err := r.subject(ctx)
	if err != nil {
		return nil, err
	}
	began := time.Now()
	if q.Backdrop.By == ByPicture {
		b := *q.Backdrop
		b.Sum = PictureSum(b.Picture)
		q.Backdrop = &b
	}
	back, err := r.backdrop(ctx, mask)
	if err != nil {
		return nil, err
	}
	r.clock("background", began)
	began = time.Now()
	r.say("joining", 0.9)
	var scene *harmony.Scene
	look := q.Backdrop.Look
	if look.Strength > 0 {
		scene = harmony.New(subject, back, nil)
	}
	res := &Result{}
	var dark *image.Alpha
	if res.Layers, dark, err = backdropLayers(ctx, back, subject, scene, look); err != nil {
		return nil, err
	}
	res.Image = harmony.Laid(back, dark, res.Layers[len(res.Layers)-1])
	res.Mask = changed(img, res.Image)
	r.clock("join", began)
	if q.Backdrop.By != ByWords {
		q.Width, q.Height = img.Rect.Dx(), img.Rect.Dy()
	}
	return res, nil
}

// subject is what stays of the picture: with colours of its own at soft edges and the shares as transparency.
func (r *run) subject(ctx context.Context) (*image.NRGBA, *image.Alpha, error) {
	q := &r.req
	if q.Mask == nil {
		one := Request{Ask: Ask{Engine: Diffusion, Task: Cut, Frame: q.Image.Rect, Image: q.Image}, Cut: q.Cut, Where: q.Where}
		res, err := r.within(ctx, one, 0, 0.4)
		if err != nil {
			return nil, nil, err
		}
		q.Cut = res.Request.Cut
		return res.Image, res.Mask, nil
	}
	if q.Mask.Rect != q.Image.Rect {
		return nil, nil, fmt.Errorf("background: the subject's mask covers %v and the picture %v, want one size", q.Mask.Rect, q.Image.Rect)
	}
	if pixels.Bounds(q.Mask).Empty() {
		return nil, nil, fault.New("background: the subject's mask is empty", "Select the subject, or let a network find it.")
	}
	keep := q.Cut != nil && q.Cut.Keep
	out, err := parted(ctx, q.Image, matteOf(q.Mask), keep, func(f float64) { r.say("cleaning the edge's colours", 0.4*f) })
	if err != nil {
		return nil, nil, err
	}
	return out.(*image.NRGBA), q.Mask, nil
}

// backdrop is the new background, with the picture's bounds.
func (r *run) backdrop(ctx context.Context, subject *image.Alpha) (*image.NRGBA, error) {
	q := &r.req
	place := q.Image.Rect
	if q.Backdrop.By != ByWords {
		if q.Backdrop.By != ByColour {
			r.say(map[string]string{ByPicture: "fitting the picture", ByBlur: "filling behind the subject"}[q.Backdrop.By], 0.45)
		}
		return q.Backdrop.Behind(ctx, q.Image, subject, 1)
	}
	g := q.Clone()
	g.Task, g.Image, g.Mask, g.Cut, g.Backdrop, g.After, g.Regions, g.Batch, g.Strength = Generate, nil, nil, nil, nil, nil, nil, 1, 1
	g.Frame, g.Ran = place, Ran{}
	res, err := r.within(ctx, g, 0.4, 0.9)
	if err != nil {
		return nil, err
	}
	q.Seed, q.Width, q.Height = res.Request.Seed, res.Request.Width, res.Request.Height
	return res.Image, nil
}

// Behind is the new background of a picture, with its bounds, which no model has to paint: of any way but ByWords. subject is what
// covers it. A picture that is reduced to scale, 1 or less, is given what the whole would be, as near as a preview wants it.
func (b *Backdrop) Behind(ctx context.Context, img *image.NRGBA, subject *image.Alpha, scale float64) (*image.NRGBA, error) {
	place := img.Rect
	switch b.By {
	case ByPicture:
		return covering(ctx, b.Picture, place)
	case ByColour:
		c, err := colourOf(b.Colour)
		out := image.NewNRGBA(place)
		draw.Draw(out, place, image.NewUniform(c), image.Point{}, draw.Src)
		return out, err
	case ByBlur:
		return behind(ctx, img, subject, b.Blur*scale)
	}
	return nil, fmt.Errorf("background: by %q, want a way that no model paints", b.By)
}

// backdropLayers are those of a result: the new background, the subject's shadow where there is one (dark is what of it), and the
// subject, harmonised as scene measured them; a nil scene leaves it as it is.
func backdropLayers(ctx context.Context, back, subject *image.NRGBA, scene *harmony.Scene, look harmony.Look) (layers []*image.NRGBA, dark *image.Alpha, err error) {
	layers = []*image.NRGBA{back}
	if scene != nil && look.Strength > 0 {
		if subject, err = scene.Layer(ctx, look, image.Rectangle{}); err != nil {
			return nil, nil, err
		}
		if dark = scene.Shadow(look); dark != nil {
			layers = append(layers, black(dark))
		}
	}
	return append(layers, subject), dark, ctx.Err()
}

// Parted is a subject in front of a new background, before it is harmonised: what a preview keeps while only the Look changes.
type Parted struct {
	back, subject *image.NRGBA
	scene         *harmony.Scene
}

// PartFrom parts what mask shows of a picture from the rest of it, as the task Background does, to be laid over back. All have
// the same bounds.
func PartFrom(ctx context.Context, img *image.NRGBA, mask *image.Alpha, back *image.NRGBA) (*Parted, error) {
	subject, err := parted(ctx, img, matteOf(mask), false, nil)
	if err != nil {
		return nil, err
	}
	return &Parted{back: back, subject: subject.(*image.NRGBA)}, nil
}

// Layers are what Result.Layers of the task Background are. It is for one goroutine at a time.
func (p *Parted) Layers(ctx context.Context, look harmony.Look) ([]*image.NRGBA, error) {
	if p.scene == nil && look.Strength > 0 {
		p.scene = harmony.New(p.subject, p.back, nil)
	}
	layers, _, err := backdropLayers(ctx, p.back, p.subject, p.scene, look)
	return layers, err
}

// covering is a picture scaled so that it covers a place, and cut to it about its middle.
func covering(ctx context.Context, img *image.NRGBA, place image.Rectangle) (*image.NRGBA, error) {
	is, want := img.Rect.Size(), place.Size()
	part := image.Pt(is.X, max((is.X*want.Y+want.X/2)/want.X, 1))
	if part.Y > is.Y {
		part = image.Pt(max((is.Y*want.X+want.Y/2)/want.Y, 1), is.Y)
	}
	at := img.Rect.Min.Add(is.Sub(part).Div(2))
	return pixels.Scaled(ctx, pixels.Crop(img, image.Rectangle{at, at.Add(part)}), place)
}

// softened is the deviation of a blur that a picture is reduced to: what it loses by that no longer shows.
const softened = 4

// behind is a picture without its subject: the hole is filled from what is around it, and all of it is blurred. A
// blur that would hide details anyway is done, as the fill is, on a smaller picture.
func behind(ctx context.Context, img *image.NRGBA, subject *image.Alpha, blur float64) (*image.NRGBA, error) {
	small, by := img, 1.0
	hole := region.Grow(subject, max(2, max(img.Rect.Dx(), img.Rect.Dy())/250))
	if blur > softened {
		by = softened / blur
		size := image.Pt(max(int(float64(img.Rect.Dx())*by), 16), max(int(float64(img.Rect.Dy())*by), 16))
		var err error
		if small, err = pixels.Scaled(ctx, img, image.Rectangle{Max: size}); err != nil {
			return nil, err
		}
		hole = region.Grow(scaleMask(hole, size), 1)
	}
	for i, v := range hole.Pix {
		if v > 0 {
			hole.Pix[i] = 255
		}
	}
	out, err := filled(ctx, small, small.Rect, hole, infill.Options{Mode: infill.Content})
	if err != nil || blur == 0 {
		return out, err
	}
	if out, err = pixels.Blur(ctx, out, blur*by); err != nil {
		return nil, err
	}
	return pixels.Scaled(ctx, out, img.Rect)
}

// black is a shadow as a picture.
func black(dark *image.Alpha) *image.NRGBA {
	out := image.NewNRGBA(dark.Rect)
	for i := range len(out.Pix) / 4 {
		out.Pix[4*i+3] = dark.Pix[i]
	}
	return out
}

// changed is where two pictures of the same bounds differ.
func changed(was, is *image.NRGBA) *image.Alpha {
	out := image.NewAlpha(is.Rect)
	for y := range is.Rect.Dy() {
		a, b := was.Pix[y*was.Stride:], is.Pix[y*is.Stride:]
		for x := range is.Rect.Dx() {
			if [4]uint8(a[4*x:4*x+4]) != [4]uint8(b[4*x:4*x+4]) {
				out.Pix[y*out.Stride+x] = 255
			}
		}
	}
	return out
}

// Unmasked is a picture that is to lie behind a layer mask as a subject does over a background: all of the picture, with the
// subject's colours where it is seen, and what the mask shows.
func Unmasked(img, subject *image.NRGBA) (*image.NRGBA, *image.Alpha) {
	out, shows := pixels.Crop(img, img.Rect), image.NewAlpha(img.Rect)
	in := img.Rect.Intersect(subject.Rect)
	for y := in.Min.Y; y < in.Max.Y; y++ {
		for x := in.Min.X; x < in.Max.X; x++ {
			p, q := out.Pix[out.PixOffset(x, y):][:4], subject.Pix[subject.PixOffset(x, y):][:4]
			if q[3] == 0 {
				continue
			}
			copy(p[:3], q[:3])
			shows.Pix[shows.PixOffset(x, y)] = uint8(min((int(q[3])*255+int(p[3])/2)/max(int(p[3]), 1), 255))
		}
	}
	return out, shows
}
