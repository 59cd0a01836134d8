// Package prompting reads the prompt that a person is typing: which bytes are words, weights
// or syntax, which words the model cannot know, how many tokens it is. It also puts saved
// styles around a prompt and keeps styles, presets and earlier prompts in the settings.
//
// Start at Read (read.go): a pure function of a text and a Context. Prompting is the same
// bound to the settings and to the chosen model, for the panel. ideas.go finds words.
//
// 2026-11-27: no state of its own. The vocabulary belongs to app/models, which reads it in
// the background; everything else is in the settings.
package prompting

import (
	"slices"
	"strings"

	"pentimento/app/desk"
	"pentimento/app/settings"
	"pentimento/pipeline/wildcard"
)

// Model is the chosen model as prompts are read with it.
type Model interface {
	Vocabulary() *Vocabulary // never nil; it may still be on its way
	Generates() bool         // the chosen engine reads prompts at all
	// Wildcards names the folders of lists that prompts may name, and returns what opens them on any
	// goroutine but the window's.
	Wildcards() (folders string, open func() *wildcard.Library)
}

// Prompting reads and keeps prompts for the fill panel. It belongs to the window's goroutine.
type Prompting struct {
	// Adapters lists the files that <lora:…> may name.
	Adapters func() []string
	// OpenModel opens the model of a preset, or tells why it cannot; nil: presets have none.
	OpenModel func(path string)

	desk  *desk.Desk
	model Model
	ideas ideas
}

// New returns a Prompting that works on the desk's settings. adapters may be nil.
func New(d *desk.Desk, m Model, adapters func() []string) *Prompting {
	if adapters == nil {
		adapters = func() []string { return nil }
	}
	return &Prompting{Adapters: adapters, desk: d, model: m}
}

// Read reads a prompt as the next fill would.
func (p *Prompting) Read(text string, negative bool) Reading {
	whole, not := p.Texts()
	if negative {
		whole = not
	}
	return p.read(text, whole, negative)
}

// ReadRegion reads a prompt of a region, which has no styles.
func (p *Prompting) ReadRegion(text string, negative bool) Reading {
	return p.read(text, text, negative)
}

func (p *Prompting) read(text, whole string, negative bool) Reading {
	c := Context{Steps: p.desk.Settings.Fill.Steps, Negative: negative, Vocabulary: p.model.Vocabulary(), Whole: whole}
	if c.Literal = p.desk.Settings.Fill.Get("literal") == "true"; strings.Contains(text, "__") && !c.Literal {
		c.Lists = p.known()
	}
	if strings.Contains(text, "<") { // looking costs more than reading
		c.Adapters = p.Adapters()
	}
	return Read(text, c)
}

// KnownWords lists the words that the chosen model was taught, in order; nil for a model
// that reads any text.
func (p *Prompting) KnownWords() []string {
	if !p.model.Generates() {
		return nil
	}
	return p.model.Vocabulary().Words()
}

// Complete offers words of the chosen model, as the function of that name does, or embeddings;
// in a tag <lora: it offers adapters, behind __ lists of wildcards.
func (p *Prompting) Complete(text string, at int) (from int, words []string) {
	if at, names := completeAdapter(text, at, p.Adapters); len(names) > 0 && p.model.Generates() {
		return at, names
	}
	if strings.Contains(text, "__") && p.model.Generates() {
		if at, names := completeList(text, at, p.listNames); len(names) > 0 {
			return at, names
		}
	}
	from, words = Complete(text, at, p.KnownWords())
	if len(words) == 0 && p.model.Generates() {
		if at, names := CompleteName(text, at, p.model.Vocabulary().Embeddings.Names()); len(names) > 0 {
			return at, names
		}
	}
	return from, words
}

// maxPrompts is how many prompts are remembered.
const maxPrompts = 100

// Remember puts a pair of texts first among those used before.
func (p *Prompting) Remember(used settings.Prompt) {
	used.Prompt, used.Negative = strings.TrimSpace(used.Prompt), strings.TrimSpace(used.Negative)
	if used == (settings.Prompt{}) {
		return
	}
	all := &p.desk.Settings.Prompts
	rest := slices.DeleteFunc(slices.Clone(*all), func(o settings.Prompt) bool { return o == used })
	rest = slices.Insert(rest, 0, used)
	*all = rest[:min(len(rest), maxPrompts)]
}

// UsePrompt puts texts used before into the panel.
func (p *Prompting) UsePrompt(used settings.Prompt) {
	p.desk.SetFill(func(f *settings.Fill) { f.Prompt, f.Negative = used.Prompt, used.Negative })
}
