package totp_test

import (
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"clew/internal/account/totp"
)

// A reader of such pictures, zbarimg, reads what was drawn.
func TestPictureIsRead(t *testing.T) {
	want := key.URI("clew team.example", "somebody-with-a-long-name@team.example")
	p, err := totp.Draw(want)
	if err != nil {
		t.Fatal(err)
	}
	const scale = 6
	side := p.Size * scale
	drawn := image.NewGray(image.Rect(0, 0, side, side))
	for i := range drawn.Pix {
		drawn.Pix[i] = 0xff
	}
	for piece := range strings.SplitSeq(strings.TrimSuffix(p.Path, "z"), "z") {
		var x, y, w, back int
		if n, err := fmt.Sscanf(piece, "M%d %dh%dv1h-%d", &x, &y, &w, &back); n != 4 || err != nil || w != back || x < 4 || x+w > p.Size-4 {
			t.Fatalf("%q of the path: %v", piece, err)
		}
		for px := x * scale; px < (x+w)*scale; px++ {
			for py := y * scale; py < (y+1)*scale; py++ {
				drawn.SetGray(px, py, color.Gray{})
			}
		}
	}
	reader, err := exec.LookPath("zbarimg")
	if err != nil {
		t.Skip("zbarimg is not installed (zbar-tools)")
	}
	path := filepath.Join(t.TempDir(), "picture.png")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := png.Encode(file, drawn); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	got, err := exec.CommandContext(t.Context(), reader, "--quiet", "--raw", path).Output()
	if err != nil || strings.TrimSpace(string(got)) != want {
		t.Errorf("read %q, want %q: %v", got, want, err)
	}
}

func TestPictureOfTooMuch(t *testing.T) {
	if _, err := totp.Draw(strings.Repeat("x", 5000)); err == nil {
		t.Error("5000 characters fit into a picture")
	}
}
