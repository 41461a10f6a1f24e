package telemetry

import (
	"clew/internal/telemetry/format"
)

// place fills in what the record as a whole says about a sighting: direction,
// who turned to whom, and which machine of ours it concerns.
func (s *Sighting) place(r *format.Record, ours Networks) {
	s.Direction = direction(r, ours)
	s.Action = r.Action
	s.Contact = contact(s, r)
	s.Asset = asset(s, r, ours)
	s.Peer = peer(s, r)
}

// direction is what the log says, or what its two addresses tell.
func direction(r *format.Record, ours Networks) format.Direction {
	client, hasClient := address(r.First(format.Client))
	server, hasServer := address(r.First(format.Server))
	switch {
	case hasClient && hasServer:
		switch in, out := ours.Contains(client), ours.Contains(server); {
		case in && out:
			return format.Internal
		case in:
			return format.Outbound
		case out:
			return format.Inbound
		case r.Direction != format.NoDirection:
			return r.Direction
		}
		return format.External
	case r.Direction != format.NoDirection:
		return r.Direction
	case r.Kind == format.DNSLog || r.Kind == format.MailLog || !hasClient:
		return format.NoDirection
	case ours.Contains(client):
		return format.Outbound
	}
	return format.Inbound
}

// contact tells who turned to whom by the field that held the indicator.
func contact(s *Sighting, r *format.Record) string {
	meaning := s.Meaning
	if s.Value == r.First(format.Client) {
		meaning = format.Client // who comes to us with its own address in what it asks for
	}
	switch meaning {
	case format.Client, format.NATClient, format.Forwarded:
		if unanswered(r) {
			return ContactScan
		}
		return ContactInbound
	case format.Query, format.Answer:
		if r.Kind == format.DNSLog || !r.Has(format.Server) {
			return ContactLookup
		}
		return ContactOutbound
	case format.Server, format.NATServer, format.SNI, format.Host, format.URL:
		if s.Direction == format.Inbound && s.Meaning != format.Server {
			return ContactInbound // our own server, asked under that name
		}
		return ContactOutbound
	case format.JA3, format.JARM, format.CertName, format.CertHash:
		if s.Direction == format.Inbound {
			return ContactInbound
		}
		if s.Direction == format.Outbound {
			return ContactOutbound
		}
	}
	return ContactPresent
}

// unanswered reports whether who came to us got nowhere: the device blocked it,
// or the flow never was a connection (Zeek's conn_state S0 and REJ, Suricata's
// flow state "new" without a packet to the client).
func unanswered(r *format.Record) bool {
	if r.Action == format.Blocked {
		return true
	}
	for _, f := range r.Fields {
		switch f.Name {
		case "conn_state":
			switch f.Value {
			case "S0", "REJ", "SH", "OTH", "RSTOS0", "SHR", "RSTRH":
				return true
			}
		case "flow.pkts_toclient":
			return f.Value == "0"
		}
	}
	return false
}

// asset finds our side of the record. The machine that the event happened on
// says most; else it is the side that is not the indicator.
func asset(s *Sighting, r *format.Record, ours Networks) Asset {
	a := Asset{
		Host: r.First(format.Machine), User: r.First(format.User), Process: r.First(format.Process),
	}
	sides := []format.Meaning{format.Client, format.MachineIP, format.NATClient, format.Server}
	if s.Contact == ContactInbound || s.Contact == ContactScan || s.Meaning == format.Client {
		sides = []format.Meaning{format.Server, format.MachineIP, format.NATServer}
	}
	fallback := ""
	for _, m := range sides {
		v := r.First(m)
		if v == "" || v == s.Value || m == s.Meaning {
			continue
		}
		if addr, ok := address(v); ok && ours.Contains(addr) {
			a.Address = addr.String()
			return a
		}
		if fallback == "" {
			fallback = v
		}
	}
	a.Address = fallback
	if a.Host == "" && a.Address == "" {
		a.Host = r.First(format.Reporter)
	}
	return a
}

// peer is the other side: what was contacted, or who came.
func peer(s *Sighting, r *format.Record) string {
	order := []format.Meaning{format.Server, format.Host, format.SNI, format.Answer, format.Resolver}
	if s.Contact == ContactInbound || s.Contact == ContactScan {
		order = []format.Meaning{format.Client}
	}
	for _, m := range order {
		if v := r.First(m); v != "" && v != s.Asset.Address {
			return v
		}
	}
	return ""
}
