package models

import (
	"cmp"
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"pentimento/app/collection"
	"pentimento/app/desk"
	"pentimento/app/settings"
	"pentimento/app/words"
	"pentimento/fault"
	"pentimento/pipeline"
	"pentimento/pipeline/prompt"
)

// Library is the person's collection of models as the window works with it: what it does on the
// disk it does in the background, and listeners hear desk.ModelsChanged.
type Library struct {
	*collection.Collection // nil: none is kept

	models    *Models
	looking   bool
	again     bool // asked for while it looked
	seen      time.Time
	read, all int // headers, of those that are new
	hashing   *collection.Progress
	stop      context.CancelFunc // of the hashing
	stopped   bool               // by the person, for this run of the program
}

// Places are the folders of a person's collection: those that were chosen, and those that
// checkpoints were opened from, without what is below them: somebody's whole home may be.
func Places(s *settings.Store) collection.Places {
	return collection.Places{Trees: s.ModelFolders, Flat: s.OpenedFrom()}
}

// Places are the folders that are looked through.
func (l *Library) Places() collection.Places { return Places(l.models.desk.Settings) }

// OfKinds are the files of some kinds that are there, in an order (collection.Query.Sort).
func (l *Library) OfKinds(order string, kinds ...string) (rows []collection.Row) {
	if l.Collection == nil {
		return nil
	}
	return slices.DeleteFunc(l.List(collection.Query{Sort: order}), func(r collection.Row) bool { return !slices.Contains(kinds, r.Kind) })
}

// Chosen are those of them that the person chose.
func (l *Library) Chosen() []string { return l.models.desk.Settings.ModelFolders }

// AddFolder looks through one more folder from now on: a plain one, or the one of another
// program, which is read where it stands.
func (l *Library) AddFolder(dir string) {
	d := l.models.desk
	d.Go(words.T("library of models"), func() {
		tree := collection.TreeOf(dir)
		d.Post(func() { l.add(tree) })
	}, nil)
}

func (l *Library) add(tree collection.Tree) {
	s := l.models.desk.Settings
	if !slices.Contains(s.ModelFolders, tree.Root) {
		s.ModelFolders = append(slices.Clone(s.ModelFolders), tree.Root)
	}
	if tree.Program != "" {
		l.models.desk.Say(words.T("%s's models are read where they stand: %s", tree.Program, words.N(len(tree.Folders), "%d folder", "%d folders")))
	}
	l.changed(desk.SettingsChanged)
	l.Look()
}

// Take has the library look at a folder that something new lies in, and looks through it from now
// on where it did not.
func (l *Library) Take(folder string) {
	if l.Collection == nil {
		return
	}
	p := l.Places()
	inside := slices.ContainsFunc(p.Trees, func(tree string) bool {
		rel, err := filepath.Rel(tree, folder)
		return err == nil && filepath.IsLocal(rel)
	})
	if inside || slices.Contains(p.Flat, folder) {
		l.Look()
		return
	}
	l.AddFolder(folder)
}

// RemoveFolder no longer looks through a folder. Its files stay as they are.
func (l *Library) RemoveFolder(dir string) {
	s := l.models.desk.Settings
	s.ModelFolders = slices.DeleteFunc(slices.Clone(s.ModelFolders), func(o string) bool { return o == dir })
	l.changed(desk.SettingsChanged)
	l.Look()
}

func (l *Library) changed(also desk.What) {
	l.models.desk.Tell(desk.Change{What: desk.ModelsChanged | also})
}

// Looking says whether the folders are being looked at, and how many new files of how many have
// been read.
func (l *Library) Looking() (on bool, read, all int) { return l.looking, l.read, l.all }

// Look brings the list up to date in the background.
func (l *Library) Look() {
	if l.Collection == nil {
		return
	}
	if l.looking {
		l.again = true
		return
	}
	l.looking, l.read, l.all = true, 0, 0
	places, d := l.Places(), l.models.desk
	done := func() {
		l.looking, l.seen = false, time.Now()
		l.changed(0)
		if l.again {
			l.again = false
			l.Look()
		}
	}
	d.Go(words.T("library of models"), func() {
		last := time.Now()
		_, err := l.Refresh(l.models.lifetime, places, func(read, all int) {
			if time.Since(last) > 200*time.Millisecond {
				last = time.Now()
				d.Post(func() { l.read, l.all = read, all; l.changed(0) })
			}
		})
		d.Post(func() {
			done()
			if err != nil && !errors.Is(err, context.Canceled) {
				d.Fail(err)
			}
		})
	}, func(error) { done() })
}

