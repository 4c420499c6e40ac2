"""Who may ask what: the names that the service answers to, keys, sessions, a proxy's word, and the trail."""
