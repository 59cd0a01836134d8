package ort

import (
	"context"
	"fmt"
)

// Packed says whether the form that ran last has its weights packed; see model.Former.
func (s *session) Packed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now != nil && s.now.packed
}

// Use brings the session into one of its forms and keeps it there until the next Prepare;
// see model.Former. Devices other than the processor have one form only.
func (s *session) Use(ctx context.Context, packed bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return fmt.Errorf("ort: graph %q: the session is closed", s.graph.Name)
	}
	s.pinned = true
	if s.now.device != "cpu" || s.now.packed == packed {
		return nil
	}
	l, err := s.runtime.openOn(ctx, s.graph, s.options, "cpu", packed)
	if err != nil {
		return err
	}
	s.now.close()
	s.now = l
	return nil
}
