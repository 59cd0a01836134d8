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

// Templated says whether the texts of the request have a form for each picture (package wildcard)
// and none was drawn yet.
func (q Request) Templated() bool {
	return !q.Literal && q.Template == "" && q.NegativeTemplate == "" && q.Engine.Row().Network && (wildcard.Has(q.Prompt) || wildcard.Has(q.Negative))
}

// Expanded is the request of one picture with the form of its texts that its seed draws; what
// they were drawn from is kept in Template and NegativeTemplate. It reads the lists that the texts
// name (WildcardFolders); a request that is not Templated comes back as it is.
func (q Request) Expanded() (Request, error) {
	if !q.Templated() {
		return q, nil
	}
	from := wildcard.Open(WildcardFolders(q.Model, q.Wildcards)...)
	for stream, t := range []struct{ text, template *string }{{&q.Prompt, &q.Template}, {&q.Negative, &q.NegativeTemplate}} {
		if !wildcard.Has(*t.text) {
			continue
		}
		drawn, err := wildcard.Expand(*t.text, from, q.Seed, uint64(stream))
		if err != nil {
			return q, err
		}
		*t.template, *t.text = *t.text, drawn
	}
	return q, nil
}

// EachExpanded takes a batch apart where each of its pictures has texts of its own: one request for
// each, Expanded. Other requests stay one.
func (q Request) EachExpanded() ([]Request, error) {
	if !q.Templated() {
		return []Request{q}, nil
	}
	var out []Request
	for i := range max(q.Batch, 1) {
		one := q.Nth(i)
		one.Batch = min(q.Batch, 1)
		one, err := one.Expanded()
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
