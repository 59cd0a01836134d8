package pipeline

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"unicode"

	"pentimento/pipeline/metadata"
)

// Setting is one row of Settings: something that a person can set on a run, and all that
// the program knows of it. Its value is read and written as a text, the way a flag's is, so
// that files, flags, panels and recipes need no code of their own for any row.
//
// To add a setting (2026-11-27): a field in its group of Request (request.go, keepfields.go, steerfields.go, noising.go), one
// row in the file of that group (settings_text.go, settings_sampling.go, settings_noising.go, settings_steering.go, inversion.go, box.go, settings_keep.go, settings_hires.go, settings_tiled.go, sdupscale.go,
// settings_where.go), the place in this package where a run acts on it, and its texts in the
// catalogue (PENTIMENTO_GOLDEN=1 go test ./app/words writes them). Defaults, range check, flag, control
// in the panel, presets, record, replay, recipes read back and the list of differences follow from
// the row; settings_test.go says what a row lacks, not that nothing acts on it.
//
// 2026-11-27: texts and not typed values between the rows and everything else, as in package
// flag: a row with a new kind of value then costs its readers nothing.
type Setting struct {
	ID    string // its key in settings files, presets and the panels of projects: never changes
	Name  string // for people
	Label string // for narrow columns; empty: Name
	Help  string // one sentence, without the default

	Flag    string // of the command line, without dashes
	NoFlag  string // why there is none
	Panel   Place  // where the fill panel makes a control of it
	NoPanel string // why it makes none

	Key    string                                // of A1111's parameters; a recipe without it leaves the setting alone …
	Resets bool                                  // … or, with Resets, means the default
	record func(*metadata.Fill) any              // its place in documents since the first version; nil: by Key
	recall func(*Value, *metadata.Recipe) string // reads it from a recipe in its own way; "" is nothing found
	When   func(Request) bool                    // the values of others with which it acts; nil: always
	usual  func(Request) (value string)          // the default where it depends on the task; nil: Default

	Default string // what a new person has, in the window and on the command line
	Open    bool   // a request in which it is zero means Default
	// Private is what belongs to the person or the machine and not to the picture: no recipe
	// changes it and no replay tells it.
	Private bool
	Path    bool // a file: only its base name leaves the program
	OfModel bool // a word about the chosen model's file: another model has its own
	Many    bool // several texts with line breaks between them; its flag may be given several times

	Engines func(EngineRow) bool // those that use it; nil: those with a network. Which models do not: ModelInfo.Ignores
	Tasks   func(TaskRow) bool   // those that use it; nil: all

	Value
}

// Place is where the fill panel has a control.
type Place int

// The places. Folded rows appear below "More" in the order of Settings, each with the
// control of its kind; Shown ones the panel lays out by hand.
const (
	NoControl Place = iota
	Shown
	Folded
	Guiding // folded away likewise, below "Guidance"
)

// Settings are all rows. Folded controls and flags keep this order.
var Settings = slices.Concat(textSettings, samplingSettings, noisingSettings, steeringSettings, keepSettings, hiresSettings, tiledSettings, inversionSettings, boxSettings, enlargeSettings, whereSettings)

// FindSetting is the row with an ID, nil for none.
func FindSetting(id string) *Setting {
	for i := range Settings {
		if Settings[i].ID == id {
			return &Settings[i]
		}
	}
	return nil
}

// TitleOf is what people call a field of Request: the name of its row, or its own in words.
func TitleOf(field string) string {
	var q Request
	at := reflect.ValueOf(&q).Elem().FieldByName(field)
	for i := range Settings {
		if s := &Settings[i]; s.ref != nil && at.IsValid() && s.ref(&q) == at.Addr().Interface() {
			return s.Name
		}
	}
	var b strings.Builder
	for i, r := range field {
		if i > 0 && unicode.IsUpper(r) {
			b.WriteByte(' ')
			r = unicode.ToLower(r)
		}
		b.WriteRune(r)
	}
	return b.String()
}

// Title is the row's name for a narrow column.
func (s *Setting) Title() string {
	if s.Label != "" {
		return s.Label
	}
	return s.Name
}

// UsedBy says whether an engine looks at the setting.
func (s *Setting) UsedBy(e Engine) bool {
	row, err := FindEngine(e)
	if s.Engines == nil {
		return row.Network
	}
	return err == nil && s.Engines(row)
}

// Recalled says whether the fill panel takes the setting from a picture that an engine made.
func (s *Setting) Recalled(e Engine) bool {
	return s.Panel != NoControl && !s.Private && s.UsedBy(e)
}

// Acts says whether the setting does anything in a request.
func (s *Setting) Acts(q Request) bool {
	return s.UsedBy(q.Engine) && (s.Tasks == nil || s.Tasks(q.Task.Row())) && (s.When == nil || s.When(q))
}

