package pipeline

import (
	"pentimento/pipeline/denoise"
	"pentimento/pipeline/family"
)

// steeringSettings guide a run beside the prompt's scale. All of them are off unless they are set, and
// what is off costs nothing. Their keys in recipes are in steerrecipe.go.
var steeringSettings = []Setting{
	{ID: "cfg_rescale", Name: "Guidance rescale", Label: "Rescale", Flag: "cfg-rescale", Help: "guidance rescale, 0 to 1: reduces the contrast of strong guidance; 0.7 is usual", Panel: Guiding,
		recall: steered, Default: "0",
		Value: number(func(q *Request) *float64 { return &q.Rescale }, 0, 1, Slider{0, 1, 0.05, ""})},
	{ID: "cfg_rescale_in", Name: "Rescale in terms of", Label: "… in terms", Flag: "cfg-rescale-in", Help: "what guidance rescale measures: the velocity, as ComfyUI does, the noise, as diffusers does, or the picture, as A1111's extension does", Panel: Guiding,
		recall: steered, When: func(q Request) bool { return q.Rescale > 0 },
		Value: option(func(q *Request) *string { return &q.RescaleIn }, Choice{Name: "Velocity"}, Choice{Name: "Noise", Value: "noise"}, Choice{Name: "Picture", Value: "clean"})},
	{ID: "cfg_zero_star", Name: "CFG-Zero*", Flag: "cfg-zero-star", Help: "scale the negative prompt's prediction to lie near the positive one's: calmer, fewer errors in early steps; costs nothing", Panel: Guiding,
		Key: "CFG Zero star", Resets: true, Default: "false",
		Value: yesNo(func(q *Request) *bool { return &q.ZeroStar })},
	{ID: "cfg_norm", Name: "Guidance norm", Label: "CFG norm", Flag: "cfg-norm", Help: "keep guidance from making any place stronger than the prompt alone does, times this number; 1 is usual, 0 switches it off; made for flow models, others become paler; costs nothing", Panel: Guiding,
		Key: "CFG norm", Resets: true, Default: "0",
		Value: number(func(q *Request) *float64 { return &q.Norm }, 0, 100, Slider{0, 2, 0.05, ""})},
	{ID: "pag", Name: "Perturbed attention", Label: "PAG", Flag: "pag", Help: "perturbed-attention guidance (PAG): firmer shapes; 3 is usual, 0 switches it off; costs one more evaluation a step, with guidance 3 instead of 2", Panel: Guiding,
		recall: steered, Resets: true, Default: "0",
		Value: number(func(q *Request) *float64 { return &q.Perturbed }, 0, 100, Slider{0, 6, 0.1, ""})},
	{ID: "pag_at", Name: "Perturbed attention at", Label: "… at", Flag: "pag-at", Help: "`LIST` of the blocks that PAG acts at: m0, the middle one, is usual and what it is without; d0, d1 … are those on the way down and u0, u1 … on the way up that have attention, u0.1 is one of a block's transformers and d1-2 a range: \"d2,m0,u0\"", Panel: Guiding,
		Key: "PAG blocks", Resets: true, When: func(q Request) bool { return q.Perturbed != 0 },
		Value: perturbedText()},
	{ID: "sag", Name: "Self-attention guidance", Label: "SAG", Flag: "sag", Help: "self-attention guidance (SAG): clearer details where the picture is busy; 0.5 is usual, 0 switches it off; costs one more evaluation a step, with guidance 3 instead of 2", Panel: Guiding,
		recall: steered, Resets: true, Default: "0",
		Value: partNumber(selfAt, usualSelf, func(s *SelfFields) *float64 { return &s.Scale }, -2, 5, Slider{0, 2, 0.05, ""})},
	{ID: "sag_blur", Name: "SAG blur", Label: "… blur", Flag: "sag-blur", Help: "by how much SAG blurs what it leads away from; 2 is usual", Panel: Guiding,
		recall: steered, Resets: true, Default: "2", When: func(q Request) bool { return q.sag() != nil },
		Value: above(partNumber(selfAt, usualSelf, func(s *SelfFields) *float64 { return &s.Blur }, 0, 10, Slider{0.5, 5, 0.1, ""}))},
	{ID: "freeu", Name: "FreeU", Flag: "freeu", Help: "strengthen what the network makes against what it copies: richer pictures, with version 2 evener ones; costs next to nothing", Panel: Guiding,
		recall: steered, Resets: true,
		Value: answer(freeUVersion, setFreeUVersion, Choice{Name: "Off"}, Choice{Name: "Version 1", Value: "1"}, Choice{Name: "Version 2", Value: "2"})},
	freeUNumber("b1", "backbone 1", "strength of the widest level: 1 leaves it as it is, 1.1 to 1.5 are usual", 1.3, func(f *FreeUFields) *float64 { return &f.B1 }),
	freeUNumber("b2", "backbone 2", "strength of the next level: 1 leaves it as it is, 1.2 to 1.6 are usual", 1.4, func(f *FreeUFields) *float64 { return &f.B2 }),
	freeUNumber("s1", "skip 1", "how much of the coarse to copy at the widest level: 1 is all, 0.6 to 0.9 are usual", 0.9, func(f *FreeUFields) *float64 { return &f.S1 }),
	freeUNumber("s2", "skip 2", "how much of the coarse to copy at the next level: 1 is all, 0.2 to 0.4 are usual", 0.2, func(f *FreeUFields) *float64 { return &f.S2 }),
	{ID: "shrink", Name: "Deep shrink", Flag: "shrink", Help: "let the network see a picture that is larger than the model likes so many times smaller while it decides the composition: fewer doubled figures, and faster; 2 is usual, 1 switches it off", Panel: Guiding,
		recall: steered, Resets: true, Default: "1",
		Value: partNumber(shrinkAt, usualShrink, func(s *ShrinkFields) *float64 { return &s.By }, 1, 9, Slider{1, 4, 0.25, ""})},
	{ID: "shrink_to", Name: "Deep shrink until", Label: "… until", Flag: "shrink-to", Help: "the share of the way from noise to picture up to which it shrinks; 0.35 is usual", Panel: Guiding,
		recall: steered, Resets: true, Default: "0.35", When: shrinks,
		Value: partNumber(shrinkAt, usualShrink, func(s *ShrinkFields) *float64 { return &s.To }, 0, 1, Slider{0, 1, 0.05, ""})},
	{ID: "shrink_from", Name: "Deep shrink from", Label: "… from", Flag: "shrink-from", Help: "the share of the way from noise to picture from which it shrinks", Panel: Guiding,
		recall: steered, Resets: true, Default: "0", When: shrinks,
		Value: partNumber(shrinkAt, usualShrink, func(s *ShrinkFields) *float64 { return &s.From }, 0, 1, Slider{0, 1, 0.05, ""})},
	{ID: "shrink_block", Name: "Deep shrink block", Label: "… at block", Flag: "shrink-block", Help: "the block of the network at which it shrinks, from 1: 3 is usual, lower ones act more strongly", Panel: Guiding,
		recall: steered, Resets: true, Default: "3", When: shrinks,
		Value: partNumber(shrinkAt, usualShrink, func(s *ShrinkFields) *int { return &s.Block }, 1, 32, Slider{1, 8, 1, ""})},
	{ID: "shrink_after_skip", Name: "Deep shrink after the skip", Flag: "shrink-after-skip", Help: "what the network copies from that block is not shrunk", Panel: Guiding,
		recall: steered, Resets: true, Default: "true", When: shrinks,
		Value: partYesNo(shrinkAt, usualShrink, func(s *ShrinkFields) *bool { return &s.AfterSkip })},
	{ID: "shrink_down", Name: "Deep shrink resizes by", Label: "… by", Flag: "shrink-down", Help: "how it makes smaller", Panel: Guiding,
		recall: steered, Resets: true, Default: "bicubic", When: shrinks,
		Value: partName(shrinkAt, usualShrink, func(s *ShrinkFields) *string { return &s.Down }, resizes...)},
	{ID: "shrink_up", Name: "Deep shrink enlarges by", Label: "… back by", Flag: "shrink-up", Help: "how it makes larger again", Panel: Guiding,
		recall: steered, Resets: true, Default: "bicubic", When: shrinks,
		Value: partName(shrinkAt, usualShrink, func(s *ShrinkFields) *string { return &s.Up }, resizes...)},
	{ID: "thresholding", Name: "Dynamic thresholding", Flag: "thresholding", Help: "guidance far above the usual without burnt colours: set the guidance high and the one to mimic as usual; costs nothing", Panel: Guiding,
		recall: steered, Resets: true, Default: "false",
		Value: partYesNo(thresholdAt, usualThreshold, func(t *Threshold) *bool { return &t.On })},
	thresholdNumber("mimic", "guidance to mimic", "mimic", "the guidance whose contrast is wanted; 7 is usual", "7", 0, 100, Slider{1, 20, 0.5, ""}, func(t *Threshold) *float64 { return &t.Mimic }),
	thresholdNumber("percentile", "percentile", "percentile", "the share of the values that are kept, the rest is clamped: 1 is all, 0.95 is firmer", "1", 0, 1, Slider{0.8, 1, 0.005, ""}, func(t *Threshold) *float64 { return &t.Percentile }),
	thresholdMode("mimic_mode", "mimic mode", "mimic mode", "how the guidance to mimic changes during the run", func(t *Threshold) *string { return &t.MimicMode }),
	acting(thresholdNumber("mimic_min", "least mimic", "least", "the least guidance to mimic, where it changes", "0", 0, 100, Slider{0, 20, 0.5, ""}, func(t *Threshold) *float64 { return &t.MimicMin }), func(q Request) bool { return thresholds(q) && q.Threshold.MimicMode != "" }),
	thresholdMode("cfg_mode", "guidance mode", "guide mode", "how the guidance changes during the run", func(t *Threshold) *string { return &t.CFGMode }),
	acting(thresholdNumber("cfg_min", "least guidance", "least", "the least guidance, where it changes", "0", 0, 100, Slider{0, 20, 0.5, ""}, func(t *Threshold) *float64 { return &t.CFGMin }), func(q Request) bool { return thresholds(q) && q.Threshold.CFGMode != "" }),
	acting(thresholdNumber("schedule", "schedule value", "schedule", "the number of the modes that take one: a power, or how often they repeat", "4", 0, 100, Slider{0, 10, 0.1, ""}, func(t *Threshold) *float64 { return &t.Schedule }), func(q Request) bool { return thresholds(q) && q.Threshold.MimicMode+q.Threshold.CFGMode != "" }),
	thresholdFlag("together", "all channels together", "measure all channels together, not each by itself", func(t *Threshold) *bool { return &t.Together }),
	thresholdFlag("zero", "from zero", "scale values from 0, not from their mean", func(t *Threshold) *bool { return &t.Zero }),
	thresholdFlag("deviation", "by deviation", "measure by the standard deviation, not by the largest value", func(t *Threshold) *bool { return &t.Deviation }),
	thresholdNumber("phi", "share", "share", "the share of the result, the rest is plain guidance", "1", 0, 1, Slider{0, 1, 0.05, ""}, func(t *Threshold) *float64 { return &t.Share }),
}

