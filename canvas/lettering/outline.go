package lettering

import (
	"math"

	"github.com/go-text/typesetting/font"
	ot "github.com/go-text/typesetting/font/opentype"
	"github.com/go-text/typesetting/shaping"
	"golang.org/x/image/vector"
)

// outlines are the glyphs of a text, each read from its font once: reading is most of the work
// of a long text.
type outlines map[glyphKey]*outline

type glyphKey struct {
	face *font.Face
	gid  font.GID
}

// outline is a glyph in font units, y up, and the box of its points.
type outline struct {
	segments []font.Segment
	lo, hi   [2]float64
}

func (m outlines) of(o *shaping.Output, g shaping.Glyph) *outline {
	key := glyphKey{o.Face, g.GlyphID}
	if c := m[key]; c != nil {
		return c
	}
	c := &outline{segments: segments(o.Face, g.GlyphID), lo: [2]float64{math.Inf(1), math.Inf(1)}, hi: [2]float64{math.Inf(-1), math.Inf(-1)}}
	for _, s := range c.segments {
		for _, p := range s.ArgsSlice() {
			c.lo[0], c.lo[1] = min(c.lo[0], float64(p.X)), min(c.lo[1], float64(p.Y))
			c.hi[0], c.hi[1] = max(c.hi[0], float64(p.X)), max(c.hi[1], float64(p.Y))
		}
	}
	m[key] = c
	return c
}

// segments are a glyph's outline in font units, y up; of a glyph that is a bitmap or a
// drawing what it has of one.
func segments(face *font.Face, gid font.GID) []font.Segment {
	switch d := face.GlyphData(gid).(type) {
	case font.GlyphOutline:
		return d.Segments
	case font.GlyphBitmap:
		if d.Outline != nil {
			return d.Outline.Segments
		}
	case font.GlyphSVG:
		return d.Outline.Segments
	}
	return nil
}

// draw adds the glyph at x, y, in the size of its run.
func (c *outline) draw(ras *vector.Rasterizer, o *shaping.Output, x, y float64) {
	f := pixels(o.Size) / float64(o.Face.Upem())
	at := func(p ot.SegmentPoint) (float32, float32) {
		return float32(x + float64(p.X)*f), float32(y - float64(p.Y)*f)
	}
	begun := false
	for _, s := range c.segments {
		ax, ay := at(s.Args[0])
		bx, by := at(s.Args[1])
		cx, cy := at(s.Args[2])
		switch s.Op {
		case ot.SegmentOpMoveTo:
			if begun {
				ras.ClosePath()
			}
			begun = true
			ras.MoveTo(ax, ay)
		case ot.SegmentOpLineTo:
			ras.LineTo(ax, ay)
		case ot.SegmentOpQuadTo:
			ras.QuadTo(ax, ay, bx, by)
		case ot.SegmentOpCubeTo:
			ras.CubeTo(ax, ay, bx, by, cx, cy)
		}
	}
	if begun {
		ras.ClosePath()
	}
}
