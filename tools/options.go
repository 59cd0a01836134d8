package tools

import (
	"math"

	"pentimento/canvas"
)

// Option is a setting of some tools beside the brush's size, hardness, opacity, smoothing and
// colour: the window shows it while one of them is chosen. A tool's setting is a field of
// BrushSettings and a row here.
type Option struct {
	ID, Title string
	Names     []string // of a choice, in the order of its values; nil: a number, or with High 0 a tick
	Icons     []string // of a choice that is shown as buttons; nil: it is a list
	Low, High float64
	Least     string // what is shown in place of Low; "": the number
	Unit      string
	Tools     []string
	Pen       bool // shown once a pen was heard
	Get       func(BrushSettings) float64
	Set       func(*BrushSettings, float64)
}

// MaxGrow bounds AreaSettings.Grow, which may be GrowAuto: by as much as the thing's edge is soft.
const (
	MaxGrow  = 50
	GrowAuto = -1
)

// Means are the squares that the picker takes the mean of, in pixels.
var Means = []int{1, 3, 5, 11, 31, 51, 101}

// brushes are the tools that paint strokes.
var brushes = []string{"mask", "mask-eraser", "brush", "eraser", "stamp", "history"}

// masking are the tools that may make the mask.
var masking = append([]string{"mask", "mask-eraser"}, Areas...)

