package ort

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// compare compiles testdata/api.c with a text as api.h and says what the compiler said.
func compare(t *testing.T, header string) (string, bool) {
	t.Helper()
	env := func(args ...string) string {
		out, err := exec.Command("go", args...).Output()
		if err != nil {
			t.Fatalf("go %v: %v", args, err)
		}
		return strings.TrimSpace(string(out))
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "api.h"), []byte(header), 0o600); err != nil {
		t.Fatal(err)
	}
	cc := append(strings.Fields(env("env", "CC")), "-std=c11", "-fsyntax-only",
		"-I", dir, "-I", env("list", "-m", "-f", "{{.Dir}}", "github.com/yalue/onnxruntime_go"), "testdata/api.c")
	out, err := exec.Command(cc[0], cc[1:]...).CombinedOutput()
	if _, ended := err.(*exec.ExitError); err != nil && !ended {
		t.Fatal(err)
	}
	return string(out), err == nil
}

// TestFunctionsAreThoseOfTheHeader compares every slot and prototype with the header that
// onnxruntime_go carries, and makes sure that a wrong one would be seen.
func TestFunctionsAreThoseOfTheHeader(t *testing.T) {
	data, err := os.ReadFile("api.h")
	if err != nil {
		t.Fatal(err)
	}
	header := string(data)
	if said, same := compare(t, header); !same {
		t.Fatalf("api.h differs from the library's header:\n%s", said)
	}
	slots := regexp.MustCompile(`F\((\d+), `)
	wrong := slots.ReplaceAllStringFunc(header, func(s string) string {
		n, _ := strconv.Atoi(slots.FindStringSubmatch(s)[1])
		return "F(" + strconv.Itoa(n+1) + ", "
	})
	said, _ := compare(t, wrong)
	seen := map[string]bool{}
	for _, m := range regexp.MustCompile(`"(\w+) has another slot`).FindAllStringSubmatch(said, -1) {
		seen[m[1]] = true
	}
	if want := len(slots.FindAllString(header, -1)); len(seen) != want || want < 30 {
		t.Errorf("%d of %d wrong slots were seen", len(seen), want)
	}
	for _, change := range [][2]string{
		{"(OrtRunOptions *, const char *key", "(OrtRunOptions *, char *key"},
		{"const int64_t *dims, size_t rank, unsigned type", "const int64_t *dims, size_t rank, short type"},
		{"F(95, void, ReleaseSession, (OrtSession *)", "F(95, void, ReleaseSession, (OrtValue *)"},
		{"api_float32 = 1", "api_float32 = 2"},
	} {
		if _, same := compare(t, strings.Replace(header, change[0], change[1], 1)); same {
			t.Errorf("%q in place of %q was not seen", change[1], change[0])
		}
	}
}
