package collection

import (
	"regexp"

	"pentimento/app/words"
)

// troubles is the table of what a person reads of a file that can't be used, by a pattern of the
// technical reason; the first row that fits counts.
var troubles = []struct {
	reason *regexp.Regexp
	text   func() string
}{
	{regexp.MustCompile(`web.page`), func() string {
		return words.T("a web page instead of the model: the download went wrong, get it again")
	}},
	{regexp.MustCompile(`error.message`), func() string {
		return words.T("a site's message instead of the model: it wants a login or has moved, get it again")
	}},
	{regexp.MustCompile(`.LFS.pointer`), func() string {
		return words.T("a note that stands for the model, not the model: download the file itself")
	}},
	{regexp.MustCompile(`no.part.of.a.tensor`), func() string {
		return words.T("may run a program when it is opened, so it is not read: get it as .safetensors")
	}},
	{regexp.MustCompile(`of.0.bytes`), func() string { return words.T("empty: the download or copy did not begin, get it again") }},
	{regexp.MustCompile(`incomplete|too.early|within.the.file|unexpected.EOF`), func() string {
		return words.T("cut short or damaged: the download or copy did not end well, get it again")
	}},
	{regexp.MustCompile(`permission.denied`), func() string { return words.T("it may not be read here: its owner has to allow it") }},
	{regexp.MustCompile(`leads.nowhere`), func() string { return words.T("a link to a file that isn't there") }},
	{regexp.MustCompile(`pickle|archive|header`), func() string { return words.T("damaged, or packed as no model is: get it again") }},
}

// Trouble says in a person's words why the item can't be used, "" where it can; Problem is the technical text behind
// it.
func (i *Item) Trouble() string {
	if i.Problem == "" || i.Kind != Broken {
		return ""
	}
	for _, t := range troubles {
		if t.reason.MatchString(i.Problem) {
			return t.text()
		}
	}
	return words.T("can't be read as a model")
}
