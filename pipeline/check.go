package pipeline

import (
	"cmp"
	"fmt"
	"image"
	"os"
	"strings"

	"pentimento/fault"
	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/family"
	"pentimento/pipeline/pixels"
	"pentimento/pipeline/region"
	"pentimento/pipeline/sampler"
)

// Problem is a reason why a request cannot run, or will run badly.
type Problem struct {
	Kind   string // the machine's word: "model", "mask", "memory" …
	Text   string // what stands against it
	Advice string // what to do about it
	Blocks bool   // it cannot run
}

// Check names everything that stands against a request before it is queued. It opens no
// network and reads of a model its header only: milliseconds, and microseconds once that
// was read. Unlike Run it takes a strength of 0 at its word. A request without pictures
// but with a Plan is one whose pictures are still to be flattened. Any goroutine may call
// it.
func (p *Pipeline) Check(q Request) []Problem {
	c := &checker{q: q}
	engine, err := FindEngine(q.Engine)
	switch {
	case err != nil:
		c.block("engine", fmt.Sprintf("there is no engine %q", q.Engine), "Choose "+oneOf(Engines, func(e EngineRow) string { return string(e.ID) })+".")
		return c.out
	case !engine.Network:
		c.plainEngine(engine)
		c.steps()
		return c.out
	}
	if p.runtime == nil {
		c.block("runtime", "this build runs no networks", "Use the content-aware engine, or a build with ONNX Runtime.")
	}
	c.q.settle()
	if c.q.Templated() {
		c.q = c.q.Clone()
		for _, t := range c.q.templates() {
			*t.text = firm(*t.text)
		}
	}
	if c.q.Task.Row().Keeps && c.q.Strength == 0 {
		c.block("strength", "the strength is 0, so nothing would change", "Raise it: 0.3 retouches, 0.75 repaints and keeps the composition.")
	}
	c.q = c.q.WithDefaults()
	c.q.findGuides()
	var ck *family.Model
	if c.q.Task.Row().Needs.Model {
		ck = c.model(p)
	}
	c.names()
	c.numbers()
	c.pictures()
	c.texts()
	c.steps()
	if ck != nil {
		c.adapters(ck.Checkpoint)
		c.guides(ck)
		c.regions()
		c.fits(ck)
		c.memory(p, ck)
	}
	return c.out
}

// checker gathers problems of one request.
type checker struct {
	q   Request
	out []Problem
}

func (c *checker) block(kind, text, advice string) {
	c.out = append(c.out, Problem{kind, text, advice, true})
}

func (c *checker) warn(kind, text, advice string) {
	c.out = append(c.out, Problem{kind, text, advice, false})
}

// plainEngine checks the engines without a network.
func (c *checker) plainEngine(engine EngineRow) {
	q := c.q
	if q.Image == nil || q.Mask == nil {
		if q.Plan == nil {
			c.block("picture", "there is no picture or no mask", "Open a picture and paint over what you want to replace.")
		}
		return
	}
	c.source(engine)
}

// source checks that an engine without a network has something to take from.
func (c *checker) source(engine EngineRow) {
	q := c.q
	if q.Image.Rect != q.Mask.Rect {
		c.block("mask", fmt.Sprintf("the mask covers %v and the picture %v", q.Mask.Rect, q.Image.Rect), "Use a mask of the picture's size.")
		return
	}
	hole, source, mask := 0, 0, pixels.CloneMask(q.Mask)
	eachPixel(q.Image, func(i, alpha int) {
		if mask.Pix[i] > 0 {
			hole++
		} else if alpha > 0 {
			source++
		}
	})
	switch {
	case hole == 0:
		c.block("mask", "nothing is masked", "Paint over what you want to replace (M).")
	case engine.Takes && source == 0:
		c.block("mask", "the mask covers everything, so nothing is left to copy from", "Unmask a part that can serve as a source.")
	case engine.Copies && hole > source && outward(q.Image, mask, q.Task) == nil:
		c.block("mask", fmt.Sprintf("%d pixels are masked and only %d are left to copy from", hole, source), "Mask less, or extend the picture in smaller steps.")
	}
}

// model reads what the checkpoint is; nil where it cannot be used.
func (c *checker) model(p *Pipeline) *family.Model {
	if c.q.Model == "" {
		c.block("model", "no model is chosen", "Open a Stable Diffusion checkpoint: a .safetensors, .ckpt or .gguf file, or a diffusers folder.")
		return nil
	}
	if _, err := os.Stat(c.q.Model); err != nil {
		c.block("model", fmt.Sprintf("the model %s can't be found", shortName(c.q.Model)), "Was it moved or renamed? Choose it again.")
		return nil
	}
	for kind, names := range map[string][]string{"vae": {c.q.VAE}, "text_encoder": {c.q.TextEncoder, c.q.TextEncoder2}} {
		for _, name := range names {
			if name == "" {
				continue
			}
			if _, err := checkpoint.Beside(c.q.Model, kind, name); err != nil {
				what := map[string]string{"vae": "VAE", "text_encoder": "text encoder"}[kind]
				c.block(kind, fmt.Sprintf("the %s %s can't be found", what, shortName(name)), "Choose it again, or use the model's own. "+fault.Hint(err))
				return nil
			}
		}
	}
	h, err := p.headers.look(c.q.Models)
	if err != nil {
		c.block("model", fault.Plain(err), cmp.Or(fault.Hint(err), "Choose a checkpoint of "+family.Labels()+"."))
		return nil
	}
	return h.Model
}

