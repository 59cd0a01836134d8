package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
)

// serverLibraries are all that the build of the verbs alone may need of a system: the C
// library in its parts, and the loader.
var serverLibraries = regexp.MustCompile(`^(linux-vdso|(.*/)?ld-linux[^/]*|lib(c|m|dl|pthread|rt|resolv))\.so\.\d+$`)

// headless builds the verbs alone and returns a way to run them as a bare server does: with
// no variable set but the folder of temporary files, and so no display, home or search path.
func headless(t *testing.T) (bin string, run func(args ...string) (stdout, stderr string, err error)) {
	t.Helper()
	dir := t.TempDir()
	bin = filepath.Join(dir, "pentimento-cli")
	if out, err := exec.Command("go", "build", "-tags", "headless", "-o", bin, ".").CombinedOutput(); err != nil {
		t.Fatalf("building the verbs alone: %v\n%s", err, out)
	}
	ort, err := filepath.Abs(filepath.Join("..", "build", "ort"))
	if err != nil {
		t.Fatal(err)
	}
	libs, _ := filepath.Glob(filepath.Join(ort, "libonnxruntime*"))
	for _, l := range libs {
		if err := os.Symlink(l, filepath.Join(dir, filepath.Base(l))); err != nil {
			t.Fatal(err)
		}
	}
	return bin, func(args ...string) (string, string, error) {
		c := exec.Command(bin, args...)
		var out, said bytes.Buffer
		c.Env, c.Dir, c.Stdout, c.Stderr = []string{"TMPDIR=" + dir}, dir, &out, &said
		err := c.Run()
		return out.String(), said.String(), err
	}
}

// TestTheVerbsAloneNeedNoScreen: neither its libraries to be loaded nor its packages to be built.
func TestTheVerbsAloneNeedNoScreen(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("ldd is Linux's")
	}
	bin, _ := headless(t)
	out, err := exec.Command("ldd", bin).Output()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(out)) {
		name := strings.Fields(line)[0]
		if !serverLibraries.MatchString(name) {
			t.Errorf("it needs %s; a server has the C library alone", name)
		}
	}
	if !bytes.Contains(out, []byte("libc.so.6")) {
		t.Errorf("ldd said %q", out)
	}
	deps, err := exec.Command("go", "list", "-deps", "-tags", "headless", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	for p := range strings.Lines(string(deps)) {
		if strings.HasPrefix(p, "fyne.io/") || strings.Contains(p, "glfw") || strings.Contains(p, "sqweek/dialog") || strings.HasPrefix(p, "pentimento/app/ui") {
			t.Errorf("it is built of %s", strings.TrimSpace(p))
		}
	}
}

// TestTheVerbsRunOnABareServer: with nothing in the environment, the engine's child included,
// and as a window would have it.
func TestTheVerbsRunOnABareServer(t *testing.T) {
	bin, run := headless(t)
	dir := filepath.Dir(bin)
	at := func(name string) string { return filepath.Join(dir, name) }
	if out, said, err := run("devices"); err != nil || !regexp.MustCompile(`(?m)^cpu +processor +ready$`).MatchString(out) {
		t.Errorf("devices: %v\n%s%s", err, out, said)
	}
	if _, said, err := run("demo", "--dir", at("demo")); err != nil {
		t.Fatalf("demo, a fill and an outpaint: %v\n%s", err, said)
	}
	for name, mode := range map[string][]string{"one.png": nil, "two.png": {"--isolate"}} {
		args := append([]string{"generate", "--prompt", "a red boat on a calm sea", "--size", "64x64", "--steps", "2", "--seed", "1", "--device", "cpu", "--out", at(name)}, mode...)
		if _, said, err := run(args...); err != nil {
			t.Fatalf("generate %v: %v\n%s", mode, err, said)
		}
	}
	if a, b := pixels(t, at("one.png")), pixels(t, at("two.png")); !bytes.Equal(a.Pix, b.Pix) {
		t.Error("the engine's child of this program painted other pixels")
	}
	if out, said, err := run("info", at("one.png")); err != nil || !strings.Contains(out, "a red boat") {
		t.Errorf("info: %v\n%s%s", err, out, said)
	}
	if out, _, err := run(); err != nil || strings.Contains(out, "open a window") {
		t.Errorf("without a verb: %v, want a help that offers no window\n%s", err, out)
	}
	if _, said, err := run(at("one.png")); err == nil || !strings.Contains(said, "hint: use a verb") {
		t.Errorf("with a file alone it said %q, %v", said, err)
	}
}
