// Package preprocess makes of a picture the map that a control network was trained on
// (edges, scribbles, colours, normals, a drawn pose …) without any network, and brings maps
// to the size of the canvas. Modules is the table of what there is.
//
// The numbers are those of A1111's extension sd-webui-controlnet on OpenCV 4.6: its
// resizing (area where a picture shrinks, cubic where it grows), its Canny, its Gaussians and
// its drawing are written here from the published algorithms, bit for bit where those use
// integers. What differs: shuffle, whose random numbers there come from the state of the
// whole program, has a seed here.
//
// Everything stops soon after its context ends, keeps nothing that it was given, and may be
// called by any goroutine.
package preprocess

import (
	"context"
	"fmt"
	"math"
	"strings"

	"pentimento/fault"
)

// Input is what a module reads.
type Input int

// The inputs.
const (
	OfPicture Input = iota
	OfDepth         // a depth map, bright is near
	OfPoints        // people's points: ReadPoses, DrawPose
)

// Param is a number of a module as the extension's slider has it.
type Param struct {
	Label          string
	Min, Max, Step float64
	Default        float64
}

// Params are the numbers of one call. Res is the length of the map's shorter side in pixels;
// A and B mean what the module's row says.
type Params struct {
	Res  int     `json:"res"`
	A    float64 `json:"a"`
	B    float64 `json:"b"`
	Seed int64   `json:"seed,omitempty"` // of what is random
}

// Module is one row of the table.
type Module struct {
	Name    string   // as the extension shows it, without what it puts in brackets behind
	Aliases []string // other names of the extension's for it
	Control string   // the kind of control network that it serves: "canny", "lineart" …; "" for any
	Short   string   // what it makes, for people
	Wants   Input
	Res     *Param // nil: the map has the picture's size, or one that follows from it
	A, B    *Param // nil: it has none
	Seeded  bool
	Network *Network // nil: it has none

	run func(ctx context.Context, p Picture, by Params) (Picture, error)
}

var resolution = &Param{"Resolution", 64, 2048, 8, 512}

