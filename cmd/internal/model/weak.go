package model

import "math/rand/v2"

// The spellings from which weak identifiers are taken; each has its vector.
var (
	firstNames = []string{"Mary", "정", "Valéry", "Anne-Marie", "Peter", "  José ", "Zoë", "Jane", "李", "Łukasz", "MAX", "Ana María"}
	lastNames  = []string{"O'Brien", "O'Neil", "van der Berg", "Gibbons", "Doe", "Müller", "Smith-Jones", "Nguyễn", "García", "Smith 3"}
	genders    = []string{"male", "Female", "F", "m", "Woman", "MAN"}

	// Dates with the year, month and day that they hold; the default order is
	// month first.
	dates = []struct{ raw, year, month, day string }{
		{"1971-02-05", "1971", "02", "05"},
		{"19800229", "1980", "02", "29"},
		{"03/04/1990", "1990", "03", "04"},
		{"25/12/1985", "1985", "12", "25"},
		{"1999-07-01T23:30:00-08:00", "1999", "07", "01"},
	}

	// Addresses that hang together: state and postal code are read by country.
	addresses = []struct{ country, state, city, zip string }{
		{"US", "California", "San Francisco", "94103"},
		{"USA", "CA", "San Francisco", "94035-1234"},
		{"United States", "New York", "New York", "10001"},
		{"US", "Massachusetts", "Cambridge", "2138"},
		{"USA", "Missouri", "St. Louis", "63101"},
		{"US", "D.C.", "Washington", "20500"},
		{"GB", "Greater London", "London", "SW1A 1AA"},
		{"UK", "", "Manchester", "M1 1AE"},
		{"Brazil", "São Paulo", "São Paulo", "01310-100"},
		{"DEU", "Bayern", "München", "80331"},
		{"Germany", "", "Köln", "50667"},
		{"fr", "", "Paris", "75001"},
		{"PL", "", "Łódź", ""},
		{"NO", "", "Tromsø", ""},
	}
)

func pick[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

// name adds names in one of their spellings.
func (d *draft) name(r *rand.Rand, place map[string]any) {
	first, last := pick(r, firstNames), pick(r, lastNames)
	switch r.IntN(4) {
	case 0:
		place["first_name"], place["last_name"] = first, last
	case 1:
		place["name"] = "Peter Gibbons"
		first, last = "Peter", "Gibbons"
	default:
		place["firstName"], place["lastName"] = first, last
		place["name"] = "Somebody Else" // ranks below
	}
	d.fact.Single["FN"], d.fact.Single["LN"] = uploaded("FN", first), uploaded("LN", last)
}

// gender adds one, at times one that Facebook has no word for: the old one stays.
func (d *draft) gender(r *rand.Rand, place map[string]any) {
	if r.IntN(8) == 0 {
		place["gender"] = "fluid"
		return
	}
	g := pick(r, genders)
	place["gender"] = g
	d.fact.Single["GEN"] = uploaded("GEN", g)
}

// birth adds a date of birth as one date or in parts, at times as numbers.
func (d *draft) birth(r *rand.Rand, place map[string]any) {
	date := pick(r, dates)
	year, month, day := date.year, date.month, date.day
	switch r.IntN(4) {
	case 0:
		place["birth_year"], place["birth_month"], place["birth_day"] = 1990, "February", 1
		year, month, day = "1990", "02", "01"
	case 1:
		place["birthYear"], place["birthMonth"], place["birthDay"] = "1971", 2, "5"
		year, month, day = "1971", "2", "5"
	case 2:
		place["date_of_birth"] = date.raw
	default:
		place["birthday"] = date.raw
	}
	d.fact.Single["DOBY"] = uploaded("DOBY", year)
	d.fact.Single["DOBM"] = uploaded("DOBM", month)
	d.fact.Single["DOBD"] = uploaded("DOBD", day)
}

// address adds a place to live, nested as in the identify spec or flat as in
// enriched events.
func (d *draft) address(r *rand.Rand, place map[string]any) {
	a := pick(r, addresses)
	to, zip := place, "postal_code"
	if r.IntN(2) == 0 {
		to, zip = map[string]any{"street": "6th St"}, "postalCode"
		place["address"] = to
	}
	to["country"] = a.country
	d.fact.Single["COUNTRY"] = uploaded("COUNTRY", a.country)
	to["city"] = a.city
	d.fact.Single["CT"] = uploaded("CT", a.city)
	if a.state != "" {
		to["state"] = a.state
		d.fact.Single["ST"] = uploaded("ST", a.state)
	}
	if a.zip != "" {
		to[zip] = a.zip
		d.fact.Single["ZIP"] = uploaded("ZIP", a.zip)
	}
}
