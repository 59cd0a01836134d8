package pipeline

import (
	"bytes"
	"cmp"
	"compress/flate"
	"image"
	"io"
	"regexp"
	"slices"
	"strings"

	"pentimento/pipeline/find"
	"pentimento/pipeline/pixels"
	"pentimento/pipeline/region"
)

// Detailing is one pass of the task Detail: what is looked for in the picture, and how each find is made anew.
// Numbers are meant as they are unless it is said otherwise; UsualDetailing has ADetailer's.
type Detailing struct {
	Find find.Spec `json:"find"`
	// Network is the path of one of the files of a network of find.Finders, with the others beside it; a YOLO network's own path
	// is Find.What.
	Network string `json:"network,omitempty"`
	// Found is what was found; with Looked nothing is looked for any more.
	Found  []Found `json:"found,omitempty"`
	Looked bool    `json:"looked,omitempty"`

	// Prompt and Negative are the texts of the finds, [SEP] between those of one and the next, the last for all others: "" and
	// [PROMPT] stand for the request's, and a find whose text is [SKIP] stays as it is.
	Prompt           string  `json:"prompt,omitempty"`
	Negative         string  `json:"negative,omitempty"`
	Template         string  `json:"template,omitempty"` // as in Text
	NegativeTemplate string  `json:"negative_template,omitempty"`
	Strength         float64 `json:"strength,omitempty"` // 0: usualDetail
	Blur             int     `json:"blur,omitempty"`     // masks end softly over four times so many pixels, half of that beyond the find
	Whole            bool    `json:"whole,omitempty"`    // the network reads the whole picture, not the place of the find alone
	Padding          int     `json:"padding,omitempty"`  // read around a find, in pixels

	// What is 0 or "" here is as in the request.
	Width    int     `json:"width,omitempty"` // at which the network works; 0: as suits it
	Height   int     `json:"height,omitempty"`
	Steps    int     `json:"steps,omitempty"`
	CFG      float64 `json:"cfg,omitempty"`
	Sampler  string  `json:"sampler,omitempty"`
	Schedule string  `json:"schedule,omitempty"`
	ClipSkip int     `json:"clip_skip,omitempty"`
	Model    string  `json:"model,omitempty"` // path
	VAE      string  `json:"vae,omitempty"`
}

// usualDetail is the strength with which finds are made anew.
const usualDetail = 0.4

// UsualDetailing looks for something as ADetailer does by itself.
func UsualDetailing(what string) Detailing {
	return Detailing{Find: find.Spec{What: what, Grow: 4}, Strength: usualDetail, Blur: 4, Padding: 32}
}

// Found is a find with its mask, in canvas pixels.
type Found struct {
	Box   image.Rectangle `json:"box"`
	Score float64         `json:"score"`
	Class string          `json:"class,omitempty"`
	Shape []byte          `json:"shape,omitempty"` // which pixels of the box, a bit each, row by row, deflated; nil: all
	Off   bool            `json:"off,omitempty"`   // a person doesn't want it
}

// foundOf keeps a find that lies in a picture whose corner is at a place.
func foundOf(f find.Find, at image.Point) Found {
	out := Found{Box: f.Mask.Rect.Add(at), Score: f.Score, Class: f.Class}
	bits, whole := make([]byte, (len(f.Mask.Pix)+7)/8), true
	for i, v := range f.Mask.Pix {
		if v > 0 {
			bits[i/8] |= 1 << (i % 8)
		} else {
			whole = false
		}
	}
	if !whole {
		var packed bytes.Buffer
		z, _ := flate.NewWriter(&packed, flate.BestCompression) // errs for unknown levels only
		_, _ = z.Write(bits)                                    // into memory
		_ = z.Close()
		out.Shape = packed.Bytes()
	}
	return out
}

// taken is a find of a picture at a place as the pass takes it: softly wider, and of it what mask covers, where there is one; ok
// is false where that is nothing.
func (d Detailing) taken(f find.Find, picture image.Rectangle, mask *image.Alpha) (out Found, ok bool) {
	f = f.Widened(2*d.Blur, image.Rectangle{Max: picture.Size()})
	if mask != nil {
		f.Mask.Rect = f.Mask.Rect.Add(picture.Min)
		for y := f.Mask.Rect.Min.Y; y < f.Mask.Rect.Max.Y; y++ {
			for x := f.Mask.Rect.Min.X; x < f.Mask.Rect.Max.X; x++ {
				if mask.AlphaAt(x, y).A == 0 {
					f.Mask.Pix[f.Mask.PixOffset(x, y)] = 0
				}
			}
		}
		if f.Mask = pixels.CropMask(f.Mask, pixels.Bounds(f.Mask)); f.Mask.Rect.Empty() {
			return out, false
		}
		f.Mask.Rect = f.Mask.Rect.Sub(picture.Min)
	}
	return foundOf(f, picture.Min), true
}

// Bare is a pass that looks for the same without growing anything, for Among.
func (d Detailing) Bare() Detailing {
	d.Find.Grow, d.Blur, d.Found, d.Looked = 0, 0, nil, false
	return d
}

