package tfjs

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// layersOf finds the layers of a network, each with what it reads: in a chain each reads the one before.
func layersOf(topology json.RawMessage) (layers []*layer, outputs []string, err error) {
	var top struct {
		Model  json.RawMessage `json:"model_config"`
		Class  string          `json:"class_name"`
		Config json.RawMessage `json:"config"`
	}
	if err = json.Unmarshal(topology, &top); err == nil && len(top.Model) > 0 {
		err = json.Unmarshal(top.Model, &top)
	}
	if err != nil {
		return nil, nil, err
	}
	var c struct {
		Layers  []*layer          `json:"layers"`
		Outputs []json.RawMessage `json:"output_layers"`
	}
	into := any(&c)
	if bytes.HasPrefix(bytes.TrimSpace(top.Config), []byte("[")) { // a chain of old
		into = &c.Layers
	}
	if len(top.Config) == 0 {
		return nil, nil, errors.New("lists no layers")
	}
	if err = json.Unmarshal(top.Config, into); err != nil {
		return nil, nil, err
	}
	for i, l := range c.Layers {
		if l == nil {
			return nil, nil, errors.New("holds a layer that is none")
		}
		if l.Name == "" {
			l.Name = l.Config.Name
		}
		if top.Class == "Sequential" {
			if i == 0 && l.Class != "InputLayer" {
				layers = append(layers, &layer{Class: "InputLayer", Name: l.Name + "_input", Config: config{Shape: l.Config.Shape}})
			}
			if len(layers) > 0 {
				l.in = []string{layers[len(layers)-1].Name}
			}
			outputs = []string{l.Name}
		} else if l.in, err = names(l.Inbound); err != nil {
			return nil, nil, fmt.Errorf("layer %q: %w", l.Name, err)
		}
		layers = append(layers, l)
	}
	for _, o := range c.Outputs {
		var at []json.RawMessage
		name := ""
		if json.Unmarshal(o, &at) != nil || len(at) == 0 || json.Unmarshal(at[0], &name) != nil {
			return nil, nil, errors.New("names its outputs in a form that is not read")
		}
		outputs = append(outputs, name)
	}
	return layers, outputs, nil
}

// names are what a layer reads: [[["name", 0, 0, {}], …]], for a layer that is used once.
func names(inbound json.RawMessage) (out []string, err error) {
	var uses [][][]json.RawMessage
	if len(inbound) == 0 {
		return nil, nil
	}
	if err := json.Unmarshal(inbound, &uses); err != nil || len(uses) > 1 {
		return nil, errors.New("is used more than once, or in a form that is not read")
	}
	for _, use := range uses {
		for _, from := range use {
			name := ""
			if len(from) == 0 || json.Unmarshal(from[0], &name) != nil {
				return nil, errors.New("names what it reads in a form that is not read")
			}
			out = append(out, name)
		}
	}
	return out, nil
}
