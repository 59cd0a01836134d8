package pipeline

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"pentimento/fault"
	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/clip"
	"pentimento/pipeline/denoise"
	"pentimento/pipeline/family"
	"pentimento/pipeline/graph"
	"pentimento/pipeline/ipadapter"
	"pentimento/pipeline/model"
	"pentimento/pipeline/pixels"
	"pentimento/pipeline/shelf"
	"pentimento/pipeline/tensor"
)

// GuideImage is the kind of a picture that is read beside the prompt, through an IP-Adapter
// (Guide.Model) and the vision encoder that it was made with (Guide.Vision).
const GuideImage = "ip_adapter"

// imageKind is the row of pictures that say what to paint as a prompt does. Each is seen whole, its longer
// sides cut off, and becomes a few tokens once, before the denoiser is opened: what is seen of a picture is kept
// from run to run. Guides of one adapter that are Joined stand in one row of tokens, as one
// picture of several; others are added up, each with its weight, and its mask.
var imageKind = GuideKind{Name: GuideImage, Label: "IP-Adapter", File: true, Fields: imageFields,
	settle: settleImage, check: checkImage, inside: insideImages, ready: readyImages, begin: beginImages}

var imageFields = []GuideField{
	{"vision", "the file or folder of the vision encoder; left out, it is looked for near the adapter", func(g *Guide, text string) (err error) {
		g.Vision = text
		if _, there := os.Stat(text); there == nil {
			g.Vision, err = filepath.Abs(text)
		}
		return err
	}},
	{"curve", "how the weight goes through its steps: " + strings.Join(Curves[1:], ", ") + "; left out, it is constant", func(g *Guide, text string) error {
		return guideName(&g.Curve, text, Curves[1:])
	}},
	{"join", "yes: it stands beside the picture of the guide before, as one of several", func(g *Guide, text string) (err error) {
		if g.Joined, err = strconv.ParseBool(map[string]string{"yes": "true", "no": "false"}[text]); err != nil {
			return fmt.Errorf("%q, want yes or no", text)
		}
		return nil
	}},
}

// Curves are how a guide's weight can go through its part of the sampling: "" constant, rising from 0,
// falling to 0, or both, the middle being the whole.
var Curves = []string{"", "rise", "fall", "rise and fall"}

// curved is a weight at a share of its part of the sampling, 0 to 1.
func curved(curve string, at float64) float64 {
	smooth := func(x float64) float64 { x = min(max(x, 0), 1); return x * x * (3 - 2*x) }
	switch curve {
	case "rise":
		return smooth(at)
	case "fall":
		return smooth(1 - at)
	case "rise and fall":
		return smooth(1 - max(2*at-1, 1-2*at))
	}
	return 1
}

// settleImage names the module as A1111's extension calls what sees pictures for such an adapter.
func settleImage(g *Guide) {
	f, err := imageAdapter(g.Model)
	if err != nil || g.Preprocessor != "" {
		return
	}
	switch {
	case f.Reads == 1664 || f.Kind == ipadapter.Plain && f.Reads == 1280:
		g.Preprocessor = "ip-adapter_clip_sdxl"
	case f.Kind == ipadapter.Plus && f.Width == 2048:
		g.Preprocessor = "ip-adapter_clip_sdxl_plus_vith"
	default:
		g.Preprocessor = "ip-adapter_clip_sd15"
	}
}

func checkImage(g Guide, m *family.Model) error {
	f, err := imageAdapter(g.Model)
	if err != nil {
		return err
	}
	if !slices.Contains(Curves, g.Curve) {
		return fmt.Errorf("its curve is %q, want %s", g.Curve, strings.Join(Curves[1:], ", "))
	}
	var in family.Inside
	insideImages(&in, []Guide{g})
	if _, err := in.In(m.Denoiser, graph.Variant{}); err != nil {
		return err
	}
	if g.tensors == nil {
		_, _, err = visionOf(g, f)
	}
	return err
}

// images are guides in the groups that they are read in: one adapter each, everywhere or in one region.
func images(gs []Guide) (out [][]Guide) {
	for _, g := range gs {
		if last := len(out) - 1; g.Joined && last >= 0 && out[last][0].Model == g.Model && out[last][0].region == g.region {
			out[last] = append(out[last], g)
		} else {
			out = append(out, []Guide{g})
		}
	}
	return out
}

func insideImages(in *family.Inside, gs []Guide) {
	for _, group := range images(gs) {
		a := family.ImageAdapter{File: group[0].Model, Masked: group[0].masked()}
		if f, err := imageAdapter(a.File); err == nil { // checkImage tells
			a.State = f.Key()
		}
		in.Images = append(in.Images, a)
	}
}

// imageTokens are what one picture becomes, [1,n,W], and what none does.
type imageTokens struct{ cond, uncond *tensor.Tensor }

