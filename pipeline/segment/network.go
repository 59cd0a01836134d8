package segment

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"image"
	"image/draw"
	"path/filepath"
	"slices"

	"pentimento/pipeline/graph"
	"pentimento/pipeline/model"
	"pentimento/pipeline/pixels"
	"pentimento/pipeline/tensor"
)

// Network is an opened pair. One goroutine at a time may use it.
type Network struct {
	*Pair
	enc, dec model.Session // of a single file the decoder alone

	seed maphash.Seed
	last *view // the picture that was looked at last
}

// view is a picture that was encoded.
type view struct {
	sum      uint64
	w, h     int // of the picture
	ew, eh   int // as the networks know it, without what is padded
	features map[string]*tensor.Tensor

	clicks [][]Point // that were decoded last, with
	prior  *tensor.Tensor
}

// Mask is what a decoder thinks a thing is, at the picture's size.
type Mask struct {
	Cover *image.Alpha
	Score float64 // how good the network thinks it is, usually 0..1
}

// Load opens the networks.
func (p *Pair) Load(ctx context.Context, rt model.Runtime, o model.Options) (*Network, error) {
	n := &Network{Pair: p, seed: maphash.MakeSeed()}
	open := func(h *half, o model.Options, ins []string, outs []string) (model.Session, error) {
		g, err := graph.Foreign(h.path)
		if err != nil {
			return nil, err
		}
		for _, name := range ins {
			if name != "" {
				err = errors.Join(err, g.Take(our(name), name))
			}
		}
		for _, name := range outs {
			if name != "" {
				err = errors.Join(err, g.Give(our(name), name))
			}
		}
		if err != nil {
			return nil, err
		}
		return rt.Open(ctx, g, o)
	}
	var err error
	d, maps := &n.Pair.dec, []string{n.Pair.dec.picture}
	if p.Encoder != p.Decoder {
		var outs []string
		maps = nil
		for ours, theirs := range p.feeds {
			maps, outs = append(maps, ours), append(outs, theirs)
		}
		slices.Sort(maps)
		slices.Sort(outs)
		once := o
		once.Release = true
		if n.enc, err = open(&p.enc, once, []string{p.enc.picture}, outs); err != nil {
			return nil, err
		}
	}
	low := d.low
	if low == d.masks {
		low = ""
	}
	if n.dec, err = open(d, o, append(maps, d.coords, d.labels, d.mask, d.has, d.size), []string{d.masks, d.scores, low}); err != nil {
		return nil, errors.Join(err, n.Close())
	}
	return n, nil
}

// our is what an input or output is called here: a name that no network has.
func our(name string) string { return "our " + name }

// Close implements shelf.Network.
func (n *Network) Close() error {
	var err error
	for _, s := range []model.Session{n.enc, n.dec} {
		if s != nil {
			err = errors.Join(err, s.Close())
		}
	}
	return err
}

// Find finds what clicks mean in a picture: each is one point or several, and each mask helps with the next click's, where the
// network takes one. The best mask is the first, the others follow by their scores. A picture that was looked
// at last is not encoded again while its pixels are the same; report hears "encode" and "decode".
func (n *Network) Find(ctx context.Context, img *image.NRGBA, clicks [][]Point, report func(stage string)) ([]Mask, error) {
	if img.Rect.Empty() || len(clicks) == 0 {
		return nil, errors.New("segment: found no picture or no point")
	}
	if err := n.look(ctx, img, report); err != nil {
		return nil, err
	}
	report("decode")
	v := n.last
	done := 0
	if k := len(v.clicks); v.prior != nil && k < len(clicks) && slices.EqualFunc(v.clicks, clicks[:k], slices.Equal) {
		done = k
	} else {
		v.clicks, v.prior = nil, nil
	}
	if n.Pair.dec.mask == "" || len(clicks) > mostPriors {
		done = len(clicks) - 1
	}
	var out []Mask
	for ; done < len(clicks); done++ {
		var err error
		var low *tensor.Tensor
		if out, low, err = n.decode(ctx, slices.Concat(clicks[:done+1]...), v.prior); err != nil {
			return nil, err
		}
		v.clicks, v.prior = slices.Clone(clicks[:done+1]), low
	}
	return out, nil
}

// mostPriors is up to how many clicks each is decoded with the mask of those before it.
const mostPriors = 8

