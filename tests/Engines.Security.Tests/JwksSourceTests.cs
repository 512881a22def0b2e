using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using Steward.Engines.Security.Jwt;

namespace Steward.Engines.Security.Tests;

public sealed class JwksSourceTests : IDisposable
{
    private readonly ManualTimeProvider _time = new();
    private readonly FakeHttp _http = new();
    private readonly JwtIssuerOptions _issuer = new() { Issuer = "i", JwksUri = new Uri("https://login.example/keys") };

    private JwksSource Source => field ??= new JwksSource(_http, _time);

    public void Dispose() => _http.Dispose();

    private static string KeySet(int count)
    {
        using var folder = new TemporaryFolder();
        var keys = Enumerable.Range(0, count).Select(i => new DevelopmentTokenIssuer(folder.File($"{i}.key"), TimeProvider.System).Jwks["{\"keys\":[".Length..^2]);
        return $"{{\"keys\":[{string.Join(',', keys)}]}}";
    }

    [Fact]
    public async Task GetAsync_Repeatedly_FetchesOnceInTenMinutes()
    {
        _http.Answer = () => FakeHttp.Json(KeySet(1));

        for (var minute = 0; minute < 10; minute++)
        {
            Assert.Equal(1, (await Source.GetAsync(_issuer, refresh: false, default)).Count);
            _time.Advance(TimeSpan.FromMinutes(1));
        }

        Assert.Equal(1, _http.Requests);
        await Source.GetAsync(_issuer, refresh: false, default);
        Assert.Equal(2, _http.Requests);
    }

    [Fact]
    public async Task GetAsync_ManyUnknownKeyIds_AsksAtMostEveryThirtySeconds()
    {
        _http.Answer = () => FakeHttp.Json(KeySet(1));
        await Source.GetAsync(_issuer, refresh: false, default);
        _time.Advance(TimeSpan.FromSeconds(30));
        _http.Answer = () => FakeHttp.Json(KeySet(2));

        for (var i = 0; i < 20; i++)
        {
            Assert.Equal(2, (await Source.GetAsync(_issuer, refresh: true, default)).Count);
        }

        Assert.Equal(2, _http.Requests);
    }

    [Fact]
    public async Task GetAsync_AddressGone_UsesTheOldKeysForADay()
    {
        _http.Answer = () => FakeHttp.Json(KeySet(1));
        await Source.GetAsync(_issuer, refresh: false, default);
        _http.Answer = () => throw new HttpRequestException("connection refused");

        _time.Advance(TimeSpan.FromHours(23));
        Assert.Equal(1, (await Source.GetAsync(_issuer, refresh: false, default)).Count);
        _time.Advance(TimeSpan.FromHours(2));
        await Assert.ThrowsAsync<JwksUnavailableException>(async () => await Source.GetAsync(_issuer, refresh: false, default));
    }

    [Fact]
    public async Task GetAsync_NeverAnswered_FailsAndDoesNotHammer()
    {
        _http.Answer = () => throw new HttpRequestException("connection refused");

        for (var i = 0; i < 5; i++)
        {
            var error = await Assert.ThrowsAsync<JwksUnavailableException>(async () => await Source.GetAsync(_issuer, refresh: true, default));
            Assert.Contains("login.example/keys", error.Message, StringComparison.Ordinal);
        }

        Assert.Equal(1, _http.Requests);
    }

    public static TheoryData<string> BadAnswers => new("redirect", "huge", "no json", "no keys", "500");

    [Theory]
    [MemberData(nameof(BadAnswers))]
    public async Task GetAsync_BadAnswer_IsUnavailable(string kind)
    {
        _http.Answer = () => kind switch
        {
            "redirect" => new HttpResponseMessage(HttpStatusCode.Redirect) { Headers = { Location = new Uri("https://evil.example/keys") } },
            "huge" => FakeHttp.Json($"{{\"keys\":[],\"x\":\"{new string('x', JsonWebKeySet.MaxBytes)}\"}}"),
            "no json" => FakeHttp.Json("<html>"),
            "no keys" => FakeHttp.Json("{}"),
            _ => new HttpResponseMessage(HttpStatusCode.InternalServerError),
        };

        await Assert.ThrowsAsync<JwksUnavailableException>(async () => await Source.GetAsync(_issuer, refresh: false, default));
        Assert.Equal(1, _http.Requests);
    }

    [Fact]
    public async Task GetAsync_File_IsReadAgainForAnUnknownKey()
    {
        using var folder = new TemporaryFolder();
        var issuer = new JwtIssuerOptions { Issuer = "f", JwksFile = folder.File("jwks.json") };
        await File.WriteAllTextAsync(issuer.JwksFile, KeySet(1));
        Assert.Equal(1, (await Source.GetAsync(issuer, refresh: false, default)).Count);
        await File.WriteAllTextAsync(issuer.JwksFile, KeySet(2));
        _time.Advance(TimeSpan.FromSeconds(31));

        Assert.Equal(1, (await Source.GetAsync(issuer, refresh: false, default)).Count);
        Assert.Equal(2, (await Source.GetAsync(issuer, refresh: true, default)).Count);
    }

    [Theory]
    [InlineData("""{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a1"}""")]
    [InlineData("""{"kty":"EC","crv":"P-384","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}""")]
    [InlineData("""{"kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"}""")]
    [InlineData("""{"kty":"RSA","n":"sXchDaQebHnPiGvyDOAT4saGEUetSyo9MKLOoWFsueri23bOdgWp4Dy1Wl","e":"AQAB"}""")]
    [InlineData("""{"kty":7}""")]
    [InlineData("7")]
    public void Parse_UnusableKey_IsLeftOut(string key) => Assert.Equal(0, JsonWebKeySet.Parse($"{{\"keys\":[{key}]}}").Count);

    [Fact]
    public void Parse_WeakRsaKey_IsLeftOut()
    {
        using var rsa = RSA.Create(1024);
        var parameters = rsa.ExportParameters(false);

        Assert.Equal(0, JsonWebKeySet.Parse($$"""{"keys":[{"kty":"RSA","n":"{{System.Buffers.Text.Base64Url.EncodeToString(parameters.Modulus)}}","e":"AQAB"}]}""").Count);
    }

    private sealed class FakeHttp : HttpMessageHandler, IHttpClientFactory
    {
        public Func<HttpResponseMessage> Answer { get; set; } = () => throw new InvalidOperationException();

        public int Requests { get; private set; }

        public static HttpResponseMessage Json(string text) =>
            new(HttpStatusCode.OK) { Content = new StringContent(text, new MediaTypeHeaderValue("application/json")) };

        public HttpClient CreateClient(string name) => new(this, disposeHandler: false);

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Requests++;
            return Task.FromResult(Answer());
        }
    }
}
