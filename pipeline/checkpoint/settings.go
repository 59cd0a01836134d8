package checkpoint

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Settings are what names and shapes cannot say about a model.
type Settings struct {
	Prediction    string // what the denoiser predicts: "epsilon" or "v"
	PredictionWhy string // how that was decided, for people
	Schedule      Schedule
	ScaleFactor   float64 // latent = posterior mean times this
	NativeSize    int     // picture side the model was trained for, pixels
}

// Schedule is the noise schedule a model was trained with.
type Schedule struct {
	Kind            string  `json:"kind"` // "scaled_linear", "linear" or "cosine"
	BetaStart       float64 `json:"beta_start"`
	BetaEnd         float64 `json:"beta_end"`
	Steps           int     `json:"steps"`
	ZeroTerminalSNR bool    `json:"zero_terminal_snr"`
}

// usual is the schedule of every family so far.
var usual = Schedule{Kind: "scaled_linear", BetaStart: 0.00085, BetaEnd: 0.012, Steps: 1000}

// The metadata keys that models of our own carry; all are optional and text.
const (
	keyPrediction = "pentimento.prediction"   // "epsilon" or "v"
	keySchedule   = "pentimento.schedule"     // a Schedule as JSON
	keyHeads      = "pentimento.heads"        // {"heads":N} or {"head_size":N}
	keyGroups     = "pentimento.groups"       // groups of GroupNorm, denoiser and vae
	keyTextHeads  = "pentimento.text_heads"   // the same, for every text encoder
	keyScale      = "pentimento.scale_factor" // a number
	keyNative     = "pentimento.native_size"  // pixels
)

// settle fills Settings and the parts' own from, in order: the caller's options, our
// metadata, the folder's configs, what other tools leave in files, the family's row.
func (c *Checkpoint) settle(s *source, o Options) error {
	c.Schedule, c.ScaleFactor, c.NativeSize = usual, c.Family.ScaleFactor, c.Family.NativeSize
	for _, step := range []func(*source) error{c.schedule, c.heads, c.textSettings, c.numbers} {
		if err := step(s); err != nil {
			return err
		}
	}
	return c.prediction(s, o)
}

func (c *Checkpoint) schedule(s *source) error {
	if k := s.configs.scheduler; k != nil {
		if k.Kind != "" {
			c.Schedule.Kind = k.Kind
		}
		if k.Kind == "squaredcos_cap_v2" {
			c.Schedule.Kind = "cosine"
		}
		if k.Start != 0 || k.End != 0 {
			c.Schedule.BetaStart, c.Schedule.BetaEnd = k.Start, k.End
		}
		if k.Steps != 0 {
			c.Schedule.Steps = k.Steps
		}
		c.Schedule.ZeroTerminalSNR = k.ZeroSNR
	}
	if _, ok := s.loose["ztsnr"]; ok { // an empty tensor some trainers leave as a mark
		c.Schedule.ZeroTerminalSNR = true
	}
	if text, ok := c.Metadata[keySchedule]; ok {
		if err := json.Unmarshal([]byte(text), &c.Schedule); err != nil {
			return fmt.Errorf("metadata %s: %w", keySchedule, err)
		}
	}
	k := c.Schedule
	if k.Kind != "scaled_linear" && k.Kind != "linear" && k.Kind != "cosine" {
		return fmt.Errorf("noise schedule %q, want scaled_linear, linear or cosine", k.Kind)
	}
	if !(k.BetaStart > 0 && k.BetaStart < k.BetaEnd && k.BetaEnd < 1) || k.Steps < 2 || k.Steps > 1<<16 {
		return fmt.Errorf("noise schedule of %d steps from %g to %g, want betas rising between 0 and 1", k.Steps, k.BetaStart, k.BetaEnd)
	}
	return nil
}

