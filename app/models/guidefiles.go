package models

import "pentimento/app/collection"

// GuideFiles are the library's files of some kinds of network that read guides, sorted by name.
func (m *Models) GuideFiles(kinds ...string) (paths []string) {
	if m.Library.Collection == nil {
		return nil
	}
	for _, kind := range kinds {
		for _, row := range m.Library.Collection.List(collection.Query{Kind: kind}) {
			if !row.Gone {
				paths = append(paths, string(row.Path))
			}
		}
	}
	return paths
}
