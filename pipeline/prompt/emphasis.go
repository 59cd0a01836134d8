package prompt

import "fmt"

// Emphasis is how weights act on a text encoder's output.
type Emphasis int

// The ways, under A1111's names, and ComfyUI's.
const (
	Original  Emphasis = iota // times the weight, then scaled back to the old mean
	NoNorm                    // times the weight
	Ignore                    // weights are read and not used
	FromEmpty                 // ComfyUI: away from the encoding of an empty text
)

// ParseEmphasis reads A1111's setting ("Original", "No norm", "Ignore"). "None" means
// DialectPlain in Options, together with Ignore here.
func ParseEmphasis(name string) (Emphasis, error) {
	for e, n := range []string{"Original", "No norm", "Ignore", "From empty"} {
		if n == name {
			return Emphasis(e), nil
		}
	}
	switch name {
	case "":
		return Original, nil
	case "None":
		return Ignore, nil
	}
	return 0, fmt.Errorf("prompt: emphasis %q is not known, want Original, No norm, Ignore or None", name)
}

// Apply weighs one chunk's encoding z [tokens, width] in place. empty is the encoding of
// an empty text, of z's shape; only FromEmpty reads it.
func (e Emphasis) Apply(z []float32, weights []float64, empty []float32) error {
	if len(weights) == 0 || len(z)%len(weights) != 0 || e == FromEmpty && len(empty) != len(z) {
		return fmt.Errorf("prompt: %d weights for %d values, and %d of an empty text", len(weights), len(z), len(empty))
	}
	if e == Ignore {
		return nil
	}
	width, before := len(z)/len(weights), mean(z)
	for t, w := range weights {
		if w == 1 {
			continue
		}
		row := z[t*width : (t+1)*width]
		for i, v := range row {
			if e == FromEmpty {
				zero := float64(empty[t*width+i])
				row[i] = float32((float64(v)-zero)*w + zero)
			} else {
				row[i] = float32(float64(v) * w)
			}
		}
	}
	if e == Original {
		after := mean(z)
		if f := before / after; after != 0 && f-f == 0 {
			for i, v := range z {
				z[i] = float32(float64(v) * f)
			}
		}
	}
	return nil
}

func mean(z []float32) float64 {
	var sum float64
	for _, v := range z {
		sum += float64(v)
	}
	return sum / float64(len(z))
}
