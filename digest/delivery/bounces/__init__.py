"""What comes back by mail: failures and complaints, found by their structure. Sends nothing."""
