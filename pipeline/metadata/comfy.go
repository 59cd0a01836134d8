package metadata

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// maxNodes bounds a ComfyUI graph and every walk through it.
const maxNodes = 10000

// graph is ComfyUI's API form: node id → class and inputs. An input is a literal or a
// link, [id, slot].
type graph map[string]node

type node struct {
	class  string
	inputs map[string]any
}

// readComfy reads "prompt": the graph that was run.
func readComfy(text string) (*Recipe, error) {
	o, err := object(text)
	if err != nil {
		return nil, fmt.Errorf("ComfyUI's prompt: %w", err)
	}
	if len(o) > maxNodes {
		return nil, fmt.Errorf("ComfyUI's prompt: %d nodes, want at most %d", len(o), maxNodes)
	}
	g := graph{}
	for id, v := range o {
		if n, ok := v.(map[string]any); ok {
			g[id] = node{class: scalar(n["class_type"]), inputs: child(n, "inputs")}
		}
	}
	return g.recipe()
}

// readComfyExif reads what ComfyUI puts into the EXIF fields of a WebP: "prompt:{…}".
func readComfyExif(texts []Text) (*Recipe, int, error) {
	for _, form := range []struct {
		prefix string
		read   func(string) (*Recipe, error)
	}{{"prompt:", readComfy}, {"workflow:", readWorkflow}} {
		for i, t := range texts {
			rest, ok := strings.CutPrefix(strings.ToLower(t.Text[:min(len(t.Text), len(form.prefix))]), form.prefix)
			if !ok || rest != "" || t.Key != "Make" && t.Key != "Model" && t.Key != "UserComment" && t.Key != "ImageDescription" {
				continue
			}
			r, err := form.read(t.Text[len(form.prefix):])
			return r, i, err
		}
	}
	return nil, -1, nil
}

// ids returns the node ids in the order of their numbers, so that a graph always reads
// the same.
func (g graph) ids() []string {
	var ids []string
	for id := range g {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(a, b string) int {
		if len(a) != len(b) {
			return len(a) - len(b)
		}
		return strings.Compare(a, b)
	})
	return ids
}

func (n node) isSampler() bool {
	if n.inputs["sigmas"] != nil && (n.inputs["noise"] != nil || n.inputs["noise_seed"] != nil) {
		return true // SamplerCustom and its advanced form
	}
	return n.inputs["steps"] != nil && n.inputs["sampler_name"] != nil
}

// link returns the id of the node an input is linked to.
func (n node) link(input string) (string, bool) {
	l, ok := n.inputs[input].([]any)
	if !ok || len(l) != 2 {
		return "", false
	}
	id := scalar(l[0])
	return id, id != ""
}

// links returns the linked inputs, those named in prefer first, the others by name.
func (n node) links(prefer ...string) []string {
	var names []string
	for _, p := range prefer {
		if _, ok := n.link(p); ok {
			names = append(names, p)
		}
	}
	var rest []string
	for name := range n.inputs {
		if _, ok := n.link(name); ok && !slices.Contains(prefer, name) {
			rest = append(rest, name)
		}
	}
	slices.Sort(rest)
	return append(names, rest...)
}

// search walks upstream from id, depth first, through the inputs that follow names, until
// ok says yes. No node is entered twice.
func (g graph) search(id string, follow func(node) []string, ok func(id string, n node) bool) (string, bool) {
	seen := map[string]bool{}
	stack := []string{id}
	for len(stack) > 0 && len(seen) <= maxNodes {
		id := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		n, known := g[id]
		if !known || seen[id] {
			continue
		}
		seen[id] = true
		if ok(id, n) {
			return id, true
		}
		names := follow(n)
		for i := len(names) - 1; i >= 0; i-- {
			if next, linked := n.link(names[i]); linked {
				stack = append(stack, next)
			}
		}
	}
	return "", false
}

// via follows only the inputs named.
func via(names ...string) func(node) []string {
	return func(n node) []string {
		var out []string
		for _, name := range names {
			if _, ok := n.link(name); ok {
				out = append(out, name)
			}
		}
		return out
	}
}

// value finds the first of keys that holds a literal, upstream of id through the inputs in
// path; a key that is itself a link is followed to the literal it carries.
func (g graph) value(id string, path []string, keys ...string) string {
	var found string
	g.search(id, via(path...), func(_ string, n node) bool {
		for _, k := range keys {
			if found = g.literal(n, k); found != "" {
				return true
			}
		}
		return false
	})
	return found
}

// carriers are the inputs under which nodes that only hold a value keep it.
var carriers = []string{"value", "Value", "text", "string", "String", "prompt", "seed", "noise_seed", "int", "float", "number", "text_positive", "text1", "string1"}

// literal reads an input as text, through links to nodes that hold a value.
func (g graph) literal(n node, key string) string {
	return g.carried(n, key, map[string]bool{})
}

