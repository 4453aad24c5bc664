"""Sample feeds, sample subscribers, a feed server and an inbox: all that `digest demo` plays with.

Never runs the pipeline itself and never leaves the loopback interface.
"""
