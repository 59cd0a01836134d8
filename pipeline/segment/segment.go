// Package segment finds the thing that is pointed at by a network of the user's own that is prompted with points: Segment Anything
// (SAM, Kirillov et al., ICCV 2023) and those made after it, as their exporters write them to ONNX. Start at
// Open, then Load.
//
// An encoder makes an embedding of the picture, which takes seconds and is kept; a decoder makes masks of the
// embedding and of points, within tens of milliseconds. They are two files, or one. Which file is which, and what
// it wants, is told by its inputs and outputs:
//
//   - SAM, MobileSAM, EdgeSAM, HQ-SAM: the longer side becomes 1024 pixels, the shorter is padded with zeros behind the
//     normalisation; points are pixels of that square; masks are of the square, or, where the decoder is told
//     the picture's size, of the picture. An encoder that reads [height,width,3] normalises and pads by itself.
//   - SAM 2: the picture is stretched to the square; two maps of features lead from the encoder to the decoder beside the embedding.
//   - EfficientSAM: any size, from 0 to 1, and normalises by itself; points are pixels of the picture; inputs are
//     called "batched_…". Its two networks may be one file.
//
// Of several masks for one point, which are a part, a larger part and the whole, the one is taken of which the
// network thinks best; for several points the first of four, which is made for them.
package segment

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"pentimento/fault"
	"pentimento/pipeline/graph"
)

// Point is something that is said of a thing, in pixels of the picture.
type Point struct {
	X     float64 `json:"x"`
	Y     float64 `json:"y"`
	Label int     `json:"label"`
}

// The labels of points.
const (
	Out    = iota // it does not belong to the thing
	In            // it does
	First         // upper left corner of a box around it
	Second        // lower right corner
)

// nothing is the label of a point that says nothing.
const nothing = -1

// Files says, for people, which files fit.
const Files = "The encoder and the decoder of SAM, MobileSAM, EdgeSAM, HQ-SAM or SAM 2 as ONNX, or EfficientSAM in one file or two, fit."

// usual is the side of the square where the file leaves it open, and lowSide that of masks which are given back.
const usual, lowSide = 1024, 256

// Pair is the networks that belong together, known without their weights. It is read-only.
type Pair struct {
	Encoder, Decoder string // files; the same of a single one
	Side             int    // of the square, in pixels

	enc, dec half
	stretch  bool              // SAM 2: the square is the whole picture
	raw      bool              // EfficientSAM: the picture as it is
	feeds    map[string]string // inputs of the decoder that are outputs of the encoder
}

// half is the signature of one file.
type half struct {
	path      string
	ins, outs []graph.Value

	picture, coords, labels, mask, has, size string // inputs; "": it has none such
	maps                                     []graph.Value
	masks, low, scores                       string // outputs
	rows                                     bool   // the picture is [height,width,3]
}

func (h *half) encodes() bool { return h.picture != "" }
func (h *half) decodes() bool { return h.coords != "" && h.labels != "" && h.masks != "" }

// Open reads what one file or two are, in any order. Files of another kind are an error that says what they
// read and make.
func Open(paths ...string) (*Pair, error) {
	if len(paths) < 1 || len(paths) > 2 {
		return nil, fault.New(fmt.Sprintf("segment: found %d files, want one or two", len(paths)), Files)
	}
	p := &Pair{}
	for _, path := range paths {
		h, err := read(path)
		if err != nil {
			return nil, err
		}
		if h.encodes() && p.Encoder == "" {
			p.Encoder, p.enc = path, *h
		}
		if h.decodes() && p.Decoder == "" && (!h.encodes() || len(paths) == 1) {
			p.Decoder, p.dec = path, *h
		}
	}
	switch {
	case p.Encoder == "" || p.Decoder == "":
		lacks, has := "encoder", p.Decoder
		if p.Encoder != "" {
			lacks, has = "decoder", p.Encoder
		}
		return nil, fault.New(fmt.Sprintf("segment: with %q the %s is missing", filepath.Base(has), lacks), "Choose the two files that were exported together. "+Files)
	case len(paths) == 2 && p.Encoder == p.Decoder:
		return nil, fault.New(fmt.Sprintf("segment %q: it holds both networks, want no second file", filepath.Base(p.Encoder)), Files)
	}
	return p, p.fit()
}

// Role says what a file is: "encoder", "decoder", or "both". One that is nothing of these is an error.
func Role(path string) (string, error) {
	h, err := read(path)
	switch {
	case err != nil:
		return "", err
	case h.encodes() && h.decodes():
		return "both", nil
	case h.encodes():
		return "encoder", nil
	}
	return "decoder", nil
}

// Other finds the file beside one half that is its other one: the same name but for what it is, else the only one that fits.
func Other(path string) string {
	role, err := Role(path)
	if err != nil || role == "both" {
		return ""
	}
	all, _ := filepath.Glob(filepath.Join(escaped(filepath.Dir(path)), "*"))
	stem := func(s string) string {
		return strings.NewReplacer("encoder", "", "decoder", "", "_", "", "-", "", ".", "", "preprocess", "").Replace(strings.ToLower(filepath.Base(s)))
	}
	var fit []string
	for _, other := range all {
		if other == path || !strings.EqualFold(filepath.Ext(other), ".onnx") {
			continue
		}
		if _, err := Open(path, other); err != nil {
			continue
		}
		if stem(other) == stem(path) {
			return other
		}
		fit = append(fit, other)
	}
	if len(fit) == 1 {
		return fit[0]
	}
	return ""
}

