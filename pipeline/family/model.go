package family

import (
	"image"
	"strings"

	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/denoise"
	"pentimento/pipeline/region"
	"pentimento/pipeline/sampler"
	"pentimento/pipeline/tensor"
)

// Model is what the files of a model are, with the family that runs it. It does not change;
// any goroutine may read it.
type Model struct {
	*checkpoint.Checkpoint
	Family *Family
	Space  denoise.Space
}

// Open reads what a model is; see checkpoint.Open. The families are those of the table.
func Open(path string, o checkpoint.Options) (*Model, error) {
	o.Families = rows()
	ck, err := checkpoint.Open(path, o)
	if err != nil {
		return nil, err
	}
	m := &Model{Checkpoint: ck}
	for _, f := range Families {
		if f.Family == ck.Family {
			m.Family = f
		}
	}
	if m.Family.Space != nil {
		m.Space = *m.Family.Space
		return m, nil
	}
	m.Space, err = denoise.FindSpace(ck.Prediction)
	return m, err
}

// Labels are the families' names for people: "one, another or a third".
func Labels() string {
	out := ""
	for i, f := range Families {
		switch {
		case i == 0:
		case i == len(Families)-1:
			out += " or "
		default:
			out += ", "
		}
		out += f.Label
	}
	return out
}

func rows() []*checkpoint.Family {
	out := make([]*checkpoint.Family, len(Families))
	for i, f := range Families {
		out[i] = f.Family
	}
	return out
}

// Levels are the noise levels of the model's training, for a picture of the given size in
// pixels and a number of steps.
func (m *Model) Levels(size image.Point, steps int) *sampler.Levels {
	if m.Family.Levels != nil {
		return m.Family.Levels(m, size, steps)
	}
	var l *sampler.Levels
	switch s := m.Schedule; s.Kind {
	case "linear":
		l = sampler.Linear(s.Steps, s.BetaStart, s.BetaEnd)
	case "cosine":
		l = sampler.Cosine(s.Steps)
	case "shifted":
		l = sampler.Shifted(s.Steps, s.Shift)
	default:
		l = sampler.ScaledLinear(s.Steps, s.BetaStart, s.BetaEnd)
	}
	if m.Schedule.ZeroTerminalSNR {
		l = l.ZeroTerminalSNR()
	}
	return l
}

// Limits are the sizes the model was trained for.
func (m *Model) Limits() region.Limits { return m.Family.Limits(m) }

// Factor is how many picture pixels one latent place spans along each side.
func (m *Model) Factor() int { return m.Family.Codec.Factor(m) }

// Skips is at how many skip connections the denoiser can be cut in two (Opening.Cut).
func (m *Model) Skips() int {
	if m.Family.Skips == nil {
		return 0
	}
	return m.Family.Skips(m)
}

// Decoding is what decoding a picture takes in addition to the weights, with limit bytes allowed.
func (m *Model) Decoding(width, height int, limit int64) int64 {
	if m.Family.Codec.Needs == nil {
		return 0
	}
	return m.Family.Codec.Needs(m, width, height, limit)
}

// Scaled is the latent that the denoiser knows of one picture's mean from the encoder, whose
// first channels are taken.
func (m *Model) Scaled(moments *tensor.Tensor) *tensor.Tensor {
	h, w := moments.Shape[2], moments.Shape[3]
	mean := &tensor.Tensor{Shape: []int{1, m.Family.Latent, h, w}, Data: moments.Data[:m.Family.Latent*h*w]}
	if m.Shift != 0 {
		mean = added(mean, -m.Shift)
	}
	return tensor.Scale(float32(m.ScaleFactor), mean)
}

// Unscaled is what the decoder takes of a latent that the denoiser knows.
func (m *Model) Unscaled(latent *tensor.Tensor) *tensor.Tensor {
	z := tensor.Scale(float32(1/m.ScaleFactor), latent)
	if m.Shift != 0 {
		z = added(z, m.Shift)
	}
	return z
}

func added(t *tensor.Tensor, v float64) *tensor.Tensor {
	out := t.Clone()
	for i := range out.Data {
		out.Data[i] += float32(v)
	}
	return out
}

// HasSmall says whether a file's name is that of a small decoder for the family.
func (f *Family) HasSmall(name string) bool {
	longest := ""
	for _, other := range Families {
		if p := other.Small; strings.HasPrefix(strings.ToLower(name), p) && len(p) > len(longest) {
			longest = p
		}
	}
	return f.Small != "" && longest == f.Small
}
