package infill

import (
	"context"
	"runtime"
	"sync/atomic"

	"pentimento/fault"
)

// each calls do(0)…do(n-1) on all cores and waits. The parts must not depend on each
// other: which goroutine runs which part, and when, is open. It stops handing out parts
// when ctx ends.
func each(ctx context.Context, n int, do func(i int)) error {
	workers := min(runtime.GOMAXPROCS(0), n)
	if workers <= 1 {
		for i := range n {
			if err := ctx.Err(); err != nil {
				return err
			}
			do(i)
		}
		return ctx.Err()
	}
	var next atomic.Int64
	var wg fault.Group
	for range workers {
		wg.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= n || ctx.Err() != nil {
					return
				}
				do(i)
			}
		})
	}
	wg.Wait()
	return ctx.Err()
}

// chunks splits n items into parts of size and calls do with each range.
func chunks(ctx context.Context, n, size int, do func(from, to int)) error {
	return each(ctx, (n+size-1)/size, func(i int) { do(i*size, min((i+1)*size, n)) })
}
