//go:build !windows

package engine

import (
	"os"
	"os/exec"
	"runtime"
	"syscall"
)

// The child finds its pipes as descriptors 3 and 4.
const requests, answers = 3, 4

// attach gives the child its two pipes and a process group of its own: a Ctrl+C in the
// window's terminal is the window's business, and what the child has started ends with it.
func attach(c *exec.Cmd, in, out *os.File) error {
	c.ExtraFiles = []*os.File{in, out}
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return nil
}

// sweep ends what a child has left behind: the rest of its process group.
func sweep(pid int) { _ = syscall.Kill(-pid, syscall.SIGKILL) }

// inherited are the child's ends of its pipes.
func inherited() (in, out *os.File, err error) {
	in, out = os.NewFile(requests, "requests"), os.NewFile(answers, "answers")
	for _, f := range []*os.File{in, out} {
		info, err := f.Stat()
		if err != nil || info.Mode()&os.ModeNamedPipe == 0 {
			return nil, nil, errAlone
		}
	}
	// What the child starts must not hold them: their end is how a death is noticed.
	syscall.CloseOnExec(requests)
	syscall.CloseOnExec(answers)
	if runtime.GOOS == "linux" {
		// Where memory runs out the system ends the engine, and not the window beside it.
		_ = os.WriteFile("/proc/self/oom_score_adj", []byte("600"), 0)
	}
	return in, out, nil
}
