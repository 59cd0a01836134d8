package pipeline

import (
	"bytes"
	"compress/flate"
	"image"
	"io"
	"math"

	"pentimento/pipeline/metadata"
	"pentimento/pipeline/pixels"
)

// shapeSide is how many cells the longer side of a recorded shape has: a region acts on latents, of
// which a frame of 512 pixels has 64 a side.
const shapeSide = metadata.ShapeSide

// Recorded is the region as a record of a run holds it, which has no masks: the box around its mask,
// in parts of the frame's sides, and as a Shape how much of each cell of the box it covers. What lies
// outside the frame is lost. A region that has a box stays as it is, as does one whose mask leaves the frame empty.
func (r Region) Recorded(frame image.Rectangle) Region {
	if r.Mask == nil || r.Box != [4]float64{} {
		return r
	}
	b := pixels.Bounds(r.Mask).Intersect(frame)
	if b.Empty() {
		return r
	}
	part := func(v, of int) float64 { return math.Round(float64(v)/float64(of)*1e5) / 1e5 }
	w, h := frame.Dx(), frame.Dy()
	r.Box = [4]float64{part(b.Min.X-frame.Min.X, w), part(b.Min.Y-frame.Min.Y, h), part(b.Dx(), w), part(b.Dy(), h)}
	size := shapeSize(b.Size())
	r.Shape = metadata.PackShape(size.X, size.Y, func(x, y int) float64 {
		cell := image.Rect(x*b.Dx()/size.X, y*b.Dy()/size.Y, (x+1)*b.Dx()/size.X, (y+1)*b.Dy()/size.Y)
		return float64(coverage(r.Mask, cell.Add(b.Min)))
	})
	return r
}

// shapeSize is of how many cells the shape of a box of so many pixels is.
func shapeSize(box image.Point) image.Point {
	f := min(1, shapeSide/float64(max(box.X, box.Y)))
	side := func(v int) int { return max(int(math.Round(float64(v)*f)), 1) }
	return image.Pt(side(box.X), side(box.Y))
}

// Area is where the region lies in a frame, document pixels, 0 outside it: its mask, or else what its
// box and shape say. A box beyond the frame is none, a shape that cannot be read is its box.
func (r Region) Area(frame image.Rectangle) *image.Alpha {
	if r.Mask != nil {
		return r.Mask
	}
	out := image.NewAlpha(frame)
	if !r.inFrame() {
		return out
	}
	at := func(part float64, side int) int { return int(math.Round(part * float64(side))) }
	w, h := frame.Dx(), frame.Dy()
	box := image.Rect(at(r.Box[0], w), at(r.Box[1], h), at(r.Box[0]+r.Box[2], w), at(r.Box[1]+r.Box[3], h)).Add(frame.Min)
	shape := readShape(r.Shape)
	in := box.Intersect(frame)
	for y := in.Min.Y; y < in.Max.Y; y++ {
		row := out.Pix[out.PixOffset(in.Min.X, y):][:in.Dx()]
		for i := range row {
			if row[i] = 255; shape != nil {
				row[i] = between(shape, (float64(in.Min.X+i-box.Min.X)+0.5)/float64(box.Dx()), (float64(y-box.Min.Y)+0.5)/float64(box.Dy()))
			}
		}
	}
	return out
}

// inFrame says whether the region's box lies within the frame.
func (r Region) inFrame() bool {
	b := r.Box
	return min(b[0], b[1]) >= 0 && min(b[2], b[3]) > 0 && max(b[0]+b[2], b[1]+b[3]) <= 1.001
}

// between reads a picture at parts of its sides, bilinear between the middles of its cells.
func between(m *image.Alpha, x, y float64) uint8 {
	x, y = x*float64(m.Rect.Dx())-0.5, y*float64(m.Rect.Dy())-0.5
	x0, y0 := math.Floor(x), math.Floor(y)
	cell := func(x, y float64) float64 {
		return float64(m.Pix[min(max(int(y), 0), m.Rect.Dy()-1)*m.Stride+min(max(int(x), 0), m.Rect.Dx()-1)])
	}
	mix := func(a, b, t float64) float64 { return a + (b-a)*t }
	return uint8(mix(mix(cell(x0, y0), cell(x0+1, y0), x-x0), mix(cell(x0, y0+1), cell(x0+1, y0+1), x-x0), y-y0) + 0.5)
}

// readShape is a shape as a picture of its cells; nil where it is none.
func readShape(packed []byte) *image.Alpha {
	if len(packed) < 3 || packed[0] == 0 || packed[1] == 0 || max(packed[0], packed[1]) > shapeSide {
		return nil
	}
	m := image.NewAlpha(image.Rect(0, 0, int(packed[0]), int(packed[1])))
	if _, err := io.ReadFull(flate.NewReader(bytes.NewReader(packed[2:])), m.Pix); err != nil {
		return nil
	}
	return m
}
