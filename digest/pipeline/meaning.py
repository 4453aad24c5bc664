"""Sentence embeddings beside the words, where the configuration asks for them."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from digest.ranking.arrays import Array
from digest.ranking.semantic import Embed, Embeddings, Meaning, fit_meaning, unit_vectors
from digest.state.archive import Archive
from digest.state.database import Database
from digest.state.vectors import load_vectors, save_vectors

if TYPE_CHECKING:
    from digest.config.schema import Semantic

NAME = "embeddings"
PROFILES = "embeddings of profiles"  # key words, and examples that the archive lacks


def open_meaning(
    database: Database, options: "Semantic | None", archive: Archive
) -> Meaning | None:
    """Return the meaning of the stored papers, embedding only those that no earlier run has.

    Raises:
        ModelError: the model is not installed or cannot be read.
        SourceError: the endpoint cannot be asked.
    """
    if options is None:
        return None
    name, embed = open_embedder(options)
    kept = stored_embeddings(database, NAME, name)
    grown = kept.extended(list(archive.all_papers()), embed)
    if grown is not kept:
        save_vectors(database, NAME, name, grown.to_bytes())
    profiles = stored_embeddings(database, PROFILES, name)
    return fit_meaning(grown, embed, options.weight, profiles)


def keep_profiles(database: Database, meaning: Meaning | None) -> None:
    """Keep what was embedded of profiles, beside what another process may have kept meanwhile."""
    if meaning is None or not meaning.profiles.grown:
        return
    model, said = meaning.store.model, meaning.profiles
    others = stored_embeddings(database, PROFILES, model)
    said.kept = dict(zip(others.keys, others.vectors, strict=True)) | said.kept
    save_vectors(database, PROFILES, model, said.store(model).to_bytes())
    said.grown = False


def open_embedder(options: "Semantic") -> tuple[str, Embed]:
    """Return the model's name and what turns texts into vectors."""
    if options.endpoint:
        from digest.sources.asking.embedding import ask_embeddings

        key = options.key.get_secret_value()
        ask = partial(ask_embeddings, options.endpoint, model=options.model, key=key)

        def embed(texts: Sequence[str]) -> Array:
            return unit_vectors(ask(texts))

        return f"{options.endpoint} {options.model}", embed
    from digest.ranking.minilm import load_encoder, packaged_model

    encoder = load_encoder(Path(options.model) if options.model else packaged_model())
    return encoder.name, encoder


def stored_embeddings(database: Database, name: str, model: str) -> Embeddings:
    """Return the vectors that earlier runs kept under a name, made with this model."""
    body = load_vectors(database, name, model)
    try:
        return Embeddings.from_bytes(body) if body is not None else Embeddings.empty(model)
    except ValueError:  # damaged: embedded anew
        return Embeddings.empty(model)
