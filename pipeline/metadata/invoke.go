package metadata

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// invokeKeys are the fields of InvokeAI's metadata that are taken apart below; all other
// plain fields are kept under their own names.
var invokeKeys = strings.Fields("positive_prompt positivePrompt negative_prompt negativePrompt width height seed rand_device cfg_scale cfgScale steps scheduler clip_skip clipSkip strength model vae loras app_version")

// keepRest keeps the fields of a JSON object that nothing else has read: plain ones as
// parameters under their own names, all others as they stand.
func (r *Recipe) keepRest(o map[string]any, read []string) {
	var rest []string
	for k := range o {
		if !slices.Contains(read, k) {
			rest = append(rest, k)
		}
	}
	slices.Sort(rest)
	for _, k := range rest {
		switch v := o[k].(type) {
		case nil:
		case string, json.Number, bool:
			if s := scalar(v); s != "" && bareKey.MatchString(k) && utf8.RuneCountInString(k) > 1 {
				if _, there := r.Get(k); !there {
					r.Set(k, s)
					continue
				}
			} else if s == "" {
				continue
			}
			r.Unread = append(r.Unread, k+": "+scalar(v))
		default:
			if b, err := json.Marshal(v); err == nil && len(b) > 2 { // not [] or {}
				r.Unread = append(r.Unread, k+": "+string(b))
			}
		}
	}
}

// readInvoke reads "invokeai_metadata" of InvokeAI 3 and later.
func readInvoke(text string) (*Recipe, error) {
	o, err := object(text)
	if err != nil {
		return nil, fmt.Errorf("invokeai_metadata: %w", err)
	}
	r := &Recipe{Dialect: InvokeAI, Prompt: first(o, "positive_prompt", "positivePrompt"), Negative: first(o, "negative_prompt", "negativePrompt")}
	r.Set("Steps", first(o, "steps"))
	solver, schedule := invokeScheduler(first(o, "scheduler"))
	r.Set("Sampler", solver)
	r.Set("Schedule type", schedule)
	r.Set("CFG scale", first(o, "cfg_scale", "cfgScale"))
	r.Set("Seed", first(o, "seed"))
	r.setSize(first(o, "width"), first(o, "height"))
	model := child(o, "model")
	r.Set("Model", base(first(model, "name", "model_name")))
	r.Set("Model hash", first(model, "hash"))
	r.Set("VAE", base(first(child(o, "vae"), "name", "model_name")))
	r.Set("Denoising strength", first(o, "strength"))
	// InvokeAI counts the layers that are skipped, A1111 from 1.
	if n, err := strconv.Atoi(first(o, "clip_skip", "clipSkip")); err == nil && n > 0 && n < 1000 {
		r.Set("Clip skip", strconv.Itoa(n+1))
	}
	r.Set("RNG", device(first(o, "rand_device")))
	r.keepRest(o, invokeKeys)
	if v := first(o, "app_version"); v != "" {
		r.Set("Version", "InvokeAI "+v)
	}
	loras, _ := o["loras"].([]any)
	for _, l := range loras {
		if l, ok := l.(map[string]any); ok {
			r.addInvokeLora(l)
		}
	}
	return r, nil
}

// addInvokeLora reads {model:{name},weight}, and the older {lora:{model_name},weight}.
func (r *Recipe) addInvokeLora(l map[string]any) {
	name := first(child(l, "model"), "name", "model_name")
	if name == "" {
		name = first(child(l, "lora"), "name", "model_name")
	}
	weight, ok := decimal(l["weight"])
	if !ok {
		weight = 1
	}
	if name != "" {
		r.Addons = append(r.Addons, Addon{Name: base(name), TE: weight, UNet: weight})
	}
}

func (r *Recipe) setSize(w, h string) {
	if _, _, ok := pair(w + "x" + h); ok {
		r.Set("Size", w+"x"+h)
	}
}

// device names where InvokeAI draws its noise; it has used the processor unless told otherwise.
func device(s string) string {
	switch s {
	case "", "cpu":
		return "CPU"
	}
	return "GPU"
}

