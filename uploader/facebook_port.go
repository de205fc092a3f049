package uploader

import (
	"context"

	"muster/uploader/facebook"
)

// Facebook is what this package needs of the Graph API. One call is one
// attempt; errors are *facebook.Error. It is safe for concurrent use.
type Facebook interface {
	CreateAudience(ctx context.Context, account facebook.AccountID, n facebook.NewAudience) (facebook.AudienceID, facebook.Usage, error)
	AudiencePage(ctx context.Context, account facebook.AccountID, after string, fields ...string) (facebook.Page, error)
	Audience(ctx context.Context, id facebook.AudienceID, fields ...string) (facebook.Audience, facebook.Usage, error)
	AddUsers(ctx context.Context, id facebook.AudienceID, p facebook.Payload) (facebook.UsersResult, error)
	// ReplaceUsers sends one batch of a session; Audience tells what became of it.
	ReplaceUsers(ctx context.Context, id facebook.AudienceID, p facebook.Payload, s facebook.Session) (facebook.UsersResult, error)
	DeleteAudience(ctx context.Context, id facebook.AudienceID) (facebook.Usage, error)
	// Credential tells one access token from another; it is asked often.
	Credential() uint64
	RemoveUsers(ctx context.Context, id facebook.AudienceID, p facebook.Payload) (facebook.UsersResult, error)
	// RemoveEverywhere removes from all audiences of an account, other people's too.
	RemoveEverywhere(ctx context.Context, account facebook.AccountID, p facebook.Payload) (facebook.UsersResult, error)
}

var _ Facebook = (*facebook.Client)(nil)
