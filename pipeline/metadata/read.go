package metadata

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// A dialect looks for itself among the texts of a picture. It returns the index of the
// text it read, -1 when it is not there; an error when it is there and damaged.
type dialect func(texts []Text) (r *Recipe, source int, err error)

// dialects in the order in which they are asked: ours, then those that say most.
var dialects = []dialect{
	byKey(DocumentKey, readOurs),
	byKey(ParametersKey, readA1111),
	byKey("invokeai_metadata", readInvoke),
	readEasyDiffusion,
	byKey("prompt", readComfy),
	byKey("workflow", readWorkflow),
	readNovelAI,
	byKey("sd-metadata", readOldInvoke),
	byKey("Dream", readDream),
	readUnpaint,
	byKey("UserComment", readComment),
	byKey("Comment", readComment),
	readComfyExif,
	byKey("ImageDescription", readComment),
	byKey("XML:com.adobe.xmp", readXMP),
	byKey(hiddenKey, readComment),
}

// Read recognises the prompt information among the texts of a picture (or of a ".txt"
// beside it, under ParametersKey). It returns nil when there is none. notes are remarks
// for people: texts that are there and could not be read.
func Read(texts []Text) (r *Recipe, notes []string) {
	texts = unhidden(texts)
	for _, d := range dialects {
		found, source, err := d(texts)
		if err != nil {
			notes = append(notes, err.Error())
			continue
		}
		if found == nil {
			continue
		}
		found.Source = texts[source]
		for i, t := range texts {
			if i != source {
				found.Rest = append(found.Rest, t)
			}
		}
		return found, notes
	}
	return nil, notes
}

// byKey makes a dialect of a reader of the text with one keyword.
func byKey(key string, read func(text string) (*Recipe, error)) dialect {
	return func(texts []Text) (*Recipe, int, error) {
		for i, t := range texts {
			if t.Key != key || strings.TrimSpace(t.Text) == "" {
				continue
			}
			r, err := read(t.Text)
			return r, i, err
		}
		return nil, -1, nil
	}
}

func readOurs(text string) (*Recipe, error) {
	d, err := ParseDocument(text)
	if err != nil {
		return nil, err
	}
	return d.recipe(), nil
}

// readA1111 reads "parameters", under which several programs write JSON.
func readA1111(text string) (*Recipe, error) {
	r, err := readJSON(text)
	if err != nil {
		return nil, fmt.Errorf("parameters: %w", err)
	}
	if r != nil {
		return r, nil
	}
	return ParseA1111(text), nil
}

// hiddenKey is the keyword of a text that lay in a picture's pixels.
const hiddenKey = "stealth"

// unhidden adds the texts that a hidden object holds: those that its program would have
// written into the file.
func unhidden(texts []Text) []Text {
	all := texts
	for _, t := range texts {
		if t.Key != hiddenKey {
			continue
		}
		o, err := object(t.Text)
		if err != nil {
			continue
		}
		for _, key := range slices.Sorted(maps.Keys(o)) {
			if s := scalar(o[key]); s != "" && key != hiddenKey {
				all = append(slices.Clip(all), Text{key, s})
			}
		}
	}
	return all
}

// readComment reads a comment, which may be anybody's: it counts only with parameters.
func readComment(text string) (*Recipe, error) {
	r, err := readJSON(text)
	if errors.Is(err, errForeign) {
		return nil, nil
	}
	if r != nil || err != nil {
		return r, err
	}
	if r := ParseA1111(text); len(r.Params) > 0 {
		return r, nil
	}
	return nil, nil
}

// isGraph says whether an object is ComfyUI's API form.
func isGraph(o map[string]any) bool {
	for _, v := range o {
		if n, ok := v.(map[string]any); ok && n["class_type"] != nil {
			return true
		}
	}
	return false
}

// maxValues bounds the values of foreign JSON: each takes far more memory than its text.
const maxValues = 400_000

// object decodes a JSON object; numbers keep their digits. Python's NaN and Infinity,
// which are no JSON, are read as null.
func object(text string) (map[string]any, error) {
	if len(text) > maxDocument {
		return nil, fmt.Errorf("%d bytes of JSON, want at most %d", len(text), maxDocument)
	}
	if n := strings.Count(text, ","); n > maxValues {
		return nil, fmt.Errorf("about %d values of JSON, want at most %d", n, maxValues)
	}
	dec := json.NewDecoder(strings.NewReader(withoutNaN(text)))
	dec.UseNumber()
	var o map[string]any
	if err := dec.Decode(&o); err != nil {
		return nil, err
	}
	if o == nil {
		return nil, fmt.Errorf("found null, want a JSON object")
	}
	return o, nil
}

// withoutNaN replaces NaN and Infinity outside strings by null.
func withoutNaN(s string) string {
	if !strings.Contains(s, "NaN") && !strings.Contains(s, "Infinity") {
		return s
	}
	var b strings.Builder
	inString := false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case inString && c == '\\' && i+1 < len(s):
			b.WriteByte(c)
			i++
		case c == '"':
			inString = !inString
		case !inString && strings.HasPrefix(s[i:], "NaN"):
			b.WriteString("null")
			i += len("NaN") - 1
			continue
		case !inString && strings.HasPrefix(strings.TrimPrefix(s[i:], "-"), "Infinity"):
			b.WriteString("null")
			i += strings.Index(s[i:], "y")
			continue
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// scalar writes a JSON string, number or boolean as text; "" for anything else.
func scalar(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	case bool:
		if v {
			return "True"
		}
		return "False"
	}
	return ""
}

// first returns the first of the keys that holds a scalar.
func first(o map[string]any, keys ...string) string {
	for _, k := range keys {
		if s := scalar(o[k]); s != "" {
			return s
		}
	}
	return ""
}

func child(o map[string]any, key string) map[string]any {
	c, _ := o[key].(map[string]any)
	return c
}

func decimal(v any) (float64, bool) {
	n, ok := v.(json.Number)
	if !ok {
		return 0, false
	}
	f, err := n.Float64()
	return f, err == nil
}
