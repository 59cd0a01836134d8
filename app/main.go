// Command pentimento is a painting program whose canvas has no edges: paint over a place and
// it is filled there. This package is the composition root: flags → a window or a
// verb. Only here do the parts that need cgo (app/ui, pipeline/ort) meet the rest.
//
// With the tag "headless" it is a program of the verbs alone, for servers, that links no
// library of a screen. It is the same package with another answer to "may there be a window"
// (window.go, headless.go), so that verbs and engine cannot grow apart.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"pentimento/app/cli"
	"pentimento/app/collection"
	"pentimento/app/engine"
	"pentimento/app/fetch"
	"pentimento/app/models"
	"pentimento/app/settings"
	"pentimento/assets"
	"pentimento/fault"
	"pentimento/pipeline"
	"pentimento/pipeline/model"
	"pentimento/pipeline/ort"
)

func main() { os.Exit(run(os.Args[1:])) }

// gcPercent is lower than Go's own: pictures are large and short-lived, and memory that
// waits for the collector is memory that a model cannot have.
const gcPercent = 20

func run(args []string) int {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	if len(args) == 1 && args[0] == engine.Verb {
		return engineChild()
	}
	if !cli.ForWindow(args) {
		attachConsole()
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
		return verb(args, rt, isolated(self, store, note), notices, store)
	}
	return window(args, self, store, note, notices)
}

// verb runs without a window. Where there is no display and no verb was asked for, the
// same main job runs on the sample picture.
func verb(args []string, rt model.Runtime, isolated func() (pipeline.Runner, func()), notices <-chan string, store *settings.Store) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	go func() {
		_ = fault.Guard("notices", func() {
			for s := range notices {
				fmt.Fprintln(os.Stderr, "note:", s)
			}
		})
	}()
	env := cli.Env{
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Version: Version, Sample: assets.Sample, Merges: assets.Merges,
		Runtime: func() (model.Runtime, error) { return rt, nil }, Isolated: isolated, Terminal: cli.IsTerminal(os.Stderr), Starter: starter(),
		Devices: ort.DeviceNames(), Known: models.Finder(store.Models, starter(), modelLibrary(), models.Places(store)), Adapters: models.KindFinder(modelLibrary(), models.Places(store), "adapter"), VAEs: models.KindFinder(modelLibrary(), models.Places(store), "vae"), Windowless: !windowed, Fetch: fetcher(),
		Collection: func() (*collection.Collection, collection.Places) { return modelLibrary(), models.Places(store) },
	}
	if cli.ForWindow(args) {
		var code int
		if args, code = windowless(args); code != cli.ExitDone {
			return code
		}
	}
	return cli.Main(ctx, args, env)
}

// modelLibrary is the person's library of models, in memory alone where there is no folder for data.
func modelLibrary() *collection.Collection {
	dir, _ := collection.Dir()
	return collection.Open(dir)
}

// fetcher is what downloads models; it speaks to nobody unasked.
func fetcher() *fetch.Client {
	dir, err := fetch.Dir()
	if err != nil {
		return nil
	}
	return fetch.New(dir, Version)
}

// starter hands out the built-in model as a file; nil where there is none.
func starter() func() (string, error) {
	if !assets.HasStarter() {
		return nil
	}
	return assets.Starter
}
