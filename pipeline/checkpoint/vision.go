package checkpoint

import (
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"pentimento/fault"
)

// Vision is CLIP's half for pictures (Radford et al. 2021): one network, whose tensors have the
// names of transformers' files without "vision_model." wherever they come from. The projection is
// "visual_projection.weight" [out,in], or "proj" [in,out] of open-clip's files; some have none.
type Vision struct {
	*Part
	Side   int // of the square picture that it sees, in pixels
	Patch  int // of it that makes one token, a side
	Width  int // of a token
	Embeds int // width of the whole picture's numbers; 0 without a projection
	Files  []File
}

// VisionConfig says what the shapes of such a network do not, in the words of transformers'
// config.json. What is 0 or "" is told from the shapes; what is given has to agree with them.
type VisionConfig struct {
	Hidden     int64   `json:"hidden_size"`
	Layers     int64   `json:"num_hidden_layers"`
	Heads      int64   `json:"num_attention_heads"`
	Inner      int64   `json:"intermediate_size"`
	Act        string  `json:"hidden_act"` // "gelu" or "quick_gelu"
	Image      int64   `json:"image_size"`
	Patch      int64   `json:"patch_size"`
	Channels   int64   `json:"num_channels"`
	Projection int64   `json:"projection_dim"`
	Epsilon    float64 `json:"layer_norm_eps"`
	Type       string  `json:"model_type"`
}

// The most that a picture may measure, a side, for an encoder; those of the field see 224 to 448 pixels.
const mostSide = 2048

// OpenVision reads the vision encoder of a file in any of the layouts of the field (transformers',
// open-clip's, either within a larger model), or of a folder of transformers. config.json beside
// the weights is minded where c leaves something open. No weight is read.
func OpenVision(path string, c VisionConfig) (*Vision, error) {
	v, err := openVision(path, c)
	if err != nil {
		return nil, wrap(path, err)
	}
	return v, nil
}

func openVision(path string, c VisionConfig) (*Vision, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	v, dir := &Vision{}, path
	var tensors []Tensor
	metadata := map[string]string{}
	if isDir(path) {
		tensors, v.Files, err = readWeights(path, metadata)
	} else {
		dir = filepath.Dir(path)
		var h *header
		if h, err = readFile(path); err == nil {
			tensors, v.Files, metadata = h.tensors, []File{h.file}, h.metadata
		}
	}
	if err != nil {
		return nil, err
	}
	if v.Part, err = visionPart(tensors); err != nil {
		return nil, err
	}
	v.Metadata = metadata
	if err := c.beside(filepath.Join(dir, "config.json")); err != nil {
		return nil, err
	}
	return v, v.settle(c)
}

// Changed is an error once the files are not those that were opened.
func (v *Vision) Changed() error {
	for _, f := range v.Files {
		if err := f.changed(); err != nil {
			return err
		}
	}
	return nil
}

// beside fills what is open from the config of a vision encoder, or of a whole CLIP; what lies there otherwise
// is another network's.
func (c *VisionConfig) beside(path string) error {
	var file struct {
		VisionConfig
		Vision *VisionConfig `json:"vision_config"`
	}
	found, err := readConfig(path, maxConfig, &file)
	if !found {
		return err
	}
	got := file.VisionConfig
	if file.Vision != nil {
		got = *file.Vision
		if file.Projection > 0 {
			got.Projection = file.Projection
		}
	} else if got.Type != "clip_vision_model" {
		return nil
	}
	if *c == (VisionConfig{}) {
		*c = got
	}
	return nil
}

// visionPart gives the tensors of a vision encoder, wherever they stand among others, one space of names.
func visionPart(tensors []Tensor) (*Part, error) {
	const theirs, open = "vision_model.embeddings.class_embedding", "visual.class_embedding"
	p, prefix, style := &Part{Role: "vision encoder", Tensors: map[string]Tensor{}}, "", ""
	for _, t := range tensors {
		for _, mark := range []string{theirs, open} {
			if before, ok := strings.CutSuffix(t.Key, mark); ok && (before == "" || strings.HasSuffix(before, ".")) {
				if style != "" {
					return nil, fmt.Errorf("holds two vision encoders: tensors %q and %q", prefix+style, t.Key)
				}
				prefix, style = before, mark
			}
		}
	}
	if style == "" {
		return nil, noVision(tensors)
	}
	for _, t := range tensors {
		name, mine := strings.CutPrefix(t.Key, prefix)
		if !mine {
			continue
		}
		var err error
		switch rest, tower := strings.CutPrefix(name, strings.SplitAfter(style, ".")[0]); {
		case tower && style == open:
			t.Name = openVisionName(rest)
			err = p.addOpen(t)
		case tower && !strings.HasSuffix(rest, "position_ids"):
			t.Name = strings.Replace(rest, "pre_layernorm.", "pre_layrnorm.", 1)
			err = p.add(t)
		case style == theirs && name == "visual_projection.weight":
			t.Name = name
			err = p.add(t)
		}
		if err != nil {
			return nil, err
		}
	}
	return p, nil
}

// openVisionName is what transformers call the tensors of open-clip's tower outside its layers.
func openVisionName(name string) string {
	for _, row := range [][2]string{
		{"class_embedding", "embeddings.class_embedding"}, {"conv1.", "embeddings.patch_embedding."},
		{"ln_pre.", "pre_layrnorm."}, {"ln_post.", "post_layernorm."},
	} {
		if rest, ok := strings.CutPrefix(name, row[0]); ok {
			return row[1] + rest
		}
	}
	return name
}

