package upscaler

import (
	"fmt"

	"pentimento/pipeline/graph"
)

// windows cuts rows of tokens [h·w, C] into windows of size × size places, shifted by half of one
// where that is asked for; h and w are multiples of size.
type windows struct {
	b    *graph.Builder
	size int64

	high, wide     graph.Value // [1] h and w
	across, down   graph.Value // [1] how many windows
	index          graph.Value // of a table of positions
	hidden         graph.Value // see mask
	windows, shape map[int64]graph.Value
}

func newWindows(b *graph.Builder, picture graph.Value, size int64) *windows {
	w := &windows{b: b, size: size, windows: map[int64]graph.Value{}, shape: map[int64]graph.Value{}}
	w.high, w.wide = b.Sizes(picture, 2, 3), b.Sizes(picture, 3, 4)
	one := []graph.Dim{graph.Fixed(1)}
	w.down = b.Op("Div", "windows", graph.Int64, one, nil, w.high, b.Ints(size))
	w.across = b.Op("Div", "windows", graph.Int64, one, nil, w.wide, b.Ints(size))
	return w
}

// list is a shape made of values [1].
func (w *windows) list(name string, parts ...graph.Value) graph.Value {
	return w.b.Op("Concat", name, graph.Int64, []graph.Dim{graph.Fixed(int64(len(parts)))}, map[string]any{"axis": int64(0)}, parts...)
}

// roll moves a picture [1,h,w,C] by n places along both axes, what leaves it coming in again on the
// other side; n below 0 moves towards the upper left.
func (w *windows) roll(path string, x graph.Value, n int64) graph.Value {
	for axis := int64(1); axis <= 2; axis++ {
		cut := func(from, to int64) graph.Value {
			return w.b.Op("Slice", path, graph.Float32, x.Shape, nil, x, w.b.Ints(from), w.b.Ints(to), w.b.Ints(axis))
		}
		const end = 1 << 40
		x = w.b.Op("Concat", path, graph.Float32, x.Shape, map[string]any{"axis": axis}, cut(-n, end), cut(0, -n))
	}
	return x
}

// split gives the rows of a picture window by window: [n·size², C].
func (w *windows) split(path string, rows graph.Value, shifted bool) graph.Value {
	c := rows.Shape[1].Fixed
	if shifted {
		rows = w.roll(path, w.picture(path, rows), -(w.size / 2))
	}
	if _, ok := w.shape[c]; !ok {
		size := w.b.Ints(w.size)
		w.shape[c] = w.list(fmt.Sprint("windows of ", c), w.down, size, w.across, size, w.b.Ints(c))
		w.windows[c] = w.list(fmt.Sprint("windows apart of ", c), w.down, w.across, size, size, w.b.Ints(c))
	}
	return w.flat(path, w.swapped(path, rows, w.shape[c], c), c)
}

// join is the reverse of split.
func (w *windows) join(path string, rows graph.Value, shifted bool) graph.Value {
	c := rows.Shape[1].Fixed
	rows = w.flat(path, w.swapped(path, rows, w.windows[c], c), c)
	if shifted {
		rows = w.flat(path, w.roll(path, w.picture(path, rows), w.size/2), c)
	}
	return rows
}

// swapped sees a value under a shape of five axes, and swaps the second and third.
func (w *windows) swapped(path string, x, shape graph.Value, c int64) graph.Value {
	d := []graph.Dim{graph.Named("windows down"), graph.Named("a"), graph.Named("b"), graph.Fixed(w.size), graph.Fixed(c)}
	x = w.b.Op("Reshape", path, graph.Float32, d, nil, x, shape)
	return w.b.Op("Transpose", path, graph.Float32, d, map[string]any{"perm": []int64{0, 2, 1, 3, 4}}, x)
}

func (w *windows) flat(path string, x graph.Value, c int64) graph.Value {
	return w.b.Op("Reshape", path, graph.Float32, []graph.Dim{graph.Named("row"), graph.Fixed(c)}, nil, x, w.b.Ints(-1, c))
}

