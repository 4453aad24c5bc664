"""All that `digest demo` plays with: sample feeds and subscribers, a feed server, an inbox.

Never leaves the loopback interface.
"""
