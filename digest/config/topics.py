"""Chooses arXiv classes for the topics a person names; a start to edit, not a judgement."""

from collections import Counter
from collections.abc import Iterable

DEFAULT_CLASSES = ("cs.LG",)
MAX_CLASSES = 4

# Beginnings of words that speak for a class; the longer ones may hold blanks.
WORDS: dict[str, str] = {
    "cs.CL": "language|nlp|llm|translation|dialog|speech|text|token|prompt|retrieval-augmented|"
    "question answering|summari|kv cache|long context|long-context|transformer",
    "cs.LG": "learning|neural|deep|transformer|attention|diffusion|embedding|gradient|federated|"
    "graph neural|representation|llm|kv cache|bayesian|generative|reinforcement",
    "cs.CV": "vision|image|video|segmentation|object detection|3d|visual|diffusion model|"
    "camera|pose",
    "cs.AI": "agent|reasoning|planning|knowledge graph|artificial intelligence|symbolic",
    "cs.RO": "robot|manipulation|navigation|locomotion|drone|slam",
    "cs.IR": "retrieval|recommend|search engine|ranking",
    "cs.CR": "security|crypto|privacy|malware|adversarial|attack",
    "cs.DC": "distributed|parallel|cloud|gpu|inference serving|consensus",
    "cs.SE": "software|program synthesis|code generation|testing|compiler|bug",
    "cs.HC": "human-computer|user interface|accessib|user study",
    "cs.DS": "algorithm|data structure|complexity|approximation",
    "stat.ML": "bayesian|gaussian process|causal|variational|uncertainty|kernel",
    "stat.ME": "statistic|causal|clinical trial|survey|time series",
    "eess.AS": "speech|audio|music|speaker",
    "eess.IV": "medical imaging|mri|tomography|image reconstruction|microscopy",
    "q-bio.BM": "protein|molecul|drug|rna|ligand|folding|enzyme",
    "q-bio.GN": "genom|gene|dna|sequencing|single-cell|single cell",
    "q-bio.NC": "neuroscience|brain|neuron|cortex|cognit|eeg|fmri",
    "q-bio.PE": "evolution|epidemi|ecology|population|virus|phylogen",
    "quant-ph": "quantum|qubit|entanglement",
    "cond-mat.mtrl-sci": "material|crystal|alloy|battery|perovskite|density functional",
    "cond-mat.supr-con": "superconduct",
    "cond-mat.mes-hall": "graphene|topological|nanowire|semiconductor|spintronic",
    "astro-ph.GA": "galax|milky way|stellar population|black hole",
    "astro-ph.CO": "cosmolog|dark matter|dark energy|inflation|microwave background",
    "astro-ph.EP": "exoplanet|planet|solar system|asteroid",
    "astro-ph.HE": "supernova|gamma-ray|neutron star|cosmic ray|pulsar|black hole",
    "gr-qc": "gravit|black hole|relativity|spacetime",
    "hep-ph": "standard model|collider|neutrino|higgs|dark matter|particle physics",
    "hep-th": "string theory|quantum field|holograph|supersymmetr",
    "physics.chem-ph": "chemi|reaction|catalys|molecular dynamics",
    "physics.ao-ph": "climate|weather|ocean|atmospher",
    "physics.flu-dyn": "fluid|turbulen|navier",
    "physics.optics": "optic|photon|laser",
    "math.OC": "optimi|control theory|convex",
    "math.PR": "probability|stochastic|random",
    "math.NT": "number theory|prime|modular form",
    "math.AG": "algebraic geometry|moduli|scheme",
    "math.CO": "combinator|graph theory",
    "math.AP": "partial differential|pde",
    "econ.EM": "econom|auction|labor market|labour market",
    "q-fin.ST": "financ|trading|portfolio|stock",
}


def classes_for(topics: Iterable[str]) -> list[str]:
    """Return up to four arXiv classes, the best supported first; none where no word is known."""
    votes: Counter[str] = Counter()
    for topic in topics:
        spaced = f" {topic.casefold()}"
        for name, words in WORDS.items():
            votes[name] += any(f" {word}" in spaced for word in words.split("|"))
    return [name for name, count in votes.most_common(MAX_CLASSES) if count]
