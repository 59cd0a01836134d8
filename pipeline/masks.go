package pipeline

import (
	"image"
	"math"

	"pentimento/pipeline/pixels"
	"pentimento/pipeline/region"
	"pentimento/pipeline/tensor"
)

// masks are those of one run, all over the run's place.
type masks struct {
	selection *image.Alpha // what was asked for, and what an outpaint bites off
	denoise   *image.Alpha // how much of each pixel the network may repaint
	composite *image.Alpha // how the result is laid back: 0 keeps the pixel bit for bit
	fill      *image.Alpha // what the infill before denoising covers
	most      *image.Alpha // what composite is where its fade ends; nil: it has none that stays inside
}

// masksFor makes the masks of a run from what is selected of img (equal bounds). Blank
// pixels hold nothing to keep: the network may paint them all, and of the result only
// what was selected is laid back, so that no fringe appears on blank canvas.
func (q Request) masksFor(img *image.NRGBA, selection *image.Alpha, fade region.Fade) masks {
	m := masks{selection: selection}
	if q.Inside {
		m.composite, m.fill = region.FadeFitting(img, selection, q.Feather), selection
		m.denoise, m.most = pixels.CloneMask(selection), selection
	} else {
		all := fade.Expand(selection)
		m.denoise, m.composite, m.fill = all.Denoise, all.Composite, all.Fill
		if fade.Soft > 0 { // the two masks are one there
			m.composite = pixels.CloneMask(m.composite)
		}
	}
	eachPixel(img, func(i, alpha int) {
		if alpha == 0 {
			m.denoise.Pix[i] = 255
		}
		m.composite.Pix[i] = overBlank(m.composite.Pix[i], selection.Pix[i], alpha)
	})
	return m
}

// followed makes of the masks those of a run that opens a mask step by step by how much of each
// place may change: what may change a little begins as it is, and is laid back whole.
func (p *patch) followed(q Request) {
	p.fill = region.AtLeast(p.fill, region.FullCover)
	if !q.Inside {
		return // it is laid back whole as it is
	}
	p.most = region.Lifted(p.selection)
	p.composite = region.FadeFitting(p.old, p.most, q.Feather)
	eachPixel(p.old, func(i, alpha int) {
		p.composite.Pix[i] = overBlank(p.composite.Pix[i], p.selection.Pix[i], alpha)
		p.most.Pix[i] = overBlank(p.most.Pix[i], p.selection.Pix[i], alpha)
	})
}

// overBlank limits how a new pixel is laid over one of the given alpha: what is beyond
// the selection fades with the picture that is there.
func overBlank(composite, selected uint8, alpha int) uint8 {
	if alpha == 255 || composite <= selected {
		return composite
	}
	return selected + uint8(int(composite-selected)*alpha/255)
}

// eachPixel calls do for every pixel of a picture with its index in a mask of the same
// bounds, made by image.NewAlpha, and its alpha.
func eachPixel(img *image.NRGBA, do func(i, alpha int)) {
	w := img.Rect.Dx()
	for y := range img.Rect.Dy() {
		row := img.Pix[y*img.Stride:][:4*w]
		for x := range w {
			do(y*w+x, int(row[4*x+3]))
		}
	}
}

// changed is the composite mask of soft inpainting: from [1,1,h,w] at latent size
// (denoise.SoftComposite) to the run's place, smoothed, within what the network might
// paint; selected blank pixels are laid in any case.
func (m masks) changed(img *image.NRGBA, soft *tensor.Tensor) *image.Alpha {
	small := image.NewAlpha(image.Rect(0, 0, soft.Shape[3], soft.Shape[2]))
	for i, v := range soft.Data {
		small.Pix[i] = uint8(math.Round(255 * float64(min(max(v, 0), 1))))
	}
	out := region.Gauss(stretched(small, m.denoise.Rect), 9)
	eachPixel(img, func(i, alpha int) {
		if m.denoise.Pix[i] == 0 {
			out.Pix[i] = 0
		}
		blank := int(m.selection.Pix[i]) * (255 - alpha) / 255
		out.Pix[i] = max(overBlank(out.Pix[i], m.selection.Pix[i], alpha), uint8(blank))
	})
	return out
}

// stretched scales a mask to r, bilinearly.
func stretched(m *image.Alpha, r image.Rectangle) *image.Alpha {
	out := image.NewAlpha(r)
	w, h := m.Rect.Dx(), m.Rect.Dy()
	at := func(n, to, i int) (int, int, int) { // two sources and the share of the second, of 256
		p := max(0, (2*i+1)*n*128/to-128)
		a := min(p>>8, n-1)
		return a, min(a+1, n-1), p & 255
	}
	for y := range r.Dy() {
		y0, y1, fy := at(h, r.Dy(), y)
		top, low := m.Pix[y0*m.Stride:], m.Pix[y1*m.Stride:]
		row := out.Pix[y*out.Stride:]
		for x := range r.Dx() {
			x0, x1, fx := at(w, r.Dx(), x)
			a := int(top[x0])*(256-fx) + int(top[x1])*fx
			b := int(low[x0])*(256-fx) + int(low[x1])*fx
			row[x] = uint8((a*(256-fy) + b*fy + 1<<15) >> 16)
		}
	}
	return out
}

// softMask is a mask at latent size as [1,1,h,w], 0 keep to 1 paint: every latent place
// takes the largest of the pixels it covers, so that no painted pixel is lost.
func softMask(m *image.Alpha, size image.Point) *tensor.Tensor {
	small := scaleMask(m, size)
	t := tensor.New(1, 1, size.Y, size.X)
	for i, v := range small.Pix {
		t.Data[i] = float32(v) / 255
	}
	return t
}
