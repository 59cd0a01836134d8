package colour

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"math"

	"github.com/kovidgoyal/imaging/prism/meta/icc"
)

// Conversion takes colours of 8 bits from one space to another. Any goroutine may use it.
type Conversion struct {
	// Of two spaces of a matrix and curves: what each level of each channel adds to the linear
	// channels of the other, and the levels of those.
	adds   *[3][256][4]float32
	levels *[3][steps]uint8
	// Of all others.
	grid *lattice
}

// Linear values are looked up by exponent and the first bits of the fraction of a float32,
// so as finely in the dark as the eye wants it: from 2 to the power of -28 up to 1.
const (
	dark     = 28
	fraction = 9
	steps    = dark<<fraction + 1
)

// step is the place of a linear value; what is below darkest or above 1 counts as that. As
// whole numbers, positive floats are in the same order and negative ones below.
func step(x float32) uint32 {
	n := int32(math.Float32bits(x))>>(23-fraction) - (127-dark)<<fraction
	return uint32(min(max(n, 0), steps-1))
}

// light is the value in the middle of a step.
func light(step int) float64 {
	a := math.Float32frombits(uint32(step+(127-dark)<<fraction) << (23 - fraction))
	return float64(a) * (1 + 0.5/(1<<fraction))
}

// Between is the way from one space to another, of three channels each; nil stands for
// sRGB. It is nil where both are the same.
func Between(from, to *Space) (*Conversion, error) {
	if from == nil {
		from = srgb()
	}
	if to == nil {
		to = srgb()
	}
	if from == to || from.SRGB && to.SRGB || bytes.Equal(from.icc, to.icc) && from.icc != nil {
		return nil, nil
	}
	return between(from, to)
}

func between(from, to *Space) (c *Conversion, err error) {
	defer func() { // the library is another's: a bug there must not end the program
		if v := recover(); v != nil {
			c, err = nil, fmt.Errorf("colours cannot be converted: %v", v)
		}
	}()
	exact, err := path(from, to)
	if err != nil {
		return nil, err
	}
	if from.shaper != nil && to.shaper != nil {
		// The library goes back through a curve of numbers less exactly in the dark.
		tables := to.profile.TagTable.Has(icc.BToA0TagSignature) || to.profile.TagTable.Has(icc.BToA1TagSignature)
		if c := from.shaper.into(to.shaper); c != nil && (to != srgb() && !tables || c.agrees(exact)) {
			return c, nil
		}
	}
	return &Conversion{grid: newLattice(exact)}, nil
}

// path is the library's own way between two spaces, for values of 0 to 1.
func path(from, to *Space) (func([3]float64) [3]float64, error) {
	var p *icc.Pipeline
	var err error
	if to == srgb() {
		p, err = from.profile.CreateTransformerToSRGB(intent, false, 3, true, false, true)
	} else if p, err = from.profile.CreateTransformerToPCS(intent, 3, true); err == nil {
		a, b := from.profile.Header.ProfileConnectionSpace, to.profile.Header.ProfileConnectionSpace
		bridge := &icc.Pipeline{}
		switch {
		case a == icc.ColorSpaceXYZ && b == icc.ColorSpaceLab:
			bridge.Append(icc.NewXYZtoLAB(to.profile.PCSIlluminant))
		case a == icc.ColorSpaceLab && b == icc.ColorSpaceXYZ:
			bridge.Append(icc.NewLABtoXYZ(from.profile.PCSIlluminant))
		}
		if bridge.Len() > 0 {
			bridge.Finalize(true)
			p = p.Weld(bridge, true)
		}
		var out *icc.Pipeline
		if out, err = to.profile.CreateTransformerToDevice(intent, false, true); err == nil {
			p = p.Weld(out, true)
		}
	}
	if err != nil {
		return nil, err
	}
	return func(v [3]float64) [3]float64 {
		r, g, b := p.Transform(v[0], v[1], v[2])
		return [3]float64{r, g, b}
	}, nil
}

// agrees says whether the tables give the library's colours, within 1 of 255.
func (c *Conversion) agrees(exact func([3]float64) [3]float64) bool {
	for i := range 6 * 6 * 6 {
		in := [3]uint8{uint8(i % 6 * 51), uint8(i / 6 % 6 * 51), uint8(i / 36 * 51)}
		want, got := exact([3]float64{float64(in[0]) / 255, float64(in[1]) / 255, float64(in[2]) / 255}), c.apply(in)
		for k := range got {
			if w := level(want[k]); max(w, got[k])-min(w, got[k]) > 1 {
				return false
			}
		}
	}
	return true
}

func (c *Conversion) apply(in [3]uint8) [3]uint8 {
	w := c.word(uint32(in[0]) | uint32(in[1])<<8 | uint32(in[2])<<16)
	return [3]uint8{uint8(w), uint8(w >> 8), uint8(w >> 16)}
}

// Convert converts a picture in place; alpha stays. A nil Conversion changes nothing.
func (c *Conversion) Convert(img *image.NRGBA) {
	if c == nil {
		return
	}
	rows(img.Rect.Dy(), nil, func(y int) { c.Row(img.Pix[y*img.Stride:][:4*img.Rect.Dx()]) })
}

// Row converts pixels of four bytes in place; the fourth, alpha, stays, and counts as
// straight.
func (c *Conversion) Row(row []uint8) {
	const rgb = 1<<24 - 1 // of a word: bytes one by one would take twice the time
	last, now := uint32(1<<24), uint32(0)
	for i := 0; i+4 <= len(row); i += 4 {
		p := row[i : i+4 : i+4]
		w := binary.LittleEndian.Uint32(p)
		if w&rgb != last {
			last = w & rgb
			now = c.word(last)
		}
		binary.LittleEndian.PutUint32(p, now|w&^rgb)
	}
}

// word converts a colour whose channels are the first three bytes of a word.
func (c *Conversion) word(w uint32) uint32 {
	if c.grid != nil {
		v := c.grid.at([3]uint8{uint8(w), uint8(w >> 8), uint8(w >> 16)})
		return uint32(v[0]) | uint32(v[1])<<8 | uint32(v[2])<<16
	}
	r, g, b, levels := &c.adds[0][w&255], &c.adds[1][w>>8&255], &c.adds[2][w>>16&255], c.levels
	return uint32(levels[0][step(r[0]+g[0]+b[0])]) | uint32(levels[1][step(r[1]+g[1]+b[1])])<<8 | uint32(levels[2][step(r[2]+g[2]+b[2])])<<16
}

func (c *Conversion) colour(v color.NRGBA) color.NRGBA {
	out := c.apply([3]uint8{v.R, v.G, v.B})
	return color.NRGBA{R: out[0], G: out[1], B: out[2], A: v.A}
}
