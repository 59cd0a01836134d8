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

	// Layers are what Image is made of, the lowest first, where a task makes several (Background).
	Layers []*image.NRGBA
	// Previews are what previews took; their time is within Steps.
	Previews Previews
}

// Previews says how a run's pictures were shown while they were made, and what it took.
type Previews struct {
	By      string  // the small decoder's file; "": the latent's own colours
	Shown   int     // how many
	Seconds float64 // all together
}

// OfStep is what one preview of a run cost as a share of one step, 0 where none was shown.
func (p Previews) OfStep(steps []float64) float64 {
	own := -p.Seconds
	for _, s := range steps {
		own += s
	}
	if p.Shown == 0 || own <= 0 {
		return 0
	}
	return p.Seconds / float64(p.Shown) / (own / float64(len(steps)))
}

// join adds what a run within another showed.
func (p *Previews) join(o Previews) {
	if p.Shown += o.Shown; o.By != "" {
		p.By = o.By
	}
	p.Seconds += o.Seconds
}

// Timing is one stage's wall time.
type Timing struct {
	Stage   string  `json:"stage"`
	Seconds float64 `json:"seconds"`
}
