package ort

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"unsafe"

	"pentimento/fault"

	native "github.com/yalue/onnxruntime_go"
)

// Variable is the environment variable that names the native library (a file) or the
// folder that holds it.
const Variable = "PENTIMENTO_ONNXRUNTIME"

// names are the file names the library has in the packages people get it from.
func names() []string {
	switch runtime.GOOS {
	case "windows":
		return []string{"onnxruntime.dll"}
	case "darwin":
		return []string{"libonnxruntime.dylib", "libonnxruntime.1.30.0.dylib", "libonnxruntime.1.dylib"}
	}
	return []string{"libonnxruntime.so.1", "libonnxruntime.so", "libonnxruntime.so.1.30.0"}
}

// place is one answer to where the library might be, and who says so.
type place struct{ why, path string }

// places lists where the library is looked for, first come first used: the setting, the
// environment variable, beside the executable, the per-user data folder, and the build
// folder of a source tree above the working directory or the executable.
func places(setting string) []place {
	var all []place
	add := func(why string, path ...string) {
		if path[0] != "" {
			all = append(all, place{why, filepath.Join(path...)})
		}
	}
	add("the setting", setting)
	add(Variable, os.Getenv(Variable))
	exe, _ := os.Executable()
	if real, err := filepath.EvalSymlinks(exe); err == nil {
		exe = real
	}
	beside := ""
	if exe != "" {
		beside = filepath.Dir(exe)
	}
	add("next to the program", beside)
	data, _ := userData()
	add("the per-user data folder", data)
	wd, _ := os.Getwd()
	for _, from := range []string{wd, beside} {
		if root := sourceRoot(from); root != "" {
			add("the build folder", root, "build", "ort")
		}
	}
	return all
}

// userData is where this user's downloaded parts of the program lie.
func userData() (string, error) {
	if dir := os.Getenv("XDG_DATA_HOME"); dir != "" && runtime.GOOS == "linux" {
		return filepath.Join(dir, "pentimento"), nil
	}
	if runtime.GOOS == "linux" {
		home, err := os.UserHomeDir()
		if err != nil {
			return "", err
		}
		return filepath.Join(home, ".local", "share", "pentimento"), nil
	}
	dir, err := os.UserConfigDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, "pentimento"), nil
}

// sourceRoot walks up from a folder to the one that holds build/ort, "" if there is none.
func sourceRoot(from string) string {
	for from != "" {
		if info, err := os.Stat(filepath.Join(from, "build", "ort")); err == nil && info.IsDir() {
			return from
		}
		up := filepath.Dir(from)
		if up == from {
			break
		}
		from = up
	}
	return ""
}

// find returns the library's path, or an error that names every place looked at.
func find(setting string) (string, error) {
	var looked []string
	for _, p := range places(setting) {
		candidates := []string{p.path}
		if info, err := os.Stat(p.path); err == nil && info.IsDir() {
			candidates = candidates[:0]
			for _, n := range names() {
				candidates = append(candidates, filepath.Join(p.path, n))
			}
		}
		for _, c := range candidates {
			if info, err := os.Stat(c); err == nil && info.Mode().IsRegular() {
				return filepath.Abs(c)
			}
		}
		looked = append(looked, fmt.Sprintf("%s (%s)", p.path, p.why))
	}
	return "", fault.New("ort: the ONNX Runtime library "+names()[0]+" was not found; looked at "+strings.Join(looked, ", "),
		"run `make native`, or set "+Variable+" to the library's path")
}

// Installed says why networks can't run here: the library is in none of its places. It loads nothing; setting is
// Config.Library.
func Installed(setting string) error {
	_, err := find(setting)
	return err
}

// The library and its environment are one a process, whatever Runtime asked first.
var library struct {
	sync.Mutex
	path      string
	providers []string
}

// load finds and starts the library once; a failed try may be repeated. It returns the
// library's path and the execution providers built into it.
func load(setting string) (string, []string, error) {
	library.Lock()
	defer library.Unlock()
	if library.path != "" {
		return library.path, library.providers, nil
	}
	path, err := find(setting)
	if err != nil {
		return "", nil, err
	}
	bad := func(err error) error {
		return fault.With(fmt.Errorf("ort: the library %q cannot be used: %w", path, err),
			"want ONNX Runtime 1.24 or newer for this system; run `make native`, or set "+Variable)
	}
	if !native.IsInitialized() {
		// Telemetry is off: how a picture was made is private. Some builds report it, from the moment
		// they are loaded: files in the temporary folder, uploads from a thread of their own.
		if err := os.Setenv("ORT_DISABLE_TELEMETRY", "1"); err != nil {
			return "", nil, bad(err)
		}
		native.SetSharedLibraryPath(path)
		if err := native.InitializeEnvironment(native.WithLogLevelFatal()); err != nil {
			return "", nil, bad(errors.New(strings.ToValidUTF8(err.Error(), "?")))
		}
		_ = native.DisableTelemetry()
	}
	entry, err := entryPoint(path)
	if err != nil {
		return "", nil, bad(err)
	}
	memory, err := native.GetMemoryInfo()
	if err != nil {
		return "", nil, bad(err)
	}
	providers, err := start(entry, unsafe.Pointer(memory))
	if err != nil {
		return "", nil, bad(err)
	}
	library.path, library.providers = path, providers
	return path, providers, nil
}

// Version is the version of the loaded library; it loads it when that is needed.
func (r *Runtime) Version() (string, error) {
	if _, _, err := load(r.config.Library); err != nil {
		return "", err
	}
	return native.GetVersion(), nil
}
