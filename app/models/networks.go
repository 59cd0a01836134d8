package models

import (
	"time"

	"pentimento/app/desk"
	"pentimento/app/words"
	"pentimento/fault"
)

// networks is what is known of whether networks can run here.
type networks struct {
	library string
	err     error
	seen    time.Time
	looking bool
}

// NoNetworks says in a person's words why the chosen model can't paint here, with the technical text
// behind it; "" where it can, where no model is chosen, or while it isn't known. It looks behind the window's
// back; listeners hear FillChanged where something else was found.
func (m *Models) NoNetworks() (text, detail string) {
	if m.Networks == nil || !m.Generates() {
		return "", ""
	}
	n, library := &m.networks, m.desk.Settings.Runtime
	if !n.looking && (n.library != library || time.Since(n.seen) > lookEvery) {
		n.looking = true
		done := func(err error) {
			changed := (err == nil) != (n.err == nil)
			n.looking, n.library, n.err, n.seen = false, library, err, time.Now()
			if changed {
				m.desk.Tell(desk.Change{What: desk.FillChanged | desk.SettingsChanged})
			}
		}
		m.desk.Go("networks", func() {
			err := m.Networks(library)
			m.desk.Post(func() { done(err) })
		}, func(error) { done(nil) })
	}
	if n.err == nil {
		return "", ""
	}
	return words.T("Models can't paint here yet: ONNX Runtime, which runs them, isn't found. Choose it in the settings."), fault.Plain(n.err)
}
