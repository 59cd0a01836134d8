// Command pentimento is a painting program whose canvas has no edges: paint over a place and
// it is filled there. This package is the composition root: flags → a window or a
// verb. Only here do the parts that need cgo (app/ui, pipeline/ort) meet the rest.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"runtime/debug"

	"pentimento/app/cli"
	"pentimento/app/editor"
	"pentimento/app/engine"
	"pentimento/app/library"
	"pentimento/app/models"
	"pentimento/app/settings"
	"pentimento/app/ui"
	"pentimento/assets"
	"pentimento/fault"
	"pentimento/pipeline"
	"pentimento/pipeline/model"
	"pentimento/pipeline/ort"
)

func main() { os.Exit(run(os.Args[1:])) }

// gcPercent is lower than Go's own: pictures are large and short-lived, and memory that
// waits for the collector is memory that a model cannot have.
const gcPercent = 50

func run(args []string) int {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	if len(args) == 1 && args[0] == engine.Verb {
		return engineChild()
	}
	path, _ := settings.Path()
	store, settingsErr := settings.Open(path)
	if settingsErr != nil {
		fmt.Fprintln(os.Stderr, "pentimento:", fault.Plain(settingsErr))
	}
	self, _ := os.Executable()
	notices := make(chan string, 16)
	note := func(s string) {
		select {
		case notices <- s:
		default:
		}
	}
	if !cli.ForWindow(args) || !display() {
		rt := ort.New(ort.Config{Library: store.Runtime, Device: store.Device, Self: self, Memory: deviceMemory(), Notice: note})
		return verb(args, rt, isolated(self, store, note), notices, store.Models)
	}
	client, p := withEngine(self, store, note)
	defer client.Close()
	config := editor.Config{Pipeline: p, Runner: client, Settings: store, Version: Version, Sample: assets.Sample, Notices: notices, Starter: starter(), Folder: settings.StateFolder()}
	if dir, err := os.UserCacheDir(); err == nil {
		config.Previews = filepath.Join(dir, "pentimento", "previews")
	}
	if dir, err := library.Dir(); err == nil {
		config.Library = library.Open(dir, 0) // its budget is in the settings
	}
	if err := ui.Run(ID, config, args); err != nil {
		fmt.Fprintln(os.Stderr, "pentimento:", fault.Plain(err))
		return cli.ExitFailed
	}
	return cli.ExitDone
}

// verb runs without a window. Where there is no display and no verb was asked for, the
// same main job runs on the sample picture.
func verb(args []string, rt model.Runtime, isolated func() (pipeline.Runner, func()), notices <-chan string, known []settings.Model) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	go func() {
		for s := range notices {
			fmt.Fprintln(os.Stderr, "note:", s)
		}
	}()
	env := cli.Env{
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Version: Version, Sample: assets.Sample, Merges: assets.Merges,
		Runtime: func() (model.Runtime, error) { return rt, nil }, Isolated: isolated, Terminal: cli.IsTerminal(os.Stderr), Starter: starter(),
		Devices: ort.DeviceNames(), Known: models.Finder(known, starter()),
	}
	if cli.ForWindow(args) {
		if len(args) > 0 {
			fmt.Fprintf(os.Stderr, "pentimento: there is no display to open %q in\nhint: set DISPLAY, or use a verb: pentimento --help\n", args[0])
			return cli.ExitFailed
		}
		fmt.Fprintln(os.Stderr, "There is no display for a window, so the sample picture is filled instead.")
		args = []string{"demo"}
	}
	return cli.Main(ctx, args, env)
}

// starter hands out the built-in model as a file; nil where there is none.
func starter() func() (string, error) {
	if !assets.HasStarter() {
		return nil
	}
	return assets.Starter
}

// display says whether a window can be opened.
func display() bool {
	return runtime.GOOS != "linux" || os.Getenv("DISPLAY") != "" || os.Getenv("WAYLAND_DISPLAY") != ""
}
