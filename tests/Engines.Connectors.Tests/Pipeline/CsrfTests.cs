using System.Collections.Concurrent;
using Steward.Engines.Connectors.Templates;

namespace Steward.Engines.Connectors.Tests.Pipeline;

public sealed class CsrfTests : IAsyncLifetime
{
    private readonly ConcurrentQueue<(string Method, string Token, string Cookie)> _seen = new();

    private FakeVendor _vendor = null!;
    private Piped _sut = null!;
    private int _tokenStatus = 200;

    public async Task InitializeAsync()
    {
        _vendor = await FakeVendor.StartAsync();
        _vendor.Answer = (request, http) =>
        {
            _seen.Enqueue((request.Method, http.Request.Headers["X-CSRF-Token"].ToString(), http.Request.Headers.Cookie.ToString()));
            if (request.Method == "GET")
            {
                http.Response.Headers["X-CSRF-Token"] = "tok-1";
                http.Response.Headers.SetCookie = new(["SAP_SESSIONID=abc; path=/; HttpOnly", "sap-usercontext=client=100"]);
                return FakeVendor.Json(http, "{}", _tokenStatus);
            }

            return FakeVendor.Json(http, """{"id":1,"name":"n"}""");
        };
        _sut = new Piped(Piped.Read(Templates.Things) with { Csrf = new CsrfSpec { Path = "/token" } }, _vendor.Url);
    }

    public async Task DisposeAsync()
    {
        _sut.Dispose();
        await _vendor.DisposeAsync();
    }

    [Fact]
    public async Task ExecuteAsync_Write_CarriesTheTokenAndItsSession()
    {
        await _sut.ResultAsync("things.create", new { name = "n" });

        Assert.Equal([("GET", "Fetch", ""), ("POST", "tok-1", "SAP_SESSIONID=abc; sap-usercontext=client=100")], _seen);
        Assert.EndsWith("/token", _vendor.Requests[0].Path, StringComparison.Ordinal);
        Assert.Equal("", _vendor.Requests[0].Body);
    }

    [Fact]
    public async Task ExecuteAsync_Read_AsksForNoToken()
    {
        await _sut.Chain.ExecuteAsync(_sut.Call("things.get", new { id = "7" }), default);

        Assert.Equal("", Assert.Single(_seen).Token);
    }

    [Fact]
    public async Task ExecuteAsync_TokenNotGiven_WritesNothingAndSaysThatNothingWasDone()
    {
        _tokenStatus = 503;
        var failure = await _sut.FailureAsync("things.create", new { name = "n" });

        Assert.Equal("unavailable", failure.Code);
        Assert.All(_seen, seen => Assert.Equal("GET", seen.Method));
    }
}
