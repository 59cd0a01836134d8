package editor

// ideaActions help to find the words of a prompt. They are the menu Ideas, also beside the prompt.
var ideaActions = []Action{
	{ID: "idea.surprise", Name: "Surprise me", Menu: "Fill", Icon: "dice", Gap: true, Run: func(e *Editor) { e.promptRead(); e.Prompting.Surprise() }, Help: "Put a prompt out of lists of words in place of yours: a subject, a place, a light, a medium, colours"},
	{ID: "idea.enrich", Name: "Enrich these words", Menu: "Fill", Icon: "more", Run: func(e *Editor) { e.Prompting.Enrich() }, Enabled: func(e *Editor) bool { return readsPrompt(e) && e.Settings.Fill.Prompt != "" }, Help: "Add to the prompt what it says nothing of yet: medium, light, composition, colours"},
	{ID: "idea.try", Name: "Try the wildcards…", Menu: "Fill", Icon: "idea", Run: func(e *Editor) { e.Desk.Show("wildcards") }, Enabled: func(e *Editor) bool { return readsPrompt(e) && e.Prompting.Templated() }, Help: "See what {a|b} and __list__ in the prompt become, and choose one; else each picture has one of its own"},
	{ID: "idea.describe", Name: "Describe this picture…", Menu: "Fill", Icon: "picker", Run: func(e *Editor) { e.Desk.Show("describe") }, Enabled: hasContent, Why: "Open or paint a picture first", Help: "Put what is in the frame into words by a tagger, CLIP or BLIP of yours, in place of the prompt"},
	{ID: "idea.back", Name: "Bring the old words back", Menu: "Fill", Icon: "undo", Run: func(e *Editor) { e.Prompting.Back() }, Enabled: func(e *Editor) bool { return readsPrompt(e) && e.Prompting.CanBack() }, Help: "The prompt as it was before the last idea; undo inside the prompt does the same"},
}

// readsPrompt says whether the chosen engine reads prompts.
func readsPrompt(e *Editor) bool { return e.Models.Generates() }

// DescribePicture puts the picture into words by the chosen network, in place of the prompt.
func (e *Editor) DescribePicture() {
	e.Fills.Describe(e.Settings.Describer, func(text string) {
		e.promptRead()
		e.Prompting.Replace(text)
	})
}

// promptRead chooses diffusion where the engine reads no prompt.
func (e *Editor) promptRead() {
	if !readsPrompt(e) {
		e.Describe()
	}
}

// ChooseDescriber chooses the network for that.
func (e *Editor) ChooseDescriber(path string) { e.setting(func() { e.Settings.Describer = path }) }
