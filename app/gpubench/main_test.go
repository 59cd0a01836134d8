package main

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// TestTheBenchMeasuresTinyNets on the processor, as it does full ones on a card: nothing is
// left out or failed, and the processor doesn't differ from itself.
func TestTheBenchMeasuresTinyNets(t *testing.T) {
	dir := t.TempDir()
	cli, self := filepath.Join(dir, "pentimento-cli"), filepath.Join(dir, "gpubench")
	for bin, args := range map[string][]string{cli: {"-tags", "headless", ".."}, self: {"."}} {
		if out, err := exec.Command("go", append([]string{"build", "-o", bin}, args...)...).CombinedOutput(); err != nil {
			t.Fatalf("building: %v\n%s", err, out)
		}
	}
	run := func(args ...string) (r report, said string, err error) {
		c := exec.Command(self, append([]string{"-cli", cli, "-nets", "tiny", "-python", "no such Python"}, args...)...)
		var out, complaints bytes.Buffer
		c.Dir, c.Stdout, c.Stderr = filepath.Join("..", ".."), &out, &complaints
		err = c.Run()
		if bad := json.Unmarshal(out.Bytes(), &r); bad != nil {
			t.Fatalf("it printed %q, %v: %s", out.String(), bad, complaints.String())
		}
		return r, complaints.String(), err
	}
	r, said, err := run("-device", "cpu")
	if err != nil || !r.Ready || len(r.Models) != 2 || len(r.Left) > 0 || len(r.Notices) > 0 {
		t.Fatalf("%v, %s: %+v", err, said, r)
	}
	for i, want := range []struct{ evaluations, sizes int }{{4, 2}, {1, 1}} {
		s := r.Models[i]
		if len(s.Errors) > 0 || len(s.Evaluations) != want.evaluations || len(s.Decodes) != want.sizes || len(s.Pictures) != want.sizes {
			t.Errorf("%s: %+v", s.Model, s)
		}
		for _, x := range append(s.Evaluations, s.Decodes...) {
			if x.First <= 0 || x.Next <= 0 {
				t.Errorf("%s: %+v took no time", s.Model, x)
			}
		}
		if s.Open <= 0 || s.Bytes == 0 || s.Difference == nil || s.Difference.Evaluation > 1e-6 || s.Difference.Decode > 1e-6 {
			t.Errorf("%s: opened in %v s, %d bytes, differs by %+v", s.Model, s.Open, s.Bytes, s.Difference)
		}
	}
	if r, _, err := run("-device", "coreml"); err == nil || r.Ready || r.Missing == "" || len(r.Models) > 0 {
		t.Errorf("a device that isn't there: %v, %+v", err, r)
	}
	if runtime.GOOS == "linux" { // where the system's loader can be told that no card has a driver
		t.Setenv("VK_DRIVER_FILES", filepath.Join(dir, "none"))
		t.Setenv("VK_ICD_FILENAMES", filepath.Join(dir, "none"))
		if r, said, err := run("-device", "webgpu"); err == nil || r.Ready || r.Missing == "" || len(r.Models) > 0 || !strings.Contains(said, "is not ready") {
			t.Errorf("a device without a card: %v, %+v: %s", err, r, said)
		}
	}
	if out, err := exec.Command(self, "-device", "cud", "-cli", cli).CombinedOutput(); err == nil || !strings.Contains(string(out), "-device cud: want one of cuda, ") {
		t.Errorf("a device that nobody knows: %v, %s", err, out)
	}
	if r, _, err := run("-device", "cpu", "-limit", "1ns"); err != nil || len(r.Left) != 2 || len(r.Models) > 0 {
		t.Errorf("without time: %v, %+v", err, r)
	}
}
