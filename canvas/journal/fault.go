package journal

import (
	"errors"
	"fmt"
	"io/fs"
	"syscall"

	"pentimento/canvas/disk"
)

// Error is what is wrong with a journal, with advice apart from it.
type Error struct {
	Path   string
	Text   string
	Advice string
	Newer  bool // a newer major version wrote it
	Err    error
}

// Error says what, where, found and wanted.
func (e *Error) Error() string {
	s := "journal"
	if e.Path != "" {
		s += fmt.Sprintf(" %q", e.Path)
	}
	if e.Text != "" {
		s += ": " + e.Text
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap is what caused it.
func (e *Error) Unwrap() error { return e.Err }

// Hint is what to do about it.
func (e *Error) Hint() string { return e.Advice }

// plain says in plain words why the disk does not take what it is given.
func plain(path string, err error) error {
	var own *Error
	if errors.As(err, &own) {
		if own.Path != "" {
			return err
		}
		named := *own
		named.Path = path
		return &named
	}
	e := &Error{Path: path, Err: err, Advice: "painting goes on in memory; save the picture to another disk"}
	switch {
	case disk.Full(err):
		e.Text, e.Err = "the disk is full", err
		e.Advice = "painting goes on in memory; make room on the disk and the journal goes on by itself"
	case disk.ReadOnly(err), errors.Is(err, fs.ErrPermission):
		e.Text = "the folder cannot be written to"
		e.Advice = "painting goes on in memory; make the folder writable and the journal goes on by itself"
	case errors.Is(err, syscall.EIO):
		e.Text = "the disk reports an error"
	case errors.Is(err, fs.ErrNotExist):
		e.Text = "the folder is gone"
	}
	return e
}
