package world

// A Care says how much an operator does not to be followed.
type Care string

const (
	Careless Care = "careless" // one of everything, and its own name on it
	Average  Care = "average"  // hides most of the time, rotates some of it
	Careful  Care = "careful"  // behind a CDN and privacy, new everything; one slip
)

// A Naming is how an operator makes names.
type Naming string

const (
	BrandWord    Naming = "brand-word"    // a brand, the operator's affix, two lures
	RareToken    Naming = "token"         // a made-up word and a lure
	Generated    Naming = "generated"     // letters from an algorithm
	PrefixDigits Naming = "prefix-digits" // one prefix, changing numbers
)

// habits are an operator's ways, in permille of the occasions unless said
// otherwise. The figures are judgement: what case reports tell of operators who
// were found (who by definition made mistakes), rounded to what tells the three
// degrees of care apart. Nothing here was fitted to a scoring model.
type habits struct {
	shown      int    // batches registered under its own (false) identity
	registrars int    // how many it rotates through
	gap        [2]int // seconds between registrations of a batch: a script's or a person's
	fresh      int    // batches that get a new server; the others go back to an old one
	ownNS      int    // operators that run their own name servers
	shared     int    // batches hidden on a busy shared server
	cdn        int    // batches behind a CDN
	keyKept    int    // certificates on one of the operator's keys
	oneCert    int    // batches with one certificate for all names
	pages      int    // names that crawlers found a page on
	kit        int    // pages with the kit's tracker and favicon
	copied     int    // other pages of a brand's imitators that are plain copies
	parked     int    // batches parked for some days before they are used
	moved      int    // domains that change server in mid-life
	seized     int    // domains that end in a sinkhole
	selfSigned int    // servers that show the operator's own self-signed certificate
	packed     int    // files behind a common packer instead of the own build
	stolen     int    // files signed with a stolen certificate
	reverse    int    // servers whose reverse DNS tells a name of the operator
}

func habitsOf(c Care) habits {
	switch c {
	case Careless:
		return habits{
			shown: 850, registrars: 1, gap: [2]int{5, 40}, fresh: 300, ownNS: 400, shared: 120, cdn: 0,
			keyKept: 800, oneCert: 500, pages: 700, kit: 700, copied: 700, parked: 100, moved: 100, seized: 250, selfSigned: 500, packed: 300, stolen: 50, reverse: 400,
		}
	case Careful:
		return habits{
			shown: 0, registrars: 8, gap: [2]int{600, 20_000}, fresh: 1000, ownNS: 0, shared: 50, cdn: 850,
			keyKept: 100, oneCert: 0, pages: 700, kit: 100, copied: 400, parked: 500, moved: 300, seized: 50, selfSigned: 100, packed: 500, stolen: 200, reverse: 0,
		}
	}
	return habits{
		shown: 250, registrars: 3, gap: [2]int{15, 120}, fresh: 650, ownNS: 100, shared: 120, cdn: 200,
		keyKept: 450, oneCert: 250, pages: 700, kit: 500, copied: 600, parked: 350, moved: 250, seized: 150, selfSigned: 400, packed: 300, stolen: 150, reverse: 100,
	}
}

// care says how careful the next operator is.
func care(d *dice) Care {
	switch roll := d.below(100); {
	case roll < 35:
		return Careless
	case roll < 80:
		return Average
	}
	return Careful
}

// slip lets a careful operator make the one mistake it can be found by: the key
// it takes along from server to server, or the tracker it counts clicks with.
func (h habits) slip(d *dice) habits {
	if d.often(500) {
		h.keyKept = 800
	} else {
		h.kit = 800
	}
	return h
}
