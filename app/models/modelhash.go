package models

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"pentimento/app/collection"
	"pentimento/app/settings"
	"pentimento/app/words"
	"pentimento/pipeline"
)

// sums knows the hashes of checkpoints. It is safe for use by several goroutines; only sum
// touches the disk, and it belongs on none that paints.
//
// 2026-11-25: a checkpoint is hashed once, in the background, when it is first filled
// with; the sum is kept with size and time of the file in the settings, so that 4 GB are
// not read again at every start.
type sums struct {
	mu   sync.Mutex
	of   map[string]settings.Model
	busy sync.Mutex // one file at a time
}

// short is the model hash of a path where it is known, "" otherwise.
func (s *sums) short(path string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return ShortHash(s.of[path].SHA256)
}

// known is what is known of a path, its sums perhaps empty.
func (s *sums) known(path string) settings.Model {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.of[path]
	m.Path = path
	return m
}

// named is the model hash of the checkpoint with that base name; "" where none or several
// different ones are known.
func (s *sums) named(name string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := ""
	for path, m := range s.of {
		if h := ShortHash(m.SHA256); h != "" && Name(path) == name {
			if found != "" && found != h {
				return ""
			}
			found = h
		}
	}
	return found
}

// ShortHash is the beginning of a SHA-256 that recipes have, "" of none.
func ShortHash(sum string) string { return sum[:min(len(sum), pipeline.ModelHashDigits)] }

// Name is a checkpoint's name as recipes have it.
func Name(path string) string {
	name := filepath.Base(path)
	for _, ext := range checkpointEndings {
		name = strings.TrimSuffix(name, ext)
	}
	return name
}

// checkpointEndings are those of files that checkpoints come in. Files called .bin are parts of
// folders.
var checkpointEndings = []string{".safetensors", ".ckpt", ".pt", ".pth", ".gguf"}

func (s *sums) set(m settings.Model) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.of == nil {
		s.of = map[string]settings.Model{}
	}
	s.of[m.Path] = m
}

// sum returns the hashes of the file at path: the known ones where size and time are the
// same, otherwise it reads the file. A folder has none.
func (s *sums) sum(ctx context.Context, path string) (settings.Model, error) {
	st, err := os.Stat(path)
	if err != nil || st.IsDir() {
		return settings.Model{Path: path}, err
	}
	s.busy.Lock()
	defer s.busy.Unlock()
	s.mu.Lock()
	m := s.of[path]
	s.mu.Unlock()
	if m.SHA256 != "" && m.Size == st.Size() && m.Time == st.ModTime().UnixNano() {
		return m, nil
	}
	m = settings.Model{Path: path, Size: st.Size(), Time: st.ModTime().UnixNano()}
	if m.SHA256, m.OldHash, err = pipeline.ModelSums(ctx, path); err != nil {
		return m, fmt.Errorf("hash of %q: %w", path, err)
	}
	s.set(m)
	return m, nil
}

// Learn remembers a checkpoint and has it hashed in the background, at most once at a
// time for each.
func (m *Models) Learn(path string) {
	if path == "" || m.learning[path] {
		return
	}
	if m.learning == nil {
		m.learning = map[string]bool{}
	}
	m.learning[path] = true
	builtIn := path == m.laid
	m.desk.Go(words.T("model hash"), func() {
		summed, err := m.sums.sum(m.lifetime, path)
		m.desk.Post(func() {
			delete(m.learning, path)
			if err == nil {
				summed.BuiltIn = builtIn
				m.desk.Settings.AddModel(summed)
			}
		})
	}, func(error) { delete(m.learning, path) })
}

// Known finds a checkpoint that was opened before, lies beside one or is in the library, or the starter, by a
// recipe's hash, or else by its name; "" where there is none. The starter's name holds its
// hash. It lists folders and reads no file.
func (m *Models) Known(hash, name string) (path string, byHash bool) {
	if path := m.StarterNamed(name); path != "" {
		return path, true
	}
	path, byHash = Find(m.lifetime, m.desk.Settings.Models, hash, name, nil)
	if !byHash && m.Library.Collection != nil {
		if found, by := m.Library.Find(m.lifetime, collection.Wanted{Hash: hash, Name: name, Kind: checkpoints}, 0); by || path == "" {
			return found, by
		}
	}
	return path, byHash
}

// Take fills with the model of a recipe where it is known here; the settings name no
// file for the starter.
func (m *Models) Take(f *settings.Fill, hash, name string) {
	path, _ := m.Known(hash, name)
	switch {
	case path == "":
	case path == m.StarterNamed(name):
		f.Model = ""
	default:
		f.Model = path
	}
	m.swap(f, f.Model)
}

// Short is the model hash of a path where it is known, "" otherwise; Named that of the
// checkpoint with a recipe's name, "" where none or several different ones are known. Both
// are safe from any goroutine.
func (m *Models) Short(path string) string { return m.sums.short(path) }

// Named is the model hash of the checkpoint with that name.
func (m *Models) Named(name string) string { return m.sums.named(name) }
