package ort

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// Failed self-tests are remembered from one run of the program to the next: each costs seconds
// at the first fill, and a person wants to hear of it once. A device is tried again when the
// library or its driver is another one, when it is asked for by name, and by Test.
//
// 2026-11-27: a file in the cache and no setting: it is about this machine, two processes write it
// (the window's engine and a verb), and losing it costs a test.

// selfTestFailed begins what is said of a device that did.
const selfTestFailed = "its self-test failed"

// failure of a self-test.
type failed struct {
	Stamp string    `json:"stamp"` // of the library and the driver
	Why   string    `json:"why"`
	When  time.Time `json:"when"`
}

// past reads what is remembered; a file that is missing or damaged holds nothing.
func (r *Runtime) past() map[string]failed {
	var all map[string]failed
	if data, err := os.ReadFile(r.config.Memory); err != nil || json.Unmarshal(data, &all) != nil || all == nil {
		return map[string]failed{}
	}
	return all
}

// recall is why a device failed with the present library and driver, "" where it did not.
func (r *Runtime) recall(device string) string {
	if r.config.Memory == "" || device == "cpu" {
		return ""
	}
	f, known := r.past()[device]
	if !known || f.Stamp != r.stamp(device) {
		return ""
	}
	return fmt.Sprintf("%s (%s)", f.Why, f.When.Format("2 January 2006"))
}

// remember writes that a device failed, or with nil that it is to be tried again. What keeps it
// from being written costs another test.
func (r *Runtime) remember(device string, why error) {
	if r.config.Memory == "" {
		return
	}
	all := r.past()
	_, known := all[device]
	switch delete(all, device); {
	case why != nil:
		all[device] = failed{r.stamp(device), why.Error(), time.Now()}
	case !known:
		return
	}
	data, err := json.MarshalIndent(all, "", "  ")
	if err != nil || os.MkdirAll(filepath.Dir(r.config.Memory), 0o755) != nil {
		return
	}
	part := fmt.Sprintf("%s.%d", r.config.Memory, os.Getpid())
	if os.WriteFile(part, data, 0o600) != nil || os.Rename(part, r.config.Memory) != nil {
		_ = os.Remove(part)
	}
}

// forgive has a device tried again that a person asks for by name, once while the program runs.
func (r *Runtime) forgive(device string) {
	r.mu.Lock()
	asked := r.asked[device]
	r.asked[device] = true
	r.mu.Unlock()
	if !asked && r.ban(device) == nil {
		r.remember(device, nil)
	}
}

// Test tests the devices that the machine has and remembers the outcome: those that were not
// tested yet, or with again all of them.
func (r *Runtime) Test(ctx context.Context, again bool) error {
	var all []error
	for _, k := range kinds {
		if k.name == "cpu" || k.name == "tensorrt" || r.lacks(k.name) != "" || !again && r.unfit(k.name) != "" {
			continue
		}
		if again {
			r.mu.Lock()
			delete(r.banned, k.name)
			delete(r.probed, k.name)
			delete(r.repeat, k.name)
			r.mu.Unlock()
			r.remember(k.name, nil)
			r.remember(capturing(k.name), nil)
		}
		if _, err := r.try(ctx, k.name); err != nil {
			all = append(all, ctx.Err()) // the outcome itself is in Devices
		}
	}
	return errors.Join(all...)
}

// driverFiles are patterns of files that are others after a driver or a card was changed.
var driverFiles = map[string][]string{
	"linux": {"/proc/driver/nvidia/version", "/usr/share/vulkan/icd.d/*.json", "/etc/vulkan/icd.d/*.json", "/usr/lib/libvulkan*.so*", "/usr/lib/*/libvulkan*.so*",
		"/usr/lib64/libvulkan*.so*", "/usr/lib/*/libcuda.so*", "/usr/lib64/libcuda.so*", "/sys/class/drm/card*/device/uevent"},
	"windows": {"${SystemRoot}/System32/nvcuda.dll", "${SystemRoot}/System32/d3d12.dll", "${SystemRoot}/System32/DriverStore/FileRepository/nv*.inf_*",
		"${SystemRoot}/System32/DriverStore/FileRepository/u0*.inf_*", "${SystemRoot}/System32/DriverStore/FileRepository/i*gd*.inf_*"},
	"darwin": {"/System/Library/CoreServices/SystemVersion.plist"},
}

// stamp tells the library and the drivers of this machine from others: names, sizes and times of
// their files, and the texts of small ones in which systems say versions.
func (r *Runtime) stamp(device string) string {
	h := sha256.New()
	library, _, _ := load(r.config.Library) // without one no device was tested
	patterns := append([]string{library}, driverFiles[runtime.GOOS]...)
	for _, name := range []string{"VK_DRIVER_FILES", "VK_ICD_FILENAMES", "VK_ADD_DRIVER_FILES"} { // lists of drivers
		patterns = append(patterns, filepath.SplitList(os.Getenv(name))...)
	}
	for _, pattern := range patterns {
		all, _ := filepath.Glob(os.ExpandEnv(pattern)) // a bad pattern finds nothing
		for _, path := range all {
			info, err := os.Stat(path)
			if err != nil {
				continue
			}
			if strings.HasPrefix(path, "/proc/") || strings.HasPrefix(path, "/sys/") { // their times mean nothing
				text, _ := os.ReadFile(path)
				fmt.Fprintf(h, "%s %s\n", path, text)
				continue
			}
			fmt.Fprintf(h, "%s %d %d\n", path, info.Size(), info.ModTime().UnixNano())
		}
	}
	return device + " " + hex.EncodeToString(h.Sum(nil))[:16]
}
