// Package cut selects a thing by a click, without a network: what is it that the pointer is on?
// Start at Open, then Select.
//
// Once a picture it is reduced to at most 400,000 pixels and divided into some two thousand patches
// of one colour (superpixels), which are joined two by two, what is most alike first, until all
// are one. The patches around a click that were joined on the way are what may be meant: an eye, a head,
// a cat. Each of them is made definite by a minimum cut of the graph of patches, where colours
// that it has pull to its side, colours that lie around it to the other, and edges of the picture
// are cheap to cut along (Boykov and Jolly, ICCV 2001; the colours learned from the result as in
// GrabCut, Rother et al., SIGGRAPH 2004). The one whose outline is the strongest, whose
// colours are most its own, and in which the click lies deepest is taken (in the manner of Carreira
// and Sminchisescu, CPMC, PAMI 2012). Its border is then cut anew between pixels, in a band that
// narrows with each doubling of the resolution (Lombaert et al., ICCV 2005), and softened by less
// than a pixel.
package cut

import (
	"context"
	"fmt"
	"image"
	"math"
	"slices"

	"pentimento/canvas"
	"pentimento/fault"
)

// Request says what is looked at.
type Request struct {
	// Read gives the premultiplied RGBA pixels of a tile's rectangle, document pixels. It is called
	// from several goroutines, by Open and as long as the Scene is used.
	Read func(dst *canvas.Tile, r image.Rectangle)
	// Bounds is where is looked, document pixels.
	Bounds image.Rectangle
}

// Of looks at all of a picture.
func Of(img *image.NRGBA) Request {
	return Request{Bounds: img.Rect, Read: func(dst *canvas.Tile, r image.Rectangle) {
		in := r.Intersect(img.Rect)
		if in != r {
			dst.Pix = [len(dst.Pix)]uint8{}
		}
		for y := in.Min.Y; y < in.Max.Y; y++ {
			canvas.Premultiply(dst.Pix[4*((y-r.Min.Y)*canvas.TileSize+in.Min.X-r.Min.X):][:4*in.Dx()], img.Pix[img.PixOffset(in.Min.X, y):][:4*in.Dx()])
		}
	}}
}

// MaxPixels bounds what is looked at, and MaxSide its sides.
const (
	MaxPixels = 1 << 28
	MaxSide   = 1 << 16
)

// worked is at most how many pixels are divided into superpixels.
const worked = 400_000

// Scene is a picture made ready for clicks. Any number of goroutines may use it at once.
type Scene struct {
	source   func(*canvas.Tile, image.Rectangle)
	bounds   image.Rectangle
	halvings int      // from the picture to the level of the superpixels
	levels   []*level // by halvings; the picture itself only where it is that of the superpixels
	label    []int32
	leaves   []patch
	links    [][]arc
	tree     *tree
}

// arc leads from a superpixel to one beside it.
type arc struct {
	to int32
	link
}

// Open makes a picture ready. It ends early with ctx.Err(); a picture that is too large is an error.
func Open(ctx context.Context, q Request) (*Scene, error) {
	b := q.Bounds
	if b.Empty() {
		return &Scene{bounds: b}, nil
	}
	if b.Dx() > MaxSide || b.Dy() > MaxSide || b.Dx()*b.Dy() > MaxPixels {
		return nil, fault.New(fmt.Sprintf("select a thing: the picture is %d × %d pixels, want at most %d megapixels and %d a side", b.Dx(), b.Dy(), MaxPixels>>20, MaxSide), "Crop it, or select in one layer alone.")
	}
	s := &Scene{source: q.Read, bounds: b}
	for b.Dx()*b.Dy()>>(2*s.halvings) > worked && min(b.Dx(), b.Dy())>>s.halvings > 2*step {
		s.halvings++
	}
	s.levels = make([]*level, s.halvings+1)
	for n := min(s.halvings, 1); n <= s.halvings; n++ {
		var err error
		if n > 1 {
			s.levels[n] = s.levels[n-1].halved(s.area(n))
		} else if s.levels[n], err = s.read(ctx, n); err != nil {
			return nil, err
		}
	}
	l := s.levels[s.halvings]
	sharp, colours, label, n := superpixels(ctx, l)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.label, s.leaves = label, measure(sharp, colours, label, n, l.w(), l.h())
	s.links = make([][]arc, n)
	for i := range s.leaves {
		for k, l := range s.leaves[i].beside {
			s.links[i] = append(s.links[i], arc{k, l})
		}
		slices.SortFunc(s.links[i], func(a, b arc) int { return int(a.to - b.to) })
	}
	s.tree = joined(s.leaves)
	return s, ctx.Err()
}

// area is the picture on the level of n halvings: whole pixels of it.
func (s *Scene) area(n int) image.Rectangle {
	k := 1 << n
	b := s.bounds
	return image.Rect(ceilDiv(b.Min.X, k), ceilDiv(b.Min.Y, k), floorDiv(b.Max.X, k), floorDiv(b.Max.Y, k))
}

// Bounds is where was looked.
func (s *Scene) Bounds() image.Rectangle { return s.bounds }

