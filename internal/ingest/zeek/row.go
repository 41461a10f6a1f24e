package zeek

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"time"

	"clew/internal/observation/record"
)

// A column is a field that some log has and clew reads.
type column uint8

const (
	none column = iota
	colTime
	colPath
	colUID
	colServer // id.resp_h
	colPort   // id.resp_p
	colQuery
	colQueryType
	colResponse // rcode_name
	colAnswers
	colServerName
	colChain      // cert_chain_fps
	colChainFiles // cert_chain_fuids
	colFingerprint
	colCertID // id of an x509 log without fingerprints: the fuid
	colSerial
	colSubject
	colIssuer
	colNotBefore
	colNotAfter
	colNames
	colAddresses
	colFile // fuid
	colSender
	colFileSource
	colMime
	colFilename
	colMD5
	colSHA1
	colSHA256
	colMethod
	colHost
	colURI
	colResponseFiles // resp_fuids
	colJA3           // of the packages that add it to ssl.log, as are the next two
	colJA3S
	colJA4
	columns
)

var columnNames = map[string]column{
	"ts": colTime, "_path": colPath, "uid": colUID, "id.resp_h": colServer, "id_resp_h": colServer,
	"id.resp_p": colPort, "id_resp_p": colPort,
	"query": colQuery, "qtype_name": colQueryType, "rcode_name": colResponse, "answers": colAnswers,
	"server_name": colServerName, "cert_chain_fps": colChain, "cert_chain_fuids": colChainFiles,
	"fingerprint": colFingerprint, "id": colCertID, "certificate.serial": colSerial, "certificate.subject": colSubject,
	"certificate.issuer": colIssuer, "certificate.not_valid_before": colNotBefore, "certificate.not_valid_after": colNotAfter,
	"san.dns": colNames, "san.ip": colAddresses,
	"fuid": colFile, "tx_hosts": colSender, "source": colFileSource, "mime_type": colMime, "filename": colFilename,
	"md5": colMD5, "sha1": colSHA1, "sha256": colSHA256,
	"method": colMethod, "host": colHost, "uri": colURI, "resp_fuids": colResponseFiles,
	"ja3": colJA3, "ja3s": colJA3S, "ja4": colJA4,
}

// columnNamed knows the names of fields as Zeek writes them, and with the
// underscores that a search server wants in place of dots.
func columnNamed(name string) column {
	for _, record := range []string{"certificate", "san"} {
		if rest, ok := strings.CutPrefix(name, record+"_"); ok {
			name = record + "." + rest
		}
	}
	return columnNames[name]
}

// maxElements bounds the elements of one cell: a certificate has been seen with
// two thousand names.
const maxElements = 10_000

// row is one line of a log: the values of each column.
type row struct {
	fields [columns]bool // the log has them
	values [columns][]string
}

func (r *row) clear() {
	for i := range r.values {
		r.values[i] = r.values[i][:0]
	}
}

func (r *row) setFields(at []column) {
	r.fields = [columns]bool{}
	for _, c := range at {
		r.fields[c] = true
	}
}

// set takes a cell; the elements of lists stand between separators.
func (r *row) set(c column, text, separator string) {
	if !isList(c) {
		r.values[c] = append(r.values[c], unescape(text))
		return
	}
	for element := range strings.SplitSeq(text, separator) {
		if len(r.values[c]) < maxElements {
			r.values[c] = append(r.values[c], unescape(element))
		}
	}
}

func isList(c column) bool {
	switch c {
	case colAnswers, colChain, colChainFiles, colNames, colAddresses, colSender, colResponseFiles:
		return true
	}
	return false
}

func (r *row) setJSON(c column, raw json.RawMessage) error {
	switch raw[0] {
	case 'n', '{':
		return nil
	case '[':
		var list []json.RawMessage
		if err := json.Unmarshal(raw, &list); err != nil {
			return err
		}
		for _, element := range list[:min(len(list), maxElements)] {
			if err := r.setJSON(c, element); err != nil {
				return err
			}
		}
		return nil
	case '"':
		var text string
		if err := json.Unmarshal(raw, &text); err != nil {
			return err
		}
		r.values[c] = append(r.values[c], text)
		return nil
	}
	r.values[c] = append(r.values[c], string(raw))
	return nil
}

// first returns the only value of a column, "" where it is unset.
func (r *row) first(c column) string {
	if len(r.values[c]) == 0 {
		return ""
	}
	return r.values[c][0]
}

// moment reads a time: seconds since 1970 with a fraction, or ISO 8601; zero for
// what is none.
func moment(text string) time.Time {
	if seconds, err := strconv.ParseFloat(text, 64); err == nil {
		return record.Unix(int64(math.Max(math.Min(seconds, math.MaxInt32*16.0), 0)))
	}
	return record.Moment(text)
}
