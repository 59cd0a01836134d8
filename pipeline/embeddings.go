package pipeline

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"pentimento/pipeline/adapter"
	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/embedding"
	"pentimento/pipeline/family"
	"pentimento/pipeline/metadata"
	"pentimento/pipeline/prompt"
	"pentimento/pipeline/tensor"
)

// Embeddings lists the files whose names a prompt for a model may name as embeddings, of each
// name one: those given (Where.Embeddings), and those in folders near the model.
func Embeddings(model, given string) []string {
	return embedding.List(model, lines(given)...)
}

// EmbeddingFolders lists the folders of embeddings among a folder and those directly in it.
func EmbeddingFolders(dir string) []string { return embedding.Of(dir) }

// RenameEmbeddings writes into texts what the embeddings of a recipe are called here, where no
// file has their name and one holds the same: sums are "name: sum" each (EmbeddingSums,
// Ran.Embedded).
func RenameEmbeddings(ctx context.Context, sums []string, model, given string, texts ...*string) {
	e := &embedded{paths: Embeddings(model, given)}
	p := &Pipeline{}
	for _, line := range sums {
		name, sum, _ := strings.Cut(line, ": ")
		if e.calledSo(name) != "" {
			continue
		}
		if path, err := e.find(ctx, p, name, sum); err == nil && path != "" {
			for _, text := range texts {
				*text = prompt.Renamed(*text, name, embedding.Name(path))
			}
		}
	}
}

// embedded are the embeddings of a run while they are looked for.
type embedded struct {
	r      *run
	encode prompt.Encoder
	widths []int
	paths  []string          // of each name one
	called map[string]string // what the request calls a file, where that is not its own name
	opened map[string]openedEmbedding
	refuse []string // names of files that cannot be used, in lower case
	names  []string // of those in opened, in the order of their use
	lost   []string // named as embedding:name, and not there
	said   []string // of these
}

// embed finds and opens the embeddings that the texts of a run name. What is missing or made for
// another family of models is told and left out: in A1111 such a name is words.
func (r *run) embed(ctx context.Context, p *Pipeline) error {
	was := r.req.Embedded
	r.req.Embedded, r.embeddings = nil, nil
	ck := r.model.Checkpoint
	if r.model.Family.OpenText == nil || len(ck.Text) == 0 || r.req.Exact && len(was) == 0 { // the run that is repeated had none
		return nil
	}
	e := &embedded{r: r, paths: r.embeddable(), called: map[string]string{}, opened: map[string]openedEmbedding{}}
	if len(e.paths) == 0 && !strings.ContainsAny(strings.Join(r.req.texts(), ""), "<:") {
		return nil
	}
	if err := e.recorded(ctx, p, was); err != nil {
		return err
	}
	var err error
	if e.encode, _, err = r.words.tokenizer(ck, 0); err != nil {
		return err
	}
	e.widths = textWidths(ck)
	for again := true; again; { // a shorter name may lie in one that is refused
		again = e.look()
	}
	for _, text := range e.said {
		r.notice(text)
	}
	for _, name := range e.names {
		f := e.opened[name]
		sum, err := p.sums.embedding(ctx, f.path)
		if err != nil {
			return err
		}
		r.embeddings = append(r.embeddings, family.Embedding{Name: name, Vectors: f.vectors})
		r.req.Embedded = append(r.req.Embedded, plainName(name)+": "+sum)
	}
	for _, name := range e.lost {
		r.req.Embedded = append(r.req.Embedded, plainName(name)+": ")
	}
	if len(e.lost) > 0 && r.embeddings == nil {
		r.embeddings = []family.Embedding{} // there are none, and texts are read for their names
	}
	return nil
}

// embeddable lists the embeddings that the run's texts may name: also those that its adapters bring
// with them, where no other has the name.
func (r *run) embeddable() []string {
	paths := Embeddings(r.req.Model, r.req.Where.Embeddings)
	for _, a := range r.model.source.adapters {
		for _, path := range embedding.Bundled(a.file.Path) {
			if !slices.ContainsFunc(paths, func(other string) bool { return strings.EqualFold(embedding.Name(other), embedding.Name(path)) }) {
				paths = append(paths, path)
			}
		}
	}
	return paths
}

