package pipeline

import (
	"context"
	"fmt"
	"image"
	"runtime/debug"
	"slices"
	"strings"
	"sync"

	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/family"
	"pentimento/pipeline/graph"
	"pentimento/pipeline/model"
	"pentimento/pipeline/shelf"
)

// headers are the models that were looked at, by their files and what was chosen of them. Runs
// that differ in their networks only (device, adapters …) share one.
type headers struct {
	mu   sync.Mutex
	seen map[Models]*header
}

// header is what a model's files say, and what runs have learnt of it.
type header struct {
	*family.Model
	learnt palette // what previews know of the latents; of the run under way
}

// look reads what a model is, without opening a network. What was read before is kept
// while its files are the same.
func (s *headers) look(key Models) (*header, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if h := s.seen[key]; h != nil && h.Changed() == nil {
		return h, nil
	}
	m, err := family.Open(key.Model, key.Options())
	if err != nil {
		return nil, err
	}
	if s.seen == nil {
		s.seen = map[Models]*header{}
	}
	s.seen[key] = &header{Model: m}
	return s.seen[key], nil
}

// Options are how the model is opened.
func (m Models) Options() checkpoint.Options {
	o := checkpoint.Options{VAE: m.VAE, Prediction: m.Prediction}
	for _, file := range []string{m.TextEncoder, m.TextEncoder2} {
		if file != "" {
			o.Text = append(o.Text, file)
		}
	}
	if m.Prediction != PredictAuto {
		zero := m.Prediction == PredictVZero
		if o.ZeroTerminalSNR = &zero; zero {
			o.Prediction = PredictV
		}
	}
	return o
}

// opened is a model in use by a run: what is known of it, and a claim on its networks.
type opened struct {
	*header
	source  source
	runtime model.Runtime
	lease   *shelf.Lease
	large   bool   // see widenedFrom
	tight   bool   // the request's memory doesn't hold all networks at once, on whatever device
	memory  int64  // that the request allows; 0: no limit
	half    bool   // the account is that of half precision
	ran     string // the device of a denoiser that is closed again
	first   point  // of the run
	turns   bool   // there is no memory for more than one set of adapters at once: see weigh
}

// open claims a model's networks; they are opened when they are asked for, all of them within so
// many bytes where that is above 0, for pictures of the given size (0: the model's own). notice hears what happens to their devices until release.
func (p *Pipeline) open(ctx context.Context, src source, memory int64, size image.Point, notice func(string)) (*opened, error) {
	h, err := p.headers.look(src.Models)
	if err != nil {
		return nil, err
	}
	src.cut = min(src.cut, h.Skips())
	if !h.Family.Inside {
		if names := ways(src.inside); len(names) > 0 {
			notice(fmt.Sprintf("models of %s are not changed within: without effect here: %s", h.Family.Label, strings.Join(names, ", ")))
		}
		src.inside = family.Inside{}
	}
	o := &opened{header: h, source: src, runtime: p.runtime, large: widened(h.Checkpoint) > widenedFrom, memory: memory}
	if src.lowMemory && keepable(o.Denoiser) > 0 {
		_, card := o.survey(ctx)
		o.source.blocks = !card
	}
	if memory > 0 {
		if err := o.fit(ctx, memory, size, notice); err != nil {
			return nil, err
		}
	}
	if o.turns = o.turns || o.tight || src.lowMemory; o.turns && len(src.sets) > 1 {
		notice(fmt.Sprintf("memory is short: the adapters of the picture and of its regions, %d sets, are merged anew at each turn", len(src.sets)))
	}
	items := []shelf.Item{o.denoiserItem(), o.vaeItem("encoder"), o.vaeItem("decoder"), o.smallItem()}
	for i := range h.Text {
		items = append(items, o.textItem(i))
	}
	items = append(items, o.guideItems()...)
	o.lease = p.shelf.Lease(src.lowMemory, notice, items...)
	return o, nil
}

// separate writes into a request which separate files its model was made of, found near it
// or given, and what they hold.
func (p *Pipeline) separate(ctx context.Context, o *opened, q *Request) error {
	var sums []string
	for _, f := range o.Checkpoint.Separate {
		into := map[string]*string{"vae": &q.VAE, "text_encoder": &q.TextEncoder, "text_encoder_2": &q.TextEncoder2}[f.Role]
		if *into = f.Path; f.Role == "text_encoder_2" && q.TextEncoder == f.Path {
			*into = "" // both are of one file
		}
		sum, err := p.sums.file(ctx, f.Path)
		if err != nil {
			return err
		}
		if sum != "" {
			sums = append(sums, f.Role+": "+sum)
		}
	}
	slices.Sort(sums) // whichever was named first
	q.Separate = sums
	return nil
}

