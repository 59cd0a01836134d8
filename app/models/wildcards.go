package models

import (
	"slices"
	"strings"

	"pentimento/app/collection"
	"pentimento/pipeline"
	"pentimento/pipeline/wildcard"
)

// Wildcards implements prompting.Model: the panel's folders, those near the model and those of
// the library's programs.
func (m *Models) Wildcards() (folders string, open func() *wildcard.Library) {
	model, _ := m.Chosen()
	folders, given := model+"\n"+m.desk.Settings.Fill.Get("wildcards"), m.WildcardPaths()
	return folders, func() *wildcard.Library { return wildcard.Open(pipeline.WildcardFolders(model, given())...) }
}

// WildcardPaths returns what lists the folders that a run may take lists from besides those near
// its model (pipeline.Where.Wildcards). It reads the disk: any goroutine but the window's.
func (m *Models) WildcardPaths() func() string {
	own, library := m.desk.Settings.Fill.Get("wildcards"), slices.Clone(m.desk.Settings.ModelFolders)
	return func() string {
		return strings.Trim(strings.Join(append([]string{own}, collection.Places{Trees: library}.Wildcards()...), "\n"), "\n")
	}
}
