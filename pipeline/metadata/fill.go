package metadata

import (
	"fmt"
	"image"
	"strings"
)

// Mask is how a fill with a mask read and laid back, in A1111's words; zero where the
// engine has no such thing.
type Mask struct {
	Area    string `json:"area,omitempty"`    // "Whole picture", "Only masked"; "" is the program's own choice of context
	Padding int    `json:"padding,omitempty"` // pixels round the mask, of "Only masked"
	Blur    int    `json:"blur,omitempty"`    // pixels
	Content string `json:"content,omitempty"` // what lay under it: "fill", "original", "latent noise", "latent nothing"
	Blend   string `json:"blend,omitempty"`   // how the rest was held: one of pipeline's Blend names
}

// Recipe writes a fill in A1111's vocabulary. program is the value of Version.
func (f Fill) Recipe(program string) *Recipe {
	if f.Came() {
		return ParseA1111(f.Text)
	}
	r := &Recipe{Dialect: Ours, Prompt: f.Prompt, Negative: f.Negative, Addons: f.Addons}
	set := func(key string, ok bool, value string) {
		if ok {
			r.Set(key, value)
		}
	}
	set("Steps", f.Steps > 0, fmt.Sprint(f.Steps))
	set("Sampler", f.Sampler != "", SolverName(f.Sampler))
	set("Schedule type", f.Schedule != "", ScheduleName(f.Schedule))
	set("CFG scale", f.CFG != 0, number(f.CFG))
	set("Seed", !seedless(f.Task), fmt.Sprint(uint64(f.Seed))) // generators read the bits
	w, h := f.Width, f.Height
	if w == 0 || h == 0 {
		w, h = f.Rect.Width, f.Rect.Height
	}
	set("Size", true, fmt.Sprintf("%dx%d", w, h))
	set("Model hash", f.ModelHash != "", f.ModelHash)
	set("Model", f.Model != "", base(f.Model))
	set("VAE", f.VAE != "", base(f.VAE))
	set("Variation seed", f.VariationStrength > 0, fmt.Sprint(uint64(f.VariationSeed)))
	set("Variation seed strength", f.VariationStrength > 0, number(f.VariationStrength))
	set("Denoising strength", f.Strength > 0 && f.Task != "generate", number(f.Strength))
	set("Clip skip", f.ClipSkip > 1, fmt.Sprint(f.ClipSkip))
	set("RNG", f.RNG != "", map[string]string{"cpu": "CPU", "nv": "NV"}[f.RNG])
	set("Tiling", f.Tiling, "Tiling")
	set("Engine", f.Engine != "" && f.Engine != "diffusion", f.Engine)
	set("Hires upscale", f.Hires > 0, number(f.Hires))
	if m := f.Mask; m != nil {
		set("Mask mode", true, "Inpaint masked")
		set("Mask blur", m.Blur > 0, fmt.Sprint(m.Blur))
		set("Inpaint area", m.Area != "", m.Area)
		set("Masked area padding", m.Area == "Only masked", fmt.Sprint(m.Padding))
		set("Masked content", m.Content != "", m.Content)
	} else {
		set("Mask blur", f.Feather > 0, fmt.Sprint(f.Feather))
	}
	for _, p := range f.Params {
		r.Set(p.Key, p.Value)
	}
	set("Version", true, program)
	return r
}

// came is the task of a Fill that stands for the recipe with which a picture was opened.
const came = "came"

// reworked says whether a Fill's task made the whole picture anew out of what was there: larger, cut out, as pixel
// art. It says nothing of what is in it.
func reworked(task string) bool { return task == "upscale" || task == "cutout" || task == "pixelate" }

// seedless says whether a Fill's task draws no random numbers that its picture could be told by.
func seedless(task string) bool { return reworked(task) || task == "restore" || task == "swap" }

