package psd

import (
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
)

// Composite is the flattened picture: *image.Gray, *image.Gray16, *image.NRGBA,
// *image.NRGBA64, *image.Paletted, or *image.CMYK, inks of 8 bits. There is one where Merged
// says so.
func (d *Document) Composite() (image.Image, error) {
	n := d.colours()
	alpha := d.alpha && d.channels > n
	if alpha {
		n++
	}
	planes, err := d.mergedPlanes(n)
	if err != nil {
		return nil, err
	}
	r := image.Rect(0, 0, d.Width, d.Height)
	switch {
	case d.mode == bitmap:
		return d.bits(planes[0]), nil
	case d.mode == indexed:
		return d.indexed(planes[0]), nil
	case d.mode == cmyk:
		img := image.NewCMYK(r)
		for i := range img.Pix { // inks are stored turned over
			img.Pix[i] = 255 - d.sample(planes[i%4], i/4)
		}
		return img, nil
	case d.colours() == 1 && !alpha && d.Depth == 8:
		return &image.Gray{Pix: planes[0], Stride: d.Width, Rect: r}, nil
	case d.colours() == 1 && !alpha:
		return &image.Gray16{Pix: planes[0], Stride: 2 * d.Width, Rect: r}, nil
	case d.Depth == 16:
		return d.deep(planes, alpha), nil
	}
	img := image.NewNRGBA(r)
	for i := range d.Width * d.Height {
		p := img.Pix[4*i : 4*i+4]
		a := uint8(255)
		if alpha {
			a = planes[n-1][i]
		}
		for k := range 3 {
			p[k] = unmatted8(planes[min(k, d.colours()-1)][i], a)
		}
		p[3] = a
	}
	return img, nil
}

// unmatted8 takes the white out of a colour that was laid on it, as the flattened picture is
// stored.
func unmatted8(v, a uint8) uint8 {
	if a == 255 || a == 0 {
		return v
	}
	return uint8(max(0, 255-(255*(255-int(v))+int(a)/2)/int(a)))
}

// deep is the picture of 16 bits.
func (d *Document) deep(planes [][]byte, alpha bool) image.Image {
	img := image.NewNRGBA64(image.Rect(0, 0, d.Width, d.Height))
	for i := range d.Width * d.Height {
		p := img.Pix[8*i : 8*i+8]
		a := 65535
		if alpha {
			a = int(binary.BigEndian.Uint16(planes[len(planes)-1][2*i:]))
		}
		for k := range 3 {
			v := int(binary.BigEndian.Uint16(planes[min(k, d.colours()-1)][2*i:]))
			if a != 65535 && a != 0 {
				v = max(0, 65535-(65535*(65535-v)+a/2)/a)
			}
			binary.BigEndian.PutUint16(p[2*k:], uint16(v))
		}
		binary.BigEndian.PutUint16(p[6:], uint16(a))
	}
	return img
}

// bits is a picture of black (1) and white.
func (d *Document) bits(plane []byte) image.Image {
	img := image.NewGray(image.Rect(0, 0, d.Width, d.Height))
	row := d.rowBytes(d.Width)
	for y := range d.Height {
		for x := range d.Width {
			if plane[y*row+x/8]&(0x80>>(x&7)) == 0 {
				img.Pix[y*img.Stride+x] = 255
			}
		}
	}
	return img
}

func (d *Document) indexed(plane []byte) image.Image {
	p := make(color.Palette, 256)
	for i := range p {
		c := color.NRGBA{d.palette[i], d.palette[256+i], d.palette[512+i], 255}
		if i == d.clear {
			c = color.NRGBA{}
		}
		p[i] = c
	}
	return &image.Paletted{Pix: plane, Stride: d.Width, Rect: image.Rect(0, 0, d.Width, d.Height), Palette: p}
}

