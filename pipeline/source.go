package pipeline

import (
	"fmt"
	"slices"
	"strings"

	"pentimento/pipeline/adapter"
	"pentimento/pipeline/family"
	"pentimento/pipeline/graph"
	"pentimento/pipeline/model"
)

// source is what makes two runs share opened networks.
type source struct {
	Models
	device       string
	threads      int
	lowMemory    bool
	blocks       bool           // text encoders and denoiser multiply with blocks as the file has them
	parts        int64          // networks with more bytes of weights are in parts; 0: none is
	half         model.Halves   // of all networks but the autoencoder
	capture      model.Captures // of the denoiser
	small        string         // the decoder of previews that was chosen; "": one near the model
	tileX, tileY bool           // the networks wrap: other graphs, so other sessions
	cut          int            // the skip at which the denoiser is cut in two, counted from 1; 0: it is whole
	inside       family.Inside  // what the denoiser does otherwise within
	adapters     []adapted      // other merged weights of text encoders and denoiser: those of all sets
	sets         [][]adapted    // what acts together: of the whole picture, then of regions that have some of their own
	guides       []Guide        // whose networks are wanted beside
}

func (q Request) source() source {
	return source{Models: q.Models, device: q.Device, threads: q.Threads, lowMemory: q.LowMemory, half: halves[q.Half], capture: captures[q.Capture], small: q.Where.PreviewFile, tileX: q.TileX, tileY: q.TileY, cut: q.cut(), inside: q.inside(), guides: unseen(q.allGuides())}
}

// unseen are guides without their pictures, which nobody needs who asks for their networks: what is
// open remembers what it was opened for.
func unseen(gs []Guide) []Guide {
	gs = slices.Clone(gs)
	for i := range gs {
		gs[i].Image, gs[i].Mask, gs[i].tensors, gs[i].region = nil, nil, nil, nil
	}
	return gs
}

// halves are the choices of Where.Half.
var halves = map[string]model.Halves{HalfAlways: model.HalfPrecision, HalfNever: model.FullPrecision}

// captures are the choices of Where.Capture.
var captures = map[string]model.Captures{"": model.CaptureWorth, CaptureAlways: model.CaptureAlways, CaptureNever: model.NoCapture}

// key is that of one of the model's networks on the shelf: what it depends on and no more,
// so that another VAE leaves the denoiser open, another adapter the autoencoder and another strength all. strength
// is that of an adapter on the network, nil for networks that have none; files are
// the separate ones.
func (s source) key(part string, wraps bool, strength func(adapted) float64, files ...string) string {
	k := fmt.Sprintf("%s\x00%s\x00%s\x00%d\x00%t\x00%t\x00%d\x00%d", s.Model, part, s.device, s.threads, s.lowMemory, s.blocks, s.half, s.parts)
	if wraps {
		k += fmt.Sprintf("\x00%t %t", s.tileX, s.tileY)
	}
	var merged []string
	for _, a := range s.adapters {
		if strength != nil && strength(a) != 0 && !slices.Contains(merged, a.file.Key()) {
			merged = append(merged, a.file.Key())
			k += "\x00" + a.file.Key()
		}
	}
	for _, file := range files {
		k += "\x00" + file
	}
	return k
}

// holds says whether networks of a model are open.
func (p *Pipeline) holds(path string) bool {
	return p.shelf.Holds(func(key string) bool { return strings.HasPrefix(key, path+"\x00") })
}

// uses are those of adapters that change a network.
func uses(all []adapted, strength func(adapted) float64) (out []adapter.Use) {
	for _, a := range all {
		if strength != nil && strength(a) != 0 {
			out = append(out, a.use(strength(a)))
		}
	}
	return out
}

// variant is what the source asks of its networks' graphs.
func (s source) variant() graph.Variant {
	v := s.textVariant()
	v.Changes = append(v.Changes, graph.Wrap(s.tileX, s.tileY))
	return v
}

// textVariant is what it asks of networks that have no picture to wrap.
func (s source) textVariant() (v graph.Variant) {
	if s.blocks {
		v.Changes = append(v.Changes, graph.KeepBlocks)
	}
	return v
}
