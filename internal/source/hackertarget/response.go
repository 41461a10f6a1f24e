package hackertarget

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"strings"

	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/observation/record"
	"clew/internal/source"
)

// linesOf returns the lines of a reply. HackerTarget says with HTTP 200 and a
// line of text that something is wrong, or that it knows nothing.
func linesOf(reply source.Reply) (lines []string, err error) {
	body := strings.TrimSpace(string(reply.Body))
	lower := strings.ToLower(body)
	switch {
	case body == "":
		return nil, fmt.Errorf("%w: empty body", source.ErrBadReply)
	case strings.HasPrefix(lower, "api count exceeded -"):
		return nil, fmt.Errorf("%w: %.80q", source.ErrQuota, body)
	case strings.HasPrefix(lower, "no ") && strings.Contains(lower, "found"):
		return nil, nil
	case strings.HasPrefix(lower, "error"):
		return nil, fmt.Errorf("%w: HackerTarget says %.80q", source.ErrBadReply, body)
	}
	return strings.Split(body, "\n"), nil
}

// read keeps the facts that take finds in each line. A reply without any is no
// reply: words we do not know yet are not to pass for silence.
func read(reply source.Reply, take func(page *source.Page, line string) bool) (page source.Page, err error) {
	lines, err := linesOf(reply)
	if err != nil {
		return page, err
	}
	page.Rows = len(lines)
	for _, line := range lines {
		if !take(&page, strings.TrimSpace(line)) {
			page.Dropped++
		}
	}
	if page.Rows > 0 && page.Dropped == page.Rows {
		return source.Page{}, fmt.Errorf("%w: %.80q is no table", source.ErrBadReply, lines[0])
	}
	return page, nil
}

// decodeHosts reads "www.shop.example,192.0.2.1" a line.
func decodeHosts(domain observable.Value, reply source.Reply) (source.Page, error) {
	return read(reply, func(page *source.Page, line string) bool {
		name, address, _ := strings.Cut(line, ",")
		o, ok := record.DNS{Name: name, Type: record.AddressType(address), Data: address}.Observation()
		if !ok {
			return false
		}
		page.Observations = append(page.Observations, o)
		if strings.HasSuffix(o.Subject.Text(), "."+domain.Text()) {
			page.Add(o.Subject, observation.SubdomainOf, observable.Domain, domain.Text(), observation.Window{})
		}
		return true
	})
}

// decodeNames reads a name a line.
func decodeNames(address observable.Value, reply source.Reply) (source.Page, error) {
	page, err := read(reply, func(page *source.Page, line string) bool {
		o, ok := record.DNS{Name: line, Type: record.AddressType(address.Text()), Data: address.Text()}.Observation()
		if ok = ok && strings.Contains(line, "."); ok {
			page.Observations = append(page.Observations, o)
		}
		return ok
	})
	if err == nil {
		page.Total(observation.ResolvesTo, address, source.Number(page.Rows-page.Dropped))
	}
	return page, err
}

// decodeSystem reads `"192.0.2.1","64500","192.0.2.0/24","EXAMPLE, US"`.
func decodeSystem(address observable.Value, reply source.Reply) (source.Page, error) {
	return read(reply, func(page *source.Page, line string) bool {
		fields, err := csv.NewReader(bytes.NewReader([]byte(line))).Read()
		if err != nil || len(fields) < 3 || fields[0] != address.Text() {
			return false
		}
		now := observation.Window{Last: reply.At}
		kept := page.Add(address, observation.AnnouncedBy, observable.ASN, fields[1], now)
		if page.Add(address, observation.InPrefix, observable.Prefix, fields[2], now) {
			prefix := page.Observations[len(page.Observations)-1].Object
			page.Add(prefix, observation.AnnouncedBy, observable.ASN, fields[1], now)
			kept = true
		}
		return kept
	})
}
