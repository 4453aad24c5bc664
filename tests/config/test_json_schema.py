"""The shipped JSON Schemas are those of the models, and agree with the loader."""

import json
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from digest.config.json_schema import FILES, schema_text
from digest.resources import resource_dir

CONFIG = resource_dir("config")


def validator(name: str) -> Draft202012Validator:
    return Draft202012Validator(json.loads(schema_text(name)))


@pytest.mark.parametrize("name", FILES)
def test_the_shipped_file_is_in_step_with_the_models(name: str) -> None:
    """After a change of the models, `write_schemas` has to be run."""
    same = (CONFIG / name).read_text(encoding="utf-8") == schema_text(name)
    assert same, f"config/{name} is older than the models: call `make schema`"


@pytest.mark.parametrize("name", FILES)
def test_the_examples_satisfy_their_schema(name: str) -> None:
    """An editor shows no red line in what is shipped, also where it reads YAML 1.1."""
    Draft202012Validator.check_schema(json.loads(schema_text(name)))
    example = CONFIG / name.replace("schema.json", "example.yaml")
    validator(name).validate(yaml.safe_load(example.read_text(encoding="utf-8")))


RELAY = {"host": "smtp.example.org", "port": "${PORT}", "per_second": 2}


@pytest.mark.parametrize(
    "document",
    [
        {"sources": {"arxiv": "cs.CL"}},
        {"sources": [{"arxiv": ["cs.CL"], "limit": 10}], "delivery": {"smtp": RELAY}},
        {"sources": [{"feed": "https://example.org/rss"}], "delivery": {"smtp": [RELAY]}},
        {"sources": [{"huggingface": "daily"}], "site": None, "subscribers": ["*.yaml"]},
    ],
)
def test_every_way_to_write_it_is_accepted(document: dict[str, Any]) -> None:
    """One or many, variables in numbers, keys without a value."""
    validator("digest.schema.json").validate(document)


@pytest.mark.parametrize(
    "document",
    [
        {"sources": [{"arxvi": "cs.CL"}]},
        {"sources": [{"arxiv": "cs.CL", "huggingface": "daily"}]},
        {"sources": [{"name": "Nature"}]},
        {"sources": [{"arxiv": "cs.CL"}], "keep_days": "long"},
        {"sources": [{"arxiv": "cs.CL"}], "delivery": {"smtp": {"host": "x", "tls": "maybe"}}},
        {"sources": [{"arxiv": "cs.CL"}], "stat": "sqlite:///x.db"},
        {},
    ],
)
def test_what_the_loader_refuses_is_marked(document: dict[str, Any]) -> None:
    """Unknown keys, two kinds in one source, words for numbers, missing keys."""
    assert list(validator("digest.schema.json").iter_errors(document))


def test_subscribers_may_be_written_in_all_their_ways() -> None:
    """Entries as addresses, interests as keywords, ids that look like numbers."""
    validator("subscribers.schema.json").validate(
        {
            "defaults": {"send_at": "07:30", "days": ["mon", "thu"]},
            "groups": {"lab": {"interests": ["KV cache", {"like": 2501.1}]}},
            "subscribers": ["ada@example.org", {"email": "b@example.org", "group": "lab"}],
        }
    )


def test_fields_carry_the_comments_of_the_models() -> None:
    """An editor shows what a key is for."""
    properties = validator("digest.schema.json").schema["$defs"]["Site"]["properties"]
    assert properties["operator"]["description"].startswith("told when something stays broken")
