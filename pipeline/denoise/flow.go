package denoise

import "pentimento/pipeline/sampler"

// Flow: the network predicts the velocity v = ε − clean of x = (1−σ)·clean + σ·ε, so
// clean = x − σ·v (Lipman et al. 2023, arXiv:2210.02747; SD3, Flux, Z-Image). It sees x as
// it is and is given σ·1000; a network that counts otherwise turns that itself.
var Flow = Space{
	Name:  "flow",
	Path:  sampler.Straight,
	In:    func(float64) float64 { return 1 },
	Time:  func(sigma float64) float64 { return 1000 * sigma },
	Clean: func(sigma float64) (x, raw float64) { return 1, -sigma },
}
