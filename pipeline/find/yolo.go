package find

import (
	"cmp"
	"context"
	"fmt"
	"image"
	"math"
	"slices"
	"strconv"
	"strings"

	"pentimento/fault"
	"pentimento/pipeline/preprocess"
)

// Output is a value that a network made.
type Output struct {
	Shape []int
	Data  []float32
}

// Yolo is a YOLO network that was opened. Its forms, for one picture and N places:
//
//	[1, 4+classes, N]        YOLOv8, v11: middle, width and height in pixels, and a score of each class
//	[1, 4+classes+32, N]     the same for masks, with [1, 32, h, w] beside it
//	[1, N, 5+classes(+32)]   YOLOv5: with a score of there being anything, which the others are multiplied by
//	[1, N, 6]                with suppression done, N at most 1000: left, top, right, bottom, score, class
type Yolo struct {
	Size  image.Point // that it reads
	Names []string    // of its classes; nil: they are numbers
	Eval  func(ctx context.Context, w, h int, in []float32) ([]Output, error)
}

// UsualSide is what YOLO networks read that take any size.
const UsualSide = 640

// The bounds on a network's word, and the shares above which boxes of one class are one thing (Ultralytics' own).
const (
	mostPlaces  = 1 << 17
	mostClasses = 4096
	mostFinds   = 300
	overlapping = 0.7
	endToEnd    = 1000 // places of a network that suppresses itself, at most
)

// fitted says how a picture lies in what the network reads: scaled by one factor, in the middle.
type fitted struct {
	scale  float64
	dx, dy float64
}

// letterbox is a picture as the network reads it: three planes from 0 to 1, grey where the picture doesn't reach.
func letterbox(p preprocess.Picture, size image.Point) ([]float32, fitted) {
	k := min(float64(size.X)/float64(p.W), float64(size.Y)/float64(p.H))
	w, h := min(int(math.Round(float64(p.W)*k)), size.X), min(int(math.Round(float64(p.H)*k)), size.Y)
	left, top := int(math.Round(float64(size.X-w)/2-0.1)), int(math.Round(float64(size.Y-h)/2-0.1))
	out := make([]float32, 3*size.X*size.Y)
	for i := range out {
		out[i] = 114.0 / 255
	}
	n := min(max(int(1/k), 1), 8) // where it shrinks, several places of a pixel are averaged
	for y := range h {
		for x := range w {
			var sum [3]float64
			for i := range n * n {
				mixed(p, (float64(x)+(float64(i%n)+0.5)/float64(n))*float64(p.W)/float64(w), (float64(y)+(float64(i/n)+0.5)/float64(n))*float64(p.H)/float64(h), &sum)
			}
			for c, v := range sum {
				out[(c*size.Y+top+y)*size.X+left+x] = float32(v / float64(n*n) / 255)
			}
		}
	}
	return out, fitted{k, float64(left), float64(top)}
}

// mixed adds the colour of a picture at a place, linear between the middles of its pixels.
func mixed(p preprocess.Picture, x, y float64, sum *[3]float64) {
	x, y = min(max(x-0.5, 0), float64(p.W-1)), min(max(y-0.5, 0), float64(p.H-1))
	x0, y0 := int(x), int(y)
	x1, y1 := min(x0+1, p.W-1), min(y0+1, p.H-1)
	fx, fy := x-float64(x0), y-float64(y0)
	for c := range 3 {
		at := func(u, v int) float64 { return float64(p.Pix[3*(v*p.W+u)+c]) }
		sum[c] += (at(x0, y0)*(1-fx)+at(x1, y0)*fx)*(1-fy) + (at(x0, y1)*(1-fx)+at(x1, y1)*fx)*fy
	}
}

// candidate is a box in the network's pixels.
type candidate struct {
	left, top, right, bottom float64
	score                    float64
	class                    int
	parts                    []float32 // of the prototypes of masks; nil: none
}

// look evaluates the network on a picture.
func (n *Yolo) look(ctx context.Context, p preprocess.Picture, spec Spec) ([]Find, error) {
	wanted, err := n.classes(spec.Classes)
	if err != nil {
		return nil, err
	}
	in, at := letterbox(p, n.Size)
	outs, err := n.Eval(ctx, n.Size.X, n.Size.Y, in)
	if err != nil {
		return nil, err
	}
	found, protos, err := decode(outs, len(n.Names), spec.Least())
	if err != nil {
		return nil, fault.With(err, "Want a YOLOv5, v8 or v11 network for detection or segmentation, exported to ONNX for one picture.")
	}
	if wanted != nil {
		found = slices.DeleteFunc(found, func(c candidate) bool { return !wanted[c.class] })
	}
	var out []Find
	for _, c := range suppress(found) {
		size := image.Pt(p.W, p.H)
		f := Find{Score: c.score, Class: n.name(c.class), Box: boxOf((c.left-at.dx)/at.scale, (c.top-at.dy)/at.scale, (c.right-at.dx)/at.scale, (c.bottom-at.dy)/at.scale, size)}
		var mask *image.Alpha
		if c.parts != nil {
			if mask = protos.mask(c, f.Box, at, n.Size); mask.Rect.Empty() {
				continue
			}
		}
		out = appended(out, f, mask)
	}
	return out, nil
}

