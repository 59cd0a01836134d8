package provenance

import (
	"cmp"
	"image"
	"strings"

	"pentimento/app/settings"
	"pentimento/app/words"
	"pentimento/canvas"
	"pentimento/pipeline"
	"pentimento/pipeline/metadata"
)

// UsePromptOfRecipe takes the texts of the recipe on show, and nothing else.
func (p *Provenance) UsePromptOfRecipe() {
	if c := p.shown; c != nil {
		p.desk.SetFill(func(f *settings.Fill) { f.Prompt, f.Negative, f.Styles = c.Prompt, c.Negative, "" })
		p.desk.Say(words.T("Took the prompt and negative prompt of %s", c.Title))
	}
}

// UseSeedOfRecipe takes the seed of the recipe on show and locks it.
func (p *Provenance) UseSeedOfRecipe() {
	if c := p.shown; c != nil {
		if seed, ok := c.recipe.Seed(); ok {
			p.desk.SetFill(func(f *settings.Fill) { f.Seed, f.LockSeed = seed, true; useVariation(f, c.recipe) })
			p.desk.Say(words.T("The seed is %d, and locked", seed))
		}
	}
}

// HasSeed says whether the recipe on show names a seed.
func (c *Card) HasSeed() bool {
	if c == nil {
		return false
	}
	_, ok := c.recipe.Seed()
	return ok
}

// UseAll takes everything of the recipe on show that there is here: of a fill of ours also
// frame, mask and engine. What is out of reach stays as it is, and Card.Remarks says so.
func (p *Provenance) UseAll() {
	c := p.shown
	if c == nil {
		return
	}
	if c.fill != nil {
		if replay, err := pipeline.ReadReplay(c.fill.Run); err == nil {
			p.useRequest(replay.Request, c.fill.Read.Rectangle().Min.Sub(replay.Read.Min).Add(c.away), c)
			return
		}
	}
	p.desk.TakeFill(func(f *settings.Fill) { p.useRecipe(f, c) })
	if w, h, ok := c.recipe.Size(); ok && c.fill == nil {
		p.useSize(pipeline.HiresSize(c.recipe, w, h))
	}
	regions, base, _ := pipeline.RegionsOf(c.recipe)
	guides := pipeline.RecalledGuides(c.recipe)
	p.picture.Await(guides)
	p.picture.RegionsAgain(regions, base, p.picture.Committed().Frame, func(gone []string) {
		what := lost(words.T("Took all settings of %s", c.Title), gone)
		if n := len(guides); n > 0 {
			what += ". " + words.N(n, "%d guide waits for its picture, in References", "%d guides wait for their pictures, in References")
		}
		p.took(what, c)
	})
}

// lost adds to what is said which regions could not be laid anywhere.
func lost(what string, gone []string) string {
	if len(gone) == 0 {
		return what
	}
	return words.T("%s, without its regions that lie outside the frame: %s", what, strings.Join(gone, ", "))
}

// took says what was taken, and what of it is not to be had here: most of all another model.
func (p *Provenance) took(what string, c *Card) {
	if len(c.Remarks) > 0 {
		what = words.T("%s. But: %s", what, strings.Join(c.Remarks, " "))
	}
	p.desk.Say(what)
}

// useRecipe writes a recipe into the panel's values.
func (p *Provenance) useRecipe(f *settings.Fill, c *Card) {
	r := c.recipe
	f.Engine = string(pipeline.Diffusion)
	f.Prompt, f.Negative = pipeline.TextsOf(r)
	f.Styles, f.Adapters = "", nil // a prompt names its own
	if n, ok := r.Seed(); ok {
		f.Seed, f.LockSeed = n, true
	}
	p.models.Take(f, r.Value("Model hash"), r.Value("Model")) // first: settings that speak of a model's file come with it
	for i := range pipeline.Settings {
		if s := &pipeline.Settings[i]; s.Recalled(pipeline.Diffusion) {
			if text, ok := s.Recall(r); ok {
				f.Set(s.ID, text)
			}
		}
	}
	f.Refine = f.Strength
	p.nameFiles(f, pipeline.EmbeddingSums(r), pipeline.AdapterSums(r))
	p.findVAE(f, r)
	p.findUpscaler(f, r)
	useVariation(f, r)
}

// findVAE gives the panel the autoencoder that a recipe names, near the model or in the library. Files are read for
// that, on a goroutine of its own; what was chosen meanwhile stays.
func (p *Provenance) findVAE(f *settings.Fill, r *metadata.Recipe) {
	if r == nil {
		return
	}
	name, sum := pipeline.VAEOf(r)
	if name == "" && sum == "" {
		return
	}
	model, was := f.Model, f.Get("vae")
	p.desk.Go(words.T("recipe"), func() {
		path := p.models.Library.FindVAE(model, name, sum)
		p.desk.Post(func() {
			switch now := p.desk.Settings.Fill; {
			case now.Model != model || now.Get("vae") != was || path == was:
			case path == "":
				p.desk.Say(words.T("The recipe's VAE %s isn't near the model or in the library", cmp.Or(name, sum)))
			default:
				p.desk.SetFill(func(f *settings.Fill) { f.Set("vae", path) })
			}
		})
	}, nil)
}

