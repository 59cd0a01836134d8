package prompting

import (
	"math/rand/v2"
	"time"

	"pentimento/app/desk"
	"pentimento/app/settings"
	"pentimento/app/words"
	"pentimento/pipeline/wildcard"
)

// ideas are what helps to find words: the lists of wildcards, and the texts that were replaced.
type ideas struct {
	lists   *wildcard.Library // as they were looked at last; nil: not yet
	seen    time.Time
	of      string // the folders that were asked for
	looking bool

	undo, redo []replaced
}

// replaced is a prompt that the program wrote in place of another.
type replaced struct{ before, after string }

// lookAgain is how old a look at the lists may be while a prompt is typed.
const lookAgain = 20 * time.Second

// known are the lists as they were looked at last, nil before; a look of some time ago is
// repeated in the background, and listeners hear FillChanged.
func (p *Prompting) known() *wildcard.Library {
	i := &p.ideas
	of, open := p.model.Wildcards()
	if i.looking || i.lists != nil && i.of == of && time.Since(i.seen) < lookAgain {
		return i.lists
	}
	i.looking = true
	done := func() { i.looking, i.seen, i.of = false, time.Now(), of }
	p.desk.Go("wildcards", func() {
		lists := open()
		p.desk.Post(func() {
			i.lists = lists
			done()
			p.desk.Tell(desk.Change{What: desk.FillChanged})
		})
	}, func(error) { done() })
	return i.lists
}

// listNames are the names of the lists for completion.
func (p *Prompting) listNames() (all []string) {
	if l := p.known(); l != nil {
		all, _ = l.Names()
	}
	return all
}

// idea finds words in the background, since lists are read from the disk, and hands them over on the
// window's goroutine, unless the prompt has changed meanwhile.
func (p *Prompting) idea(find func(text string, from *wildcard.Library, seed int64) (string, error), then func(text string)) {
	was, seed := p.desk.Settings.Fill.Prompt, int64(rand.Uint32())
	_, open := p.model.Wildcards()
	p.desk.Go("ideas", func() {
		text, err := find(was, open(), seed)
		p.desk.Post(func() {
			if !p.desk.Fail(err) && p.desk.Settings.Fill.Prompt == was {
				then(text)
			}
		})
	}, nil)
}

// Surprise puts a prompt out of the lists in place of the text, of a model's own words where it
// knows no others.
func (p *Prompting) Surprise() {
	few := p.model.Vocabulary().phrases() != nil
	p.idea(func(_ string, from *wildcard.Library, seed int64) (string, error) {
		return wildcard.Surprise(from, seed, few)
	}, p.Replace)
}

// Enrich adds to the text what it says nothing of.
func (p *Prompting) Enrich() {
	known := p.model.Vocabulary().phrases()
	p.idea(func(text string, from *wildcard.Library, seed int64) (string, error) {
		return wildcard.Enrich(text, from, seed, known)
	}, p.Replace)
}

// Templated says whether the prompt has a form for each picture.
func (p *Prompting) Templated() bool {
	return p.desk.Settings.Fill.Get("literal") != "true" && wildcard.Has(p.desk.Settings.Fill.Prompt)
}

// Forms are some forms of the prompt as it was asked for, none twice, for a person to choose from.
type Forms struct {
	Of   string
	Some []string
	All  bool // there are no others
}

// mostForms is how many forms a person is shown.
const mostForms = 12

// Try draws some forms of the prompt and hands them over, later, on the window's goroutine.
func (p *Prompting) Try(then func(Forms)) {
	of, seed := p.desk.Settings.Fill.Prompt, int64(rand.Uint32())
	_, open := p.model.Wildcards()
	p.desk.Go("wildcards", func() {
		f, err := tried(of, open(), seed)
		p.desk.Post(func() {
			if !p.desk.Fail(err) {
				then(f)
			}
		})
	}, nil)
}

func tried(of string, from *wildcard.Library, seed int64) (Forms, error) {
	f := Forms{Of: of}
	all, more, err := wildcard.All(of, from, mostForms, nil)
	if err != nil || !more {
		f.Some, f.All = all, true
		return f, err
	}
	seen := map[string]bool{}
	for i := range int64(10 * mostForms) {
		one, err := wildcard.Expand(of, from, seed+i, 0)
		if err != nil {
			return f, err
		}
		if !seen[one] && len(f.Some) < mostForms {
			seen[one] = true
			f.Some = append(f.Some, one)
		}
	}
	return f, nil
}

// mostReplaced is how many texts can be brought back.
const mostReplaced = 50

// Replace puts a text in place of the prompt; Back brings the old one back.
func (p *Prompting) Replace(text string) {
	i, was := &p.ideas, p.desk.Settings.Fill.Prompt
	if text == was {
		p.desk.Say(words.T("There is nothing to add to these words"))
		return
	}
	i.undo, i.redo = append(i.undo, replaced{was, text}), nil
	i.undo = i.undo[max(0, len(i.undo)-mostReplaced):]
	p.desk.SetFill(func(f *settings.Fill) { f.Prompt = text })
}

// CanBack says whether the prompt is one that was put in place of another.
func (p *Prompting) CanBack() bool {
	i := &p.ideas
	return len(i.undo) > 0 && i.undo[len(i.undo)-1].after == p.desk.Settings.Fill.Prompt
}

// Back brings the text back that the prompt was put in place of, and says whether there was one.
func (p *Prompting) Back() bool {
	i := &p.ideas
	if !p.CanBack() {
		return false
	}
	last := i.undo[len(i.undo)-1]
	i.undo, i.redo = i.undo[:len(i.undo)-1], append(i.redo, last)
	p.desk.SetFill(func(f *settings.Fill) { f.Prompt = last.before })
	return true
}

// Forth undoes Back, and says whether it did.
func (p *Prompting) Forth() bool {
	i := &p.ideas
	n := len(i.redo)
	if n == 0 || i.redo[n-1].before != p.desk.Settings.Fill.Prompt {
		return false
	}
	last := i.redo[n-1]
	i.redo, i.undo = i.redo[:n-1], append(i.undo, last)
	p.desk.SetFill(func(f *settings.Fill) { f.Prompt = last.after })
	return true
}