// look encodes a picture unless it is the last one.
func (n *Network) look(ctx context.Context, img *image.NRGBA, report func(string)) error {
	var h maphash.Hash
	h.SetSeed(n.seed)
	w := img.Rect.Dx()
	fmt.Fprint(&h, w)
	for y := range img.Rect.Dy() {
		_, _ = h.Write(img.Pix[y*img.Stride:][:4*w]) // it never fails
	}
	if n.last != nil && n.last.sum == h.Sum64() {
		return nil
	}
	n.last = nil
	report("encode")
	v := &view{sum: h.Sum64(), w: w, h: img.Rect.Dy()}
	planes, err := n.shown(ctx, img, v)
	if err != nil {
		return err
	}
	if n.enc == nil {
		v.features = map[string]*tensor.Tensor{our(n.Pair.dec.picture): planes}
		n.last = v
		return nil
	}
	got, err := n.enc.Run(ctx, map[string]*tensor.Tensor{our(n.Pair.enc.picture): planes})
	if err != nil {
		return err
	}
	v.features = map[string]*tensor.Tensor{}
	for wants, has := range n.feeds {
		t := got[our(has)]
		if t == nil {
			return fmt.Errorf("segment %q: the network gave no %q", filepath.Base(n.Encoder), has)
		}
		v.features[our(wants)] = t.Clone()
	}
	n.last = v
	return nil
}

// The means and deviations of colours that the networks were trained with, of 255 (ImageNet).
var mean, deviation = [3]float32{123.675, 116.28, 103.53}, [3]float32{58.395, 57.12, 57.375}

// shown is a picture as the encoder reads it.
func (n *Network) shown(ctx context.Context, img *image.NRGBA, v *view) (*tensor.Tensor, error) {
	s := float64(n.Side) / float64(max(v.w, v.h))
	switch {
	case n.stretch:
		v.ew, v.eh = n.Side, n.Side
	case n.raw && s >= 1:
		v.ew, v.eh = v.w, v.h
	default:
		v.ew, v.eh = max(int(float64(v.w)*s+0.5), 1), max(int(float64(v.h)*s+0.5), 1)
	}
	sized := image.NewNRGBA(image.Rect(0, 0, v.ew, v.eh))
	draw.Draw(sized, sized.Rect, image.White, image.Point{}, draw.Src)
	fit, err := pixels.Bilinear(ctx, img, sized.Rect)
	if err != nil {
		return nil, err
	}
	draw.Draw(sized, sized.Rect, fit, image.Point{}, draw.Over)
	if n.Pair.enc.rows { // which normalises and pads by itself
		t := tensor.New(v.eh, v.ew, 3)
		for i := range v.ew * v.eh {
			for c := range 3 {
				t.Data[3*i+c] = float32(sized.Pix[4*i+c])
			}
		}
		return t, nil
	}
	w, h := n.Side, n.Side
	if n.raw {
		w, h = v.ew, v.eh
		if pic, _ := graph.Find(n.Pair.enc.ins, n.Pair.enc.picture); pic.Shape[2].Fixed > 0 { // of one size: stretched
			w, h = n.Side, n.Side
			if sized, err = pixels.Bilinear(ctx, sized, image.Rect(0, 0, w, h)); err != nil {
				return nil, err
			}
			v.ew, v.eh = w, h
		}
	}
	t := tensor.New(1, 3, h, w)
	for y := range v.eh {
		for x := range v.ew {
			for c := range 3 {
				p := float32(sized.Pix[4*(y*v.ew+x)+c])
				if n.raw {
					p /= 255
				} else {
					p = (p - mean[c]) / deviation[c]
				}
				t.Data[(c*h+y)*w+x] = p
			}
		}
	}
	return t, nil
}

