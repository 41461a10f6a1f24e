package certs

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"

	"clew/internal/ingest"
	"clew/internal/observation/record"
)

// derLength returns how long the DER sequence that begins with head is, its
// header included; ok is false where none does.
func derLength(head []byte) (n int, ok bool) {
	if len(head) < 4 || head[0] != 0x30 {
		return 0, false
	}
	switch head[1] {
	case 0x81:
		return 3 + int(head[2]), true
	case 0x82:
		return 4 + int(head[2])<<8 + int(head[3]), true
	case 0x83:
		return 5 + int(head[2])<<16 + int(head[3])<<8, true // and the byte that follows, at most 255
	}
	return 0, false
}

// readDER reads certificates that stand behind each other.
func readDER(in *bufio.Reader, out *ingest.Out) error {
	for {
		head, err := in.Peek(5)
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		if len(head) == 0 {
			return nil
		}
		n, ok := derLength(head)
		if ok && head[1] == 0x83 {
			n += int(head[4])
		}
		if !ok || n > maxCertificate {
			out.Record(nil)
			out.Reject("what follows is no certificate in DER")
			return nil
		}
		der := make([]byte, n)
		if _, err := io.ReadFull(in, der); err != nil {
			return cut(err)
		}
		out.Record(nil)
		certificate(der, out)
		if err := out.Stopped(); err != nil {
			return err
		}
	}
}

func cut(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return fmt.Errorf("%w inside a certificate", ingest.ErrCut)
	}
	return err
}

func certificate(der []byte, out *ingest.Out) {
	c, ok := record.ParseDER(der)
	if !ok {
		out.Reject("no X.509 certificate")
		return
	}
	keep(c, out)
}

// readPEM reads the blocks of a text; what stands between them, as the tools of
// OpenSSL write it, is read over, and so are keys and the like.
func readPEM(in *bufio.Reader, out *ingest.Out) error {
	var body []byte
	label := "" // of the block being read
	before := out.Summary.Read
	for {
		line, err := in.ReadSlice('\n')
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, bufio.ErrBufferFull) {
			return err
		}
		text := bytes.TrimSpace(line)
		switch {
		case bytes.HasPrefix(text, []byte(pemBegin)):
			label, body = string(text), body[:0]
		case label == "":
		case bytes.HasPrefix(text, []byte("-----END ")):
			out.Record([]byte(label))
			block(label, body, out)
			label = ""
		case bytes.IndexByte(text, ':') >= 0: // a header of the block
		case len(body)+len(text) > 2*maxCertificate:
			out.Record([]byte(label))
			out.Reject("block of more than %d bytes", 2*maxCertificate)
			label = ""
		default:
			body = append(body, text...)
		}
		if stopped := out.Stopped(); stopped != nil {
			return stopped
		}
		if errors.Is(err, io.EOF) {
			if label != "" {
				return cut(err)
			}
			if out.Summary.Read == before {
				return fmt.Errorf("no certificate: neither PEM, DER nor JSON: %w", ingest.ErrNotFormat)
			}
			return nil
		}
	}
}

func block(label string, body []byte, out *ingest.Out) {
	if !strings.Contains(label, "CERTIFICATE-----") {
		out.Skip()
		return
	}
	der := make([]byte, base64.StdEncoding.DecodedLen(len(body)))
	n, err := base64.StdEncoding.Decode(der, body)
	if err != nil {
		out.Reject("%w", err)
		return
	}
	der = der[:n]
	// A trusted certificate of OpenSSL has its settings behind it.
	if size, ok := derLength(der); ok && strings.Contains(label, "TRUSTED") && size <= len(der) {
		der = der[:size]
	}
	certificate(der, out)
}
