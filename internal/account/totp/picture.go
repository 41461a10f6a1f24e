package totp

import (
	"fmt"
	"strings"

	"rsc.io/qr"
)

// A Picture is a QR code as the data of an SVG path, in units of one square: a page
// draws it without a style or a picture of its own, and nobody else draws it.
type Picture struct {
	Size int    // squares on a side, with the margin of four that readers want
	Path string // of the dark ones
}

const margin = 4 // squares (ISO/IEC 18004, 6.3.8)

// Draw makes the picture of a text.
func Draw(text string) (Picture, error) {
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return Picture{}, fmt.Errorf("picture of a second factor: %w", err)
	}
	var path strings.Builder
	for y := range code.Size {
		for x := 0; x < code.Size; x++ {
			from := x
			for x < code.Size && code.Black(x, y) {
				x++
			}
			if x > from {
				fmt.Fprintf(&path, "M%d %dh%dv1h-%dz", from+margin, y+margin, x-from, x-from)
			}
		}
	}
	return Picture{code.Size + 2*margin, path.String()}, nil
}
