package models

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"pentimento/app/collection"
	"pentimento/app/settings"
)

// maxHashed bounds the bytes that are read to find a model by its hash alone.
const maxHashed = 16 << 30

// Find is the path of the checkpoint that a recipe names, among known ones and the files in
// their folders: by the hash first, with the sums that are known, then with those of files of
// that name, then of the others as far as is sensible. Else byHash is false, and the path is
// that of a file of the name, or "". sum reads a file; nil trusts known sums alone. It reads
// the disk and may take seconds a file.
func Find(ctx context.Context, known []settings.Model, hash, name string, sum func(context.Context, string) (settings.Model, error)) (path string, byHash bool) {
	hash, name = strings.ToLower(strings.TrimSpace(hash)), Name(name)
	is := func(m settings.Model) bool {
		return len(hash) >= 8 && m.SHA256 != "" && (strings.HasPrefix(m.SHA256, hash) || m.OldHash == hash)
	}
	for _, m := range known {
		if st, err := os.Stat(m.Path); is(m) && (sum == nil || err == nil && st.Size() == m.Size) {
			return m.Path, true
		}
	}
	var files, rest []string
	for _, f := range neighbours(known, sum != nil) {
		if name != "" && strings.EqualFold(Name(f), name) {
			files = append(files, f)
		} else {
			rest = append(rest, f)
		}
	}
	named := ""
	if len(files) > 0 {
		named = files[0]
	}
	if sum == nil || len(hash) < 8 {
		return named, false
	}
	read := int64(0)
	for i, f := range append(files, rest...) {
		st, err := os.Stat(f)
		if err != nil || st.IsDir() {
			continue
		}
		if read += st.Size(); i >= len(files) && read > maxHashed {
			break
		}
		if m, err := sum(ctx, f); err == nil && is(m) {
			return f, true
		}
		if ctx.Err() != nil {
			break
		}
	}
	return named, false
}

// neighbours are the known checkpoints, those that are gone only where they need not be there,
// and the files beside them, without doubles.
func neighbours(known []settings.Model, there bool) (out []string) {
	var folders []string
	for _, m := range known {
		if _, err := os.Stat(m.Path); err == nil || !there {
			out = append(out, m.Path)
		}
		if dir := filepath.Dir(m.Path); !slices.Contains(folders, dir) {
			folders = append(folders, dir)
		}
	}
	for _, dir := range folders {
		entries, _ := os.ReadDir(dir) // a folder that is gone holds nothing for us
		for _, e := range entries {
			path := filepath.Join(dir, e.Name())
			if ext := strings.ToLower(filepath.Ext(path)); slices.Contains(checkpointEndings, ext) && !slices.Contains(out, path) {
				out = append(out, path)
			}
		}
	}
	return out
}

// Finder is what the verbs find models with: Find among known ones, the starter, and what the
// library's folders have, with files read as needed. It is for one goroutine.
func Finder(known []settings.Model, starter func() (string, error), library *collection.Collection, places collection.Places) func(ctx context.Context, hash, name string) string {
	all := &sums{}
	for _, m := range known {
		all.set(m)
	}
	return func(ctx context.Context, hash, name string) string {
		if starter != nil && name != "" {
			if path, err := starter(); err == nil && strings.EqualFold(Name(path), Name(name)) {
				return path
			}
		}
		path, byHash := Find(ctx, known, hash, name, all.sum)
		if byHash || library == nil {
			return path
		}
		if _, err := library.Refresh(ctx, places, nil); err != nil {
			return path
		}
		if found, byHash := library.Find(ctx, collection.Wanted{Hash: hash, Name: name, Kind: checkpoints}, maxHashed); byHash || path == "" {
			return found
		}
		return path
	}
}

// KindFinder is what the verbs find a recipe's files of one kind with ("adapter", "vae"), as Finder is for models.
func KindFinder(library *collection.Collection, places collection.Places, kind string) func(ctx context.Context, sum, name string) string {
	return func(ctx context.Context, sum, name string) string {
		if _, err := library.Refresh(ctx, places, nil); err != nil {
			return ""
		}
		return kindIn(ctx, library, kind, maxHashed)(sum, name)
	}
}

// checkpoints are the kinds of files that a recipe calls its model.
var checkpoints = []string{"checkpoint", "denoiser"}
