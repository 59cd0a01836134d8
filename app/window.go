//go:build !headless

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"pentimento/app/cli"
	"pentimento/app/editor"
	"pentimento/app/engine"
	"pentimento/app/library"
	"pentimento/app/settings"
	"pentimento/app/ui"
	"pentimento/assets"
	"pentimento/fault"
	"pentimento/pipeline"
	"pentimento/pipeline/ort"
)

const windowed = true

// window opens the files in a window. The program ends with it.
func window(args []string, self string, store *settings.Store, note func(string), notices <-chan string) int {
	client, p := withEngine(self, store, note)
	defer client.Close()
	config := editor.Config{Pipeline: p, Runner: client, Settings: store, Version: Version, Sample: assets.Sample, Notices: notices, Starter: starter(), Folder: settings.StateFolder(), Fetch: fetcher(), Networks: ort.Installed}
	if dir, err := os.UserCacheDir(); err == nil {
		config.Previews = filepath.Join(dir, "pentimento", "previews")
	}
	if dir, err := library.Dir(); err == nil {
		config.Library = library.Open(dir, 0) // its budget is in the settings
	}
	config.Collection = modelLibrary()
	err := ui.Run(ID, config, args, func(err error) {
		client.Close()
		os.Exit(codeOf(err))
	})
	return codeOf(err)
}

// codeOf is the exit code after a window, which says what went wrong.
func codeOf(err error) int {
	if err == nil {
		return cli.ExitDone
	}
	fmt.Fprintln(os.Stderr, "pentimento:", fault.Plain(err))
	return cli.ExitFailed
}

// withEngine is what a window works with: a client whose child processes run the networks, and
// a pipeline that plans and checks in this process. The native library is never loaded here.
func withEngine(self string, store *settings.Store, note func(string)) (*engine.Client, *pipeline.Pipeline) {
	client := newClient(self, store, note)
	p := pipeline.New(client.Planner(ort.New(ort.Config{}).FreeMemory))
	p.SetMerges(assets.Merges)
	return client, p
}

// display says whether a window can be opened.
func display() bool {
	return runtime.GOOS != "linux" || os.Getenv("DISPLAY") != "" || os.Getenv("WAYLAND_DISPLAY") != ""
}

// windowless is the verb to run where a window was asked for and there is no display.
func windowless(files []string) (verb []string, code int) {
	if len(files) > 0 {
		fmt.Fprintf(os.Stderr, "pentimento: there is no display to open %q in\nhint: set DISPLAY, or use a verb: pentimento --help\n", files[0])
		return nil, cli.ExitFailed
	}
	fmt.Fprintln(os.Stderr, "There is no display for a window, so the sample picture is filled instead.")
	fmt.Fprintln(os.Stderr, "hint: pentimento --help lists the verbs; on a server use pentimento-cli (make build-cli), which has them all and needs no X11, OpenGL or GTK")
	return []string{"demo"}, cli.ExitDone
}
