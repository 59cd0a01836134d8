package upscaler

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"

	"pentimento/fault"
	"pentimento/pipeline/graph"
)

// ESRGAN (Wang et al. 2018): residual-in-residual dense blocks, then doublings. Its three spellings
// are brought to that of BasicSR: "body.0.rdb1.conv1", "conv_up1". Real-ESRGAN's x2 and x1 read a
// picture whose pixels are shuffled into channels.

// deepMargin is that of ESRGAN of 23 blocks. Against the whole, of 255 at the seams of 128 pixels of fur: of 48 pixels up to
// 18, of 60 1.4, of 72 1.3, above 1 at 22 of 3 million values.
const deepMargin = 72

// spellings of a network's names, and ours.
var rrdbNames = []struct {
	form *regexp.Regexp
	ours string
}{
	{regexp.MustCompile(`^model\.0\.(weight|bias)$`), "conv_first.$1"},
	{regexp.MustCompile(`^model\.1\.sub\.(\d+)\.RDB([123])\.conv(\d+)\.0\.(weight|bias)$`), "body.$1.rdb$2.conv$3.$4"},
	{regexp.MustCompile(`^model\.1\.sub\.(\d+)\.RDB([123])\.conv1x1\.(weight|bias)$`), "body.$1.rdb$2.conv1x1.$3"},
	{regexp.MustCompile(`^model\.1\.sub\.\d+\.(weight|bias)$`), "conv_body.$1"},
	{regexp.MustCompile(`^RRDB_trunk\.(\d+)\.RDB([123])\.conv(\d+|1x1)\.(weight|bias)$`), "body.$1.rdb$2.conv$3.$4"},
	{regexp.MustCompile(`^trunk_conv\.(weight|bias)$`), "conv_body.$1"},
	{regexp.MustCompile(`^upconv(\d)\.(weight|bias)$`), "conv_up$1.$2"},
	{regexp.MustCompile(`^HRconv\.(weight|bias)$`), "conv_hr.$1"},
}

var rrdbTail = regexp.MustCompile(`^model\.(\d+)\.(weight|bias)$`)

func findRRDB(keys []string) (map[string]string, bool) {
	names := map[string]string{}
	var tail []int // numbered modules after the body, in the first spelling
	for _, k := range keys {
		ours := k
		for _, s := range rrdbNames {
			if s.form.MatchString(k) {
				ours = s.form.ReplaceAllString(k, s.ours)
				break
			}
		}
		if m := rrdbTail.FindStringSubmatch(k); m != nil && ours == k {
			n, _ := strconv.Atoi(m[1]) // digits
			if m[2] == "weight" {
				tail = append(tail, n)
			}
			continue
		}
		names[ours] = k
	}
	slices.Sort(tail)
	for i, n := range tail {
		ours := fmt.Sprintf("conv_up%d", i+1)
		switch i {
		case len(tail) - 1:
			ours = "conv_last"
		case len(tail) - 2:
			ours = "conv_hr"
		}
		for _, kind := range []string{".weight", ".bias"} {
			if k := fmt.Sprintf("model.%d%s", n, kind); slices.Contains(keys, k) {
				names[ours+kind] = k
			}
		}
	}
	_, block := names["body.0.rdb1.conv1.weight"]
	_, end := names["conv_last.weight"]
	return names, block && end
}

func readRRDB(f *File, l layers) (func(graph.Variant) (*graph.Graph, error), error) {
	first, last := l.shape("conv_first.weight"), l.shape("conv_last.weight")
	if len(first) != 4 || len(last) != 4 || last[0] != 3 {
		return nil, fault.New(fmt.Sprintf("its ends have shapes %v and %v, want a network from colour to colour", first, last), "Networks for grey pictures are not read.")
	}
	n := root(first[1] / 3)
	if first[1]%3 != 0 || n < 1 || n > 8 {
		return nil, fmt.Errorf("the first convolution reads %d channels, want 3, 12 or 48", first[1])
	}
	ups := l.count("conv_up%d.weight", 1)
	scale := 1 << ups
	if ups > 3 || scale%int(n) != 0 {
		return nil, fmt.Errorf("%d doublings after pixels shuffled by %d, want a whole factor from 1 to 8", ups, n)
	}
	f.Scale, f.Multiple, f.Margin = scale/int(n), int(n), 36+12*int(n)
	if l.count("body.%d.rdb1.conv1.weight", 0) > 12 {
		f.Margin = deepMargin * int(n)
	}
	wide := first[0] // channels of the enlarged picture
	f.Bytes = max(4*wide*3*int64(f.Scale*f.Scale), 4*4*(wide+4*32)/(n*n))
	return func(v graph.Variant) (*graph.Graph, error) { return buildRRDB(l, n, ups, v) }, nil
}

func buildRRDB(l layers, n int64, ups int, v graph.Variant) (*graph.Graph, error) {
	b := graph.NewBuilder("upscaler", l.source, v)
	x := input(b)
	if n > 1 {
		x = unshuffle(b, "unshuffle", x, n)
	}
	x = conv(b, l, "conv_first", x)
	h := x
	for i := range l.count("body.%d.rdb1.conv1.weight", 0) {
		path, from := fmt.Sprint("body.", i), h
		for k := range 3 {
			h = denseBlock(b, l, fmt.Sprintf("%s.rdb%d", path, k+1), h)
		}
		h = b.Add(path, b.Mul(path, h, b.Scalar(0.2)), from)
	}
	h = b.Add("conv_body", x, conv(b, l, "conv_body", h))
	for i := range ups {
		path := fmt.Sprint("conv_up", i+1)
		h = leaky(b, path, conv(b, l, path, b.Upsample(path, h, nil)), 0.2)
	}
	h = leaky(b, "conv_hr", conv(b, l, "conv_hr", h), 0.2)
	return finish(b, l, conv(b, l, "conv_last", h))
}

// denseBlock is five convolutions, each of which reads what all before it made; in ESRGAN+
// (Rakotonirina and Rasoanaivo 2020) the second and fourth also have ways past them.
func denseBlock(b *graph.Builder, l layers, path string, x graph.Value) graph.Value {
	read := x
	var second graph.Value
	for k := 1; k <= 4; k++ {
		at := fmt.Sprintf("%s.conv%d", path, k)
		h := leaky(b, at, conv(b, l, at, read), 0.2)
		if l.has(path + ".conv1x1.weight") {
			switch k {
			case 2:
				h = b.Add(at, h, conv(b, l, path+".conv1x1", x))
				second = h
			case 4:
				h = b.Add(at, h, second)
			}
		}
		read = b.Concat(at, read, h)
	}
	h := conv(b, l, path+".conv5", read)
	return b.Add(path, b.Mul(path, h, b.Scalar(0.2)), x)
}
