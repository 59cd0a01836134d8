package pipeline

import (
	"fmt"
	"slices"
	"strings"

	"pentimento/pipeline/metadata"
	"pentimento/pipeline/prompt"
	"pentimento/pipeline/wildcard"
)

// The keys under which the dynamic prompts of A1111 keep the texts that a picture's were drawn from.
const keyTemplate, keyNegativeTemplate = "Template", "Negative Template"

// Templated says whether the texts of the request, or of a region, have a form for each picture (package wildcard)
// and none was drawn yet.
func (q Request) Templated() bool {
	return !q.Literal && q.Engine.Row().Network && slices.ContainsFunc(q.templates(), template.open)
}

// template is a text, its negative, and what they are drawn from.
type template struct{ text, negative, from, negativeFrom *string }

// templates are those of the request, of its regions and of its passes.
func (q *Request) templates() []template {
	out := []template{{&q.Prompt, &q.Negative, &q.Template, &q.NegativeTemplate}}
	for i := range q.Regions {
		r := &q.Regions[i]
		out = append(out, template{&r.Prompt, &r.Negative, &r.Template, &r.NegativeTemplate})
	}
	passes := func(all []Detailing) {
		for i := range all {
			d := &all[i]
			out = append(out, template{&d.Prompt, &d.Negative, &d.Template, &d.NegativeTemplate})
		}
	}
	passes(q.Details)
	for i := range q.After {
		passes(q.After[i].Details)
	}
	return out
}

func (t template) open() bool {
	return *t.from == "" && *t.negativeFrom == "" && (wildcard.Has(*t.text) || wildcard.Has(*t.negative))
}

// Expanded is the request of one picture with the form of its texts that its seed draws; what
// they were drawn from is kept in Template and NegativeTemplate, also of its regions. It reads the lists that the texts
// name (WildcardFolders); a request that is not Templated comes back as it is.
func (q Request) Expanded() (Request, error) {
	if !q.Templated() {
		return q, nil
	}
	return q.drawn(q.lists())
}

// lists opens the lists that the texts may name.
func (q Request) lists() *wildcard.Library {
	return wildcard.Open(WildcardFolders(q.Model, q.Wildcards)...)
}

// drawn is Expanded of a request that is Templated.
func (q Request) drawn(from *wildcard.Library) (Request, error) {
	q = q.Clone()
	for i, t := range q.templates() {
		if !t.open() {
			continue
		}
		for k, one := range [][2]*string{{t.text, t.from}, {t.negative, t.negativeFrom}} {
			if !wildcard.Has(*one[0]) {
				continue
			}
			drawn, err := wildcard.Expand(*one[0], from, q.Seed, uint64(2*i+k))
			if err != nil {
				return q, err
			}
			*one[1], *one[0] = *one[0], drawn
		}
	}
	return q, nil
}

// FindDrawnAdapters is FindAdapters for the forms of the texts that the pictures will have, where
// they are Templated. It reads the lists that the texts name.
func (q *Request) FindDrawnAdapters(find func(sum, name string) (path string)) {
	if !q.Templated() {
		return
	}
	all, err := q.EachExpanded()
	if err != nil {
		return // the run says so
	}
	for _, one := range all {
		one.AdapterFiles = q.AdapterFiles
		one.FindAdapters(nil, find)
		q.AdapterFiles = one.AdapterFiles
	}
}

// EachExpanded takes a batch apart where each of its pictures has texts of its own: one request for
// each, Expanded. Other requests stay one.
func (q Request) EachExpanded() ([]Request, error) {
	if !q.Templated() {
		return []Request{q}, nil
	}
	var out []Request
	from := q.lists()
	for i := range max(q.Batch, 1) {
		one := q.Nth(i)
		one.Batch = min(q.Batch, 1)
		one, err := one.drawn(from)
		if err != nil {
			return nil, fmt.Errorf("prompt: %w", err)
		}
		out = append(out, one)
	}
	return out, nil
}

// WildcardFolders lists the folders of lists that texts may name: those given (Where.Wildcards),
// then those near the model.
func WildcardFolders(model, given string) []string {
	return append(slices.Clone(lines(given)), wildcard.Folders(model)...)
}

// WildcardFoldersIn lists the folders of lists of a program's folder, in its extensions and beside its models.
func WildcardFoldersIn(dir string) []string { return wildcard.FoldersIn(dir) }

// firm is a text without the tags <lora:…> that only a form of it has.
func firm(text string) string {
	networks, spans := prompt.Parse(text, prompt.Options{}).Networks, wildcard.Spans(text)
	for _, n := range slices.Backward(networks) {
		if slices.ContainsFunc(spans, func(s wildcard.Span) bool { return s.Start < n.Span.End && n.Span.Start < s.End }) {
			text = text[:n.Span.Start] + text[n.Span.End:]
		}
	}
	return text
}

// literalOf is "true" where a recipe's texts have braces or names that were no template when its
// picture was made.
func literalOf(_ *Value, r *metadata.Recipe) string {
	if r.Value(keyTemplate) == "" && r.Value(keyNegativeTemplate) == "" && (wildcard.Has(r.Prompt) || wildcard.Has(r.Negative)) {
		return "true"
	}
	return ""
}

// recallTemplates takes over what a recipe's texts were drawn from.
func (q *Request) recallTemplates(r *metadata.Recipe) {
	q.Template, q.NegativeTemplate = strings.TrimSpace(r.Value(keyTemplate)), strings.TrimSpace(r.Value(keyNegativeTemplate))
}

// templateParams are the parameters of what the texts were drawn from.
func (q Request) templateParams() (out []metadata.Param) {
	for _, p := range []metadata.Param{{Key: keyTemplate, Value: q.Template}, {Key: keyNegativeTemplate, Value: q.NegativeTemplate}} {
		if p.Value != "" {
			out = append(out, p)
		}
	}
	return out
}
