package casefile

import (
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"

	"clew/internal/observable"
)

// idForm bounds what a case may be called: it is part of file names, URLs and
// commands, so it holds nothing that any of them would read as its own.
var idForm = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,63}$`)

// ValidID reports whether text may be the ID of a case.
func ValidID(text string) bool { return idForm.MatchString(text) }

// slugLen is how much of the seed an ID shows: enough to recognise it, short
// enough to type.
const slugLen = 24

// NewID returns an ID such as 2026-11-23-jppost-tu-top-4f2a: the UTC day, the
// seed as far as it fits, and four random digits. IDs sort by day. Another case
// of the same seed and day has the same ID once in 65,536 times: then opening
// it fails with ErrExists and the caller draws again.
func NewID(now time.Time, seed observable.Value, random io.Reader) (string, error) {
	var salt [2]byte
	if _, err := io.ReadFull(random, salt[:]); err != nil {
		return "", fmt.Errorf("random digits for a case ID: %w", err)
	}
	return now.UTC().Format(time.DateOnly) + "-" + slug(seed) + "-" + hex.EncodeToString(salt[:]), nil
}

// slug returns what an ID shows of a value: ASCII letters and digits, every
// run of anything else as one dash.
func slug(v observable.Value) string {
	text := v.Text()
	if _, rest, ok := strings.Cut(text, "://"); ok {
		text = rest
	}
	var b strings.Builder
	for _, r := range strings.ToLower(text) {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
		if b.Len() == slugLen {
			break
		}
	}
	if s := strings.Trim(b.String(), "-"); s != "" {
		return s
	}
	return "case"
}

// Resolve returns the ID of the one case that text means: a whole ID, or a
// beginning or an end of one that no other case shares.
func Resolve(ctx context.Context, r Reader, text string) (string, error) {
	heads, err := r.Cases(ctx)
	if err != nil {
		return "", err
	}
	var fits []string
	for _, head := range heads {
		if head.Case == text {
			return text, nil
		}
		if text != "" && (strings.HasPrefix(head.Case, text) || strings.HasSuffix(head.Case, text)) {
			fits = append(fits, head.Case)
		}
	}
	switch len(fits) {
	case 0:
		return "", fmt.Errorf("%w: %q; clew case list shows what there is", ErrNoCase, text)
	case 1:
		return fits[0], nil
	}
	const shown = 5
	more := ""
	if len(fits) > shown {
		fits, more = fits[:shown], fmt.Sprintf(" and %d more", len(fits)-shown)
	}
	return "", fmt.Errorf("%w: %q fits %s%s: write more of it", ErrNoCase, text, strings.Join(fits, ", "), more)
}
