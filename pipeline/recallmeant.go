package pipeline

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"pentimento/pipeline/family"
	"pentimento/pipeline/metadata"
)

// ranges are what the numbers of a recipe can mean that are read without a row of Settings, or by some tasks only.
var ranges = map[string]struct {
	low, high float64
	whole     bool
}{
	keyHires: {1, 8, false}, keyHiresSteps: {0, 1000, true}, keyHiresStrength: {0, 1, false}, "Denoising strength": {0, 1, false},
	keyUpscaleBy: {1, 8, false}, keyUpscaleOverlap: {0, 1024, true},
	keyBox + "Multiply": {2, 32, true}, keyBox + "Weight": {-1, 2, false}, keyBox + "Start steps": {1, 1000, true}, keyBox + "Max steps": {0, 1000, true},
	keyBox + "x": {-1 << 20, 1 << 20, false}, keyBox + "y": {-1 << 20, 1 << 20, false},
	ownInversionKeys[1]: {1, 200, true}, ownInversionKeys[2]: {1, 100, false}, ownInversionKeys[3]: {0, 2, false}, ownInversionKeys[4]: {2, 512, true},
	"Mask blur": {0, 1024, false}, "Masked area padding": {0, 4096, false},
}

// meant says whether a parameter's number can be meant: nonsense is told as such, and not dropped.
func meant(r *metadata.Recipe, p metadata.Param) bool {
	if in, ok := ranges[p.Key]; ok {
		n, err := strconv.ParseFloat(p.Value, 64)
		return err == nil && n >= in.low && n <= in.high && (!in.whole || n == math.Trunc(n) && !strings.ContainsAny(p.Value, ".eE"))
	}
	switch p.Key {
	case keyBox + "Apply to":
		return boxIn(&metadata.Recipe{Params: []metadata.Param{{Key: keyBox + "Enabled", Value: "True"}, {Key: keyBox + "size", Value: "1x1"}, p}}) != nil
	case keyBox + "Upscaler":
		return slices.Contains(family.RefineUps, p.Value)
	case keyBox + "Downscaler":
		return slices.Contains(family.RefineDowns, p.Value)
	case "Seed":
		_, ok := r.Seed()
		return ok
	case keyHiresResize:
		w, h, sized := sizeIn(p.Value)
		fromW, fromH, known := r.Size()
		return sized && (!known || w <= 8*fromW && h <= 8*fromH)
	}
	for i := range Settings {
		if s := &Settings[i]; s.Key == p.Key && s.Key != "" && s.Kind == Number && s.recall == nil {
			return s.read(p.Value) != ""
		}
	}
	return true
}
