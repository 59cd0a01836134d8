package ui

import (
	"path/filepath"
	"slices"
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"pentimento/app/merging"
	"pentimento/app/words"
)

// mergeModels asks for checkpoints, how they are merged, and what is built in.
type mergeModels struct {
	s                 *mergeSheet
	methods           []merging.Method
	method            *choice
	about             *widget.Label
	files             [3]*modelPick
	fileRows          [3]fyne.CanvasObject
	alpha, beta       *numberSlider
	alphaRow, betaRow fyne.CanvasObject
	blocks, blocksC   *blockWeights
	precision         *choice
	precisionRow      fyne.CanvasObject
	vae               *modelPick
	vaeRow            fyne.CanvasObject
	loras             []*bakedLoRA
	loraBox           *fyne.Container
}

// bakedLoRA is an adapter that becomes part of the weights.
type bakedLoRA struct {
	file     string
	strength *numberSlider
}

// stored are the types of --type as files call them, in the order of the lists.
var stored = []string{"", "F16", "BF16", "F32"}

func newMergeModels(s *mergeSheet) *mergeModels {
	f := &mergeModels{s: s, methods: merging.Methods(), about: small("")}
	var labels []string
	for _, m := range f.methods {
		labels = append(labels, m.Label)
	}
	f.method = newChoice(labels, nil)
	f.method.SetSelectedIndex(slices.IndexFunc(f.methods, func(m merging.Method) bool { return m.Name == "weighted" }))
	f.method.OnChanged = func(string) { f.follow(); s.changed() }
	kinds := []string{"checkpoint", "denoiser", "vae", "text_encoder"}
	hints := []string{words.T("the model that the others are merged into"), words.T("the model that is merged into A"), words.T("the third model: what B was trained from, or one more to mix")}
	for i := range f.files {
		f.files[i], f.fileRows[i] = s.pick(words.T("Model %s", string(rune('A'+i))), hints[i], words.T("Choose a checkpoint…"), kinds...)
	}
	f.alpha, f.alphaRow = s.slider(words.T("Share α"), words.T("how much of B goes in, 0 to 1"), 0, 1, 0.05, 0.5, "")
	f.beta, f.betaRow = s.slider(words.T("Share β"), words.T("how much of C goes in, 0 to 1"), 0, 1, 0.05, 0.5, "")
	f.blocks = newBlockWeights(s.w, words.T("Blocks α"), func() float64 { return f.alpha.value }, f.blocksChanged)
	f.blocksC = newBlockWeights(s.w, words.T("Blocks β"), func() float64 { return f.beta.value }, f.blocksChanged)
	for _, p := range []struct {
		n *numberSlider
		b *blockWeights
	}{{f.alpha, f.blocks}, {f.beta, f.blocksC}} {
		p.n.changed = func(float64) { p.b.show(); s.changed() }
	}
	f.precision, f.precisionRow = s.list(words.T("Precision"), words.T("how weights are stored; fp16 is half as large as fp32"), words.T("As in A"), "fp16", "bf16", "fp32")
	f.vae, f.vaeRow = s.pick(words.T("VAE"), words.T("the autoencoder that is built in, in place of A's"), words.T("A's own"), "vae", "checkpoint")
	f.loraBox = container.NewVBox()
	return f
}

func (f *mergeModels) rows() []fyne.CanvasObject {
	var add *hintButton
	add = newHintButton(f.s.w, icon("layeradd"), words.T("Make a LoRA or another adapter part of the weights"), func() { f.s.w.pickModel([]string{"adapter"}, add, f.bake) })
	add.SetText(words.T("Build a LoRA in…"))
	add.Alignment = widget.ButtonAlignLeading
	f.follow()
	return []fyne.CanvasObject{
		f.s.row(words.T("Method"), words.T("how the weights of the models become one"), f.method), f.about,
		f.fileRows[0], f.fileRows[1], f.fileRows[2], f.alphaRow, f.blocks.content, f.betaRow, f.blocksC.content,
		f.precisionRow, f.vaeRow, f.loraBox, labelled(words.T("LoRAs"), add)}
}

func (f *mergeModels) chosen() merging.Method { return f.methods[max(f.method.SelectedIndex(), 0)] }

