package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pentimento/pipeline"
)

// verb runs a verb and gives what it printed.
func verb(t *testing.T, args ...string) (code int, out, errs string) {
	t.Helper()
	var o, e bytes.Buffer
	code = Main(context.Background(), args, Env{Stdin: strings.NewReader("{x|y} z"), Stdout: &o, Stderr: &e, Version: "9.9.9", pickSeed: func() int64 { return 77 }})
	return code, o.String(), e.String()
}

func TestPromptExpandPrintsOneALine(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "boat.txt"), []byte("brig\nketch\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	text := "a {red|blue} __boat__"
	all := "a red brig\na red ketch\na blue brig\na blue ketch\n"
	if code, out, errs := verb(t, "prompt", "expand", text, "--all", "--wildcards", dir); code != 0 || out != all || errs != "" {
		t.Errorf("%d %q %q", code, out, errs)
	}
	if code, out, errs := verb(t, "prompt", "expand", text, "--all", "--count", "3", "--wildcards", dir); code != 0 || strings.Count(out, "\n") != 3 || !strings.Contains(errs, "more than these 3") {
		t.Errorf("%d %q %q", code, out, errs)
	}
	code, out, errs := verb(t, "prompt", "expand", text, "--seed", "5", "--count", "6", "--wildcards", dir)
	if code != 0 || strings.Count(out, "\n") != 6 || errs != "" {
		t.Fatalf("%d %q %q", code, out, errs)
	}
	_, last, _ := verb(t, "prompt", "expand", text, "--seed", "10", "--wildcards", dir)
	if !strings.HasSuffix(out, "\n"+last) {
		t.Errorf("the sixth of %q is another than %q, that of its seed alone", out, last)
	}
	code, out, _ = verb(t, "prompt", "expand", "-", "--json", "--seed", "18446744073709551615")
	var got struct{ Prompts []drawnPrompt }
	if err := json.Unmarshal([]byte(out), &got); err != nil || code != 0 || len(got.Prompts) != 1 || *got.Prompts[0].Seed != 1<<64-1 || !strings.HasSuffix(got.Prompts[0].Prompt, " z") {
		t.Errorf("%d %s %v", code, out, err)
	}
}

func TestPromptSaysWhatIsMissing(t *testing.T) {
	dir := t.TempDir()
	for _, v := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"expand", "__none__", "--wildcards", dir}, 1, dir},
		{[]string{"expand", "a", "--wildcards", filepath.Join(dir, "none")}, 1, "no such file"},
		{[]string{"expand"}, 2, "want one text"},
		{[]string{"describe", "x.png"}, 2, "want one of each"},
		{[]string{"describe", "x.png", "--model", "y.onnx", "--general", "1.5"}, 2, "--general"},
		{[]string{"dance"}, 2, "unknown action"},
		{nil, 2, "no action"},
		{[]string{"expand", "a", "--count", "-1"}, 2, "--count"},
	} {
		if code, out, errs := verb(t, append([]string{"prompt"}, v.args...)...); code != v.code || out != "" || !strings.Contains(errs, v.says) {
			t.Errorf("%q: %d %q %q, want %d and %q", v.args, code, out, errs, v.code, v.says)
		}
	}
}

func TestPromptFindsWords(t *testing.T) {
	code, out, _ := verb(t, "prompt", "surprise", "--seed", "1", "--count", "3")
	if lines := strings.Split(strings.TrimSpace(out), "\n"); code != 0 || len(lines) != 3 || lines[0] == lines[1] {
		t.Errorf("%d %q", code, out)
	}
	if code, out, _ := verb(t, "prompt", "enrich", "a fox", "--seed", "1"); code != 0 || !strings.HasPrefix(out, "a fox, ") {
		t.Errorf("%d %q", code, out)
	}
	if code, out, _ := verb(t, "prompt", "lists"); code != 0 || !slices.Contains(strings.Split(out, "\n"), "light") {
		t.Errorf("%d %q", code, out)
	}
}

// TestGenerateDrawsAPromptForEachPicture, and --literal leaves it as it is.
func TestGenerateDrawsAPromptForEachPicture(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "boat.txt"), []byte("brig\nketch\nyawl\nsloop\ncutter\ncog\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, literal := range []bool{false, true} {
		s := &stranger{make: everywhere}
		var out, errs bytes.Buffer
		args := []string{"generate", "--isolate", "--model", "far.safetensors", "--prompt", "a __boat__", "--wildcards", dir, "--seed", "3", "--batch", "4", "--out", filepath.Join(dir, "x.png")}
		if literal {
			args = append(args, "--literal")
		}
		if code := Main(context.Background(), args, Env{Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs, Isolated: func() (pipeline.Runner, func()) { return s, func() {} }}); code != 0 {
			t.Fatalf("%d %s", code, errs.String())
		}
		seen := map[string]bool{}
		for _, q := range s.got {
			seen[q.Prompt] = true
			if want := map[bool]string{false: "a __boat__"}[literal]; q.Template != want || (q.Prompt == "a __boat__") != literal {
				t.Errorf("literal %v: seed %d was painted as %q of %q", literal, q.Seed, q.Prompt, q.Template)
			}
		}
		if literal != (len(seen) == 1) {
			t.Errorf("literal %v: four pictures had the prompts %v", literal, seen)
		}
	}
}
