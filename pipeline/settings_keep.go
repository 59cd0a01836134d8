package pipeline

import (
	"strconv"

	"pentimento/pipeline/denoise"
	"pentimento/pipeline/metadata"
	"pentimento/pipeline/region"
)

// masked are the tasks that keep a part of the picture.
func masked(t TaskRow) bool { return t.Needs.Mask }

// byHand marks what Record writes itself: it shares its place in documents with others.
func byHand(*metadata.Fill) any { return nil }

// grows are the tasks that continue a picture beyond its edge.
func grows(t TaskRow) bool { return t.Grows }

// keepSettings are what is read, how the rest is kept and how the result is laid back.
var keepSettings = []Setting{
	{ID: "feather", Name: "Feather", Flag: "feather", Help: "Width in `PX` over which new pixels fade into old ones, inside the mask", Panel: Shown,
		record:  func(f *metadata.Fill) any { return &f.Feather },
		Default: "8", Engines: func(EngineRow) bool { return true }, Tasks: func(t TaskRow) bool { return t.Needs.Picture },
		Value: number(func(q *Request) *int { return &q.Feather }, 0, 1024, Slider{0, 64, 1, "px"})},
	{ID: "area", Name: "Area", Flag: "area", Help: "how much of the picture around the mask to read", Panel: Folded,
		Key: "Inpaint area", Resets: true, record: byHand, recall: areaOf, Tasks: func(t TaskRow) bool { return t.Needs.Mask && !t.Grows },
		Value: answer(areaName, setArea, Choice{Name: "Automatic"},
			Choice{Name: "Only masked, padding 32", Value: "masked", Foreign: "Only masked"}, Choice{Name: "Whole picture", Value: "whole", Foreign: "Whole picture"})},
	{ID: "blend", Name: "Preserve unmasked", Label: "Preserve", Flag: "blend", Help: "how to preserve what isn't masked; the model decides without it", Panel: Folded, Tasks: masked,
		Value: option(func(q *Request) *string { return &q.Blend }, Choice{Name: "Automatic"}, Choice{Name: "Prediction only", Value: BlendDenoised},
			Choice{Name: "Input and prediction", Value: BlendBoth}, Choice{Name: "Differential", Value: BlendDifferential}, Choice{Name: "Soft inpainting", Value: BlendSoft})},
	soft("soft_bias", "schedule bias", "bias", "above 1 preserves the picture in early steps, below 1 in late ones", "schedule bias", 8, func(o *SoftFields) *float64 { return &o.ScheduleBias }),
	soft("soft_preservation", "preservation", "preserve", "how strongly to preserve partly masked places", "preservation strength", 8, func(o *SoftFields) *float64 { return &o.Preservation }),
	soft("soft_contrast", "contrast boost", "contrast", "how much contrast to keep where both pictures mix", "transition contrast boost", 32, func(o *SoftFields) *float64 { return &o.ContrastBoost }),
	soft("soft_influence", "mask influence", "mask", "how much the mask itself decides what is replaced", "mask influence", 1, func(o *SoftFields) *float64 { return &o.MaskInfluence }),
	soft("soft_limit", "difference limit", "limit", "the change at which the old picture shows half", "difference threshold", 8, func(o *SoftFields) *float64 { return &o.DifferenceLimit }),
	soft("soft_edge", "difference contrast", "edge", "how sharply the old picture changes into the new one", "difference contrast", 8, func(o *SoftFields) *float64 { return &o.DifferenceContrast }),
	{ID: "infill", Name: "Infill", Flag: "infill", Help: "content to put under the mask first", Panel: Folded, Tasks: masked,
		Key: "Masked content", Resets: true, record: byHand, recall: infillOf,
		Value: option(func(q *Request) *Infill { return &q.Infill }, Choice{Name: "Automatic"},
			Choice{Name: "Original", Value: string(InfillOriginal), Foreign: "original"}, Choice{Name: "Content-aware", Value: string(InfillContent)},
			Choice{Name: "Edge blur", Value: string(InfillEdge)}, Choice{Name: "Neutral grey", Value: string(InfillNeutral), Foreign: "latent nothing"},
			Choice{Name: "Noise", Value: string(InfillNoise), Foreign: "latent noise"})},
	{ID: "reach", Name: "Border", NoFlag: "the verbs promise that no pixel outside the mask changes", Panel: Folded, Tasks: masked,
		Help:  "whether the fill may extend beyond the mask",
		Value: answer(reachName, setReach, Choice{Name: "Grows and fades"}, Choice{Name: "Exactly the mask", Value: "inside"}, Choice{Name: "Gradient domain", Value: "poisson"})},
	{ID: "keep_exact", Name: "Keep the photo exact", Label: "Keep exact", Flag: "keep-exact", Help: "let an outpaint change no pixel of the old picture", Panel: Shown,
		Engines: func(e EngineRow) bool { return e.Network }, Tasks: grows, Default: "false", Value: yesNo(func(q *Request) *bool { return &q.KeepExact })},
	{ID: "over_mask", Name: "Over-mask", Flag: "over-mask", Help: "how many `PX` of the old picture an outpaint may change at the join, its fade included", Panel: Folded,
		Engines: func(e EngineRow) bool { return e.Network }, Tasks: grows, When: func(q Request) bool { return !q.KeepExact },
		Default: strconv.Itoa(region.DefaultOverMask), Value: numeric(overMask, setOverMask, 0, 256).sliding(Slider{0, 64, 1, "px"})},
	{ID: "tile", Name: "Seamless", Flag: "tile", Help: "make a picture that tiles along these axes", Panel: Folded,
		Key: "Tiling", Resets: true, record: byHand, recall: tileOf,
		Value: answer(tileName, setTile, Choice{Name: "No"}, Choice{Name: "Across", Value: "x"}, Choice{Name: "Down", Value: "y"}, Choice{Name: "Both ways", Value: "xy", Foreign: "Tiling"})},
}

