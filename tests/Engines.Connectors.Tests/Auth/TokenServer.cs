using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Steward.Engines.Connectors.Tests.Auth;

/// <summary>
/// A token endpoint with refresh tokens that are good for one use. The use of one that was used before gives new tokens within the grace, and takes the whole family back after it, as the
/// security guide for OAuth (RFC 9700 4.14.2) has it. Beside it an interface that wants a valid access token.
/// </summary>
internal sealed class TokenServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Refresh> _refreshTokens = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, DateTimeOffset> _accessTokens = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, int> _underWay = new(StringComparer.Ordinal);
    private int _refreshes;
    private int _reuses;
    private int _together;
    private int _revoked;

    private TokenServer(WebApplication app) => _app = app;

    public Uri Url => new(_app.Urls.First());

    public TimeSpan TokenLife { get; set; } = TimeSpan.FromMilliseconds(300);

    public TimeSpan Grace { get; set; }

    /// <summary>Between receiving a refresh token and answering.</summary>
    public TimeSpan Delay { get; set; }

    /// <summary>Called after the refresh token was used up and before the answer is sent.</summary>
    public Func<Task>? BeforeAnswer { get; set; }

    /// <summary>Called when the answer has been sent.</summary>
    public Func<Task>? AfterAnswer { get; set; }

    /// <summary>Refreshes that were granted.</summary>
    public int Refreshes => _refreshes;

    /// <summary>Refresh tokens that came a second time, in the grace or not.</summary>
    public int Reuses => _reuses;

    /// <summary>Refreshes with one token that were under way at the same time.</summary>
    public int Together => _together;

    /// <summary>Families that were taken back.</summary>
    public int Revoked => _revoked;

    public static async Task<TokenServer> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        var server = new TokenServer(app);
        app.MapPost("/token", server.TokenAsync);
        app.MapGet("/api", server.Api);
        await app.StartAsync();
        return server;
    }

    /// <summary>What a person's sign-in gives.</summary>
    public string NewFamily()
    {
        lock (_gate)
        {
            var token = NewToken();
            _refreshTokens[token] = new Refresh(Guid.NewGuid());
            return token;
        }
    }

    public async ValueTask DisposeAsync()
    {
        using var hurry = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        try
        {
            await _app.StopAsync(hurry.Token);
        }
        catch (OperationCanceledException)
        {
        }

        await _app.DisposeAsync();
    }

    private IResult Api(HttpRequest request) =>
        request.Headers.Authorization.ToString() is ['B', 'e', 'a', 'r', 'e', 'r', ' ', .. var token] && _accessTokens.TryGetValue(token, out var until) && DateTimeOffset.UtcNow < until
            ? Results.Ok()
            : Results.StatusCode(401);

    private async Task TokenAsync(HttpContext http)
    {
        var form = await http.Request.ReadFormAsync();
        var token = form["refresh_token"].ToString();
        if (_underWay.AddOrUpdate(token, 1, (_, count) => count + 1) > 1)
        {
            Interlocked.Increment(ref _together);
        }

        string? answer;
        try
        {
            await Task.Delay(Delay);
            answer = Use(token);
            if (answer is not null && BeforeAnswer is { } before)
            {
                await before();
            }
        }
        finally
        {
            _underWay.AddOrUpdate(token, 0, (_, count) => count - 1);
        }

        http.Response.StatusCode = answer is null ? 400 : 200;
        http.Response.ContentType = "application/json";
        await http.Response.WriteAsync(answer ?? """{"error":"invalid_grant"}""", Encoding.UTF8);
        await http.Response.CompleteAsync();
        if (answer is not null && AfterAnswer is { } after)
        {
            await after();
        }
    }

    private string? Use(string token)
    {
        lock (_gate)
        {
            if (!_refreshTokens.TryGetValue(token, out var refresh) || refresh.IsRevoked)
            {
                return null;
            }

            var now = DateTimeOffset.UtcNow;
            if (refresh.UsedAt is { } used)
            {
                _reuses++;
                if (now - used > Grace)
                {
                    _revoked++;
                    foreach (var (_, other) in _refreshTokens.Where(pair => pair.Value.Family == refresh.Family))
                    {
                        other.IsRevoked = true;
                    }

                    return null;
                }
            }

            refresh.UsedAt ??= now;
            _refreshes++;
            var (next, access) = (NewToken(), NewToken());
            _refreshTokens[next] = new Refresh(refresh.Family);
            _accessTokens[access] = now + TokenLife;
            return string.Create(CultureInfo.InvariantCulture, $$"""{"access_token":"{{access}}","refresh_token":"{{next}}","token_type":"Bearer","expires_in":{{TokenLife.TotalSeconds}}}""");
        }
    }

    private static string NewToken() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(20));

    private sealed class Refresh(Guid family)
    {
        public Guid Family => family;

        public DateTimeOffset? UsedAt { get; set; }

        public bool IsRevoked { get; set; }
    }
}