// escaped is a folder's name as Glob takes it.
func escaped(dir string) string {
	return strings.NewReplacer(`[`, `\[`, `*`, `\*`, `?`, `\?`).Replace(dir)
}

// read reads a file's signature.
func read(path string) (*half, error) {
	g, err := graph.Foreign(path)
	if err != nil {
		return nil, fault.With(fmt.Errorf("segment: %w", err), Files)
	}
	h := &half{path: path}
	h.ins, h.outs = g.Signature()
	for _, v := range h.ins {
		h.take(v)
	}
	for _, v := range h.outs {
		h.give(v)
	}
	// Depth, lines and pictures come out of one picture, too: an embedding has many channels.
	deep := slices.ContainsFunc(h.outs, func(v graph.Value) bool { return len(v.Shape) == 4 && v.Shape[1].Fixed >= 16 || named(v, "embed") })
	if h.encodes() && !h.decodes() && (len(h.ins) != 1 || !deep) {
		h.picture = ""
	}
	if !h.encodes() && (!h.decodes() || len(h.maps) == 0) {
		return nil, fault.New(fmt.Sprintf("segment %q: this network reads %s and makes %s; want a picture [1,3,height,width] and an embedding of it, or an embedding, points with labels, and masks", filepath.Base(path), graph.Told(h.ins), graph.Told(h.outs)), Files)
	}
	return h, nil
}

// named says whether one of some words is in a value's name.
func named(v graph.Value, words ...string) bool {
	name := strings.ToLower(v.Name)
	return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(name, w) })
}

// take finds out what an input is.
func (h *half) take(v graph.Value) {
	n := len(v.Shape)
	at := func(i int) int64 { return v.Shape[i].Fixed }
	switch {
	case named(v, "label"):
		h.labels = v.Name
	case named(v, "coord") || n >= 3 && n <= 4 && at(n-1) == 2:
		h.coords = v.Name
	case named(v, "has") && named(v, "mask"):
		h.has = v.Name
	case named(v, "mask"):
		h.mask = v.Name
	case named(v, "size"):
		h.size = v.Name
	case n == 4 && at(1) == 3:
		h.picture = v.Name
	case n == 3 && at(2) == 3:
		h.picture, h.rows = v.Name, true
	case n == 4:
		h.maps = append(h.maps, v)
	}
}

// give finds out what an output is.
func (h *half) give(v graph.Value) {
	switch {
	case named(v, "low_res"):
		h.low = v.Name
	case named(v, "mask") && h.masks == "":
		h.masks = v.Name
	case named(v, "iou", "score") && h.scores == "":
		h.scores = v.Name
	}
	if h.masks == "" && h.low != "" && len(h.outs) < 3 {
		h.masks = h.low
	}
}

// fit finds how the two go together.
func (p *Pair) fit() error {
	pic, _ := graph.Find(p.enc.ins, p.enc.picture)
	p.raw = named(pic, "batched")
	p.Side = usual
	if !p.enc.rows && pic.Shape[2].Fixed > 0 {
		if p.Side = int(pic.Shape[2].Fixed); pic.Shape[3].Fixed != pic.Shape[2].Fixed || p.Side < 32 || p.Side > 4096 {
			return fault.New(fmt.Sprintf("segment %q: it reads pictures of %d×%d, want a square of 32 to 4096", filepath.Base(p.Encoder), pic.Shape[3].Fixed, pic.Shape[2].Fixed), Files)
		}
	}
	if p.Encoder == p.Decoder {
		return nil
	}
	p.feeds = map[string]string{}
	p.stretch = len(p.dec.maps) > 1
	given := map[string]bool{}
	for _, match := range []func(want, has graph.Value) bool{
		func(want, has graph.Value) bool { return want.Name == has.Name },
		alike,
		func(graph.Value, graph.Value) bool { return len(p.dec.maps) == 1 && len(p.enc.outs) == 1 },
	} {
		for _, want := range p.dec.maps {
			for _, has := range p.enc.outs {
				if p.feeds[want.Name] == "" && !given[has.Name] && match(want, has) {
					p.feeds[want.Name], given[has.Name] = has.Name, true
				}
			}
		}
	}
	for _, want := range p.dec.maps {
		has, ok := graph.Find(p.enc.outs, p.feeds[want.Name])
		if !ok || len(has.Shape) == 4 && len(want.Shape) == 4 && differ(want, has) {
			return fault.New(fmt.Sprintf("segment: %q wants %s, and %q makes %s: the two don't belong together", filepath.Base(p.Decoder), graph.Told([]graph.Value{want}), filepath.Base(p.Encoder), graph.Told(p.enc.outs)), "Choose the two files that were exported together.")
		}
	}
	return nil
}

// alike says whether two values have the same shape, all of it known.
func alike(a, b graph.Value) bool {
	return slices.EqualFunc(a.Shape, b.Shape, func(a, b graph.Dim) bool { return a.Fixed > 0 && a.Fixed == b.Fixed })
}

// differ says whether shapes of one length can't be the same.
func differ(a, b graph.Value) bool {
	for i := range a.Shape {
		if x, y := a.Shape[i].Fixed, b.Shape[i].Fixed; x > 0 && y > 0 && x != y && i > 0 {
			return true
		}
	}
	return false
}

// Name is what people call the pair.
func (p *Pair) Name() string {
	base := strings.TrimSuffix(filepath.Base(p.Encoder), filepath.Ext(p.Encoder))
	for _, w := range []string{".encoder", "_encoder", "-encoder", ".image_encoder", "_image_encoder"} {
		base = strings.TrimSuffix(base, w)
	}
	return base
}
