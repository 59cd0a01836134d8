package tiff

import (
	"image"
	"image/color"
	"math"
)

// decode unpacks all chunks into a picture.
func (p *page) decode() (image.Image, error) {
	out := newCanvas(p)
	across, down := p.across(), p.down()
	_, tiled := p.tags[tagTiles]
	for plane := range p.planes() {
		for i := range across * down {
			x0, y0 := i%across*p.chunkW, i/across*p.chunkH
			h := p.chunkH
			if !tiled {
				h = min(h, p.height-y0)
			}
			data, err := p.chunk(plane*across*down+i, p.chunkW, h)
			if err != nil {
				return nil, err
			}
			out.lay(data, plane, x0, y0, h)
		}
	}
	return out.finish(), nil
}

// canvas gathers the channels that count, 16 bits each: colours, then alpha.
type canvas struct {
	p        *page
	channels int // kept
	alpha    int // channel of the file, −1 for none
	pix      []uint16
	thin     []uint8  // in place of pix: one channel of 8 bits or fewer, the page's grey or index
	lut      []uint64 // of a palette
}

func newCanvas(p *page) *canvas {
	c := &canvas{p: p, channels: p.colours(), alpha: p.alpha()}
	if p.photometric == palette {
		c.lut = p.values(tagPalette)
	}
	if c.alpha >= 0 {
		c.channels++
	}
	if c.channels == 1 && !p.deep() {
		c.thin = make([]uint8, p.width*p.height)
	} else {
		c.pix = make([]uint16, p.width*p.height*c.channels)
	}
	return c
}

// lay puts the samples of one chunk, or of one channel of it, in place.
func (c *canvas) lay(data []byte, plane, x0, y0, h int) {
	p := c.p
	inChunk := p.samples
	if p.planar {
		inChunk = 1
	}
	row := p.rowBytes(p.chunkW)
	for y := range min(h, p.height-y0) {
		line := data[y*row:][:row]
		if c.thin != nil {
			c.layThin(c.thin[(y0+y)*p.width+x0:][:min(p.chunkW, p.width-x0)], line, plane, inChunk)
			continue
		}
		for x := range min(p.chunkW, p.width-x0) {
			for s := range inChunk {
				channel := plane + s
				at := channel
				if channel == c.alpha {
					at = c.channels - 1
				} else if channel >= p.colours() {
					continue
				}
				c.pix[((y0+y)*p.width+x0+x)*c.channels+at] = p.sample(line, x*inChunk+s)
			}
		}
	}
}

// layThin is a row of lay where one channel counts.
func (c *canvas) layThin(dst, line []byte, plane, inChunk int) {
	p := c.p
	if plane > 0 {
		return
	}
	turn := uint8(0)
	if p.photometric == whiteIsZero {
		turn = 0xff
	}
	if p.bits == 1 && inChunk == 1 && p.photometric != palette { // a fax: fast
		for x := range dst {
			dst[x] = uint8(int8(line[x>>3]<<(x&7))>>7) ^ turn
		}
		return
	}
	for x := range dst {
		v := p.sample(line, x*inChunk)
		if p.photometric != palette {
			v >>= 8
		}
		dst[x] = uint8(v) ^ turn
	}
}

// sample is value i of a row, brought to 16 bits (of a palette the index as it is).
func (p *page) sample(line []byte, i int) uint16 {
	if p.format == 3 {
		return unit(p.float(line, i))
	}
	switch p.bits {
	case 8:
		if p.photometric == palette {
			return uint16(line[i])
		}
		return uint16(line[i]) * 0x101
	case 16:
		return p.order.Uint16(line[2*i:])
	case 32:
		return uint16(p.order.Uint32(line[4*i:]) >> 16)
	case 10, 12, 14: // packed, the highest bit first
		at, v := i*p.bits, 0
		for k := at >> 3; k < at>>3+3; k++ {
			if v <<= 8; k < len(line) {
				v |= int(line[k])
			}
		}
		most := 1<<p.bits - 1
		return uint16((v >> (24 - p.bits - at&7) & most) * 0xffff / most)
	}
	per := 8 / p.bits
	most := 1<<p.bits - 1
	v := int(line[i/per]>>(8-p.bits*(i%per+1))) & most
	if p.photometric == palette {
		return uint16(v)
	}
	return uint16(v * 0xffff / most)
}

