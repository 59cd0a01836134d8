package file

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"regexp"
	"strings"

	"pentimento/canvas/colour"
)

// Meaning is what a picture file says of its pixels beside their values: in which colours
// they are meant, how large they are printed, and what its author wrote. The zero Meaning
// says nothing: sRGB. It is not changed once made; any goroutine may use it.
type Meaning struct {
	// Profile is an ICC profile, of RGB or of grey; nil: none.
	Profile []byte `json:"profile,omitempty"`
	// Colour are PNG's own chunks about colour (cICP, gAMA, cHRM, sRGB, mDCV, cLLI).
	Colour []Chunk `json:"colour,omitempty"`
	// Density is PNG's pHYs chunk: pixels a metre.
	Density []byte `json:"density,omitempty"`
	// EXIF is the block without "Exif\0\0", upright and without its small picture.
	EXIF []byte `json:"exif,omitempty"`
	// Texts are those of others: XMP, comments, what PNG has under keywords of its own.
	Texts []Text `json:"texts,omitempty"`
}

// Chunk is a chunk of a PNG.
type Chunk struct {
	Kind string `json:"kind"`
	Data []byte `json:"data"`
}

// xmpKey is the keyword of XMP in a PNG.
const xmpKey = "XML:com.adobe.xmp"

const (
	xmpPrefix  = "http://ns.adobe.com/xap/1.0/\x00"
	iccPrefix  = "ICC_PROFILE\x00"
	jfifPrefix = "JFIF\x00"
	maxProfile = 8 << 20 // bytes of an ICC profile that is kept
)

// Keyword says whether a text is the program's own, and written by it.
type Keyword func(key string) bool

// Without is the meaning without what its author wrote, and without texts that own claims:
// with all true that is colours and density alone.
func (m Meaning) Without(own Keyword, all bool) Meaning {
	texts := m.Texts
	m.Texts = nil
	if all {
		m.EXIF = nil
		return m
	}
	for _, t := range texts {
		if !own(t.Key) {
			m.Texts = append(m.Texts, t)
		}
	}
	return m
}

// ColourName says in which colours the pixels are meant, "" for plain sRGB or no word of it.
func (m Meaning) ColourName() string {
	if m.Profile != nil {
		if name := colour.Name(m.Profile); name != "" {
			return name
		}
		return "a profile without a name"
	}
	for _, c := range m.Colour {
		switch {
		case c.Kind == "sRGB" || c.Kind == "cICP" && bytes.Equal(c.Data, []byte{1, 13, 0, 1}):
			return ""
		case c.Kind == "cICP" && len(c.Data) == 4:
			if name, ok := map[[2]byte]string{{12, 13}: "Display P3", {9, 16}: "BT.2100 PQ", {9, 18}: "BT.2100 HLG", {9, 13}: "BT.2020"}[[2]byte(c.Data)]; ok {
				return name
			}
			return fmt.Sprintf("cICP %d/%d", c.Data[0], c.Data[1])
		}
	}
	if p := m.numbers(); p != nil {
		return colour.Name(p)
	}
	return ""
}

// ICC is the profile of the pixels as RGB: the file's own, or one made of what it says in
// numbers; nil where the pixels are sRGB, or where the numbers are not known.
func (m Meaning) ICC() []byte {
	switch {
	case colour.Channels(m.Profile) == 1:
		return colour.OfGrey(m.Profile)
	case m.Profile != nil:
		return m.Profile
	}
	return m.numbers()
}

// numbers makes a profile of cICP, or of gAMA and cHRM, which count less than sRGB.
func (m Meaning) numbers() []byte {
	power, primaries, said := 0.0, colour.SRGBPrimaries, false
	for _, c := range m.Colour {
		switch {
		case c.Kind == "sRGB":
			return nil
		case c.Kind == "cICP" && len(c.Data) == 4:
			return m.codes(c.Data[0], c.Data[1], c.Data[2])
		case c.Kind == "gAMA" && len(c.Data) == 4:
			if v := binary.BigEndian.Uint32(c.Data); v > 0 {
				power = 1e5 / float64(v)
			}
		case c.Kind == "cHRM" && len(c.Data) == 32:
			for i := range primaries {
				v := float64(binary.BigEndian.Uint32(c.Data[4*i:])) / 1e5
				said = said || math.Abs(v-primaries[i]) > 0.002
				primaries[i] = v
			}
		}
	}
	// 1/2.2 is how the writers of old say sRGB.
	if plain := power == 0 || math.Abs(power-2.2) < 0.02; plain && !said {
		return nil
	} else if power == 0 {
		power = 2.2
	}
	return colour.Matrix(fmt.Sprintf("gamma %.3g", power), primaries, colour.Gamma(power))
}

