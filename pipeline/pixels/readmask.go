package pixels

import (
	"fmt"
	"image"

	"pentimento/fault"
)

// most is how far the channels of a grey pixel may lie apart: JPEG blurs colours.
const most = 24

// The values of a lossy mask that count as 0: a JPEG rings this far around an edge. A mask
// that is nowhere brighter than faint isn't a mask but numbers of labels, or noise.
const (
	ringing = 24
	faint   = 16
)

// MaskOf reads a picture as a mask: 0 keeps, 255 repaints. A pixel counts as bright as it is
// seen on black, brightness × alpha; where all that is visible has one colour, the mask is
// what is visible, alpha. note, where not empty, says in a sentence what was taken otherwise
// than it stands. Colours are refused: what they mean is anybody's guess; and so is a mask
// in which nothing is brighter than 16 of 255, unless it has two values only (0 and 1 of a
// label mask, which is scaled). img may be a SubImage with any origin; it is not written.
func MaskOf(img *image.NRGBA) (m *image.Alpha, note string, err error) {
	m = image.NewAlpha(img.Rect)
	if visibleColour(img) {
		eachPixel(img, func(i int, p []uint8) { m.Pix[i] = p[3] })
	} else {
		eachPixel(img, func(i int, p []uint8) {
			if err == nil && p[3] > 0 && max(p[0], p[1], p[2])-min(p[0], p[1], p[2]) > most {
				w := img.Rect.Dx()
				err = fault.New(fmt.Sprintf("mask: pixel %d,%d has the colour #%02x%02x%02x, want grey, or alpha", i%w, i/w, p[0], p[1], p[2]),
					"paint white on black, or paint on a transparent picture")
			}
			m.Pix[i] = uint8((int(grey(p))*int(p[3]) + 127) / 255)
		})
	}
	if err != nil {
		return nil, "", err
	}
	note, err = clean(m)
	if err != nil {
		return nil, "", err
	}
	return m, note, nil
}

// grey is a pixel's brightness by the weights of BT.601, as image/color's.
func grey(p []uint8) uint8 {
	return uint8((19595*uint32(p[0]) + 38470*uint32(p[1]) + 7471*uint32(p[2]) + 1<<15) >> 16)
}

// visibleColour says whether a picture has transparent pixels and one colour where it has
// not: what was painted on an empty layer.
func visibleColour(img *image.NRGBA) bool {
	var colour [3]uint8
	seen, same, clear := false, true, false
	eachPixel(img, func(_ int, p []uint8) {
		clear = clear || p[3] < 255
		switch {
		case p[3] == 0:
		case !seen:
			colour, seen = [3]uint8(p), true
		case colour != [3]uint8(p):
			same = false
		}
	})
	return clear && same
}

func eachPixel(img *image.NRGBA, visit func(i int, p []uint8)) {
	w := img.Rect.Dx()
	for y := range img.Rect.Dy() {
		row := img.Pix[y*img.Stride:][:4*w]
		for x := range w {
			visit(y*w+x, row[4*x:4*x+4])
		}
	}
}

// clean takes the noise of lossy files out of a mask and scales one of labels.
func clean(m *image.Alpha) (note string, err error) {
	var count [256]int
	for _, v := range m.Pix {
		count[v]++
	}
	brightest, values, low, middle := 0, 0, 0, 0
	for v, n := range count {
		switch {
		case n == 0:
			continue
		case v > 0 && v <= faint:
			low += n
		case v > faint && v < 255-faint:
			middle += n
		}
		brightest, values = v, values+1
	}
	switch {
	case brightest == 0: // the engines say that nothing is masked
	case brightest <= faint && values <= 2 && count[0] > 0:
		for i, v := range m.Pix {
			if v > 0 {
				m.Pix[i] = 255
			}
		}
		return fmt.Sprintf("the mask holds 0 and %d only: it is read as 0 and 255", brightest), nil
	case brightest <= faint:
		return "", fault.New(fmt.Sprintf("mask: its brightest pixel is %d of 255, want 255", brightest), "paint what you want to replace in white")
	case low > middle && rough(m): // more than the foot of a soft edge, which is smooth besides
		for i, v := range m.Pix {
			if v <= ringing {
				m.Pix[i] = 0
			}
		}
		return fmt.Sprintf("the mask isn't clean, as after a JPEG: values up to %d count as 0", ringing), nil
	case brightest < 128:
		return fmt.Sprintf("the mask's brightest pixel is %d of 255: nothing is replaced fully", brightest), nil
	}
	return "", nil
}

// rough says whether the low values of a mask go up and down, as what a JPEG leaves does, and
// not evenly, as the foot of a blur: by the mean bend of three of them in a row.
func rough(m *image.Alpha) bool {
	bend, n, w := 0, 0, m.Rect.Dx()
	for i := 1; i+1 < len(m.Pix); i++ {
		a, b, c := int(m.Pix[i-1]), int(m.Pix[i]), int(m.Pix[i+1])
		if i%w == 0 || i%w == w-1 || a+b+c == 0 || max(a, b, c) > ringing {
			continue
		}
		d := a - 2*b + c
		bend, n = bend+max(d, -d), n+1
	}
	return bend > n
}

// Erased is the mask of what a picture lacks: 255 where it is transparent.
func Erased(img *image.NRGBA) *image.Alpha {
	m := image.NewAlpha(img.Rect)
	eachPixel(img, func(i int, p []uint8) { m.Pix[i] = 255 - p[3] })
	return m
}

// Invert turns a mask over in place.
func Invert(m *image.Alpha) {
	for i := range m.Pix {
		m.Pix[i] = 255 - m.Pix[i]
	}
}