// picture sees rows as [1,h,w,C].
func (w *windows) picture(path string, rows graph.Value) graph.Value {
	c := rows.Shape[1].Fixed
	shape := w.list(path, w.b.Ints(1), w.high, w.wide, w.b.Ints(c))
	return w.b.Op("Reshape", path, graph.Float32, []graph.Dim{graph.Fixed(1), graph.Named("height"), graph.Named("width"), graph.Fixed(c)}, nil, rows, shape)
}

// bias is what an attention's table of positions adds to the scores of its heads.
func (w *windows) bias(path string, heads int64) graph.Value {
	places := w.size * w.size
	pairs := graph.Fixed(places * places)
	if w.index.Name == "" { // one name for what is long
		w.index = w.b.Op("Reshape", "pairs", graph.Int64, []graph.Dim{pairs}, nil, w.b.Ints(relative(w.size)...), w.b.Ints(-1))
	}
	t := w.b.Op("Gather", path, graph.Float32, []graph.Dim{pairs, graph.Fixed(heads)}, map[string]any{"axis": int64(0)}, w.b.Weight(path+".relative_position_bias_table"), w.index)
	t = w.b.Op("Transpose", path, graph.Float32, []graph.Dim{graph.Fixed(heads), pairs}, map[string]any{"perm": []int64{1, 0}}, t)
	return w.b.Op("Reshape", path, graph.Float32, []graph.Dim{graph.Fixed(heads), graph.Fixed(places), graph.Fixed(places)}, nil, t, w.b.Ints(heads, places, places))
}

// mask hides from one another the places of a shifted window that lie at opposite sides of the
// picture: −100 for each such pair, else 0; [n,1,size²,size²].
func (w *windows) mask() graph.Value {
	if w.hidden.Name != "" {
		return w.hidden
	}
	b, float, places := w.b, graph.Float32, w.size*w.size
	regions := func(count graph.Value, name string) graph.Value { // 0, 1 or 2 for each place along an axis
		d := []graph.Dim{graph.Named(name)}
		n := b.Op("Reshape", "mask", float, []graph.Dim{}, nil, b.Cast(count, float), b.Ints())
		at := b.Op("Range", "mask", float, d, nil, b.Scalar(0), n, b.Scalar(1))
		beyond := func(by int64) graph.Value {
			return b.Cast(b.Op("GreaterOrEqual", "mask", graph.Bool, d, nil, at, b.Op("Sub", "mask", float, []graph.Dim{}, nil, n, b.Scalar(float32(by)))), float)
		}
		return b.Add("mask", beyond(w.size), beyond(w.size/2))
	}
	rows := b.Op("Reshape", "mask", float, []graph.Dim{graph.Named("height"), graph.Fixed(1)}, nil, b.Mul("mask", regions(w.high, "height"), b.Scalar(3)), b.Ints(-1, 1))
	grid := b.Op("Add", "mask", float, []graph.Dim{graph.Named("height"), graph.Named("width")}, nil, rows, regions(w.wide, "width"))
	size := b.Ints(w.size)
	apart := w.swapped("mask", grid, w.list("mask", w.down, size, w.across, size, b.Ints(1)), 1)
	see := func(shape ...int64) graph.Value {
		return b.Op("Reshape", "mask", float, []graph.Dim{graph.Named("windows"), graph.Fixed(1), graph.Named("a"), graph.Named("b")}, nil, apart, b.Ints(shape...))
	}
	d := []graph.Dim{graph.Named("windows"), graph.Fixed(1), graph.Fixed(places), graph.Fixed(places)}
	same := b.Cast(b.Op("Equal", "mask", graph.Bool, d, nil, see(-1, 1, 1, places), see(-1, 1, places, 1)), float)
	w.hidden = b.Mul("mask", b.Add("mask", same, b.Scalar(-1)), b.Scalar(100))
	return w.hidden
}