// headRule reads {"heads":N} or {"head_size":N}.
func headRule(text string) (Heads, error) {
	var r struct {
		Heads int64 `json:"heads"`
		Size  int64 `json:"head_size"`
	}
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		return Heads{}, err
	}
	if r.Heads < 0 || r.Size < 0 || (r.Heads > 0) == (r.Size > 0) {
		return Heads{}, errors.New(`want {"heads":N} or {"head_size":N}`)
	}
	return Heads{Count: r.Heads, Size: r.Size}, nil
}

func (c *Checkpoint) heads(s *source) error {
	c.Denoiser.Heads, c.Denoiser.Groups, c.VAE.Groups = c.Family.Heads, 32, 32
	if k := s.configs.unet; k != nil {
		list := k.Heads
		if len(list) == 0 {
			list = k.HeadDim // diffusers reads the number of heads from here, whatever its name
		}
		switch {
		case len(list) == 1:
			c.Denoiser.Heads = Heads{Count: list[0]}
		case len(list) > 1:
			c.Denoiser.Heads = Heads{Level: list}
		}
		if err := checkAct("unet", k.Act, "silu", "swish"); err != nil {
			return err
		}
		if k.Groups > 0 {
			c.Denoiser.Groups = k.Groups
		}
	}
	if k := s.configs.vae; k != nil {
		if err := checkAct("vae", k.Act, "silu", "swish"); err != nil {
			return err
		}
		if k.Groups > 0 {
			c.VAE.Groups = k.Groups
		}
	}
	if text, ok := c.Metadata[keyGroups]; ok {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || n < 1 || n > 1<<10 {
			return fmt.Errorf("metadata %s is %q, want a whole number from 1 to 1024", keyGroups, text)
		}
		c.Denoiser.Groups, c.VAE.Groups = n, n
	}
	if text, ok := c.Metadata[keyHeads]; ok {
		rule, err := headRule(text)
		if err != nil {
			return fmt.Errorf("metadata %s: %w", keyHeads, err)
		}
		c.Denoiser.Heads = rule
	}
	return nil
}

func checkAct(where, have string, want ...string) error {
	for _, w := range want {
		if have == w || have == "" {
			return nil
		}
	}
	return fmt.Errorf("%s: activation %q, want one of %s", where, have, strings.Join(want, ", "))
}

func (c *Checkpoint) textSettings(s *source) error {
	for i, p := range c.Text {
		vocabulary, err := p.dim("embeddings.token_embedding.weight", 2, 0)
		if err != nil {
			return err
		}
		p.Heads = Heads{Size: c.Family.TextHead}
		p.Activation = c.Family.Activations[i]
		p.EndToken = vocabulary - 1 // the vocabulary ends with its end mark
		if k := s.configs.text[p.Role]; k != nil {
			if k.Heads > 0 {
				p.Heads = Heads{Count: k.Heads}
			}
			if k.Act != "" {
				p.Activation = k.Act
			}
			if k.EndToken > 2 { // 2 is a mistake of old configs
				p.EndToken = k.EndToken
			}
		}
		if err := checkAct(p.Role, p.Activation, "quick_gelu", "gelu"); err != nil {
			return err
		}
		if text, ok := c.Metadata[keyTextHeads]; ok {
			if p.Heads, err = headRule(text); err != nil {
				return fmt.Errorf("metadata %s: %w", keyTextHeads, err)
			}
		}
	}
	return nil
}

// numbers settles the scale factor and the native size.
func (c *Checkpoint) numbers(s *source) error {
	if k := s.configs.vae; k != nil && k.Scale != 0 {
		c.ScaleFactor = k.Scale
	}
	if k := s.configs.unet; k != nil && len(k.SampleSize) > 0 && k.SampleSize[0] > 0 {
		c.NativeSize = int(k.SampleSize[0]) * 8
	} else if c.Family.Name == "sd2" && c.Channels == 9 {
		c.NativeSize = 512
	}
	if text, ok := c.Metadata[keyScale]; ok {
		v, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return fmt.Errorf("metadata %s: %w", keyScale, err)
		}
		c.ScaleFactor = v
	}
	if text, ok := c.Metadata[keyNative]; ok {
		v, err := strconv.Atoi(text)
		if err != nil || v < 8 || v > 1<<14 {
			return fmt.Errorf("metadata %s is %q, want pixels from 8 to %d", keyNative, text, 1<<14)
		}
		c.NativeSize = v
	}
	if !(c.ScaleFactor > 0) || math.IsInf(c.ScaleFactor, 0) {
		return fmt.Errorf("scale factor %g, want a positive number", c.ScaleFactor)
	}
	return nil
}