// resizes are the ways that deep shrink resizes by.
var resizes = []string{"bicubic", "bilinear", "nearest-exact", "area", "bislerp"}

// perturbedText is kept as it was written, so that a check can name what is wrong with it.
func perturbedText() Value {
	v := phrase(func(q *Request) *string { return &q.PerturbedAt })
	v.set = func(q *Request, text string) error {
		q.PerturbedAt = text
		return family.CheckPerturbed(text)
	}
	return v
}

func selfAt(q *Request) **SelfFields     { return &q.Self }
func freeUAt(q *Request) **FreeUFields   { return &q.FreeU }
func shrinkAt(q *Request) **ShrinkFields { return &q.Shrink }
func thresholdAt(q *Request) **Threshold { return &q.Threshold }
func shrinks(q Request) bool             { return q.Shrink != nil && q.Shrink.By > 1 }
func thresholds(q Request) bool          { return q.Threshold != nil && q.Threshold.On }

func freeUVersion(q *Request) string {
	if q.FreeU == nil || q.FreeU.Version == 0 {
		return ""
	}
	return short(float64(q.FreeU.Version))
}

func setFreeUVersion(q *Request, name string) {
	alter(freeUAt(q), usualFreeU, func(f *FreeUFields) { f.Version = map[string]int{"1": 1, "2": 2}[name] })
}

