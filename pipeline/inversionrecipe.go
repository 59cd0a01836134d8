package pipeline

import (
	"slices"
	"strconv"
	"strings"

	"pentimento/pipeline/metadata"
)

// inversionKeys are what pkuliyi2015's extension says of a noise inversion within its dictionary: whether, steps, retouch, renoise
// strength and kernel.
var inversionKeys = [5]string{"NoiseInv", "NoiseInv Steps", "NoiseInv Retouch", "NoiseInv Renoise strength", "NoiseInv Kernel size"}

// ownInversionKeys are ours for one without tiled diffusion, which the extension doesn't have.
var ownInversionKeys = [5]string{"Noise inversion", "Noise inversion steps", "Noise inversion retouch", "Noise inversion renoise strength", "Noise inversion kernel size"}

// inversionBounds are what stands behind these keys can mean; the first is a switch.
var inversionBounds = [5]bounds{1: {1, 200, true}, 2: {1, 100, false}, 3: {0, 2, false}, 4: {2, 512, true}}

// values are what stands behind these keys.
func (n Inversion) values() [5]string {
	return [5]string{"true", strconv.Itoa(n.Steps), short(n.Retouch), short(n.Renoise), strconv.Itoa(n.Kernel)}
}

// parts are those of the dictionary.
func (n Inversion) parts() (out []string) {
	for i, v := range n.values() {
		out = append(out, strconv.Quote(inversionKeys[i])+": "+v)
	}
	return out
}

// inversionParams are a request's without tiled diffusion.
func (q Request) inversionParams() (out []metadata.Param) {
	n := q.inversion()
	if n == nil {
		return nil
	}
	for i, v := range n.values() {
		out = append(out, metadata.Param{Key: ownInversionKeys[i], Value: strings.Replace(v, "true", "True", 1)})
	}
	return out
}

// isInversion says that a parameter is taken over as one.
func isInversion(p metadata.Param) bool { return slices.Contains(ownInversionKeys[:], p.Key) }

// inversionIn is the noise inversion of a recipe; nil where it has none.
func inversionIn(r *metadata.Recipe) *Inversion {
	text, _ := r.Get(keyTiled)
	values, _ := dictionary(text) // of what is none nothing is taken
	keys := inversionKeys
	if values[keys[0]] == "" {
		keys = ownInversionKeys
		for _, k := range keys {
			values[k] = r.Value(k)
		}
	}
	if !strings.EqualFold(values[keys[0]], "true") {
		return nil
	}
	n := usualInversion
	n.On = true
	number := func(i int, usual float64) float64 {
		if f, err := strconv.ParseFloat(values[keys[i]], 64); err == nil && inversionBounds[i].wanted(values[keys[i]]) == "" {
			return f
		}
		return usual
	}
	n.Steps, n.Retouch, n.Renoise, n.Kernel = int(number(1, 10)), number(2, 1), number(3, 1), int(number(4, 64))
	return &n
}

// inversionOf is the value of a row in a recipe.
func inversionOf(v *Value, r *metadata.Recipe) string {
	var q Request
	if q.Inversion = inversionIn(r); q.Inversion == nil {
		return ""
	}
	return v.get(&q)
}