// findUpscaler gives the panel the file of the upscaler that it has the name of, as findVAE does.
func (p *Provenance) findUpscaler(f *settings.Fill, r *metadata.Recipe) {
	name, sum := pipeline.HiresUpscalerOf(r)
	if name == "" {
		return
	}
	model, was, fetched := f.Model, f.Get("hires_upscaler"), ""
	for _, n := range pipeline.UpscalerNames(name) {
		fetched = cmp.Or(fetched, p.models.NetworkOf([]string{n + ".param", n + ".bin"}))
	}
	p.desk.Go(words.T("recipe"), func() {
		path := cmp.Or(p.models.Library.FindUpscaler(model, name, sum), fetched)
		p.desk.Post(func() {
			if now := p.desk.Settings.Fill; now.Model != model || now.Get("hires_upscaler") != was || path == was {
				return
			}
			if p.desk.SetFill(func(f *settings.Fill) { f.Set("hires_upscaler", path) }); path == "" {
				p.desk.Say(words.T("The recipe's upscaler %s isn't near the model or in the library", name))
			}
		})
	}, nil)
}

// nameFiles names in the prompts the embeddings and adapters of a recipe as their files are called
// here. Files are read for that, on a goroutine of its own; what was typed meanwhile stays.
func (p *Provenance) nameFiles(f *settings.Fill, embeddings, adapters []string) {
	if len(embeddings)+len(adapters) == 0 {
		return
	}
	was := *f
	var q pipeline.Request
	q.Prompt, q.Negative, q.Model, q.Where.Embeddings = f.Prompt, f.Negative, f.Model, p.models.EmbeddingPaths()
	p.desk.Go(words.T("recipe"), func() {
		p.models.NameFiles(&q, embeddings, adapters)
		p.desk.Post(func() {
			if now := p.desk.Settings.Fill; now.Prompt == was.Prompt && now.Negative == was.Negative && (q.Prompt != was.Prompt || q.Negative != was.Negative) {
				p.desk.SetFill(func(f *settings.Fill) { f.Prompt, f.Negative = q.Prompt, q.Negative })
			}
		})
	}, nil)
}

// useVariation takes a variation's strength and seed, which count together only.
func useVariation(f *settings.Fill, r *metadata.Recipe) {
	f.Variation, f.VariationStrength = 0, 0
	if v, ok := r.Float("Variation seed strength"); ok && v > 0 && v <= 1 {
		if n, ok := r.VariationSeed(); ok {
			f.Variation, f.VariationStrength = n, v
		}
	}
}

// maxFrame bounds the frame that a recipe may ask for, pixels a side.
const maxFrame = 8192

// useSize gives the frame the recipe's size, around its middle.
func (p *Provenance) useSize(w, h int) {
	old := p.picture.Committed().Frame
	if w < 64 || h < 64 || w > maxFrame || h > maxFrame || old.Size() == image.Pt(w, h) {
		return
	}
	at := old.Min.Add(old.Max).Div(2).Sub(image.Pt(w/2, h/2))
	p.picture.Edit("Frame as in the recipe", func(ed *canvas.Edit) { ed.SetFrame(image.Rectangle{Min: at, Max: at.Add(image.Pt(w, h))}) })
}

// useRequest takes everything of a request of ours: all values of the panel, the frame and,
// where it is known, the mask. by is added to the request's places.
func (p *Provenance) useRequest(q pipeline.Request, by image.Point, c *Card) {
	p.useSettings(q, c)
	frame := q.Frame.Add(by)
	sensible := !frame.Empty() && frame.Dx() <= maxFrame && frame.Dy() <= maxFrame
	if sensible && frame != p.picture.Committed().Frame || c.mask != nil {
		p.picture.Edit("Settings of a fill", func(ed *canvas.Edit) {
			if sensible {
				ed.SetFrame(frame)
			}
			if c.mask != nil {
				ed.ClearMask()
			}
			if c.mask != nil && !wholeFrame(q.Task) {
				ed.SetMask(c.mask)
			}
		})
	}
	follow := func(nowhere []string) {
		what := lost(words.T("Took the frame and settings of %s", c.Title), nowhere)
		if gone := p.picture.FollowAgain(q.Guides, q.Regions); len(gone) > 0 {
			what = words.T("%s. References that are not in the strip wait for their pictures there: %s", what, strings.Join(gone, ", "))
		}
		p.took(what, c)
	}
	if sensible && q.Engine.Row().Network { // others pass them by
		p.picture.RegionsAgain(q.Regions, q.RegionBase, frame, follow)
	} else {
		follow(nil)
	}
}

// wholeFrame says whether a task paints its frame without a mask. What is kept of such a picture
// has all of the frame for its selection: as a mask that would ask for an inpaint, whose border
// changes pixels around the frame.
func wholeFrame(t pipeline.Task) bool {
	row := t.Row()
	return row.Name == t && !row.Needs.Mask
}

// useSettings takes all values of the panel from a request of ours.
func (p *Provenance) useSettings(q pipeline.Request, c *Card) {
	p.desk.TakeFill(func(f *settings.Fill) {
		f.Engine, f.Styles = string(q.Engine), ""
		f.Seed, f.LockSeed = q.Seed, true
		if q = q.WithDefaults(); q.Engine.Row().Network {
			f.Prompt, f.Negative, f.Adapters = q.Prompt, q.Negative, nil
			for _, a := range q.Adapters {
				f.Adapters = append(f.Adapters, adapterOf(a))
			}
			p.models.Take(f, c.fill.ModelHash, c.fill.Model)
			p.nameFiles(f, q.Embedded, q.Adapted)
			p.findVAE(f, c.recipe)
		}
		for i := range pipeline.Settings {
			if s := &pipeline.Settings[i]; s.Recalled(q.Engine) {
				f.Set(s.ID, s.Get(q))
			}
		}
		p.findUpscaler(f, c.recipe)
		f.Refine = f.Strength
	})
}

// adapterOf is an adapter of a request as the panel has it.
func adapterOf(a pipeline.Adapter) settings.Adapter {
	return settings.Adapter{File: a.File, Weight: a.Weight, TextWeight: a.TextWeight, Ranks: a.Ranks, Blocks: a.Blocks, Elements: a.Elements, Start: a.Start, Stop: a.Stop}
}
