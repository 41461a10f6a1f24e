//go:build cgo

package main

// cgo tells which zstd Pebble uses: the C library, or one in Go without cgo, as
// in the binaries we give out.
const cgo = true
