package pipeline

import (
	"image"
	"time"

	"pentimento/pipeline/tensor"
)

// latentRGB maps the four channels of a family's latents to red, green and blue in
// [-1, 1]: the least-squares fit that the field's tools use for previews.
var latentRGB = map[string][4][3]float32{
	"sd1":  {{0.298, 0.207, 0.208}, {0.187, 0.286, 0.173}, {-0.158, 0.189, 0.264}, {-0.184, -0.271, -0.473}},
	"sd2":  {{0.298, 0.207, 0.208}, {0.187, 0.286, 0.173}, {-0.158, 0.189, 0.264}, {-0.184, -0.271, -0.473}},
	"sdxl": {{0.3816, 0.4930, 0.5320}, {-0.3753, 0.1631, 0.1739}, {0.1770, 0.3588, -0.2048}, {-0.4350, -0.2644, -0.4289}},
}

// palette maps latents to colours: four channels and a constant.
type palette [5][3]float32

// previewShare is the largest part of a run's time that previews may take.
const previewShare = 0.03

// mayShow says whether it is time for a preview: at most five a second, and fewer where
// one costs so much that they would take more than their share.
func (r *run) mayShow(now time.Time) bool {
	rest := time.Duration(float64(r.showing) / previewShare)
	return now.Sub(r.shown) >= max(previewEvery, rest)
}

// preview is a rough picture of the first of the latents [B,4,h,w], covering place; nil
// for latents of another kind.
func (r *run) preview(latents *tensor.Tensor, place image.Rectangle) *image.NRGBA {
	began := time.Now()
	defer func() { r.shown, r.showing = time.Now(), time.Since(began) }()
	p, ok := r.model.palette()
	if !ok || len(latents.Shape) != 4 || latents.Shape[1] != 4 {
		return nil
	}
	return spreadOut(p.paint(latents), place)
}

// palette is what was learnt of this model's latents, or else its family's.
func (o *opened) palette() (palette, bool) {
	if o.learnt != nil {
		return *o.learnt, true
	}
	m, ok := latentRGB[o.Family.Name]
	var p palette
	copy(p[:], m[:])
	return p, ok
}

// paint turns the first latent of a batch into a picture of its size.
func (p palette) paint(latents *tensor.Tensor) *image.NRGBA {
	h, w := latents.Shape[2], latents.Shape[3]
	img, plane := image.NewNRGBA(image.Rect(0, 0, w, h)), w*h
	for i := range plane {
		for k := range 3 {
			v := p[4][k]
			for c := range 4 {
				v += p[c][k] * latents.Data[c*plane+i]
			}
			img.Pix[4*i+k] = uint8(min(max((v+1)*127.5+0.5, 0), 255))
		}
		img.Pix[4*i+3] = 255
	}
	return img
}

// spreadOut scales a small picture to place, bilinearly in whole numbers: a preview must
// not cost what a smoother scaler does.
func spreadOut(small *image.NRGBA, place image.Rectangle) *image.NRGBA {
	out := image.NewNRGBA(place)
	w, h, n := small.Rect.Dx(), small.Rect.Dy(), place.Dx()
	inParallel(place.Dy(), func(y int) {
		line := make([]int32, 4*w) // one row between two rows of small
		p := max(0, (2*y+1)*h*128/place.Dy()-128)
		y0 := min(p>>8, h-1)
		f := int32(p & 255)
		a, b := small.Pix[y0*small.Stride:], small.Pix[min(y0+1, h-1)*small.Stride:]
		for i := range line {
			line[i] = int32(a[i])*(256-f) + int32(b[i])*f
		}
		row := out.Pix[y*out.Stride:][:4*n]
		for x := range n {
			p := max(0, (2*x+1)*w*128/n-128)
			x0 := min(p>>8, w-1)
			g, s, t := int32(p&255), line[4*x0:], line[4*min(x0+1, w-1):]
			d := row[4*x:][:4]
			for k := range 3 {
				d[k] = uint8((s[k]*(256-g) + t[k]*g + 1<<15) >> 16)
			}
			d[3] = 255
		}
	})
	return out
}

// learn fits the palette to a picture [B,3,H,W] in [-1,1] and its latents [B,4,h,w] by
// least squares, drawn towards the family's where the picture says little. A run encodes
// its picture anyway, so that previews fit any model, fine-tuned autoencoders included.
func (o *opened) learn(latents, picture *tensor.Tensor) {
	if latents.Shape[1] != 4 || latents.Shape[0] != picture.Shape[0] {
		return
	}
	before, _ := o.palette()
	h, w := latents.Shape[2], latents.Shape[3]
	H, W := picture.Shape[2], picture.Shape[3]
	var ata [5][5]float64
	var atb [5][3]float64
	for i := range h * w { // of the first picture, the mean of each latent's square
		x, y := i%w, i/w
		v := [5]float64{4: 1}
		for c := range 4 {
			v[c] = float64(latents.Data[c*h*w+i])
		}
		var rgb [3]float64
		x0, x1, y0, y1 := x*W/w, (x+1)*W/w, y*H/h, (y+1)*H/h
		for k := range 3 {
			for yy := y0; yy < y1; yy++ {
				for _, s := range picture.Data[(k*H+yy)*W+x0 : (k*H+yy)*W+x1] {
					rgb[k] += float64(s)
				}
			}
			rgb[k] /= float64(max((x1-x0)*(y1-y0), 1))
		}
		for a := range 5 {
			for b := range 5 {
				ata[a][b] += v[a] * v[b]
			}
			for k := range 3 {
				atb[a][k] += v[a] * rgb[k]
			}
		}
	}
	pull := 0.001 * float64(h*w)
	for a := range 5 {
		ata[a][a] += pull
		for k := range 3 {
			atb[a][k] += pull * float64(before[a][k])
		}
	}
	p := solve(ata, atb)
	o.learnt = &p
}

// solve is the solution of a positive definite system, by elimination.
func solve(a [5][5]float64, b [5][3]float64) (out palette) {
	for i := range 5 {
		for j := i + 1; j < 5; j++ {
			f := a[j][i] / a[i][i]
			for k := range 5 {
				a[j][k] -= f * a[i][k]
			}
			for k := range 3 {
				b[j][k] -= f * b[i][k]
			}
		}
	}
	for i := 4; i >= 0; i-- {
		for k := range 3 {
			v := b[i][k]
			for j := i + 1; j < 5; j++ {
				v -= a[i][j] * float64(out[j][k])
			}
			out[i][k] = float32(v / a[i][i])
		}
	}
	return out
}