func (o *opened) release() { o.lease.Release() }

func (o *opened) textItem(i int) shelf.Item {
	return shelf.Item{Key: o.source.key(fmt.Sprint("text ", i), false, adapted.onText, o.source.TextEncoder, o.source.TextEncoder2), Bytes: o.adaptedBytes(o.Text[i], adapted.onText, 1), Stage: "text", Large: o.leaves, Changed: o.Changed}
}

func (o *opened) denoiserItem() shelf.Item {
	part := "denoiser"
	if o.source.cut > 0 {
		part = fmt.Sprint("denoiser cut at ", o.source.cut)
	}
	if !o.source.inside.Neutral() {
		part += fmt.Sprintf(", %+v", o.source.inside)
	}
	if o.source.capture != model.CaptureWorth {
		part += fmt.Sprint(", capture ", o.source.capture)
	}
	return shelf.Item{Key: o.source.key(part, true, adapted.onDenoiser), Bytes: o.adaptedBytes(o.Denoiser, adapted.onDenoiser, o.held()), Stage: "denoiser", Large: o.leaves, Changed: o.Changed}
}

// vaeItem is one half of the autoencoder.
func (o *opened) vaeItem(half string) shelf.Item {
	return shelf.Item{Key: o.source.key(half, true, nil, o.source.VAE), Bytes: partBytes(o.VAE) / 2, Stage: "vae", Large: o.leaves, Changed: o.Changed}
}

// smallItem is the decoder of previews: a few megabytes, and wanted alongside the denoiser.
func (o *opened) smallItem() shelf.Item {
	return shelf.Item{Key: o.source.key("small", true, nil, o.source.VAE, o.source.small), Bytes: 5 << 20, Beside: true, Changed: o.Changed}
}

// adaptedBytes counts merged weights, which are float32 in memory, as much again for each set that is held.
func (o *opened) adaptedBytes(p *checkpoint.Part, strength func(adapted) float64, sets int) int64 {
	if len(uses(o.source.adapters, strength)) > 0 {
		return partBytes(p) * int64(1+sets)
	}
	return partBytes(p)
}

// widenedFrom is how many bytes of weights in memory of their own make a model's networks leave
// for one another.
var widenedFrom int64 = 1 << 30

// widened counts the bytes that a model's narrow weights take as float32, which is what a
// processor computes with; those of float32 files are mapped and can be dropped at any time.
func widened(ck *checkpoint.Checkpoint) (n int64) {
	for _, p := range ck.Parts() {
		for _, t := range p.Tensors {
			if size := t.Type.Size(); size > 0 && size < 4 || t.IsBlocks() {
				n += 4 * t.Count()
			}
		}
	}
	return n
}

// leaves says whether an open network is to be closed when the run comes to its next stage.
func (o *opened) leaves(n shelf.Network) bool {
	at, ok := n.(model.Placed)
	return o.tight || o.large && ok && at.Device() == "cpu"
}

// partBytes is what a part's weights take as they are read, from their places or decoded; 0 for a
// part that a model does not have.
func partBytes(p *checkpoint.Part) (n int64) {
	if p == nil {
		return 0
	}
	for _, t := range p.Tensors {
		if n += t.Length; t.IsBlocks() {
			n += 4*t.Count() - t.Length
		}
	}
	return n
}

func weightBytes(ck *checkpoint.Checkpoint) (n int64) {
	for _, p := range ck.Parts() {
		n += partBytes(p)
	}
	return n
}

// options are those of a network of this model; fast asks for the packed form.
func (o *opened) options(fast, release bool, notice func(string)) model.Options {
	return model.Options{
		Device: o.source.device, Threads: o.source.threads, LowMemory: o.source.lowMemory,
		Half: o.source.half, Fast: fast, Release: release, Notice: notice,
	}
}

// codecOptions are those of a half of the autoencoder. It runs once a picture and wants much
// working memory: fast, and giving that memory back; and in full precision, since the values
// within SDXL's are beyond the range of half, and those of others near it.
func (o *opened) codecOptions(half string, notice func(string)) model.Options {
	options := o.options(true, true, notice)
	options.Half, options.Room = model.FullPrecision, o.spare(o.vaeItem(half).Key)
	return options
}

// opening is how a network of this model is opened with the given options.
func (o *opened) opening(v graph.Variant, options model.Options) family.Opening {
	return family.Opening{Runtime: o.parted(options.Notice), Checkpoint: o.Checkpoint, Options: options, Variant: v}
}

