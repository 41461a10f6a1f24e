package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"clew/internal/observation"
)

// rrtypes are the relations of the generator in the words of passive DNS.
var rrtypes = map[observation.Relation]string{
	observation.ResolvesTo: "A", observation.Nameserver: "NS", observation.CNAME: "CNAME", observation.MX: "MX",
}

// writeCOF writes the rows in the Common Output Format, so that the import of as
// many as one likes can be measured whole:
//
//	bench -cof -rows 50000000 | /usr/bin/time -v clew import cof --data DIR -
func writeCOF(w io.Writer, g generator) error {
	out := bufio.NewWriterSize(w, 1<<20)
	lines := json.NewEncoder(out)
	for i := range g.rows {
		o := g.row(i)
		rrtype, ok := rrtypes[o.Relation]
		if !ok {
			return fmt.Errorf("row %d: no rrtype for %s", i, o.Relation)
		}
		rdata := o.Object.Text()
		switch {
		case o.Relation == observation.ResolvesTo && strings.Contains(rdata, ":"):
			rrtype = "AAAA"
		case o.Relation == observation.MX:
			rdata = "10 " + rdata
		}
		err := lines.Encode(struct {
			Name  string `json:"rrname"`
			Type  string `json:"rrtype"`
			Data  string `json:"rdata"`
			First int64  `json:"time_first"`
			Last  int64  `json:"time_last"`
			Count uint64 `json:"count"`
		}{o.Subject.Text(), rrtype, rdata, o.First.Unix(), o.Last.Unix(), o.Count})
		if err != nil {
			return errors.Join(err, out.Flush())
		}
	}
	return out.Flush()
}
