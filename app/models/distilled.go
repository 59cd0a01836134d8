package models

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"pentimento/app/desk"
	"pentimento/app/settings"
	"pentimento/app/words"
	"pentimento/pipeline"
)

// Distilled is a LoRA or a model for few steps, with the numbers that it wants.
type Distilled = pipeline.Distilled

// speed is what is known of LoRAs for few steps.
type speed struct {
	files  map[string]*speedFile // by path
	before *pipeline.Suggestion  // the panel's numbers before TakeNumbers
	added  string                // the file that was put into the panel's list last
}

// speedFile is what was found of an adapter's file.
type speedFile struct {
	Distilled  // without a Label an ordinary one, or not read yet
	size, time int64
	seen       time.Time
	looking    bool
}

// DistilledFile says whether an adapter's file is a LoRA for few steps. One not seen before, or changed
// since, is read aside; listeners hear FillChanged when it turns out to be one, or to be none any more.
func (m *Models) DistilledFile(path string) (d Distilled, ok bool) {
	f := m.speed.files[path]
	if f == nil {
		if f = (&speedFile{}); m.speed.files == nil {
			m.speed.files = map[string]*speedFile{}
		}
		m.speed.files[path] = f
	}
	if !f.looking && time.Since(f.seen) > lookEvery {
		f.looking = true
		was := *f
		m.desk.Go(words.T("adapter"), func() {
			now := was
			if info, err := os.Stat(path); err == nil {
				now.size, now.time = info.Size(), info.ModTime().UnixNano()
			}
			if was.seen.IsZero() || now.size != was.size || now.time != was.time {
				now.Distilled, _ = pipeline.FindDistilled(path)
			}
			m.desk.Post(func() { m.foundSpeed(path, now) })
		}, func(error) { f.looking, f.seen = false, time.Now() })
	}
	return f.Distilled, f.Label != ""
}

// foundSpeed takes what a file turned out to be.
func (m *Models) foundSpeed(path string, now speedFile) {
	f := m.speed.files[path]
	before := f.Distilled
	now.seen, now.looking = time.Now(), false
	if *f = now; now.Label == before.Label && now.Suggestion == before.Suggestion {
		return
	}
	if now.Label != "" && m.numbers() != now.Suggestion {
		m.desk.Say(m.Wants(now.Distilled))
		if s := m.desk.Settings; path == m.speed.added && !slices.Contains(s.Open, "adapters") {
			s.Open = append(slices.Clone(s.Open), "adapters")
		}
	}
	m.desk.Tell(desk.Change{What: desk.FillChanged | desk.SettingsChanged})
}

// Distilled is the first LoRA for few steps that the prompt names, or else the chosen model where
// it needs few itself. It is none where one in the panel's list decides.
func (m *Models) Distilled() (d Distilled, ok bool) {
	f := m.desk.Settings.Fill
	for _, a := range f.Adapters {
		if a.Off || a.Weight == 0 {
			continue
		}
		if _, ok := m.DistilledFile(a.File); ok {
			return d, false
		}
	}
	if strings.Contains(f.Prompt, "<") {
		for _, name := range pipeline.PromptAdapters(f.Prompt) {
			files := m.Adapters()
			i := slices.IndexFunc(files, func(path string) bool {
				base := filepath.Base(path)
				return strings.EqualFold(strings.TrimSuffix(base, filepath.Ext(base)), name)
			})
			if i < 0 {
				continue
			}
			if d, ok = m.DistilledFile(files[i]); ok {
				return d, true
			}
		}
	}
	if m.UsesStarter() { // it is none, and to describe it lays it out as a file
		return d, false
	}
	if info, err := m.Model(); err == nil {
		d = info.Distilled
	}
	return d, d.Label != ""
}

// Wants says in a sentence, which begins with its name, which numbers something for few steps is best used with.
func (m *Models) Wants(d Distilled) string {
	return words.T("%s wants %s.", title(d), numbersText(d.Suggestion))
}

// HasThem says in a sentence that the panel has its numbers.
func (m *Models) HasThem(d Distilled) string {
	return words.T("%s has its numbers: %s.", title(d), numbersText(d.Suggestion))
}

// title is its name and what it is, or what it is alone where the name is empty.
func title(d Distilled) string {
	if d.Name == "" {
		return d.Label
	}
	return d.Name + " (" + d.Label + ")"
}

// numbersText tells the four numbers.
func numbersText(s pipeline.Suggestion) string {
	return words.T("%s, guidance %g, sampler %s, schedule %s", words.N(s.Steps, "%d step", "%d steps"), s.CFG, s.Sampler, s.Schedule)
}

// numbers are those of the panel.
func (m *Models) numbers() pipeline.Suggestion {
	f := m.desk.Settings.Fill
	return pipeline.Suggestion{Steps: f.Steps, CFG: f.CFG, Sampler: f.Sampler, Schedule: f.Schedule}
}

func (m *Models) setNumbers(s pipeline.Suggestion) {
	m.desk.SetFill(func(f *settings.Fill) { f.Steps, f.CFG, f.Sampler, f.Schedule = s.Steps, s.CFG, s.Sampler, s.Schedule })
	m.desk.Say(words.T("Set: %s", numbersText(s)))
}

// HasNumbers says whether the panel's numbers are those that something for few steps is best used
// with, and whether they came by TakeNumbers, so that PutBackNumbers brings others back.
func (m *Models) HasNumbers(d Distilled) (has, back bool) {
	has = m.numbers() == d.Suggestion
	return has, has && m.speed.before != nil
}

// TakeNumbers gives the panel the numbers that something for few steps is best used with.
func (m *Models) TakeNumbers(d Distilled) {
	before := m.numbers()
	m.speed.before = &before
	m.setNumbers(d.Suggestion)
}

// PutBackNumbers gives the panel the numbers of before TakeNumbers.
func (m *Models) PutBackNumbers() {
	if before := m.speed.before; before != nil {
		m.speed.before = nil
		m.setNumbers(*before)
	}
}