// Options are all of them, in the order in which they are shown; the first stands in the place
// of the opacity, which its tools do not have.
var Options = []Option{
	{ID: "strength", Title: "Strength", Low: 1, High: 100, Unit: "%", Tools: masking,
		Get: func(b BrushSettings) float64 { return math.Round(100 * b.Area.share()) }, Set: func(b *BrushSettings, v float64) { b.Area.Strength = min(max(v, 1), 100) / 100 }},
	{ID: "pressure", Title: "Pen pressure", Names: []string{"Off", "Size", "Opacity", "Size and opacity"}, Tools: brushes, Pen: true,
		Get: func(b BrushSettings) float64 { return float64(b.Pressure) }, Set: func(b *BrushSettings, v float64) { b.Pressure = Pressure(v) }},
	{ID: "firmness", Title: "Firmness", Low: -100, High: 100, Tools: brushes, Pen: true,
		Get: func(b BrushSettings) float64 {
			if b.Gamma <= 0 {
				return 0
			}
			return math.Round(50 * math.Log2(b.Gamma))
		},
		Set: func(b *BrushSettings, v float64) { b.Gamma = min(max(math.Exp2(v/50), MinGamma), MaxGamma) }},
	{ID: "tilt", Title: "Tilt widens", Tools: brushes, Pen: true,
		Get: func(b BrushSettings) float64 { return number(b.Tilt) }, Set: func(b *BrushSettings, v float64) { b.Tilt = v != 0 }},
	{ID: "mean", Title: "Mean of", Names: []string{"1 × 1", "3 × 3", "5 × 5", "11 × 11", "31 × 31", "51 × 51", "101 × 101"}, Tools: []string{"picker"},
		Get: func(b BrushSettings) float64 {
			n := 0
			for i, m := range Means {
				if m <= b.Mean {
					n = i
				}
			}
			return float64(n)
		},
		Set: func(b *BrushSettings, v float64) { b.Mean = Means[int(v)] }},
	{ID: "reads", Title: "Read", Names: []string{"All layers", "This layer"}, Tools: []string{"picker", "bucket", "stamp"},
		Get: func(b BrushSettings) float64 { return number(b.ThisLayer) }, Set: func(b *BrushSettings, v float64) { b.ThisLayer = v != 0 }},
	{ID: "makes", Title: "Makes", Names: []string{"Mask", "Selection"}, Tools: Areas,
		Get: func(b BrushSettings) float64 { return number(b.Area.Selects) }, Set: func(b *BrushSettings, v float64) { b.Area.Selects = v != 0 }},
	{ID: "joining", Names: []string{"Replace", "Add (Shift)", "Subtract (Alt)", "Intersect (Shift+Alt)"}, Icons: []string{"areanew", "areaadd", "areasubtract", "areaintersect"}, Tools: Areas,
		Get: func(b BrushSettings) float64 { return float64(b.Area.Joining) }, Set: func(b *BrushSettings, v float64) { b.Area.Joining = canvas.Joining(v) }},
	{ID: "tolerance", Title: "Tolerance", Low: 0, High: 255, Tools: []string{"wand"},
		Get: func(b BrushSettings) float64 { return float64(b.Area.Tolerance) }, Set: func(b *BrushSettings, v float64) { b.Area.Tolerance = int(v) }},
	{ID: "contiguous", Title: "Contiguous", Tools: []string{"wand"},
		Get: func(b BrushSettings) float64 { return number(!b.Area.Scattered) }, Set: func(b *BrushSettings, v float64) { b.Area.Scattered = v == 0 }},
	{ID: "samples", Title: "All layers", Tools: []string{"wand", "object"},
		Get: func(b BrushSettings) float64 { return number(!b.Area.OneLayer) }, Set: func(b *BrushSettings, v float64) { b.Area.OneLayer = v == 0 }},
	{ID: "grow", Title: "Grow", Low: GrowAuto, High: MaxGrow, Least: "auto", Unit: "px", Tools: []string{"object"},
		Get: func(b BrushSettings) float64 { return float64(b.Area.Grow) }, Set: func(b *BrushSettings, v float64) { b.Area.Grow = int(v) }},
	{ID: "edges", Title: "Edges", Low: 0, High: 100, Tools: []string{"object"},
		Get: func(b BrushSettings) float64 { return float64(b.Area.Edges) }, Set: func(b *BrushSettings, v float64) { b.Area.Edges = int(v) }},
	{ID: "areafeather", Title: "Feather", Low: 0, High: 50, Unit: "px", Tools: []string{"object"},
		Get: func(b BrushSettings) float64 { return float64(b.Area.Feather) }, Set: func(b *BrushSettings, v float64) { b.Area.Feather = int(v) }},
	{ID: "smoothedge", Title: "Smooth edge", Tools: []string{"wand"},
		Get: func(b BrushSettings) float64 { return number(!b.Area.HardEdge) }, Set: func(b *BrushSettings, v float64) { b.Area.HardEdge = v == 0 }},
	{ID: "likeness", Title: "Tolerance", Low: 0, High: 255, Tools: []string{"bucket"},
		Get: func(b BrushSettings) float64 { return float64(b.Tolerance) }, Set: func(b *BrushSettings, v float64) { b.Tolerance = int(min(max(v, 0), 255)) }},
	{ID: "touching", Title: "Only what touches", Tools: []string{"bucket"},
		Get: func(b BrushSettings) float64 { return number(!b.Apart) }, Set: func(b *BrushSettings, v float64) { b.Apart = v == 0 }},
	{ID: "softedge", Title: "Smooth edge", Tools: []string{"bucket"},
		Get: func(b BrushSettings) float64 { return number(!b.HardEdge) }, Set: func(b *BrushSettings, v float64) { b.HardEdge = v == 0 }},
	{ID: "shape", Title: "Shape", Names: []string{"Linear", "Radial"}, Tools: []string{"gradient"},
		Get: func(b BrushSettings) float64 { return number(b.Radial) }, Set: func(b *BrushSettings, v float64) { b.Radial = v != 0 }},
	{ID: "end", Title: "To", Names: []string{"Background colour", "Transparent"}, Tools: []string{"gradient"},
		Get: func(b BrushSettings) float64 { return number(b.Fades) }, Set: func(b *BrushSettings, v float64) { b.Fades = v != 0 }},
	{ID: "aligned", Title: "Aligned", Tools: []string{"stamp"},
		Get: func(b BrushSettings) float64 { return number(!b.Loose) }, Set: func(b *BrushSettings, v float64) { b.Loose = v == 0 }},
	{ID: "ratio", Title: "Proportions", Names: cropNames(), Tools: []string{"crop"},
		Get: func(b BrushSettings) float64 { return float64(min(max(b.Ratio, 0), len(CropRatios)-1)) }, Set: func(b *BrushSettings, v float64) { b.Ratio = int(v) }},
	{ID: "cropfills", Title: "Fill the new area", Tools: []string{"crop"},
		Get: func(b BrushSettings) float64 { return number(b.CropFills) }, Set: func(b *BrushSettings, v float64) { b.CropFills = v != 0 }},
}

func cropNames() (out []string) {
	for _, r := range CropRatios {
		out = append(out, r.Name)
	}
	return out
}

func number(on bool) float64 {
	if on {
		return 1
	}
	return 0
}
