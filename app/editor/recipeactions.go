package editor

// recipeActions are the rows about how pictures were made, and about results of before.
var recipeActions = []Action{
	{ID: "candidate.favourite", Name: "Favourite", Menu: "Fill", Icon: "star", Keys: []string{"*"}, Run: (*Editor).Favourite, Enabled: canFavour, Checked: isFavourite, Help: "Keep this candidate in the library for good, and find it among the favourites"},
	{ID: "recipe.made", Name: "How was this made?", Menu: "Fill", Icon: "recipe", Gap: true, Keys: []string{"Ctrl+Shift+I"}, Run: (*Editor).HowMade, Enabled: func(e *Editor) bool { return len(e.doc.State().Origins) > 0 }, Help: "The fills under the pointer or in the frame, latest first"},
	{ID: "library.open", Name: "Results…", Menu: "Fill", Icon: "results", Keys: []string{"Ctrl+L"}, Run: func(e *Editor) { e.Desk.Show("results") }, Enabled: func(e *Editor) bool { return e.Library != nil }, Help: "All that was ever made: find it, use it again, place it"},
	{ID: "recipe.useall", Name: "Use all of the recipe", Icon: "accept", Run: (*Editor).UseAll, Enabled: hasCard, Help: "Take prompt and all settings of the recipe that was shown last"},
	{ID: "recipe.useprompt", Name: "Use the recipe's prompt", Icon: "prompts", Run: (*Editor).UsePromptOfRecipe, Enabled: hasCard, Help: "Take prompt and negative prompt, and nothing else"},
	{ID: "recipe.useseed", Name: "Use the recipe's seed", Icon: "seed", Run: (*Editor).UseSeedOfRecipe, Enabled: hasSeed, Help: "Take the seed and lock it"},
	{ID: "recipe.place", Name: "Place the recipe's picture on the canvas", Icon: "place", Run: (*Editor).PlaceRecipe, Enabled: func(e *Editor) bool { return e.shownCard.CanPlace() }, Help: "Lay the picture down as a layer; no setting changes"},
	{ID: "recipe.reference", Name: "Keep the recipe's picture as reference", Icon: "reference", Run: (*Editor).KeepRecipePicture, Enabled: func(e *Editor) bool { return hasCard(e) && e.shownCard.keep != nil }, Help: "Put the picture into the reference strip"},
}

func hasCard(e *Editor) bool { return e.shownCard != nil }

// acceptInto chooses where accepted candidates go; it is remembered.
func acceptInto(where string) func(*Editor) {
	return func(e *Editor) { e.setting(func() { e.Settings.AcceptInto = where }) }
}

func accepts(where string) func(*Editor) bool {
	return func(e *Editor) bool { return e.Settings.AcceptInto == where }
}