// openedEmbedding is a file that a run uses.
type openedEmbedding struct {
	path    string
	vectors []*tensor.Tensor // for each text encoder
}

// textWidths are how wide the vectors of tokens are, of each text encoder.
func textWidths(ck *checkpoint.Checkpoint) (out []int) {
	for _, part := range ck.Text {
		out = append(out, int(part.Tensors["embeddings.token_embedding.weight"].Shape[1]))
	}
	return out
}

// name is what texts call a file.
func (e *embedded) name(path string) string {
	if called := e.called[path]; called != "" {
		return called
	}
	return embedding.Name(path)
}

// look finds what the texts name and opens it. It says whether a file was refused, and is then
// called again without it.
func (e *embedded) look() (again bool) {
	var all []prompt.Embedding
	for _, path := range e.paths {
		all = append(all, prompt.Embedding{Name: e.name(path), Vectors: 1})
	}
	lexicon := prompt.NewLexicon(e.encode, all)
	e.names, e.lost, e.said = nil, nil, nil
	for i, text := range e.r.req.texts() {
		parsed := prompt.Parse(text, prompt.Options{Steps: e.r.req.WithDefaults().Steps, Negative: i%2 == 1})
		for _, u := range lexicon.Uses(parsed) {
			switch {
			case u.Missing:
				e.miss(parsed, u)
			case slices.Contains(e.names, u.Name):
			case e.open(u.Name):
				e.names = append(e.names, u.Name)
				if !u.Explicit && len(e.encode(u.Name)) == 1 {
					e.said = append(e.said, fmt.Sprintf("%q is read as the embedding %s, not as the word", u.Name, shortName(e.opened[u.Name].path)))
				}
			default:
				again = true
			}
		}
	}
	return again
}

// miss tells of an embedding that is not there.
func (e *embedded) miss(p *prompt.Prompt, u prompt.Use) {
	text := fmt.Sprintf("no embedding is called %q: it is left out", u.Name)
	if strings.HasPrefix(p.Source[u.Start:], "<") {
		text = fmt.Sprintf("no embedding is called %q: <%s> is read as words", u.Name, u.Name)
	} else if !slices.Contains(e.lost, u.Name) {
		e.lost = append(e.lost, u.Name)
	}
	if !slices.Contains(e.said, text) && !slices.Contains(e.refuse, strings.ToLower(u.Name)) {
		e.said = append(e.said, text)
	}
}

// open opens the embedding of a name, or tells why it cannot be used and forgets it.
func (e *embedded) open(name string) bool {
	if _, ok := e.opened[name]; ok {
		return true
	}
	i := slices.IndexFunc(e.paths, func(path string) bool { return e.name(path) == name })
	if i < 0 {
		return false // it was refused where it stood before
	}
	f, err := embedding.Open(e.paths[i])
	if err == nil {
		err = f.Fits(e.widths)
	}
	var vectors []*tensor.Tensor
	if err == nil {
		vectors, err = f.Read()
	}
	if err != nil {
		e.r.notice(fmt.Sprintf("%v. It is not used", err))
		e.refuse = append(e.refuse, strings.ToLower(name))
		e.paths = slices.Delete(e.paths, i, i+1)
		return false
	}
	e.opened[name] = openedEmbedding{e.paths[i], vectors}
	return true
}

