package fetch

import (
	"mime"
	"net/http"
	"net/url"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxName is what every usual file system takes, less room for ".part".
const maxName = 200

// SafeName makes a file name of what a server or an address says: the last part of a path,
// without control characters, those that turn writing around, and what Windows refuses or keeps for itself (its names of
// devices, dots and blanks at the end). "" where nothing is left.
func SafeName(name string) string {
	name = strings.ToValidUTF8(name, "_")
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	name = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r):
			return -1
		case strings.ContainsRune(`<>:"|?*`, r):
			return '_'
		}
		return r
	}, name)
	name = strings.TrimLeft(strings.TrimRight(name, ". "), ". ") // hidden files and ".." too
	stem, _, _ := strings.Cut(name, ".")
	if reserved(strings.TrimSpace(stem)) {
		name = "_" + name
	}
	if len(name) > maxName {
		ext := path.Ext(name)
		if len(ext) > 20 {
			ext = ""
		}
		name = name[:maxName-len(ext)]
		for !utf8.ValidString(name) {
			name = name[:len(name)-1]
		}
		name += ext
	}
	return name
}

// reserved are the names that Windows gives to devices, whatever ending they have.
func reserved(stem string) bool {
	stem = strings.ToUpper(stem)
	switch stem {
	case "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$":
		return true
	}
	if r := []rune(stem); len(r) == 4 && (strings.HasPrefix(stem, "COM") || strings.HasPrefix(stem, "LPT")) {
		return strings.ContainsRune("0123456789¹²³", r[3])
	}
	return false
}

// disposed is the name in a Content-Disposition header, "" where it has none.
func disposed(h http.Header) string {
	_, params, err := mime.ParseMediaType(h.Get("Content-Disposition"))
	if err != nil {
		return ""
	}
	return SafeName(params["filename"]) // of filename*, too
}

// usual are names that half of all repositories have: they say nothing where they lie alone.
var usual = map[string]bool{"pytorch_lora_weights": true, "diffusion_pytorch_model": true, "diffusion_pytorch_model.fp16": true, "model": true, "model.fp16": true, "pytorch_model": true, "learned_embeds": true}

// telling is a name for a file of a repository: its own, or that of the repository and its
// folders where its own is a usual one.
func telling(repo, file string) string {
	ext := path.Ext(file)
	if !usual[strings.TrimSuffix(path.Base(file), ext)] {
		return SafeName(path.Base(file))
	}
	parts := []string{path.Base(repo)}
	if dir := path.Dir(file); dir != "." {
		parts = append(parts, strings.Split(dir, "/")...)
	}
	return SafeName(strings.Join(parts, "-") + ext)
}

// lastOf is the name in an address's path.
func lastOf(u *url.URL) string { return SafeName(path.Base(u.Path)) }