func (p *page) float(line []byte, i int) float64 {
	switch p.bits {
	case 16:
		return half(p.order.Uint16(line[2*i:]))
	case 32:
		return float64(math.Float32frombits(p.order.Uint32(line[4*i:])))
	}
	return math.Float64frombits(p.order.Uint64(line[8*i:]))
}

// half widens an IEEE 754 binary16.
func half(h uint16) float64 {
	sign := 1 - 2*float64(h>>15)
	e, f := int(h>>10&31), float64(h&0x3ff)/1024
	switch e {
	case 0:
		return sign * math.Ldexp(f, -14)
	case 31:
		return math.NaN()
	}
	return sign * math.Ldexp(1+f, e-15)
}

// unit brings 0 to 1 to 16 bits; what is beyond is cut off, NaN is 0.
func unit(v float64) uint16 {
	if !(v > 0) {
		return 0
	}
	return uint16(min(v, 1)*0xffff + 0.5)
}

// finish turns channels into colours with straight alpha; CMYK of 8 bits stays as it is, for
// a profile may say what it looks like.
func (c *canvas) finish() image.Image {
	p := c.p
	r := image.Rect(0, 0, p.width, p.height)
	if c.thin != nil {
		if p.photometric != palette {
			return &image.Gray{Pix: c.thin, Stride: p.width, Rect: r}
		}
		return &image.Paletted{Pix: c.thin, Stride: p.width, Rect: r, Palette: c.colours()}
	}
	if p.deep() {
		img := image.NewNRGBA64(r)
		for i := range p.width * p.height {
			img.SetNRGBA64(i%p.width, i/p.width, c.colour(i))
		}
		return img
	}
	if p.photometric == cmyk && c.alpha < 0 {
		img := image.NewCMYK(r)
		for i := range img.Pix { // channels is 4
			img.Pix[i] = uint8(c.pix[i] >> 8)
		}
		return img
	}
	img := image.NewNRGBA(r)
	for i := range p.width * p.height {
		v := c.colour(i)
		q := img.Pix[4*i:]
		q[0], q[1], q[2], q[3] = uint8(v.R>>8), uint8(v.G>>8), uint8(v.B>>8), uint8(v.A>>8)
	}
	return img
}

// colours are a palette's, 8 bits of each.
func (c *canvas) colours() color.Palette {
	n := 1 << c.p.bits
	out := make(color.Palette, n)
	for k := range out {
		out[k] = color.NRGBA{uint8(c.lut[k] >> 8), uint8(c.lut[n+k] >> 8), uint8(c.lut[2*n+k] >> 8), 255}
	}
	return out
}

func (c *canvas) colour(i int) color.NRGBA64 {
	v := c.pix[i*c.channels:][:c.channels]
	out := color.NRGBA64{A: 0xffff}
	switch c.p.photometric {
	case whiteIsZero:
		out.R = 0xffff - v[0]
		out.G, out.B = out.R, out.R
	case blackIsZero, mask:
		out.R, out.G, out.B = v[0], v[0], v[0]
	case palette: // with alpha
		n := 1 << c.p.bits
		k := int(v[0])
		out.R, out.G, out.B = uint16(c.lut[k]), uint16(c.lut[n+k]), uint16(c.lut[2*n+k])
	case cmyk: // plain ink on white; a profile would know better
		k := 0xffff - uint32(v[3])
		out.R, out.G, out.B = ink(v[0], k), ink(v[1], k), ink(v[2], k)
	default:
		out.R, out.G, out.B = v[0], v[1], v[2]
	}
	if c.alpha < 0 {
		return out
	}
	if out.A = v[c.channels-1]; c.p.associated() && out.A > 0 {
		for _, q := range []*uint16{&out.R, &out.G, &out.B} {
			*q = uint16(min(uint32(*q)*0xffff/uint32(out.A), 0xffff))
		}
	}
	return out
}

func ink(c uint16, k uint32) uint16 { return uint16((0xffff - uint32(c)) * k / 0xffff) }
