package asn

import (
	"errors"
	"fmt"
	"io"

	"github.com/oschwald/maxminddb-golang/v2"

	"clew/internal/ingest"
	"clew/internal/observation/record"
)

// readDatabase reads a MaxMind database (https://maxmind.github.io/MaxMind-DB/)
// that says which autonomous system announces a network. Its tree is walked from
// both ends of the file, so it is held in memory.
func readDatabase(r io.Reader, out *ingest.Out) error {
	data, err := io.ReadAll(io.LimitReader(r, maxDatabase+1))
	if err != nil {
		return err
	}
	if len(data) > maxDatabase {
		return fmt.Errorf("a database of more than %d bytes: %w", maxDatabase, ingest.ErrNotFormat)
	}
	db, err := maxminddb.OpenBytes(data)
	if err != nil {
		return fmt.Errorf("%w: neither a table nor a MaxMind database: %w", ingest.ErrNotFormat, err)
	}
	w := record.At(built(db.Metadata.BuildEpoch))
	kept := out.Kept
	// A tree has one end more than it has nodes. One whose branches meet again has
	// up to 2^128, of which all may be empty, so those are visited too.
	ends := uint(0)
	for network := range db.Networks(maxminddb.IncludeNetworksWithoutData()) {
		if ends++; ends > db.Metadata.NodeCount+1 {
			return fmt.Errorf("the branches of the database meet again: %w", errors.Join(ingest.ErrNotFormat, db.Close()))
		}
		if network.Err() == nil && !network.Found() {
			continue
		}
		var row struct {
			Number       uint32 `maxminddb:"autonomous_system_number"`
			Organization string `maxminddb:"autonomous_system_organization"`
		}
		out.Record([]byte(network.Prefix().String()))
		err := network.Decode(&row)
		switch {
		case err != nil:
			out.Reject("%w", err)
		case row.Number == 0:
			out.Skip()
		default:
			p := network.Prefix()
			announce(p.Masked().Addr(), record.Last(p.Masked()), row.Number, w, out)
		}
		if err := out.Stopped(); err != nil {
			return err
		}
	}
	if out.Kept == kept {
		return fmt.Errorf("a %s database says nothing of autonomous systems: %w", db.Metadata.DatabaseType, errors.Join(ingest.ErrNotFormat, db.Close()))
	}
	return db.Close()
}
