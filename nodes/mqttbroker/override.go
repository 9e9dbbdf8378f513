package mqttbroker

import "github.com/flowrun/flowrun/flow"

// override is what the broker object of a message may say: the properties of the
// configuration, and more.
type override struct {
	login
	UserProperties flow.Value   `json:"userProperties"`
	Expiry         flow.Value   `json:"sessionExpiryInterval"`
	Birth          *flow.Object `json:"birth"`
	Close          *flow.Object `json:"close"`
	Will           *flow.Object `json:"will"`
}

// login is a configuration and its credentials.
type login struct {
	Config
	User     string `json:"username"`
	Password string `json:"password"`
}

// Override implements [mqtt.Broker].
func (n *Node) Override(properties *flow.Object) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	o := override{login: n.login}
	if _, named := properties.Lookup("broker"); named {
		o.URL = ""
	}
	if err := flow.Decode(properties, &o); err != nil {
		return err
	}
	if o.UserProperties != nil {
		o.UserProps = o.UserProperties
	}
	if o.Expiry != nil {
		o.SessionExpiry = int64(flow.Number(o.Expiry))
	}
	for _, m := range []struct {
		from         *flow.Object
		topic        *string
		payload, qos *flow.Value
		retain       *bool
		properties   **flow.Object
	}{
		{o.Birth, &o.BirthTopic, &o.BirthPayload, &o.BirthQoS, &o.BirthRetain, &o.BirthMsg},
		{o.Close, &o.CloseTopic, &o.ClosePayload, &o.CloseQoS, &o.CloseRetain, &o.CloseMsg},
		{o.Will, &o.WillTopic, &o.WillPayload, &o.WillQoS, &o.WillRetain, &o.WillMsg},
	} {
		if m.from == nil {
			continue
		}
		*m.topic, _ = m.from.Get("topic").(string)
		*m.payload, *m.qos = m.from.Get("payload"), m.from.Get("qos")
		*m.retain = flow.Text(m.from.Get("retain")) == "true"
		*m.properties, _ = m.from.Get("properties").(*flow.Object)
	}
	next, err := n.options(o.login)
	if err != nil {
		return err
	}
	n.login = o.login
	n.client.SetOptions(next)
	return nil
}