// acting is a setting that acts where more than its group's switch is on.
func acting(s Setting, when func(Request) bool) Setting {
	s.When = when
	return s
}

// freeUNumber is one of the four numbers.
func freeUNumber(id, name, help string, usual float64, of func(*FreeUFields) *float64) Setting {
	return Setting{ID: "freeu_" + id, Name: "FreeU " + name, Label: "… " + id, Flag: "freeu-" + id, Help: "of FreeU: " + help, Panel: Guiding,
		recall: steered, Resets: true, Default: short(usual), When: func(q Request) bool { return freeUVersion(&q) != "" },
		Value: partNumber(freeUAt, usualFreeU, of, 0, 10, Slider{0, 2, 0.01, ""})}
}

// threshold is a setting of dynamic thresholding.
func threshold(id, name, label, help, usual string, v Value) Setting {
	return Setting{ID: "threshold_" + id, Name: "Thresholding: " + name, Label: "… " + label, Flag: "threshold-" + dashed(id), Help: "of dynamic thresholding: " + help, Panel: Guiding,
		recall: steered, Resets: true, Default: usual, When: thresholds, Value: v}
}

func thresholdNumber(id, name, label, help, usual string, low, high float64, s Slider, of func(*Threshold) *float64) Setting {
	return threshold(id, name, label, help, usual, partNumber(thresholdAt, usualThreshold, of, low, high, s))
}

func thresholdMode(id, name, label, help string, of func(*Threshold) *string) Setting {
	var names []string
	for _, m := range denoise.ThresholdModes[1:] {
		names = append(names, m.Name)
	}
	v := partName(thresholdAt, usualThreshold, of, names...)
	v.Options = append([]Choice{{Name: denoise.ThresholdModes[0].Name}}, v.Options...)
	return threshold(id, name, label, help, "", v)
}

func thresholdFlag(id, name, help string, of func(*Threshold) *bool) Setting {
	return threshold(id, name, name, help, "false", partYesNo(thresholdAt, usualThreshold, of))
}
