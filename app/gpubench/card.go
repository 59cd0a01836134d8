package main

import (
	"bytes"
	"context"
	"os/exec"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"pentimento/fault"
)

// card is what nvidia-smi tells of the first graphics card; without that program its figures
// are 0.
type card struct {
	name string
	most atomic.Int64 // bytes in use since reset
}

// watchCard looks at the card's memory ten times a second until ctx ends.
func watchCard(ctx context.Context) *card {
	c := &card{}
	ask := func(what string) (string, bool) {
		out, err := exec.CommandContext(ctx, "nvidia-smi", "--query-gpu="+what, "--format=csv,noheader,nounits", "--id=0").Output()
		return string(bytes.TrimSpace(out)), err == nil
	}
	var ok bool
	if c.name, ok = ask("name"); !ok {
		return &card{}
	}
	go func() {
		_ = fault.Guard("watching the card", func() {
			for ctx.Err() == nil {
				if text, ok := ask("memory.used"); ok {
					if mib, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64); err == nil && mib<<20 > c.most.Load() {
						c.most.Store(mib << 20)
					}
				}
				time.Sleep(100 * time.Millisecond)
			}
		})
	}()
	return c
}

func (c *card) reset()      { c.most.Store(0) }
func (c *card) peak() int64 { return c.most.Load() }
