package pipeline

import (
	"fmt"
	"image"
	"math"
	"strconv"
	"strings"

	"pentimento/pipeline/metadata"
)

// hiresSettings are a second, larger pass. Without one (factor 1) the others keep nothing.
var hiresSettings = []Setting{
	{ID: "hires", Name: "Hires", Flag: "hires", Help: "hires fix: how many times as large a second pass makes what the first has made, and refines it; 2 is usual, 1 is no second pass", Panel: Folded,
		Default: "1", recall: hiresOf,
		Value: numeric(func(q *Request) float64 { h := held(q.Hires, usualHires); return h.scale() },
			func(q *Request, n float64) { alter(hiresAt(q), usualHires, func(h *Hires) { h.Scale = n }) }, 1, 8).sliding(Slider{1, 4, 0.05, ""})},
	{ID: "hires_upscaler", Name: "Hires upscaler", Label: "… upscaler", Flag: "hires-upscaler", Help: "what enlarges before the second pass: a network's `FILE`, by path or by its name near the model, in A1111's words, too (\"R-ESRGAN 4x+\"), or " + named(HiresWays) + "; a cubic filter without it", Panel: Folded,
		When: hiresOn, recall: hiresOf, Resets: true, Path: true,
		Value: Value{Kind: Words, get: func(q *Request) string { return held(q.Hires, usualHires).Upscaler }, set: func(q *Request, text string) error {
			alter(hiresAt(q), usualHires, func(h *Hires) { h.Upscaler, h.Sum = text, "" })
			return nil
		}}},
	{ID: "hires_strength", Name: "Hires strength", Label: "… strength", Flag: "hires-strength", Help: "how much the second pass may change; 0.7 is usual, with a network that enlarges 0.3 to 0.5", Panel: Folded,
		When: hiresOn, recall: hiresOf, Default: "0.7",
		Value: above(numeric(func(q *Request) float64 { return q.Hires.strength() }, func(q *Request, n float64) {
			if n == usualHiresStrength {
				n = 0
			}
			alter(hiresAt(q), usualHires, func(h *Hires) { h.Strength = n })
		}, 0, 1).sliding(Slider{0.05, 1, 0.05, ""}))},
	{ID: "hires_steps", Name: "Hires steps", Label: "… steps", Flag: "hires-steps", Help: "steps of the second pass, of which its strength takes a part; 0: as many as the first", Panel: Folded,
		When: hiresOn, recall: hiresOf, Default: "0",
		Value: partNumber(hiresAt, usualHires, func(h *Hires) *int { return &h.Steps }, 0, 1000, Slider{0, 60, 1, ""})},
}

// usualHires is none.
var usualHires = Hires{Scale: 1}

func hiresAt(q *Request) **Hires { return &q.Hires }
func hiresOn(q Request) bool     { return q.hires() != nil }

// The keys of A1111's hires fix, and two of ours: the strength of a second pass beside a picture's own, and
// what the upscaler's file held.
const (
	keyHires         = "Hires upscale"
	keyHiresResize   = "Hires resize"
	keyHiresSteps    = "Hires steps"
	keyHiresUpscaler = "Hires upscaler"
	keyHiresStrength = "Hires denoising strength"
	keyHiresSum      = "Hires upscaler hash"
)

// isHires says that a row is read from recipes with the others of the second pass.
func isHires(s *Setting) bool { return strings.HasPrefix(s.ID, "hires") }

// HiresOf is the second pass of a recipe of any program, nil where it has none; the upscaler is a name. exact is false
// where the recipe's size is of another shape than its first pass, so that no factor gives it.
func HiresOf(r *metadata.Recipe) (h *Hires, exact bool) {
	scale, ok := r.Float(keyHires)
	exact = true
	if w, high, sized := sizeIn(r.Value(keyHiresResize)); sized {
		fromW, fromH, known := r.Size()
		if !known || w == 0 && high == 0 {
			return nil, true
		}
		scale, ok = math.Max(float64(w)/float64(fromW), float64(high)/float64(fromH)), true
		exact = w == 0 || high == 0 || w*fromH == high*fromW
	}
	if !ok || !(scale > 1 && scale <= 8) {
		return nil, true
	}
	h = &Hires{Scale: scale, Upscaler: baseName(r.Value(keyHiresUpscaler)), Sum: r.Value(keyHiresSum)}
	var said bool
	if h.Strength, said = r.Float(keyHiresStrength); !said {
		h.Strength, _ = r.Float("Denoising strength")
	}
	if !(h.Strength > 0 && h.Strength <= 1) {
		h.Strength = 0
	}
	if n, ok := r.Int(keyHiresSteps); ok && n >= 0 && n <= 1000 {
		h.Steps = int(n)
	}
	return h, exact
}

// HiresUpscalerOf is the network that enlarged for a recipe's second pass, by name, and the beginning of its sum; ""
// where there was none. r may be nil.
func HiresUpscalerOf(r *metadata.Recipe) (name, sum string) {
	if r == nil {
		return "", ""
	}
	var q Request
	q.Hires, _ = HiresOf(r)
	return q.HiresUpscaler()
}

// HiresSize is the size of a recipe's picture whose first pass had a size.
func HiresSize(r *metadata.Recipe, w, h int) (int, int) {
	if second, _ := HiresOf(r); second != nil {
		size := second.size(image.Pt(w, h))
		return size.X, size.Y
	}
	return w, h
}

// sizeIn reads "WxH".
func sizeIn(text string) (w, h int, ok bool) {
	a, b, ok := strings.Cut(text, "x")
	w, errW := strconv.Atoi(a)
	h, errH := strconv.Atoi(b)
	return w, h, ok && errW == nil && errH == nil && w >= 0 && h >= 0
}

// hiresOf is the value of a row of the second pass in a recipe; one without has none.
func hiresOf(v *Value, r *metadata.Recipe) string {
	q := Request{}
	q.Hires, _ = HiresOf(r)
	return v.get(&q)
}

// recallHires takes a recipe's second pass, and says what of it cannot be.
func (q *Request) recallHires(r *metadata.Recipe) (left []string) {
	h, exact := HiresOf(r)
	if h == nil {
		return nil
	}
	if q.Hires = h; !exact {
		left = append(left, fmt.Sprintf("hires resize %s: it is of another shape than the first pass, and nothing is cut off here", r.Value(keyHiresResize)))
	}
	return left
}

// hiresParams are a request's second pass, as A1111 writes it.
func (q Request) hiresParams() (out []metadata.Param) {
	h := q.hires()
	if h == nil {
		return nil
	}
	add := func(key, value string) {
		if value != "" {
			out = append(out, metadata.Param{Key: key, Value: value})
		}
	}
	if h.Steps > 0 {
		add(keyHiresSteps, strconv.Itoa(h.Steps))
	}
	name := h.Upscaler
	if h.network() != "" {
		name = upscalerName(name)
	}
	add(keyHiresUpscaler, name)
	if len(h.Sum) >= 10 {
		add(keyHiresSum, h.Sum[:10])
	}
	key := "Denoising strength"
	if q.Task.Row().Needs.Picture { // that is the picture's own
		key = keyHiresStrength
	}
	add(key, short(h.strength()))
	return out
}
