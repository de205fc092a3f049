package config

import "slices"

// DataProcessing is what the rows of an audience say of how they may be processed.
type DataProcessing struct {
	Options []string `yaml:"options" doc:"[LDU] has every row ask for Limited Data Use (DATA_PROCESSING_OPTIONS), removals too. Empty: the rows say nothing. A change holds for what is sent from then on: what was sent before is not sent again, unless by muster resync."`
	Country int      `yaml:"country" doc:"DATA_PROCESSING_OPTIONS_COUNTRY: 1 is the US. 0: not sent, and Facebook finds country and state out itself."`
	State   int      `yaml:"state" doc:"DATA_PROCESSING_OPTIONS_STATE, 1000 to 9999 as Meta numbers them: 1000 is California. 0: not sent. Needs country."`
}

// dataProcessingOptions are all that Meta knows (Meta, "Custom Audiences", data
// processing options).
var dataProcessingOptions = []string{"LDU"}

func (d DataProcessing) check(p *problems, path string) {
	for i, o := range d.Options {
		p.oneOf(index(path+".options", i), o, dataProcessingOptions...)
		if slices.Contains(d.Options[:i], o) {
			p.add(index(path+".options", i), o, "each option once", "remove one of the two")
		}
	}
	switch {
	case len(d.Options) == 0 && (d.Country != 0 || d.State != 0):
		p.add(path+".options", "", "[LDU] where country or state is set", "set options: [LDU], or remove country and state")
	case d.State != 0 && d.Country == 0:
		p.add(path+".country", d.Country, "a country where state is set", "set country: 1, the US, or remove state")
	}
	p.number(path+".country", d.Country, 0, 1)
	if d.State != 0 {
		p.number(path+".state", d.State, 1000, 9999)
	}
}

func (p *problems) scopeIDs(path string, ids []string) {
	for i, id := range ids {
		if !appID.MatchString(id) {
			p.add(index(path, i), id, "1 to 32 digits", "copy the id from the app's dashboard or the page's settings")
		}
	}
}
