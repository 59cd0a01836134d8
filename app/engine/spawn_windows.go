package engine

import (
	"fmt"
	"os"
	"os/exec"
	"syscall"
)

// pipesVariable tells the child the numbers of its two inherited handles.
const pipesVariable = "PENTIMENTO_ENGINE_PIPES"

// attach gives the child its two pipes and no console window.
func attach(c *exec.Cmd, in, out *os.File) error {
	handles := []syscall.Handle{syscall.Handle(in.Fd()), syscall.Handle(out.Fd())}
	for _, h := range handles {
		if err := syscall.SetHandleInformation(h, syscall.HANDLE_FLAG_INHERIT, syscall.HANDLE_FLAG_INHERIT); err != nil {
			return fmt.Errorf("engine: its pipes cannot be handed over: %w", err)
		}
	}
	if c.Env == nil {
		c.Env = os.Environ()
	}
	c.Env = append(c.Env, fmt.Sprintf("%s=%d,%d", pipesVariable, handles[0], handles[1]))
	c.SysProcAttr = &syscall.SysProcAttr{AdditionalInheritedHandles: handles, HideWindow: true}
	return nil
}

// sweep has nothing to do: what the child starts are self-tests, which end by themselves.
func sweep(int) {}

// inherited are the child's ends of its pipes.
func inherited() (in, out *os.File, err error) {
	var r, w uintptr
	if n, _ := fmt.Sscanf(os.Getenv(pipesVariable), "%d,%d", &r, &w); n != 2 {
		return nil, nil, errAlone
	}
	_ = os.Unsetenv(pipesVariable)
	for _, h := range []uintptr{r, w} { // what the child starts must not hold them
		_ = syscall.SetHandleInformation(syscall.Handle(h), syscall.HANDLE_FLAG_INHERIT, 0)
	}
	return os.NewFile(r, "requests"), os.NewFile(w, "answers"), nil
}
