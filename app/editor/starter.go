package editor

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"pentimento/app/settings"
	"pentimento/pipeline"
)

// The starter model is what diffusion fills with when no checkpoint was opened:
// Settings.Fill.Model is "" then, so that the settings name no file of a cache. It is an
// ordinary checkpoint; only Config.Starter knows where it lies. What is special to small
// models stands here, too: the words they know, and the numbers they advise.

// chosen is the path of the model that diffusion fills with; "" where none is chosen and
// none is built in.
func (e *Editor) chosen() (string, error) {
	if path := e.Settings.Fill.Model; path != "" || e.Starter == nil {
		return path, nil
	}
	return e.Starter()
}

// usesStarter says whether diffusion would fill with the built-in model.
func (e *Editor) usesStarter() bool { return e.Settings.Fill.Model == "" && e.Starter != nil }

// starterNamed is the path of the built-in model where a recipe's model name is its; "" of
// any other, and of another version of the starter.
func (e *Editor) starterNamed(name string) string {
	if name == "" || e.Starter == nil {
		return ""
	}
	if path, err := e.Starter(); err == nil && strings.EqualFold(modelName(path), modelName(name)) {
		return path
	}
	return ""
}

// ModelLabel names the chosen model in a few words, for a button that opens another.
func (e *Editor) ModelLabel() string {
	switch {
	case e.usesStarter():
		return "Starter model"
	case e.Settings.Fill.Model == "":
		return "Open checkpoint…"
	}
	return filepath.Base(e.Settings.Fill.Model)
}

// UseStarter goes back from an opened checkpoint to the built-in model.
func (e *Editor) UseStarter() {
	if e.Starter != nil {
		e.SetFill(func(f *settings.Fill) { f.Model, f.Engine = "", string(pipeline.Diffusion) })
	}
}

// Describe makes diffusion the engine and shows the prompt. Where there is no model at all
// it asks for one.
func (e *Editor) Describe() {
	if e.Settings.Fill.Model == "" && e.Starter == nil {
		e.AskModel()
		return
	}
	e.SetFill(func(f *settings.Fill) { f.Engine = string(pipeline.Diffusion) })
	if e.Empty() {
		e.FitFrame() // there the picture will be
	}
	e.show("prompt")
}

// advice is the numbers that go with a model, and which model that is. The panel's numbers
// follow the model as long as the person leaves them as advised.
type advice struct {
	model   string
	begun   bool
	numbers pipeline.Suggestion
}

// usualNumbers are those of a model that advises none.
func usualNumbers() pipeline.Suggestion {
	f := settings.Default().Fill
	return pipeline.Suggestion{Steps: f.Steps, CFG: f.CFG, Sampler: f.Sampler, Schedule: f.Schedule}
}

// follow brings the panel's numbers to what a newly chosen model advises, except those
// that were changed by hand. What an earlier run of the program left is kept as it is.
func (e *Editor) follow(kept bool) {
	if !e.engine().Generates {
		return
	}
	path, _ := e.chosen()
	if path == "" || e.advised.begun && path == e.advised.model {
		return
	}
	info, ok := e.Model()
	if !ok {
		return
	}
	old := usualNumbers()
	if e.advised.begun {
		old = e.advised.numbers
	}
	now := usualNumbers()
	pick(&now.Steps, info.Suggested.Steps)
	pick(&now.CFG, info.Suggested.CFG)
	pick(&now.Sampler, info.Suggested.Sampler)
	pick(&now.Schedule, info.Suggested.Schedule)
	e.advised = advice{path, true, now}
	if kept {
		return
	}
	f := &e.Settings.Fill
	move(&f.Steps, old.Steps, now.Steps)
	move(&f.CFG, old.CFG, now.CFG)
	move(&f.Sampler, old.Sampler, now.Sampler)
	move(&f.Schedule, old.Schedule, now.Schedule)
}

// pick takes a value that was given.
func pick[T comparable](v *T, given T) {
	var zero T
	if given != zero {
		*v = given
	}
}

// move changes a value that still is the old one.
func move[T comparable](v *T, old, now T) {
	if *v == old {
		*v = now
	}
}

// fillers are words that captions hold and lists of words leave out.
var fillers = map[string]bool{"a": true, "an": true, "the": true, "of": true, "in": true, "on": true, "by": true, "with": true, "at": true,
	"under": true, "front": true, "and": true, "to": true, "is": true}

// KnownWords lists the words that the chosen model was taught, in order; nil for a model
// that reads any text.
func (e *Editor) KnownWords() []string {
	if !e.engine().Generates {
		return nil
	}
	return e.vocabulary().list
}

// mostCompletions is how many words Complete offers.
const mostCompletions = 6

// Complete offers words of the chosen model for the one that ends at byte at of a prompt:
// those that begin like it, the shortest first. from is where that word begins. A model
// that reads any text has none to offer.
func (e *Editor) Complete(text string, at int) (from int, words []string) {
	at = min(max(at, 0), len(text))
	head := text[:at]
	if i := strings.LastIndexFunc(head, notLetter); i >= 0 {
		_, n := utf8.DecodeRuneInString(head[i:])
		from = i + n
	}
	begun := strings.ToLower(head[from:])
	if begun == "" {
		return at, nil
	}
	for _, w := range e.KnownWords() {
		if strings.HasPrefix(w, begun) && w != begun {
			words = append(words, w)
		}
	}
	slices.SortStableFunc(words, func(a, b string) int { return len(a) - len(b) })
	return from, words[:min(len(words), mostCompletions)]
}

// wordList reads the words that a model's metadata names: single words in lower case, in
// order; nil where it names none.
func wordList(list string) []string {
	var entries []string
	if json.Unmarshal([]byte(list), &entries) != nil {
		return nil
	}
	var words []string
	for _, w := range entries {
		words = append(words, strings.FieldsFunc(strings.ToLower(w), notLetter)...)
	}
	slices.Sort(words)
	return slices.Compact(words)
}

// strange makes one gentle remark of a prompt of which the model knows no word at all, and
// leaves the doubts about single words of any other. known counts the words it knows.
func (v *vocabulary) strange(doubts []Remark, known int) []Remark {
	if v.words == nil || known > 0 || len(doubts) == 0 {
		return doubts
	}
	var such []string
	n := min(5, len(v.list))
	for i := range n { // from all over the list
		such = append(such, v.list[i*(len(v.list)-1)/max(n-1, 1)])
	}
	text := fmt.Sprintf("this model knows none of these words; it was taught %d, such as %s. A Stable Diffusion checkpoint knows more", len(v.list), strings.Join(such, ", "))
	return []Remark{{Start: doubts[0].Start, End: doubts[len(doubts)-1].End, Text: text, Mild: true}}
}
