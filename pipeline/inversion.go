package pipeline

import (
	"context"
	"fmt"
	"math"

	"pentimento/pipeline/sampler"
	"pentimento/pipeline/tensor"
)

// Inversion begins the refining of a picture on the noise that the network itself finds in it, so that the picture comes out close
// to what it was, and fresh noise goes where it is busy. It is the noise inversion of pkuliyi2015's extension of tiled diffusion (img2imgalt
// with the sigmas adjusted); here it acts without tiles, too, and with any sampler, where the extension takes Euler, and
// what a model of velocities predicts is taken for what it is.
type Inversion struct {
	On      bool    `json:"on"`
	Steps   int     `json:"steps"`   // evaluations from the picture to the noise
	Retouch float64 `json:"retouch"` // the network's timesteps are divided by it: above 1 it takes the picture for cleaner
	Renoise float64 `json:"renoise"` // how much fresh noise goes where the picture is busy, 0 to 2
	Kernel  int     `json:"kernel"`  // side in px of what decides where that is
}

// usualInversion are the extension's numbers.
var usualInversion = Inversion{Steps: 10, Retouch: 1, Renoise: 1, Kernel: 64}

// mostNoise is the noise level above which a model's last steps are so far apart (zero terminal SNR goes to some 4,500) that the network
// can't be shown what was found at one as if it were at the next: it would take it for no noise at all.
const mostNoise = 100

// mostFresh is how much fresh noise what was found so may be mixed with: with more the two begin too differently, and the picture is
// lost (a small photograph by the Starter at strength 0.8: 26 dB with none, 15 at 0.5, 5 at 1, where the extension's way has 13 to 15).
const mostFresh = 0.5

// inversion is the request's, where it is on.
func (q Request) inversion() *Inversion {
	if q.Inversion == nil || !q.Inversion.On {
		return nil
	}
	return q.Inversion
}

// inverts says whether a pass begins on the noise that is found: a first one, on a picture, of a model whose noise is added to it.
func (r *run) inverts(w work, latent *tensor.Tensor) bool {
	return r.model.Space.Path == sampler.Exploding && r.req.inversion() != nil && latent != nil && w.picture != nil && !w.again && r.task.Needs.Picture
}

// inverted is the noise of a run that begins on a latent at sigma, the first of a whole run: what plain, the prompt's prediction, finds in it,
// and noise where the picture is busy.
func (r *run) inverted(ctx context.Context, w work, plain sampler.Denoiser, levels *sampler.Levels, latent, noise *tensor.Tensor, sigma float64) (*tensor.Tensor, error) {
	n := *r.req.inversion()
	x, at := latent, 0.0
	r.retouch = n.Retouch
	defer func() { r.retouch = 1 }()
	for i := range n.Steps {
		next := levels.Max()
		if n.Steps > 1 {
			next = levels.Sigma(float64(levels.Len()-1) * float64(i) / float64(n.Steps-1))
		}
		r.now.Stage = fmt.Sprintf("finding the picture's noise, step %d of %d", i+1, n.Steps)
		r.report(r.now)
		level := next // as in the extension
		if levels.Max() > mostNoise && n.Renoise <= mostFresh && at > 0 {
			level = at
		}
		clean, err := plain(ctx, x, level)
		if err != nil {
			return nil, err
		}
		x = tensor.Axpy(float32((next-at)/level), tensor.Axpy(-1, clean, x), x)
		at = next
	}
	found := tensor.Axpy(float32(-1/sigma), latent, tensor.Scale(float32(1/at), x))
	if w.count > 1 && found.Shape[0] == 1 {
		found = repeated(found, w.count)
	}
	if n.Renoise > 0 {
		return found, mixNoise(found, noise, busyness(w.picture, n.Kernel), n.Renoise)
	}
	return found, nil
}

// mixNoise mixes fresh noise into what was found, where maps [1 or B,1,h,w] of the size of pictures are low, by strength, and keeps the variance.
func mixNoise(found, fresh *tensor.Tensor, busy *tensor.Tensor, strength float64) error {
	h, w := found.Shape[2], found.Shape[3]
	busy, err := tensor.Resize(busy, h, w, tensor.Filter{Name: "bilinear"})
	if err != nil {
		return err
	}
	plane := h * w
	for i := range found.Data {
		picture := 0
		if busy.Shape[0] > 1 {
			picture = i / (plane * found.Shape[1])
		}
		m := min(max((1-float64(busy.Data[picture*plane+i%plane]))*strength, 0), 1)
		found.Data[i] = float32(((1-m)*float64(found.Data[i]) + m*float64(fresh.Data[i])) / math.Sqrt(m*m+(1-m)*(1-m)))
	}
	return nil
}

