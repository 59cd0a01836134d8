// Package lettering draws text with the fonts of the system: shaped as its script wants it
// (ligatures, Arabic, Devanagari, right to left), in outlines, antialiased. It knows no layer.
//
// It uses go-text/typesetting and not x/image/font/opentype: that shapes no script but the
// simplest and finds no fonts, and the toolkit brings the former along anyway. Where a system
// has no fonts there is the family Go.
package lettering

import (
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/go-text/typesetting/di"
	"github.com/go-text/typesetting/language"
	"github.com/go-text/typesetting/shaping"
	"golang.org/x/image/math/fixed"
	"golang.org/x/image/vector"

	"pentimento/fault"
)

// Align says where the lines of a text stand from its anchor.
type Align uint8

// The alignments.
const (
	Left Align = iota
	Centre
	Right
)

// Text is what is written, and how: the part of a text layer that stays editable. X and Y are
// the anchor, pixels from the layer's origin: the beginning (middle, end) of the first line's
// baseline.
type Text struct {
	Words  string   `json:"words"` // "\n" begins a line
	Family string   `json:"family"`
	Bold   bool     `json:"bold,omitempty"`
	Italic bool     `json:"italic,omitempty"`
	Size   float64  `json:"size"` // of the em, in pixels
	Colour [4]uint8 `json:"colour"`
	Align  Align    `json:"align,omitempty"`
	Lines  float64  `json:"lines,omitempty"` // distance of lines, of the font's own; 0 means 1
	X, Y   float64  `json:",omitempty"`
}

// maxLetters is how long a text may be: setting it is done while somebody types.
const maxLetters = 1 << 14

// The limits of Text.Size and of a drawn text's sides, in pixels.
const (
	MinSize = 4
	MaxSize = 2000
	maxSide = 16384
	maxArea = 1 << 26
)

// Encode is the text as a layer keeps it, and Decode reads it back.
func (t Text) Encode() []byte {
	data, _ := json.Marshal(t) // numbers and strings
	return data
}

// Decode reads what Encode wrote.
func Decode(data []byte) (Text, error) {
	var t Text
	if err := json.Unmarshal(data, &t); err != nil {
		return Text{}, fmt.Errorf("text layer: %w", err)
	}
	if !(t.Size >= MinSize && t.Size <= MaxSize) || !(math.Abs(t.X) < 1<<24 && math.Abs(t.Y) < 1<<24) || t.Align > Right || !(t.Lines >= 0 && t.Lines < 100) {
		return Text{}, fmt.Errorf("text layer: size %v at %v, %v, align %d, lines %v", t.Size, t.X, t.Y, t.Align, t.Lines)
	}
	return t, nil
}

// line is a shaped line: its runs from left to right.
type line struct {
	runs     []shaping.Output
	width    float64
	baseline float64
}

// Draw is the text in one colour with straight alpha; its bounds are pixels from the layer's
// origin. Empty words give an empty picture. Safe from any goroutine.
func (t Text) Draw() (*image.NRGBA, error) {
	if n := utf8.RuneCountInString(t.Words); n > maxLetters {
		return nil, fault.New(fmt.Sprintf("text: it has %d letters, want at most %d", n, maxLetters), "make several texts of it")
	}
	lines, err := t.shape()
	if err != nil {
		return nil, err
	}
	glyphs := outlines{}
	bounds := t.bounds(lines, glyphs)
	if bounds.Empty() {
		return image.NewNRGBA(image.Rectangle{}), nil
	}
	if bounds.Dx() > maxSide || bounds.Dy() > maxSide || bounds.Dx()*bounds.Dy() > maxArea {
		return nil, fault.New(fmt.Sprintf("text: it is %d × %d pixels, want at most %d a side", bounds.Dx(), bounds.Dy(), maxSide), "choose a smaller size, or break the line")
	}
	ras := vector.NewRasterizer(bounds.Dx(), bounds.Dy())
	t.each(lines, func(o *shaping.Output, g shaping.Glyph, x, y float64) {
		glyphs.of(o, g).draw(ras, o, x-float64(bounds.Min.X), y-float64(bounds.Min.Y))
	})
	cover := image.NewAlpha(image.Rectangle{Max: bounds.Size()})
	ras.Draw(cover, cover.Rect, image.Opaque, image.Point{})
	out := image.NewNRGBA(bounds)
	c := color.NRGBA{t.Colour[0], t.Colour[1], t.Colour[2], t.Colour[3]}
	for i, a := range cover.Pix {
		if a != 0 {
			p := out.Pix[4*i:][:4]
			p[0], p[1], p[2], p[3] = c.R, c.G, c.B, uint8((uint32(a)*uint32(c.A)+127)/255)
		}
	}
	return out, nil
}

