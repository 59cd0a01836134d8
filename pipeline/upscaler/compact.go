package upscaler

import (
	"fmt"
	"regexp"
	"strconv"

	"pentimento/pipeline/graph"
)

// The compact network of Real-ESRGAN (Wang et al. 2021, SRVGGNetCompact): convolutions at the size of
// what is read, then one that makes all pixels of the result, added to the enlarged picture.

var compactName = regexp.MustCompile(`^body\.(\d+)\.(weight|bias)$`)

func findCompact(keys []string) (map[string]string, bool) {
	names := map[string]string{}
	for _, k := range keys {
		if !compactName.MatchString(k) {
			return nil, false
		}
		names[k] = k
	}
	_, ok := names["body.0.weight"]
	return names, ok
}

func readCompact(f *File, l layers) (func(graph.Variant) (*graph.Graph, error), error) {
	last := 0
	for _, name := range l.names() {
		n, _ := strconv.Atoi(compactName.FindStringSubmatch(name)[1]) // digits
		last = max(last, n)
	}
	first, end := l.shape("body.0.weight"), l.shape(fmt.Sprintf("body.%d.weight", last))
	if len(first) != 4 || len(end) != 4 || first[1] != 3 || end[0]%3 != 0 || last%2 != 0 || last < 2 {
		return nil, fmt.Errorf("its ends have shapes %v and %v, want convolutions from 3 channels to 3 for each pixel", first, end)
	}
	scale := root(end[0] / 3)
	if scale < 1 || scale > 8 {
		return nil, fmt.Errorf("its last convolution makes %d channels, want 3 times a square up to 64", end[0])
	}
	f.Scale, f.Margin = int(scale), min(20, (4*(last/2+1)+2)/3)
	f.Bytes = 4 * (3*first[0] + 3*end[0])
	return func(v graph.Variant) (*graph.Graph, error) { return buildCompact(l, last, scale, v) }, nil
}

func buildCompact(l layers, last int, scale int64, v graph.Variant) (*graph.Graph, error) {
	b := graph.NewBuilder("upscaler", l.source, v)
	x := input(b)
	h := x
	for i := 0; i <= last; i += 2 {
		h = conv(b, l, fmt.Sprint("body.", i), h)
		slope := fmt.Sprintf("body.%d.weight", i+1)
		switch {
		case i == last:
		case l.has(slope):
			h = b.Op("PRelu", slope, graph.Float32, h.Shape, nil, h, b.Weight(slope, h.Shape[1].Fixed, 1, 1))
		default:
			h = leaky(b, slope, h, 0.1)
		}
	}
	// What is added is the picture with each pixel repeated, before it is laid out.
	var order []int64
	for c := range int64(3) {
		for range scale * scale {
			order = append(order, c)
		}
	}
	if scale > 1 {
		x = b.Op("Gather", "base", graph.Float32, h.Shape, map[string]any{"axis": int64(1)}, x, b.Ints(order...))
	}
	h = b.Add("base", h, x)
	if scale > 1 {
		h = shuffle(b, "shuffle", h, scale)
	}
	return finish(b, l, h)
}
