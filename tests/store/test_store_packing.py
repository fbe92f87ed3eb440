from hypothesis import given
from hypothesis import strategies as st

from traceability.store.packing import pack, unpack

texts = st.binary(max_size=200)
items = st.lists(st.text(st.characters(codec="ascii", exclude_characters="\n"), min_size=1, max_size=60))


@given(st.binary(min_size=32, max_size=32), texts, texts, items)
def test_unpack_is_the_inverse_of_pack(nonce: bytes, core: bytes, terms: bytes, named: list[str]) -> None:
    assert unpack(pack(nonce, core, terms, tuple(named))) == (nonce, core, terms, tuple(named))
