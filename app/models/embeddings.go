package models

import (
	"time"

	"pentimento/app/desk"
	"pentimento/app/prompting"
	"pentimento/pipeline"
)

// embeddings are what is known of the files that prompts may name as embeddings.
type embeddings struct {
	files   pipeline.EmbeddingFiles
	seen    time.Time // when they were looked for last
	of      pipeline.Models
	given   string
	looking bool
}

// lookEvery is how old a look at the embeddings may be: prompts are read at every key.
const lookEvery = 5 * time.Second

// lookForEmbeddings brings the vocabulary's embeddings up to date in the background where the
// last look was some time ago; listeners hear FillChanged when there are others.
func (m *Models) lookForEmbeddings(v *vocabulary) {
	e, as, given := &m.embeddings, m.asChosen(v.model), m.desk.Settings.Fill.Get("embeddings")
	same := e.of == as && e.given == given && v.Embeddings != nil
	if v.Encode == nil || e.looking || same && time.Since(e.seen) < lookEvery {
		return
	}
	e.looking = true
	known, encode := v.Embeddings, v.Encode
	m.desk.Go("embeddings", func() {
		list := e.files.Look(as, given)
		found := known
		if found == nil || !found.Same(list) {
			found = prompting.NewEmbeddings(list, encode)
		}
		m.desk.Post(func() {
			e.looking, e.seen, e.of, e.given = false, time.Now(), as, given
			if v.model == as.Model && v.Embeddings != found {
				v.Embeddings = found
				m.desk.Tell(desk.Change{What: desk.FillChanged})
			}
		})
	}, func(error) { e.looking, e.seen, e.of, e.given = false, time.Now(), as, given })
}
