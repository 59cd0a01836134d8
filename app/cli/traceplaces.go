package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"math"
	"strings"

	"pentimento/pipeline"
	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/tensor"
)

// placeStages are those of large pictures: how they are cut into tiles and made larger.
var placeStages = []stage{
	{"tiles", "the tiles of a latent, row by row: JSON", nil, true, traceTiles},
	{"latentsize", "a latent z at another size, by the name of a latent upscaler: z", []string{"in", "out"}, true, traceLatentSize},
}

// placesAsk is what a request says of tiles, regions and areas.
type placesAsk struct {
	Positive []areaAsk   `json:"positive"`
	Regions  []regionAsk `json:"regions"`
	TileW    int         `json:"tile_w"`
	TileH    int         `json:"tile_h"`
	Overlap  int         `json:"overlap"`
	Tiles    any         `json:"tiles"` // what a case of reference vectors says of itself
}

// areaAsk is one entry of ComfyUI's conditions: [h,w,y,x] in cells, or as parts of the latent's sides behind
// "percentage".
type areaAsk struct {
	Context      string   `json:"context"` // names of tensors
	Mask         string   `json:"mask"`
	Area         []any    `json:"area"`
	Strength     *float64 `json:"strength"`
	MaskStrength *float64 `json:"mask_strength"`
}

// regionAsk is one of MultiDiffusion's: parts of the latent's sides.
type regionAsk struct {
	X       float64 `json:"x"`
	Y       float64 `json:"y"`
	W       float64 `json:"w"`
	H       float64 `json:"h"`
	Mode    string  `json:"mode"`
	Feather float64 `json:"feather"`
	Box     any     `json:"latent_box"` // as Tiles
}

// places are those of a request with these tensors.
func (a placesAsk) places(method string, in map[string]*tensor.Tensor) (tiles *pipeline.Tiling, areas []pipeline.AreaRegion, err error) {
	tiled := method == "multidiffusion" || method == "mixture"
	switch {
	case tiled && a.Positive != nil, !tiled && (a.Regions != nil || a.TileW != 0 || a.TileH != 0):
		return nil, nil, fmt.Errorf("request: tiles and regions are of the methods multidiffusion and mixture, a list positive of the others; method %q has both or the wrong one", method)
	case tiled:
		tiles, err = a.tiling(method == "mixture", in)
	case a.Positive != nil && len(a.Positive) == 0:
		err = fmt.Errorf("request: positive is empty, want one entry at least")
	default:
		for i, p := range a.Positive {
			area, err := p.region(i, in)
			if err != nil {
				return nil, nil, fmt.Errorf("request: positive %d: %w", i, err)
			}
			areas = append(areas, area)
		}
	}
	return tiles, areas, err
}

func (a placesAsk) tiling(mixture bool, in map[string]*tensor.Tensor) (*pipeline.Tiling, error) {
	out := &pipeline.Tiling{Tile: image.Pt(a.TileW, a.TileH), Overlap: a.Overlap, Mixture: mixture}
	for i, r := range a.Regions {
		if r.Mode != "background" && r.Mode != "foreground" {
			return nil, fmt.Errorf("request: region %d: mode %q, want background or foreground", i, r.Mode)
		}
		b := pipeline.BoxRegion{X: r.X, Y: r.Y, W: r.W, H: r.H, Over: r.Mode == "foreground", Feather: r.Feather}
		var err error
		if b.Positive, err = named(in, fmt.Sprintf("region%d.positive", i)); err != nil {
			return nil, err
		}
		if b.Negative, err = named(in, fmt.Sprintf("region%d.negative", i)); err != nil {
			return nil, err
		}
		out.Boxes = append(out.Boxes, b)
	}
	return out, nil
}

// region is entry i; without a name its context is the tensor positiveI, or else positive of the first
// and regionI.positive of the others.
func (a areaAsk) region(i int, in map[string]*tensor.Tensor) (out pipeline.AreaRegion, err error) {
	name := cmp.Or(a.Context, fmt.Sprintf("positive%d", i))
	if a.Context == "" && in[name] == nil {
		name = map[bool]string{true: "positive", false: fmt.Sprintf("region%d.positive", i)}[i == 0]
	}
	if out.Context, err = named(in, name); err != nil {
		return out, err
	}
	out.Strength = 1
	if a.Strength != nil {
		out.Strength = *a.Strength
	}
	if a.Mask != "" {
		if out.Mask, err = named(in, a.Mask); err != nil {
			return out, err
		}
		if a.MaskStrength != nil {
			out.Strength *= *a.MaskStrength
		}
	}
	if a.Area != nil {
		x, err := named(in, "x")
		if err != nil {
			return out, err
		}
		out.Area, err = a.area(x.Shape)
		return out, err
	}
	return out, nil
}