// shape sets the lines with the system's fonts.
func (t Text) shape() ([]line, error) {
	faces := fontMap()
	defer give(faces)
	faces.SetQuery(query(t.Family, t.Bold, t.Italic))
	var seg shaping.Segmenter
	var shaper shaping.HarfbuzzShaper
	var wrapper shaping.LineWrapper
	size := fixed.Int26_6(math.Round(min(max(t.Size, MinSize), MaxSize) * 64))
	spacing := t.Lines
	if spacing <= 0 {
		spacing = 1
	}
	var out []line
	y := t.Y
	for i, words := range strings.Split(strings.ReplaceAll(t.Words, "\r\n", "\n"), "\n") {
		runes := []rune(strings.ReplaceAll(words, "\t", "    "))
		empty := len(runes) == 0
		if empty {
			runes = []rune{' '}
		}
		in := shaping.Input{Text: runes, RunEnd: len(runes), Size: size, Direction: di.DirectionLTR, Language: language.DefaultLanguage()}
		var shaped []shaping.Output
		for _, part := range seg.Split(in, faces) {
			if part.Face == nil {
				return nil, fault.New(fmt.Sprintf("text: found no font for %q", words), "install a font that has these letters")
			}
			shaped = append(shaped, shaper.Shape(part))
		}
		l := line{}
		high := 0.0
		for _, o := range shaped {
			high = max(high, pixels(o.LineBounds.LineThickness()))
		}
		if i > 0 {
			y += high * spacing
		}
		l.baseline = y
		if !empty {
			lines, _ := wrapper.WrapParagraph(shaping.WrapConfig{Direction: di.DirectionLTR}, math.MaxInt32/128, runes, shaping.NewSliceIterator(shaped))
			for _, w := range lines {
				l.runs = append(l.runs, w...)
			}
			slices.SortStableFunc(l.runs, func(a, b shaping.Output) int { return int(a.VisualIndex - b.VisualIndex) })
			for _, o := range l.runs {
				l.width += pixels(o.Advance)
			}
		}
		out = append(out, l)
	}
	return out, nil
}

func pixels(v fixed.Int26_6) float64 { return float64(v) / 64 }

// each calls visit with every glyph and its place.
func (t Text) each(lines []line, visit func(o *shaping.Output, g shaping.Glyph, x, y float64)) {
	for _, l := range lines {
		x := t.X
		switch t.Align {
		case Centre:
			x -= l.width / 2
		case Right:
			x -= l.width
		}
		for i := range l.runs {
			o := &l.runs[i]
			for _, g := range o.Glyphs {
				visit(o, g, x+pixels(g.XOffset), l.baseline-pixels(g.YOffset))
				x += pixels(g.XAdvance)
			}
		}
	}
}

// bounds is the rectangle of whole pixels around all outlines.
func (t Text) bounds(lines []line, glyphs outlines) image.Rectangle {
	lo, hi := [2]float64{math.Inf(1), math.Inf(1)}, [2]float64{math.Inf(-1), math.Inf(-1)}
	t.each(lines, func(o *shaping.Output, g shaping.Glyph, x, y float64) {
		c := glyphs.of(o, g)
		if len(c.segments) == 0 {
			return
		}
		f := pixels(o.Size) / float64(o.Face.Upem())
		lo[0], lo[1] = min(lo[0], x+c.lo[0]*f), min(lo[1], y-c.hi[1]*f)
		hi[0], hi[1] = max(hi[0], x+c.hi[0]*f), max(hi[1], y-c.lo[1]*f)
	})
	if !(lo[0] <= hi[0] && math.Abs(lo[0]) < 1<<28 && math.Abs(hi[0]) < 1<<28 && math.Abs(lo[1]) < 1<<28 && math.Abs(hi[1]) < 1<<28) {
		return image.Rectangle{}
	}
	return image.Rect(int(math.Floor(lo[0])), int(math.Floor(lo[1])), int(math.Ceil(hi[0]))+1, int(math.Ceil(hi[1]))+1)
}