// carried enters no node twice: links may form a ring.
func (g graph) carried(n node, key string, seen map[string]bool) string {
	if s := scalar(n.inputs[key]); s != "" {
		return s
	}
	id, ok := n.link(key)
	if !ok || seen[id] {
		return ""
	}
	seen[id] = true
	for _, k := range append([]string{key}, carriers...) {
		if s := g.carried(g[id], k, seen); s != "" {
			return s
		}
	}
	return ""
}

// recipe recovers the parameters of the picture that the graph saves.
func (g graph) recipe() (*Recipe, error) {
	id, ok := g.sampler()
	if !ok {
		return nil, errors.New("ComfyUI's graph: found no sampler")
	}
	sampler := g[id]
	r := &Recipe{Dialect: ComfyUI}
	r.Prompt = g.conditioning(id, "positive")
	r.Negative = g.conditioning(id, "negative")
	sigmas := []string{"sigmas"}
	r.Set("Steps", g.value(id, sigmas, "steps"))
	r.Set("Sampler", SolverName(g.value(id, []string{"sampler"}, "sampler_name")))
	r.Set("Schedule type", ScheduleName(g.value(id, sigmas, "scheduler")))
	r.Set("CFG scale", g.value(id, []string{"guider"}, "cfg"))
	r.Set("Seed", g.value(id, []string{"noise"}, "seed", "noise_seed"))
	if size, ok := g.search(id, via("latent_image", "latent", "samples", "pixels", "image"), func(_ string, n node) bool {
		return strings.Contains(n.class, "Latent") && n.inputs["width"] != nil && n.inputs["height"] != nil
	}); ok {
		r.setSize(g.literal(g[size], "width"), g.literal(g[size], "height"))
	}
	if d := g.value(id, sigmas, "denoise"); d != "" {
		if f, err := strconv.ParseFloat(d, 64); err != nil || f != 1 {
			r.Set("Denoising strength", d)
		}
	}
	g.models(sampler, r)
	for _, id := range g.ids() {
		if g[id].class == "VAELoader" {
			r.Set("VAE", base(scalar(g[id].inputs["vae_name"])))
		}
	}
	r.Set("RNG", "CPU") // ComfyUI draws its noise on the processor
	r.Set("Version", "ComfyUI")
	return r, nil
}

// sampler finds the last sampler before a saved picture, or else any sampler.
func (g graph) sampler() (string, bool) {
	upstream := func(n node) []string {
		return n.links("images", "image", "samples", "latent", "latent_image", "pixels")
	}
	for _, class := range []string{"SaveImage", "PreviewImage", "Save", ""} {
		for _, id := range g.ids() {
			if !strings.Contains(g[id].class, class) {
				continue
			}
			if s, ok := g.search(id, upstream, func(_ string, n node) bool { return n.isSampler() }); ok {
				return s, true
			}
		}
	}
	return "", false
}

// promptKeys are the inputs of the text encoders.
var promptKeys = []string{"text", "text_g", "text_l", "clip_l", "t5xxl", "prompt"}

// conditioning gathers the prompt of one polarity ("positive" or "negative"). What
// several encoders say is joined by newlines.
func (g graph) conditioning(sampler, polarity string) string {
	start, ok := g[sampler].link(polarity)
	if !ok {
		guider, linked := g[sampler].link("guider")
		if !linked {
			return ""
		}
		if start, ok = g[guider].link(polarity); !ok {
			if start, ok = g[guider].link("conditioning"); !ok || polarity == "negative" {
				return ""
			}
		}
	}
	var parts []string
	follow := func(n node) []string {
		var names []string
		for _, name := range n.links() {
			if name == polarity || strings.HasPrefix(name, "conditioning") {
				names = append(names, name)
			}
		}
		return names
	}
	g.search(start, follow, func(_ string, n node) bool {
		for _, k := range promptKeys {
			if s := strings.TrimSpace(g.literal(n, k)); s != "" && !slices.Contains(parts, s) {
				parts = append(parts, s)
			}
		}
		return false
	})
	return strings.Join(parts, "\n")
}

// models follows "model" from the sampler to the checkpoint and notes the LoRAs on the way.
func (g graph) models(sampler node, r *Recipe) {
	start, ok := sampler.link("model")
	if !ok {
		if guider, linked := sampler.link("guider"); linked {
			start, ok = g[guider].link("model")
		}
	}
	if !ok {
		return
	}
	g.search(start, via("model", "model1"), func(_ string, n node) bool {
		if name := scalar(n.inputs["lora_name"]); name != "" {
			unet, ok := decimal(n.inputs["strength_model"])
			if !ok {
				unet = 1
			}
			te, ok := decimal(n.inputs["strength_clip"])
			if _, there := n.inputs["clip"]; !ok && there {
				te = unet
			}
			r.Addons = append(r.Addons, Addon{base(name), te, unet})
		}
		for _, k := range []string{"ckpt_name", "unet_name", "model_name"} {
			if name := g.literal(n, k); name != "" {
				r.Set("Model", base(name))
				return true
			}
		}
		return false
	})
	slices.Reverse(r.Addons) // in the order in which they are applied
}