// noVision says what a file is that holds no vision encoder.
func noVision(tensors []Tensor) error {
	const hint = "Choose CLIP's half for pictures: model.safetensors of a folder image_encoder, or a file such as CLIP-ViT-H-14-laion2B-s32B-b79K.safetensors."
	const want = "want a vision encoder of CLIP (vision_model.embeddings.… or visual.conv1.…)"
	for _, k := range strangers {
		if slices.ContainsFunc(tensors, func(t Tensor) bool {
			return slices.ContainsFunc(k.pieces, func(piece string) bool { return strings.Contains(t.Key, piece) })
		}) {
			return fault.New(fmt.Sprintf("this is %s; %s", k.words, want), hint)
		}
	}
	return fault.New(want, hint)
}

// visionHeads are those of CLIP's towers by their width; the larger ones have heads of 80, 88 and 104.
var visionHeads = map[int64]int64{768: 12, 1024: 16, 1280: 16, 1408: 16, 1664: 16}

// HeadSize is how wide the heads of attentions of this width usually are, in networks that do not say:
// 64, and 32 in small ones.
func HeadSize(width int64) int64 {
	if width >= 512 {
		return 64
	}
	return 32
}

// settle reads the sizes, and compares them with the config.
func (v *Vision) settle(c VisionConfig) error {
	shape := func(name string, rank int) ([]int64, error) {
		t, ok := v.Tensors[name]
		if !ok {
			return nil, fmt.Errorf("vision encoder: tensor %q is missing", name)
		}
		if len(t.Shape) != rank || slices.Min(t.Shape) < 1 {
			return nil, fmt.Errorf("vision encoder: tensor %q has shape %v, want %d dimensions", name, t.Shape, rank)
		}
		return t.Shape, nil
	}
	patch, err := shape("embeddings.patch_embedding.weight", 4)
	if err != nil {
		return err
	}
	at, err := shape("embeddings.position_embedding.weight", 2)
	if err != nil {
		return err
	}
	width, places := patch[0], at[0]-1
	grid := int64(math.Round(math.Sqrt(float64(places))))
	switch {
	case patch[1] != 3 || patch[2] != patch[3]:
		return fmt.Errorf("vision encoder: patches have shape %v, want [width 3 side side]", patch)
	case at[1] != width || grid*grid != places || places < 1:
		return fmt.Errorf("vision encoder: positions have shape %v, want a square number and one more of width %d", at, width)
	case grid > mostSide || patch[2] > mostSide || grid*patch[2] > mostSide:
		return fmt.Errorf("vision encoder: %d patches of %d pixels a side, want %d pixels at most", grid, patch[2], mostSide)
	}
	layers := int64(v.Layers("encoder.layers."))
	if layers == 0 {
		return errors.New("vision encoder: has no layers (encoder.layers.0 …)")
	}
	inner, err := shape("encoder.layers.0.mlp.fc1.weight", 2)
	if err != nil {
		return err
	}
	if t, ok := v.Tensors["visual_projection.weight"]; ok && len(t.Shape) == 2 {
		v.Embeds = int(t.Shape[0])
	} else if t, ok := v.Tensors["proj"]; ok && len(t.Shape) == 2 {
		v.Embeds = int(t.Shape[1])
	}
	v.Side, v.Patch, v.Width = int(grid*patch[2]), int(patch[2]), int(width)
	for _, s := range []struct {
		name      string
		said, own int64
	}{
		{"hidden_size", c.Hidden, width}, {"num_hidden_layers", c.Layers, layers}, {"intermediate_size", c.Inner, inner[0]}, {"image_size", c.Image, int64(v.Side)},
		{"patch_size", c.Patch, patch[2]}, {"num_channels", c.Channels, 3}, {"projection_dim", c.Projection, int64(v.Embeds)},
	} {
		if s.said != 0 && s.said != s.own && !(s.name == "projection_dim" && s.own == 0) {
			return fmt.Errorf("vision encoder: the config says %s %d, the weights %d", s.name, s.said, s.own)
		}
	}
	if c.Epsilon != 0 && c.Epsilon != 1e-5 {
		return fmt.Errorf("vision encoder: layer_norm_eps %g, want 1e-05", c.Epsilon)
	}
	return v.rules(c, width)
}

// rules settles what no shape shows.
func (v *Vision) rules(c VisionConfig, width int64) error {
	v.Heads = Heads{Count: visionHeads[width]}
	if v.Heads.Count == 0 {
		v.Heads = Heads{Size: HeadSize(width)}
	}
	if text := v.Metadata[keyHeads]; text != "" {
		var err error
		if v.Heads, err = headRule(text); err != nil {
			return fmt.Errorf("metadata %s: %w", keyHeads, err)
		}
	}
	if c.Heads != 0 {
		v.Heads = Heads{Count: c.Heads}
	}
	if _, err := v.Heads.Of(0, width); err != nil {
		return fmt.Errorf("vision encoder: %w", err)
	}
	v.Activation = c.Act
	if c.Act == "" {
		v.Activation = "gelu"
		if width == 1024 || width == 768 { // OpenAI's own
			v.Activation = "quick_gelu"
		}
	}
	if v.Activation != "gelu" && v.Activation != "quick_gelu" {
		return fmt.Errorf("vision encoder: activation %q, want gelu or quick_gelu", v.Activation)
	}
	return nil
}