// follow shows the fields that the method uses, and what it does.
func (f *mergeModels) follow() {
	m := f.chosen()
	f.about.SetText(m.Formula + "\n" + m.Plain)
	for i, row := range f.fileRows {
		showIf(row, i < m.Files)
	}
	for _, o := range []fyne.CanvasObject{f.alphaRow, f.blocks.content} {
		showIf(o, m.Files > 1)
	}
	for _, o := range []fyne.CanvasObject{f.betaRow, f.blocksC.content} {
		showIf(o, m.Beta)
	}
	f.s.fit()
}

// blocksChanged greys the share of all blocks out where each has its own.
func (f *mergeModels) blocksChanged() {
	f.alpha.enable(!f.blocks.on())
	f.beta.enable(!f.blocksC.on())
	f.s.fit()
	f.s.changed()
}

// bake adds an adapter.
func (f *mergeModels) bake(path string) {
	if slices.ContainsFunc(f.loras, func(b *bakedLoRA) bool { return b.file == path }) {
		return
	}
	b := &bakedLoRA{file: path, strength: newNumberSlider("", -2, 2, 0.05, "", func(float64) { f.s.changed() })}
	b.strength.set(1)
	name := widget.NewLabel(stem(path))
	name.Truncation = fyne.TextTruncateEllipsis
	var row fyne.CanvasObject
	remove := newHintButton(f.s.w, icon("discard"), words.T("Remove %s", filepath.Base(path)), func() {
		f.loras = slices.DeleteFunc(f.loras, func(o *bakedLoRA) bool { return o == b })
		f.loraBox.Remove(row)
		f.s.fit()
		f.s.changed()
	})
	row = container.NewBorder(nil, nil, nil, container.NewHBox(b.strength.content, remove), name)
	f.loras = append(f.loras, b)
	f.loraBox.Add(row)
	f.s.fit()
	f.s.changed()
}

func (f *mergeModels) work(out string) merging.Work {
	w := merging.Merge{Out: out, Method: f.chosen().Name, A: f.files[0].path, B: f.files[1].path, C: f.files[2].path, Alpha: f.alpha.value, Beta: f.beta.value,
		AlphaOf: f.blocks.text.Text, BetaOf: f.blocksC.text.Text, Type: stored[max(f.precision.SelectedIndex(), 0)], VAE: f.vae.path}
	for _, b := range f.loras {
		w.Adapters = append(w.Adapters, merging.Adapter{File: b.file, Strength: b.strength.value})
	}
	return w
}

func (f *mergeModels) suggest() (name, folder string) {
	a := f.files[0].path
	if name = stem(a); name == "" {
		return "", ""
	}
	for i, p := range f.files[1:] {
		if p.path != "" && i+2 <= f.chosen().Files {
			name += "-" + stem(p.path)
		}
	}
	if f.chosen().Files == 1 {
		name += "-" + words.T("changed")
	} else if !f.blocks.on() {
		name += "-" + strconv.FormatFloat(f.alpha.shown(), 'g', -1, 64)
	}
	return name, dirOf(a)
}

func (f *mergeModels) know(found merging.Found) {
	f.blocks.know(found.Blocks)
	f.blocksC.know(found.Blocks)
}

func (f *mergeModels) take(path string) { f.files[0].set(path) }

func (f *mergeModels) first() fyne.Focusable { return firstEmpty(f.files[0], f.files[1]) }

// firstEmpty is the first button without a file.
func firstEmpty(all ...*modelPick) fyne.Focusable {
	for _, p := range all {
		if p.path == "" {
			return p.button
		}
	}
	return all[0].button
}

// loraForm is what the forms for LoRAs share: rows, in the order in which they are added.
type loraForm struct {
	s   *mergeSheet
	all []fyne.CanvasObject
}

func (f *loraForm) add(o fyne.CanvasObject) { f.all = append(f.all, o) }

func (f *loraForm) pick(title, hint, none, kind string) *modelPick {
	p, o := f.s.pick(title, hint, none, kind)
	f.add(o)
	return p
}

func (f *loraForm) slider(title, hint string, low, high, step, at float64, unit string) *numberSlider {
	n, o := f.s.slider(title, hint, low, high, step, at, unit)
	f.add(o)
	return n
}

func (f *loraForm) list(title, hint string, options ...string) *choice {
	c, o := f.s.list(title, hint, options...)
	f.add(o)
	return c
}

func (f *loraForm) rows() []fyne.CanvasObject { return f.all }

func (f *loraForm) know(merging.Found) {}

