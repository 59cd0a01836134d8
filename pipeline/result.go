package pipeline

import "image"

// Progress is reported from the goroutine of Run, at most a few times a second.
type Progress struct {
	Stage    string       // for people: "level 3 of 5", "step 4 of 20"
	Fraction float64      // 0..1, never falling
	Preview  *image.NRGBA // nil or the picture so far, in canvas pixels
	Notice   string       // mostly empty: a plain message, such as a device that failed
}

// Result is a finished picture and where it may differ from what was read.
type Result struct {
	// Image has the bounds of Request.Image (of Frame when that was nil): the finished
	// picture of the whole context. Where Mask is 0 it is bit-identical to Request.Image.
	Image *image.NRGBA
	// Mask is the composite mask: 0 where nothing changed.
	Mask *image.Alpha
	// Request is the request as it ran: seed and sizes filled in.
	Request Request
	// Seconds per stage, in order of running.
	Timings []Timing

	// What diffusion adds. Images are the pictures of a batch, the first of them Image;
	// Seeds are theirs. Steps are the seconds of each evaluation step of all of them.
	Images []*image.NRGBA
	Seeds  []int64
	Steps  []float64
	Device string // where the denoiser ran at the end
}

// Timing is one stage's wall time.
type Timing struct {
	Stage   string  `json:"stage"`
	Seconds float64 `json:"seconds"`
}
