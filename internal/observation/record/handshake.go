package record

import (
	"clew/internal/observable"
	"clew/internal/observation"
)

// A Handshake is how the two ends of a TLS session spoke, as a sensor prints it.
// A member that is no fingerprint is left out.
type Handshake struct {
	JA3, JA4 string // of the client
	JA3S     string // of the server
}

// With adds what was spoken with the server to f. The client is a machine of the
// network that was watched, and no subject.
func (h Handshake) With(f *Facts, server observable.Value) {
	f.Add(server, observation.JA3, observable.JA3, h.JA3)
	f.Add(server, observation.JA3S, observable.JA3S, h.JA3S)
	f.Add(server, observation.JA4, observable.JA4, h.JA4)
}
