// Package colour converts pixels between sRGB and the colour space an ICC profile describes.
//
// Start at Read, which takes a profile, and Space.ToSRGB and FromSRGB, which convert a
// picture in place; Between converts from one space straight to another. CMYK goes one way
// only (Space.CMYK). Matrix makes the profile of a space that a file describes in numbers.
//
// 2026-11-27: profiles are read by github.com/kovidgoyal/imaging's prism/meta/icc: kept up,
// pure Go, matrix and table profiles, grey and CMYK, both ways, within 1 of 255 of littlecms.
// (github.com/disintegration/imaging, for resizing, knows no profiles.) It trusts the lengths
// in a profile's header, so they are checked here before.
// 2026-11-27: the perceptual intent, of CMYK with the black point compensated, as browsers
// and viewers show a picture.
// 2026-11-27: the library takes about a microsecond for a colour, a screen has millions. So a
// conversion is tables made of it (convert.go): a space of a matrix and curves by sums that
// are exact to the rounding, any other by a lattice of 33 points a channel.
package colour

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"math"
	"runtime"
	"strings"
	"sync"

	"github.com/kovidgoyal/imaging/prism/meta/icc"

	"pentimento/fault"
)

// Space is a colour space. Any goroutine may use it. The nil Space is sRGB.
type Space struct {
	Name     string // as the profile calls itself, "" for none
	Channels int    // 1 grey, 3 RGB, 4 CMYK
	// SRGB says that the space is sRGB itself, as far as 8 bits can tell.
	SRGB bool

	icc     []byte
	profile *icc.Profile
	shaper  *shaper       // nil: the space is one of tables
	to      *icc.Pipeline // of CMYK, to sRGB
	show    *Conversion   // to sRGB
	back    *Conversion   // from sRGB; nil: there is no way
}

// Channels says from its header how many channels a profile is for; 0: it is none.
func Channels(profile []byte) int {
	if len(profile) < 128 || string(profile[36:40]) != "acsp" {
		return 0
	}
	return map[string]int{"GRAY": 1, "RGB ": 3, "CMYK": 4}[string(profile[16:20])]
}

// maxTags is the most tags of a profile that is read.
const maxTags = 1024

// check refuses what would make the library reserve memory that the profile does not have.
func check(profile []byte) error {
	if Channels(profile) == 0 || len(profile) < 132 {
		return fmt.Errorf("colour profile of %d bytes: found no ICC profile for grey, RGB or CMYK", len(profile))
	}
	n := binary.BigEndian.Uint32(profile[128:])
	end := 132 + 12*uint64(n)
	if n > maxTags || end > uint64(len(profile)) {
		return fmt.Errorf("colour profile of %d bytes: found %d tags, want them within", len(profile), n)
	}
	for i := range int(n) {
		at, size := uint64(binary.BigEndian.Uint32(profile[136+12*i:])), uint64(binary.BigEndian.Uint32(profile[140+12*i:]))
		if at < end || at+size > uint64(len(profile)) {
			return fmt.Errorf("colour profile of %d bytes: tag %d at %d with %d bytes, want it within", len(profile), i, at, size)
		}
	}
	return nil
}

// Name is how a profile calls itself, "" where it does not say or cannot be read.
func Name(profile []byte) (name string) {
	defer func() { _ = recover() }()
	if check(profile) != nil {
		return ""
	}
	if p, err := icc.DecodeProfile(bytes.NewReader(profile)); err == nil {
		name, _ = p.Description()
	}
	return clean(name)
}

// clean makes one short line of a name that a stranger has written.
func clean(s string) string {
	s = strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, ""))), " ")
	if r := []rune(s); len(r) > 60 {
		s = string(r[:60])
	}
	return s
}

// Read reads a profile. Errors say what is wrong with it.
func Read(profile []byte) (s *Space, err error) {
	defer func() { // the library is another's: a bug there must not end the program
		if v := recover(); v != nil {
			s, err = nil, fmt.Errorf("colour profile cannot be read: %v", v)
		}
	}()
	if err := check(profile); err != nil {
		return nil, err
	}
	p, err := icc.DecodeProfile(bytes.NewReader(profile))
	if err != nil {
		return nil, fmt.Errorf("colour profile cannot be read: %w", err)
	}
	s = &Space{Name: Name(profile), Channels: Channels(profile), icc: profile, profile: p}
	if s.Channels != 3 {
		s.to, err = p.CreateTransformerToSRGB(intent, s.Channels == 4, s.Channels, true, false, true)
	} else {
		s.shaper = shaperOf(p)
		if s.show, err = between(s, srgb()); err == nil {
			s.back, _ = between(srgb(), s)
			s.SRGB = s.same()
		}
	}
	if err != nil {
		return nil, fmt.Errorf("colour profile cannot be read: %w", err)
	}
	return s, nil
}

