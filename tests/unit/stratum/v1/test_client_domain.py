"""Where a pool may send us."""

import pytest

from headframe.stratum.v1.client_domain import same_domain


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("pool.example", "pool.example"),
        ("eu.pool.example", "us.pool.example"),
        ("eu.pool.example", "pool.example"),
        ("pool.example", "a.b.c.pool.example"),
        ("EU.Pool.Example.", "us.pool.example"),
        ("eu.mypool.co.uk", "us.mypool.co.uk"),
        ("mypool.co.uk", "us.mypool.co.uk"),
        ("stratum.kano.is", "de.kano.is"),
        ("10.0.0.1", "10.0.0.1"),
        ("2001:db8::1", "[2001:DB8:0::1]"),
        ("localhost", "LOCALHOST"),
    ],
)
def test_the_same_registered_domain(old, new):
    assert same_domain(old, new)
    assert same_domain(new, old)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("pool.example", "pool.example.evil.net"),
        ("pool.example", "evilpool.example"),
        ("pool.example", "example"),
        ("pool.example", "other.test"),
        ("mypool.co.uk", "evil.co.uk"),
        ("pool.com.au", "evil.com.au"),
        ("co.uk", "evil.co.uk"),
        ("10.0.0.1", "10.0.0.2"),
        ("1.10.0.1", "2.10.0.1"),
        ("10.0.0.1", "pool.example"),
        ("a.0x7f", "b.0x7f"),
        ("a.b.127", "c.b.127"),
        ("2001:db8::1", "2001:db8::2"),
        ("localhost", "pool.localhost"),
        ("pool.example", ""),
        ("", ""),
        ("pool.example", "a/../pool.example"),
        ("pool.example", "user@pool.example"),
        ("pool.example", "x..pool.example"),
        ("pool.example", "us.pool.example:3333"),
        ("pool.example", "us.pool.example\n"),
        ("pool.example", "pооl.example"),
        ("pool.example", "a" * 64 + ".pool.example"),
        ("pool.example", "a." * 200 + "pool.example"),
    ],
)
def test_a_stranger(old, new):
    assert not same_domain(old, new)
    assert not same_domain(new, old)
