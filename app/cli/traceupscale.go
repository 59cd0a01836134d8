package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"

	"pentimento/pipeline"
	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/tensor"
	"pentimento/pipeline/upscaler"
)

// upscaleStages are those of networks that enlarge.
var upscaleStages = []stage{
	{"upscale", "an upscaler's output for x [1,3,h,w], or for a picture [h,w,3] as A1111 has it (request: tile, overlap): out, picture", []string{"model", "in", "out"}, true, traceUpscale},
	{"grid", "where A1111 lays tiles (request: width, height, tile, overlap)", nil, true, traceGrid},
}

func traceUpscale(ctx context.Context, env *Env, t *traceFlags) error {
	var ask struct {
		Tile    int `json:"tile"`
		Overlap int `json:"overlap"`
	}
	if err := t.ask(&ask); err != nil {
		return err
	}
	in, err := checkpoint.ReadTensors(t.in)
	if err != nil {
		return err
	}
	if (in["x"] == nil) == (in["picture"] == nil) {
		return fmt.Errorf("%q has %d tensors, want one, x or picture", filepath.Base(t.in), len(in))
	}
	p, err := env.Pipeline(pipeline.Diffusion)
	if err != nil {
		return err
	}
	if in["x"] != nil {
		out, _, err := p.RunUpscaler(ctx, t.request(), in["x"], nil, 0, 0)
		if err != nil {
			return err
		}
		return t.write(env, map[string]*tensor.Tensor{"out": out})
	}
	picture, err := opaquePicture(in["picture"])
	if err != nil {
		return err
	}
	_, made, err := p.RunUpscaler(ctx, t.request(), nil, picture, ask.Tile, ask.Overlap)
	if err != nil {
		return err
	}
	out := tensor.New(made.Rect.Dy(), made.Rect.Dx(), 3)
	for i := range out.Data {
		out.Data[i] = float32(made.Pix[i/3*4+i%3])
	}
	return t.write(env, map[string]*tensor.Tensor{"picture": out})
}

func traceGrid(_ context.Context, env *Env, t *traceFlags) error {
	var ask struct {
		Width   int `json:"width"`
		Height  int `json:"height"`
		Tile    int `json:"tile"`
		Overlap int `json:"overlap"`
	}
	if err := t.ask(&ask); err != nil {
		return err
	}
	x, y, err := upscaler.Grid(ask.Width, ask.Height, ask.Tile, ask.Overlap)
	if err != nil {
		return err
	}
	return printed(json.NewEncoder(env.Stdout).Encode(map[string]any{"x": x, "y": y}))
}
