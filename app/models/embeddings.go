package models

import (
	"slices"
	"strings"
	"time"

	"pentimento/app/collection"
	"pentimento/app/desk"
	"pentimento/app/prompting"
	"pentimento/pipeline"
)

// embeddings are what is known of the files that prompts may name as embeddings.
type embeddings struct {
	files   pipeline.EmbeddingFiles
	seen    time.Time // when they were looked for last
	of      pipeline.Models
	given   string // what was asked for: the panel's path and the library's folders
	paths   string // and the files and folders of embeddings that it came to
	looking bool
}

// lookEvery is how old a look at the embeddings may be: prompts are read at every key.
const lookEvery = 5 * time.Second

// lookForEmbeddings brings the vocabulary's embeddings up to date in the background where the
// last look was some time ago; listeners hear FillChanged when there are others.
func (m *Models) lookForEmbeddings(v *vocabulary) {
	e, as := &m.embeddings, m.asChosen(v.model)
	own, library := m.desk.Settings.Fill.Get("embeddings"), slices.Clone(m.desk.Settings.ModelFolders)
	given := strings.Join(append([]string{own}, library...), "\n")
	same := e.of == as && e.given == given && v.Embeddings != nil
	if v.Encode == nil || e.looking || same && time.Since(e.seen) < lookEvery {
		return
	}
	e.looking = true
	known, encode := v.Embeddings, v.Encode
	m.desk.Go("embeddings", func() {
		paths := embeddingPaths(own, library)
		list := e.files.Look(as, paths)
		found := known
		if found == nil || !found.Same(list) {
			found = prompting.NewEmbeddings(list, encode)
		}
		m.desk.Post(func() {
			e.looking, e.seen, e.of, e.given, e.paths = false, time.Now(), as, given, paths
			if v.model == as.Model && v.Embeddings != found {
				v.Embeddings = found
				m.desk.Tell(desk.Change{What: desk.FillChanged})
			}
		})
	}, func(error) { e.looking, e.seen, e.of, e.given = false, time.Now(), as, given })
}

// embeddingPaths are the files and folders of embeddings of the panel's path and of a library.
func embeddingPaths(own string, library []string) string {
	var out []string
	if own != "" {
		out = append(out, own)
	}
	out = append(out, collection.Places{Trees: library}.Embeddings()...)
	return strings.Join(out, "\n")
}

// EmbeddingPaths are the files and folders whose embeddings a prompt may name besides those near
// the model (pipeline.Where.Embeddings): the panel's, and those of the library's folders once
// they were looked for.
func (m *Models) EmbeddingPaths() string {
	own := m.desk.Settings.Fill.Get("embeddings")
	if m.embeddings.paths != "" && (own == "" || strings.HasPrefix(m.embeddings.paths+"\n", own+"\n")) {
		return m.embeddings.paths
	}
	return own
}

// NameFiles names in a request's prompts the embeddings and adapters that a recipe has the sums of
// ("name: sum" each) as their files are called here. It reads files: any goroutine but the window's.
func (m *Models) NameFiles(q *pipeline.Request, embeddings, adapters []string) {
	if len(embeddings) > 0 {
		pipeline.RenameEmbeddings(m.lifetime, embeddings, q.Model, q.Where.Embeddings, &q.Prompt, &q.Negative)
	}
	if len(adapters) > 0 {
		m.Library.FindAdapters(q, adapters)
	}
}