// codes makes a profile of cICP's numbers (ITU-T H.273): primaries, transfer, matrix; nil: they
// mean sRGB, or something unknown.
func (m Meaning) codes(primaries, transfer, matrix byte) []byte {
	p, known := map[byte]colour.Chromaticities{1: colour.SRGBPrimaries, 12: colour.P3, 9: colour.BT2020}[primaries]
	if !known || matrix != 0 {
		return nil
	}
	switch transfer {
	case 16:
		return colour.PQ(m.ColourName(), p, primaries)
	case 18:
		return colour.HLG(m.ColourName(), p, primaries)
	case 8:
		return colour.Matrix(m.ColourName(), p, colour.Gamma(1))
	case 4:
		return colour.Matrix(m.ColourName(), p, colour.Gamma(2.2))
	case 1, 6, 13, 14, 15: // of video, too: its pictures are shown like those of sRGB
		if primaries != 1 {
			return colour.Matrix(m.ColourName(), p, colour.SRGBCurve())
		}
	}
	return nil
}

// readMeaning gathers what a file says; what is damaged or too long is left out.
func readMeaning(r io.ReadSeeker, format string) Meaning {
	g := gatherer{parts: map[int][]byte{}}
	walk(r, format, g.take)
	if len(g.parts) > 0 {
		var all []byte
		for i := 1; i <= g.of; i++ {
			all = append(all, g.parts[i]...)
		}
		if len(g.parts) == g.of {
			g.m.Profile = all
		}
	}
	if n := len(g.m.Profile); n > maxProfile || colour.Channels(g.m.Profile) == 0 {
		g.m.Profile = nil
	}
	if g.m.Density == nil {
		g.m.Density = g.second
	}
	if c := colour.CICP(g.m.Profile); c != nil && len(g.m.Colour) == 0 {
		if said := (Meaning{Colour: []Chunk{{"cICP", c}}}); bytes.Equal(said.ICC(), g.m.Profile) { // of our own making
			g.m.Profile, g.m.Colour = nil, said.Colour
		}
	}
	for i, t := range g.m.Texts {
		if t.Key == xmpKey && g.long.ranks != nil {
			g.m.Texts[i].Text = g.long.join(t.Text)
		}
	}
	return g.m
}

// gatherer puts a Meaning together from a file's blocks.
type gatherer struct {
	m      Meaning
	parts  map[int][]byte // of a profile in a JPEG, by their number
	of     int
	total  int
	own    numbered
	long   longXMP
	second []byte // the density that EXIF tells, which counts after a JPEG's own
}

func (g *gatherer) take(kind string, b []byte) {
	switch kind {
	case "cICP", "gAMA", "cHRM", "sRGB", "mDCV", "cLLI":
		g.m.Colour = append(g.m.Colour, Chunk{kind, b})
	case "pHYs":
		if len(b) == 9 {
			g.m.Density = b
		}
	case "iCCP":
		g.m.Profile = unpackProfile(b)
	case "ICCP":
		g.m.Profile = b
	case "icc": // a segment of a JPEG: number, count, part
		if len(b) > 2 && g.total+len(b) <= maxProfile {
			g.parts[int(b[0])], g.of = b[2:], int(b[1])
			g.total += len(b)
		}
	case "jfif":
		if len(b) >= 7 {
			g.m.Density = density(float64(binary.BigEndian.Uint16(b[3:])), float64(binary.BigEndian.Uint16(b[5:])), map[byte]float64{1: 0.0254, 2: 0.01}[b[2]])
		}
	case "tEXt", "zTXt", "iTXt":
		if t, err := pngText(kind, b); err == nil {
			g.text(t)
		}
	case "comment":
		g.text(Text{"Comment", plainText(b)})
	case "xmp":
		g.text(Text{xmpKey, string(b)})
	case "longxmp":
		g.long.add(b)
	case "iptc":
		g.iptc(b)
	case "own":
		for _, t := range unpackTexts(g.own.add(b)) {
			g.text(t)
		}
	case "photoshop":
		g.iptc(resource(b, resourceIPTC))
	case "exif":
		b = bytes.TrimPrefix(b, []byte(exifPrefix))
		g.second = exifDensity(b)
		if len(b) <= maxExif {
			g.m.EXIF = upright(b)
		}
	case "tiff":
		g.second = exifDensity(b)
		g.fromTIFF(b)
	}
}

