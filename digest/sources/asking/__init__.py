"""The one door to the network, with its manners: pace, patience, limits, no private places."""
