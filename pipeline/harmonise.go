package pipeline

import (
	"context"
	"image"
	"math"
	"strconv"
	"strings"
	"time"

	"pentimento/fault"
	"pentimento/pipeline/harmony"
	"pentimento/pipeline/metadata"
)

// Harmonising is how the task Harmonise lays a picture over another.
type Harmonising struct {
	Layer *image.NRGBA `json:"-"`              // with transparency, placed by its bounds
	Name  string       `json:"name,omitempty"` // of its file, or of the layer
	At    image.Point  `json:"at"`             // its upper left corner in the picture
	Look  harmony.Look `json:"look"`
}

// The keys of a recipe.
const (
	keyHarmonise      = "Harmonise"
	keyHarmoniseLayer = "Harmonise layer"
	keyHarmoniseAt    = "Harmonise at"
)

// lookParams is what a picture remembers of a Look: its numbers in one text.
func lookParams(key string, l harmony.Look) []metadata.Param {
	if l == (harmony.Look{}) {
		return nil
	}
	var parts []string
	for _, n := range l.Numbers() {
		parts = append(parts, n.Name+" "+short(*n.Value))
	}
	return []metadata.Param{{Key: key, Value: strings.Join(parts, " ")}}
}

// lookOf is the Look that a recipe tells; what is no number is NaN, and Look.Check refuses what is out of bounds.
func lookOf(r *metadata.Recipe, key string) (l harmony.Look) {
	text, ok := r.Get(key)
	if !ok {
		return l
	}
	fields := strings.Fields(text)
	for _, n := range l.Numbers() {
		for i := 0; i+1 < len(fields); i += 2 {
			if fields[i] != n.Name {
				continue
			}
			var err error
			if *n.Value, err = strconv.ParseFloat(fields[i+1], 64); err != nil {
				*n.Value = math.NaN()
			}
		}
	}
	return l
}

// params is what a picture remembers of it.
func (h *Harmonising) params() []metadata.Param {
	if h == nil {
		return nil
	}
	out := lookParams(keyHarmonise, h.Look)
	if h.Name != "" {
		out = append(out, metadata.Param{Key: keyHarmoniseLayer, Value: baseName(h.Name)})
	}
	return append(out, metadata.Param{Key: keyHarmoniseAt, Value: strconv.Itoa(h.At.X) + " " + strconv.Itoa(h.At.Y)})
}

// HarmonisingOf is what a recipe says of a layer that was harmonised; its name is never a path, and its Look is not
// checked. ok is false where it says nothing, or not where the layer lay.
func HarmonisingOf(r *metadata.Recipe) (h Harmonising, ok bool) {
	if _, ok = r.Get(keyHarmonise); !ok {
		return h, false
	}
	h.Look, h.Name = lookOf(r, keyHarmonise), baseName(r.Value(keyHarmoniseLayer))
	x, y, _ := strings.Cut(r.Value(keyHarmoniseAt), " ")
	var err, other error
	h.At.X, err = strconv.Atoi(x)
	h.At.Y, other = strconv.Atoi(y)
	return h, err == nil && other == nil
}

// harmonise is the task.
func (r *run) harmonise(ctx context.Context) (*Result, error) {
	h, img := r.req.Harmony, r.req.Image
	switch {
	case img == nil || img.Rect.Empty():
		return nil, fault.New("harmonise: there is no picture", "Open a picture first.")
	case h == nil || h.Layer == nil || h.Layer.Rect.Empty():
		return nil, fault.New("harmonise: there is no layer to lay over the picture", "Name a picture with transparency.")
	}
	if err := h.Look.Check(); err != nil {
		return nil, err
	}
	began := time.Now()
	r.say("harmonising", 0.1)
	layer := *h.Layer
	layer.Rect = layer.Rect.Sub(layer.Rect.Min).Add(img.Rect.Min).Add(h.At)
	out, err := harmony.Over(ctx, img, &layer, h.Look)
	if err != nil {
		return nil, err
	}
	r.clock("harmonise", began)
	r.req.Width, r.req.Height = img.Rect.Dx(), img.Rect.Dy()
	return &Result{Image: out, Mask: changed(img, out)}, nil
}