// Modules are all of them.
var Modules = []Module{
	{Name: "none", Short: "the picture as it is", run: unchanged},
	{Name: "canny", Control: "canny", Short: "edges one pixel wide", Res: resolution, A: &Param{"Low Threshold", 0, 256, 1, 100}, B: &Param{"High Threshold", 0, 256, 1, 200}, run: canny},
	{Name: "scribble_xdog", Control: "scribble", Short: "thick strokes along dark lines", Res: resolution, A: &Param{"XDoG Threshold", 1, 64, 1, 32}, run: xdog},
	{Name: "threshold", Short: "white where even the darkest channel is bright", Res: resolution, A: &Param{"Binarization Threshold", 0, 255, 1, 127}, run: threshold},
	{Name: "lineart_standard", Control: "lineart", Short: "dark lines on a bright ground, turned over", Res: resolution, run: lineart},
	{Name: "invert", Control: "lineart", Short: "the negative: bright lines of dark ones", run: invert},
	{Name: "tile_resample", Control: "tile", Short: "the picture, smaller", A: &Param{"Down Sampling Rate", 1, 8, 0.01, 1}, run: tileResample},
	{Name: "tile_colorfix", Control: "tile", Short: "the picture, whose colours and large forms are kept at every step", A: &Param{"Variation", 3, 32, 1, 8}, run: unchanged},
	{Name: "tile_colorfix+sharp", Control: "tile", Short: "the same, and sharper", A: &Param{"Variation", 3, 32, 1, 8}, B: &Param{"Sharpness", 0, 2, 0.01, 1}, run: unchanged},
	{Name: "blur_gaussian", Control: "blur", Short: "the picture, blurred", Res: resolution, A: &Param{"Sigma", 0.01, 64, 0.01, 9}, run: blurred},
	{Name: "recolor_luminance", Control: "recolor", Short: "lightness as the eye sees it, in grey", A: &Param{"Gamma Correction", 0.1, 2, 0.001, 1}, run: luminance},
	{Name: "recolor_intensity", Control: "recolor", Short: "the brightest channel, in grey", A: &Param{"Gamma Correction", 0.1, 2, 0.001, 1}, run: intensity},
	{Name: "t2ia_color_grid", Aliases: []string{"color"}, Control: "color", Short: "one colour for each field of 64 × 64 pixels", Res: resolution, run: colourGrid},
	{Name: "shuffle", Control: "shuffle", Short: "the picture, stirred", Res: resolution, Seeded: true, run: shuffle},
	{Name: "depth_midas", Aliases: []string{"depth"}, Control: "depth", Short: "a depth map from black to white", Wants: OfDepth, Res: resolution, Network: &Network{Files: "MiDaS DPT as ONNX fits.", mean: half, std: half, made: nearness}, run: greyDepth},
	{Name: "depth_anything", Control: "depth", Short: "a depth map, by Depth Anything", Wants: OfDepth, Res: resolution, Network: &Network{Files: "Depth Anything (1 or 2) as ONNX fits.", mean: natural, std: naturals, multiple: 14, least: 518, made: nearness}, run: greyDepth},
	{Name: "normal_midas", Aliases: []string{"normal_map", "normalBG", "normal_bg", "normal"}, Control: "normal", Short: "which way each place of a depth map faces", Wants: OfDepth, Res: resolution, A: &Param{"Normal Background Threshold", 0, 1, 0.01, 0.4}, Network: &Network{Files: "MiDaS DPT as ONNX fits.", mean: half, std: half, made: facing}, run: greyNormal},
	{Name: "softedge_hed", Aliases: []string{"hed"}, Control: "softedge", Short: "soft edges, by HED", Res: resolution, Network: &Network{Files: "HED of ControlNet's annotators as ONNX fits.", made: softEdges}},
	{Name: "softedge_pidinet", Aliases: []string{"pidinet"}, Control: "softedge", Short: "soft edges, by PiDiNet", Res: resolution, Network: &Network{Files: "PiDiNet as ONNX fits.", std: unit, turned: true, made: lastEdges}},
	{Name: "lineart_realistic", Aliases: []string{"lineart"}, Control: "lineart", Short: "a line drawing of a photograph", Res: resolution, Network: &Network{Files: "The line art generator (sk_model) as ONNX fits.", std: unit, made: darkLines}},
	{Name: "lineart_anime", Control: "lineart", Short: "a line drawing as of animation", Res: resolution, Network: &Network{Files: "The anime line art generator (netG) as ONNX fits.", mean: half, std: half, made: animeLines}},
	{Name: "mlsd", Control: "mlsd", Short: "straight lines, by M-LSD", Res: resolution, A: &Param{"MLSD Value Threshold", 0.01, 2, 0.01, 0.1}, B: &Param{"MLSD Distance Threshold", 0.01, 20, 0.01, 0.1}, Network: &Network{Files: "M-LSD (tiny or large) as ONNX fits; pentimento models networks mlsd fetches it.", Parts: []string{"mlsd_512x512_tiny.onnx"}, ones: true, made: straightLines}},
	{Name: "person", Aliases: []string{"mediapipe_selfie"}, Short: "people white, all else black", Res: resolution, Network: &Network{Files: "MediaPipe's selfie segmentation (.tflite) fits; pentimento models networks person fetches it.", Parts: []string{"selfie_segmentation.tflite"}, std: unit, made: shares}},
	poses("openpose", "people drawn from the points of their joints", PoseParts{Body: true}),
	poses("openpose_hand", "the same, with hands", PoseParts{Body: true, Hands: true}),
	poses("openpose_face", "the same, with faces", PoseParts{Body: true, Face: true}),
	poses("openpose_faceonly", "people's faces alone, in points", PoseParts{Face: true}),
	poses("openpose_full", "people's joints, hands and faces", PoseParts{Body: true, Hands: true, Face: true}, "dw_openpose_full"),
}

