package checkpoint

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Settings are what names and shapes cannot say about a model.
type Settings struct {
	Prediction    string // what the denoiser predicts: a name in denoise.Spaces
	PredictionWhy string // how that was decided, for people
	Schedule      Schedule
	ScaleFactor   float64 // latent = (posterior mean − Shift) times this
	Shift         float64
	NativeSize    int // picture side the model was trained for, pixels
}

// Schedule is the noise schedule a model was trained with.
type Schedule struct {
	Kind            string  `json:"kind"` // "scaled_linear", "linear", "cosine", or "shifted" for flow matching
	BetaStart       float64 `json:"beta_start"`
	BetaEnd         float64 `json:"beta_end"`
	Steps           int     `json:"steps"`
	ZeroTerminalSNR bool    `json:"zero_terminal_snr"`
	Shift           float64 `json:"shift,omitempty"` // of "shifted"
}

// usual is the schedule of the families that name none.
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

// settle fills Settings from, in order: the caller's options, our
// metadata, the folder's configs, what other tools leave in files, the family's row.
func (c *Checkpoint) settle(o Options) error {
	c.Schedule, c.ScaleFactor, c.Shift, c.NativeSize = c.Family.Schedule, c.Family.ScaleFactor, c.Family.Shift, c.Family.NativeSize(c)
	if c.Schedule == (Schedule{}) {
		c.Schedule = usual
	}
	for _, step := range []func() error{c.schedule, c.numbers} {
		if err := step(); err != nil {
			return err
		}
	}
	if o.ZeroTerminalSNR != nil {
		c.Schedule.ZeroTerminalSNR = *o.ZeroTerminalSNR
	}
	return c.prediction(o)
}

func (c *Checkpoint) schedule() error {
	if k := c.configs.scheduler; k != nil {
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
		if k.Shift != 0 && c.Schedule.Kind == "shifted" {
			c.Schedule.Shift = k.Shift
		}
	}
	if k := c.configs.yaml; k != nil {
		if k.Start != 0 || k.End != 0 {
			c.Schedule.BetaStart, c.Schedule.BetaEnd = k.Start, k.End
		}
		if k.Steps != 0 {
			c.Schedule.Steps = k.Steps
		}
	}
	if _, ok := c.loose["ztsnr"]; ok { // an empty tensor some trainers leave as a mark
		c.Schedule.ZeroTerminalSNR = true
	}
	if text, ok := c.Metadata[keySchedule]; ok {
		if err := json.Unmarshal([]byte(text), &c.Schedule); err != nil {
			return fmt.Errorf("metadata %s: %w", keySchedule, err)
		}
	}
	k := c.Schedule
	if c.Family.Schedule.Kind == "shifted" {
		if k.Kind != "shifted" || !(k.Shift > 0) || k.Shift > 1000 || k.Steps < 2 || k.Steps > 1<<16 {
			return fmt.Errorf("noise schedule %q of %d steps, shifted by %g, want shifted by a positive number", k.Kind, k.Steps, k.Shift)
		}
		return nil
	}
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

func checkAct(where, have string, want ...string) error {
	for _, w := range want {
		if have == w || have == "" {
			return nil
		}
	}
	return fmt.Errorf("%s: activation %q, want one of %s", where, have, strings.Join(want, ", "))
}

// numbers settles the scale factor and the native size.
func (c *Checkpoint) numbers() error {
	if k := c.configs.vae; k != nil && k.Scale != 0 {
		c.ScaleFactor, c.Shift = k.Scale, k.Shift
	}
	if k := c.configs.unet; k != nil && len(k.SampleSize) > 0 && k.SampleSize[0] > 0 {
		c.NativeSize = int(k.SampleSize[0]) * 8
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
func (c *Checkpoint) prediction(o Options) error {
	decide := func(kind, why string) { c.Prediction, c.PredictionWhy = kind, why }
	modelspec := strings.ToLower(c.Metadata["modelspec.prediction_type"])
	yaml := c.configs.yaml
	_, mark := c.loose["v_pred"]
	switch own := c.Metadata[keyPrediction]; {
	case len(c.Family.Predictions) == 1:
		decide(c.Family.Predictions[0], "the only one of "+c.Family.Label)
	case o.Prediction != "":
		decide(o.Prediction, "as set")
	case own != "":
		decide(own, "the file says so ("+keyPrediction+")")
	case c.configs.scheduler != nil && c.configs.scheduler.Prediction != "":
		decide(strings.TrimSuffix(c.configs.scheduler.Prediction, "_prediction"), "the folder's scheduler_config.json says so")
	case yaml != nil && yaml.Parameterization != "":
		decide(yaml.Parameterization, "the .yaml beside the file says so")
	case modelspec != "":
		decide(strings.TrimSuffix(strings.ReplaceAll(modelspec, "-", "_"), "_prediction"), "the file says so (modelspec.prediction_type)")
	case mark:
		decide("v", `the file carries the mark "v_pred"`)
	case c.Family.Guess != nil:
		decide(c.Family.Guess(c))
	default:
		decide(c.Family.Predictions[0], "usual for "+c.Family.Label)
	}
	if c.Prediction == "eps" {
		c.Prediction = "epsilon"
	}
	if known := c.Family.Predictions; !slices.Contains(known, c.Prediction) {
		return fmt.Errorf("prediction %q (%s), want %s", c.Prediction, c.PredictionWhy, strings.Join(known, " or "))
	}
	return nil
}