// Seeds is what is known of a thing, in document pixels. What lies outside the Scene counts for nothing.
type Seeds struct {
	In, Out []image.Point // pixels that belong to it, and that don't
	// Within limits it: where the coverage is below a half it is not. Empty: everywhere.
	Within canvas.Grid[canvas.MaskTile]
	// Box is where all of it lies; empty: anywhere.
	Box image.Rectangle
	// Have is what was selected before. Where the first of In lies in it, more than that is meant.
	Have canvas.Grid[canvas.MaskTile]
	// Edges is how much the thing ends at edges and how little at colours, 0..1; usually a half.
	Edges float64
	// Aside leaves one processor to what else is done: nobody waits for it.
	Aside bool
}

// Select returns the coverage of the thing that all of In belong to, or without them of what fills the Box;
// empty where none of them is in the Scene. It ends early with ctx.Err().
func (s *Scene) Select(ctx context.Context, seeds Seeds) (canvas.Grid[canvas.MaskTile], error) {
	c, err := s.Choices(ctx, seeds)
	if err != nil {
		return canvas.Grid[canvas.MaskTile]{}, err
	}
	return c.Cover(ctx, c.Best)
}

// plain is how much two superpixels without an edge hold together, a pixel's side.
const plain = 8

// known is what seeds say of superpixels.
type known struct {
	in, out []int32
	fixed   []int8  // 1: it is of the thing; -1: it is not; 0: who knows
	x, y    float32 // the first click
	boxed   []bool  // what lies in the box; nil: there is none, or clicks say more
	limited bool    // it is a part of something that is known
	have    []bool  // what is there already, where more is meant; else nil
	aside   bool    // one processor is left to others
	hold    float32 // plain, or what is asked for instead
}

// patchAt is the superpixel of a document pixel; -1 outside.
func (s *Scene) patchAt(p image.Point) int32 {
	if !p.In(s.bounds) {
		return -1
	}
	l := s.levels[s.halvings]
	x := min(max(p.X>>s.halvings-l.area.Min.X, 0), l.w()-1)
	y := min(max(p.Y>>s.halvings-l.area.Min.Y, 0), l.h()-1)
	return s.label[y*l.w()+x]
}

func (s *Scene) know(seeds Seeds) known {
	k := known{aside: seeds.Aside, fixed: make([]int8, len(s.leaves)), hold: plain * float32(math.Exp2(4*seeds.Edges-2))}
	if seeds.Within.Len() > 0 {
		s.limit(&k, seeds.Within)
		k.limited = true
	}
	if !seeds.Box.Empty() {
		s.box(&k, seeds.Box)
	}
	for _, p := range seeds.Out {
		if i := s.patchAt(p); i >= 0 && k.fixed[i] == 0 {
			k.fixed[i], k.out = -1, append(k.out, i)
		}
	}
	for _, p := range seeds.In {
		i := s.patchAt(p)
		if i < 0 {
			continue
		}
		if len(k.in) == 0 {
			l := s.levels[s.halvings]
			k.x, k.y = float32(p.X>>s.halvings-l.area.Min.X), float32(p.Y>>s.halvings-l.area.Min.Y)
		}
		if k.fixed[i] != 1 {
			k.fixed[i], k.in = 1, append(k.in, i)
		}
	}
	if len(k.in) > 0 && seeds.Have.Len() > 0 {
		if have := s.covered(seeds.Have); have[k.in[0]] {
			k.have = have
		}
	}
	return k
}

// limit takes away the superpixels of which less than half lies in an area.
func (s *Scene) limit(k *known, area canvas.Grid[canvas.MaskTile]) {
	for i, in := range s.covered(area) {
		if !in {
			k.fixed[i], k.out = -1, append(k.out, int32(i))
		}
	}
}

// box takes away the superpixels whose middle lies outside a rectangle; those inside may be the thing.
func (s *Scene) box(k *known, r image.Rectangle) {
	l := s.levels[s.halvings]
	k.boxed = make([]bool, len(s.leaves))
	some := false
	for i := range s.leaves {
		p := image.Pt((int(s.leaves[i].x)+l.area.Min.X)<<s.halvings, (int(s.leaves[i].y)+l.area.Min.Y)<<s.halvings)
		if p.In(r) {
			k.boxed[i], some = true, true
		} else if k.fixed[i] == 0 {
			k.fixed[i], k.out = -1, append(k.out, int32(i))
		}
	}
	if !some {
		k.boxed = nil
	}
}

// covered says of which superpixels at least half lies in an area.
func (s *Scene) covered(area canvas.Grid[canvas.MaskTile]) []bool {
	l := s.levels[s.halvings]
	share := make([]int32, len(s.leaves))
	row := make([]uint8, l.w()<<s.halvings)
	for y := range l.h() {
		at := image.Pt(l.area.Min.X<<s.halvings, (l.area.Min.Y+y)<<s.halvings)
		canvas.ReadCover(area, row, len(row), image.Rectangle{at, at.Add(image.Pt(len(row), 1))})
		for x := range l.w() {
			if row[x<<s.halvings] > 127 {
				share[s.label[y*l.w()+x]]++
			}
		}
	}
	out := make([]bool, len(share))
	for i, n := range share {
		out[i] = 2*float32(n) >= s.leaves[i].area
	}
	return out
}
