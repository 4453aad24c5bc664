"""Writes the demo's configuration into a folder of the caller's choice."""

from pathlib import Path

HERE = Path(__file__).parent
CONFIG = "digest.yaml"
SUBSCRIBERS = "subscribers.yaml"


def demo_files(folder: Path, *, http_url: str, smtp_port: int) -> Path:
    """Write `digest.yaml` and `subscribers.yaml` and return the path of the former.

    The database will lie beside them.

    Args:
        folder: Made where it is missing.
        http_url: Of the feed server, without a final slash.
        smtp_port: Of the inbox on 127.0.0.1.
    """
    folder.mkdir(parents=True, exist_ok=True)
    text = (HERE / f"{CONFIG}.in").read_text("utf-8")
    text = text.replace("${DEMO_URL}", http_url).replace("${DEMO_SMTP_PORT}", str(smtp_port))
    (folder / CONFIG).write_text(text, "utf-8")
    (folder / SUBSCRIBERS).write_bytes((HERE / SUBSCRIBERS).read_bytes())
    return folder / CONFIG
