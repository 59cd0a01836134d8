package wildcard

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"                 // the library of the house for YAML; JSON is a part of that
	"golang.org/x/text/encoding/charmap" // old encodings: the Go project's own tables
	"golang.org/x/text/encoding/unicode"

	"pentimento/fault"
)

// decoded is a file's text: UTF-16 where it begins with that mark, as Windows' editors write it,
// else UTF-8; a line that is not is of Windows-1252, the likeliest of older files.
func decoded(b []byte) string {
	if mark := string(b[:min(2, len(b))]); mark == "\xff\xfe" || mark == "\xfe\xff" {
		b, _ = unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder().Bytes(b) // it replaces what is wrong
		return string(b)
	}
	if utf8.Valid(b) {
		return string(b)
	}
	lines := strings.Split(string(b), "\n")
	for i, line := range lines {
		if !utf8.ValidString(line) {
			lines[i], _ = charmap.Windows1252.NewDecoder().String(line) // likewise
		}
	}
	return strings.Join(lines, "\n")
}

// linesOf are the values of a text file: one a line, "2::red" with a weight; blank lines and
// comments are none.
func linesOf(text string) (out []value) {
	for _, line := range strings.Split(strings.TrimPrefix(text, "\ufeff"), "\n") {
		if v, ok := valueOf(line); ok {
			out = append(out, v)
		}
	}
	return out
}

func valueOf(text string) (value, bool) {
	text = strings.TrimSpace(strings.ToValidUTF8(text, "\ufffd"))
	w, n, ok := weight(text)
	if !ok {
		w, n = 1, 0
	}
	text = strings.TrimSpace(withoutComments(text[n:]))
	return value{weight: w, text: text}, text != ""
}

// listsOf are the lists of a YAML or JSON file by their keys, folders of keys joined by "/"; the
// key of a file that is a list as a whole is "".
func listsOf(text string) (map[string][]value, error) {
	var root yaml.Node
	if err := yaml.Unmarshal([]byte(strings.TrimPrefix(text, "\ufeff")), &root); err != nil {
		return nil, fault.With(fmt.Errorf("no YAML or JSON: %w", err), "")
	}
	out := map[string][]value{}
	if len(root.Content) > 0 {
		gather(out, "", root.Content[0], 0)
	}
	return out, nil
}

// gather takes the lists below a node; what is neither a list nor holds any is left out, as in
// sd-dynamic-prompts. Aliases are left out: a small file could grow without end by them.
func gather(out map[string][]value, name string, n *yaml.Node, depth int) {
	switch {
	case depth > maxDepth:
	case n.Kind == yaml.SequenceNode:
		for _, item := range n.Content {
			if item.Kind == yaml.ScalarNode {
				if v, ok := valueOf(strings.Join(strings.Fields(withoutComments(item.Value)), " ")); ok {
					out[name] = append(out[name], v)
				}
			}
		}
	case n.Kind == yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			key := strings.Trim(n.Content[i].Value, "/ ")
			if key == "" || n.Content[i].Kind != yaml.ScalarNode {
				continue
			}
			if name != "" {
				key = name + "/" + key
			}
			gather(out, key, n.Content[i+1], depth+1)
		}
	}
}

// Folders lists the folders of lists near a model: those that its folder, and up to four above
// it, have (FoldersIn).
func Folders(model string) (out []string) {
	dir, err := filepath.Abs(model)
	if model == "" || err != nil {
		return nil
	}
	for range 5 {
		for _, f := range FoldersIn(dir) {
			out = appendNew(out, f)
		}
		up := filepath.Dir(dir)
		if up == dir || up == filepath.Dir(up) { // not what lies in the root of a disk
			break
		}
		dir = up
	}
	return out
}

// FoldersIn lists the folders of lists in a folder: wildcards, also of a folder in it, and those
// that extensions of A1111 (extensions/NAME/wildcards) and nodes of ComfyUI
// (custom_nodes/NAME/wildcards) have there.
func FoldersIn(dir string) (out []string) {
	for _, below := range []string{"wildcards", "*/wildcards", "extensions/*/wildcards", "custom_nodes/*/wildcards"} {
		found, _ := filepath.Glob(filepath.Join(escaped(dir), below))
		for _, f := range found {
			if isFolder(f) {
				out = appendNew(out, f)
			}
		}
	}
	return out
}

// escaped takes the meaning from characters of patterns in a path.
func escaped(path string) string {
	if !strings.ContainsAny(path, `*?[`) || filepath.Separator == '\\' {
		return path
	}
	return strings.NewReplacer(`*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(path)
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

func appendNew(all []string, s string) []string {
	if slices.Contains(all, s) {
		return all
	}
	return append(all, s)
}
