"""Ranks papers for interests. Touches no network, clock or disk (`minilm` alone reads a model).

In reading order:
    text to terms: `tokens`, `spellings`, `numbering`, `bags`
    what is kept of the archive: `index`, `latent`, `semantic`, `minilm`
    papers to vectors: `arrays`, `matrices`, `postings`, `weights`, `space`
    interests to vectors: `readers`, `library`, `contrasting`, `fitting`
    their product, and more: `day`, `authors`, `signals`, `texts`, `reasons`, `scores`
    scores to letters: `choosing`, `exploring`, `scene`, `proposing`, `ranker`
    beside a run: `explaining`, `advice`, `labelled`, `peers`, `evaluation`
"""
