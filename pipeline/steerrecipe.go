package pipeline

import (
	"encoding/json"
	"strconv"
	"strings"

	"pentimento/pipeline/denoise"
	"pentimento/pipeline/metadata"
)

// Steering in the parameters of pictures, under the keys of those who brought it to A1111 and
// Forge: mcmonkey's dynamic thresholding, ljleb's FreeU, v0xie's PAG, Seshelle's rescale, and
// what Forge has built in of SAG, PAG, FreeU and deep shrink. What we write are keys whose
// numbers mean there what they mean here.

// steered is the value of a steering row in a recipe of any program; "" where it has none, or is off.
func steered(v *Value, r *metadata.Recipe) string {
	q, usual := steeringIn(r), Request{}
	if text := v.get(&q); text != v.get(&usual) && v.refuse(text) == nil {
		return text
	}
	return ""
}

// steeringIn is all the steering of a recipe.
func steeringIn(r *metadata.Recipe) (q Request) {
	in := params{r}
	if f := in.number(0, "CFG Rescale", "CFG Rescale φ", "CFG Rescale phi"); f > 0 {
		q.Rescale, q.RescaleIn = f, "clean"
	}
	if in.on("PAG Active") || in.on("PerturbedAttentionGuidance_enabled") {
		q.Perturbed = in.number(3, "PAG Scale", "PerturbedAttentionGuidance_scale")
	}
	if in.on("SAG Guidance Enabled") || in.on("sag_enabled") {
		q.Self = &SelfFields{Scale: in.number(0.5, "sag_scale", "SAG Guidance Scale"), Blur: in.number(2, "sag_blur_sigma"), Limit: in.number(1, "sag_threshold", "SAG Mask Threshold")}
	}
	q.FreeU = in.freeU()
	if in.on("kohya_hrfix_enabled") {
		s := usualShrink
		s.By, s.Block = in.number(2, "kohya_hrfix_downscale_factor"), int(in.number(3, "kohya_hrfix_block_number"))
		s.From, s.To = in.number(0, "kohya_hrfix_start_percent"), in.number(0.35, "kohya_hrfix_end_percent")
		s.AfterSkip = in.text("True", "kohya_hrfix_downscale_after_skip") == "True"
		s.Down, s.Up = in.text(s.Down, "kohya_hrfix_downscale_method"), in.text(s.Up, "kohya_hrfix_upscale_method")
		q.Shrink = &s
	}
	if in.on("Dynamic thresholding enabled") {
		q.Threshold = in.threshold("Mimic scale", "Threshold percentile", "Mimic mode", "Mimic scale minimum", "CFG mode", "CFG scale minimum", "Scheduler value",
			"Separate Feature Channels", "Scaling Startpoint", "Variability Measure", "Interpolate Phi")
		q.Threshold.Percentile /= 100
	} else if in.on("dynthres_enabled") {
		q.Threshold = in.threshold("dynthres_mimic_scale", "dynthres_threshold_percentile", "dynthres_mimic_mode", "dynthres_mimic_scale_min", "dynthres_cfg_mode", "dynthres_cfg_scale_min", "dynthres_sched_val",
			"dynthres_separate_feature_channels", "dynthres_scaling_startpoint", "dynthres_variability_measure", "dynthres_interpolate_phi")
	}
	return q
}

// params are the parameters of a recipe, by any of some keys.
type params struct{ r *metadata.Recipe }

// text is what one of the keys says; what can't be meant is not taken (senseless tells of it).
func (p params) text(usual string, keys ...string) string {
	for _, k := range keys {
		if v, ok := p.r.Get(k); ok && v != "" && wantedOfItself(metadata.Param{Key: k, Value: v}) == "" {
			return v
		}
	}
	return usual
}

func (p params) number(usual float64, keys ...string) float64 {
	if f, err := strconv.ParseFloat(p.text("", keys...), 64); err == nil {
		return f
	}
	return usual
}

func (p params) on(key string) bool { return strings.EqualFold(p.text("", key), "true") }

// freeUStage is one level as the extension writes it. What else it says of one is usual, or not ours.
type freeUStage struct {
	Backbone float64 `json:"backbone_factor"`
	Skip     float64 `json:"skip_factor"`
}

