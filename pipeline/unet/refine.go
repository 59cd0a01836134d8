package unet

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"pentimento/fault"
	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/graph"
	"pentimento/pipeline/tensor"
)

// Refine lets modules of the network read a box of the picture enlarged as well, beside the whole: what they make of it is
// made as small again and mixed with what they make of the box (LLuL, "local latent upscaler", by hnmr293, whose default is
// its last layer alone). A box of half the picture's sides is enlarged to all of it by a factor of 2.
//
// 2026-11-28: the enlarged box goes through the modules beside the picture and not in one batch with it, as there: its size is free.
// Hooks of guides don't see it. There the choice between arc and line is made for all latents of an evaluation together, here for each.
type Refine struct {
	By int    // how many times the box is enlarged, a power of two; 0: without
	At string // the kinds of modules, RefineKinds with commas between them
	// Layers are beginnings, or other parts, of the names of modules with commas between them (ModuleName), of which one must
	// fit; out fits always. AllLayers: all.
	Layers   string
	Up, Down string // a name of RefineUps, of RefineDowns
	Line     bool   // mixed along the straight line; else along the arc between the two
}

// Refined are the numbers of an evaluation: where the box is in a picture of a size, and how much of it is mixed in; with a weight of
// 0 nothing changes.
type Refined struct {
	X, Y, W, H, Width, Height int
	Weight                    float64
}

// refineInput is the name of the input, [7]: y, x, height and width of the box, height and width of the picture, weight.
const refineInput = "refine"

// AllLayers is what Refine.Layers says for all.
const AllLayers = "all"

// RefineKinds are the kinds of modules, as the extension names them.
var RefineKinds = []string{"out", "resblock", "transformer", "s. attn.", "x. attn."}

// RefineUps and RefineDowns are the ways to enlarge and to make smaller, as the extension records them.
var (
	RefineUps   = []string{"nearest-exact", "bilinear", "bicubic", "bilinear-aa", "bicubic-aa"}
	RefineDowns = []string{"nearest", "bilinear", "bicubic", "area", "pooling max", "pooling avg", "bilinear-aa", "bicubic-aa"}
)

// downs are what RefineDowns are called in package graph, where they are not called the same.
var downs = map[string]string{"nearest": "nearest-exact", "area": "mean", "pooling avg": "mean", "pooling max": "max"}

// CheckRefine says what is wrong with a list for Refine.At, whatever the network.
func CheckRefine(list string) error {
	for _, kind := range listed(list) {
		if !slices.Contains(RefineKinds, kind) {
			return fault.New(fmt.Sprintf("kind of layers %q: unknown", kind), "Choose among "+strings.Join(RefineKinds, ", ")+", with commas between them.")
		}
	}
	return nil
}

// CheckLayers says what is wrong with a list for Refine.Layers, whatever the network: each text is a part of a name that a module
// of some network may have.
func CheckLayers(list string) error {
	for _, l := range listed(list) {
		if l != AllLayers && !slices.ContainsFunc(moduleNames(), func(name string) bool { return strings.Contains(name, l) }) {
			return fault.New(fmt.Sprintf("layers %q: no network has layers that are called so", l), "Choose IN, M or OUT, or more exactly such as OUT05 or trans, with commas between them; all means all.")
		}
	}
	return nil
}

// moduleNames are all that modules may be called.
var moduleNames = sync.OnceValue(func() (all []string) {
	const most = 12 // blocks of one way, and blocks of a transformer
	for _, way := range []string{"IN", "M", "OUT"} {
		for block := range most {
			all = append(all, fmt.Sprintf("%s%02d_00_trans", way, block), fmt.Sprintf("%s%02d_00_resblock", way, block), fmt.Sprintf("%s%02d_01_resblock", way, block))
			for n := range most {
				all = append(all, fmt.Sprintf("%s%02d_00_%02d_sattn", way, block, n), fmt.Sprintf("%s%02d_00_%02d_xattn", way, block, n))
			}
		}
	}
	return all
})

