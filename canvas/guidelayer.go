package canvas

import "slices"

// 2026-11-28: a guide layer is a layer like any other for tools, undo, journal and file; what leaves it out
// is the Stack, of which every picture is made, and Used. The strip's Reference follows from it, so that
// no second list can disagree with the layers.

// guideDim is how far a guide layer shows on the screen, 0..255: the picture is seen through it.
const guideDim = 140

// asGuide is the layer as the screen shows it: dimmed, in normal mode.
func (l *Layer) asGuide() *Layer {
	out := *l
	out.Opacity, out.Blend, out.Clip = Dim(l.Opacity, guideDim), 0, false
	return &out
}

// guided is the strip as it stands beside the layers: one Reference for each guide layer, none for a layer
// that is gone or no guide any more.
func (s *State) guided() []*Reference {
	out := slices.DeleteFunc(slices.Clone(s.References), func(r *Reference) bool {
		l := s.Layer(r.Layer)
		return r.Image == nil && r.Layer != 0 && (l == nil || !l.Guide)
	})
	for _, l := range s.Layers {
		if l.Guide && s.GuideOf(l.ID) == nil {
			out = append(out, &Reference{Name: l.Name, Layer: l.ID})
		}
	}
	if len(out) == len(s.References) && slices.Equal(out, s.References) {
		return s.References
	}
	return out
}

// GuideOf is the Reference of the strip that stands for a guide layer; nil for none.
func (s *State) GuideOf(id LayerID) *Reference {
	i := slices.IndexFunc(s.References, func(r *Reference) bool { return r.Image == nil && r.Layer == id })
	if id == 0 || i < 0 {
		return nil
	}
	return s.References[i]
}