// shortName is a path's last part: a person's folders are their own business.
func shortName(path string) string {
	return path[strings.LastIndexAny(strings.TrimRight(path, `/\`), `/\`)+1:]
}

// names checks what is chosen by name.
func (c *checker) names() {
	q := c.q
	row, _, err := sampler.Find(q.Sampler)
	if err != nil {
		c.block("sampler", fmt.Sprintf("the sampler %q is unknown", q.Sampler), "Choose one from the list; Euler a and DPM++ 2M suit most models.")
	} else if _, err := sampler.ScheduleFor(row, q.Schedule); err != nil {
		c.block("schedule", fmt.Sprintf("the schedule %q is unknown", q.Schedule), "Choose Automatic.")
	}
	if _, err := FindTask(q.Task); err != nil {
		c.block("task", fmt.Sprintf("there is no task %q", q.Task), "Leave the task open: the frame and the mask decide.")
	}
	for i := range Settings {
		if s := &Settings[i]; s.Kind == Option && !s.Loose && s.refuse(s.get(&q)) != nil {
			c.block(s.ID, fmt.Sprintf("%s: there is no %q", s.lower(), s.get(&q)), "Choose "+s.Wanted()+".")
		}
	}
}

// numbers checks ranges (the run refuses the same) and what makes poor pictures.
func (c *checker) numbers() {
	q := c.q
	for _, err := range q.outOfRange() {
		c.block("numbers", strings.TrimPrefix(err.Error(), "pipeline: "), "Choose a value in that range.")
	}
	if task := q.Task.Row(); task.Keeps && !task.Needs.Mask && q.Strength >= 1 {
		c.warn("strength", "at strength 1 nothing of the picture in the frame is preserved", "Lower the strength: 0.75 keeps its composition, 0.3 its details.")
	}
	if done := int(q.Strength * float64(q.Steps)); q.Task.Row().Keeps && q.Strength > 0 && q.Strength < 1 && done < 2 {
		c.warn("strength", fmt.Sprintf("strength %.2g of %d steps is a single step, so hardly anything will change", q.Strength, q.Steps), "Raise the strength or the steps.")
	}
	row, _, _ := sampler.Find(q.Sampler) // names says where there is none
	if row.Unguided && q.CFG > 3 {
		c.warn("guidance", fmt.Sprintf("cfg %g is too much for %s: it burns colours", q.CFG, row.Name), "Lower it: with samplers of CFG++ 1 to 2 is usual.")
	} else if q.CFG > 20 {
		c.warn("guidance", fmt.Sprintf("cfg %g burns colours", q.CFG), "Lower it: 7 is usual.")
	}
	if q.CFG == 1 && !row.Unguided && strings.TrimSpace(q.Negative) != "" {
		c.warn("guidance", "at cfg 1 the negative prompt is ignored", "Raise cfg: 7 is usual.")
	}
}

// pictures checks what the run reads and paints.
func (c *checker) pictures() {
	q := c.q
	if f := q.Frame; !f.Empty() && min(f.Dx(), f.Dy()) < region.MinFrame {
		c.warn("frame", fmt.Sprintf("the frame is %d × %d pixels, too small for a model to recognise anything", f.Dx(), f.Dy()), "Make it 256 pixels or more (F); its content stays sharp.")
	}
	needs := q.Task.Row().Needs
	if !needs.Picture || q.Image == nil && q.Plan != nil {
		return
	}
	switch {
	case q.Image == nil || q.Image.Rect.Empty():
		c.block("picture", "there is no picture to start from", "Open or place one, or move the frame over blank canvas to make one.")
		return
	case !needs.Mask:
		return
	case q.Mask == nil || pixels.Bounds(q.Mask).Empty():
		c.block("mask", "nothing is masked", "Paint over what you want to replace (M).")
		return
	case q.Mask.Rect != q.Image.Rect:
		c.block("mask", fmt.Sprintf("the mask covers %v and the picture %v", q.Mask.Rect, q.Image.Rect), "Use a mask of the picture's size.")
		return
	}
	if opaqueBounds(q.Image, q.Mask).Empty() {
		c.warn("mask", "the whole picture is masked, so the result has nothing to match", "Unmask a part, or generate a new picture.")
	}
}

// texts checks the prompt; what is wrong within it, prompt.Parse says (Prompt.Problems).
func (c *checker) texts() {
	text, negative := strings.TrimSpace(c.q.Prompt), strings.TrimSpace(c.q.Negative)
	if text == "" && len(c.q.Regions) == 0 {
		c.warn("prompt", "the prompt is empty, so the model will paint something at random", "Describe the picture in a few words.")
	} else if text != "" && text == negative {
		c.warn("prompt", "prompt and negative prompt say the same and cancel each other", "Empty the negative prompt.")
	}
}

// steps checks the steps that follow the result.
func (c *checker) steps() {
	for i, s := range c.q.After {
		if err := s.refused(); err != nil {
			c.block("step", fmt.Sprintf("step %d after the run: %s", i+1, strings.TrimPrefix(err.Error(), "pipeline: ")), fault.Hint(err))
		}
	}
}

// fits checks the job against what the model was trained for.
func (c *checker) fits(ck *family.Model) {
	q, l := c.q, ck.Limits()
	own := suggestion(ck.Metadata[suggestionKey]) // a model of our own knows its numbers, and paints with and without a mask
	least := own.Steps
	setDefault(&least, 8)
	row, _, _ := sampler.Find(q.Sampler) // names says where there is none
	if q.Steps < least && !row.FewSteps && q.CFG > 2 {
		c.warn("steps", fmt.Sprintf("%d steps are too few for this model: the picture may look unfinished", q.Steps), "Use 20 to 30, or a few-step model with cfg 1 to 2.")
	}
	if ck.Inpainting && own == (Suggestion{}) && !q.Task.Row().Needs.Mask {
		c.warn("model", "this is an inpainting model and nothing is masked: it makes worse pictures than an ordinary one", "Choose an ordinary model, or mask what you want to change.")
	}
	if ck.Guided && strings.TrimSpace(q.Negative) != "" {
		c.warn("guidance", "this model has guidance built in, so the negative prompt is ignored", "Say in the prompt what should be there instead.")
	}
	size := c.largest(l)
	if size == (image.Point{}) {
		return
	}
	if least := l.MinSide / 2; q.Width > 0 && min(size.X, size.Y) < least {
		c.warn("size", fmt.Sprintf("the model would work at %d × %d, far below the %d it was trained for", size.X, size.Y, l.MinSide), "Make the frame or the size larger.")
	}
	if q.Width > 0 && size.X*size.Y > 2*l.MaxArea && q.hires() == nil && q.tiles() == nil {
		c.warn("size", fmt.Sprintf("one pass of %d × %d is beyond what the model was trained for: the picture will repeat itself", size.X, size.Y), "Choose a smaller size and a second pass (hires fix), or tiled diffusion.")
	}
}

// largest is the size of the largest pass; zero where nothing can be planned yet.
func (c *checker) largest(l region.Limits) (most image.Point) {
	q := c.q
	planned := q.Plan
	if planned == nil {
		s := Scene{Selection: q.Frame}
		if q.Image != nil && q.Mask != nil && q.Image.Rect == q.Mask.Rect && q.Task.Row().Needs.Mask {
			s = scene(q.Image, q.Mask, q.Task)
		}
		planned, _ = plan(q, s, l)
	}
	if planned == nil {
		return most
	}
	for _, s := range planned.runs() {
		for _, p := range s.Passes {
			if p.Size.X*p.Size.Y > most.X*most.Y {
				most = p.Size
			}
		}
	}
	return most
}

// memory compares what the job wants with what the machine has; a runtime that knows the
// latter says so. It is an estimate, so it never blocks.
func (c *checker) memory(p *Pipeline, ck *family.Model) {
	m, ok := p.runtime.(interface{ FreeMemory() uint64 })
	size := c.largest(ck.Limits())
	if !ok || m.FreeMemory() == 0 || size == (image.Point{}) {
		return
	}
	need := uint64(size.X*size.Y)*64 + uint64(ck.Decoding(size.X, size.Y, p.fitting(p.vaeMemory(ck.Checkpoint, c.q.Where))))
	if held, ok := p.runtime.(interface{ Holds(string) bool }); !p.holds(c.q.Model) && !(ok && held.Holds(c.q.Model)) { // else its weights are counted already
		need += uint64(weightBytes(ck.Checkpoint)) + uint64(guidesHeld(c.q.allGuides())) + uint64(c.q.setsHeld(ck.Checkpoint))
	}
	if free := m.FreeMemory(); need > free {
		c.warn("memory", fmt.Sprintf("the job needs about %.1f GB, and %.1f GB are free", float64(need)/1e9, float64(free)/1e9),
			"Close other programs, choose a smaller size, or turn on low memory.")
	}
}
