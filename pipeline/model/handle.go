package model

import (
	"context"
	"errors"

	"pentimento/pipeline/graph"
)

// Handle is a session with what its optional interfaces offer, for embedding in a network:
// one without them does nothing and says nothing.
type Handle struct{ Session }

// Packed says in which form the last evaluation ran; see Former.
func (h Handle) Packed() bool {
	f, ok := h.Session.(Former)
	return ok && f.Packed()
}

// Use brings the network into a form; see Former.
func (h Handle) Use(ctx context.Context, packed bool) error {
	if f, ok := h.Session.(Former); ok {
		return f.Use(ctx, packed)
	}
	return nil
}

// Usual brings the network back into the form that it opened in; see Former.
func (h Handle) Usual(ctx context.Context) error {
	if f, ok := h.Session.(Former); ok {
		return f.Usual(ctx)
	}
	return nil
}

// Weigh replaces loose weights; see Weigher.
func (h Handle) Weigh(ctx context.Context, weights map[string]graph.Weight) error {
	if w, ok := h.Session.(Weigher); ok {
		return w.Weigh(ctx, weights)
	}
	return errors.New("the weights of this session cannot be replaced")
}

// Device is where the network runs; "" where the session does not say.
func (h Handle) Device() string {
	if p, ok := h.Session.(Placed); ok {
		return p.Device()
	}
	return ""
}

// Recorded says whether the last evaluation was a recorded one; see Recorder.
func (h Handle) Recorded() bool {
	r, ok := h.Session.(Recorder)
	return ok && r.Recorded()
}