func (n *Yolo) name(class int) string {
	if class < len(n.Names) {
		return n.Names[class]
	}
	return "class " + strconv.Itoa(class)
}

// classes are those of a list of names and numbers; nil: all.
func (n *Yolo) classes(list string) (map[int]bool, error) {
	var out map[int]bool
	for word := range strings.SplitSeq(list, ",") {
		if word = strings.TrimSpace(word); word == "" {
			continue
		}
		i := slices.IndexFunc(n.Names, func(name string) bool { return strings.EqualFold(name, word) })
		if number, err := strconv.Atoi(word); i < 0 && err == nil && number >= 0 {
			i = number
		}
		if i < 0 {
			hint := "Classes without a name are chosen by number."
			if len(n.Names) > 0 {
				hint = "It knows " + strings.Join(n.Names[:min(len(n.Names), 100)], ", ") + "."
			}
			return nil, fault.New(fmt.Sprintf("find: the network knows no class %q", word), hint)
		}
		if out == nil {
			out = map[int]bool{}
		}
		out[i] = true
	}
	return out, nil
}

// decode reads boxes that are surer than least out of what a network gives; names is how many classes it has, 0 where
// it doesn't say.
func decode(outs []Output, names int, least float64) ([]candidate, *prototypes, error) {
	var table Output
	var protos *prototypes
	for _, o := range outs {
		switch {
		case len(o.Shape) == 4 && protos == nil && count(o.Shape) == len(o.Data) && len(o.Data) > 0:
			protos = &prototypes{o.Shape[1], o.Shape[2], o.Shape[3], o.Data}
		case len(o.Shape) == 3 && table.Shape == nil && count(o.Shape) == len(o.Data):
			table = o
		}
	}
	if table.Shape == nil || table.Shape[0] != 1 {
		return nil, nil, fmt.Errorf("find: the network gives values of %s, want one of [1, 4 and classes, places]", shapes(outs))
	}
	for _, v := range table.Data {
		if v != v || math.IsInf(float64(v), 0) {
			return nil, nil, fmt.Errorf("find: the network gives values that are no numbers")
		}
	}
	masks := 0
	if protos != nil {
		masks = protos.n
	}
	rows, columns := table.Shape[1], table.Shape[2]
	var out []candidate
	var err error
	switch {
	case columns == 6+masks && rows <= endToEnd:
		out, err = done(table, masks, least), nil
	case names > 0 && rows == 4+names+masks, names == 0 && rows < columns:
		out, err = byPlace(table.Data, columns, rows-4-masks, masks, false, func(place, field int) int { return field*columns + place }, least)
	case names > 0 && columns == 5+names+masks, names == 0:
		out, err = byPlace(table.Data, rows, columns-5-masks, masks, true, func(place, field int) int { return place*columns + field }, least)
	default:
		err = fmt.Errorf("find: the network names %d classes and gives values of %s, want %d or %d for each place", names, shapes(outs), 4+names+masks, 5+names+masks)
	}
	return out, protos, err
}

// byPlace reads middles, sizes and the score of each class; sure says that a score of there being anything stands before
// those.
func byPlace(v []float32, places, classes, masks int, sure bool, at func(place, field int) int, least float64) ([]candidate, error) {
	if classes < 1 || classes > mostClasses || places > mostPlaces {
		return nil, fmt.Errorf("find: the network has %d classes at %d places, want 1 to %d at no more than %d", classes, places, mostClasses, mostPlaces)
	}
	first := 4
	if sure {
		first = 5
	}
	var out []candidate
	for i := range places {
		c := candidate{class: -1}
		for k := range classes {
			if s := float64(v[at(i, first+k)]); c.class < 0 || s > c.score {
				c.score, c.class = s, k
			}
		}
		if sure {
			c.score *= float64(v[at(i, 4)])
		}
		if c.score < least {
			continue
		}
		x, y, w, h := float64(v[at(i, 0)]), float64(v[at(i, 1)]), float64(v[at(i, 2)]), float64(v[at(i, 3)])
		c.left, c.top, c.right, c.bottom = x-w/2, y-h/2, x+w/2, y+h/2
		for k := range masks {
			c.parts = append(c.parts, v[at(i, first+classes+k)])
		}
		out = append(out, c)
	}
	return out, nil
}

