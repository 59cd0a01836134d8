package ui

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/lang"

	"pentimento/app/words"
)

// translate makes package words speak the person's language through Fyne's lang, where
// there is a translation. Without one nothing is set up: the ids are English, and lang logs
// every text that it looks for in vain.
func translate(person fyne.Locale) error {
	code, _, _ := strings.Cut(person.LanguageString(), "-")
	if _, err := words.Files.Open("languages/" + code + ".json"); err != nil || code == "en" {
		return nil
	}
	if err := lang.AddTranslationsFS(words.Files, "languages"); err != nil {
		return err
	}
	words.Use(find)
	return nil
}

// find gives a text from lang's catalogue.
func find(id string, count int) string {
	if count == words.Plain {
		return lang.L(id)
	}
	return lang.N(id, count)
}
