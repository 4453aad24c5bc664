"""Asks an OpenAI-style endpoint for sentence embeddings.

The form is that of https://platform.openai.com/docs/api-reference/embeddings, which local servers
(Ollama, vLLM, text-embeddings-inference) answer too.
"""

from collections.abc import Sequence

import httpx2

from digest.errors import SourceError

PORTION = 64  # texts in one question
SECONDS = 120.0  # for one answer: a small machine may compute it


def ask_embeddings(
    endpoint: str, texts: Sequence[str], *, model: str, key: str
) -> list[list[float]]:
    """Return one vector for each text, in order.

    Args:
        endpoint: the address that takes the question, such as http://127.0.0.1:11434/v1/embeddings.
        model: the model's name at that endpoint.
        key: sent as a bearer token; "" for none.

    Raises:
        SourceError: it cannot be reached, or answers with something else than vectors.
    """
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    vectors: list[list[float]] = []
    try:
        with httpx2.Client(headers=headers, timeout=SECONDS) as client:
            for start in range(0, len(texts), PORTION):
                question = {"model": model, "input": list(texts[start : start + PORTION])}
                answer = client.post(endpoint, json=question).raise_for_status().json()
                rows = sorted(answer["data"], key=lambda row: row["index"])
                vectors += [[float(number) for number in row["embedding"]] for row in rows]
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        raise SourceError("embeddings", endpoint, f"cannot be asked: {error}") from error
    except (KeyError, TypeError, ValueError) as error:
        raise SourceError("embeddings", endpoint, "its answer holds no vectors") from error
    if len(vectors) != len(texts) or len({len(vector) for vector in vectors}) > 1:
        raise SourceError("embeddings", endpoint, "its answer has too few vectors")
    return vectors
