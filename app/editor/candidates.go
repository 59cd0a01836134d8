package editor

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"pentimento/app/desk"
	"pentimento/app/fills"
	"pentimento/app/jobs"
	"pentimento/app/provenance"
	"pentimento/app/words"
	"pentimento/canvas/file"
	"pentimento/pipeline"
)

// memory hands what the fills tell of on to provenance and to the journal.
type memory page

func (m *memory) Recipe(c *fills.Candidate) []byte { return m.ed.Provenance.Recipe(finished(c)) }

func (m *memory) Arrived(s *fills.Stack, c *fills.Candidate) {
	mask := s.Request.Mask
	if mask == nil {
		mask = c.Result.Request.Mask
	}
	c.ID = m.ed.Provenance.Keep(finished(c), c.Patch, mask, m.doc.State().Source)
	m.Fills.Made(c.ID)
}

func (m *memory) Keepsake(stack int64) func(*pipeline.Result, time.Time) {
	return m.Keeping.Keepsake(stack)
}

func (m *memory) Asked(s *fills.Stack) { m.Keeping.Asked(s) }

func (m *memory) Queued(job jobs.ID, stack int64, i, tries int) {
	m.Keeping.Queued(job, stack, i, tries)
}

// finished is a candidate as provenance takes it.
func finished(c *fills.Candidate) provenance.Finished {
	return provenance.Finished{Result: c.Result, Rect: c.Patch.Rect, When: c.When}
}

// holdResults keeps what is on show, or may be brought back, from being deleted.
func (e *Editor) holdResults(c desk.Change) {
	if c.What&(desk.CandidatesChanged|desk.DocumentOpened) == 0 {
		return
	}
	var ids []string
	for _, p := range e.pages {
		for _, s := range p.Fills.All() {
			for _, c := range s.Candidates {
				if c.ID != "" {
					ids = append(ids, c.ID)
				}
			}
		}
	}
	e.Provenance.Hold(ids)
}

// Favourite marks the candidate on show in the library, or takes the mark away.
func (e *Editor) Favourite() {
	if !canFavour(e) {
		return
	}
	c := e.Fills.Current()
	if c.ID == "" { // one that was there when a project was opened
		(*memory)(e.page).Arrived(e.Fills.Shown(), c)
	}
	if c.ID == "" {
		return
	}
	c.Favourite = !c.Favourite
	e.Provenance.StarResult(c.ID, c.Favourite, nil)
	e.Tell(desk.Change{What: desk.CandidatesChanged})
}

func isFavourite(e *Editor) bool { return hasCandidate(e) && e.Fills.Current().Favourite }

func canFavour(e *Editor) bool { return e.Provenance.Library != nil && hasCandidate(e) }

// SaveCandidate writes the candidate on show as a picture, as a job, without accepting it.
func (e *Editor) SaveCandidate() {
	c := e.Fills.Current()
	if c == nil {
		return
	}
	p, state := e.page, e.doc.State() // the desktop's own dialog leaves the window open
	e.askPicture(fmt.Sprintf("candidate-%d.png", uint64(c.Result.Request.Seed)), func(path string, quality int) {
		var texts []file.Text
		says := says(state, e.Settings.Metadata)
		if e.Settings.Metadata {
			texts = e.Provenance.TextsOf(finished(c))
		}
		p.writeNow(words.T("Save candidate"), path, func(ctx context.Context, _ func(string, float64)) error {
			err := writePicture(ctx, path, quality, c.Result.Image, nil, texts, says)
			e.Post(func() {
				if !errors.Is(err, context.Canceled) && !e.Fail(err) {
					e.Say(words.T("Saved %s", filepath.Base(path)))
				}
			})
			return err
		})
	})
}

// CandidateToReference keeps the candidate on show in the reference strip.
func (e *Editor) CandidateToReference() {
	if c := e.Fills.Current(); c != nil {
		e.AddReference(fills.LayerName(c.Result.Request), e.inSRGB(c.Result.Image))
	}
}