// Clear brings the setting back to what an empty request has.
func (s *Setting) Clear(q *Request) { _ = s.Set(q, s.Get(Request{})) }

// Apply puts texts into a request: those of the rows that its engine uses, taken from at by
// ID. An empty text is the default. What has no effect alongside the others is left out; a text
// that is not a value of its row is for Check to name.
func Apply(q *Request, at func(id string) string) {
	for i := range Settings {
		if s := &Settings[i]; s.Panel != NoControl && s.UsedBy(q.Engine) {
			_ = s.Set(q, s.Or(at(s.ID)))
		}
	}
	for i := range Settings {
		if s := &Settings[i]; s.Panel != NoControl && s.When != nil && !s.When(*q) {
			s.Clear(q)
		}
	}
}

// Or is a text, or the default where it is empty, or a count that was never set.
func (s *Setting) Or(text string) string {
	if text == "" || s.Open && s.Whole && text == "0" {
		return s.Default
	}
	return text
}

// WithDefaults fills in what the request leaves open. A strength of 0 is open, too.
func (q Request) WithDefaults() Request {
	var empty Request
	for i := range Settings {
		if s := &Settings[i]; s.Open && s.get(&q) == s.get(&empty) {
			_ = s.Set(&q, s.usually(q))
		}
	}
	if row := q.Task.Row(); row.Name != "" && !row.Keeps && q.Strength > 0 && q.Strength < 1 {
		q.Strength = 1 // there is nothing to keep
	}
	return q
}

// outOfRange are the numbers that cannot be meant.
func (q Request) outOfRange() (out []error) {
	refuse := func(what, found, want string) {
		out = append(out, fmt.Errorf("pipeline: %s is %s, want %s", what, found, want))
	}
	for i := range Settings {
		s := &Settings[i]
		if text := s.get(&q); s.Kind == Number && s.UsedBy(q.Engine) && s.refuse(text) != nil {
			refuse(s.lower(), text, s.Wanted())
		}
	}
	if err := q.untileable(); err != nil && q.Engine.Row().Network {
		out = append(out, err)
	}
	if err := q.Conflict(); err != nil && q.Engine.Row().Network {
		out = append(out, err)
	}
	if b := held(q.Box, usualBox); q.Engine.Row().Network {
		if err := b.check(); err != nil {
			out = append(out, err)
		}
	}
	if n := held(q.Noising, usualNoising); q.Engine.Row().Network {
		if _, err := parseRestarts(n.Restarts); err != nil {
			out = append(out, err)
		}
	}
	if q.Hires != nil && q.hires() == nil && q.Engine.Row().Network {
		refuse("hires", "1, which is no second pass, and something is said of one", "above 1")
	}
	size := fmt.Sprintf("%dx%d", q.Width, q.Height)
	if q.Width < 0 || q.Height < 0 || max(q.Width, q.Height) > maxSize {
		refuse("size", size, fmt.Sprintf("at most %d a side", maxSize))
	}
	if (q.Width == 0) != (q.Height == 0) {
		refuse("size", size, "both sides or none")
	}
	if q.BatchSize < 0 || q.BatchSize > 64 {
		refuse("batch size", fmt.Sprint(q.BatchSize), "0 to 64")
	}
	return out
}

// Conflict says which two settings cannot both be meant; nil where all can.
func (q Request) Conflict() error {
	if low, high := q.GuidanceRange[0], q.GuidanceRange[1]; high > 0 && low >= high {
		return fmt.Errorf("pipeline: guidance acts from %s up to %s, want the first below the second", short(low), short(high))
	}
	if n := held(q.Noising, usualNoising); n.ChurnMax > 0 && n.ChurnMin >= n.ChurnMax {
		return fmt.Errorf("pipeline: churn acts from %s up to %s, want the first below the second", short(n.ChurnMin), short(n.ChurnMax))
	}
	return nil
}

// usually is the default in a request's task.
func (s *Setting) usually(q Request) string {
	if s.usual != nil {
		return s.usual(q)
	}
	return s.Default
}

// Recall is the setting's value in a recipe, ours or another program's. ok is false where
// the recipe does not say, and the value that is there should stay.
func (s *Setting) Recall(r *metadata.Recipe) (text string, ok bool) {
	switch {
	case s.recall != nil:
		text = s.recall(&s.Value, r)
	case s.Key != "":
		text = s.read(r.Value(s.Key))
	}
	if text == "" && s.Resets {
		text, ok = s.Default, true
	}
	return text, ok || text != ""
}

// lower is the name within a sentence: abbreviations keep their capitals.
func (s *Setting) lower() string {
	if len(s.Name) > 1 && s.Name[1] >= 'A' && s.Name[1] <= 'Z' {
		return s.Name
	}
	return strings.ToLower(s.Name[:1]) + s.Name[1:]
}