// extractLoRA asks for two checkpoints, and how much of their difference is kept.
type extractLoRA struct {
	loraForm
	tuned, base *modelPick
	rank, conv  *numberSlider
	only, kind  *choice
}

func newExtractLoRA(s *mergeSheet) *extractLoRA {
	f := &extractLoRA{loraForm: loraForm{s: s}}
	f.add(small(words.T("The LoRA that turns one model into another, as nearly as its rank lets it. Larger models take minutes.")))
	f.tuned = f.pick(words.T("Trained"), words.T("the model that has what the LoRA shall have"), words.T("Choose a checkpoint…"), "checkpoint")
	f.base = f.pick(words.T("Base"), words.T("the model that it was trained from"), words.T("Choose a checkpoint…"), "checkpoint")
	f.rank = f.slider(words.T("Rank"), words.T("how much of each attention layer is kept: more is nearer, and larger"), 1, 128, 1, 32, "")
	f.conv = f.slider(words.T("Convolutions"), words.T("the rank of the other layers; 0 leaves them out"), 0, 64, 1, 0, "")
	f.only = f.list(words.T("Part"), words.T("which networks the LoRA is for"), words.T("Denoiser and text encoders"), words.T("Denoiser alone"), words.T("Text encoders alone"))
	f.kind = f.list(words.T("Precision"), words.T("how the LoRA is stored"), "fp16", "fp32")
	return f
}

func (f *extractLoRA) work(out string) merging.Work {
	return merging.Extraction{Out: out, Tuned: f.tuned.path, Base: f.base.path, Rank: int(f.rank.shown()), ConvRank: int(f.conv.shown()),
		Only: []string{"", "denoiser", "text"}[max(f.only.SelectedIndex(), 0)], Type: []string{"F16", "F32"}[max(f.kind.SelectedIndex(), 0)]}
}

func (f *extractLoRA) suggest() (name, folder string) {
	if name = stem(f.tuned.path); name != "" {
		name += "-lora"
	}
	return name, f.s.w.adapterFolder(dirOf(f.tuned.path))
}

func (f *extractLoRA) take(path string) { f.tuned.set(path) }

func (f *extractLoRA) first() fyne.Focusable { return firstEmpty(f.tuned, f.base) }

// resizeLoRA asks for an adapter and its new rank.
type resizeLoRA struct {
	loraForm
	file       *modelPick
	rank, keep *numberSlider
	rule, kind *choice
	keepRow    fyne.CanvasObject
}

func newResizeLoRA(s *mergeSheet) *resizeLoRA {
	f := &resizeLoRA{loraForm: loraForm{s: s}}
	f.add(small(words.T("The same LoRA in a smaller file. What is no plain LoRA in it is copied.")))
	f.file = f.pick(words.T("LoRA"), words.T("the file that is resized; it stays as it is"), words.T("Choose a LoRA…"), "adapter")
	f.rule = f.list(words.T("Ranks"), words.T("whether all layers have one rank, or each the least that keeps a share of it"), words.T("The same for all layers"), words.T("As much as each layer needs"))
	f.rule.OnChanged = func(string) { showIf(f.keepRow, f.rule.SelectedIndex() == 1); s.fit(); s.changed() }
	f.keep, f.keepRow = s.slider(words.T("Keep"), words.T("the share of each layer's change that stays"), 50, 100, 0.5, 90, "%")
	f.keepRow.Hide()
	f.add(f.keepRow)
	f.rank = f.slider(words.T("Rank"), words.T("of each layer, or the most that one may have"), 1, 128, 1, 16, "")
	f.kind = f.list(words.T("Precision"), words.T("how the LoRA is stored"), words.T("As it is"), "fp16", "fp32")
	return f
}

func (f *resizeLoRA) work(out string) merging.Work {
	w := merging.Resizing{Out: out, File: f.file.path, Rank: int(f.rank.shown()), Type: []string{"", "F16", "F32"}[max(f.kind.SelectedIndex(), 0)]}
	if f.rule.SelectedIndex() == 1 {
		w.Keep = min(f.keep.value, 100) / 100
	}
	return w
}

func (f *resizeLoRA) suggest() (name, folder string) {
	if name = stem(f.file.path); name != "" {
		name += "-" + strconv.Itoa(int(f.rank.shown()))
	}
	return name, dirOf(f.file.path)
}

func (f *resizeLoRA) take(path string) { f.file.set(path) }

func (f *resizeLoRA) first() fyne.Focusable { return firstEmpty(f.file) }
