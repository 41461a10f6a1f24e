package server

// A Policy is what findings lead to.
type Policy struct {
	Name  string       `json:"name"`
	File  string       `json:"file" doc:"where it is from; empty: the one that ships with clew"`
	Rules int          `json:"rules"`
	Does  []PolicyDeed `json:"does" doc:"with a finding of 95 percent, TLP:AMBER"`
}

// A PolicyDeed says what a policy does with one sort of finding.
type PolicyDeed struct {
	Band       string `json:"band"`
	Kind       string `json:"kind"`
	Scope      string `json:"scope" doc:"live or hunt: the first of those that it does the same with"`
	Validation string `json:"validation"`
	Do         string `json:"do" doc:"block, monitor or none"`
	Approve    string `json:"approve" doc:"who approves: a person, or the policy"`
	Stands     string `json:"stands"`
	Rule       string `json:"rule"`
}
