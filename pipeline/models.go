package pipeline

import (
	"context"
	"errors"
	"runtime/debug"
	"slices"
	"sync"

	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/clip"
	"pentimento/pipeline/graph"
	"pentimento/pipeline/model"
	"pentimento/pipeline/unet"
	"pentimento/pipeline/vae"
)

// shelf keeps opened models between runs: the one in use always, older ones while all of
// them fit a budget, the least recently used closed first. Its user holds Pipeline.turn.
type shelf struct {
	runtime model.Runtime

	mu     sync.Mutex
	budget int64     // bytes of weights that may stay open besides the model in use
	models []*opened // most recently used first
	seen   map[[2]string]*checkpoint.Checkpoint
}

// look reads what a model is, without opening a network or touching the shelf's order:
// path and VAE file as in a request. What was read before is kept while its files are the
// same.
func (s *shelf) look(path, vaePath string) (*checkpoint.Checkpoint, error) {
	key := [2]string{path, vaePath}
	s.mu.Lock()
	defer s.mu.Unlock()
	if ck := s.seen[key]; ck != nil && ck.Changed() == nil {
		return ck, nil
	}
	ck, err := checkpoint.Open(path, checkpoint.Options{VAE: vaePath})
	if err != nil {
		return nil, err
	}
	if s.seen == nil {
		s.seen = map[[2]string]*checkpoint.Checkpoint{}
	}
	s.seen[key] = ck
	return ck, nil
}

// source is what makes two runs share an opened model.
type source struct {
	path, vae, device string
	threads           int
	lowMemory         bool
	tileX, tileY      bool // the networks wrap: other graphs, so other sessions
}

// variant is what the source asks of its networks' graphs.
func (s source) variant() graph.Variant {
	return graph.Variant{Changes: []graph.Change{graph.Wrap(s.tileX, s.tileY)}}
}

// opened is one model with the networks that were needed so far.
type opened struct {
	*checkpoint.Checkpoint
	source  source
	runtime model.Runtime
	bytes   int64
	notice  func(string) // the run under way hears what happens to its devices

	text    []*clip.Encoder
	unet    *unet.Network
	coming  *arrival // the denoiser, being opened in the background
	encoder *vae.Encoder
	decoder *vae.Decoder
	small   *vae.Small // for previews; nil where none was found
	learnt  *palette   // what previews know of the latents; of the run under way

	searched bool // for small
}

// take returns the model of a source, opened if it was not, and closes what the budget
// does not keep. A model whose files changed since is opened anew.
func (s *shelf) take(src source) (*opened, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.models, func(o *opened) bool { return o.source == src })
	if i >= 0 && s.models[i].Changed() != nil {
		_ = s.models[i].close()
		s.models = slices.Delete(s.models, i, i+1)
		i = -1
	}
	var o *opened
	if i >= 0 {
		o = s.models[i]
		s.models = slices.Delete(s.models, i, i+1)
	} else {
		ck, err := checkpoint.Open(src.path, checkpoint.Options{VAE: src.vae})
		if err != nil {
			return nil, err
		}
		o = &opened{Checkpoint: ck, source: src, runtime: s.runtime, text: make([]*clip.Encoder, len(ck.Text)), bytes: weightBytes(ck)}
	}
	s.models = slices.Insert(s.models, 0, o)
	s.trim()
	return o, nil
}

// holds says whether a model is open.
func (s *shelf) holds(path string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.ContainsFunc(s.models, func(o *opened) bool { return o.source.path == path })
}

// trim closes the least recently used models beyond the budget.
func (s *shelf) trim() {
	left := s.budget
	for i, o := range s.models {
		if i == 0 {
			continue
		}
		if left -= o.bytes; left < 0 {
			for _, old := range s.models[i:] {
				_ = old.close()
			}
			s.models = s.models[:i]
			return
		}
	}
}

// drop closes every model.
func (s *shelf) drop() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var err error
	for _, o := range s.models {
		err = errors.Join(err, o.close())
	}
	s.models = nil
	return err
}