// Idle are those of the layers that a network has none of among the kinds.
func (r Refine) Idle(p *checkpoint.Part) (idle []string) {
	kinds, all := listed(r.At), modules(p)
	if len(kinds) == 1 && kinds[0] == "out" {
		return nil // it acts in any case
	}
	for _, l := range listed(r.Layers) {
		fits := func(m module) bool { return slices.Contains(kinds, m.kind) && strings.Contains(m.name, l) }
		if l != AllLayers && !slices.ContainsFunc(all, fits) {
			idle = append(idle, l)
		}
	}
	return idle
}

// listed are the texts between commas.
func listed(list string) (out []string) {
	for _, s := range strings.Split(list, ",") {
		if s = strings.TrimSpace(s); s != "" {
			out = append(out, s)
		}
	}
	return out
}

// module is a module of a network as the extension knows it.
type module struct{ path, kind, name string }

// modules are those of a network, in the order of their names in the file.
func modules(p *checkpoint.Part) (all []module) {
	for _, weight := range p.Names() {
		for end, kind := range map[string]string{".in_layers.0.weight": "resblock", ".proj_in.weight": "transformer", ".attn1.to_q.weight": "s. attn.", ".attn2.to_q.weight": "x. attn."} {
			path, ok := strings.CutSuffix(weight, end)
			if !ok {
				continue
			}
			if strings.HasSuffix(kind, "attn.") {
				path += end[:len(".attn1")]
			}
			all = append(all, module{path, kind, ModuleName(path)})
		}
	}
	return append(all, module{"out", "out", "OUT"})
}

// ModuleName is the extension's name of a module, such as IN04_00_trans, M00_01_resblock or OUT05_00_01_xattn: the way, the block, the
// module's number among its kind in that, and of attentions that of the transformer's block.
func ModuleName(path string) string {
	parts := strings.Split(path, ".")
	number := func(i int) int {
		if i >= len(parts) {
			return 0
		}
		n, _ := strconv.Atoi(parts[i])
		return n
	}
	way, block, at := map[string]string{"input_blocks": "IN", "middle_block": "M", "output_blocks": "OUT"}[parts[0]], number(1), 2
	if way == "M" {
		block, at = 0, 1
	}
	if len(parts) > at+3 { // …transformer_blocks.N.attn1
		kind := map[string]string{"attn1": "sattn", "attn2": "xattn"}[parts[len(parts)-1]]
		return fmt.Sprintf("%s%02d_00_%02d_%s", way, block, number(len(parts)-2), kind)
	}
	kind, n := "resblock", 0
	switch {
	case number(at) == 1:
		kind = "trans"
	case way == "M":
		n = number(at) / 2 // the transformer stands between the two
	}
	return fmt.Sprintf("%s%02d_%02d_%s", way, block, n, kind)
}

// hooks are those of the modules that refine.
func (r Refine) hooks(p *checkpoint.Part) (all []graph.Hook, err error) {
	if err := CheckRefine(r.At); err != nil {
		return nil, fault.With(fmt.Errorf("unet: refining a box: %w", err), fault.Hint(err))
	}
	if r.By < 2 || r.By > 32 || r.By&(r.By-1) != 0 || !slices.Contains(RefineUps, r.Up) || !slices.Contains(RefineDowns, r.Down) {
		return nil, fmt.Errorf("unet: refining a box %d times as large, by %q and %q: want a power of two up to 32, one of %q and one of %q", r.By, r.Up, r.Down, RefineUps, RefineDowns)
	}
	kinds, layers, numbers := listed(r.At), listed(r.Layers), &shared{}
	for _, m := range modules(p) {
		fits := m.kind == "out" || r.Layers == AllLayers || slices.ContainsFunc(layers, func(l string) bool { return strings.Contains(m.name, l) })
		if fits && slices.Contains(kinds, m.kind) {
			all = append(all, graph.Hook{At: m.path, Around: r.around(numbers)})
		}
	}
	if len(all) == 0 {
		return nil, fault.New(fmt.Sprintf("unet: refining a box at %q in layers %q: the network has no such layers", r.At, r.Layers), "Layers are called IN, M or OUT, or more exactly such as OUT05: say all for all of them.")
	}
	return all, nil
}