// LookSoon is Look where the last one was some seconds ago: the window calls it when it comes to
// the front, and while it shows the list.
func (l *Library) LookSoon() {
	if time.Since(l.seen) > 3*time.Second && !l.Places().None() {
		l.Look()
	}
}

// Hashing is how far the reading of whole files is; nil where none is read.
func (l *Library) Hashing() *collection.Progress { return l.hashing }

// Hash reads the files without sums in the background, unless the person stopped that before.
func (l *Library) Hash(asked bool) {
	if asked {
		l.stopped = false
	}
	if l.Collection == nil || l.hashing != nil || l.stopped || l.Totals().Unread == 0 {
		return
	}
	d := l.models.desk
	var ctx context.Context
	ctx, l.stop = context.WithCancel(l.models.lifetime)
	l.hashing = &collection.Progress{}
	done := func() { l.hashing = nil; l.stop(); l.changed(0) }
	d.Go(words.T("model hash"), func() {
		last := time.Time{}
		err := l.HashAll(ctx, func(p collection.Progress) {
			if time.Since(last) > 250*time.Millisecond {
				last = time.Now()
				d.Post(func() {
					if l.hashing != nil {
						l.hashing = &p
						l.changed(0)
					}
				})
			}
		})
		d.Post(func() {
			done()
			if err != nil && !errors.Is(err, context.Canceled) {
				d.Fail(err)
			}
		})
	}, func(error) { done() })
}

// StopHashing ends it; what was read is kept.
func (l *Library) StopHashing() {
	if l.stopped = true; l.hashing != nil {
		l.stop()
	}
}

// Change does something with files in the background, looks again and then calls then (may be
// nil) where nothing went wrong.
func (l *Library) Change(work func(*collection.Collection) error, then func()) {
	d := l.models.desk
	d.Go(words.T("library of models"), func() {
		err := work(l.Collection)
		d.Post(func() {
			l.Look()
			if !d.Fail(err) && then != nil {
				then()
			}
			l.changed(0)
		})
	}, nil)
}

// Use does with an item what it is there for: a checkpoint is opened, an adapter joins the list
// with the weight that its owner likes, an embedding's name goes to the prompt, a part to the
// chosen model. What cannot be used is refused with the reason.
func (l *Library) Use(path string) {
	item, ok := l.Get(path)
	m := l.models
	switch {
	case !ok || item.Gone:
		m.desk.Fail(fault.New(words.T("%s isn't there any more", filepath.Base(path)), words.T("Look at the folders again.")))
		return
	case item.Kind == collection.Broken || item.Kind == collection.Unknown:
		m.desk.Fail(fault.New(words.T("%s can't be used: %s", item.Name(), cmp.Or(item.Trouble(), item.Problem)), ""))
		return
	}
	switch item.Kind {
	case "checkpoint", "denoiser":
		m.Open(path)
	case "adapter":
		if !l.fits(&item) {
			return
		}
		if m.Receive(path); item.Card.Weight != 0 {
			for i, a := range m.desk.Settings.Fill.Adapters {
				if a.File == path {
					m.WeighAdapter(i, item.Card.Weight)
				}
			}
		}
	case "embedding":
		l.AddWords(item.Name())
	case "vae", "text_encoder":
		m.Receive(path)
	default:
		m.desk.Fail(fault.New(words.T("%s: nothing here uses files of this kind yet", item.Name()), words.T("It is listed so that you know what it is.")))
		return
	}
	m.desk.Go(words.T("library of models"), func() { _ = l.Collection.Use(path) }, nil) // the date of use alone: the next tells it
}

// FindAdapters finds the adapters that a request's prompt names anywhere in the library, by the
// sums of a recipe first, then by name. It reads no file.
func (l *Library) FindAdapters(q *pipeline.Request, sums []string) {
	if l.Collection != nil {
		q.FindAdapters(sums, kindIn(l.models.lifetime, l.Collection, "adapter", 0))
	}
}

// FindDrawnAdapters does so for the texts that a template of a prompt becomes. It reads the lists of
// wildcards: any goroutine but the window's.
func (l *Library) FindDrawnAdapters(q *pipeline.Request) {
	if l.Collection != nil {
		q.FindDrawnAdapters(kindIn(l.models.lifetime, l.Collection, "adapter", 0))
	}
}