// busyness says of pictures [B,3,h,w] in [-1,1] where they are what a guided filter leaves of them (He et al. 2010, by a box of side px and
// 0.01), [B,1,h,w] in 0 to 1. As in the extension the difference is a byte that goes round: a place that is darker than the filter makes it is
// near 0, and gets fresh noise, a lighter one is near 1.
func busyness(pictures *tensor.Tensor, side int) *tensor.Tensor {
	b, h, w := pictures.Shape[0], pictures.Shape[2], pictures.Shape[3]
	out := tensor.New(b, 1, h, w)
	for i := range b {
		rgb := pictures.Batch(i, i+1).Data
		grey := make([]float64, h*w)
		for k := range grey {
			level := func(c int) int {
				return int(math.Round(min(max((float64(rgb[c*h*w+k])+1)/2, 0), 1) * 255))
			}
			grey[k] = float64((19595*level(0)+38470*level(1)+7471*level(2)+1<<15)>>16) / 255
		}
		square := make([]float64, len(grey))
		for k, v := range grey {
			square[k] = v * v
		}
		mean, squares := boxMean(grey, w, h, side), boxMean(square, w, h, side)
		slope, offset := make([]float64, len(grey)), make([]float64, len(grey))
		for k := range grey {
			variance := squares[k] - mean[k]*mean[k]
			slope[k] = variance / (variance + 0.01)
			offset[k] = mean[k] * (1 - slope[k])
		}
		for k, v := range grey {
			left := int((slope[k]*v + offset[k] - v) * 255)
			out.Data[i*h*w+k] = float32(uint8(left)) / 255
		}
	}
	return out
}

// boxMean is the mean over a square of side px around each place; beyond the sides the picture is mirrored about its last pixels.
func boxMean(v []float64, w, h, side int) []float64 {
	across := func(in []float64, n, lines, step, line int) []float64 {
		out := make([]float64, len(in))
		for l := range lines {
			sum := 0.0
			at := func(i int) float64 { return in[l*line+mirrored(i, n)*step] }
			for i := -(side / 2); i < side-side/2; i++ {
				sum += at(i)
			}
			for i := range n {
				out[l*line+i*step] = sum / float64(side)
				sum += at(i+side-side/2) - at(i-side/2)
			}
		}
		return out
	}
	return across(across(v, w, h, 1, w), h, w, w, 1)
}

// mirrored is a place of n, for one beyond them.
func mirrored(i, n int) int {
	if n == 1 {
		return 0
	}
	i = ((i % (2*n - 2)) + 2*n - 2) % (2*n - 2)
	return min(i, 2*n-2-i)
}

func inversionAt(q *Request) **Inversion { return &q.Inversion }

// inversionSettings are those of a noise inversion.
var inversionSettings = []Setting{
	{ID: "inversion", Name: "Noise inversion", Flag: "inversion", Help: "begin to refine a picture on the noise that the network finds in it, which keeps the picture close to what it was: for enlarged pictures and low strengths; it costs one evaluation a step more", Panel: Folded,
		recall: inversionOf, Resets: true, Default: "false", Tasks: func(t TaskRow) bool { return t.Needs.Picture },
		Value: partYesNo(inversionAt, usualInversion, func(n *Inversion) *bool { return &n.On })},
	inversionRow("steps", "steps", "in how many steps it is found; 10 is usual", "10", partNumber(inversionAt, usualInversion, func(n *Inversion) *int { return &n.Steps }, 1, 200, Slider{1, 60, 1, ""})),
	inversionRow("retouch", "retouch", "above 1 the network takes the picture for cleaner than it is and changes more", "1", partNumber(inversionAt, usualInversion, func(n *Inversion) *float64 { return &n.Retouch }, 1, 100, Slider{1, 10, 0.1, ""})),
	inversionRow("renoise", "renoise", "how much fresh noise goes where the picture is busy, so that details aren't lost: 1 is usual, 0 none", "1", partNumber(inversionAt, usualInversion, func(n *Inversion) *float64 { return &n.Renoise }, 0, 2, Slider{0, 2, 0.05, ""})),
	inversionRow("kernel", "kernel", "side in pixels of the square that decides where it is busy; 64 is usual", "64", partNumber(inversionAt, usualInversion, func(n *Inversion) *int { return &n.Kernel }, 2, 512, Slider{2, 256, 1, "px"})),
}

func inversionRow(id, label, help, usual string, v Value) Setting {
	return Setting{ID: "inversion_" + id, Name: "Noise inversion: " + label, Label: "… " + label, Flag: "inversion-" + id, Help: "of noise inversion: " + help, Panel: Folded,
		recall: inversionOf, Resets: true, Default: usual, When: func(q Request) bool { return q.inversion() != nil }, Tasks: func(t TaskRow) bool { return t.Needs.Picture }, Value: v}
}