// readOldInvoke reads "sd-metadata" of InvokeAI 1 and 2.
func readOldInvoke(text string) (*Recipe, error) {
	o, err := object(text)
	if err != nil {
		return nil, fmt.Errorf("sd-metadata: %w", err)
	}
	img := child(o, "image")
	if img == nil {
		return nil, errors.New("sd-metadata: found no \"image\"")
	}
	r := &Recipe{Dialect: InvokeAI, Prompt: scalar(img["prompt"])}
	if parts, ok := img["prompt"].([]any); ok && len(parts) > 0 {
		if p, ok := parts[0].(map[string]any); ok {
			r.Prompt = scalar(p["prompt"])
		}
		for _, more := range parts[1:] { // mixed in with a weight, which no other form has
			if b, err := json.Marshal(more); err == nil {
				r.Unread = append(r.Unread, "prompt: "+string(b))
			}
		}
	}
	solver, schedule := invokeScheduler(first(img, "sampler"))
	r.Set("Steps", first(img, "steps"))
	r.Set("Sampler", solver)
	r.Set("Schedule type", schedule)
	r.Set("CFG scale", first(img, "cfg_scale"))
	r.Set("Seed", first(img, "seed"))
	r.setSize(first(img, "width"), first(img, "height"))
	r.Set("Model", base(first(o, "model_weights", "model")))
	r.Set("Model hash", first(o, "model_hash"))
	r.Set("Denoising strength", first(img, "strength"))
	r.keepRest(img, strings.Fields("prompt sampler steps cfg_scale seed width height strength"))
	if v := first(o, "app_version"); v != "" {
		r.Set("Version", "InvokeAI "+strings.TrimPrefix(v, "InvokeAI "))
	}
	return r, nil
}

// dreamFlags are the switches of a Dream command line and what they mean.
var dreamFlags = []struct{ short, long, key string }{
	{"-s", "--steps", "Steps"}, {"-S", "--seed", "Seed"}, {"-W", "--width", "width"}, {"-H", "--height", "height"},
	{"-C", "--cfg_scale", "CFG scale"}, {"-A", "--sampler", "Sampler"}, {"-A", "--sampler_name", "Sampler"}, {"-f", "--strength", "Denoising strength"},
}

// readDream reads the command line that the first InvokeAI wrote: "prompt" -s 30 -S 1 …
func readDream(text string) (*Recipe, error) {
	words := dreamWords(text)
	if len(words) == 0 {
		return nil, errors.New("dream: found no prompt")
	}
	first := 1
	if !strings.HasPrefix(strings.TrimSpace(text), `"`) { // an unquoted prompt ends at the first switch
		for first < len(words) && !strings.HasPrefix(words[first], "-") {
			first++
		}
	}
	r := &Recipe{Dialect: InvokeAI, Prompt: strings.Join(words[:first], " ")}
	size := map[string]string{}
	for i := first; i < len(words); i++ {
		key, value, used := dreamFlag(words[i:])
		i += used
		switch key {
		case "":
			r.Unread = append(r.Unread, words[i])
		case "width", "height":
			size[key] = value
		case "Sampler":
			solver, schedule := invokeScheduler(value)
			r.Set("Sampler", solver)
			r.Set("Schedule type", schedule)
		default:
			r.Set(key, value)
		}
	}
	r.setSize(size["width"], size["height"])
	return r, nil
}

// dreamFlag reads one switch: "-s 30", "-s30", "--steps=30" or "--steps 30". used is how many
// further words it took.
func dreamFlag(words []string) (key, value string, used int) {
	for _, f := range dreamFlags {
		word, joined, hasEqual := strings.Cut(words[0], "=")
		switch {
		case words[0] == f.short || words[0] == f.long:
			if len(words) > 1 {
				return f.key, words[1], 1
			}
		case hasEqual && word == f.long:
			return f.key, joined, 0
		case strings.HasPrefix(words[0], f.short) && len(words[0]) > 2:
			return f.key, words[0][2:], 0
		}
	}
	return "", "", 0
}

// dreamWords splits at spaces outside double quotes; a backslash keeps what follows.
func dreamWords(s string) []string {
	var words []string
	var b strings.Builder
	quoted, open := false, false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\' && i+1 < len(s):
			i++
			b.WriteByte(s[i])
			open = true
		case c == '"':
			quoted, open = !quoted, true
		case c == ' ' && !quoted:
			if open {
				words = append(words, b.String())
			}
			b.Reset()
			open = false
		default:
			b.WriteByte(c)
			open = true
		}
	}
	if open {
		words = append(words, b.String())
	}
	return words
}