func (p params) freeU() *FreeUFields {
	if p.on("freeu_enabled") { // Forge's is version 2
		return &FreeUFields{2, p.number(1, "freeu_b1"), p.number(1, "freeu_b2"), p.number(1, "freeu_s1"), p.number(1, "freeu_s2")}
	}
	stages, ok := stagesIn(p.text("", "FreeU Stages"))
	if !ok {
		return nil
	}
	return &FreeUFields{int(p.number(1, "FreeU Version")), stages[0].Backbone, stages[1].Backbone, stages[0].Skip, stages[1].Skip}
}

// threshold reads dynamic thresholding by its keys in the order of thresholdKeys.
func (p params) threshold(mimic, percentile, mimicMode, mimicMin, cfgMode, cfgMin, schedule, separate, start, measure, phi string) *Threshold {
	mode := func(key string) string {
		if m := p.text("", key); m != "Constant" {
			return m
		}
		return ""
	}
	t := Threshold{On: true}
	t.Mimic, t.Percentile, t.Schedule, t.Share = p.number(7, mimic), p.number(100, percentile), p.number(4, schedule), p.number(1, phi)
	t.MimicMode, t.MimicMin, t.CFGMode, t.CFGMin = mode(mimicMode), p.number(0, mimicMin), mode(cfgMode), p.number(0, cfgMin)
	t.Together, t.Zero, t.Deviation = p.text("True", separate) == "False", p.text("MEAN", start) == "ZERO", p.text("AD", measure) == "STD"
	return &t
}

// steeringParams are a request's own, as other programs read them.
func (q Request) steeringParams() (out []metadata.Param) {
	add := func(key, value string) { out = append(out, metadata.Param{Key: key, Value: value}) }
	yes := func(b bool) string { return map[bool]string{true: "True", false: "False"}[b] }
	if q.Rescale > 0 && q.RescaleIn == "clean" {
		add("CFG Rescale", short(q.Rescale))
	}
	if q.Perturbed != 0 {
		add("PAG Active", "True")
		add("PAG Scale", short(q.Perturbed))
	}
	if s := q.sag(); s != nil {
		add("sag_enabled", "True")
		add("sag_scale", short(s.Scale))
		add("sag_blur_sigma", short(s.Blur))
		add("sag_threshold", short(s.Threshold))
	}
	if f := q.FreeU; f != nil && f.Version > 0 {
		stages, _ := json.Marshal([]freeUStage{{f.B1, f.S1}, {f.B2, f.S2}}) // numbers that JSON has
		add("FreeU Stages", string(stages))
		add("FreeU Schedule", freeUSchedule)
		add("FreeU Version", strconv.Itoa(f.Version))
	}
	if s := q.Shrink; s != nil && s.By > 1 {
		add("kohya_hrfix_enabled", "True")
		add("kohya_hrfix_block_number", strconv.Itoa(s.Block))
		add("kohya_hrfix_downscale_factor", short(s.By))
		add("kohya_hrfix_start_percent", short(s.From))
		add("kohya_hrfix_end_percent", short(s.To))
		add("kohya_hrfix_downscale_after_skip", yes(s.AfterSkip))
		add("kohya_hrfix_downscale_method", s.Down)
		add("kohya_hrfix_upscale_method", s.Up)
	}
	if t := q.Threshold; t != nil && t.On {
		add("Dynamic thresholding enabled", "True")
		add("Mimic scale", short(t.Mimic))
		add("Separate Feature Channels", yes(!t.Together))
		add("Scaling Startpoint", map[bool]string{true: "ZERO", false: "MEAN"}[t.Zero])
		add("Variability Measure", map[bool]string{true: "STD", false: "AD"}[t.Deviation])
		add("Interpolate Phi", short(t.Share))
		add("Threshold percentile", short(t.Percentile*100))
		if t.MimicMode != "" {
			add("Mimic mode", t.MimicMode)
			add("Mimic scale minimum", short(t.MimicMin))
		}
		if t.CFGMode != "" {
			add("CFG mode", t.CFGMode)
			add("CFG scale minimum", short(t.CFGMin))
		}
		if t.MimicMode != "" || t.CFGMode != "" {
			add("Scheduler value", short(t.Schedule))
		}
	}
	return out
}

// freeUSchedule says that FreeU acts in all steps, as it does here.
const freeUSchedule = "0.0, 1.0, 0.0"