// decode makes masks of points, and the best one as the decoder takes it with the next click.
func (n *Network) decode(ctx context.Context, points []Point, prior *tensor.Tensor) ([]Mask, *tensor.Tensor, error) {
	v, d := n.last, &n.Pair.dec
	in := map[string]*tensor.Tensor{}
	for name, t := range v.features {
		in[name] = t
	}
	in[our(d.coords)], in[our(d.labels)] = n.prompts(points)
	if d.mask != "" {
		in[our(d.mask)] = n.given(prior)
	}
	if d.has != "" {
		in[our(d.has)] = tensor.New(1)
		if prior != nil && d.mask != "" {
			in[our(d.has)].Data[0] = 1
		}
	}
	if d.size != "" {
		in[our(d.size)] = &tensor.Tensor{Shape: []int{2}, Data: []float32{float32(v.eh), float32(v.ew)}}
		if !n.raw {
			in[our(d.size)].Data = []float32{float32(v.h), float32(v.w)}
		}
	}
	got, err := n.dec.Run(ctx, in)
	if err != nil {
		return nil, nil, err
	}
	masks := got[our(d.masks)]
	if masks == nil || len(masks.Shape) < 3 || len(masks.Data) == 0 {
		return nil, nil, fmt.Errorf("segment %q: the network gave no masks", filepath.Base(n.Decoder))
	}
	mw, mh := masks.Shape[len(masks.Shape)-1], masks.Shape[len(masks.Shape)-2]
	if mw < 1 || mh < 1 || len(masks.Data)%(mw*mh) != 0 {
		return nil, nil, fmt.Errorf("segment %q: the network gave masks of shape %v", filepath.Base(n.Decoder), masks.Shape)
	}
	var scores []float32
	if t := got[our(d.scores)]; t != nil {
		scores = t.Data
	}
	order := ranked(len(masks.Data)/(mw*mh), scores, n.raw, len(points))
	out := make([]Mask, len(order))
	for i, k := range order {
		m := field{masks.Data[k*mw*mh:][:mw*mh], mw, mh, float64(mw), float64(mh)}
		if d.size == "" && !n.stretch && !n.raw { // of the padded square
			m.used(float64(v.ew)/float64(n.Side), float64(v.eh)/float64(n.Side))
		}
		out[i].Cover = m.cover(v.w, v.h)
		if k < len(scores) {
			out[i].Score = float64(scores[k])
		}
	}
	return out, n.kept(got, order[0]), nil
}

// kept is the best of the small masks; nil where the network makes none.
func (n *Network) kept(got map[string]*tensor.Tensor, k int) *tensor.Tensor {
	low := got[our(n.Pair.dec.low)]
	if low == nil && n.Pair.dec.low == "" {
		low = got[our(n.Pair.dec.masks)] // some make nothing else
	}
	w, h := n.lowSize()
	if low == nil || n.Pair.dec.mask == "" || len(low.Shape) < 2 || low.Shape[len(low.Shape)-1] != w || low.Shape[len(low.Shape)-2] != h || len(low.Data) < (k+1)*w*h {
		return nil
	}
	return &tensor.Tensor{Shape: []int{1, 1, h, w}, Data: slices.Clone(low.Data[k*w*h:][:w*h])}
}

// lowSize is that of the mask which the decoder reads.
func (n *Network) lowSize() (w, h int) {
	w, h = lowSide, lowSide
	if v, _ := graph.Find(n.Pair.dec.ins, n.Pair.dec.mask); len(v.Shape) == 4 && v.Shape[2].Fixed > 0 && v.Shape[3].Fixed > 0 {
		h, w = int(v.Shape[2].Fixed), int(v.Shape[3].Fixed)
	}
	return w, h
}

// given is the mask that the decoder reads, empty without one.
func (n *Network) given(prior *tensor.Tensor) *tensor.Tensor {
	if prior != nil {
		return prior
	}
	w, h := n.lowSize()
	return tensor.New(1, 1, h, w)
}

// prompts are the points as the decoder reads them. Without a box SAM wants one that says nothing behind them.
func (n *Network) prompts(points []Point) (coords, labels *tensor.Tensor) {
	v, d := n.last, &n.Pair.dec
	sx, sy := float64(v.ew)/float64(v.w), float64(v.eh)/float64(v.h)
	var xy, l []float32
	for _, p := range points {
		xy = append(xy, float32(p.X*sx), float32(p.Y*sy))
		l = append(l, float32(p.Label))
	}
	pad, boxed := float32(0), slices.ContainsFunc(points, func(p Point) bool { return p.Label >= First })
	if n.raw {
		pad = nothing
	}
	shape, _ := graph.Find(d.ins, d.coords)
	rank := len(shape.Shape)
	want := 0
	if rank >= 2 {
		want = int(shape.Shape[rank-2].Fixed) // 0: any number
	}
	if want <= 0 && !boxed && !n.raw {
		want = len(l) + 1
	}
	for len(l) < want {
		xy, l = append(xy, pad, pad), append(l, nothing)
	}
	if want > 0 && len(l) > want { // the first say what is meant, the last are the news
		k := want / 2
		xy = append(xy[:2*k:2*k], xy[len(xy)-2*(want-k):]...)
		l = append(l[:k:k], l[len(l)-(want-k):]...)
	}
	if rank == 4 {
		return &tensor.Tensor{Shape: []int{1, 1, len(l), 2}, Data: xy}, &tensor.Tensor{Shape: []int{1, 1, len(l)}, Data: l}
	}
	return &tensor.Tensor{Shape: []int{1, len(l), 2}, Data: xy}, &tensor.Tensor{Shape: []int{1, len(l)}, Data: l}
}
