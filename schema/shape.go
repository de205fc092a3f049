package schema

// The types of events, as producers spell them.
const (
	typeIdentify     = "identify"
	typeTrack        = "track"
	typePage         = "page"
	typeScreen       = "screen"
	typeGroup        = "group"
	typeAlias        = "alias"
	typeDelete       = "delete"
	typeRecord       = "record"
	typeAudienceList = "audiencelist"
)

// event decodes the event in d.env by its shape. It appends to d.events what
// the event says; when it appends nothing and there is no fault, the event of
// type typ is ignored.
func (d *Decoder) event() (typ string, f fault) {
	switch d.env.typ {
	case typeIdentify:
		return typeIdentify, d.identifyShape()
	case typeTrack:
		return typeTrack, d.trackShape(typeTrack)
	case typePage:
		return typePage, d.otherShape(typePage)
	case typeScreen:
		return typeScreen, d.otherShape(typeScreen)
	case typeGroup:
		return typeGroup, d.otherShape(typeGroup)
	case typeAlias:
		return typeAlias, d.otherShape(typeAlias)
	case typeDelete:
		return typeDelete, d.deleteShape()
	case typeRecord:
		return typeRecord, d.recordShape()
	case typeAudienceList:
		return typeAudienceList, d.audienceListShape()
	default:
		return "", fault{NotAnEvent, "the event has no type that Muster knows"}
	}
}

// otherShape decodes page, screen, group and alias: nothing of these is of use,
// unless one says that it was made for an audience; then it is read as a track.
func (d *Decoder) otherShape(typ string) fault {
	if !d.env.personas.present && audienceKeyOf(d.env.properties) == "" {
		return fault{}
	}
	return d.trackShape(typ)
}
