package ort

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"pentimento/fault"
	"pentimento/pipeline/model"

	native "github.com/yalue/onnxruntime_go"
)

// kind is one execution provider: its name here, in the library's list of providers and
// in the call that appends it.
type kind struct {
	name, label, listed, provider string
	systems                       []string // where it exists at all; nil is everywhere
	get                           string   // how to get it
}

// kinds is in the order of preference.
var kinds = []kind{
	{"cuda", "NVIDIA graphics (CUDA)", "CUDAExecutionProvider", "CUDA", []string{"linux", "windows"},
		"run `make native GPU=cuda` (Linux, 64-bit x86), which puts a library and its CUDA provider of one version together; install NVIDIA's driver, CUDA 13 and cuDNN 9; on Windows directml uses the card"},
	{"tensorrt", "NVIDIA graphics (TensorRT)", "TensorrtExecutionProvider", "TensorRT", []string{"linux", "windows"},
		"as for cuda, and install TensorRT 10; a model is compiled for minutes at first use"},
	{"directml", "graphics (DirectML)", "DmlExecutionProvider", "DML", []string{"windows"},
		"comes with the Windows library; needs a DirectX 12 graphics driver"},
	{"coreml", "Apple graphics (Core ML)", "CoreMLExecutionProvider", "CoreML", []string{"darwin"},
		"comes with the macOS library for Apple processors"},
	{"webgpu", "graphics (WebGPU)", "WebGpuExecutionProvider", "WebGPU", nil,
		"install a graphics driver with Vulkan 1.3 (on Debian and Ubuntu: libvulkan1 and mesa-vulkan-drivers, or NVIDIA's driver)"},
	{"cpu", "processor", "CPUExecutionProvider", "", nil, ""},
}

// here says whether the device exists on this system at all.
func (k kind) here() bool { return k.systems == nil || slices.Contains(k.systems, runtime.GOOS) }

// systemNames are Go's names of systems and people's.
var systemNames = strings.NewReplacer("windows", "Windows", "darwin", "macOS", "linux", "Linux")

// DeviceNames are the devices that this program knows, on whatever system.
func DeviceNames() []string {
	var n []string
	for _, k := range kinds {
		n = append(n, k.name)
	}
	return n
}

func label(device string) string {
	for _, k := range kinds {
		if k.name == device {
			return fmt.Sprintf("%s (%s)", device, k.label)
		}
	}
	return device
}

// Devices lists every device this program knows, the preferred first: those that are
// ready, and for the others what is missing and how to get it. It looks only at what is
// installed; Open tries a device before it uses one.
func (r *Runtime) Devices() []model.Device {
	var all []model.Device
	_, _, err := load(r.config.Library)
	for _, k := range kinds {
		d := model.Device{Name: k.name, Label: k.label}
		if err != nil {
			d.Missing, d.Hint = err.Error(), fault.Hint(err)
		} else if d.Missing = r.lacks(k.name); d.Missing != "" && k.here() {
			d.Hint = r.remedy(k)
		} else if d.Missing == "" {
			switch d.Missing = r.unfit(k.name); {
			case d.Missing != "" && r.ban(k.name) != nil && r.recall(k.name) == "":
				d.Hint = "it is tried again when the program is started again"
			case d.Missing != "":
				d.Hint = "it is tried again after its driver was changed, or by `pentimento devices --again`"
			}
		}
		d.Ready = d.Missing == ""
		all = append(all, d)
	}
	return all
}

// unfit says why a device is not to be used, as far as is known without using it, "" if it may.
func (r *Runtime) unfit(device string) string {
	if ban := r.ban(device); ban != nil {
		return ban.Error()
	}
	if why := r.lacks(device); why != "" {
		return why
	}
	return r.recall(device)
}

// lacks says what a device needs and the machine does not have, "" if nothing.
func (r *Runtime) lacks(device string) string {
	path, providers, err := load(r.config.Library)
	if err != nil {
		return err.Error()
	}
	k := kinds[slices.IndexFunc(kinds, func(k kind) bool { return k.name == device })]
	switch {
	case !k.here():
		return "only on " + systemNames.Replace(strings.Join(k.systems, " and "))
	case !slices.Contains(providers, k.listed):
		return "not built into the library " + path
	}
	for _, f := range companions(device, runtime.GOOS) {
		if _, err := os.Stat(filepath.Join(filepath.Dir(path), f)); err != nil {
			return fmt.Sprintf("%s is not next to the library in %s", f, filepath.Dir(path))
		}
	}
	if runtime.GOOS == "linux" {
		if why := unmatched(filepath.Dir(path), device, native.GetVersion()); why != "" {
			return why
		}
	}
	for _, l := range drivers(device) {
		if !loadable(l) {
			return "the system has no " + l
		}
	}
	return ""
}

// companions are the files a provider needs beside the library.
func companions(device, system string) []string {
	switch system + " " + device {
	case "linux cuda", "linux tensorrt":
		return []string{"libonnxruntime_providers_shared.so", "libonnxruntime_providers_" + device + ".so"}
	case "windows cuda", "windows tensorrt":
		return []string{"onnxruntime_providers_shared.dll", "onnxruntime_providers_" + device + ".dll"}
	case "windows directml":
		return []string{"DirectML.dll"}
	}
	return nil
}

// drivers are the system's libraries a provider needs.
func drivers(device string) []string {
	switch runtime.GOOS + " " + device {
	case "linux cuda", "linux tensorrt":
		return []string{"libcuda.so.1"}
	case "windows cuda", "windows tensorrt":
		return []string{"nvcuda.dll"}
	case "linux webgpu":
		return []string{"libvulkan.so.1"}
	case "windows directml", "windows webgpu":
		return []string{"d3d12.dll"}
	}
	return nil
}

// forbid keeps a device that failed from being tried again while the program runs.
func (r *Runtime) forbid(device string, why error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.banned[device] = why
}

// ban is why a device is forbidden, nil if it is not.
func (r *Runtime) ban(device string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.banned[device]
}

// try runs the device's self-test once, and forbids a device that fails it: in a child process when the program gave its own
// path, since a broken driver ends the process it runs in.
func (r *Runtime) try(ctx context.Context, device string) (model.Probe, error) {
	r.mu.Lock()
	p, known := r.probed[device]
	r.mu.Unlock()
	if known {
		return p, nil
	}
	p, err := r.apart(ctx, device, "", r.Probe)
	if err != nil {
		if ctx.Err() == nil {
			r.forbid(device, err)
			r.remember(device, err)
		}
		return p, err
	}
	r.mu.Lock()
	r.probed[device] = p
	r.mu.Unlock()
	return p, nil
}

// apart runs a self-test in a child process, which gets the flag besides, where the program gave
// its own path.
func (r *Runtime) apart(ctx context.Context, device, flag string, here func(context.Context, string) (model.Probe, error)) (p model.Probe, err error) {
	if r.config.Self == "" {
		if p, err = here(ctx, device); err != nil {
			err = ended(ctx, failedTest(err))
		}
		return p, err
	}
	limit, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	args := []string{"devices", "--probe", device}
	if flag != "" {
		args = append(args, flag)
	}
	c := exec.CommandContext(limit, r.config.Self, args...)
	if r.config.Library != "" {
		c.Env = append(os.Environ(), Variable+"="+r.config.Library)
	}
	out, err := c.Output()
	if err == nil {
		err = json.Unmarshal(out, &p)
	}
	switch {
	case err == nil:
		return p, nil
	case limit.Err() != nil && ctx.Err() == nil:
		return p, &refusal{why: "its self-test took longer than two minutes"}
	}
	return p, ended(ctx, failedTest(err))
}