// around writes a module twice: for the picture, and for the enlarged box.
func (r Refine) around(numbers *shared) func(b *graph.Builder, at graph.Site, in graph.Value, write func(graph.Value) graph.Value) graph.Value {
	return func(b *graph.Builder, at graph.Site, in graph.Value, write func(graph.Value) graph.Value) graph.Value {
		path, rows := at.Name+".refined", len(in.Shape) == 2
		made := write(in)
		if rows {
			in, made = b.Picture(path, in, *at.Beside), b.Picture(path, made, *at.Beside)
		}
		box := boxIn(b, path, in, numbers.in(b, refineInput, graph.Fixed(7)))
		var large, again, out graph.Value
		b.Full(func() { large = b.Enlarge(path, box.cut(in), r.By, r.Up) })
		b.Unhooked(func() {
			if rows {
				again = b.Picture(path, write(b.Rows(path, large)), large)
			} else {
				again = write(large)
			}
		})
		b.Full(func() {
			how := r.Down
			if name, ok := downs[how]; ok {
				how = name
			}
			small := b.Reduce(path, again, r.By, how)
			small.Shape = append([]graph.Dim{}, small.Shape...)
			own := box.cut(made)
			copy(small.Shape[2:], own.Shape[2:])
			out = b.Add(path, made, box.laid(own, box.mix(own, small, r.Line)))
		})
		if rows {
			return b.Rows(path, out)
		}
		return out
	}
}

// box is where a module's picture is refined: vectors of height and width.
type box struct {
	*graph.Builder
	path            string
	from, to, after graph.Value // where it begins, ends, and what is left behind it
	weight          graph.Value // [1]
}

// boxIn is the box in a picture of any level: the numbers are of another size.
func boxIn(b *graph.Builder, path string, picture, numbers graph.Value) box {
	two := []graph.Dim{graph.Fixed(2)}
	whole := func(op string, x, y graph.Value) graph.Value { return b.Op(op, path, graph.Int64, two, nil, x, y) }
	out := box{Builder: b, path: path}
	b.Full(func() {
		part := func(from, to int64) graph.Value {
			return b.Op("Slice", path, graph.Float32, []graph.Dim{graph.Fixed(to - from)}, nil, numbers, b.Ints(from), b.Ints(to), b.Ints(0))
		}
		places := func(from int64) graph.Value { return b.Cast(part(from, from+2), graph.Int64) }
		size, all := b.Sizes(picture, 2, 4), places(4)
		scaled := func(v graph.Value) graph.Value { return whole("Div", whole("Mul", v, size), all) }
		sides := whole("Min", whole("Max", scaled(places(2)), b.Ints(1)), size)
		out.from = whole("Max", whole("Min", scaled(places(0)), whole("Sub", size, sides)), b.Ints(0))
		out.to = whole("Add", out.from, sides)
		out.after = whole("Sub", size, out.to)
		out.weight = part(6, 7)
	})
	return out
}

// cut is what of a picture is in the box.
func (b box) cut(x graph.Value) graph.Value {
	shape := []graph.Dim{x.Shape[0], x.Shape[1], graph.Named(b.path + " height"), graph.Named(b.path + " width")}
	return b.Op("Slice", b.path, graph.Float32, shape, nil, x, b.from, b.to, b.Ints(2, 3))
}

// laid is the change of what was cut, as large as the picture and 0 outside the box, and everywhere at a weight of 0.
func (b box) laid(own, mixed graph.Value) graph.Value {
	change := b.Op("Sub", b.path, graph.Float32, own.Shape, nil, mixed, own)
	off := b.Op("Equal", b.path, graph.Bool, b.weight.Shape, nil, b.weight, b.Scalar(0))
	change = b.Op("Where", b.path, graph.Float32, own.Shape, nil, off, b.Scalar(0), change)
	pads := b.Op("Concat", b.path, graph.Int64, []graph.Dim{graph.Fixed(8)}, map[string]any{"axis": int64(0)}, b.Ints(0, 0), b.from, b.Ints(0, 0), b.after)
	shape := []graph.Dim{own.Shape[0], own.Shape[1], graph.Named(b.path + " all height"), graph.Named(b.path + " all width")}
	return b.Op("Pad", b.path, graph.Float32, shape, nil, change, pads)
}