func weightBytes(ck *checkpoint.Checkpoint) int64 {
	n := int64(0)
	for _, p := range append([]*checkpoint.Part{ck.Denoiser, ck.VAE}, ck.Text...) {
		for _, t := range p.Tensors {
			n += t.Length
		}
	}
	return n
}

// options are those of a network of this model; fast asks for the packed form.
func (o *opened) options(fast, release bool) model.Options {
	return model.Options{
		Device: o.source.device, Threads: o.source.threads, LowMemory: o.source.lowMemory,
		Fast: fast, Release: release,
		Notice: func(text string) {
			if o.notice != nil {
				o.notice(text)
			}
		},
	}
}

// encodeText opens text encoder i if it is not open.
func (o *opened) encodeText(ctx context.Context, i int) (*clip.Encoder, error) {
	if o.text[i] != nil {
		return o.text[i], nil
	}
	o.only("text")
	e, err := clip.Open(ctx, o.runtime, o.Checkpoint, i, o.options(false, false), graph.Variant{})
	if err != nil {
		return nil, err
	}
	o.text[i] = e
	return e, nil
}

// denoiser opens the denoiser if it is not open. runs are the evaluations to come.
func (o *opened) denoiser(ctx context.Context, runs int) (*unet.Network, error) {
	if err := o.await(); err != nil && ctx.Err() == nil && !errors.Is(err, context.Canceled) {
		return nil, err
	}
	if o.unet == nil {
		o.only("unet")
		n, err := unet.Open(ctx, o.runtime, o.Checkpoint, o.options(false, false), o.source.variant())
		if err != nil {
			return nil, err
		}
		o.unet = n
		o.makeRoom()
	}
	o.unet.Prepare(runs)
	return o.unet, nil
}

// decode opens the decoding half of the autoencoder if it is not open. It runs once a
// picture and wants much working memory: fast, and giving that memory back.
func (o *opened) decode(ctx context.Context) (*vae.Decoder, error) {
	if o.decoder == nil {
		o.only("decoder")
		d, err := vae.OpenDecoder(o.runtime, o.Checkpoint, o.options(true, true), o.source.variant())
		if err != nil {
			return nil, err
		}
		o.decoder = d
	}
	return o.decoder, nil
}

// encode opens the encoding half of the autoencoder if it is not open.
func (o *opened) encode(ctx context.Context) (*vae.Encoder, error) {
	if o.encoder == nil {
		o.only("encoder")
		e, err := vae.OpenEncoder(o.runtime, o.Checkpoint, o.options(true, true), o.source.variant())
		if err != nil {
			return nil, err
		}
		o.encoder = e
	}
	return o.encoder, nil
}

// only closes all other networks in low-memory mode, where one at a time is open.
func (o *opened) only(keep string) {
	if o.source.lowMemory {
		_ = o.closeBut(keep)
	}
}

func (o *opened) closeBut(keep string) error {
	_ = o.await()
	var err error
	if keep != "text" {
		for i, e := range o.text {
			if e != nil {
				err = errors.Join(err, e.Close())
				o.text[i] = nil
			}
		}
	}
	if keep != "unet" && o.unet != nil {
		err = errors.Join(err, o.unet.Close())
		o.unet = nil
	}
	if keep != "decoder" && o.decoder != nil {
		err = errors.Join(err, o.decoder.Close())
		o.decoder = nil
	}
	if keep == "" && o.small != nil { // a few megabytes, and wanted beside the denoiser
		err = errors.Join(err, o.small.Close())
		o.small, o.searched = nil, false
	}
	if keep != "encoder" && o.encoder != nil {
		err = errors.Join(err, o.encoder.Close())
		o.encoder = nil
	}
	return err
}

func (o *opened) close() error { return o.closeBut("") }

// makeRoom drops the weights of resting networks from memory: before the denoiser, which
// is large, and before the autoencoder, which wants a gigabyte for itself. They are read
// back from the system's cache. What the stage before has left to Go's collector goes, too.
func (o *opened) makeRoom() {
	debug.FreeOSMemory()
	if t, ok := o.runtime.(model.Trimmer); ok {
		t.Trim()
	}
}
