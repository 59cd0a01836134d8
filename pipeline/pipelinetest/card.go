package pipelinetest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// CardVariable names the library of a Vulkan device made of software (libvk_swiftshader.so), for
// machines where it doesn't lie where Debian's chromium package puts it.
const CardVariable = "PENTIMENTO_SWIFTSHADER"

// Child runs the calling test once more in a process of its own, which a device may end, and
// which no other device was opened in. In that process it is true.
func Child(t *testing.T) bool {
	t.Helper()
	if os.Getenv(child) == t.Name() {
		return true
	}
	c := exec.Command(os.Args[0], "-test.run", "^"+t.Name()+"$", "-test.v")
	c.Env = append(os.Environ(), child+"="+t.Name())
	out, err := c.CombinedOutput()
	if err != nil {
		lines := strings.Split(string(out), "\n")
		t.Errorf("the process ended with %v:\n%s", err, strings.Join(lines[:min(12, len(lines))], "\n"))
	} else {
		t.Log(string(out))
	}
	return false
}

const child = "PENTIMENTO_TEST_CHILD"

// Card gives this process a graphics card made of software, SwiftShader, which the runtime's
// WebGPU provider takes for one. Shaders are compiled and run on the processor: seconds for what
// a card does in milliseconds, so small networks only. It must come before the first device is
// opened in a process. A machine without it skips the test.
func Card(t testing.TB) {
	t.Helper()
	if os.Getenv(child) == t.Name() { // set by the process that started this one
		return
	}
	library := os.Getenv(CardVariable)
	if library == "" {
		library = "/usr/lib/chromium/libvk_swiftshader.so"
	}
	if _, err := os.Stat(library); err != nil {
		t.Skipf("no graphics card of software: %v; install chromium and libvulkan1, or set %s to a libvk_swiftshader.so", err, CardVariable)
	}
	// Chromium's own description names the library relative to a folder that isn't searched.
	icd := filepath.Join(t.TempDir(), "swiftshader.json")
	text := fmt.Sprintf(`{"file_format_version": "1.0.0", "ICD": {"library_path": %q, "api_version": "1.0.5"}}`, library)
	if err := os.WriteFile(icd, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"VK_DRIVER_FILES", "VK_ICD_FILENAMES"} { // the second is what older loaders read
		t.Setenv(name, icd)
	}
}
