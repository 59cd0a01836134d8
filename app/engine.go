package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"

	"pentimento/app/cli"
	"pentimento/app/engine"
	"pentimento/app/settings"
	"pentimento/assets"
	"pentimento/fault"
	"pentimento/pipeline"
	"pentimento/pipeline/ort"
)

func newClient(self string, store *settings.Store, note func(string)) *engine.Client {
	return engine.New(engine.Config{Self: self, Version: build(), Library: store.Runtime, Device: store.Device, Notice: note, Local: pipeline.New(nil)})
}

// isolated is the same for a verb that wants it (--isolate).
func isolated(self string, store *settings.Store, note func(string)) func() (pipeline.Runner, func()) {
	return func() (pipeline.Runner, func()) {
		client := newClient(self, store, note)
		return client, client.Close
	}
}

// engineChild is the process that runs networks for a window or a verb. It isn't a verb: people
// have `pentimento generate`.
func engineChild() int {
	err := engine.Child(build(), func(s engine.Start, say func(string)) (engine.Backend, error) {
		self, _ := os.Executable()
		rt := ort.New(ort.Config{Library: s.Library, Device: s.Device, Self: self, Memory: deviceMemory(), Notice: say})
		p := pipeline.New(rt)
		p.SetMerges(assets.Merges)
		return engine.Backend{Runner: p, Devices: func() []engine.Device {
			var out []engine.Device
			for _, d := range rt.Devices() {
				out = append(out, engine.Device(d))
			}
			return out
		}}, nil
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, "pentimento:", fault.Plain(err))
		if hint := fault.Hint(err); hint != "" {
			fmt.Fprintln(os.Stderr, "hint:", hint)
		}
		return cli.ExitFailed
	}
	return cli.ExitDone
}

// build names this very build: a window and its engine must be of one. The version alone
// would not tell two builds of a day apart.
func build() string {
	info, _ := debug.ReadBuildInfo()
	return buildOf(info)
}

// buildOf names the build that a program's own account describes; nil is one without.
func buildOf(info *debug.BuildInfo) string {
	text := Version
	if info == nil {
		return text
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" || s.Key == "vcs.modified" && s.Value == "true" {
			text += " " + s.Value[:min(len(s.Value), 12)] // "true" is of a changed tree
		}
	}
	return text
}

// deviceMemory is where failed self-tests are remembered; "" where there is no such place.
func deviceMemory() string {
	dir, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(dir, "pentimento", "devices.json")
}
