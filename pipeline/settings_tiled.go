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
	{ID: "tiled_batch", Name: "Tiles at once", Label: "… at once", Flag: "tiled-batch", Help: "of tiled diffusion: how many tiles a card evaluates at once, at most; 0: as many as its memory holds; a processor evaluates them one by one", Panel: Folded,
		When: func(q Request) bool { return q.tiles() != nil }, recall: tiledOf, Resets: true, Default: "0",
		Value: partNumber(tiledAt, Tiled{}, func(t *Tiled) *int { return &t.Batch }, 0, 64, Slider{0, 8, 1, ""})},
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

// tiledBatchKey is how many tiles the extension evaluates at once, at most.
const tiledBatchKey = "Tile batch size"

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
		values, _ := dictionary(text)
		number := func(keys []string) int {
			for _, k := range keys {
				if n, err := strconv.Atoi(values[k]); err == nil && tileBounds.wanted(values[k]) == "" {
					return n
				}
			}
			return 0
		}
		t.Method, t.Width, t.Height, t.Overlap = methodNamed(values["Method"]), number(tiledKeys.width), number(tiledKeys.height), number(tiledKeys.overlap)
		if n := values[tiledBatchKey]; batchBounds.wanted(n) == "" {
			t.Batch, _ = strconv.Atoi(n)
		}
		if t.Overlap == 0 && (values[tiledKeys.overlap[0]] == "0" || values[tiledKeys.overlap[1]] == "0") {
			t.Overlap = -1
		}
	} else if in := (params{r}); in.on(keyTiledForge + "enabled") {
		cells := func(key string) int { return int(in.number(0, keyTiledForge+key)) / cellSide }
		t.Method, t.Width, t.Height, t.Overlap = methodNamed(in.text("", keyTiledForge+"method")), cells("tile_width"), cells("tile_height"), cells("tile_overlap")
		t.Batch = int(in.number(0, keyTiledForge+"tile_batch_size"))
	}
	if t.Method == "" {
		return nil
	}
	return t
}

// tileBounds is what the numbers of tiles can mean, batchBounds that of how many are evaluated at once.
var tileBounds, batchBounds = bounds{0, 1024, true}, bounds{0, 64, true}

// wantedMethod is what a method's name is wanted to be.
func wantedMethod(name string) string {
	if methodNamed(name) != "" {
		return ""
	}
	return tiledMethods[MultiDiffusion] + " or " + tiledMethods[Mixture]
}

// wantedInTiles are the fields of the extension's dictionary that can't be meant.
func wantedInTiles(text string) (out []misfit) {
	values, err := dictionary(text)
	if err != nil {
		return []misfit{{"", text, "a dictionary"}}
	}
	add := func(key, want string) {
		if want != "" {
			out = append(out, misfit{key, values[key], want})
		}
	}
	if _, said := values["Method"]; said {
		add("Method", wantedMethod(values["Method"]))
	}
	for _, k := range slices.Concat(tiledKeys.width, tiledKeys.height, tiledKeys.overlap) {
		if text, said := values[k]; said {
			add(k, tileBounds.wanted(text))
		}
	}
	if text, said := values[tiledBatchKey]; said {
		add(tiledBatchKey, batchBounds.wanted(text))
	}
	for i, k := range inversionKeys {
		text, said := values[k]
		switch {
		case !said:
		case i == 0:
			add(k, wantedSwitch(text))
		default:
			add(k, inversionBounds[i].wanted(text))
		}
	}
	return out
}

// dictionary reads a map as JSON, or as Python prints one: its values as texts.
func dictionary(text string) (map[string]string, error) {
	values := map[string]any{}
	err := json.Unmarshal([]byte(text), &values)
	if err != nil {
		text = strings.NewReplacer("'", "\"", ": True", ": true", ": False", ": false", ": None", ": null").Replace(text)
		err = json.Unmarshal([]byte(text), &values)
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
	return out, err
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
	known := slices.Concat(tiledKeys.width, tiledKeys.height, tiledKeys.overlap, []string{"Method", tiledBatchKey}, inversionKeys[:])
	values, err := dictionary(p.Value)
	if err != nil {
		return true // told as no dictionary
	}
	for k := range values {
		if !slices.Contains(known, k) {
			return false // an enlargement, or regions
		}
	}
	return values["Method"] != ""
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
	add(tiledBatchKey, t.Batch)
	if n := q.inversion(); n != nil {
		parts = append(parts, n.parts()...)
	}
	return []metadata.Param{{Key: keyTiled, Value: "{" + strings.Join(parts, ", ") + "}"}}
}
