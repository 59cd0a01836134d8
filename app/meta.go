package main

// What the program is called, in code because `go build` does not read FyneApp.toml; a
// test holds the two equal.
const (
	ID      = "org.pentimento.Pentimento"
	Name    = "Pentimento"
	Version = "0.1.0"
)