// recorded gives files the names that a recipe or an earlier run has for them, by what they
// hold. A run that is repeated pixel for pixel has these alone.
func (e *embedded) recorded(ctx context.Context, p *Pipeline, was []string) error {
	var same []string
	for _, line := range was {
		name, sum, _ := strings.Cut(line, ": ")
		path, err := e.find(ctx, p, name, sum)
		switch {
		case err != nil:
			return err
		case path != "" && plainName(embedding.Name(path)) != name:
			e.called[path] = name
			e.r.notice(fmt.Sprintf("embedding %q is the file %s here", name, shortName(path)))
		case path == "":
			if path = e.calledSo(name); path == "" && sum != "" {
				e.r.notice(fmt.Sprintf("embedding %q, which this picture was made with, is not here", name))
			} else if sum != "" {
				e.r.notice(fmt.Sprintf("embedding %q is not the file that this picture was made with", name))
			}
		}
		if path != "" && sum != "" {
			same = append(same, path)
		}
	}
	if e.r.req.Exact {
		e.paths = same
	}
	return nil
}

// calledSo is the file of a name, "" where there is none.
func (e *embedded) calledSo(name string) string {
	for _, path := range e.paths {
		if strings.EqualFold(plainName(embedding.Name(path)), name) {
			return path
		}
	}
	return ""
}

// find is the file with a sum, the one of the name before others; "" where there is none.
func (e *embedded) find(ctx context.Context, p *Pipeline, name, sum string) (string, error) {
	if len(sum) < 8 {
		return "", nil
	}
	all := e.paths
	if own := e.calledSo(name); own != "" {
		all = append([]string{own}, all...)
	}
	for _, path := range all {
		found, err := p.sums.embedding(ctx, path)
		if ctx.Err() != nil {
			return "", err
		}
		if err == nil && (strings.HasPrefix(found, strings.ToLower(sum)) || strings.HasPrefix(strings.ToLower(sum), found)) {
			return path, nil
		}
	}
	return "", nil
}

// EmbeddingSums are the sums that a recipe has of its embeddings: A1111's, and Civitai's list of all
// that a picture was made of.
func EmbeddingSums(r *metadata.Recipe) []string { return sumsIn(r, embedding.SumsKey, "embed:") }

// AdapterSums are the sums that a recipe has of its adapters.
func AdapterSums(r *metadata.Recipe) []string { return sumsIn(r, adapter.SumsKey, "lora:") }

func sumsIn(r *metadata.Recipe, key, prefix string) (out []string) {
	seen := map[string]bool{}
	add := func(name, sum string) {
		name, sum = plainName(strings.TrimSpace(name)), strings.ToLower(strings.TrimSpace(sum))
		if name != "" && sum != "" && !seen[name] {
			seen[name] = true
			out = append(out, name+": "+sum)
		}
	}
	for pair := range strings.SplitSeq(r.Value(key), ",") {
		name, sum, _ := strings.Cut(pair, ":")
		add(name, sum)
	}
	var all map[string]string
	if json.Unmarshal([]byte(r.Value("Hashes")), &all) == nil {
		for _, entry := range slices.Sorted(maps.Keys(all)) {
			if name, ok := strings.CutPrefix(entry, prefix); ok {
				add(name, all[entry])
			}
		}
	}
	return out
}

// plainName is a name as lists of sums have it.
func plainName(name string) string { return strings.NewReplacer(":", "", ",", "").Replace(name) }

// largestEmbedding is the size from which a file cannot be an embedding and is not summed.
const largestEmbedding = 64 << 20

// embedding is the sum of an embedding's file.
func (s *sums) embedding(ctx context.Context, path string) (string, error) {
	file := embedding.Container(path)
	info, err := os.Stat(file)
	if err != nil {
		return "", err
	}
	if info.Size() > largestEmbedding && file == path {
		return "", fmt.Errorf("embedding %q: has %d bytes, want at most %d", shortName(path), info.Size(), largestEmbedding)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	key := fmt.Sprintf("embedding\x00%s\x00%d\x00%d", path, info.Size(), info.ModTime().UnixNano())
	if sum := s.by[key]; sum != "" {
		return sum, nil
	}
	sum, err := embedding.Sum(ctx, path)
	if err == nil {
		if s.by == nil {
			s.by = map[string]string{}
		}
		s.by[key] = sum
	}
	return sum, err
}
