"""Collects papers from arXiv, Hugging Face, bioRxiv, PubMed, journals, blogs, files. Ranks nothing.

Reading order: `collecting` (a run over all sources), `plans` (what to ask), `asking` (the one door
to the network), `recognition` (what a document is), `kinds` (one parser per wire format),
`reading` (hostile bytes made safe to look at), `building` and `text` (clean papers).
"""
