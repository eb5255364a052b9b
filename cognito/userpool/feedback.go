package userpool

type feedbackInput struct {
	UserPoolID    string `json:"UserPoolId" is:"required,poolId"`
	Username      string `json:"Username" is:"required,username"`
	EventID       string `json:"EventId" is:"required,eventId"`
	FeedbackToken string `json:"FeedbackToken" is:"required,token"`
	FeedbackValue string `json:"FeedbackValue" is:"required,feedback"`
}

// updateAuthEventFeedback takes what a user answers to a mail about a sign-in. Such mails come of threat protection, which
// this pool does not have, so there never is a token that it could take.
func (p *Pool) updateAuthEventFeedback(c *call, in *feedbackInput) (*empty, error) {
	return nil, p.view(in.UserPoolID, c.now, func(t *poolTx) error {
		if on := t.pool.UserPoolAddOns; on == nil || on.AdvancedSecurityMode == "OFF" {
			return fault("UserPoolAddOnNotEnabledException", "Advanced security is not enabled for the user pool.")
		}
		if _, err := t.mustFind(in.Username); err != nil {
			return err
		}
		return notAuthorized("Invalid feedback token.")
	})
}
