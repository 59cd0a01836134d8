package ncnn

import (
	"encoding/binary"
	"math"

	"pentimento/pipeline/graph"
)

// interp is Interp: to a multiple of the size (1 height, 2 width), or to a size (3, 4).
func interp(w *writer) graph.Value {
	l, x := w.l, w.in(0)
	modes := map[int64]string{1: "nearest", 2: "linear", 3: "cubic"}
	mode := modes[l.whole(0, 0)]
	if mode == "" || len(l.in) > 1 || l.whole(5, 0) != 0 {
		w.failf("resizes in the way %d, or after another blob, which is not read", l.whole(0, 0))
		return x
	}
	attrs := map[string]any{"mode": mode, "coordinate_transformation_mode": "half_pixel"}
	switch {
	case mode == "nearest":
		attrs["coordinate_transformation_mode"], attrs["nearest_mode"] = "asymmetric", "floor"
	case l.whole(6, 0) != 0:
		attrs["coordinate_transformation_mode"] = "align_corners"
	}
	h, width := l.whole(3, 0), l.whole(4, 0)
	if h > 0 && width > 0 {
		return w.op("Resize", w.shape(w.channels(0)), attrs, x, graph.Value{}, graph.Value{}, w.b.Ints(1, w.channels(0), h, width))
	}
	by := []float64{1, 1, l.number(1, 1), l.number(2, 1)}
	var data []byte
	for _, f := range by {
		if !(f > 0 && f <= 64) {
			w.failf("resizes by %v", by)
			return x
		}
		data = binary.LittleEndian.AppendUint32(data, math.Float32bits(float32(f)))
	}
	key := l.name + ".times"
	w.weights[key] = graph.Weight{Type: graph.Float32, Shape: []int64{4}, Data: data}
	return w.op("Resize", w.shape(w.channels(0)), attrs, x, graph.Value{}, w.b.Raw(key))
}

// pixelShuffle is PixelShuffle: channels in torch's order (1: 0) or in TensorFlow's (1: 1).
func pixelShuffle(w *writer) graph.Value {
	n, c := w.l.whole(0, 1), w.channels(0)
	if n < 1 || n > 64 || c%(n*n) != 0 {
		w.failf("lays %d channels out as %d×%d pixels", c, n, n)
		return w.in(0)
	}
	mode := map[bool]string{true: "CRD", false: "DCR"}[w.l.whole(1, 0) == 0]
	return w.op("DepthToSpace", w.shape(c/(n*n)), map[string]any{"blocksize": n, "mode": mode}, w.in(0))
}

// maxPadding is how many places a layer may add on each side: of the networks that are read none adds more than 20.
const maxPadding = 256

// padding is Padding: top, bottom, left, right; a number (5), the edge, or a mirror without it (4).
func padding(w *writer) graph.Value {
	l := w.l
	by := []int64{0, 0, l.whole(0, 0), l.whole(2, 0), 0, 0, l.whole(1, 0), l.whole(3, 0)}
	modes := []string{"constant", "edge", "reflect"}
	kind := l.whole(4, 0)
	if kind < 0 || kind > 2 || l.whole(6, 0) != 0 || l.whole(7, 0) != 0 || l.whole(8, 0) != 0 || min(by[2], by[3], by[6], by[7]) < 0 || max(by[2], by[3], by[6], by[7]) > maxPadding {
		w.failf("pads in the way %d by %v, or channels, which is not read; at most %d places", kind, by, maxPadding)
		return w.in(0)
	}
	return w.op("Pad", w.shape(w.channels(0)), map[string]any{"mode": modes[kind]}, w.in(0), w.b.Ints(by...), w.b.Scalar(float32(l.number(5, 0))))
}

// whole32 stands in ncnn for all that there is.
const whole32 = -233

// crop is Crop: from a place on as large as a second blob is, or by lists of beginnings (9), ends
// (10) and dimensions (11), or by what is left away on each side (0, 1 and 6, 7).
func crop(w *writer) graph.Value {
	l, x := w.l, w.in(0)
	if len(l.in) > 1 {
		return w.cropLike()
	}
	starts, ends, axes := l.params[9], l.params[10], l.params[11]
	var from, to, along []int64
	switch {
	case len(starts) > 0:
		if len(ends) != len(starts) || len(axes) != len(starts) || len(axes) > 3 {
			w.failf("has %d beginnings, %d ends and %d dimensions", len(starts), len(ends), len(axes))
			return x
		}
		for i := range axes {
			from, to, along = append(from, bound(starts[i], 0)), append(to, bound(ends[i], math.MaxInt32)), append(along, int64(max(axes[i], -9)))
		}
	case l.whole(3, 0) == whole32 && l.whole(4, 0) == whole32:
		from, to, along = []int64{l.whole(1, 0), l.whole(0, 0)}, []int64{-l.whole(7, 0), -l.whole(6, 0)}, []int64{-2, -1}
		for i := range to {
			if to[i] == 0 {
				to[i] = math.MaxInt32
			}
		}
	default:
		w.failf("cuts out a size of its own, which is not read")
		return x
	}
	for i, a := range along { // counted from the back: channels are not cut
		if a >= 0 {
			along[i] = a - 3
		}
		if along[i] != -1 && along[i] != -2 {
			w.failf("cuts along dimension %d", a)
			return x
		}
	}
	return w.op("Slice", w.shape(w.channels(0)), nil, x, w.b.Ints(from...), w.b.Ints(to...), w.b.Ints(along...))
}

// bound is a beginning or an end; an end of 0 is the whole.
func bound(v float64, all int64) int64 {
	if v == whole32 || v == 0 || math.Abs(v) > math.MaxInt32 {
		return all
	}
	return int64(v)
}

// cropLike is Crop of a blob to the height and width of a second one, from a place on.
func (w *writer) cropLike() graph.Value {
	x, like := w.in(0), w.in(1)
	if w.l.whole(2, 0) != 0 || w.channels(0) != w.channels(1) || w.l.whole(0, 0) < 0 || w.l.whole(1, 0) < 0 {
		w.failf("cuts %d channels to %d from %d on", w.channels(0), w.channels(1), w.l.whole(2, 0))
		return x
	}
	from := w.b.Ints(w.l.whole(1, 0), w.l.whole(0, 0))
	size := w.b.Sizes(like, 2, 4)
	to := w.b.Op("Add", w.l.name, graph.Int64, size.Shape, nil, size, from)
	return w.op("Slice", like.Shape, nil, x, from, to, w.b.Ints(2, 3))
}
