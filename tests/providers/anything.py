"""Any JSON value, and worse: lone surrogates, NaN, and huge numbers."""

from hypothesis import strategies as st

TEXT = st.text(st.characters(codec=None), max_size=40)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)