// done reads what a network gives that suppresses itself.
func done(table Output, masks int, least float64) (out []candidate) {
	for i := range table.Shape[1] {
		v := table.Data[i*table.Shape[2]:][:table.Shape[2]]
		if s := float64(v[4]); s >= least && v[5] >= 0 && v[5] < mostClasses {
			c := candidate{left: float64(v[0]), top: float64(v[1]), right: float64(v[2]), bottom: float64(v[3]), score: s, class: int(v[5])}
			if masks > 0 {
				c.parts = v[6:]
			}
			out = append(out, c)
		}
	}
	return out
}

// suppress keeps the surest of the boxes of one class that lie on each other, the surest first.
func suppress(found []candidate) (kept []candidate) {
	slices.SortStableFunc(found, func(a, b candidate) int { return cmp.Compare(b.score, a.score) })
	found = found[:min(len(found), 30*mostFinds)]
	for _, c := range found {
		same := func(k candidate) bool { return k.class == c.class && k.overlap(c) > overlapping }
		if c.right > c.left && c.bottom > c.top && !slices.ContainsFunc(kept, same) {
			if kept = append(kept, c); len(kept) == mostFinds {
				break
			}
		}
	}
	return kept
}

// overlap is the area that two boxes share by that of both.
func (c candidate) overlap(o candidate) float64 {
	w, h := min(c.right, o.right)-max(c.left, o.left), min(c.bottom, o.bottom)-max(c.top, o.top)
	if w <= 0 || h <= 0 {
		return 0
	}
	return w * h / ((c.right-c.left)*(c.bottom-c.top) + (o.right-o.left)*(o.bottom-o.top) - w*h)
}

// prototypes are maps of which masks are sums.
type prototypes struct {
	n, h, w int
	v       []float32
}

// mask is a candidate's within its box, at the picture's size.
func (p *prototypes) mask(c candidate, box image.Rectangle, at fitted, size image.Point) *image.Alpha {
	sum := make([]float32, p.h*p.w)
	for k, part := range c.parts {
		for i, v := range p.v[k*p.h*p.w:][:p.h*p.w] {
			sum[i] += part * v
		}
	}
	m := image.NewAlpha(box)
	for y := box.Min.Y; y < box.Max.Y; y++ {
		row := m.Pix[m.PixOffset(box.Min.X, y):][:box.Dx()]
		for i := range row {
			x := (float64(box.Min.X+i)+0.5)*at.scale + at.dx
			v := (float64(y)+0.5)*at.scale + at.dy
			if linear(sum, p.w, p.h, x*float64(p.w)/float64(size.X), v*float64(p.h)/float64(size.Y)) > 0 {
				row[i] = 255
			}
		}
	}
	return trimmed(m)
}

func count(shape []int) int {
	n := 1
	for _, d := range shape {
		if d < 1 || n > 1<<28 {
			return -1
		}
		n *= d
	}
	return n
}

func shapes(outs []Output) string {
	var all []string
	for _, o := range outs {
		all = append(all, fmt.Sprint(o.Shape))
	}
	if len(all) == 0 {
		return "no shape"
	}
	return strings.Join(all, " and ")
}

// ReadNames reads the names of classes as Ultralytics writes them into a file, {0: 'face', 1: 'hand'}; nil where the text
// is none such.
func ReadNames(text string) []string {
	text = strings.TrimSpace(text)
	if !strings.HasPrefix(text, "{") || !strings.HasSuffix(text, "}") {
		return nil
	}
	found, most := map[int]string{}, -1
	for rest := text[1 : len(text)-1]; strings.TrimSpace(rest) != ""; {
		key, after, ok := strings.Cut(rest, ":")
		i, err := strconv.Atoi(strings.Trim(strings.TrimSpace(key), `"'`))
		after = strings.TrimSpace(after)
		if !ok || err != nil || i < 0 || i >= mostClasses || after == "" || after[0] != '\'' && after[0] != '"' {
			return nil
		}
		name, left, ok := quoted(after)
		if !ok {
			return nil
		}
		found[i], most = name, max(most, i)
		rest = strings.TrimPrefix(strings.TrimSpace(left), ",")
	}
	names := make([]string, most+1)
	for i := range names {
		if names[i] = found[i]; names[i] == "" {
			names[i] = "class " + strconv.Itoa(i)
		}
	}
	return names
}

// quoted reads a text in quotes, and what follows it.
func quoted(text string) (name, rest string, ok bool) {
	var b strings.Builder
	for i := 1; i < len(text); i++ {
		switch c := text[i]; {
		case c == text[0]:
			return b.String(), text[i+1:], true
		case c == '\\' && i+1 < len(text):
			i++
			b.WriteByte(text[i])
		default:
			b.WriteByte(c)
		}
	}
	return "", "", false
}
