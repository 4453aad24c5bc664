"""Ranks papers for interests. Touches no network, clock or disk (`minilm` alone reads a model).

Reading order: `tokens` (text to terms), `index` (what is kept of the archive), `latent`, `space`
(papers to vectors), `readers`, `contrasting` and `fitting` (interests to vectors), `scoring`
(their product), `choosing` (scores to letters), `reasons`, `ranker` (all of it), `explaining`,
`evaluation`.
"""
