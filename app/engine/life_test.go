//go:build !windows

package engine

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"pentimento/canvas/canvastest"
	"pentimento/pipeline"
)

// freeze stops the process as a debugger would: no heartbeat any more.
func freeze() {
	_ = syscall.Kill(os.Getpid(), syscall.SIGSTOP)
	time.Sleep(time.Minute) // the signal need not come before the call returns
}

// runsNow says whether a process does; one that ended and was not waited for does not.
func runsNow(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return false
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err != nil || !strings.Contains(string(stat), ") Z ")
}

// ends waits until a process is gone.
func ends(t *testing.T, pid int) {
	t.Helper()
	for limit := time.Now().Add(20 * time.Second); runsNow(pid); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(limit) {
			t.Fatalf("process %d still runs", pid)
		}
	}
}

func (r *room) number() int {
	r.t.Helper()
	n, err := strconv.Atoi(r.pid())
	if err != nil {
		r.t.Fatal(err)
	}
	return n
}

// window is the tests' stand-in for the window's process: it runs a job that does not end,
// says which process does it, and is then killed.
func window() {
	c := New(Config{Version: "test", Command: func() *exec.Cmd {
		k := exec.Command(os.Args[0])
		k.Env = append(os.Environ(), modeVariable+"=script")
		return k
	}})
	_, err := c.Run(context.Background(), asked("pid hang"), func(p pipeline.Progress) { fmt.Println(p.Stage) })
	fmt.Println(err)
}

// TestTheChildEndsWithItsWindow, though its run listens to nobody.
func TestTheChildEndsWithItsWindow(t *testing.T) {
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), modeVariable+"=window")
	out, err := c.StdoutPipe()
	if err == nil {
		err = c.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	pid := 0
	for pid == 0 && lines.Scan() {
		pid, _ = strconv.Atoi(lines.Text())
	}
	if !runsNow(pid) {
		t.Fatalf("process %d does not run", pid)
	}
	_ = c.Process.Kill()
	_ = c.Wait()
	ends(t, pid)
}

func TestCloseAndIdlenessEndTheChild(t *testing.T) {
	r := open(t, "script", func(c *Config) { c.Idle = 300 * time.Millisecond })
	ends(t, r.number())
	r.works() // and the next job starts another
	r = open(t, "script")
	pid := r.number()
	r.Close()
	if runsNow(pid) {
		t.Errorf("process %d still runs after Close", pid)
	}
	if _, err := r.Run(context.Background(), asked(""), nil); err == nil {
		t.Error("a closed client runs a job")
	}
}

func TestWhatTheChildStartedEndsWithIt(t *testing.T) {
	r := open(t, "script")
	path := filepath.Join(t.TempDir(), "started")
	r.lost("child=" + path + " die")
	data, err := os.ReadFile(path)
	started := strings.Fields(string(data))
	if err != nil || len(started) != 2 {
		t.Fatalf("%v: it started %v, want two", err, started)
	}
	for _, s := range started {
		pid, _ := strconv.Atoi(s)
		ends(t, pid)
	}
}

func TestAFrozenChildIsEnded(t *testing.T) {
	r := open(t, "script", func(c *Config) { c.Silence = 3 * time.Second })
	if l := r.lost("freeze"); !strings.Contains(l.Error(), "no sign of life") {
		t.Errorf("it says %q", l)
	}
	r.works()
}

// TestKilledAtAnyInstant kills the child again and again while jobs run: each ends as done
// or as lost, and the next one finds a child. `make proof` does the same with the real
// program, a real model and 100 kills.
func TestKilledAtAnyInstant(t *testing.T) {
	r := open(t, "script")
	rng := canvastest.Chance(t)
	done, lost := 0, 0
	for range 12 {
		pid := r.number()
		after := time.Duration(rng.IntN(60)) * time.Millisecond
		go func() {
			time.Sleep(after)
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}()
		q := asked("steps")
		q.Steps, q.Strength = 10, 0.003
		_, err := r.Run(context.Background(), q, nil)
		var l *Lost
		switch {
		case err == nil:
			done++
		case errors.As(err, &l):
			lost++
		default:
			t.Errorf("killed after %v: %v, want a result or a Lost", after, err)
		}
		ends(t, pid)
	}
	t.Logf("%d done, %d lost", done, lost)
	if done == 0 {
		t.Error("no job was done")
	}
	r.works()
}

// TestNothingStaysOpen: neither descriptors nor goroutines pile up with dead children.
func TestNothingStaysOpen(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("descriptors are counted in /proc")
	}
	count := func() (files, goroutines int) {
		list, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Fatal(err)
		}
		return len(list), runtime.NumGoroutine()
	}
	r := open(t, "script")
	r.lost("die")
	files, goroutines := count()
	for range 5 {
		r.lost("die")
	}
	var f, g int
	for range 50 { // the last one's are on their way out
		if f, g = count(); f <= files && g <= goroutines {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Errorf("%d descriptors and %d goroutines, %d and %d before", f, g, files, goroutines)
}
