package metadata

import (
	"encoding/json"
	"errors"
	"html"
	"slices"
	"strings"
)

// jsonForm is one program's JSON: is says whether an object is its, read takes it apart.
// text is the object as it stands.
type jsonForm struct {
	is   func(o map[string]any) bool
	read func(o map[string]any, text string) (*Recipe, error)
}

// jsonForms are the programs that write one JSON object, under whatever keyword; the order
// is that in which they are asked.
var jsonForms = []jsonForm{
	{has("PositivePrompt"), func(o map[string]any, _ string) (*Recipe, error) { return unpaint(o), nil }},
	{has("positive_prompt"), func(_ map[string]any, text string) (*Recipe, error) { return readInvoke(text) }},
	{has("sui_image_params"), func(o map[string]any, _ string) (*Recipe, error) { return swarm(o), nil }},
	{has("program", "fills"), func(_ map[string]any, text string) (*Recipe, error) { return readOurs(text) }},
	{has("c", "uc"), func(o map[string]any, _ string) (*Recipe, error) { return drawThings(o), nil }},
	{isFooocus, func(o map[string]any, _ string) (*Recipe, error) { return fooocus(o), nil }},
	{has("prompt", "num_inference_steps"), func(o map[string]any, _ string) (*Recipe, error) { return easyDiffusion(o), nil }},
	{isGraph, func(_ map[string]any, text string) (*Recipe, error) { return readComfy(text) }},
	{func(o map[string]any) bool { return isGraph(child(o, "prompt")) }, func(o map[string]any, _ string) (*Recipe, error) {
		b, err := json.Marshal(o["prompt"])
		if err != nil {
			return nil, err
		}
		return readComfy(string(b))
	}},
}

// has says whether an object has all of the keys.
func has(keys ...string) func(map[string]any) bool {
	return func(o map[string]any) bool {
		return !slices.ContainsFunc(keys, func(k string) bool { return o[k] == nil })
	}
}

// errForeign is JSON that no reader knows; it must never be taken for a prompt.
var errForeign = errors.New("the text is JSON of a form that is not known")

// readJSON reads a text that is one JSON object. r is nil with a nil error where the text
// isn't JSON at all, and errForeign where it is and nobody knows it.
func readJSON(text string) (*Recipe, error) {
	if t := strings.TrimSpace(text); !strings.HasPrefix(t, "{") || !strings.HasSuffix(t, "}") {
		return nil, nil
	}
	o, err := object(text)
	if err != nil {
		return nil, nil
	}
	for _, f := range jsonForms {
		if f.is(o) {
			return f.read(o, text)
		}
	}
	return nil, errForeign
}

// readXMP reads the comment within Adobe's XML, where programs of Apple's systems put it.
func readXMP(text string) (*Recipe, error) {
	_, rest, ok := strings.Cut(text, "<exif:UserComment")
	if !ok {
		return nil, nil
	}
	rest, _, _ = strings.Cut(rest, "</exif:UserComment>")
	at := strings.Index(rest, "<rdf:li")
	if at < 0 {
		return nil, nil
	}
	_, rest, _ = strings.Cut(rest[at:], ">")
	rest, _, _ = strings.Cut(rest, "</rdf:li>")
	return readComment(html.UnescapeString(rest))
}

// PlainJSON is a value as JSON in which < and > of tags stay as they are, for people who read it.
func PlainJSON(v any) (string, error) {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return strings.TrimSuffix(b.String(), "\n"), err
}
