package score

import (
	"time"

	"clew/internal/observation"
)

// A Weight says what one type of shared value is worth before its rarity is
// known. Source: docs/confidence, sections 2 and 3.
type Weight struct {
	// M is the chance that two indicators of one operator share a value of
	// this type, given both have one.
	M float64
	// HalfLife is how long until a value has another holder with chance one
	// half. Zero means the value never changes hands.
	HalfLife time.Duration
	// Measured is true where labelled pairs gave M; the rest is judgement, and
	// the explanation says "default" beside it.
	Measured bool
	// Grouped is true where holders that belong together count as one.
	Grouped bool
}

const day = 24 * time.Hour

const (
	addressHalfLife    = 180 * day
	hostingHalfLife    = 365 * day
	possessionHalfLife = 1500 * day
)

// DirectedM is M for a link that points at the candidate itself: its name
// server lies under the candidate, or it redirects there.
const DirectedM = 0.05

// weights is the table of confidence.md section 3. A relation that is missing
// here never scores: registrar, issuer, ASN, technique and the like are shown
// at 0 bits.
var weights = map[observation.Relation]Weight{
	observation.RegistrantEmail: {M: 0.5, HalfLife: possessionHalfLife},
	observation.RegistrantPhone: {M: 0.5, HalfLife: possessionHalfLife},
	observation.RegistrantName:  {M: 0.4, HalfLife: possessionHalfLife},
	observation.RegistrantOrg:   {M: 0.4, HalfLife: possessionHalfLife},
	observation.Created:         {M: 0.2},

	observation.NSSet:      {M: 0.25, HalfLife: hostingHalfLife, Measured: true, Grouped: true},
	observation.Nameserver: {M: 0.3, HalfLife: hostingHalfLife, Measured: true, Grouped: true},
	observation.NSDomain:   {M: 0.35, HalfLife: hostingHalfLife, Measured: true, Grouped: true},
	observation.MX:         {M: 0.3, HalfLife: hostingHalfLife, Grouped: true},
	observation.SOAContact: {M: 0.4, HalfLife: possessionHalfLife, Grouped: true},
	observation.TXT:        {M: 0.3, HalfLife: possessionHalfLife, Grouped: true},

	observation.ResolvesTo: {M: 0.3, HalfLife: addressHalfLife, Measured: true, Grouped: true},
	observation.InPrefix:   {M: 0.35, HalfLife: addressHalfLife, Measured: true, Grouped: true},

	observation.Serves:    {M: 0.3, HalfLife: possessionHalfLife},
	observation.Serial:    {M: 0.3, HalfLife: possessionHalfLife},
	observation.Key:       {M: 0.3, HalfLife: possessionHalfLife},
	observation.Names:     {M: 0.4, HalfLife: possessionHalfLife},
	observation.SubjectDN: {M: 0.3, HalfLife: possessionHalfLife},

	observation.SSHKey: {M: 0.3, HalfLife: possessionHalfLife},
	observation.JARM:   {M: 0.2, HalfLife: hostingHalfLife},
	observation.Banner: {M: 0.2, HalfLife: hostingHalfLife},
	// Judgement, as JARM: they tell a TLS library and its settings, which a tool
	// keeps until it is built anew. Rarity does the rest: what browsers send has
	// too many holders to count.
	observation.JA3:  {M: 0.2, HalfLife: hostingHalfLife},
	observation.JA3S: {M: 0.2, HalfLife: hostingHalfLife},
	observation.JA4:  {M: 0.2, HalfLife: hostingHalfLife},

	observation.BodyHash: {M: 0.3, HalfLife: hostingHalfLife, Measured: true},
	observation.Favicon:  {M: 0.3, HalfLife: hostingHalfLife},
	observation.Resource: {M: 0.2, HalfLife: hostingHalfLife, Measured: true},
	observation.Title:    {M: 0.2, HalfLife: hostingHalfLife},

	observation.Tracker: {M: 0.5, HalfLife: possessionHalfLife, Measured: true},
	observation.Cookie:  {M: 0.3, HalfLife: hostingHalfLife, Measured: true},

	observation.CNAME:       {M: 0.25, HalfLife: hostingHalfLife, Measured: true},
	observation.RedirectsTo: {M: 0.5, HalfLife: hostingHalfLife, Measured: true},

	observation.Label:       {M: 0.15, Measured: true},
	observation.Token:       {M: 0.2, Measured: true},
	observation.NamePrefix:  {M: 0.25, Measured: true},
	observation.Shape:       {M: 0.15},
	observation.SubdomainOf: {M: 0.2, Measured: true},
	observation.DGAFamily:   {M: 0.4},

	observation.Imphash: {M: 0.5, Measured: true},
	observation.Rich:    {M: 0.3},
	// Worth fixed bits by how alike two are, see likeness.go: no M.
	observation.Ssdeep: {Measured: true},
	observation.TLSH:   {Measured: true},
	observation.PDB:    {M: 0.3},
	// Judgement, as Rich and PDB: one build, or one program under several signatures.
	observation.BuildID:      {M: 0.3},
	observation.Symbols:      {M: 0.3},
	observation.Authentihash: {M: 0.3},

	observation.SignedBy: {M: 0.2, HalfLife: possessionHalfLife, Measured: true},

	observation.Contacts:       {M: 0.3, HalfLife: addressHalfLife},
	observation.Embeds:         {M: 0.3, HalfLife: addressHalfLife},
	observation.DownloadedFrom: {M: 0.3, HalfLife: addressHalfLife},
	observation.Drops:          {M: 0.3},
	observation.Contains:       {M: 0.3},

	observation.ConfigC2:    {M: 0.5},
	observation.Mutex:       {M: 0.3},
	observation.CampaignKey: {M: 0.5},
	observation.Registry:    {M: 0.2},
	observation.UserAgent:   {M: 0.2},
	observation.Writes:      {M: 0.2},
	observation.Runs:        {M: 0.2}, // judgement: as a written path
}

// WeightOf returns what a shared value under r is worth, or false when it says
// nothing however rare it is.
func WeightOf(r observation.Relation) (Weight, bool) {
	w, ok := weights[r]
	return w, ok
}
