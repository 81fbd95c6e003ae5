"""`plaudit demo`: a made-up company, the three chats on loopback, and one story played through the real adapters."""

from bots.demo.show import run

__all__ = ["run"]
