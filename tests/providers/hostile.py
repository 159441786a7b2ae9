"""Addresses that our server must never request, in every notation."""

HOSTILE = [
    # Other schemes, and none
    "http://example.com/a.mp3", "ftp://example.com/a", "file:///etc/passwd", "gopher://example.com",
    "data:audio/mpeg;base64,AAAA", "javascript:alert(1)", "unix:/run/docker.sock",
    "//example.com/a", "/etc/passwd", "example.com", "", "https:", "https://", "https:///a", "ws://example.com/",
    # Tricks with the notation
    "https://user@example.com/", "https://user:pw@example.com/", "https://example.com@127.0.0.1/",
    "https://:@example.com/", "https://example.com\\@127.0.0.1/", "https://exa mple.com/",
    " https://example.com/", "https://example.com/\n", "https://example.com/\t", "https://ex\x00.com/",
    "https://example.com/\x7f", "https://example.com/" + "a" * 2048, "https://exa\r\nmple.com/",
    "https://-example.com/", "https://exa_mple.com/", "https://example..com/", "https://.com/",
    "https://" + "a" * 64 + ".com/", "https://" + "a." * 130 + "com/", "https://xn--a/", "https://[/",
    "https://example.com:99999/", "https://a%2ecom/", "https://example.com%00.evil.test/",
    # Ports
    "https://example.com:0/", "https://example.com:22/", "https://example.com:8080/",
    "https://example.com:80/", "https://example.com:65536/", "https://example.com:4433/",
    # This machine
    "https://127.0.0.1/", "https://127.0.0.1./", "https://127.1/", "https://127.0.1/", "https://0/",
    "https://0.0.0.0/", "https://2130706433/", "https://0x7f000001/", "https://0x7f.0.0.1/",
    "https://0177.0.0.1/", "https://017700000001/", "https://127.0.0.1.:443/", "https://1/",
    "https://localhost/", "https://LOCALHOST/", "https://localhost./", "https://a.localhost/",
    "https://①②⑦.⓪.⓪.①/", "https://１２７.0.0.1/", "https://127。0。0。1/", "https://ｌocalhost/",
    "https://[::1]/", "https://[::]/", "https://[::ffff:127.0.0.1]/", "https://[::127.0.0.1]/",
    "https://[0:0:0:0:0:ffff:7f00:1]/", "https://[::ffff:8.8.8.8]/", "https://[::1%25lo]/", "https://[::1%lo]/",
    # Ways inside through IPv6
    "https://[64:ff9b::7f00:1]/", "https://[64:ff9b:1::a00:1]/", "https://[2002:7f00:1::]/",
    "https://[2001:0:7f00:1::]/", "https://[fe80::1]/", "https://[fc00::1]/", "https://[fd12::1]/",
    "https://[ff02::1]/", "https://[fec0::1]/", "https://[2001:db8::1]/", "https://[100::1]/",
    "https://[3fff::1]/", "https://[5f00::1]/", "https://[2001:20::1]/",
    # Private and special networks
    "https://10.0.0.1/", "https://172.16.0.1/", "https://172.31.255.255/", "https://192.168.1.1/",
    "https://169.254.169.254/", "https://100.64.0.1/", "https://100.100.100.200/",
    "https://168.63.129.16/", "https://192.0.0.192/", "https://192.0.2.1/", "https://192.88.99.1/",
    "https://198.18.0.1/", "https://198.51.100.1/", "https://203.0.113.1/", "https://224.0.0.1/",
    "https://240.0.0.1/", "https://255.255.255.255/",
    # Names that only resolve on internal networks
    "https://intranet/", "https://metadata/", "https://printer.local/", "https://db.internal/",
    "https://metadata.google.internal/", "https://nas.lan/", "https://x.home.arpa/",
    "https://wiki.corp/", "https://wiki.intranet./", "https://example.com.0x7f/", "https://a.1/",
]  # fmt: skip
