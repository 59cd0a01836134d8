package pipeline

import (
	"image"
	"slices"
	"time"

	"pentimento/pipeline/pixels"
	"pentimento/pipeline/tensor"
)

// palette maps latents to colours in [-1, 1]: a row for each channel, and a constant.
type palette [][3]float32

// previewShare is the largest part of a run's time that previews may take.
const previewShare = 0.03

// mayShow says whether it is time for a preview: at most five a second, and fewer where
// one costs so much that they would take more than their share.
func (r *run) mayShow(now time.Time) bool {
	if r.req.Where.Preview == PreviewNone {
		return false
	}
	rest := time.Duration(float64(r.showing) / previewShare)
	return now.Sub(r.shown) >= max(previewEvery, rest)
}

// previewed notes what a preview cost that began at a time, and what made it.
func (r *run) previewed(began time.Time, by string) {
	r.shown, r.showing = time.Now(), time.Since(began)
	r.showed.join(Previews{by, 1, r.showing.Seconds()})
}

// preview is a rough picture of the first of the latents [B,C,h,w], covering place; nil
// for latents of another kind.
func (r *run) preview(latents *tensor.Tensor, place image.Rectangle) *image.NRGBA {
	defer r.previewed(time.Now(), "")
	p := r.model.palette()
	if len(latents.Shape) != 4 || latents.Shape[1] != len(p)-1 {
		return nil
	}
	return spreadOut(p.paint(latents), place)
}

// palette is what was learnt of this model's latents, or else its family's.
func (o *opened) palette() palette {
	if o.learnt != nil {
		return o.learnt
	}
	p := slices.Clone(o.Family.Preview)
	if len(p) == o.Family.Latent {
		p = append(p, [3]float32{})
	}
	return p
}

// paint turns the first latent of a batch into a picture of its size.
func (p palette) paint(latents *tensor.Tensor) *image.NRGBA {
	h, w := latents.Shape[2], latents.Shape[3]
	img, plane := image.NewNRGBA(image.Rect(0, 0, w, h)), w*h
	for i := range plane {
		for k := range 3 {
			v := p[len(p)-1][k]
			for c := range p[:len(p)-1] {
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
	pixels.InParallel(place.Dy(), func(y int) {
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

// learn fits the palette to a picture [B,3,H,W] in [-1,1] and its latents [B,C,h,w] by
// least squares, drawn towards the family's where the picture says little. A run encodes
// its picture anyway, so that previews fit any model, fine-tuned autoencoders included.
func (o *opened) learn(latents, picture *tensor.Tensor) {
	before := o.palette()
	n := len(before) // the last row is the constant
	if latents.Shape[1] != n-1 || latents.Shape[0] != picture.Shape[0] {
		return
	}
	h, w := latents.Shape[2], latents.Shape[3]
	H, W := picture.Shape[2], picture.Shape[3]
	ata, atb := make([][]float64, n), make([][3]float64, n)
	for a := range ata {
		ata[a] = make([]float64, n)
	}
	v := make([]float64, n)
	for i := range h * w { // of the first picture, the mean of each latent's square
		x, y := i%w, i/w
		v[n-1] = 1
		for c := range n - 1 {
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
		for a := range n {
			for b := range n {
				ata[a][b] += v[a] * v[b]
			}
			for k := range 3 {
				atb[a][k] += v[a] * rgb[k]
			}
		}
	}
	pull := 0.001 * float64(h*w)
	for a := range n {
		ata[a][a] += pull
		for k := range 3 {
			atb[a][k] += pull * float64(before[a][k])
		}
	}
	o.learnt = solve(ata, atb)
}

// solve is the solution of a positive definite system, by elimination in place.
func solve(a [][]float64, b [][3]float64) palette {
	n := len(a)
	for i := range n {
		for j := i + 1; j < n; j++ {
			f := a[j][i] / a[i][i]
			for k := range n {
				a[j][k] -= f * a[i][k]
			}
			for k := range 3 {
				b[j][k] -= f * b[i][k]
			}
		}
	}
	out := make(palette, n)
	for i := n - 1; i >= 0; i-- {
		for k := range 3 {
			v := b[i][k]
			for j := i + 1; j < n; j++ {
				v -= a[i][j] * float64(out[j][k])
			}
			out[i][k] = float32(v / a[i][i])
		}
	}
	return out
}
