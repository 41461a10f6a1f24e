package world

// words are 256 everyday words: the vocabulary benign names are made of.
var words = [256]string{
	"acorn", "agency", "alpine", "amber", "anchor", "angle", "antler", "apple", "apron", "arch", "arrow", "art", "ash", "aspen", "atlas", "aunt",
	"autumn", "bakery", "balance", "bamboo", "band", "bank", "barn", "basket", "bay", "beach", "bean", "bear", "bell", "berry", "bike", "birch",
	"bird", "black", "bloom", "blue", "board", "boat", "bold", "book", "boot", "bottle", "branch", "brass", "bread", "brick", "bridge", "bright",
	"brook", "brush", "build", "cable", "candle", "canvas", "cape", "card", "care", "castle", "cedar", "chain", "chair", "chalk", "charm", "cherry",
	"chess", "circle", "city", "clay", "clean", "clear", "cliff", "clinic", "clock", "cloud", "clover", "club", "coach", "coast", "coffee", "copper",
	"coral", "corner", "cotton", "craft", "crane", "creek", "crown", "crystal", "cycle", "dance", "dawn", "deck", "deer", "dental", "desert", "design",
	"diner", "dock", "door", "dove", "dream", "drift", "dune", "dust", "eagle", "earth", "east", "echo", "edge", "elm", "ember", "engine",
	"estate", "falcon", "farm", "feather", "fern", "field", "finch", "fire", "fish", "fitness", "flint", "flora", "flower", "foam", "forest", "forge",
	"fox", "frame", "fresh", "frost", "fruit", "garden", "gate", "gift", "ginger", "glass", "globe", "gold", "grain", "grand", "granite", "grape",
	"grass", "green", "grove", "guild", "gull", "hall", "hammer", "harbor", "harvest", "hawk", "hazel", "health", "heart", "heron", "hill", "holly",
	"honey", "horizon", "horse", "house", "ice", "indigo", "ink", "iron", "island", "ivory", "ivy", "jade", "jasmine", "jewel", "journey", "juniper",
	"kettle", "key", "kind", "kitchen", "knit", "lake", "lamp", "lantern", "larch", "laurel", "law", "leaf", "legal", "lemon", "light", "lily",
	"linen", "lion", "lodge", "loft", "lotus", "lunar", "lynx", "maple", "marble", "market", "marsh", "meadow", "mill", "mint", "mirror", "mist",
	"moon", "moss", "motor", "mountain", "music", "north", "oak", "ocean", "olive", "opal", "orchard", "orchid", "otter", "owl", "paint", "palm",
	"paper", "park", "path", "pearl", "pepper", "petal", "photo", "pine", "planet", "plum", "pond", "prairie", "print", "quartz", "quill", "rain",
	"raven", "reef", "ridge", "river", "rock", "rose", "sail", "salt", "school", "shore", "silk", "sky", "snow", "south", "spring", "star",
}

// endings close a benign name. None is syllables alone, and none ends another:
// siteLabel relies on both.
var endings = [16]string{
	"online", "shop", "group", "world", "store", "craft", "agency", "works",
	"house", "trade", "press", "clinic", "charity", "sports", "tech", "school",
}

// lures are what names are made of that want to be clicked.
var lures = [32]string{
	"login", "secure", "account", "verify", "update", "support", "portal", "delivery",
	"tracking", "parcel", "invoice", "billing", "wallet", "auth", "signin", "service",
	"confirm", "redelivery", "customs", "office", "mail", "client", "payment", "notice",
	"refund", "alert", "access", "status", "identity", "renewal", "help", "desk",
}

// quiet are words for names that want to be overlooked.
var quiet = [32]string{
	"cdn", "api", "static", "sync", "assets", "metrics", "edge", "node",
	"telemetry", "cache", "gateway", "relay", "proxy", "storage", "backup", "index",
	"stream", "queue", "config", "monitor", "report", "stats", "broker", "router",
	"mirror", "patch", "license", "driver", "health", "probe", "collector", "agent",
}

// affixes follow a brand in the names of one operator.
var affixes = [32]string{
	"24", "eu", "my", "go", "plus", "365", "hub", "one", "net", "web", "app", "now", "pro", "live", "id", "info",
	"org", "int", "box", "cc", "vip", "top", "ex", "hq", "intl", "line", "max", "era", "kit", "fast", "safe", "home",
}

var givenNames = [32]string{
	"Ada", "Benno", "Carla", "Dario", "Edda", "Fenja", "Gero", "Hanna", "Ilya", "Jorin", "Katla", "Levin", "Mira", "Nilo", "Orla", "Pavel",
	"Quirin", "Rosa", "Selma", "Tarik", "Ulla", "Vito", "Wanda", "Xenia", "Yara", "Zeno", "Alma", "Bruno", "Clio", "Emil", "Frida", "Hugo",
}

// platform titles and tracker-free pages that thousands of sites show unchanged.
var stockTitles = [12]string{
	"Coming soon", "Welcome to your new site", "Site under construction", "Index of /", "Default web page", "It works",
	"Login", "Account suspended", "403 Forbidden", "Maintenance", "Webmail", "Shop",
}