// Scale brings the rectangles of all fills to a picture of another size. How they ran is left out, for
// their pixels are gone.
func (d *Document) Scale(width, height int) {
	x := func(v int) int { return v * width / max(d.Width, 1) }
	y := func(v int) int { return v * height / max(d.Height, 1) }
	fills := d.Fills
	d.Fills = nil
	for _, f := range fills {
		r := f.Rect.Rectangle()
		f.Rect = RectOf(image.Rect(x(r.Min.X), y(r.Min.Y), x(r.Max.X), y(r.Max.Y)))
		f.Run, f.Read, f.Sides = nil, Rect{}, [4]int{}
		f.Shows = int(float64(f.Shows) * float64(width) * float64(height) / float64(max(d.Width*d.Height, 1)))
		d.Fills = append(d.Fills, f)
	}
	d.OriginShows = int(float64(d.OriginShows) * float64(width) * float64(height) / float64(max(d.Width*d.Height, 1)))
	d.Width, d.Height = width, height
}

// whole is the recipe of the whole picture, with how it was reworked, as A1111's Extras add it; nil
// where there is nothing to tell.
func (d *Document) whole() *Recipe {
	var r *Recipe
	if f := d.Told(); f != nil {
		r = f.Recipe(d.Program)
	} else if d.Origin != "" {
		r = ParseA1111(d.Origin)
	}
	for _, f := range d.Fills {
		if !reworked(f.Task) {
			continue
		}
		if r == nil {
			r = &Recipe{}
		}
		for _, p := range f.Params {
			r.Set(p.Key, p.Value)
		}
	}
	return r
}

// CameWith makes the Fill that stands for the recipe of a picture that was opened: dialect
// is its own name for itself, text its A1111 form.
func CameWith(r *Recipe) Fill {
	f := Fill{Task: came, Engine: r.Dialect, Text: r.withoutPaths().Text(), Prompt: r.FullPrompt(), Negative: r.Negative}
	f.Seed, _ = r.Seed()
	return f
}

// Came says whether a Fill stands for the recipe with which a picture was opened.
func (f Fill) Came() bool { return f.Task == came }

// withoutPaths is the recipe with paths cut to their last element, and without the name
// that A1111 can add of who made it.
func (r *Recipe) withoutPaths() *Recipe {
	c := *r
	c.Params = nil
	for _, p := range r.Params {
		if p.Key == "User" {
			continue
		}
		if isPath(p.Value) {
			p.Value = base(p.Value)
		}
		c.Params = append(c.Params, p)
	}
	return &c
}

// isPath says whether a value is a path on somebody's machine.
func isPath(s string) bool {
	drive := len(s) > 2 && s[1] == ':' && (s[2] == '\\' || s[2] == '/')
	return drive || strings.HasPrefix(s, "/") || strings.HasPrefix(s, `\\`) || strings.HasPrefix(s, "~/") || strings.HasPrefix(s, "file:")
}

// part is how many of the picture's pixels a fill made: those that still show where that
// is known, else those of its rectangle.
func (d *Document) part(f *Fill) int {
	if f.Shows > 0 {
		return f.Shows
	}
	in := f.Rect.Rectangle().Intersect(image.Rect(0, 0, d.Width, d.Height))
	return in.Dx() * in.Dy()
}

// Main is the fill that made most of the picture's pixels, the latest of equals; nil when
// none touches it. One with a prompt goes before all without: the largest place is often one
// where something was merely removed, and a prompt is what people look for in a picture.
func (d *Document) Main() *Fill {
	var best *Fill
	most, told := 0, false
	for i := range d.Fills {
		f := &d.Fills[i]
		if reworked(f.Task) {
			continue
		}
		n, tells := d.part(f), f.Prompt != ""
		if n > 0 && (tells && !told || tells == told && n >= most) {
			best, most, told = f, n, tells
		}
	}
	return best
}

// Told is the fill that stands for the whole picture: Main, unless the recipe that the
// picture came with made more of it, or is the only one with a prompt; then nil.
func (d *Document) Told() *Fill {
	main := d.Main()
	if d.Origin == "" || main == nil {
		return main
	}
	rest := d.OriginShows
	if rest == 0 {
		rest = d.Width*d.Height - d.part(main)
	}
	tells := main.Prompt != ""
	if came := ParseA1111(d.Origin).Prompt != ""; came && !tells || came == tells && d.part(main) < rest {
		return nil
	}
	return main
}
