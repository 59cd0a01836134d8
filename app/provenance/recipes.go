package provenance

import (
	"encoding/json"
	"fmt"
	"image"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"pentimento/app/desk"
	"pentimento/app/words"
	"pentimento/canvas"
	"pentimento/canvas/file"
	"pentimento/fault"
	"pentimento/pipeline"
	"pentimento/pipeline/metadata"
)

// Card is a recipe as the recipe panel shows it: where it comes from, what it says, and
// what of it is out of reach here. What is used of it goes through Provenance.UseAll and its
// siblings; using a recipe and placing its picture are two things.
type Card struct {
	Title    string // the file's name, or where else it is from
	Dialect  string
	Prompt   string
	Negative string
	Params   []metadata.Param // all, in the order found
	Fills    []string         // of ours: one line each
	Remarks  []string         // what UseAll cannot do, and why
	Unread   []string         // what was not understood, as it stood
	Notes    []string         // texts that could not be read

	recipe *metadata.Recipe
	fill   *metadata.Fill // of our own making, with all its settings
	away   image.Point    // from the fill's rectangles to the document's
	mask   *image.Alpha   // the selection that was filled
	place  func()         // lays its picture down; nil for none
	keep   func()         // puts its picture into the reference strip; nil for none
}

// Found is a recipe and what was remarked while it was read.
type Found struct {
	recipe *metadata.Recipe
	notes  []string
}

// readRecipe reads what a picture says of its making: its own texts, or a text beside it.
// A .txt file is read as A1111's. recipe is nil where there is none. It reads the disk.
func readRecipe(path string) (*Found, error) {
	f := &Found{}
	var texts []metadata.Text
	if strings.EqualFold(filepath.Ext(path), ".txt") {
		r, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		defer r.Close()
		text, err := file.PlainText(r)
		if err != nil {
			return nil, fmt.Errorf("%q: %w", path, err)
		}
		f.recipe, f.notes = metadata.Read([]metadata.Text{{Key: metadata.ParametersKey, Text: text}})
		return f, nil
	}
	own, err := file.ReadTexts(path)
	if err != nil && own == nil {
		return nil, err
	}
	if err != nil {
		f.notes = strings.Split(fault.Plain(err), "\n")
	}
	for _, t := range own {
		texts = append(texts, metadata.Text(t))
	}
	var notes []string
	f.recipe, notes = metadata.Read(texts)
	f.notes = append(f.notes, notes...)
	if f.recipe == nil {
		if text, err := file.Sidecar(path); err == nil && len(metadata.ParseA1111(text).Params) > 0 {
			f.recipe, _ = metadata.Read([]metadata.Text{{Key: metadata.ParametersKey, Text: text}})
		}
	}
	return f, nil
}

// AskRecipe asks for a picture and shows its recipe.
func (p *Provenance) AskRecipe() {
	p.desk.Ask(func(w desk.Window) {
		w.AskOpen(words.T("Recipe of a picture"), func(path string) { p.RecipeOf(path, p.picture.Centre(), nil) })
	})
}

// RecipeOf shows the recipe of a picture file, which can be placed at a document pixel from
// there; none (may be nil) is called instead where it has none.
func (p *Provenance) RecipeOf(path string, at image.Point, none func()) {
	p.desk.Go("recipe", func() {
		f, err := readRecipe(path)
		p.desk.Post(func() {
			switch {
			case err == nil && f.recipe != nil:
				c := p.card(filepath.Base(path), f)
				c.place = func() { p.picture.PlaceFile(path, at) }
				c.keep = func() { p.picture.ReferenceFile(path) }
				p.showCard(c)
			case none != nil:
				none()
			case err != nil:
				p.desk.Fail(err)
			default:
				p.desk.Fail(fault.New(fmt.Sprintf("recipe: %q doesn't say how it was made", filepath.Base(path)), "many programs and web sites remove that information; try the file as it was first saved"))
			}
		})
	}, nil)
}

// RecipeFromClipboard shows the recipe in a copied text.
func (p *Provenance) RecipeFromClipboard() {
	c, ok := p.desk.Window.(interface{ ClipboardText() string })
	if !ok {
		return
	}
	text := strings.TrimSpace(c.ClipboardText())
	var r *metadata.Recipe
	for _, key := range []string{metadata.ParametersKey, "UserComment", "prompt", "workflow", "invokeai_metadata"} {
		if strings.HasPrefix(text, "{") != (key != metadata.ParametersKey) {
			continue
		}
		if r, _ = metadata.Read([]metadata.Text{{Key: key, Text: text}}); r != nil {
			break
		}
	}
	if r == nil || text == "" {
		p.desk.Fail(fault.New("recipe: the clipboard contains no prompt and settings of a picture", "copy their text first"))
		return
	}
	p.showCard(p.card(words.T("the clipboard"), &Found{recipe: r}))
}

// OpenedRecipe shows what the opened picture says of its making: what its file said, or, in
// a project, what was noted of that when it was opened.
func (p *Provenance) OpenedRecipe() {
	title := words.T("the opened picture")
	if p.picture.Path() != "" {
		title = filepath.Base(p.picture.Path())
	}
	if p.opened != nil {
		p.showCard(p.card(title, p.opened))
	} else if f, ok := cameWith(p.picture.Committed()); ok {
		p.showCard(p.fillCard(title, f))
	}
}

