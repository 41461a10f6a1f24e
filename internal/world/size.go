package world

// perSite is about how many observations a benign site brings. It only sets how
// many servers and hosters a world has; the writing stops at the exact number.
const perSite = 24

// sizes says how much of everything a world of some size has. Pools grow with
// the number of sites, so that the tail grows and not only its head.
type sizes struct {
	operators     int
	sharedServers int
	hosters       int
	edges         int // of each CDN
	balancers     int // of each cloud
	brands        int
	portfolio     int // sites of one benign owner, at most
	gang          int // domains of one operator, at most
}

func sizesFor(observations int) sizes {
	sites := observations / perSite
	return sizes{
		// About one observation in twenty-five is an operator's: more than in
		// the real world, where nobody could measure anything on 10 k lines.
		operators:     clamp(observations/12_500, 4, 4000),
		sharedServers: clamp(sites/5, 16, 1<<20),
		hosters:       clamp(12+sites/800, 12, 4000),
		edges:         clamp(sites/20_000, 2, 32),
		balancers:     clamp(sites/30, 8, 1<<17),
		brands:        clamp(observations/12_500, 4, len(brands)),
		portfolio:     clamp(observations/5000, 3, 60),
		gang:          clamp(observations/1000, 10, 200),
	}
}

func clamp(n, lo, hi int) int { return min(max(n, lo), hi) }
