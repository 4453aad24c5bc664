"""A loopback proxy that delivers every byte half a round trip later, in order.

    python -m tests.bench.slow_link PORT ROUND_TRIP_SECONDS

It prints the port it listens on and runs until it is killed.
"""

import asyncio
import sys


class Half(asyncio.Protocol):
    """One direction of one connection."""

    def __init__(self, delay: float) -> None:
        self.delay = delay
        self.loop = asyncio.get_running_loop()
        self.other: asyncio.Transport | None = None
        self.early: list[bytes] = []

    def data_received(self, data: bytes) -> None:
        """Pass the bytes on, later."""
        self.loop.call_later(self.delay, self.forward, data)

    def forward(self, data: bytes) -> None:
        """Write to the other side, once it is there."""
        if self.other is None:
            self.early.append(data)
        else:
            self.other.write(data)

    def join(self, other: asyncio.Transport) -> None:
        """Name the other side."""
        self.other = other
        for data in self.early:
            other.write(data)

    def connection_lost(self, exc: Exception | None) -> None:
        """Close the other side too, when all is through."""
        if self.other is not None:
            self.loop.call_later(self.delay, self.other.close)


class Near(Half):
    """The client's side, which opens the server's."""

    def __init__(self, delay: float, port: int) -> None:
        super().__init__(delay)
        self.port = port

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Open the far side."""
        self.task = self.loop.create_task(self.open(transport))

    async def open(self, transport: asyncio.BaseTransport) -> None:
        """Connect both sides with each other."""
        far, half = await self.loop.create_connection(
            lambda: Half(self.delay), "127.0.0.1", self.port
        )
        half.join(transport)  # type: ignore[arg-type]
        self.join(far)


async def main(port: int, round_trip: float) -> None:
    """Serve until killed."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Near(round_trip / 2, port), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), float(sys.argv[2])))
