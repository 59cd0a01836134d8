package ui

import "pentimento/app/editor"

// selectPeople selects the people in the picture, and asks before it fetches the network for that.
func (w *window) selectPeople() {
	d := w.ed.Downloads
	if d == nil || d.PartsNote(editor.PersonParts) == "" {
		w.ed.SelectPeople()
		return
	}
	w.askParts(editor.PersonParts, func(yes bool) {
		if yes {
			d.FetchParts(editor.PersonParts, w.ed.SelectPeople)
		}
	})
}
