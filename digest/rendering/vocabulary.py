"""The elements and attributes of MJML 4 (mjml.io, documentation of components). Only a table."""

PADDING = "padding padding-top padding-bottom padding-left padding-right"
BOX = f"{PADDING} css-class mj-class"
BACKGROUND = (
    "background-color background-url background-repeat background-size background-position "
    "background-position-x background-position-y"
)
BORDER = "border border-top border-bottom border-left border-right border-radius"
TEXT = (
    "color font-family font-size font-style font-weight letter-spacing line-height "
    "text-decoration text-transform"
)

# Elements whose attributes are not looked at: any, or too many to be worth it.
UNCHECKED = frozenset(
    (
        "mj-all", "mj-class", "mj-hero", "mj-social", "mj-social-element", "mj-navbar",
        "mj-navbar-link", "mj-accordion", "mj-accordion-element", "mj-accordion-title",
        "mj-accordion-text", "mj-carousel", "mj-carousel-image",
    )
)  # fmt: skip

ATTRIBUTES = {
    name: frozenset(attributes.split())
    for name, attributes in {
        "mjml": "lang dir owa",
        "mj-head": "",
        "mj-attributes": "",
        "mj-title": "",
        "mj-preview": "",
        "mj-style": "",
        "mj-breakpoint": "width",
        "mj-raw": "position",
        "mj-include": "path",
        "mj-body": "width background-color css-class id",
        "mj-wrapper": f"{BOX} {BACKGROUND} {BORDER} full-width text-align gap direction",
        "mj-section": f"{BOX} {BACKGROUND} {BORDER} full-width text-align direction text-padding",
        "mj-column": (
            f"{BOX} {BORDER} background-color width vertical-align direction "
            "inner-background-color inner-border inner-border-top inner-border-bottom "
            "inner-border-left inner-border-right inner-border-radius"
        ),
        "mj-group": f"{BOX} background-color width vertical-align direction",
        "mj-text": f"{BOX} {TEXT} align height container-background-color vertical-align",
        "mj-button": (
            f"{BOX} {TEXT} {BORDER} align background-color container-background-color height href "
            "inner-padding name rel target text-align title vertical-align width"
        ),
        "mj-image": (
            f"{BOX} {BORDER} align alt container-background-color fluid-on-mobile font-size height "
            "href max-height name rel sizes src srcset target title usemap width"
        ),
        "mj-divider": (
            f"{BOX} align border-color border-style border-width container-background-color width"
        ),
        "mj-spacer": f"{BOX} container-background-color height",
        "mj-table": (
            f"{BOX} {TEXT} align border cellpadding cellspacing container-background-color role "
            "table-layout width"
        ),
    }.items()
}

# What this compiler leaves out or rejects without a word.
REFUSED = {
    "mj-font": "nothing remote belongs into a letter; name fonts that readers have in theme.toml",
    "mj-html-attributes": "the compiler does not know it",
}
ELEMENTS = frozenset((*ATTRIBUTES, *UNCHECKED))
# Attributes in which Jinja is silently replaced by a default, since they are read as numbers.
NUMERIC = frozenset((("mj-image", "width"), ("mj-column", "width"), ("mj-body", "width")))