func (g *gatherer) text(t Text) {
	if t.Key == xmpKey {
		t.Text = xmpOrientation.ReplaceAllString(t.Text, "${1}1")
	}
	if g.total+len(t.Text) <= maxTexts && strings.TrimSpace(t.Key) == t.Key {
		g.total += len(t.Text)
		g.m.Texts = append(g.m.Texts, t)
	}
}

var xmpOrientation = regexp.MustCompile(`(tiff:Orientation\s*(?:=\s*["']|>\s*))[2-8]`)

// unpackProfile reads an iCCP chunk: a name, how it is packed, the profile.
func unpackProfile(b []byte) []byte {
	_, rest, ok := bytes.Cut(b, []byte{0})
	if !ok || len(rest) < 1 || rest[0] != 0 {
		return nil
	}
	z, err := zlib.NewReader(bytes.NewReader(rest[1:]))
	if err != nil {
		return nil
	}
	out, err := io.ReadAll(io.LimitReader(z, maxProfile+1))
	if err != nil {
		return nil
	}
	return out
}

// density is a pHYs chunk of so many pixels on so many metres; nil where that is none.
func density(x, y, metres float64) []byte {
	if !(x > 0) || !(y > 0) || !(metres > 0) || x/metres > 1e8 || y/metres > 1e8 {
		return nil
	}
	b := binary.BigEndian.AppendUint32(nil, uint32(x/metres+0.5))
	return append(binary.BigEndian.AppendUint32(b, uint32(y/metres+0.5)), 1)
}

// inches is PNG's pixels a metre as pixels an inch: whole ones where the rounding to a metre
// hides them, else to the hundredth. Zero: no density.
func inches(phys []byte) (v [2]float64) {
	if len(phys) == 9 && phys[8] == 1 {
		for i := range v {
			v[i] = float64(binary.BigEndian.Uint32(phys[4*i:])) * 0.0254
			if whole := math.Round(v[i]); math.Abs(v[i]-whole) <= 0.0254/2 {
				v[i] = whole
			}
			v[i] = math.Round(v[i]*100) / 100
		}
	}
	return v
}

// chunks writes a meaning as PNG chunks. grey says that the picture is grey: it keeps a
// grey profile, which others have no use for.
func (m Meaning) chunks(grey bool) []byte {
	var out []byte
	profile := m.Profile
	if colour.Channels(profile) == 1 && !grey {
		profile = m.ICC()
	}
	if profile != nil {
		var b bytes.Buffer
		b.WriteString("ICC profile\x00\x00")
		z := zlib.NewWriter(&b)
		z.Write(profile) // into memory
		z.Close()
		out = appendChunk(out, "iCCP", b.Bytes())
	}
	for _, c := range m.Colour {
		if len(c.Kind) == 4 {
			out = appendChunk(out, c.Kind, c.Data)
		}
	}
	if len(m.Density) == 9 {
		out = appendChunk(out, "pHYs", m.Density)
	}
	for _, t := range m.Texts {
		with, err := appendText(out, t)
		if err == nil { // a keyword that PNG has no place for
			out = with
		}
	}
	if m.EXIF != nil {
		out = appendChunk(out, "eXIf", m.EXIF)
	}
	return out
}