// encodeText opens text encoder i if it is not open, with a set of adapters.
func (o *opened) encodeText(ctx context.Context, i, set int) (family.Network, error) {
	it := o.textItem(i)
	e, _, err := shelf.Open(ctx, o.lease, it, func(ctx context.Context, notice func(string)) (family.Network, error) {
		m, err := o.mergingOf(ctx, o.Text[i], adapted.onText, uses(o.source.set(set), adapted.onText))
		if err != nil {
			return nil, err
		}
		options := o.options(false, false, notice)
		options.Room = o.spare(it.Key)
		v := o.source.textVariant()
		if m == nil {
			return o.Family.OpenText(ctx, o.opening(v, options), i)
		}
		v.Source = m.source()
		n, err := o.Family.OpenText(ctx, o.opening(v, options), i)
		if err != nil {
			return nil, err
		}
		return mergedText{n, m}, nil
	})
	if err != nil {
		return nil, err
	}
	return o.weighed(ctx, e, it, set)
}

// begin starts opening the denoiser alongside what comes first in a run: that takes one core
// a fifth of a second, which the text encoders leave to it. encodes says that the
// autoencoder comes in between: a large denoiser would only be in its way.
func (o *opened) begin(ctx context.Context, encodes bool) {
	if o.tight || o.large && encodes {
		return
	}
	shelf.Begin(ctx, o.lease, o.denoiserItem(), o.openDenoiser(later))
}

func (o *opened) openDenoiser(room func() (bool, error)) shelf.Opener[family.Denoiser] {
	return func(ctx context.Context, notice func(string)) (family.Denoiser, error) {
		v := o.source.variant()
		m, err := o.mergingOf(ctx, o.Denoiser, adapted.onDenoiser, o.source.usesAt(0, o.first))
		if err != nil {
			return nil, err
		}
		if m != nil {
			v.Source = m.source()
		}
		options := o.options(true, false, notice)
		options.Smaller, options.Room, options.Capture = severalLatents, room, o.source.capture
		how := o.opening(v, options)
		how.Cut, how.Inside = o.source.cut, o.source.inside
		n, err := o.Family.OpenDenoiser(ctx, how)
		if err != nil || m == nil {
			return n, err
		}
		return mergedDenoiser{n, m}, nil
	}
}

// denoiser opens the denoiser if it is not open, with the adapters of the whole picture.
func (o *opened) denoiser(ctx context.Context) (family.Denoiser, error) {
	it := o.denoiserItem()
	n, fresh, err := shelf.Open(ctx, o.lease, it, o.openDenoiser(o.spare(it.Key)))
	if err != nil {
		return nil, err
	}
	if fresh {
		o.makeRoom() // the text encoders rest from here on
	}
	if m, ok := n.(mergedDenoiser); ok {
		if err := o.weigh(ctx, m, m.merging, 0, it.Key, o.source.usesAt(0, o.first)); err != nil {
			return nil, err
		}
		m.keep(o.held())
	}
	return n, nil
}

// device is where the denoiser runs, or ran; empty where it was not open.
func (o *opened) device() string {
	if n, ok := shelf.Peek[family.Denoiser](o.lease, o.denoiserItem().Key); ok {
		o.ran = n.Device()
	}
	return o.ran
}

// decode opens the decoding half of the autoencoder if it is not open.
func (o *opened) decode(ctx context.Context) (family.Decoder, error) {
	_ = o.device()
	d, _, err := shelf.Open(ctx, o.lease, o.vaeItem("decoder"), func(_ context.Context, notice func(string)) (family.Decoder, error) {
		return o.Family.Codec.OpenDecoder(o.opening(o.source.variant(), o.codecOptions("decoder", notice)))
	})
	return d, err
}

// encode opens the encoding half of the autoencoder if it is not open.
func (o *opened) encode(ctx context.Context) (family.Encoder, error) {
	e, _, err := shelf.Open(ctx, o.lease, o.vaeItem("encoder"), func(_ context.Context, notice func(string)) (family.Encoder, error) {
		return o.Family.Codec.OpenEncoder(o.opening(o.source.variant(), o.codecOptions("encoder", notice)))
	})
	return e, err
}

// makeRoom drops the weights of resting networks from memory: before the denoiser, which
// is large, and before the autoencoder, which wants a gigabyte for itself. They are read
// back from the system's cache. What the stage before has left to Go's collector goes, too.
func (o *opened) makeRoom() {
	debug.FreeOSMemory()
	if t, ok := o.runtime.(model.Trimmer); ok {
		t.Trim()
	}
}
