package dnsdb

import (
	"bytes"
	"encoding/json"
	"fmt"

	"clew/internal/source"
)

// frame is one line of the Streaming Answer Format. Lines of the first version
// of the interface have no frame: they are the object itself.
// https://www.domaintools.com/resources/user-guides/farsight-streaming-api-framing-protocol-documentation
type frame struct {
	Cond   string          `json:"cond"`
	Object json.RawMessage `json:"obj"`
	Msg    string          `json:"msg"`
}

// stream is what the frames of one reply held.
type stream struct {
	objects []json.RawMessage
	limited bool     // there is more beyond the limit asked for
	types   []string // record types of the objects; filled by decodeRecords
}

// unframedLimit is the smallest limit of a plan. Without frames nothing says
// that a list was cut, so one as long as that may have been.
const unframedLimit = 256

// readStream takes a reply apart. The objects that came are returned beside the
// error of a stream that failed or was cut off: they are true, but not all.
func readStream(reply source.Reply) (s stream, err error) {
	framed, closed, first := true, false, true
	for line := range bytes.Lines(reply.Body) {
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		var f frame
		if err := json.Unmarshal(line, &f); err != nil {
			return s, fmt.Errorf("%w: a line is no JSON: %w", source.ErrBadReply, err)
		}
		if first {
			framed, first = f.Cond != "" || f.Object != nil, false
		}
		if closed {
			return s, fmt.Errorf("%w: lines after the last frame", source.ErrBadReply)
		}
		if !framed {
			s.objects = append(s.objects, bytes.Clone(line))
			continue
		}
		if f.Object != nil {
			s.objects = append(s.objects, f.Object)
		}
		if closed, err = s.condition(f); err != nil {
			return s, err
		}
	}
	switch {
	case first:
		return s, fmt.Errorf("%w: empty body", source.ErrBadReply)
	case !framed:
		s.limited = len(s.objects) >= unframedLimit
	case !closed:
		return s, fmt.Errorf("%w: cut off, the closing frame is missing", source.ErrBadReply)
	}
	return s, nil
}

// condition obeys one frame and reports whether it was the last.
func (s *stream) condition(f frame) (last bool, err error) {
	switch f.Cond {
	case "begin", "ongoing":
		return false, nil
	case "":
		if f.Object == nil {
			return false, fmt.Errorf("%w: a frame with neither condition nor object", source.ErrBadReply)
		}
		return false, nil
	case "succeeded":
		return true, nil
	case "limited":
		s.limited = true
		return true, nil
	case "failed":
		return true, fmt.Errorf("the server gave up half way: %.200q", f.Msg)
	}
	return false, fmt.Errorf("%w: unknown condition %.40q", source.ErrBadReply, f.Cond)
}
