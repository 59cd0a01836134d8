package find

import (
	"context"
	"fmt"
	"image"
	"math"

	"pentimento/pipeline/pixels"
	"pentimento/pipeline/preprocess"
)

// TextDetector is the file of the network that finds text: PP-OCRv4's detector (Du et al., PP-OCR, 2020), which gives for
// each pixel how likely it lies within a line of text that has been shrunk towards its middle.
const TextDetector = "ch_PP-OCRv4_det_infer.onnx"

// surelyText is the least mean of the map within a line; as PaddleOCR has it.
const surelyText = 0.6

// The network has seen pictures whose sides are multiples of textGrid and at most textSide. What is larger is looked at as a
// whole, made smaller, for large letters, and then at twice that size and so on in tiles of textTile, for small ones: tiles
// share textLap pixels, of which a line of a finer look is at most half as tall. Sides beyond textMost are never looked at finer
// than that; what is small is also looked at enlarged, up to twice, since letters of 9 pixels are not seen as they are.
const (
	textGrid = 32
	textSide = 960
	textTile = 640
	textLap  = 128
	textMost = 3840
)

// texts finds lines of text, in the order in which one reads.
func texts(ctx context.Context, p preprocess.Picture, least float64, n Networks) ([]Find, error) {
	sizes := textSizes(p.W, p.H)
	all, done := 0, 0
	for _, size := range sizes {
		all += len(tilesOf(size))
	}
	var found []line
	for i, size := range sizes {
		small, err := preprocess.Scaled(ctx, p, size.X, size.Y)
		if err != nil {
			return nil, err
		}
		shares := make([]float32, size.X*size.Y)
		for _, t := range tilesOf(size) {
			if n.Report != nil {
				n.Report(float64(done) / float64(all))
			}
			done++
			if err := t.look(ctx, small, shares, n); err != nil {
				return nil, err
			}
		}
		tallest := math.Inf(1)
		if i > 0 {
			tallest = textLap / 2
		}
		found = joined(found, linesIn(shares, size.X, least, tallest, image.Pt(p.W, p.H)))
	}
	return readAlong(found), nil
}

// textSizes are the sizes at which a picture is looked at, the smallest first.
func textSizes(w, h int) (all []image.Point) {
	longest := max(w, h)
	most := max(min(2*longest, textSide), min(longest, textMost))
	for side := min(longest, textSide); ; side = min(2*side, most) {
		k := float64(side) / float64(longest)
		on := func(v int) int {
			return max(int(math.Round(float64(v)*k/textGrid)), 1) * textGrid
		}
		all = append(all, image.Pt(on(w), on(h)))
		if side == most {
			return all
		}
	}
}

// tile is a part of a picture that the network sees, and the part of that which counts.
type tile struct{ sees, counts image.Rectangle }

// tilesOf are the tiles of a picture whose sides are multiples of textGrid.
func tilesOf(size image.Point) (all []tile) {
	across, down := cuts(size.X), cuts(size.Y)
	for _, y := range down {
		for _, x := range across {
			all = append(all, tile{image.Rect(x[0], y[0], x[1], y[1]), image.Rect(x[2], y[2], x[3], y[3])})
		}
	}
	return all
}

// cuts are the tiles of a side: from and to of what is seen, and of what counts.
func cuts(side int) (all [][4]int) {
	count, seen := 1, side
	if side > textSide {
		count, seen = (side-textLap+textTile-textLap-1)/(textTile-textLap), textTile
	}
	for i := range count {
		at := 0
		if count > 1 {
			at = i * (side - seen) / (count - 1) / textGrid * textGrid
		}
		if i == count-1 {
			at = side - seen
		}
		all = append(all, [4]int{at, at + seen, 0, side})
	}
	for i := 1; i < count; i++ {
		mid := (all[i-1][1] + all[i][0]) / 2
		all[i-1][3], all[i][2] = mid, mid
	}
	return all
}

// The means and deviations of ImageNet, in the order of the network's channels: blue, green, red, as PaddleOCR's detector is shown
// pictures.
var textMean, textStd = [3]float32{0.485, 0.456, 0.406}, [3]float32{0.229, 0.224, 0.225}

// look evaluates the network on a tile and puts what counts of its map into that of the whole picture.
func (t tile) look(ctx context.Context, p preprocess.Picture, shares []float32, n Networks) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	w, h := t.sees.Dx(), t.sees.Dy()
	in := make([]float32, 3*w*h)
	for y := range h {
		row := p.Pix[3*((t.sees.Min.Y+y)*p.W+t.sees.Min.X):]
		for x := range w {
			for c := range 3 {
				in[(c*h+y)*w+x] = (float32(row[3*x+2-c])/255 - textMean[c]) / textStd[c]
			}
		}
	}
	out, err := n.Planes(ctx, TextDetector, w, h, in)
	if err != nil {
		return err
	}
	if len(out) != w*h {
		return fmt.Errorf("find: %s gives %d values, want a map of %d × %d", TextDetector, len(out), w, h)
	}
	for y := t.counts.Min.Y; y < t.counts.Max.Y; y++ {
		from := (y-t.sees.Min.Y)*w - t.sees.Min.X
		copy(shares[y*p.W+t.counts.Min.X:y*p.W+t.counts.Max.X], out[from+t.counts.Min.X:])
	}
	return nil
}

// joined adds the lines of a finer look to those of the coarser ones. Of two that lie for the most part on one another the one that
// covers more stays: a coarse look may have seen a part of a line, a fine one a part of a letter.
func joined(coarse, fine []line) []line {
	out := coarse
	for _, f := range fine {
		stays := true
		var next []line
		for _, c := range out {
			both := common(f.mask, c.mask)
			if 2*both > f.area {
				stays = false
			}
			if 2*both <= c.area || 2*both > f.area {
				next = append(next, c)
			}
		}
		if out = next; stays {
			out = append(out, f)
		}
	}
	return out
}

// common is how many pixels two masks share.
func common(a, b *image.Alpha) (n int) {
	r := a.Rect.Intersect(b.Rect)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		one, other := a.Pix[a.PixOffset(r.Min.X, y):][:r.Dx()], b.Pix[b.PixOffset(r.Min.X, y):][:r.Dx()]
		for x, v := range one {
			if v > 0 && other[x] > 0 {
				n++
			}
		}
	}
	return n
}

// readAlong puts lines into the order in which one reads them, as finds.
func readAlong(lines []line) (out []Find) {
	for len(lines) > 0 {
		// The next row begins with the highest of those that are left, and takes all whose middle is above its lower rim.
		top := 0
		for i, l := range lines {
			if l.mask.Rect.Min.Y < lines[top].mask.Rect.Min.Y {
				top = i
			}
		}
		first, rim := -1, lines[top].mask.Rect.Max.Y
		for i, l := range lines {
			if r := l.mask.Rect; (r.Min.Y+r.Max.Y)/2 < rim && (first < 0 || r.Min.X < lines[first].mask.Rect.Min.X) {
				first = i
			}
		}
		l := lines[first]
		out = append(out, Find{Box: l.mask.Rect, Score: l.score, Mask: pixels.CropMask(l.mask, l.mask.Rect)})
		lines = append(lines[:first:first], lines[first+1:]...)
	}
	return out
}
