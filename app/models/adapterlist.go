package models

import (
	"slices"

	"pentimento/app/desk"
	"pentimento/app/settings"
	"pentimento/app/words"
	"pentimento/fault"
	"pentimento/pipeline"
)

// ChangeAdapter changes entry i of the panel's list of adapters.
func (m *Models) ChangeAdapter(i int, change func(*settings.Adapter)) {
	m.desk.SetFill(func(f *settings.Fill) {
		if i < len(f.Adapters) {
			f.Adapters = slices.Clone(f.Adapters)
			change(&f.Adapters[i])
		}
	})
}

// WeighAdapter gives adapter i of the list a weight, on denoiser and text encoders alike.
func (m *Models) WeighAdapter(i int, weight float64) {
	m.ChangeAdapter(i, func(a *settings.Adapter) { a.Weight, a.TextWeight = weight, weight })
}

// RemoveAdapter takes adapter i from the list.
func (m *Models) RemoveAdapter(i int) {
	m.desk.SetFill(func(f *settings.Fill) {
		if i < len(f.Adapters) {
			f.Adapters = slices.Delete(slices.Clone(f.Adapters), i, i+1)
		}
	})
}

// AdapterCard is what is known of an adapter's file.
type AdapterCard struct {
	Kind    string   // "LoRA", "LoHa", …; "" while it is not known
	Words   []string // trigger words, which only the library knows
	Problem string   // why it cannot be read
}

// AdapterCard says what a file is, from the library or else from its header, which is read in the
// background; listeners hear FillChanged when it has come.
func (m *Models) AdapterCard(path string) AdapterCard {
	if m.Library.Collection != nil {
		if item, ok := m.Library.Get(path); ok && !item.Gone {
			return AdapterCard{item.Adapter, item.Card.Words, item.Problem}
		}
	}
	card, asked := m.cards[path]
	if asked {
		return card
	}
	if m.cards == nil {
		m.cards = map[string]AdapterCard{}
	}
	m.cards[path] = AdapterCard{}
	var found AdapterCard
	m.desk.Go(words.T("adapter"), func() {
		if sketch, err := pipeline.Look(path); err != nil {
			found.Problem = fault.Plain(err)
		} else {
			found.Kind = sketch.Adapter
		}
		m.desk.Post(func() {
			m.cards[path] = found
			m.desk.Tell(desk.Change{What: desk.FillChanged})
		})
	}, nil)
	return card
}

// BlockLists names the lists of block weights and of rules that the chosen model takes.
func (m *Models) BlockLists() (blocks, elements []string) {
	path, _ := m.Chosen()
	return pipeline.BlockLists(m.asChosen(path))
}

// CheckBlocks says what is wrong with an adapter's block weights on the chosen model. It reads
// the model's header and the person's lists: milliseconds.
func (m *Models) CheckBlocks(a settings.Adapter) error {
	path, _ := m.Chosen()
	return pipeline.Adapter{Blocks: a.Blocks, Elements: a.Elements}.CheckBlocks(m.asChosen(path))
}
