package denoise

import "math"

// VPrediction: the network predicts v = (ε − σ·clean)/√(1+σ²), so that
// clean = x/(1+σ²) − v·σ/√(1+σ²) (Salimans and Ho 2022, arXiv:2202.00512; SD 2.x 768).
var VPrediction = Space{
	Name: "v",
	In:   variancePreserving,
	Clean: func(sigma float64) (x, raw float64) {
		return 1 / (1 + sigma*sigma), -sigma / math.Sqrt(1+sigma*sigma)
	},
}
