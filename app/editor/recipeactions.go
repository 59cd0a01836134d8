package editor

// 2026-11-27: Ctrl+Shift+I inverts the mask, as everywhere; while there is none it still
// tells how a place was made, for one release.

// recipeActions are the rows about how pictures were made, and about results of before.
var recipeActions = []Action{
	{ID: "candidate.favourite", Name: "Favourite", Menu: "Fill", Icon: "star", Keys: []string{"*"}, Run: (*Editor).Favourite, Enabled: canFavour, Checked: isFavourite, Help: "Keep this candidate in the library for good, among the favourites"},
	{ID: "recipe.made", Name: "How was this made?", Menu: "Fill", Icon: "recipe", Gap: true, Keys: []string{"Ctrl+Alt+I"}, Run: func(e *Editor) { e.Provenance.HowMade(e.pointer) }, Enabled: hasOrigins, Help: "Show the fills under the pointer or in the frame, latest first"},
	{ID: "recipe.madeold", Name: "How was this made? (the earlier key)", Keys: []string{"Ctrl+Shift+I"}, Run: func(e *Editor) { e.Provenance.HowMade(e.pointer) }, Enabled: func(e *Editor) bool { return hasOrigins(e) && !hasMask(e) }, Help: "Without a mask this key still does what it did; with one it inverts the mask"},
	{ID: "library.open", Name: "Results…", Menu: "Fill", Icon: "results", Keys: []string{"Ctrl+L"}, Run: func(e *Editor) { e.Desk.Show("results") }, Enabled: func(e *Editor) bool { return e.Provenance.Library != nil }, Help: "Browse all earlier results"},
	{ID: "recipe.useall", Name: "Use all of the recipe", Icon: "accept", Run: func(e *Editor) { e.Provenance.UseAll() }, Enabled: hasCard, Help: "Use the prompt and all settings of the recipe shown last"},
	{ID: "recipe.useprompt", Name: "Use the recipe's prompt", Icon: "prompts", Run: func(e *Editor) { e.Provenance.UsePromptOfRecipe() }, Enabled: hasCard, Help: "Use only the prompt and negative prompt"},
	{ID: "recipe.useseed", Name: "Use the recipe's seed", Icon: "seed", Run: func(e *Editor) { e.Provenance.UseSeedOfRecipe() }, Enabled: func(e *Editor) bool { return e.Provenance.Card().HasSeed() }, Help: "Use the seed and lock it"},
	{ID: "recipe.place", Name: "Place the recipe's picture on the canvas", Icon: "place", Run: func(e *Editor) { e.Provenance.PlaceRecipe() }, Enabled: func(e *Editor) bool { return e.Provenance.Card().CanPlace() }, Help: "Add the picture as a layer; no setting changes"},
	{ID: "recipe.reference", Name: "Keep the recipe's picture as reference", Icon: "reference", Run: func(e *Editor) { e.Provenance.KeepRecipePicture() }, Enabled: func(e *Editor) bool { return e.Provenance.Card().CanKeep() }, Help: "Add the picture to the reference strip"},
}

func hasOrigins(e *Editor) bool { return len(e.doc.State().Origins) > 0 }

func hasCard(e *Editor) bool { return e.Provenance.Card() != nil }

// acceptInto chooses where accepted candidates go; it is remembered.
func acceptInto(where string) func(*Editor) {
	return func(e *Editor) { e.setting(func() { e.Settings.AcceptInto = where }) }
}

func accepts(where string) func(*Editor) bool {
	return func(e *Editor) bool { return e.Settings.AcceptInto == where }
}
