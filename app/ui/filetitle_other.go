//go:build !linux

package ui

// entitleNext has nothing to do where dialogs take their titles.
func entitleNext(string) {}
