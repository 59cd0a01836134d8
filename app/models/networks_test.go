package models

import (
	"errors"
	"testing"

	"pentimento/app/settings"
	"pentimento/pipeline"
)

// TestThatNoNetworkCanRunIsToldAtOnce when a model is to paint, and no more once the library is chosen.
func TestThatNoNetworkCanRunIsToldAtOnce(t *testing.T) {
	m, d := beginner(t)
	m.Networks = func(library string) error {
		if library == "" {
			return errors.New("ort: libonnxruntime.so was not found")
		}
		return nil
	}
	says := func() string { text, _ := m.NoNetworks(); return text }
	if says() != "" {
		t.Error("told of an engine that needs none")
	}
	d.SetFill(diffusing)
	d.Until("the word", func() bool { return says() != "" })
	if _, detail := m.NoNetworks(); detail == "" {
		t.Error("the technical text is gone")
	}
	d.Settings.Runtime = "/lib/libonnxruntime.so"
	d.Until("no word", func() bool { return says() == "" })
	d.SetFill(func(f *settings.Fill) { f.Engine = string(pipeline.Engines[0].ID) })
	if says() != "" {
		t.Error("told of an engine that needs none")
	}
}
