package checkpoint

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"pentimento/pipeline/graph"
)

// ONNX are the files of a part that another program has written as ONNX models (optimum, Olive):
// they run as they are. Its Tensors then are what the models' inputs and outputs say of the
// network's shapes, without values.
type ONNX struct{ Model, Encoder string } // Encoder is that of an autoencoder, Model its decoder

// onnxFolders are the folders of such models, by part.
var onnxFolders = map[string][]string{"denoiser": {"unet"}, "vae": {"vae_decoder", "vae_encoder"}, "text_encoder": {"text_encoder"}, "text_encoder_2": {"text_encoder_2"}}

// onnx reads a part of ONNX models, where the folder has one.
func (s *source) onnx(role, dir string) error {
	var paths []string
	for _, folder := range onnxFolders[role] {
		if path := filepath.Join(dir, folder, "model.onnx"); isFile(path) {
			paths = append(paths, path)
		}
	}
	if len(paths) == 0 || len(paths) < len(onnxFolders[role]) {
		return nil
	}
	p := &Part{Role: role, ONNX: &ONNX{Model: paths[0]}, Tensors: map[string]Tensor{}}
	if len(paths) > 1 {
		p.ONNX.Encoder = paths[1]
	}
	for _, path := range paths {
		g, err := graph.Foreign(path)
		if err == nil {
			err = p.facts(g)
		}
		if err == nil {
			err = s.filesOf(g, path)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", filepath.Base(filepath.Dir(path)), err)
		}
	}
	s.parts[role] = p
	return nil
}

// filesOf are the files that an ONNX model is in.
func (s *source) filesOf(g *graph.Graph, path string) error {
	all := []string{path}
	for _, w := range g.Weights {
		if w.File != "" && !slices.Contains(all[1:], w.File) {
			all = append(all, w.File)
		}
	}
	for _, path := range all {
		real, err := filepath.EvalSymlinks(path)
		if err != nil {
			return err
		}
		info, err := os.Stat(real)
		if err != nil {
			return err
		}
		f := File{Path: real, Size: info.Size(), ModTime: info.ModTime()}
		if !slices.Contains(s.files, f) {
			s.files = append(s.files, f)
		}
	}
	return nil
}

// clipTokens is how many ids CLIP's vocabulary has, clipPositions how long its window is.
const (
	clipTokens    = 49408
	clipPositions = 77
)

// facts writes down what a model's signature says of the part's shapes, as the tensors from which
// the rest of this room reads them.
func (p *Part) facts(g *graph.Graph) error {
	in, out := g.Signature()
	switch p.Role {
	case "denoiser":
		return p.denoiserFacts(in)
	case "vae":
		p.vaeFacts()
		return nil
	}
	return p.textFacts(out)
}

// set writes one of them down.
func (p *Part) set(kind graph.DType, name string, shape ...int64) {
	p.Tensors[name] = Tensor{Name: name, Key: name, Type: kind, Stored: kind.String(), Shape: shape}
}

// along is how long a named value is along an axis; otherwise where the model leaves it open, 0: it must not.
func along(values []graph.Value, name string, axis int, otherwise int64) (int64, error) {
	v, ok := graph.Find(values, name)
	if !ok || axis >= len(v.Shape) {
		return 0, fmt.Errorf("the model has no %q with %d dimensions; want a model as optimum or Olive export it", name, axis+1)
	}
	if n := v.Shape[axis].Fixed; n > 0 {
		return n, nil
	}
	if otherwise == 0 {
		return 0, fmt.Errorf("the model doesn't say how wide %q is", name)
	}
	return otherwise, nil
}

func (p *Part) denoiserFacts(in []graph.Value) error {
	channels, err := along(in, "sample", 1, latentChannels)
	if err != nil {
		return err
	}
	width, err := along(in, "encoder_hidden_states", 2, 0)
	if err != nil {
		return err
	}
	x, _ := graph.Find(in, "sample")
	p.set(x.Type, "input_blocks.0.0.weight", 1, channels, 3, 3)
	p.set(x.Type, "out.2.weight", latentChannels, 1, 3, 3)
	p.set(x.Type, "time_embed.0.weight", 1, 1)
	p.set(x.Type, "input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight", 1, width)
	p.set(x.Type, "input_blocks.1.1.proj_in.weight", 1, 1)
	if width <= 768 { // SD 1.x, whose transformers begin with a convolution
		p.set(x.Type, "input_blocks.1.1.proj_in.weight", 1, 1, 1, 1)
	}
	if _, labelled := graph.Find(in, "text_embeds"); labelled {
		pooled, err := along(in, "text_embeds", 1, 1280)
		if err != nil {
			return err
		}
		p.set(x.Type, "label_emb.0.0.weight", 1, pooled+6)
	}
	return nil
}

func (p *Part) vaeFacts() {
	p.set(graph.Float32, "decoder.conv_in.weight", 1, latentChannels, 3, 3)
	p.set(graph.Float32, "encoder.conv_in.weight", 1, 3, 3, 3)
	for i := range 4 {
		p.set(graph.Float32, fmt.Sprintf("encoder.down.%d.block.0.norm1.weight", i), 1)
		if i < 3 {
			p.set(graph.Float32, fmt.Sprintf("encoder.down.%d.downsample.conv.weight", i), 1, 1, 3, 3)
		}
	}
}

func (p *Part) textFacts(out []graph.Value) error {
	width, err := along(out, "last_hidden_state", 2, 0)
	if err != nil {
		return err
	}
	p.set(graph.Float32, "embeddings.token_embedding.weight", clipTokens, width)
	p.set(graph.Float32, "embeddings.position_embedding.weight", clipPositions, width)
	p.set(graph.Float32, "final_layer_norm.weight", width)
	layers := 0
	for _, v := range out {
		if strings.HasPrefix(v.Name, "hidden_states.") {
			layers++
		}
	}
	p.set(graph.Float32, fmt.Sprintf("encoder.layers.%d.layer_norm1.weight", max(layers-2, 0)), width)
	if _, projects := graph.Find(out, "text_embeds"); projects {
		pooled, err := along(out, "text_embeds", 1, width)
		if err != nil {
			return err
		}
		p.set(graph.Float32, "text_projection.weight", pooled, width)
	}
	return nil
}