// steeringRows are the parameters that steeringIn reads: the row of Settings that says what can be meant, "" where that is said
// in ranges or below.
var steeringRows = map[string]string{"CFG Rescale": "cfg_rescale", "CFG Rescale φ": "cfg_rescale", "CFG Rescale phi": "cfg_rescale",
	"PAG Active": aSwitch, "PAG Scale": "pag", "PerturbedAttentionGuidance_enabled": aSwitch, "PerturbedAttentionGuidance_scale": "pag",
	"SAG Guidance Enabled": aSwitch, "SAG Guidance Scale": "sag", "SAG Mask Threshold": "", "sag_enabled": aSwitch, "sag_scale": "sag", "sag_blur_sigma": "sag_blur", "sag_threshold": "",
	"FreeU Stages": "", "FreeU Version": "freeu", "freeu_enabled": aSwitch, "freeu_b1": "freeu_b1", "freeu_b2": "freeu_b2", "freeu_s1": "freeu_s1", "freeu_s2": "freeu_s2",
	"kohya_hrfix_enabled": aSwitch, "kohya_hrfix_block_number": "shrink_block", "kohya_hrfix_downscale_factor": "shrink", "kohya_hrfix_start_percent": "shrink_from", "kohya_hrfix_end_percent": "shrink_to",
	"kohya_hrfix_downscale_after_skip": aSwitch, "kohya_hrfix_downscale_method": "shrink_down", "kohya_hrfix_upscale_method": "shrink_up",
	"Dynamic thresholding enabled": aSwitch, "Mimic scale": "threshold_mimic", "Separate Feature Channels": aSwitch, "Scaling Startpoint": "", "Variability Measure": "", "Interpolate Phi": "threshold_phi", "Threshold percentile": "",
	"Mimic mode": "threshold_mimic_mode", "Mimic scale minimum": "threshold_mimic_min", "CFG mode": "threshold_cfg_mode", "CFG scale minimum": "threshold_cfg_min", "Scheduler value": "threshold_schedule",
	"dynthres_enabled": aSwitch, "dynthres_mimic_scale": "threshold_mimic", "dynthres_threshold_percentile": "threshold_percentile", "dynthres_mimic_mode": "threshold_mimic_mode", "dynthres_mimic_scale_min": "threshold_mimic_min",
	"dynthres_cfg_mode": "threshold_cfg_mode", "dynthres_cfg_scale_min": "threshold_cfg_min", "dynthres_sched_val": "threshold_schedule", "dynthres_separate_feature_channels": aSwitch, "dynthres_scaling_startpoint": "",
	"dynthres_variability_measure": "", "dynthres_interpolate_phi": "threshold_phi"}

// aSwitch is True or False, and no row's.
const aSwitch = "switch"

// wantedSteering is wanted for the parameters of steering; "" for others.
func wantedSteering(p metadata.Param) string {
	id, ok := steeringRows[p.Key]
	if !ok {
		return ""
	}
	switch p.Key {
	case "Scaling Startpoint", "dynthres_scaling_startpoint":
		return among(p.Value, "MEAN", "ZERO")
	case "Variability Measure", "dynthres_variability_measure":
		return among(p.Value, "AD", "STD")
	case "FreeU Stages":
		if _, ok := stagesIn(p.Value); !ok {
			return "two stages with a backbone_factor and a skip_factor of 0 to 10 each"
		}
	}
	if id == aSwitch {
		return wantedSwitch(p.Value)
	}
	row := FindSetting(id)
	if row == nil || p.Value == "" || row.Kind == Option && p.Value == denoise.ThresholdModes[0].Name {
		return ""
	}
	if row.refuse(p.Value) != nil || row.Kind == Number && row.Whole && strings.ContainsAny(p.Value, ".eE") {
		return row.Wanted()
	}
	return ""
}

// stagesIn are FreeU's as the extension writes them; ok is false where they can't be meant.
func stagesIn(text string) (stages []freeUStage, ok bool) {
	stages = []freeUStage{{1, 1}, {1, 1}}
	if json.Unmarshal([]byte(text), &stages) != nil || len(stages) < 2 {
		return nil, false
	}
	for _, s := range stages[:2] {
		if min(s.Backbone, s.Skip) < 0 || max(s.Backbone, s.Skip) > 10 {
			return nil, false
		}
	}
	return stages, true
}

// steers says that a parameter is taken over as steering.
func steers(p metadata.Param) bool {
	_, ours := steeringRows[p.Key]
	return ours || p.Key == "FreeU Schedule" && p.Value == freeUSchedule
}
