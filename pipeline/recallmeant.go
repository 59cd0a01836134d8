package pipeline

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"pentimento/fault"
	"pentimento/pipeline/metadata"
)

// bounds are those of what a number of a recipe can mean.
type bounds struct {
	low, high float64
	whole     bool
}

// ranges are those of numbers that are read without a row of Settings, or by some tasks only.
var ranges = map[string]bounds{
	keyHires: {1, 8, false}, keyHiresSteps: {0, 1000, true}, keyHiresStrength: {0, 1, false}, "Denoising strength": {0, 1, false},
	keyUpscaleBy: {1, 8, false}, keyUpscaleOverlap: {0, 1024, true},
	keyBox + "Weight": {-1, 2, false}, keyBox + "Start steps": {1, 1000, true}, keyBox + "Max steps": {0, 1000, true},
	keyBox + "x": {-farBox, farBox, false}, keyBox + "y": {-farBox, farBox, false},
	ownInversionKeys[1]: inversionBounds[1], ownInversionKeys[2]: inversionBounds[2], ownInversionKeys[3]: inversionBounds[3], ownInversionKeys[4]: inversionBounds[4],
	"Mask blur": {0, 1024, false}, "Masked area padding": {0, 4096, false},
	"Threshold percentile": {0, 100, false}, "SAG Mask Threshold": {0, 100, false}, "sag_threshold": {0, 100, false},
	keyTiledForge + "tile_width": {0, 8192, true}, keyTiledForge + "tile_height": {0, 8192, true}, keyTiledForge + "tile_overlap": {0, 8192, true}, keyTiledForge + "tile_batch_size": {0, 64, true},
}

// wanted says what a number's text is wanted to be; "" where it is.
func (s bounds) wanted(text string) string {
	n, err := strconv.ParseFloat(text, 64)
	if err == nil && n >= s.low && n <= s.high && (!s.whole || n == math.Trunc(n) && !strings.ContainsAny(text, ".eE")) {
		return ""
	}
	if s.whole {
		return "a whole number, " + plain(s.low) + " to " + plain(s.high)
	}
	return plain(s.low) + " to " + plain(s.high)
}

// plain is a number as people write it, however large.
func plain(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

// among says what a name is wanted to be; "" where it is one of them.
func among(text string, names ...string) string {
	if slices.Contains(names, text) {
		return ""
	}
	if n := len(names) - 1; n > 0 {
		return strings.Join(names[:n], ", ") + " or " + names[n]
	}
	return strings.Join(names, "")
}

// meant says whether a parameter can be meant: nonsense is told as such, and not dropped.
func meant(r *metadata.Recipe, p metadata.Param) bool { return wanted(r, p) == "" }

// wantedOfItself is wanted as far as neither the rows of Settings nor the rest of the recipe say it.
func wantedOfItself(p metadata.Param) string {
	if in, ok := ranges[p.Key]; ok {
		return in.wanted(p.Value)
	}
	switch p.Key {
	case keyTiledForge + "enabled", ownInversionKeys[0]:
		return wantedSwitch(p.Value)
	case keyTiledForge + "method":
		return wantedMethod(p.Value)
	}
	return wantedOfBox(p)
}

// wanted is what a parameter is wanted to be; "" where it can be meant, or nothing is known of it.
func wanted(r *metadata.Recipe, p metadata.Param) string {
	if want := wantedOfItself(p); want != "" {
		return want
	}
	if want := wantedSteering(p); want != "" {
		return want
	}
	switch p.Key {
	case "Seed":
		if _, ok := r.Seed(); !ok {
			return FindSetting("seed").Wanted()
		}
	case keyHiresResize:
		w, h, sized := sizeIn(p.Value)
		fromW, fromH, known := r.Size()
		if !sized || known && (w > 8*fromW || h > 8*fromH) {
			return "a size, at most 8 times the picture's"
		}
	}
	for i := range Settings {
		if s := &Settings[i]; s.Key == p.Key && s.Key != "" && s.Kind == Number && s.recall == nil && s.read(p.Value) == "" {
			return s.Wanted()
		}
	}
	return ""
}

// wantedSwitch is what a switch is wanted to be.
func wantedSwitch(text string) string {
	if strings.EqualFold(text, "true") || strings.EqualFold(text, "false") {
		return ""
	}
	return "True or False"
}

// senseless are lines about what of a parameter can't be meant: what was found, and what is wanted.
func senseless(r *metadata.Recipe, p metadata.Param) (out []string) {
	say := func(key, found, want string) {
		if want != "" {
			out = append(out, shortened(key+" "+found)+": want "+want)
		}
	}
	say(p.Key, p.Value, wanted(r, p))
	if p.Key == keyTiled {
		for _, w := range wantedInTiles(p.Value) {
			say(strings.TrimSpace(keyTiled+" "+w.Key), w.found, w.want)
		}
	}
	if isGuide(p) {
		for _, w := range wantedInUnit(p) {
			say(w.Key, w.found, w.want)
		}
	}
	return out
}

// misfit is a field within a parameter that can't be meant.
type misfit struct{ Key, found, want string }

// advised is what an error's advice wants.
func advised(err error) string {
	if err == nil {
		return ""
	}
	return strings.TrimSuffix(strings.TrimPrefix(fault.Hint(err), "Choose "), ".")
}
