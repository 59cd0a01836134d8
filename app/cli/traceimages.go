package cli

import (
	"context"
	"fmt"
	"image"
	"path/filepath"

	"pentimento/pipeline"
	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/tensor"
)

// imageStages are those from a picture to what an IP-Adapter gives a denoiser.
var imageStages = []stage{
	{"vision", "a vision encoder's outputs for a picture or pixels (request: config): pixels, penultimate, image_embeds", []string{"model", "in", "out"}, true, traceVision},
	{"project", "an IP-Adapter's projection of image_embeds or penultimate: tokens", []string{"model", "in", "out"}, false, traceProject},
}

// visionConfig is a config of transformers with what it says besides of itself.
type visionConfig struct {
	checkpoint.VisionConfig
	Weights         any `json:"weights"`
	Generator       any `json:"generator_prefix"`
	Architectures   any `json:"architectures"`
	Name            any `json:"_name_or_path"`
	Dropout         any `json:"dropout"`
	AttentionDrop   any `json:"attention_dropout"`
	Factor          any `json:"initializer_factor"`
	Range           any `json:"initializer_range"`
	TorchType       any `json:"torch_dtype"`
	TransformersVer any `json:"transformers_version"`
}

func traceVision(ctx context.Context, env *Env, t *traceFlags) error {
	var ask struct {
		Config visionConfig `json:"config"`
	}
	if err := t.ask(&ask); err != nil {
		return err
	}
	p, in, err := t.prepare(env)
	if err != nil {
		return err
	}
	var picture *image.NRGBA
	switch {
	case in["picture"] != nil:
		picture, err = opaquePicture(in["picture"])
	case in["pixels"] == nil:
		err = fmt.Errorf("%q has no tensor picture and none called pixels, want one of them", filepath.Base(t.in))
	}
	if err != nil {
		return err
	}
	out, err := p.Vision(ctx, t.request(), ask.Config.VisionConfig, picture, in["pixels"])
	if err != nil {
		return err
	}
	return t.write(env, out)
}

func traceProject(ctx context.Context, env *Env, t *traceFlags) error {
	p, in, err := t.prepare(env)
	if err != nil {
		return err
	}
	out, err := p.ProjectImage(ctx, t.request(), in)
	if err != nil {
		return err
	}
	return t.write(env, map[string]*tensor.Tensor{"tokens": out})
}

// opaquePicture is a tensor [h,w,3] of levels from 0 to 255 as a picture.
func opaquePicture(t *tensor.Tensor) (*image.NRGBA, error) {
	if len(t.Shape) != 3 || t.Shape[2] != 3 || len(t.Data) == 0 {
		return nil, fmt.Errorf("picture: shape %v, want [height width 3]", t.Shape)
	}
	img := image.NewNRGBA(image.Rect(0, 0, t.Shape[1], t.Shape[0]))
	for i, v := range t.Data {
		if !(v >= 0 && v <= 255) {
			return nil, fmt.Errorf("picture: value %d is %g, want 0 to 255", i, v)
		}
		img.Pix[i/3*4+i%3] = uint8(v + 0.5)
		img.Pix[i/3*4+3] = 255
	}
	return img, nil
}

// imageAsk is an IP-Adapter as the stage denoise takes it: its tokens for each row, [B,n,W], by their name in
// the input file.
type imageAsk struct {
	File   string   `json:"file"`
	Tokens string   `json:"tokens"`
	Scale  *float64 `json:"scale"`
}

// images are those of the request as guides.
func (a denoiseAsk) images(in map[string]*tensor.Tensor) (out []pipeline.Guide, err error) {
	for i, r := range a.Images {
		g := pipeline.Guide{Kind: pipeline.GuideImage, Name: fmt.Sprintf("ip %d", i), Weight: 1, End: 1}
		if r.Scale != nil {
			g.Weight = *r.Scale
		}
		if r.File == "" || in[r.Tokens] == nil {
			return nil, fmt.Errorf("request: ip %d: file %q and tokens %q, want a file and the name of a tensor of --in", i, r.File, r.Tokens)
		}
		if g.Model, err = filepath.Abs(r.File); err != nil {
			return nil, err
		}
		out = append(out, g.With("tokens", in[r.Tokens]))
	}
	return out, nil
}
