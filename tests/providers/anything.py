"""Any JSON value, and worse: lone surrogates, NaN, and huge numbers."""

from hypothesis import strategies as st

TEXT = st.text(st.characters(codec=None), max_size=40)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)
# A few of the values that a provider's JSON could hold.
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=6,
)


def odd_json(*texts: str) -> st.SearchStrategy[object]:
    """Return JSON values, among them these texts."""
    return st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | TEXT | st.sampled_from(texts),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner),
        max_leaves=8,
    )