// FindVAE finds the autoencoder that a recipe names, near the model or in the library (pipeline.FindVAE). It reads
// files: any goroutine but the window's.
func (l *Library) FindVAE(model, name, sum string) string {
	path, _ := pipeline.FindVAE(l.models.lifetime, model, name, sum, func(sum, name string) string {
		if l.Collection == nil {
			return ""
		}
		return kindIn(l.models.lifetime, l.Collection, "vae", mostOfVAEs)(sum, name)
	})
	return path
}

// FindUpscaler finds the upscaler that a recipe names, near the model or in the library; "" where there is none. It reads
// folders: any goroutine but the window's.
func (l *Library) FindUpscaler(model, name, sum string) (path string) {
	path = pipeline.FindUpscaler(model, name)
	for _, n := range pipeline.UpscalerNames(name) {
		if path == "" && l.Collection != nil {
			path = kindIn(l.models.lifetime, l.Collection, "upscaler", 0)(sum, n)
		}
	}
	return path
}

// mostOfVAEs is how many bytes are read to find one by its sum: some, of those whose sums are not known.
const mostOfVAEs = 2 << 30

// kindIn finds files of a kind in a collection, and reads at most so many bytes for it.
func kindIn(ctx context.Context, c *collection.Collection, kind string, read int64) func(sum, name string) string {
	return func(sum, name string) string {
		path, _ := c.Find(ctx, collection.Wanted{Hash: sum, Name: name, Kind: []string{kind}}, read)
		return path
	}
}

// fits says whether an adapter was made for the chosen model's family, as far as both are known,
// and tells where it was not.
func (l *Library) fits(item *collection.Item) bool {
	model, _ := l.Get(l.models.desk.Settings.Fill.Model)
	if model.Family == "" || item.Family == "" || model.Family == item.Family {
		return true
	}
	l.models.desk.Fail(fault.New(words.T("%s was made for %s, and the open model is %s", item.Name(), FamilyLabel(item.Family), FamilyLabel(model.Family)),
		words.T("Choose one that was made for the model, or open another model first.")))
	return false
}

// Usable says whether Use has a use for an item.
func (l *Library) Usable(item *collection.Item) bool {
	return item.Usable() && slices.Contains([]string{"checkpoint", "denoiser", "adapter", "embedding", "vae", "text_encoder"}, item.Kind)
}

// AddWords puts words at the end of the prompt, unless they are in it as whole words.
func (l *Library) AddWords(text string) {
	if text = strings.TrimSpace(text); text == "" {
		return
	}
	l.models.desk.SetFill(func(f *settings.Fill) {
		f.Engine = string(pipeline.Diffusion)
		if prompt.Renamed(f.Prompt, text, "") != f.Prompt {
			return
		}
		if f.Prompt = strings.TrimRight(f.Prompt, " ,\n"); f.Prompt != "" {
			f.Prompt += ", "
		}
		f.Prompt += text
	})
	l.models.desk.Say(words.T("In the prompt now: %s", text))
}

// FamilyLabel is a family's name for people.
func FamilyLabel(name string) string {
	switch name {
	case "sd1", "sd2":
		return words.T("SD %s.x", name[2:])
	case "sdxl_refiner":
		return words.T("SDXL refiner")
	}
	return strings.ToUpper(name)
}

// KindLabel is a kind's name for people, in their language.
func KindLabel(kind string) string {
	switch kind {
	case "checkpoint":
		return words.T("checkpoint")
	case "adapter":
		return words.T("adapter")
	case "embedding":
		return words.T("embedding")
	case "vae":
		return words.T("VAE")
	case "controlnet":
		return words.T("ControlNet")
	case "t2i_adapter":
		return words.T("T2I-Adapter")
	case "ip_adapter":
		return words.T("IP-Adapter")
	case "upscaler":
		return words.T("upscaler")
	case "segmenter":
		return words.T("finder of subjects")
	case "prompted_segmenter":
		return words.T("finder of what is pointed at")
	case "face_restorer":
		return words.T("restorer of faces")
	case "face_swapper":
		return words.T("swapper of faces")
	case "face_embedder":
		return words.T("knower of faces")
	case "denoiser":
		return words.T("denoiser alone")
	case "text_encoder":
		return words.T("text encoder")
	case "tiny_vae":
		return words.T("tiny VAE")
	case collection.Broken:
		return words.T("broken")
	}
	return words.T("unknown")
}