// sample is value i of a plane as 8 bits, rounded.
func (d *Document) sample(plane []byte, i int) uint8 {
	if d.Depth == 16 {
		return uint8((uint32(binary.BigEndian.Uint16(plane[2*i:]))*255 + 32767) / 65535)
	}
	return plane[i]
}

// Each hands out the layers and groups, the lowest first, a group just above what is in it; 16
// bits are rounded to 8. It ends with the error that visit returns. A layer that is damaged is
// handed to broken in its place.
func (d *Document) Each(visit func(Layer) error, broken func(name string, err error)) error {
	for i := range d.layers {
		rec := &d.layers[i]
		l := Layer{Name: rec.name, Visible: rec.visible, Opacity: rec.opacity, Blend: rec.blend, Index: i, In: rec.in, Clipped: rec.clipped,
			PassThrough: rec.blend == "pass", Collapsed: rec.section == 2, MaskOutside: rec.maskOut, MaskOff: rec.maskOff,
			LockAlpha: rec.locks&1 != 0, LockPixels: rec.locks&2 != 0, LockPosition: rec.locks&4 != 0}
		var err error
		if !rec.group {
			l.Pixels, err = d.pixels(rec)
		}
		if err == nil {
			l.Mask, err = d.maskOf(rec)
		}
		if err != nil && !rec.group {
			broken(rec.name, err)
			continue
		}
		if err := visit(l); err != nil {
			return err
		}
	}
	return nil
}

func (d *Document) pixels(rec *record) (*image.NRGBA, error) {
	w, h := rec.rect.Dx(), rec.rect.Dy()
	planes := make([][]byte, d.colours()+1) // alpha is the last
	for _, c := range rec.channels {
		at := c.id
		switch {
		case c.id == -1:
			at = d.colours()
		case c.id < 0 || c.id >= d.colours():
			continue
		}
		var err error
		if planes[at], err = d.plane(c.data, w, h); err != nil {
			return nil, err
		}
	}
	for _, p := range planes[:d.colours()] {
		if p == nil {
			return nil, fmt.Errorf("a channel is missing")
		}
	}
	img := image.NewNRGBA(rec.rect)
	for i := range w * h {
		p := img.Pix[4*i : 4*i+4]
		p[3] = 255
		if a := planes[d.colours()]; a != nil {
			p[3] = d.sample(a, i)
		}
		p[0], p[1], p[2] = d.colour(planes, i)
	}
	return img, nil
}

// maskOf is a layer's mask, nil where it has none. One without pixels is all outside.
func (d *Document) maskOf(rec *record) (*image.Alpha, error) {
	if !rec.masked {
		return nil, nil
	}
	out := image.NewAlpha(rec.mask)
	for _, c := range rec.channels {
		if c.id != -2 || rec.mask.Empty() {
			continue
		}
		plane, err := d.plane(c.data, rec.mask.Dx(), rec.mask.Dy())
		if err != nil {
			return nil, fmt.Errorf("its mask: %w", err)
		}
		for i := range out.Pix {
			out.Pix[i] = d.sample(plane, i)
		}
		return out, nil
	}
	return image.NewAlpha(image.Rectangle{}), nil
}

// colour is a layer's pixel as RGB.
func (d *Document) colour(planes [][]byte, i int) (r, g, b uint8) {
	switch d.colours() {
	case 1:
		v := d.sample(planes[0], i)
		if d.mode == indexed {
			return d.palette[v], d.palette[256+int(v)], d.palette[512+int(v)]
		}
		return v, v, v
	case 3:
		return d.sample(planes[0], i), d.sample(planes[1], i), d.sample(planes[2], i)
	}
	c, m, y, k := 255-d.sample(planes[0], i), 255-d.sample(planes[1], i), 255-d.sample(planes[2], i), 255-d.sample(planes[3], i)
	if d.convert != nil {
		return d.convert(c, m, y, k)
	}
	return color.CMYKToRGB(c, m, y, k)
}