// soft is one of the six numbers of soft inpainting. A request in which all are the usual
// ones has none.
func soft(id, name, label, help, key string, high float64, part func(*SoftFields) *float64) Setting {
	usual := denoise.SoftDefaults()
	s := Setting{ID: id, Name: "Soft " + name, Label: "… " + label, Flag: "soft-" + id[len("soft_"):], Help: "of soft inpainting: " + help, Panel: Folded, Tasks: masked,
		Key: "Soft inpainting " + key, Resets: true, Default: short(*part(&usual)), When: func(q Request) bool { return q.Blend == BlendSoft },
		Value: numeric(func(q *Request) float64 { o := q.soft(); return *part(&o) }, func(q *Request, n float64) {
			o := q.soft()
			*part(&o) = n
			if q.Soft = &o; o == denoise.SoftDefaults() {
				q.Soft = nil
			}
		}, 0, high)}
	s.Slider = Slider{0, min(high, 8), 0.05, ""}
	return s
}

// soft are the six numbers of soft inpainting.
func (q Request) soft() SoftFields {
	if q.Soft != nil {
		return *q.Soft
	}
	return denoise.SoftDefaults()
}

func areaName(q *Request) string {
	if q.Area == nil {
		return ""
	}
	return map[region.Method]string{region.OnlyMasked: "masked", region.WholePicture: "whole"}[q.Area.Method]
}

func setArea(q *Request, name string) {
	switch q.Area = nil; name {
	case "masked":
		q.Area = &Area{Method: region.OnlyMasked, Padding: region.DefaultPadding, Blur: region.DefaultBlur}
	case "whole":
		q.Area = &Area{Method: region.WholePicture, Blur: region.DefaultBlur}
	}
}

// areaOf reads a recipe's area; one without a mask has none.
func areaOf(v *Value, r *metadata.Recipe) string {
	if _, masked := r.Get("Mask blur"); !masked {
		return ""
	}
	return v.read(r.Value("Inpaint area"))
}

// infillOf reads what a recipe says of it; what A1111 means by saying nothing is not asked for.
func infillOf(v *Value, r *metadata.Recipe) string {
	text, _ := r.Get("Masked content")
	return v.read(text)
}

func reachName(q *Request) string {
	switch {
	case q.Inside:
		return "inside"
	case q.Poisson:
		return "poisson"
	}
	return ""
}

func setReach(q *Request, name string) { q.Inside, q.Poisson = name == "inside", name == "poisson" }

// overMask is Keep.OverMask as a number of pixels.
func overMask(q *Request) int {
	if q.OverMask == 0 {
		return region.DefaultOverMask
	}
	return max(q.OverMask, 0)
}

func setOverMask(q *Request, px int) {
	switch q.OverMask = px; px {
	case 0:
		q.OverMask = -1
	case region.DefaultOverMask:
		q.OverMask = 0
	}
}

func tileName(q *Request) string {
	return map[[2]bool]string{{true, false}: "x", {false, true}: "y", {true, true}: "xy"}[[2]bool{q.TileX, q.TileY}]
}

func setTile(q *Request, name string) {
	q.TileX, q.TileY = name == "x" || name == "xy", name == "y" || name == "xy"
}

// tileOf reads a recipe's tiling, which other programs know for both axes only.
func tileOf(_ *Value, r *metadata.Recipe) string {
	if v := r.Value("Tiling"); v != "" && v != "False" {
		return "xy"
	}
	return ""
}