// seenKey tells what was seen of a picture from what was seen of others, or by others.
type seenKey [sha256.Size]byte

// seenPictures are the tokens of pictures that were seen lately.
type seenPictures struct {
	mu    sync.Mutex
	order []seenKey
	by    map[seenKey]imageTokens
}

// mostSeen is how many pictures' tokens are kept: some 50 KB each.
const mostSeen = 64

func (s *seenPictures) get(k seenKey) (imageTokens, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, ok := s.by[k]
	return t, ok
}

func (s *seenPictures) put(k seenKey, t imageTokens) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.by == nil {
		s.by = map[seenKey]imageTokens{}
	}
	if _, there := s.by[k]; !there {
		s.order = append(s.order, k)
	}
	s.by[k] = t
	for len(s.order) > mostSeen {
		delete(s.by, s.order[0])
		s.order = s.order[1:]
	}
}

// keyOfSeen is that of pixels as two files' networks see them where a run computes.
func (o *opened) keyOfSeen(pixels *tensor.Tensor, v *checkpoint.Vision, f *ipadapter.File) (k seenKey) {
	h := sha256.New()
	fmt.Fprintf(h, "%s\x00%+v\x00%s\x00%d\x00%t\x00%d\x00", f.Key(), v.Files, o.source.device, o.source.threads, o.source.lowMemory, o.source.half)
	_ = binary.Write(h, binary.LittleEndian, pixels.Data)
	copy(k[:], h.Sum(nil))
	return k
}

// readyImages sees the pictures, before the denoiser is opened: where memory is short one network leaves
// for another.
func readyImages(ctx context.Context, r *run, _ work, gs []Guide) error {
	for i, g := range gs {
		if _, known := r.images[i]; known || g.tensors != nil {
			continue
		}
		t, err := r.seeImage(ctx, g)
		if err != nil {
			return fault.With(fmt.Errorf("pipeline: guide %q: %w", g.Name, err), fault.Hint(err))
		}
		if r.images == nil {
			r.images = map[int]imageTokens{}
		}
		r.images[i] = t
	}
	return nil
}

// saw has the record say which vision encoder guides like one were read by, also those of regions. The lists are the
// run's own since settleGuides.
func (q *Request) saw(g Guide, vision string) {
	lists := [][]Guide{q.Guides}
	for _, r := range q.Regions {
		lists = append(lists, r.Guides)
	}
	for _, list := range lists {
		for i := range list {
			if of := &list[i]; of.Kind == GuideImage && of.Model == g.Model && of.Vision == g.Vision {
				of.Vision = vision
			}
		}
	}
}

// seeImage is what a guide's picture becomes.
func (r *run) seeImage(ctx context.Context, g Guide) (t imageTokens, err error) {
	f, err := imageAdapter(g.Model)
	if err != nil {
		return t, err
	}
	path, v, err := visionOf(g, f)
	if err != nil {
		return t, err
	}
	r.req.saw(g, path)
	img, err := r.imageOf(g)
	if err != nil {
		return t, err
	}
	px := clip.Pixels(img, v.Side)
	key := r.model.keyOfSeen(px, v, f)
	if t, known := r.p.seen.get(key); known {
		return t, nil
	}
	r.say("looking at the pictures", r.now.Fraction)
	if t, err = r.model.see(ctx, px, v, f); err == nil {
		r.p.seen.put(key, t)
	}
	return t, err
}

// imageOf is the part of a guide's picture that counts.
func (r *run) imageOf(g Guide) (*image.NRGBA, error) {
	img, part := g.Image, g.Crop
	if img == nil && g.Placed { // what is under the frame
		img, part = r.req.Image, r.req.Frame
	}
	if img != nil && part.Empty() {
		part = img.Rect
	}
	if img == nil || part.Intersect(img.Rect).Empty() {
		return nil, fault.With(errors.New("it has no picture, or its crop is outside it"), "Add the picture again, or take the guide out.")
	}
	return img.SubImage(part).(*image.NRGBA), nil
}