// Among is a pass that has looked in a picture at a place, with those of finds that are sure enough for it, each grown as it says,
// of what mask covers (nil: everywhere). Finds are what Bare found there everywhere, and from says which of them each is. It is for
// passes that take finds as they come: in no order, and all of them.
func (d Detailing) Among(finds []Found, picture image.Rectangle, mask *image.Alpha) (out Detailing, from []int) {
	d.Found, d.Looked = nil, true
	spec := find.Spec{What: d.Find.What, Confidence: d.Find.Confidence, Grow: d.Find.Grow}
	for i, f := range finds {
		m := f.Mask()
		m.Rect = m.Rect.Sub(picture.Min)
		for _, one := range find.Arrange([]find.Find{{Box: m.Rect, Score: f.Score, Class: f.Class, Mask: m}}, spec, picture.Size()) {
			if taken, ok := d.taken(one, picture, mask); ok {
				d.Found, from = append(d.Found, taken), append(from, i)
			}
		}
	}
	return d, from
}

// Mask is what it covers, with the bounds of the box. A box that is too large to be one is empty, a shape that
// cannot be read is its box: a record may be anybody's.
func (f Found) Mask() *image.Alpha {
	if f.Box.Empty() || !readable(f.Box.Size()) {
		return image.NewAlpha(image.Rectangle{})
	}
	m := pixels.Full(f.Box)
	bits := make([]byte, (len(m.Pix)+7)/8)
	if f.Shape == nil {
		return m
	}
	if _, err := io.ReadFull(flate.NewReader(bytes.NewReader(f.Shape)), bits); err != nil {
		return m
	}
	for i := range m.Pix {
		if bits[i/8]&(1<<(i%8)) == 0 {
			m.Pix[i] = 0
		}
	}
	return m
}

// Covers is all that a list of passes may change in a picture of these bounds, as far as they have looked.
func Covers(all []Detailing, bounds image.Rectangle) *image.Alpha {
	out := image.NewAlpha(bounds)
	for _, d := range all {
		for _, f := range d.Found {
			if !f.Off {
				pixels.Raise(out, f.Mask())
			}
		}
	}
	return out
}

// detailings are passes with lists of their own.
func detailings(all []Detailing) []Detailing {
	all = slices.Clone(all)
	for i := range all {
		all[i].Found = slices.Clone(all[i].Found)
		for k := range all[i].Found {
			all[i].Found[k].Shape = slices.Clone(all[i].Found[k].Shape)
		}
	}
	return all
}

// files are the paths that a pass names.
func (d *Detailing) files() []*string {
	return []*string{&d.Find.What, &d.Network, &d.Model, &d.VAE}
}

var (
	separator = regexp.MustCompile(`\s*\[SEP\]\s*`)
	skipMark  = regexp.MustCompile(`^\s*\[SKIP\]\s*$`)
)

const promptMark = "[PROMPT]"

// textOf is the text of find i of a list of texts, with own in the place of what is left open, as ADetailer reads
// them.
func textOf(list, own string, i int) string {
	all := separator.Split(list, -1)
	text := all[min(i, len(all)-1)]
	if text == "" {
		return own
	}
	return strings.ReplaceAll(text, promptMark, own)
}

// piece is the request that makes find i of a pass anew: mask is what may change of img. ok is false for one that is
// skipped.
func (d Detailing) piece(q Request, i int, img *image.NRGBA, mask *image.Alpha) (out Request, ok bool) {
	out = Request{
		Ask:  Ask{Engine: Diffusion, Task: Inpaint, Frame: pixels.Bounds(mask), Image: img, Mask: mask},
		Text: q.Text, Sampling: q.Sampling, Steering: q.Steering, Keep: q.Keep, Models: q.Models, Adapters: q.Adapters, Where: q.Where,
	}
	out.Prompt, out.Negative = textOf(d.Prompt, q.Prompt, i), textOf(d.Negative, q.Negative, i)
	out.Literal, out.Template, out.NegativeTemplate = true, "", "" // what was to be drawn has been
	if skipMark.MatchString(out.Prompt) {
		return out, false
	}
	out.Batch, out.BatchSize, out.Seed = 1, 0, q.Seed+int64(i)
	out.Strength = cmp.Or(d.Strength, usualDetail)
	out.Width, out.Height, out.Hires, out.TileX, out.TileY = d.Width, d.Height, nil, false, false
	out.Box = nil // it lies in the whole picture
	out.Inside, out.Poisson, out.Infill, out.Feather = true, false, InfillAuto, 4*d.Blur
	out.Area = &Area{Method: region.OnlyMasked, Padding: d.Padding}
	if d.Whole {
		out.Area.Method = region.WholePicture
	}
	out.Steps, out.CFG, out.ClipSkip = cmp.Or(d.Steps, q.Steps), cmp.Or(d.CFG, q.CFG), cmp.Or(d.ClipSkip, q.ClipSkip)
	if d.Sampler != "" {
		out.Sampler, out.Schedule = d.Sampler, ""
	}
	out.Schedule = cmp.Or(d.Schedule, out.Schedule)
	if d.Model != "" {
		out.Models = Models{Model: d.Model}
	}
	out.VAE = cmp.Or(d.VAE, out.VAE)
	return out, true
}
