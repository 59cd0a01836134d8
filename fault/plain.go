package fault

import (
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"syscall"
)

// Plain is what an error says, in words for people: what Go, its standard library and the
// operating system say inside it is said in English, and of a path that the text already
// names nothing is left. It is for the borders (window and verbs); err stays as it is.
//
// 2026-11-27: it goes by the text and not by the types in the chain, because errors also come
// from other processes as texts, and from formats that keep no cause.
func Plain(err error) string {
	text := strings.TrimSpace(err.Error())
	if runtime.GOOS == "windows" {
		text = singleBackslashes(text)
	}
	for _, r := range plain {
		text = r.in.ReplaceAllStringFunc(text, func(found string) string { return r.say(text, r.in.FindStringSubmatch(found)) })
	}
	return text
}

// singleBackslashes undoes in quoted paths of Windows what %q does to them.
func singleBackslashes(text string) string {
	return quotedPath.ReplaceAllStringFunc(text, func(path string) string { return strings.ReplaceAll(path, `\\`, `\`) })
}

var quotedPath = regexp.MustCompile(`"(?:[A-Za-z]:|\\\\)\\\\[^"\n]*"`)

// rule says what matches in in other words; all is the whole text.
type rule struct {
	in  *regexp.Regexp
	say func(all string, found []string) string
}

func always(pattern, words string) rule {
	return rule{regexp.MustCompile(pattern), func(_ string, found []string) string {
		return strings.ReplaceAll(words, "$1", found[len(found)-1])
	}}
}

// system are the texts of the operating system's errors, and ours.
var system = []struct{ theirs, ours string }{
	{"no such file or directory", "there is no such file or folder"},
	{"file does not exist", "there is no such file"},
	{"permission denied", "there is no permission for it"},
	{"operation not permitted", "the system doesn't permit it"},
	{"no space left on device", "the disk is full"},
	{"disk quota exceeded", "the disk quota is used up"},
	{"read-only file system", "the disk can only be read"},
	{"is a directory", "it is a folder, not a file"},
	{"not a directory", "a part of the path is a file, not a folder"},
	{"directory not empty", "the folder isn't empty"},
	{"file exists", "a file of this name is there already"},
	{"file name too long", "the file name is too long"},
	{"file too large", "the file is too large for this disk"},
	{"too many open files", "too many files are open"},
	{"input/output error", "the disk reports an error"},
	{"device or resource busy", "another program is using it"},
	{"cannot allocate memory", "there is not enough memory"},
	{"broken pipe", "the reader of the output has ended"},
	{"invalid argument", "the system refuses it"},
	{"file already closed", "it was closed before"},
	{"bad file descriptor", "it was closed before"},
}

// onWindows are the errors of Windows by their numbers: its words for them go by language.
var onWindows = map[syscall.Errno]string{
	1:    "it is a folder, not a file", // of a folder that is read
	2:    "there is no such file or folder",
	3:    "there is no such folder",
	5:    "there is no permission for it",
	19:   "the disk can only be read",
	32:   "another program is using it",
	33:   "another program is using it",
	39:   "the disk is full",
	80:   "a file of this name is there already",
	112:  "the disk is full",
	123:  "it is no name that a file can have",
	145:  "the folder isn't empty",
	183:  "a file of this name is there already",
	206:  "the file name is too long",
	1224: "another program is using it",
}

var plain = func() (rules []rule) {
	if runtime.GOOS == "windows" {
		for number, ours := range onWindows {
			if theirs := number.Error(); theirs != "" {
				system = append(system, struct{ theirs, ours string }{theirs, ours})
			}
		}
	}
	var theirs []string
	for _, s := range system {
		theirs = append(theirs, regexp.QuoteMeta(s.theirs))
	}
	said := strings.Join(theirs, "|")
	ours := func(text string) string {
		for _, s := range system {
			if s.theirs == text {
				return s.ours
			}
		}
		return text
	}
	const calls = `open|openat|stat|lstat|read|readat|write|writeat|close|rename|remove|unlink|unlinkat|mkdir|mkdirat|chdir|readdir|readdirent|sync|truncate|seek|chmod|copy_file_range|link|symlink|CreateFile|GetFileAttributesEx|FindFirstFile|readlink|fork/exec`
	return []rule{
		{regexp.MustCompile(`\b(?:` + calls + `) ([^\n]+?): (` + said + `|unexpected EOF|EOF)`), func(all string, found []string) string {
			path, what := found[1], ours(found[2])
			if name := filepath.Base(path); strings.Contains(all[:strings.Index(all, found[0])], name) {
				return what
			}
			return `"` + path + `": ` + what
		}},
		{regexp.MustCompile(said), func(_ string, found []string) string { return ours(found[0]) }},
		always(`unexpected EOF`, "the file ends too early"),
		always(`\bEOF$`, "the file ends too early"),
		always(`\bEOF\b`, "the end of the file"),
		always(`strconv\.\w+: parsing "((?:[^"\\]|\\.)*)": invalid syntax`, `"$1" isn't a number`),
		always(`strconv\.\w+: parsing "((?:[^"\\]|\\.)*)": value out of range`, `"$1" is too large a number`),
		always(`unexpected end of JSON input`, "the JSON ends too early"),
		always(`invalid character ('(?:\\.|.)[^']*') [^:;\n]*`, "it isn't valid JSON: $1 is in the wrong place"),
		always(`json: cannot unmarshal (\w+) [^\n;{]*(?:\{.*\})?[^\n;]*`, "its JSON holds a $1 in the wrong place"),
		always(`context deadline exceeded`, "it took too long"),
		always(`context canceled`, "it was stopped"),
		always(`exec: ("[^"]*"): executable file not found in [$%]\w+%?`, "the program $1 isn't installed"),
		always(`(?:zlib|gzip|flate): [^:;\n]*`, "its compressed data is damaged"),
		always(`(?:png|jpeg|webp|gif|riff|vp8l?): invalid (?:\w+: )?`, "it is damaged: "),
	}
}()