// see has a vision encoder and an adapter's projection make tokens of pixels, and of none.
func (o *opened) see(ctx context.Context, px *tensor.Tensor, v *checkpoint.Vision, f *ipadapter.File) (t imageTokens, err error) {
	item := o.imageItem("vision "+fmt.Sprintf("%+v", v.Files), v.Part, v.Changed)
	e, _, err := shelf.Open(ctx, o.lease, item, func(ctx context.Context, notice func(string)) (*clip.VisionEncoder, error) {
		how := o.imageOpening(item, notice)
		return clip.OpenVision(ctx, how.Runtime, v, how.Options, graph.Variant{})
	})
	if err != nil {
		return t, err
	}
	// One after the other: what one picture becomes does not depend on what is beside it.
	here, err := e.Encode(ctx, px)
	if err != nil {
		return t, err
	}
	seen, none := here.Embeds, (*tensor.Tensor)(nil)
	if f.Kind == ipadapter.Plus {
		empty, err := e.Encode(ctx, tensor.New(px.Shape...))
		if err != nil {
			return t, err
		}
		seen, none = here.Penultimate, empty.Penultimate
	} else if seen != nil {
		none = tensor.New(seen.Shape...)
	}
	item = o.imageItem("projection "+f.Key(), nil, f.Changed)
	p, _, err := shelf.Open(ctx, o.lease, item, func(ctx context.Context, notice func(string)) (*ipadapter.Projector, error) {
		how := o.imageOpening(item, notice)
		return ipadapter.OpenProjector(ctx, how.Runtime, f, how.Options, graph.Variant{})
	})
	if err == nil {
		t.cond, err = p.Project(ctx, seen)
	}
	if err == nil {
		t.uncond, err = p.Project(ctx, none)
	}
	return t, err
}

// imageItem is what a network that sees pictures is kept as. It runs once a picture and is large: it leaves where
// memory is counted.
func (o *opened) imageItem(what string, p *checkpoint.Part, changed func() error) shelf.Item {
	return shelf.Item{Key: o.source.key(what, false, nil), Bytes: partBytes(p), Stage: "pictures", Changed: changed,
		Large: func(n shelf.Network) bool { return o.memory > 0 || o.leaves(n) }}
}

func (o *opened) imageOpening(it shelf.Item, notice func(string)) family.Opening {
	options := o.options(false, false, notice)
	options.Room = o.spare(it.Key)
	how := o.opening(graph.Variant{}, options)
	if o.source.parts == 0 && o.memory > 0 {
		how.Runtime = model.InParts{Runtime: o.runtime, Most: o.memory, Size: o.weight}
	}
	return how
}

// imageGuide is one group of guides, prepared for a pass.
type imageGuide struct {
	Guide                       // the first
	of           int            // which of all guides that is
	cond, uncond *tensor.Tensor // [1,n,W]
	mask         *tensor.Tensor // [1,1,h,w]; nil: everywhere
}

// beginImages has each evaluation read the pictures that act.
func beginImages(_ context.Context, p pass, gs []Guide) (guiding, error) {
	var all []imageGuide
	at := 0
	for _, group := range images(gs) {
		one := imageGuide{Guide: group[0], of: at}
		var cond, uncond []*tensor.Tensor
		for range group {
			cond, uncond = append(cond, p.images[at].cond), append(uncond, p.images[at].uncond)
			at++
		}
		if one.tensors == nil {
			var err error
			if one.cond, err = tensor.Concat(1, cond...); err != nil {
				return nil, err
			}
			if one.uncond, err = tensor.Concat(1, uncond...); err != nil {
				return nil, err
			}
		}
		if mask := one.where(p.req.Frame); mask != nil {
			one.mask = p.within(softMask(pixels.CropMask(mask, p.work.place), p.work.size.Div(p.model.Factor())), 1)
		}
		all = append(all, one)
	}
	return func(_ context.Context, in *denoise.Input, e denoise.Evaluation, on []bool) error {
		in.Images = make([]denoise.Image, len(all))
		for i, g := range all {
			if !on[g.of] {
				continue
			}
			var err error
			if in.Images[i], err = g.given(in, e, p.step(), p.steps); err != nil {
				return err
			}
		}
		return nil
	}, nil
}

// given is what an evaluation in a step of so many reads of it.
func (g imageGuide) given(in *denoise.Input, e denoise.Evaluation, step, steps int) (out denoise.Image, err error) {
	n := in.X.Shape[0]
	out.Scale = float32(g.Weight)
	if part := g.End - g.Start; g.Curve != "" && part > 0 {
		out.Scale *= float32(curved(g.Curve, (float64(step)/float64(max(steps-1, 1))-g.Start)/part))
	}
	if out.Tokens = g.tensors["tokens"]; out.Tokens == nil {
		var rows []*tensor.Tensor
		for i := range n {
			if e.Conditions[i/e.Batch].Negative {
				rows = append(rows, g.uncond)
			} else {
				rows = append(rows, g.cond)
			}
		}
		if out.Tokens, err = tensor.Concat(0, rows...); err != nil {
			return out, err
		}
	}
	if s, w := out.Tokens.Shape, in.Context.Shape[2]; len(s) != 3 || s[0] != n || s[1] < 1 || s[2] != w {
		return out, fmt.Errorf("pipeline: guide %q: tokens of shape %v, want [%d tokens %d]", g.Name, s, n, w)
	}
	if g.mask != nil {
		out.Mask = repeated(g.mask, n)
	}
	return out, nil
}
