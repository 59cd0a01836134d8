package ort

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// provider compiles a library that says it is of a version of ONNX Runtime and needs a library
// of the name, which it then takes away.
func provider(t *testing.T, version, needs string) (path string) {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("providers in libraries of their own are read on Linux")
	}
	dir := t.TempDir()
	gcc := func(args ...string) {
		if out, err := exec.Command("gcc", args...).CombinedOutput(); err != nil {
			t.Fatalf("gcc: %v\n%s", err, out)
		}
	}
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	lib := filepath.Join(dir, needs)
	gcc("-shared", "-Wl,-soname,"+needs, "-o", lib, write("needed.c", "int needed(void) { return 1; }"))
	path = filepath.Join(dir, "libonnxruntime_providers_cuda.so")
	gcc("-shared", "-fPIC", "-o", path, write("provider.c", `int needed(void); const char *const texts[] = {"a text", "`+version+`", "1.2.3.4"}; int f(void) { return needed(); }`), lib)
	if err := os.Remove(lib); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestAProviderOfAnotherVersionIsRefused before it is appended: the two would load, and then
// misbehave.
func TestAProviderOfAnotherVersionIsRefused(t *testing.T) {
	path := provider(t, "1.29.0", "libcublasLt.so.13")
	if why := mismatched(path, "1.29.0"); why != "" {
		t.Errorf("of the same version: %s", why)
	}
	for _, core := range []string{"1.30.0", "1.29.1", "1.2.3"} {
		why := unmatched(filepath.Dir(path), "cuda", core)
		if !strings.Contains(why, "is of ONNX Runtime 1.29.0") || !strings.Contains(why, core) {
			t.Errorf("beside %s: %q", core, why)
		}
	}
	if why := mismatched(provider(t, "no version", "libx.so.1"), "1.30.0"); !strings.Contains(why, "does not say") {
		t.Errorf("without a version: %q", why)
	}
	if err := os.WriteFile(path, []byte("cut off"), 0o600); err != nil {
		t.Fatal(err)
	}
	if why := mismatched(path, "1.29.0"); !strings.Contains(why, "cannot be read") {
		t.Errorf("of a broken file: %q", why)
	}
}

// TestWhatAProviderLacksIsNamed library by library, each with what brings it.
func TestWhatAProviderLacksIsNamed(t *testing.T) {
	path := provider(t, "1.29.0", "libcublasLt.so.13")
	missing := absent("cuda", path)
	if got := strings.Join(missing, " "); got != "libcublasLt.so.13 libcudnn.so.9" {
		t.Skipf("this system has some of CUDA: only %q is missing", got)
	}
	if why := unmatched(filepath.Dir(path), "cuda", "1.29.0"); why != "the system has no libcublasLt.so.13, libcudnn.so.9" {
		t.Errorf("it says %q", why)
	}
	got := steps(missing)
	for _, want := range []string{"libcublasLt.so.13: apt-get install libcublas-13-0", "libcudnn.so.9: apt-get install libcudnn9-cuda-13"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q lacks %q", got, want)
		}
	}
	if got := steps([]string{"libstrange.so.7"}); !strings.Contains(got, "libstrange.so.7: ") {
		t.Errorf("a library that nobody knows: %q", got)
	}
}
