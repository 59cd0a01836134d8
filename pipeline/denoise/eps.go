package denoise

// Epsilon: the network predicts the noise ε of x = clean + σ·ε, so clean = x − σ·ε
// (Ho et al. 2020; SD 1.x, SDXL).
var Epsilon = Space{
	Name:  "epsilon",
	In:    variancePreserving,
	Clean: func(sigma float64) (x, raw float64) { return 1, -sigma },
}
