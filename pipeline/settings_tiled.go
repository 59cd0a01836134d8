package pipeline

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"pentimento/pipeline/metadata"
)

// tiledSettings are those of tiled diffusion.
var tiledSettings = []Setting{
	{ID: "tiled", Name: "Tiled diffusion", Label: "Tiled", Flag: "tiled", Help: "evaluate a picture larger than the model likes in overlapping tiles, at its size at once: for refining large pictures, and for panoramas; it costs what the tiles have together", Panel: Folded,
		recall: tiledOf, Resets: true,
		Value: answer(func(q *Request) string { return held(q.Tiled, Tiled{}).Method }, func(q *Request, name string) {
			alter(tiledAt(q), Tiled{}, func(t *Tiled) { t.Method = name })
		}, Choice{Name: "Off"}, Choice{Name: "MultiDiffusion", Value: MultiDiffusion}, Choice{Name: "Mixture of Diffusers", Value: Mixture})},
	tiledNumber("width", "… width", "width of a tile in cells of the latent, of usually 8 pixels each: 96 is usual for SD 1.5, 128 for SDXL; 0: as the model was trained", 0, func(t *Tiled) *int { return &t.Width }),
	tiledNumber("height", "… height", "height of a tile in cells of the latent; 0: as the model was trained", 0, func(t *Tiled) *int { return &t.Height }),
	tiledNumber("overlap", "… overlap", "how many cells neighbouring tiles share at least: less is faster and may show seams; 0: half a tile, -1: none", -1, func(t *Tiled) *int { return &t.Overlap }),
}

func tiledAt(q *Request) **Tiled { return &q.Tiled }

func tiledNumber(id, label, help string, low float64, of func(*Tiled) *int) Setting {
	return Setting{ID: "tiled_" + id, Name: "Tile " + id, Label: label, Flag: "tiled-" + id, Help: "of tiled diffusion: " + help, Panel: Folded,
		When: func(q Request) bool { return q.tiles() != nil }, recall: tiledOf, Resets: true, Default: "0",
		Value: partNumber(tiledAt, Tiled{}, of, low, 1024, Slider{max(low, 0), 256, 8, ""})}
}

// The keys of pkuliyi2015's extension and of what Forge has built in of it, which counts in pixels.
const (
	keyTiled      = "Tiled Diffusion"
	keyTiledForge = "multidiffusion_"
)

// tiledKeys are what the extension has said a thing by, the latest first.
var tiledKeys = struct{ width, height, overlap []string }{
	[]string{"Tile tile width", "Latent tile width"}, []string{"Tile tile height", "Latent tile height"}, []string{"Tile Overlap", "Overlap"},
}

// tiledMethods are the names of the methods there.
var tiledMethods = map[string]string{MultiDiffusion: "MultiDiffusion", Mixture: "Mixture of Diffusers"}

func methodNamed(name string) string {
	for method, known := range tiledMethods {
		if strings.EqualFold(known, name) {
			return method
		}
	}
	return ""
}

// TiledOf is the tiled diffusion of a recipe; nil where it has none.
func TiledOf(r *metadata.Recipe) *Tiled {
	t := &Tiled{}
	if text, ok := r.Get(keyTiled); ok {
		values := dictionary(text)
		number := func(keys []string) int {
			for _, k := range keys {
				if n, err := strconv.Atoi(values[k]); err == nil && n >= 0 && n <= 1024 {
					return n
				}
			}
			return 0
		}
		t.Method, t.Width, t.Height, t.Overlap = methodNamed(values["Method"]), number(tiledKeys.width), number(tiledKeys.height), number(tiledKeys.overlap)
		if t.Overlap == 0 && (values[tiledKeys.overlap[0]] == "0" || values[tiledKeys.overlap[1]] == "0") {
			t.Overlap = -1
		}
	} else if in := (params{r}); in.on(keyTiledForge + "enabled") {
		cells := func(key string) int { return int(min(max(in.number(0, keyTiledForge+key), 0), 8192)) / cellSide }
		t.Method, t.Width, t.Height, t.Overlap = methodNamed(in.text("", keyTiledForge+"method")), cells("tile_width"), cells("tile_height"), cells("tile_overlap")
	}
	if t.Method == "" {
		return nil
	}
	return t
}

// dictionary reads a map as JSON, or as Python prints one: its values as texts.
func dictionary(text string) map[string]string {
	values := map[string]any{}
	if json.Unmarshal([]byte(text), &values) != nil {
		text = strings.NewReplacer("'", "\"", ": True", ": true", ": False", ": false", ": None", ": null").Replace(text)
		_ = json.Unmarshal([]byte(text), &values) // what is no map says nothing
	}
	out := map[string]string{}
	for k, v := range values {
		switch v := v.(type) {
		case string:
			out[k] = v
		case float64:
			out[k] = short(v)
		case bool:
			out[k] = strconv.FormatBool(v)
		default:
			out[k] = ""
		}
	}
	return out
}

// tiledOf is the value of a row in a recipe.
func tiledOf(v *Value, r *metadata.Recipe) string {
	q := Request{}
	if q.Tiled = TiledOf(r); q.Tiled == nil {
		return ""
	}
	return v.get(&q)
}

// isTiled says that a parameter is taken over as tiled diffusion.
func isTiled(p metadata.Param) bool {
	if p.Key != keyTiled {
		return strings.HasPrefix(p.Key, keyTiledForge) && p.Key != keyTiledForge+"shift_method"
	}
	known := slices.Concat(tiledKeys.width, tiledKeys.height, tiledKeys.overlap, []string{"Method", "Tile batch size"}, inversionKeys[:])
	for k := range dictionary(p.Value) {
		if !slices.Contains(known, k) {
			return false // an enlargement, or regions
		}
	}
	return methodNamed(dictionary(p.Value)["Method"]) != ""
}

// tiledParams are a request's, as the extension writes them: where the model decides there is no number there.
func (q Request) tiledParams() []metadata.Param {
	t := q.tiles()
	if t == nil {
		return q.inversionParams()
	}
	parts := []string{`"Method": ` + strconv.Quote(tiledMethods[t.Method])}
	add := func(key string, n int) {
		if n > 0 {
			parts = append(parts, strconv.Quote(key)+": "+strconv.Itoa(n))
		}
	}
	add(tiledKeys.width[0], t.Width)
	add(tiledKeys.height[0], t.Height)
	switch {
	case t.Overlap < 0:
		parts = append(parts, strconv.Quote(tiledKeys.overlap[0])+": 0")
	default:
		add(tiledKeys.overlap[0], t.Overlap)
	}
	if n := q.inversion(); n != nil {
		parts = append(parts, n.parts()...)
	}
	return []metadata.Param{{Key: keyTiled, Value: "{" + strings.Join(parts, ", ") + "}"}}
}