const intent = icc.PerceptualRenderingIntent

// srgb is sRGB as a Space, for conversions.
var srgb = sync.OnceValue(func() *Space {
	p, err := icc.DecodeProfile(bytes.NewReader(Matrix("sRGB", SRGBPrimaries, SRGBCurve())))
	if err != nil {
		panic(err) // of our own making: seen by the first test
	}
	return &Space{Name: "sRGB", Channels: 3, SRGB: true, profile: p, shaper: shaperOf(p)}
})

// same says whether a coarse grid of colours stays where it is.
func (s *Space) same() bool {
	for i := range 6 * 6 * 6 {
		in := [3]uint8{uint8(i % 6 * 51), uint8(i / 6 % 6 * 51), uint8(i / 36 * 51)}
		out := s.show.apply(in)
		for c := range in {
			if max(in[c], out[c])-min(in[c], out[c]) > 1 {
				return false
			}
		}
	}
	return true
}

// Both says whether pixels can be brought to sRGB and back.
func (s *Space) Both() bool { return s.show != nil && s.back != nil }

// ToSRGB converts a picture of the space in place; alpha stays. The space must have 3
// channels.
func (s *Space) ToSRGB(img *image.NRGBA) { s.Screen().Convert(img) }

// FromSRGB converts an sRGB picture into the space, in place. Colours that the space does
// not hold come as near as their channels can. Both must hold.
func (s *Space) FromSRGB(img *image.NRGBA) {
	if s != nil {
		s.back.Convert(img)
	}
}

// Screen is the way from the space to what a screen shows; nil of sRGB.
func (s *Space) Screen() *Conversion {
	if s == nil {
		return nil
	}
	return s.show
}

// Brush is an sRGB colour, as one chooses it on a screen, in the space.
func (s *Space) Brush(c color.NRGBA) color.NRGBA {
	if s == nil {
		return c
	}
	return s.back.colour(c)
}

// Seen is a colour of the space as it is seen, in sRGB.
func (s *Space) Seen(c color.NRGBA) color.NRGBA {
	if s == nil {
		return c
	}
	return s.show.colour(c)
}

func level(v float64) uint8 {
	if !(v > 0) { // also what is no number
		return 0
	}
	return uint8(math.Round(min(v, 1) * 255))
}

// CMYK converts a picture of the space, which must have 4 channels, to sRGB. report, which may
// be nil, receives the fraction done from the calling goroutine. It ends early with ctx.Err().
func (s *Space) CMYK(ctx context.Context, img *image.CMYK, report func(float64)) (*image.NRGBA, error) {
	out := image.NewNRGBA(img.Rect)
	rows(img.Rect.Dy(), report, func(y int) {
		if ctx.Err() != nil {
			return
		}
		// The library writes as many values as its widest step has, and reads what it wrote.
		in, res := make([]float64, 16), make([]float64, 16)
		src, dst := img.Pix[y*img.Stride:], out.Pix[y*out.Stride:]
		for i := 0; i < 4*img.Rect.Dx(); i += 4 {
			if i > 0 && bytes.Equal(src[i:i+4], src[i-4:i]) {
				copy(dst[i:i+4], dst[i-4:i])
				continue
			}
			for c := range 4 {
				in[c] = float64(src[i+c]) / 255
			}
			s.to.TransformGeneral(res[:4], in[:4])
			dst[i], dst[i+1], dst[i+2], dst[i+3] = level(res[0]), level(res[1]), level(res[2]), 255
		}
	})
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return out, nil
}

// rows calls do for each row, on all cores, the calling goroutine among them, which reports
// how far it is (report may be nil).
func rows(n int, report func(float64), do func(y int)) {
	var wg fault.Group
	step := runtime.GOMAXPROCS(0)
	for first := 1; first < min(step, n); first++ {
		wg.Go(func() {
			for y := first; y < n; y += step {
				do(y)
			}
		})
	}
	for y := 0; y < n; y += step {
		if do(y); report != nil && y/step%16 == 0 {
			report(float64(y) / float64(n))
		}
	}
	wg.Wait()
}
