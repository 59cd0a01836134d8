package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"path/filepath"

	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/preprocess"
	"pentimento/pipeline/tensor"
)

// preprocessStages are those of a control network's map.
var preprocessStages = []stage{
	{"preprocess", "the map that a preprocessor makes of picture (or depth), 0..255: map", []string{"in", "out"}, true, tracePreprocess},
	{"pose", "18 points of a body and 21 of a hand, drawn: map", []string{"out"}, true, tracePose},
	{"mapsize", "a map brought to the size of the canvas: map", []string{"in", "out"}, true, traceMapSize},
	{"pixelperfect", "the resolution for a map of one pixel a pixel: JSON", nil, true, tracePixelPerfect},
}

func tracePreprocess(ctx context.Context, env *Env, t *traceFlags) error {
	var ask struct {
		Module     string   `json:"module"`
		Res        *int     `json:"res"`
		A          *float64 `json:"thr_a"`
		B          *float64 `json:"thr_b"`
		Background *float64 `json:"background"`
		Seed       int64    `json:"seed"`
	}
	if err := t.ask(&ask); err != nil {
		return err
	}
	in, err := checkpoint.ReadTensors(t.in)
	if err != nil {
		return err
	}
	m, err := preprocess.Find(ask.Module)
	if err != nil {
		return err
	}
	by := m.Defaults()
	by.Seed = ask.Seed
	if ask.Res != nil {
		by.Res = *ask.Res
	}
	for _, n := range []struct{ from, to *float64 }{{ask.A, &by.A}, {ask.B, &by.B}, {ask.Background, &by.A}} {
		if n.from != nil {
			*n.to = *n.from
		}
	}
	if ask.Background != nil && m.Wants != preprocess.OfDepth {
		return fmt.Errorf("preprocessor %q has no background", m.Name)
	}
	var out preprocess.Picture
	if d := in["depth"]; d != nil && m.Wants == preprocess.OfDepth {
		if len(d.Shape) != 2 {
			return fmt.Errorf("depth has shape %v, want height, width", d.Shape)
		}
		out, err = m.RunDepth(ctx, preprocess.Depth{W: d.Shape[1], H: d.Shape[0], Values: d.Data}, by)
	} else {
		var p preprocess.Picture
		if p, err = t.picture(in, "picture"); err == nil {
			out, err = m.Run(ctx, p, by)
		}
	}
	return t.writeMap(env, out, err)
}

// picture is the named tensor [h,w] or [h,w,channels] of 0..255 as a picture.
func (t *traceFlags) picture(in map[string]*tensor.Tensor, name string) (p preprocess.Picture, err error) {
	x := in[name]
	if x == nil {
		return p, fmt.Errorf("%q has no tensor %q", filepath.Base(t.in), name)
	}
	if len(x.Shape) != 2 && len(x.Shape) != 3 {
		return p, fmt.Errorf("%s has shape %v, want height, width and perhaps channels", name, x.Shape)
	}
	p = preprocess.Picture{W: x.Shape[1], H: x.Shape[0], Channels: 1, Pix: make([]uint8, len(x.Data))}
	if len(x.Shape) == 3 {
		p.Channels = x.Shape[2]
	}
	for i, v := range x.Data {
		if !(v >= 0 && v <= 255) {
			return p, fmt.Errorf("%s holds %g, want 0 to 255", name, v)
		}
		p.Pix[i] = uint8(math.RoundToEven(float64(v)))
	}
	return p, nil
}

// writeMap writes a map, [h,w] if it has one channel.
func (t *traceFlags) writeMap(env *Env, p preprocess.Picture, err error) error {
	if err != nil {
		return err
	}
	x := tensor.New(p.H, p.W)
	if p.Channels > 1 {
		x = tensor.New(p.H, p.W, p.Channels)
	}
	for i, v := range p.Pix {
		x.Data[i] = float32(v)
	}
	return t.write(env, map[string]*tensor.Tensor{"map": x})
}

func tracePose(_ context.Context, env *Env, t *traceFlags) error {
	var ask struct {
		Width  int           `json:"width"`
		Height int           `json:"height"`
		Body   []*[2]float64 `json:"body"`
		Hand   []*[2]float64 `json:"hand"`
	}
	if err := t.ask(&ask); err != nil {
		return err
	}
	one := preprocess.Pose{Body: points(ask.Body), Hands: [][]*preprocess.Point{points(ask.Hand)}}
	p, err := preprocess.DrawPose(ask.Width, ask.Height, one)
	return t.writeMap(env, p, err)
}

func points(from []*[2]float64) (out []*preprocess.Point) {
	for _, p := range from {
		if p == nil {
			out = append(out, nil)
			continue
		}
		out = append(out, &preprocess.Point{X: p[0], Y: p[1]})
	}
	return out
}

func traceMapSize(ctx context.Context, env *Env, t *traceFlags) error {
	var ask struct {
		Mode   string `json:"mode"`
		Width  int    `json:"width"`
		Height int    `json:"height"`
	}
	if err := t.ask(&ask); err != nil {
		return err
	}
	in, err := checkpoint.ReadTensors(t.in)
	if err != nil {
		return err
	}
	p, err := t.picture(in, "map")
	if err == nil {
		p, err = preprocess.MapSize(ctx, p, preprocess.Fit(ask.Mode), ask.Width, ask.Height)
	}
	return t.writeMap(env, p, err)
}

func tracePixelPerfect(_ context.Context, env *Env, t *traceFlags) error {
	var ask struct {
		Raw    [2]int `json:"raw"`
		Target [2]int `json:"target"`
		Mode   string `json:"mode"`
	}
	if err := t.ask(&ask); err != nil {
		return err
	}
	n, err := preprocess.PixelPerfect(ask.Raw[1], ask.Raw[0], ask.Target[1], ask.Target[0], preprocess.Fit(ask.Mode))
	if err != nil {
		return err
	}
	return printed(json.NewEncoder(env.Stdout).Encode(map[string]int{"resolution": n}))
}
