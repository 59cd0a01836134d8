package metadata

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// maxNodes bounds a ComfyUI graph and every walk through it.
const maxNodes = 10000

// maxSteps bounds all walks through one graph together, so that many walks over a large
// graph end soon, too. A graph that people made takes some hundreds.
const maxSteps = 20 * maxNodes

// graph is ComfyUI's API form: node id → class and inputs. An input is a literal or a
// link, [id, slot].
type graph struct {
	nodes map[string]node
	steps int // taken so far
}

// step says whether another node may be looked at.
func (g *graph) step() bool {
	g.steps++
	return g.steps <= maxSteps
}

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
	g := &graph{nodes: map[string]node{}}
	for id, v := range o {
		if n, ok := v.(map[string]any); ok {
			g.nodes[id] = node{class: scalar(n["class_type"]), inputs: child(n, "inputs")}
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

// recipe recovers the parameters of the picture that the graph saves.
func (g *graph) recipe() (*Recipe, error) {
	id, ok := g.sampler()
	if !ok {
		return nil, errors.New("ComfyUI's graph: found no sampler")
	}
	sampler := g.nodes[id]
	r := &Recipe{Dialect: ComfyUI}
	r.Prompt = g.conditioning(id, "positive")
	r.Negative = g.conditioning(id, "negative")
	sigmas := []string{"sigmas"}
	r.Set("Steps", g.value(id, sigmas, "steps"))
	r.Set("Sampler", SolverName(g.value(id, []string{"sampler"}, "sampler_name")))
	r.Set("Schedule type", ScheduleName(g.value(id, sigmas, "scheduler")))
	r.Set("CFG scale", g.value(id, []string{"guider"}, "cfg"))
	for _, n := range g.ids() {
		if g.nodes[n].class == "CLIPSetLastLayer" {
			r.setClipLayer(g.literal(g.nodes[n], "stop_at_clip_layer"))
		} else if g.nodes[n].inputs["ckpt_name"] != nil {
			r.setClipLayer(g.literal(g.nodes[n], "clip_skip"))
		}
		if g.nodes[n].class == "FluxGuidance" {
			r.Set("Distilled CFG Scale", g.literal(g.nodes[n], "guidance"))
		}
	}
	r.Set("Seed", g.value(id, []string{"noise"}, "seed", "noise_seed"))
	if size, ok := g.search(id, via("latent_image", "latent", "samples", "pixels", "image"), func(_ string, n node) bool {
		return strings.Contains(n.class, "Latent") && n.inputs["width"] != nil && n.inputs["height"] != nil || n.inputs["empty_latent_width"] != nil
	}); ok {
		n := g.nodes[size]
		r.setSize(cmp.Or(g.literal(n, "empty_latent_width"), g.literal(n, "width")), cmp.Or(g.literal(n, "empty_latent_height"), g.literal(n, "height")))
	}
	g.areas(id, r)
	if d := g.value(id, sigmas, "denoise"); d != "" {
		if f, err := strconv.ParseFloat(d, 64); err != nil || f != 1 {
			r.Set("Denoising strength", d)
		}
	}
	g.models(sampler, r)
	r.Unread = append(r.Unread, g.foreign()...)
	for _, id := range g.ids() {
		if g.nodes[id].class == "VAELoader" {
			r.Set("VAE", base(scalar(g.nodes[id].inputs["vae_name"])))
		}
	}
	r.Set("RNG", "CPU") // ComfyUI draws its noise on the processor
	r.Set("Version", "ComfyUI")
	return r, nil
}

// sampler finds the last sampler before a saved picture, or else any sampler.
func (g *graph) sampler() (string, bool) {
	upstream := func(n node) []string {
		return n.links(append([]string{"images", "image", "samples", "latent", "latent_image", "pixels"}, passes...)...)
	}
	ids := g.ids()
	for _, class := range []string{"SaveImage", "PreviewImage", "Save", ""} {
		seen := map[string]bool{}
		for _, id := range ids {
			if !strings.Contains(g.nodes[id].class, class) {
				continue
			}
			if s, ok := g.searchUnseen(id, seen, upstream, func(_ string, n node) bool { return n.isSampler() }); ok {
				return s, true
			}
		}
	}
	return "", false
}

// promptKeys are the inputs of the text encoders.
var promptKeys = []string{"populated_text", "text", "text_g", "text_l", "clip_l", "t5xxl", "prompt"}

// conditioning gathers the prompt of one polarity ("positive" or "negative"). What
// several encoders say is joined by newlines.
func (g *graph) conditioning(sampler, polarity string) string {
	start, ok := g.start(sampler, polarity)
	if !ok {
		return ""
	}
	var parts []string
	follow := func(n node) []string {
		if strings.Contains(n.class, "ZeroOut") { // what it is made from is not said any more
			return nil
		}
		return g.conditioningLinks(n, polarity)
	}
	g.search(start, follow, func(_ string, n node) bool {
		for _, s := range g.said(n, polarity) {
			if !slices.Contains(parts, s) {
				parts = append(parts, s)
			}
		}
		return false
	})
	return strings.Join(parts, "\n")
}

// conditioningLinks are the inputs of a node through which conditions come.
func (g *graph) conditioningLinks(n node, polarity string) (names []string) {
	for _, name := range n.links("conditioning_to") {
		if name == polarity || strings.HasPrefix(name, "conditioning") || slices.Contains(passes, name) {
			names = append(names, name)
		}
	}
	return names
}

// said are the prompts that a node itself holds.
func (g *graph) said(n node, polarity string) (parts []string) {
	keys := promptKeys
	if _, linked := n.link(polarity); !linked { // loaders that read the prompts themselves
		keys = append([]string{polarity}, promptKeys...)
	}
	for _, k := range keys {
		if s := strings.TrimSpace(g.text(n, k)); s != "" && !slices.Contains(parts, s) {
			parts = append(parts, s)
		}
	}
	return parts
}

// models follows "model" from the sampler to the checkpoint and notes the LoRAs on the way.
func (g *graph) models(sampler node, r *Recipe) {
	start, ok := sampler.link("model")
	if !ok {
		if guider, linked := sampler.link("guider"); linked {
			start, ok = g.nodes[guider].link("model")
		}
	}
	if !ok {
		return
	}
	g.search(start, via(append([]string{"lora_stack", "optional_lora_stack", "model", "model1"}, passes...)...), func(_ string, n node) bool {
		g.loras(n, r)
		for _, k := range []string{"ckpt_name", "unet_name", "model_name"} {
			if name := g.literal(n, k); name != "" {
				r.Set("Model", base(name))
				if stack, ok := n.link("lora_stack"); ok { // a loader that applies a stack itself
					g.search(stack, via("lora_stack", "optional_lora_stack"), func(_ string, n node) bool { g.loras(n, r); return false })
				}
				return true
			}
		}
		return false
	})
	slices.Reverse(r.Addons) // in the order in which they are applied
}

// understood are parts of the names of the node classes that are read, or that change
// nothing that a Recipe tells.
var understood = []string{"Sampler", "Checkpoint", "UNETLoader", "Latent", "CLIPTextEncode", "CLIPLoader", "CLIPSetLastLayer", "VAE", "SaveImage", "PreviewImage",
	"Lora", "LoRA", "SolidMask", "MaskComposite", "Primitive", "String", "Reroute", "Note", "Scheduler", "RandomNoise", "Guider", "Guidance", "Conditioning", "LoadImage", "Concat", "Int", "Float"}

// maxForeign bounds the nodes that are listed as not understood.
const maxForeign = 100

// foreign lists the nodes that may have had a part in the picture and are not understood,
// each as it stands in the graph.
func (g *graph) foreign() []string {
	var out []string
	for _, id := range g.ids() {
		n := g.nodes[id]
		if n.class == "" || slices.ContainsFunc(understood, func(part string) bool { return strings.Contains(n.class, part) }) {
			continue
		}
		if len(out) == maxForeign {
			return append(out, "… and more nodes")
		}
		b, err := json.Marshal(n.inputs)
		if err != nil {
			b = nil
		}
		out = append(out, "node "+id+", "+n.class+": "+string(b))
	}
	return out
}