// mix goes by the weight from own to other: along the line, or along the arc between the vectors of channels, as A1111's slerp does.
// That ends where they lie nearly in one direction with the shares exchanged, and where the arc is not a number anywhere, as between two
// vectors of one direction, on the line.
//
// 2026-11-28: what rounding leaves of such a place, a cosine of a little less, of 1 or of more, is one direction in any case; there the
// rounding decides between arc and line (cross-attention, and boxes one cell wide: 4e-3 of a picture).
func (b box) mix(own, other graph.Value, line bool) graph.Value {
	op := func(op string, x, y graph.Value, shape []graph.Dim) graph.Value {
		return b.Op(op, b.path, graph.Float32, shape, nil, x, y)
	}
	one := func(op string, x graph.Value) graph.Value { return b.Op(op, b.path, graph.Float32, x.Shape, nil, x) }
	rest := op("Sub", b.Scalar(1), b.weight, b.weight.Shape)
	straight := b.Add(b.path, own, op("Mul", op("Sub", other, own, own.Shape), b.weight, own.Shape))
	if line {
		return straight
	}
	plane := []graph.Dim{own.Shape[0], graph.Fixed(1), own.Shape[2], own.Shape[3]}
	point := []graph.Dim{own.Shape[0], graph.Fixed(1), graph.Fixed(1), graph.Fixed(1)}
	sum := func(x, y graph.Value) graph.Value {
		return b.Op("ReduceSum", b.path, graph.Float32, plane, nil, op("Mul", x, y, own.Shape), b.Ints(1))
	}
	unit := func(v graph.Value) graph.Value { return op("Div", v, one("Sqrt", sum(v, v)), own.Shape) }
	cosine := sum(unit(own), unit(other))
	angle := one("Acos", cosine)
	share := func(t graph.Value) graph.Value {
		return op("Div", one("Sin", op("Mul", angle, t, plane)), one("Sin", angle), plane)
	}
	arc := b.Add(b.path, op("Mul", own, share(rest), own.Shape), op("Mul", other, share(b.weight), own.Shape))
	choose := func(is, then, otherwise graph.Value) graph.Value {
		return b.Op("Where", b.path, graph.Float32, own.Shape, nil, is, then, otherwise)
	}
	above := func(v graph.Value, limit float32) graph.Value {
		return b.Op("Greater", b.path, graph.Bool, v.Shape, nil, v, b.Scalar(limit))
	}
	none := b.Cast(b.Op("IsNaN", b.path, graph.Bool, own.Shape, nil, arc), graph.Float32)
	arc = choose(above(b.Op("ReduceMax", b.path, graph.Float32, point, nil, none, b.Ints(1, 2, 3)), 0.5), straight, arc)
	arc = choose(above(b.Op("ReduceMax", b.path, graph.Float32, point, nil, cosine, b.Ints(1, 2, 3)), oneDirection), straight, arc)
	mean := b.Op("ReduceMean", b.path, graph.Float32, point, nil, cosine, b.Ints(1, 2, 3))
	exchanged := b.Add(b.path, op("Mul", own, b.weight, own.Shape), op("Mul", other, rest, own.Shape))
	return choose(above(mean, 0.9995), exchanged, arc)
}

// oneDirection is the cosine above which two vectors in float32 are taken for parallel.
const oneDirection = 1 - 1e-6

// refined is the input of an evaluation.
func (r Refined) input() *tensor.Tensor {
	if r.Weight == 0 || r.Width < 1 || r.Height < 1 { // the least box, which changes nothing
		r = Refined{W: 1, H: 1, Width: maxCells, Height: maxCells}
	}
	return &tensor.Tensor{Shape: []int{7}, Data: []float32{float32(r.Y), float32(r.X), float32(r.H), float32(r.W), float32(r.Height), float32(r.Width), float32(r.Weight)}}
}

// maxCells is more than any latent has a side.
const maxCells = 1 << 20
