package pipeline

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"pentimento/fault"
	"pentimento/pipeline/embedding"
	"pentimento/pipeline/family"
)

// EmbeddingInfo is what a prompt's reader knows of an embedding, without its values.
type EmbeddingInfo struct {
	Name, Path string
	Vectors    int
	Misfit     string // why the model cannot use it; "": it can
}

// EmbeddingFiles remembers what embeddings are while their files stay the same. Any goroutine may
// use it.
type EmbeddingFiles struct {
	mu   sync.Mutex
	seen map[string]embeddingSeen // by path, size and time
}

type embeddingSeen struct {
	file *embedding.File
	err  error
}

// Look describes the embeddings that a prompt for a model may name, as Embeddings lists them.
func (s *EmbeddingFiles) Look(m Models, given string) (out []EmbeddingInfo) {
	var widths []int
	if opened, err := family.Open(m.Model, m.Options()); err == nil {
		widths = textWidths(opened.Checkpoint)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := map[string]embeddingSeen{}
	for _, path := range Embeddings(m.Model, given) {
		info, err := os.Stat(embedding.Container(path))
		if err != nil {
			continue
		}
		key := fmt.Sprint(path, "\x00", info.Size(), "\x00", info.ModTime().UnixNano())
		f, ok := s.seen[key]
		if !ok {
			f.file, f.err = embedding.Open(path)
		}
		now[key] = f
		one := EmbeddingInfo{Name: embedding.Name(path), Path: path}
		if err = f.err; err == nil {
			one.Vectors = f.file.Vectors
			if widths != nil {
				err = f.file.Fits(widths)
			}
		}
		if err != nil {
			one.Misfit = strings.TrimPrefix(fault.Plain(err), fmt.Sprintf("embedding %q: ", filepath.Base(path)))
		}
		out = append(out, one)
	}
	s.seen = now
	return out
}