// prediction decides between epsilon and v, which no shape tells apart.
func (c *Checkpoint) prediction(s *source, o Options) error {
	decide := func(kind, why string) { c.Prediction, c.PredictionWhy = kind, why }
	modelspec := strings.ToLower(c.Metadata["modelspec.prediction_type"])
	architecture := strings.ToLower(c.Metadata["modelspec.architecture"])
	_, mark := s.loose["v_pred"]
	switch own := c.Metadata[keyPrediction]; {
	case o.Prediction != "":
		decide(o.Prediction, "as set")
	case own != "":
		decide(own, "the file says so ("+keyPrediction+")")
	case s.configs.scheduler != nil && s.configs.scheduler.Prediction != "":
		decide(strings.TrimSuffix(s.configs.scheduler.Prediction, "_prediction"), "the folder's scheduler_config.json says so")
	case modelspec != "":
		decide(strings.TrimSuffix(strings.ReplaceAll(modelspec, "-", "_"), "_prediction"), "the file says so (modelspec.prediction_type)")
	case mark:
		decide("v", `the file carries the mark "v_pred"`)
	case strings.HasPrefix(architecture, "stable-diffusion-v2-768"):
		decide("v", "the file names its architecture "+architecture)
	case strings.HasPrefix(architecture, "stable-diffusion-v2-512"):
		decide("epsilon", "the file names its architecture "+architecture)
	case c.Family.Name == "sd2":
		c.guessSD2()
	default:
		decide(c.Family.Prediction, "usual for "+c.Family.Label)
	}
	if c.Prediction == "eps" {
		c.Prediction = "epsilon"
	}
	if c.Prediction != "epsilon" && c.Prediction != "v" {
		return fmt.Errorf("prediction %q (%s), want epsilon or v", c.Prediction, c.PredictionWhy)
	}
	return nil
}

// guessSD2 is the field's rule of thumb: training for v leaves the last transformer's
// first bias with a spread above 0.09, training for epsilon a smaller one; weights that
// were never trained have next to none, and the family's usual form is taken.
func (c *Checkpoint) guessSD2() {
	const probe = "output_blocks.11.1.transformer_blocks.0.norm1.bias"
	c.Prediction, c.PredictionWhy = c.Family.Prediction, "usual for "+c.Family.Label+"; nothing in the file says otherwise"
	if c.Channels == 9 {
		c.Prediction, c.PredictionWhy = "epsilon", "usual for the inpainting models of "+c.Family.Label
		return
	}
	t, ok := c.Denoiser.Tensors[probe]
	if !ok || t.Length > 1<<20 {
		return
	}
	v, err := t.Floats()
	if err != nil || len(v) == 0 {
		return
	}
	spread := deviation(v)
	switch {
	case spread > 0.09:
		c.Prediction, c.PredictionWhy = "v", fmt.Sprintf("the spread of %s is %.3f, above 0.09", probe, spread)
	case spread > 0.03:
		c.Prediction, c.PredictionWhy = "epsilon", fmt.Sprintf("the spread of %s is %.3f, not above 0.09", probe, spread)
		if c.Metadata[keyNative] == "" {
			c.NativeSize = 512
		}
	}
}

func deviation(v []float32) float64 {
	sum, squares := 0.0, 0.0
	for _, x := range v {
		sum += float64(x)
		squares += float64(x) * float64(x)
	}
	n := float64(len(v))
	return math.Sqrt(max(0, squares/n-(sum/n)*(sum/n)))
}