// HasOpened says whether the opened picture says how it was made.
func (p *Provenance) HasOpened() bool {
	_, noted := cameWith(p.picture.Committed())
	return p.opened != nil || noted
}

// cameWith is what a document notes of the recipe that its picture came with.
func cameWith(s *canvas.State) (metadata.Fill, bool) {
	for _, o := range s.Origins {
		var f metadata.Fill
		if json.Unmarshal(o.Recipe, &f) == nil && f.Came() {
			return f, true
		}
	}
	return metadata.Fill{}, false
}

// card lays a recipe out.
func (p *Provenance) card(title string, f *Found) *Card {
	r := f.recipe
	c := &Card{Title: title, Dialect: r.Dialect, Prompt: r.FullPrompt(), Negative: r.Negative, Params: r.Params, Unread: r.Unread, Notes: f.notes, recipe: r}
	if r.Document != nil {
		for _, fill := range r.Document.Fills {
			c.Fills = append(c.Fills, fillLine(fill))
		}
		if told := r.Document.Told(); told != nil && !told.Came() {
			c.fill = told
		}
	}
	c.Remarks = p.remarks(c)
	return c
}

// fillLine sums a fill up in a line.
func fillLine(f metadata.Fill) string {
	s := words.T("%s, %d × %d at %d, %d, seed %d", titleOf(f), f.Rect.Width, f.Rect.Height, f.Rect.X, f.Rect.Y, uint64(f.Seed))
	if !f.Time.IsZero() {
		s += ", " + f.Time.Local().Format("2006-01-02 15:04")
	}
	if f.Prompt != "" {
		s += ": " + desk.Shorten(strings.Join(strings.Fields(f.Prompt), " "), 60)
	}
	return s
}

// titleOf names what was done, where no prompt does.
func titleOf(f metadata.Fill) string {
	task, engine := pipeline.Titles(f)
	return words.T("%s: %s", words.Label(task), words.Label(engine))
}

// remarks says what of a recipe cannot be had here.
func (p *Provenance) remarks(c *Card) []string {
	var out []string
	solver, schedule := c.recipe.Sampler()
	if solver != "" && !slices.Contains(pipeline.Samplers(), solver) {
		out = append(out, words.T("This program has no sampler %q; %q stays.", solver, p.desk.Settings.Fill.Sampler))
	}
	if schedule != "" && !slices.Contains(pipeline.Schedules(), schedule) {
		out = append(out, words.T("This program has no schedule %q; %q stays.", schedule, p.desk.Settings.Fill.Schedule))
	}
	if c.fill == nil {
		_, _, left := pipeline.RegionsOf(c.recipe)
		for _, one := range left {
			out = append(out, words.T("Not taken over: %s.", one))
		}
	}
	hash, name := c.recipe.Value("Model hash"), c.recipe.Value("Model")
	if hash == "" && name == "" {
		return out
	}
	label := name
	if hash != "" {
		label = strings.TrimSpace(name + " [" + hash + "]")
	}
	switch path, byHash := p.models.Known(hash, name); {
	case path == "":
		stays := words.T("No model is open.")
		if p.models.UsesStarter() || p.desk.Settings.Fill.Model != "" {
			stays = words.T("%s stays.", p.models.Label())
		}
		out = append(out, words.T("The model %s isn't among the checkpoints you have opened. %s Open that checkpoint to use it.", label, stays))
	case !byHash && hash != "" && hash != "unknown" && p.models.Short(path) != "":
		out = append(out, words.T("The model %s isn't among the checkpoints you have opened; the file of that name is another, [%s].", label, p.models.Short(path)))
	case !byHash && hash != "" && hash != "unknown":
		out = append(out, words.T("The model %s was matched by its name alone.", label))
	}
	return out
}

// Card is the recipe on show, nil for none.
func (p *Provenance) Card() *Card { return p.shown }

// CanPlace says whether the recipe on show comes with a picture.
func (c *Card) CanPlace() bool { return c != nil && c.place != nil }

// CanKeep says whether its picture can go into the reference strip.
func (c *Card) CanKeep() bool { return c != nil && c.keep != nil }

func (p *Provenance) showCard(c *Card) {
	p.shown = c
	p.desk.Show("recipe")
}

// PlaceRecipe lays the picture of the recipe on show on the canvas.
func (p *Provenance) PlaceRecipe() {
	if c := p.shown; c.CanPlace() {
		c.place()
	}
}

// KeepRecipePicture puts the picture of the recipe on show into the reference strip.
func (p *Provenance) KeepRecipePicture() {
	if c := p.shown; c.CanKeep() {
		c.keep()
	}
}

// ReadWith reads the recipe of a picture that is being decoded; nil where it has none. It
// reads the disk.
func ReadWith(path string) *Found {
	f, err := readRecipe(path)
	if err != nil || f.recipe == nil {
		return nil
	}
	return f
}

// Dialect is the program whose way of writing the recipe has.
func (f *Found) Dialect() string { return f.recipe.Dialect }
