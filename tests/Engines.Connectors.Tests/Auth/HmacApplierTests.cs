using System.Security.Cryptography;
using System.Text;
using Steward.Engines.Connectors.Instances;
using Steward.Engines.Connectors.Limits;
using Steward.Engines.Connectors.Tests.Pipeline;
using Steward.Engines.Security;

namespace Steward.Engines.Connectors.Tests.Auth;

/// <summary>Signatures of requests, checked as the vendor would.</summary>
public sealed class HmacApplierTests : IAsyncLifetime
{
    private const string Operations =
        """
        operations:
          - { id: things.search, summary: Finds., path: /things, query: { q: "{q}" }, effect: read, input: { properties: { q: { type: string } } } }
          - id: things.create
            summary: Creates.
            method: POST
            path: /things
            body: { name: "{name}" }
            effect: write
            input: { properties: { name: { type: string } }, required: [name] }
        """;

    private FakeVendor _vendor = null!;
    private readonly Dictionary<string, string> _headers = [];

    public async Task InitializeAsync()
    {
        _vendor = await FakeVendor.StartAsync();
        _vendor.Answer = (_, http) =>
        {
            foreach (var (name, value) in http.Request.Headers)
            {
                _headers[name] = value.ToString();
            }

            return FakeVendor.Json(http, "{}");
        };
    }

    public async Task DisposeAsync() => await _vendor.DisposeAsync();

    [Fact]
    public async Task Headers_PayloadOfTimeMethodPathAndBody_IsWhatTheVendorComputes()
    {
        using var sut = Of(
            """
            auth:
              - id: signed
                kind: hmac
                fields: [ { name: apiKey, title: Key }, { name: apiSecret, title: Secret, secret: true } ]
                hmac: { key: "{apiSecret}", keyEncoding: base64, encoding: base64, payload: "{timestamp}\n{method}\n{pathAndQuery}\n{body}" }
                apply:
                  - { header: X-Timestamp, value: "{timestamp}" }
                  - { header: Authorization, value: "HMAC {apiKey}:{signature}" }

            """,
            Convert.ToBase64String("t0p s3cret"u8));
        await sut.ResultAsync("things.create", new { name = "Müller" });

        var request = Assert.Single(_vendor.Requests);
        var expected = Convert.ToBase64String(HMACSHA256.HashData("t0p s3cret"u8, Encoding.UTF8.GetBytes($"{_headers["X-Timestamp"]}\nPOST\n/things\n{request.Body}")));
        Assert.Equal($"HMAC key-1:{expected}", request.Authorization);
        Assert.InRange(long.Parse(_headers["X-Timestamp"], System.Globalization.CultureInfo.InvariantCulture), TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() - 60, TimeProvider.System.GetUtcNow().ToUnixTimeSeconds());
    }

    [Fact]
    public async Task Query_SignatureCoversTheParametersBeforeIt()
    {
        using var sut = Of(
            """
            auth:
              - id: signed
                kind: hmac
                fields: [ { name: apiKey, title: Key }, { name: apiSecret, title: Secret, secret: true } ]
                hmac: { key: "{apiSecret}", algorithm: sha512, timestamp: milliseconds, payload: "{query}" }
                apply:
                  - { query: signature, value: "{signature}" }
                  - { query: timestamp, value: "{timestamp}" }
                  - { header: X-Key, value: "{apiKey}" }

            """,
            "s3cret");
        await sut.ResultAsync("things.search", new { q = "a&b=c" });

        var query = Assert.Single(_vendor.Requests).Query.TrimStart('?');
        var signed = query[..query.LastIndexOf("&signature=", StringComparison.Ordinal)];
        Assert.StartsWith("q=a%26b%3Dc&timestamp=", signed, StringComparison.Ordinal);
        Assert.EndsWith(Convert.ToHexStringLower(HMACSHA512.HashData("s3cret"u8, Encoding.UTF8.GetBytes(signed))), query, StringComparison.Ordinal);
        Assert.Equal("key-1", _headers["X-Key"]);
    }

    [Fact]
    public async Task Repetition_HasANonceOfItsOwn()
    {
        using var sut = Of(
            """
            auth:
              - id: signed
                kind: hmac
                fields: [ { name: apiKey, title: Key }, { name: apiSecret, title: Secret, secret: true } ]
                hmac: { key: "{apiSecret}", payload: "{nonce}{bodyHash}" }
                apply: [ { header: X-Signature, value: "{nonce}.{signature}" } ]

            """,
            "s3cret");
        await sut.ResultAsync("things.search");
        var first = _headers["X-Signature"];
        await sut.ResultAsync("things.search");

        Assert.NotEqual(first, _headers["X-Signature"]);
        var (nonce, signature) = first.Split('.') is [var left, var right] ? (left, right) : ("", "");
        var hash = Convert.ToHexStringLower(SHA256.HashData([]));
        Assert.Equal(Convert.ToHexStringLower(HMACSHA256.HashData("s3cret"u8, Encoding.UTF8.GetBytes(nonce + hash))), signature);
    }

    [Fact]
    public async Task KeyThatIsNotWrittenAsTheTemplateSays_IsNotConfigured()
    {
        using var sut = Of(
            """
            auth:
              - id: signed
                kind: hmac
                fields: [ { name: apiKey, title: Key }, { name: apiSecret, title: Secret, secret: true } ]
                hmac: { key: "{apiSecret}", keyEncoding: hex, payload: "{body}" }
                apply: [ { header: X-Signature, value: "{signature}" } ]

            """,
            "no hex");
        var failed = await sut.FailureAsync("things.search");

        Assert.Equal("not_configured", failed.Code);
        Assert.Contains("its key is not written in hex", failed.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("no hex", failed.Message, StringComparison.Ordinal);
        Assert.Empty(_vendor.Requests);
    }

    private Piped Of(string auth, string secret) => Piped.Of(
        auth + Operations, _vendor.Url,
        credentials: new FixedCredential(new Credential(1, new Dictionary<string, SecretText> { ["apiKey"] = new("key-1"), ["apiSecret"] = new(secret) })));
}
