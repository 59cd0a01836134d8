package fault

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

func TestPlainSpeaksNoGo(t *testing.T) {
	dir := t.TempDir()
	_, missing := os.Stat(filepath.Join(dir, "a b.png"))
	_, folder := os.ReadFile(dir)
	_, number := strconv.Atoi("many")
	_, large := strconv.Atoi("99999999999999999999")
	var v struct{ A int }
	badJSON, cutJSON, kind := json.Unmarshal([]byte("{nonsense}"), &v), json.Unmarshal([]byte(`{"a":`), &v), json.Unmarshal([]byte(`{"a":"b"}`), &v)
	for _, c := range []struct {
		err  error
		want string
	}{
		{errors.New(`--steps is -3, want 1 to 1000`), `--steps is -3, want 1 to 1000`},
		{missing, `"` + filepath.Join(dir, "a b.png") + `": there is no such file or folder`},
		{fmt.Errorf("checkpoint %q: %w", "a b.png", missing), `checkpoint "a b.png": there is no such file or folder`},
		{fmt.Errorf("settings: %v", missing), `settings: "` + filepath.Join(dir, "a b.png") + `": there is no such file or folder`},
		{folder, `"` + dir + `": it is a folder, not a file`},
		{fmt.Errorf("checkpoint %q: header: %w", "m.safetensors", io.ErrUnexpectedEOF), `checkpoint "m.safetensors": header: the file ends too early`},
		{fmt.Errorf("x: %w", io.EOF), "x: the file ends too early"},
		{&os.PathError{Op: "write", Path: "/dev/full", Err: syscall.ENOSPC}, `"/dev/full": the disk is full`},
		{&os.LinkError{Op: "rename", Old: "/a/1", New: "/a/2", Err: syscall.EACCES}, `"/a/1 /a/2": there is no permission for it`},
		{fmt.Errorf("clip skip: %w", number), `clip skip: "many" isn't a number`},
		{large, `"99999999999999999999" is too large a number`},
		{fmt.Errorf("header: %w", badJSON), "header: it isn't valid JSON: 'n' is in the wrong place"},
		{cutJSON, "the JSON ends too early"},
		{kind, "its JSON holds a string in the wrong place"},
		{errors.New("sh: context deadline exceeded"), "sh: it took too long"},
	} {
		if got := Plain(c.err); got != c.want {
			t.Errorf("%q is %q, want %q", c.err, got, c.want)
		}
		for _, go_ := range []string{"EOF", "stat ", "open ", "strconv", "json:", "errno", "looking for"} {
			if strings.Contains(Plain(c.err), go_) {
				t.Errorf("%q still says %q", Plain(c.err), go_)
			}
		}
	}
}

// Paths of Windows come out of %q with their backslashes doubled.
func TestPathsOfWindowsAreReadable(t *testing.T) {
	for _, path := range []string{`C:\Users\Anna Lind\a.png`, `\\server\share\a.png`, `\\?\C:\a.png`} {
		if got := singleBackslashes(fmt.Sprintf("open %q: no %q", path, "a\\b")); got != `open "`+path+`": no "a\\b"` {
			t.Errorf("%s is shown as %s", path, got)
		}
	}
	raw := `open "C:\a\b.png" \\server\share\c: no`
	if got := singleBackslashes(raw); got != raw {
		t.Errorf("%s became %s", raw, got)
	}
}
