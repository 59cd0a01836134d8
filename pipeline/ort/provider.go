package ort

import (
	"debug/elf"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"

	native "github.com/yalue/onnxruntime_go"
)

// A provider that comes as a library of its own speaks to the core through an interface that is
// private to one version, and the core does not ask which: a set of two versions loads and
// misbehaves. So version and needs are read from the provider's file before it is appended.

// account is what a provider's file says of itself.
type account struct {
	versions []string // of ONNX Runtime, that it names; empty: none was found
	needs    []string // libraries of the system, as the file names them
	err      error
}

// accounts keeps what was read, by path, size and time: a provider has hundreds of megabytes.
var accounts sync.Map

var versionText = regexp.MustCompile(`\x00(1\.\d{1,3}\.\d{1,3})\x00`)

// accountOf reads the provider library at path. Only ELF files (Linux) are read; elsewhere
// the account is empty.
func accountOf(path string) account {
	st, err := os.Stat(path)
	if err != nil {
		return account{err: err}
	}
	key := fmt.Sprint(path, st.Size(), st.ModTime())
	if a, ok := accounts.Load(key); ok {
		return a.(account)
	}
	a := readAccount(path)
	accounts.Store(key, a)
	return a
}

func readAccount(path string) (a account) {
	f, err := elf.Open(path)
	if err != nil {
		return account{err: err}
	}
	defer f.Close()
	if a.needs, a.err = f.ImportedLibraries(); a.err != nil {
		return a
	}
	texts := f.Section(".rodata")
	if texts == nil {
		return account{err: fmt.Errorf("%s has no section .rodata", filepath.Base(path))}
	}
	data, err := texts.Data()
	if err != nil {
		return account{err: err}
	}
	for _, m := range versionText.FindAllSubmatch(data, -1) {
		if v := string(m[1]); !slices.Contains(a.versions, v) {
			a.versions = append(a.versions, v)
		}
	}
	return a
}

// mismatched says why the provider at path does not go with a core of this version, "" if it does.
func mismatched(path, core string) string {
	a := accountOf(path)
	name := filepath.Base(path)
	switch {
	case a.err != nil:
		return fmt.Sprintf("%s cannot be read: %v", name, a.err)
	case slices.Contains(a.versions, core):
		return ""
	case len(a.versions) == 0:
		return fmt.Sprintf("%s does not say which version of ONNX Runtime it is for, and the library beside it is %s", name, core)
	}
	return fmt.Sprintf("%s is of ONNX Runtime %s, and the library beside it is %s: both must be of one version", name, strings.Join(a.versions, " or "), core)
}

// loadedByName are what a provider looks for only while it runs.
var loadedByName = map[string][]string{"cuda": {"libcudnn.so.9"}}

// absent are the system's libraries that the provider at path needs and the loader does not
// find, each once.
func absent(device, path string) (names []string) {
	for _, n := range append(slices.Clone(accountOf(path).needs), loadedByName[device]...) {
		if !strings.HasPrefix(n, "ld-linux") && !slices.Contains(names, n) && !loadable(n) {
			names = append(names, n)
		}
	}
	return names
}

// bringers are the commands that bring libraries, by how their names begin: NVIDIA's packages
// for Debian and Ubuntu, from its own repository.
var bringers = []struct{ library, command string }{
	{"libcuda.so", "install NVIDIA's driver (apt-get install nvidia-driver, or ubuntu-drivers install)"},
	{"libcublasLt.so", "apt-get install libcublas-13-0"},
	{"libcublas.so", "apt-get install libcublas-13-0"},
	{"libcurand.so", "apt-get install libcurand-13-0"},
	{"libcudart.so", "apt-get install cuda-cudart-13-0"},
	{"libcudnn.so", "apt-get install libcudnn9-cuda-13"},
	{"libnvinfer.so", "apt-get install libnvinfer10"},
	{"libnvonnxparser.so", "apt-get install libnvonnxparsers10"},
}

// remedy is how to get what the device lacks: for a provider in a library of its own, library by library.
func (r *Runtime) remedy(k kind) string {
	path, _, err := load(r.config.Library)
	if err != nil {
		return k.get
	}
	provider := providerFile(filepath.Dir(path), k.name)
	if provider == "" || mismatched(provider, native.GetVersion()) != "" {
		return k.get
	}
	if missing := absent(k.name, provider); len(missing) > 0 {
		return steps(missing)
	}
	return k.get
}

// steps says what brings each of the libraries.
func steps(libraries []string) string {
	var all []string
	for _, lib := range libraries {
		step := "the package of your system that holds it"
		for _, b := range bringers {
			if strings.HasPrefix(lib, b.library) {
				step = b.command
			}
		}
		all = append(all, lib+": "+step)
	}
	return strings.Join(all, "; ") + " (the packages of CUDA and cuDNN come from NVIDIA's own repository for your system)"
}

// providerFile is where a device's provider lies beside the library; "" if it's in the library itself.
func providerFile(dir, device string) string {
	if names := companions(device, "linux"); len(names) == 2 {
		return filepath.Join(dir, names[1])
	}
	return ""
}

// unmatched says what keeps a provider of the CUDA kind from being used beside this core.
func unmatched(dir, device, core string) string {
	provider := providerFile(dir, device)
	if provider == "" {
		return ""
	}
	if why := mismatched(provider, core); why != "" {
		return why
	}
	if missing := absent(device, provider); len(missing) > 0 {
		return "the system has no " + strings.Join(missing, ", ")
	}
	return ""
}
