"""The shipped documents have the structure of captured ones, where such lie beside the project."""

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from digest.demo.samples import FOLDER

CAPTURED = Path(__file__).parents[3] / "shared" / "feeds"
XML = [
    ("arxiv-learning.atom.xml", "arxiv_atom/cs_AI_2025-08-20_edited.xml", "entry"),
    ("arxiv-physics.rss.xml", "arxiv_rss/cs_CL_2026-04-27_3items.xml", "item"),
    ("nature.rdf.xml", "nature/nature_2024-07-18.rdf", "item"),
    ("pubmed.rss.xml", "pubmed/rss_2021-11-08.xml", "item"),
]
JSON = [
    ("huggingface.json", "hf_daily_papers/daily_papers_2026-06-12.json"),
    ("biorxiv.json", "biorxiv/api_details_biorxiv_2026-08.json"),
]


def captured(name: str) -> bytes:
    """Return a captured document, or skip the test."""
    path = CAPTURED / name
    if not path.is_file():
        pytest.skip("no captured documents here")
    return path.read_bytes()


def tags(document: bytes, entry: str) -> tuple[str, list[str]]:
    """Return the root's name and the names in the first entry, namespaces included."""
    root = ElementTree.fromstring(document)
    first = next(element for element in root.iter() if element.tag.rpartition("}")[2] == entry)
    return root.tag, list(dict.fromkeys(child.tag for child in first))


def paths(value: Any, path: str = "") -> set[str]:
    """Return the ways to every value of a JSON document, list positions left out."""
    if isinstance(value, list):
        return {way for item in value for way in paths(item, f"{path}[]")}
    if isinstance(value, dict):
        return {way for key, item in value.items() for way in paths(item, f"{path}.{key}")}
    return {path}


@pytest.mark.parametrize(("ours", "theirs", "entry"), XML, ids=lambda value: str(value))
def test_entries_have_the_elements_of_real_ones(ours: str, theirs: str, entry: str) -> None:
    """The root and an entry's elements agree in name, namespace and order."""
    root, names = tags(captured(theirs), entry)
    own_root, own_names = tags((FOLDER / ours).read_bytes(), entry)
    assert own_root == root
    assert set(own_names) <= set(names)
    assert own_names == [name for name in names if name in own_names]


@pytest.mark.parametrize(("ours", "theirs"), JSON, ids=lambda value: str(value))
def test_rows_have_the_keys_of_real_ones(ours: str, theirs: str) -> None:
    """Every value lies where the service puts it."""
    assert paths(json.loads((FOLDER / ours).read_text())) <= paths(json.loads(captured(theirs)))