// poses is the row of a module that draws people's points.
func poses(name, short string, finds PoseParts, aliases ...string) Module {
	return Module{Name: name, Aliases: aliases, Control: "openpose", Short: short, Wants: OfPoints, Res: resolution, Network: &Network{Files: "MediaPipe's pose networks (.tflite) fit, in one folder; pentimento models networks all fetches them.", Parts: finds.files(), Finds: finds}}
}

// Find is the module of a name. The extension's own names are found too: what stands in
// brackets behind them doesn't count, nor does case.
func Find(name string) (*Module, error) {
	plain, _, _ := strings.Cut(strings.TrimSpace(name), " (")
	known := make([]string, 0, len(Modules))
	for i := range Modules {
		m := &Modules[i]
		for _, n := range append([]string{m.Name}, m.Aliases...) {
			if strings.EqualFold(n, plain) {
				return m, nil
			}
		}
		known = append(known, m.Name)
	}
	hint := "The modules are " + strings.Join(known, ", ") + "."
	if near := fault.Nearest(plain, known); near != "" {
		hint = fmt.Sprintf("Did you mean %q? %s", near, hint)
	}
	return nil, fault.New(fmt.Sprintf("preprocessor %q: found no module of this name", name), hint)
}

// Defaults are the extension's numbers.
func (m *Module) Defaults() (by Params) {
	by.Res = int(resolution.Default)
	if m.A != nil {
		by.A = m.A.Default
	}
	if m.B != nil {
		by.B = m.B.Default
	}
	return by
}

// Run makes the map of a picture; a module of depth takes a grey picture for a depth map and
// refuses others. Numbers beyond a slider's ends are taken as they are, as the extension
// does; those that no map can be made with are errors.
func (m *Module) Run(ctx context.Context, p Picture, by Params) (Picture, error) {
	if err := p.check(); err != nil {
		return Picture{}, m.named(err)
	}
	if err := m.Check(by); err != nil {
		return Picture{}, err
	}
	if err := m.Takes(p); err != nil {
		return Picture{}, err
	}
	out, err := m.run(ctx, p.rgb(), by)
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return Picture{}, m.named(err)
	}
	return out, nil
}

// Takes says why the module, without a network, can make nothing of a picture.
func (m *Module) Takes(p Picture) error {
	advice := "This module works on a depth map, where bright is near; of a photograph a depth network makes one, whose ONNX file you name."
	switch {
	case m.Wants == OfPoints:
		return fault.New(fmt.Sprintf("preprocessor %q: found a picture, want the points of a pose", m.Name), "Draw the points (OpenPose's JSON), or give the drawn pose as the picture and no preprocessor; or fetch the networks that find people.")
	case m.Wants == OfDepth && !p.grey():
		return fault.New(fmt.Sprintf("preprocessor %q: found a picture in colour, want a depth map in grey", m.Name), advice)
	case m.Wants == OfPicture && m.Network != nil:
		return fault.New(fmt.Sprintf("preprocessor %q: it wants a network of its own, and none is named", m.Name), "Name the network's ONNX file, or give a finished map and no preprocessor. "+m.Network.Files)
	}
	return nil
}

// Check says what is wrong with the numbers of a call.
func (m *Module) Check(by Params) error {
	if m.Res != nil && (by.Res < 1 || by.Res > maxSide) {
		return m.named(fmt.Errorf("resolution %d, want 1 to %d", by.Res, maxSide))
	}
	for _, v := range []struct {
		p     *Param
		value float64
	}{{m.A, by.A}, {m.B, by.B}} {
		if v.p != nil && (math.IsNaN(v.value) || math.Abs(v.value) > 1e6) {
			return m.named(fmt.Errorf("%s is %g, want %g to %g", v.p.Label, v.value, v.p.Min, v.p.Max))
		}
	}
	return nil
}

func (m *Module) named(err error) error { return fmt.Errorf("preprocessor %q: %w", m.Name, err) }

func unchanged(_ context.Context, p Picture, _ Params) (Picture, error) { return p.clone(), nil }
