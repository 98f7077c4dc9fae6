"""Where a webhook must never go."""

import pytest

from domain.errors import InvalidValue
from infrastructure.events.addresses import AddressRefused, check_url, is_public, resolve

PRIVATE = [
    "127.0.0.1",
    "127.255.255.254",
    "0.0.0.0",  # noqa: S104
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.100.100.200",
    "168.63.129.16",
    "192.0.0.192",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "fe80::1",
    "fec0::1",
    "fc00::1",
    "fd00:ec2::254",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::169.254.169.254",
    "2002:7f00:1::1",
    "2001:db8::1",
]


@pytest.mark.parametrize("address", PRIVATE)
async def test_a_private_address_is_refused_however_it_is_written(address: str) -> None:
    assert not is_public(address)
    with pytest.raises(AddressRefused, match="address_not_public"):
        await resolve(address, 443, allow_private=False)


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "2606:4700:4700::1111", "64:ff9b::8.8.8.8"])
def test_a_public_address_is_not(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("host", ["localhost", "2130706433", "0x7f.1", "0177.0.0.1", "127.1"])
async def test_other_names_of_this_machine_are_seen_through(host: str) -> None:
    with pytest.raises(AddressRefused):
        await resolve(host, 443, allow_private=False)


async def test_a_name_that_nobody_has_is_refused() -> None:
    for host in ("nowhere.invalid", "a" * 300 + ".example", "\u2603..example"):
        with pytest.raises(AddressRefused, match="name_not_found"):
            await resolve(host, 443, allow_private=False)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "events",
        "//example.com/events",
        "http://example.com/events",
        "ftp://example.com/",
        "file:///etc/passwd",
        "https://",
        "https://user:secret@example.com/",
        "https://example.com/#part",
        "https://example.com:0/",
        "https://example.com:99999/",
        "https://exa mple.com/",
        "https://example.com/\r\nhost: other",
        "https://[::1]/",
        "https://127.0.0.1/",
        "https://169.254.169.254/latest/meta-data",
        "https://[not an address/",
        "https://exämple.com/",
        "https://1.1.1.010/hook",
        "https://01.1.1.1/",
        "https://example.com/" + "a" * 2_000,
    ],
)
def test_an_address_that_makes_no_sense_is_refused(url: str) -> None:
    with pytest.raises(InvalidValue) as refusal:
        check_url(url, allow_private=False)
    assert refusal.value.field == "url"


def test_plain_http_to_private_addresses_is_for_development() -> None:
    assert check_url("http://127.0.0.1:9000/events", allow_private=True)
    assert check_url("https://hooks.example.com:8443/tenor?key=1", allow_private=False)
