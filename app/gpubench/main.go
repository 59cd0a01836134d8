// Command gpubench measures Stable Diffusion 1.5 and SDXL at full size on one device and prints
// the figures as one JSON object (make gpu-bench DEVICE=webgpu). It writes both models itself,
// of pseudo-random weights in half precision (2 and 7 GB, taken away in the end), and fetches
// nothing. The whole pictures are made by the verb `generate` of the build without a window,
// which also runs the device's self-test; all else is measured in this process.
//
// What does not fit the time (-limit) is left out and named; what fails stands there with its
// error. A network that a device refuses would run on the processor: that is an error here.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"pentimento/fault"
	"pentimento/pipeline/ort"
)

// report is what is printed. Times are seconds, sizes bytes.
type report struct {
	Device    string   `json:"device"`
	Ready     bool     `json:"ready"`
	Missing   string   `json:"missing,omitempty"`
	System    string   `json:"system"`
	Processor int      `json:"cores"`
	Card      string   `json:"card,omitempty"` // as nvidia-smi names it
	Runtime   string   `json:"onnxruntime"`
	Nets      string   `json:"nets"`
	Models    []*sheet `json:"models"`
	Left      []string `json:"left_out,omitempty"` // for want of time
	Notices   []string `json:"notices,omitempty"`
	Seconds   float64  `json:"seconds"`
}

func main() {
	device := flag.String("device", "webgpu", "NAME of the device, as `pentimento-cli devices` lists it")
	cli := flag.String("cli", "bin/pentimento-cli", "the program without a window")
	nets := flag.String("nets", "full", "full or tiny networks; tiny ones are to try this program")
	limit := flag.Duration("limit", 8*time.Minute, "the time after which nothing more is begun")
	python := flag.String("python", "python3", "the Python whose PyTorch is measured beside, if it has one")
	flag.Parse()
	if err := run(*device, *cli, *nets, *python, *limit); err != nil {
		fmt.Fprintln(os.Stderr, "gpubench:", fault.Plain(err))
		if hint := fault.Hint(err); hint != "" {
			fmt.Fprintln(os.Stderr, "hint:", hint)
		}
		os.Exit(1)
	}
}

func run(device, cli, nets, python string, limit time.Duration) error {
	plans, ok := plansOf(nets)
	if !ok {
		return fault.New(fmt.Sprintf("-nets %s: want full or tiny", nets), "")
	}
	if _, err := os.Stat(cli); err != nil {
		return fault.With(err, "make build-cli builds it")
	}
	if known := ort.DeviceNames(); !slices.Contains(known, device) {
		return fault.New(fmt.Sprintf("-device %s: want one of %s", device, strings.Join(known, ", ")), "")
	}
	dir, err := os.MkdirTemp("", "gpubench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	b := &bench{dir: dir, cli: cli, python: python, device: device, began: time.Now(), limit: limit, card: watchCard(ctx)}
	b.runtime = ort.New(ort.Config{Device: device, Self: cli, Notice: b.notice})
	b.report = report{Device: device, Nets: nets, System: runtime.GOOS + "/" + runtime.GOARCH, Processor: runtime.NumCPU(), Card: b.card.name}
	if b.report.Runtime, err = b.runtime.Version(); err != nil {
		return err
	}
	if device != "cpu" {
		b.runtime.Survey(ctx, device) // what is installed may still have no card to use
	}
	if b.look(); b.report.Ready {
		for _, p := range plans {
			b.model(ctx, p)
		}
		b.look() // a card may be lost meanwhile
	}
	b.report.Seconds = b.since(b.began)
	e := json.NewEncoder(os.Stdout)
	e.SetIndent("", "  ")
	if err := e.Encode(b.report); err != nil {
		return err
	}
	if !b.report.Ready {
		return fault.New(fmt.Sprintf("device %q is not ready: %s", device, b.report.Missing), "pentimento-cli devices says how to get it")
	}
	return nil
}

// look reports whether the device can be used, as far as is known by now.
func (b *bench) look() {
	for _, d := range b.runtime.Devices() {
		if d.Name == b.device {
			b.report.Ready, b.report.Missing = d.Ready, d.Missing
		}
	}
}