// area is the box of an area in a latent of this shape, in cells.
func (a areaAsk) area(shape []int) (image.Rectangle, error) {
	numbers, parts := a.Area, false
	if len(numbers) == 5 && numbers[0] == "percentage" {
		numbers, parts = numbers[1:], true
	}
	wrong := fmt.Errorf(`area %v, want [height, width, y, x] in cells or ["percentage", height, width, y, x]`, a.Area)
	if len(numbers) != 4 || len(shape) != 4 {
		return image.Rectangle{}, wrong
	}
	var at [4]int
	for i, n := range numbers {
		v, ok := n.(float64)
		if parts {
			v *= float64(shape[2+i%2])
		}
		if v = math.RoundToEven(v); !ok || !(v >= 0 && v <= 1<<20) {
			return image.Rectangle{}, wrong
		}
		at[i] = int(v)
		if parts && i < 2 {
			at[i] = max(at[i], 1)
		}
	}
	if at[0] == 0 || at[1] == 0 {
		return image.Rectangle{}, wrong
	}
	return image.Rect(at[3], at[2], at[3]+at[1], at[2]+at[0]), nil
}

// named is a tensor of --in.
func named(in map[string]*tensor.Tensor, name string) (*tensor.Tensor, error) {
	if in[name] == nil {
		return nil, fmt.Errorf("tensor %q is not in the file of --in", name)
	}
	return in[name], nil
}

func traceTiles(_ context.Context, env *Env, t *traceFlags) error {
	var ask struct {
		W       int `json:"w"`
		H       int `json:"h"`
		TileW   int `json:"tile_w"`
		TileH   int `json:"tile_h"`
		Overlap int `json:"overlap"`
		Tiles   any `json:"tiles"` // what a case of reference vectors says of itself
		Count   any `json:"max_count"`
	}
	if err := t.ask(&ask); err != nil {
		return err
	}
	if min(ask.W, ask.H, ask.TileW, ask.TileH) < 1 || max(ask.W, ask.H) > 1<<16 || ask.Overlap < 0 {
		return fmt.Errorf("request: %d × %d cells in tiles of %d × %d that overlap by %d, want 1 to 65536, 1 or more, and 0 or more", ask.W, ask.H, ask.TileW, ask.TileH, ask.Overlap)
	}
	out := [][]int{}
	for _, r := range pipeline.Tiles(image.Pt(ask.W, ask.H), image.Pt(ask.TileW, ask.TileH), ask.Overlap) {
		out = append(out, []int{r.Min.X, r.Min.Y, r.Dx(), r.Dy()})
	}
	return printed(json.NewEncoder(env.Stdout).Encode(map[string]any{"tiles": out}))
}

func traceLatentSize(_ context.Context, env *Env, t *traceFlags) error {
	var ask struct {
		Mode string `json:"mode"`
		W    int    `json:"w"`
		H    int    `json:"h"`
	}
	if err := t.ask(&ask); err != nil {
		return err
	}
	in, err := checkpoint.ReadTensors(t.in)
	if err != nil {
		return err
	}
	z, err := named(in, "z")
	if err != nil {
		return err
	}
	if max(ask.W, ask.H) > 1<<13 {
		return fmt.Errorf("request: a latent of %d × %d cells, want at most 8192 a side", ask.W, ask.H)
	}
	filter, known := pipeline.LatentFilter(ask.Mode)
	switch {
	case known:
		z, err = tensor.Resize(z, ask.H, ask.W, filter)
	case ask.Mode == "bislerp" || ask.Mode == "bislerp (ComfyUI, float32)":
		z, err = tensor.Bislerp(z, ask.H, ask.W)
	default:
		return fmt.Errorf("request: mode %q, want bislerp or one of %s", ask.Mode, strings.Join(pipeline.HiresWays[:6], ", "))
	}
	if err != nil {
		return err
	}
	return t.write(env, map[string]*tensor.Tensor{"z": z})
}
