"""Sample feeds, sample subscribers, a feed server and an inbox: all that `digest demo` plays with.

Never runs the pipeline itself and never leaves the loopback interface.
"""

from digest.demo.inbox import Inbox, Received, open_inbox
from digest.demo.server import feed_server
from digest.demo.setting import demo_files

__all__ = ["Inbox", "Received", "demo_files", "feed_server", "open_inbox"]
