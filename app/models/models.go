// Package models knows what fills: the engine that the panel has chosen and, for diffusion,
// the model: its description, the numbers it advises, the words it knows, its hashes.
//
// Start at Models, then starter.go (the model that is built in), modelhash.go (how a recipe
// finds a model again), library.go (the collection of models) and engines.go (the table of
// engines).
//
// 2026-11-27: the engines are here and not with the fills, since what a model advises
// counts only where the chosen engine reads prompts; the vocabulary too, because it is the
// model's, and app/prompting reads with it.
package models

import (
	"context"
	"os"
	"path/filepath"
	"slices"

	"pentimento/app/desk"
	"pentimento/app/prompting"
	"pentimento/app/settings"
	"pentimento/app/words"
	"pentimento/fault"
	"pentimento/pipeline"
	"pentimento/pipeline/prompt"
)

// Models is the chosen model and the known ones. It belongs to the window's goroutine,
// but for Short and Named.
type Models struct {
	// Starter is the path of the model to fill with while no checkpoint is open, laid out at
	// the first call; nil where none is built in.
	Starter func() (string, error)
	// Library is the person's collection of models.
	Library Library
	// Networks says why networks can't run here, with the setting of the library that runs them; nil: they
	// can.
	Networks func(library string) error

	desk       *desk.Desk
	textWindow TextWindow
	info       pipeline.ModelInfo // of what was described last
	described  pipeline.Models
	err        error
	said       string // the model of whose file the panel's settings speak: Fill.Model
	vocabulary vocabulary
	adapters   adapters
	cards      map[string]AdapterCard // of files that the library does not have, by path
	embeddings embeddings
	networks   networks
	parts      parts
	laid       string // path of the starter, once it was laid out
	speed      speed
	sums       sums
	learning   map[string]bool // checkpoints that are being hashed
	lifetime   context.Context // ends with Close
	end        context.CancelFunc
}

// TextWindow says how a model reads texts (pipeline.Pipeline.TextWindow). It is called on a
// goroutine of its own.
type TextWindow func(model string) (prompt.Encoder, prompt.Spec, error)

// vocabulary is the one of a model, as far as it has been read.
type vocabulary struct {
	prompting.Vocabulary
	model string
	asked bool
}

// New returns the models of a desk, whose panel follows what they advise from now on.
// starter may be nil.
func New(d *desk.Desk, starter func() (string, error), window TextWindow) *Models {
	m := &Models{Starter: starter, desk: d, textWindow: window, said: d.Settings.Fill.Model}
	m.Library.models = m
	m.lifetime, m.end = context.WithCancel(context.Background())
	for _, known := range d.Settings.Models {
		m.sums.set(known)
	}
	d.Advise = m.follow
	m.follow(true)
	return m
}

// Close stops what runs in the background.
func (m *Models) Close() { m.end() }

// Ask asks for a checkpoint to fill with.
func (m *Models) Ask() {
	m.desk.Ask(func(w desk.Window) { w.AskOpen(words.T("Open checkpoint"), m.Open) })
}

// Open makes a checkpoint the one to fill with and chooses the diffusion engine. What
// isn't a checkpoint is refused with what was found, and nothing changes. A file inside a
// diffusers folder (model_index.json, unet/….safetensors) stands for the folder.
func (m *Models) Open(path string) {
	path = whole(path)
	as := pipeline.Models{Model: path}
	for id, text := range m.desk.Settings.OfModel[path] {
		setModels(&as, id, text)
	}
	info, err := pipeline.Describe(as)
	if lacks := pipeline.Incomplete(err); !lacks && m.desk.Fail(err) {
		return
	}
	m.desk.SetFill(func(f *settings.Fill) { f.Model, f.Engine = path, string(pipeline.Diffusion) })
	m.desk.Settings.AddModel(m.sums.known(path))
	m.Learn(path)
	if err != nil { // what it lacks can be chosen in the panel
		if s := m.desk.Settings; !slices.Contains(s.Open, "more") {
			s.Open = append(slices.Clone(s.Open), "more")
		}
		m.desk.Tell(desk.Change{What: desk.FillChanged | desk.SettingsChanged})
		m.desk.Fail(err)
		return
	}
	what := info.Name + ": " + info.Family + ", " + info.Precision
	if d := info.Distilled; d.Label != "" {
		what += ". " + m.Wants(d)
	}
	m.desk.Say(what)
}

// whole is the diffusers folder that a file is inside of, or the path itself.
func whole(path string) string {
	for dir := filepath.Dir(path); filepath.Dir(dir) != dir; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "model_index.json")); err == nil {
			return dir
		}
	}
	return path
}

// setModels puts a setting's text into what a model is made of.
func setModels(into *pipeline.Models, id, text string) {
	q := pipeline.Request{Models: *into}
	if s := pipeline.FindSetting(id); s != nil && s.OfModel {
		_ = s.Set(&q, text) // what is no value of its row, a check names
	}
	*into = q.Models
}

// asChosen is a model with what the panel says about its file.
func (m *Models) asChosen(path string) pipeline.Models {
	as := pipeline.Models{Model: path}
	for i := range pipeline.Settings {
		if s := &pipeline.Settings[i]; s.OfModel {
			setModels(&as, s.ID, m.desk.Settings.Fill.Get(s.ID))
		}
	}
	return as
}

// Model describes the checkpoint that the panel has chosen, or the starter model. The error
// says why there is none, or why it cannot be read.
func (m *Models) Model() (pipeline.ModelInfo, error) {
	path, err := m.Chosen()
	switch {
	case err != nil:
		return pipeline.ModelInfo{}, err
	case path == "":
		return pipeline.ModelInfo{}, fault.New("fill: diffusion needs a model, and none is chosen", "open a Stable Diffusion checkpoint (a .safetensors, .ckpt or .gguf file, or a diffusers folder), or choose the content-aware engine")
	}
	if as := m.asChosen(path); m.err != nil || m.described != as { // an error may be mended by now
		m.described = as
		m.info, m.err = pipeline.Describe(as)
	}
	return m.info, m.err
}

// Vocabulary returns the chosen model's, and starts reading it when it is not there yet;
// listeners hear FillChanged when it has come.
func (m *Models) Vocabulary() *prompting.Vocabulary {
	model, _ := m.Chosen()
	v := &m.vocabulary
	if v.asked && v.model == model {
		m.lookForEmbeddings(v)
		return &v.Vocabulary
	}
	*v = vocabulary{model: model, asked: true}
	if info, err := m.Model(); err == nil && info.Words != "" {
		v.Know(info.Words)
	}
	m.desk.Go("vocabulary", func() {
		encode, spec, err := m.textWindow(model)
		m.desk.Post(func() {
			if v.model == model {
				v.Encode, v.Spec, v.Err = encode, spec, err
				m.desk.Tell(desk.Change{What: desk.FillChanged})
			}
		})
	}, func(err error) {
		if v.model == model {
			v.Err = err
		}
	})
	return &v.Vocabulary
}

// Generates says whether the chosen engine makes pictures from a prompt.
func (m *Models) Generates() bool { return m.row().Network }
