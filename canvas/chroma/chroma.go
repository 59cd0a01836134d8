// Package chroma brings the chroma of YCbCr pictures to the size of their luma as other
// programs do: by a triangle filter, not by repeating samples.
//
// Start at JPEG and WebP (rgb.go): a stretch of one row at a time as RGBA, so that a photo of
// 24 megapixels stays in its compact form (36 MB in 4:2:0).
//
// The filters are those of the formats' own libraries, with their rounding: "fancy
// upsampling" of libjpeg (jdsample.c) and of libwebp (src/dsp/upsampling.c). A chroma sample
// lies between the pixels it is for; a pixel takes 3/4 of the nearest sample and 1/4 of the
// next, in each direction that is halved. Other ratios are repeated, as they do it.
//
// 2026-11-27: Go's image.YCbCr repeats samples, which was up to 101 of 255 off at coloured
// edges and changed pixels that nobody had touched.
package chroma

import "image"

// rowJPEG writes the chroma of the pixels x0 ≤ x < x1 of row y, as libjpeg does, to cb and
// cr, which are as long. x and y are m's coordinates, inside m.Rect.
func rowJPEG(m *image.YCbCr, x0, x1, y int, cb, cr []byte) {
	h, v := halves(m.SubsampleRatio)
	p := span(m, y, v)
	switch {
	case h && p.last-p.first < 2: // libjpeg repeats up to two samples
		repeat(m, x0, x1, y, cb, cr)
	case h && v:
		for _, c := range []struct{ pix, out []byte }{{m.Cb, cb}, {m.Cr, cr}} {
			both(c.pix[p.near:], c.pix[p.far:], p.first, p.last, x0, x1, c.out)
		}
	case h:
		across(m.Cb[p.near:], p.first, p.last, x0, x1, cb)
		across(m.Cr[p.near:], p.first, p.last, x0, x1, cr)
	case v:
		at := x0 - p.first
		down(m.Cb[p.near+at:], m.Cb[p.far+at:], 1+y&1, cb[:x1-x0])
		down(m.Cr[p.near+at:], m.Cr[p.far+at:], 1+y&1, cr[:x1-x0])
	default:
		repeat(m, x0, x1, y, cb, cr)
	}
}

// rowWebP is rowJPEG as libwebp does it, for 4:2:0.
func rowWebP(m *image.YCbCr, x0, x1, y int, cb, cr []byte) {
	if m.SubsampleRatio != image.YCbCrSubsampleRatio420 {
		repeat(m, x0, x1, y, cb, cr)
		return
	}
	p := span(m, y, true)
	webp(m.Cb[p.near:], m.Cb[p.far:], p.first, p.last, x0, x1, cb)
	webp(m.Cr[p.near:], m.Cr[p.far:], p.first, p.last, x0, x1, cr)
}

// halves says in which directions there is half as much chroma.
func halves(r image.YCbCrSubsampleRatio) (across, down bool) {
	switch r {
	case image.YCbCrSubsampleRatio420:
		return true, true
	case image.YCbCrSubsampleRatio422:
		return true, false
	case image.YCbCrSubsampleRatio440:
		return false, true
	}
	return false, false
}

// rows are where a row's chroma begins: the row nearest to it and the next one, which at an
// edge is the same, and the samples of a row by their number.
type rows struct{ near, far, first, last int }

func span(m *image.YCbCr, y int, halved bool) rows {
	h, _ := halves(m.SubsampleRatio)
	r := rows{first: m.Rect.Min.X, last: m.Rect.Max.X - 1}
	if h {
		r.first, r.last = r.first/2, r.last/2
	}
	top, bottom, near, far := m.Rect.Min.Y, m.Rect.Max.Y-1, y, y
	if halved {
		top, bottom, near = top/2, bottom/2, y/2
		far = max(top, min(near-1+2*(y&1), bottom))
	}
	r.near, r.far = (near-top)*m.CStride, (far-top)*m.CStride
	return r
}

// next is the sample that a pixel takes a quarter of; at an edge it is the pixel's own.
func next(x, first, last int) int { return max(first, min(x/2-1+2*(x&1), last)) - first }

// both is libjpeg's h2v2_fancy_upsample.
func both(near, far []byte, first, last, x0, x1 int, out []byte) {
	sum := func(i int) int { return 3*int(near[i]) + int(far[i]) }
	x := x0
	for ; x < x1 && x/2 <= first; x++ {
		out[x-x0] = byte((3*sum(0) + sum(next(x, first, last)) + 8 - x&1) >> 4)
	}
	if x < x1 && x&1 == 1 {
		i := x/2 - first
		out[x-x0] = byte((3*sum(i) + sum(next(x, first, last)) + 7) >> 4)
		x++
	}
	// The inner pixels, two at a time: they are nearly all.
	if pairs := min(x1/2, last) - x/2; pairs > 0 {
		i := x/2 - first
		n, f, o := near[i-1:][:pairs+2], far[i-1:][:pairs+2], out[x-x0:][:2*pairs]
		before, here := 3*int(n[0])+int(f[0]), 3*int(n[1])+int(f[1])
		for k := range pairs {
			after := 3*int(n[k+2]) + int(f[k+2])
			o[2*k], o[2*k+1] = byte((3*here+before+8)>>4), byte((3*here+after+7)>>4)
			before, here = here, after
		}
		x += 2 * pairs
	}
	for ; x < x1; x++ {
		out[x-x0] = byte((3*sum(x/2-first) + sum(next(x, first, last)) + 8 - x&1) >> 4)
	}
}

// across is libjpeg's h2v1_fancy_upsample.
func across(line []byte, first, last, x0, x1 int, out []byte) {
	for x := x0; x < x1; x++ {
		out[x-x0] = byte((3*int(line[x/2-first]) + int(line[next(x, first, last)]) + 1 + x&1) >> 2)
	}
}

// down is libjpeg's h1v2_fancy_upsample.
func down(near, far []byte, bias int, out []byte) {
	for i := range out {
		out[i] = byte((3*int(near[i]) + int(far[i]) + bias) >> 2)
	}
}

// webp is libwebp's upsampling. At an edge both samples are the same, which gives its
// formula of the edge.
func webp(near, far []byte, first, last, x0, x1 int, out []byte) {
	for x := x0; x < x1; x++ {
		i, k := x/2-first, next(x, first, last)
		a, b, c, d := int(near[i]), int(near[k]), int(far[i]), int(far[k])
		out[x-x0] = byte(((a+3*b+3*c+d+8)>>3 + a) >> 1)
	}
}

func repeat(m *image.YCbCr, x0, x1, y int, cb, cr []byte) {
	for x := x0; x < x1; x++ {
		i := m.COffset(x, y)
		cb[x-x0], cr[x-x0] = m.Cb[i], m.Cr[i]
	}
}
