using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.AspNetCore.Http;
using Steward.Engines.Connectors.Instances;
using Steward.Engines.Connectors.Limits;
using Steward.Engines.Security;

namespace Steward.Engines.Connectors.Tests.Pipeline;

public sealed class FailureTests : IAsyncLifetime
{
    private FakeVendor _vendor = null!;
    private Piped _sut = null!;

    public async Task InitializeAsync()
    {
        _vendor = await FakeVendor.StartAsync();
        _sut = Piped.Of(Templates.Things, _vendor.Url);
    }

    public async Task DisposeAsync()
    {
        _sut.Dispose();
        await _vendor.DisposeAsync();
    }

    [Theory]
    [InlineData(400, "rejected")]
    [InlineData(403, "forbidden")]
    [InlineData(404, "not_found")]
    [InlineData(409, "conflict")]
    [InlineData(302, "bad_response")]
    [InlineData(500, "unavailable")]
    public async Task ExecuteAsync_ReadThatFails_HasTheCodeOfItsStatus(int status, string code)
    {
        _vendor.Answer = (_, http) => FakeVendor.Json(http, $$$"""{"error":{"message":"Said {{{Piped.Secret}}}\u0007 so"}}""", status);

        var failure = await _sut.FailureAsync("things.get", new { id = "7" });

        Assert.Equal(code, failure.Code);
        Assert.DoesNotContain(Piped.Secret, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ExecuteAsync_ErrorText_IsShownWithoutCredentialsAndControlCharacters()
    {
        _vendor.Answer = (_, http) => FakeVendor.Json(http, $$$"""{"error":{"message":"Bad {{{Piped.Secret}}}\n{{{new string('x', 500)}}}"}}""", 400);

        var message = (await _sut.FailureAsync("things.get", new { id = "7" })).Message;

        Assert.StartsWith("Sut: Bad *** xxx", message, StringComparison.Ordinal);
        Assert.InRange(message.Length, 300, 320);
    }

    [Theory]
    [InlineData("no_such_thing", "not_found")]
    [InlineData("whatever", "rejected")]
    [InlineData("fatal_error", "unavailable")]
    public async Task ExecuteAsync_ErrorInsideSuccess_IsAnError(string error, string code)
    {
        _vendor.Answer = (_, http) => FakeVendor.Json(http, $$"""{"ok":false,"error":"{{error}}"}""");

        Assert.Equal(code, (await _sut.FailureAsync("things.get", new { id = "7" })).Code);
    }

    [Theory]
    [InlineData(500)]
    [InlineData(503)]
    [InlineData(408)]
    public async Task ExecuteAsync_WriteAnsweredWithAServerError_IsUnknownAndNotRepeated(int status)
    {
        _vendor.Answer = (_, http) => FakeVendor.Json(http, "{}", status);

        Assert.IsType<ActionUnknown>(await _sut.ExecuteAsync("things.create", new { name = "n" }));
        Assert.Single(_vendor.Requests);
    }

    [Fact]
    public async Task ExecuteAsync_WriteWhoseConnectionBreaks_IsUnknownAndNotRepeated()
    {
        _vendor.Answer = (_, http) =>
        {
            http.Abort();
            return Task.CompletedTask;
        };

        Assert.IsType<ActionUnknown>(await _sut.ExecuteAsync("things.create", new { name = "n" }));
        Assert.Single(_vendor.Requests);
    }

    [Fact]
    public async Task ExecuteAsync_WriteThatTimesOut_IsUnknown()
    {
        using var sut = Piped.Of(Templates.Things, _vendor.Url, timeout: TimeSpan.FromMilliseconds(300));
        _vendor.Answer = (_, http) => Task.Delay(TimeSpan.FromSeconds(20), TimeProvider.System, http.RequestAborted);

        Assert.IsType<ActionUnknown>(await sut.ExecuteAsync("things.create", new { name = "n" }));
    }

    [Fact]
    public async Task ExecuteAsync_ReadThatTimesOut_Failed()
    {
        using var sut = Piped.Of(Templates.Things, _vendor.Url, timeout: TimeSpan.FromMilliseconds(300));
        _vendor.Answer = (_, http) => Task.Delay(TimeSpan.FromSeconds(20), TimeProvider.System, http.RequestAborted);

        Assert.Equal("timeout", (await sut.FailureAsync("things.get", new { id = "7" })).Code);
    }

    [Fact]
    public async Task ExecuteAsync_DeadlineHasPassed_SendsNothing()
    {
        var outcome = await _sut.Chain.ExecuteAsync(_sut.Call("things.get", new { id = "7" }, deadline: TimeProvider.System.GetUtcNow().AddSeconds(-1)), default);

        Assert.Equal("timeout", Assert.IsType<ActionFailed>(outcome).Code);
        Assert.Empty(_vendor.Requests);
    }

    [Fact]
    public async Task ExecuteAsync_CallerStopsWaitingForARead_Throws()
    {
        using var stop = new CancellationTokenSource();
        _vendor.Answer = async (_, http) =>
        {
            await stop.CancelAsync();
            await Task.Delay(TimeSpan.FromSeconds(20), TimeProvider.System, http.RequestAborted);
        };

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _sut.ExecuteAsync("things.get", new { id = "7" }, cancellationToken: stop.Token));
        Assert.Equal("cancelled", Assert.Single(_sut.Audit).Outcome);
        Assert.Equal(0, ((InProcessGate)_sut.Gate).CallsUnderWay);
    }

    [Fact]
    public async Task ExecuteAsync_AnswerTooLarge_IsNotRead()
    {
        _vendor.Answer = async (_, http) =>
        {
            var megabyte = new byte[1024 * 1024];
            for (var i = 0; i < 6; i++)
            {
                await http.Response.Body.WriteAsync(megabyte);
            }
        };

        Assert.Equal("bad_response", (await _sut.FailureAsync("things.get", new { id = "7" })).Code);
    }

    [Theory]
    [InlineData("epoch")]
    [InlineData("epochMilliseconds")]
    [InlineData("delta")]
    [InlineData("iso")]
    public async Task ExecuteAsync_TooManyCallsAndOnlyAResetIsNamed_SaysWhenAtOnce(string format)
    {
        using var sut = Piped.Of($$"""limits: [{ scope: instance, window: 1h, max: 100, headers: { limit: X-Limit, remaining: X-Left, reset: X-Reset, resetFormat: {{format}} } }]""" + "\n" + Templates.Things, _vendor.Url);
        _vendor.Answer = (_, http) =>
        {
            var reset = TimeProvider.System.GetUtcNow().AddMinutes(10);
            http.Response.Headers["X-Reset"] = format switch
            {
                "epoch" => reset.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture),
                "epochMilliseconds" => reset.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture),
                "delta" => "600",
                _ => reset.ToString("O", CultureInfo.InvariantCulture),
            };
            return FakeVendor.Json(http, "{}", 429);
        };

        var failure = await sut.FailureAsync("things.get", new { id = "7" });

        Assert.Equal("rate_limited", failure.Code);
        Assert.InRange(failure.RetryAfter!.Value, TimeSpan.FromMinutes(9), TimeSpan.FromMinutes(10.1));
        Assert.Single(_vendor.Requests);

        // The owner knows it too, and sends nothing until then.
        Assert.InRange((await sut.FailureAsync("things.get", new { id = "7" })).RetryAfter!.Value, TimeSpan.FromMinutes(9), TimeSpan.FromMinutes(10.1));
        Assert.Single(_vendor.Requests);
    }

    [Fact]
    public async Task ExecuteAsync_ReadThatFailsOnce_IsRepeated()
    {
        var answers = new ConcurrentQueue<int>([503, 200]);
        _vendor.Answer = (_, http) => FakeVendor.Json(http, """{"thing":{}}""", answers.TryDequeue(out var status) ? status : 200);

        await _sut.ResultAsync("things.get", new { id = "7" });

        Assert.Equal(2, _vendor.Requests.Count);
        Assert.Equal(2, Assert.Single(_sut.Audit).Attempts);
    }

    [Fact]
    public async Task ExecuteAsync_ReadThatGoesOnFailing_IsTriedThreeTimes()
    {
        _vendor.Answer = (_, http) => FakeVendor.Json(http, "{}", 503);

        Assert.Equal("unavailable", (await _sut.FailureAsync("things.get", new { id = "7" })).Code);
        Assert.Equal(3, _vendor.Requests.Count);
    }

    [Theory]
    [InlineData("things.put")]
    [InlineData("things.pay")]
    public async Task ExecuteAsync_WriteThatMayBeRepeated_IsRepeatedWithTheSameKey(string operation)
    {
        var keys = new ConcurrentQueue<string?>();
        _vendor.Answer = (_, http) =>
        {
            keys.Enqueue(http.Request.Headers["Idempotency-Key"]);
            return FakeVendor.Json(http, "{}", keys.Count == 1 ? 503 : 200);
        };

        Assert.IsType<ActionSucceeded>(await _sut.ExecuteAsync(operation, operation == "things.put" ? new { id = "7" } : new { amount = 1 }));

        Assert.Equal(2, keys.Count);
        Assert.Single(keys.Distinct());
    }

    [Fact]
    public async Task ExecuteAsync_FirstAttemptUnknownThenRefused_StaysUnknown()
    {
        _vendor.Answer = (_, http) => FakeVendor.Json(http, "{}", _vendor.Requests.Count == 1 ? 503 : 400);

        Assert.IsType<ActionUnknown>(await _sut.ExecuteAsync("things.pay", new { amount = 1 }));
        Assert.Equal(2, _vendor.Requests.Count);
    }

    [Fact]
    public async Task ExecuteAsync_LongRetryAfter_FailsAtOnceWithTheTime()
    {
        _vendor.Answer = (_, http) =>
        {
            http.Response.Headers.RetryAfter = "120";
            return FakeVendor.Json(http, "{}", 429);
        };

        var failure = await _sut.FailureAsync("things.get", new { id = "7" });
        var next = await _sut.FailureAsync("things.get", new { id = "8" });

        Assert.Equal(("rate_limited", TimeSpan.FromSeconds(120)), (failure.Code, failure.RetryAfter));
        Assert.Equal("rate_limited", next.Code);
        Assert.InRange(next.RetryAfter!.Value.TotalSeconds, 110, 120);
        Assert.Single(_vendor.Requests);
    }

    [Fact]
    public async Task ExecuteAsync_ShortRetryAfter_IsWaitedFor()
    {
        _vendor.Answer = (_, http) =>
        {
            http.Response.Headers.RetryAfter = "1";
            return FakeVendor.Json(http, """{"thing":{}}""", _vendor.Requests.Count == 1 ? 429 : 200);
        };

        await _sut.ResultAsync("things.get", new { id = "7" });

        Assert.Equal(2, _vendor.Requests.Count);
    }

    [Theory]
    [InlineData(401, "{}")]
    [InlineData(200, """{"ok":false,"error":"token_expired"}""")]
    public async Task ExecuteAsync_CredentialExpired_IsRenewedOnceAndTheWriteMadeOnceMore(int status, string body)
    {
        var source = new Rotating();
        using var sut = Piped.Of(Templates.Things, _vendor.Url, credentials: source);
        _vendor.Answer = (request, http) => request.Authorization == "Bearer token-2" ? FakeVendor.Json(http, """{"id":1,"name":"n"}""") : FakeVendor.Json(http, body, status);

        Assert.IsType<ActionSucceeded>(await sut.ExecuteAsync("things.create", new { name = "n" }));

        Assert.Equal((1, 2), (source.Renewals, _vendor.Requests.Count));
    }

    [Theory]
    [InlineData(400, "invalid_session", true)]
    [InlineData(400, "expired_session", true)]
    [InlineData(400, "session_of_yesterday", false)]
    [InlineData(403, "expired_session", false)]
    public async Task ExecuteAsync_ErrorThatOnlyAPatternTells_RenewsTheCredential(int status, string error, bool isRenewed)
    {
        var source = new Rotating();
        var yaml = Templates.Things.Replace("- { status: 401 }", "- { status: 400, bodyPath: error, matches: '^(invalid|expired)_session$' }", StringComparison.Ordinal);
        using var sut = Piped.Of(yaml, _vendor.Url, credentials: source);
        _vendor.Answer = (request, http) => request.Authorization == "Bearer token-2" ? FakeVendor.Json(http, """{"thing":{}}""") : FakeVendor.Json(http, $$"""{"error":"{{error}}"}""", status);

        var outcome = await sut.ExecuteAsync("things.get", new { id = "7" });

        Assert.Equal((isRenewed, isRenewed ? 1 : 0), (outcome is ActionSucceeded, source.Renewals));
    }

    [Fact]
    public async Task ExecuteAsync_RenewedCredentialRefusedToo_IsUnauthenticatedAfterTwoRequests()
    {
        var source = new Rotating();
        using var sut = Piped.Of(Templates.Things, _vendor.Url, credentials: source);
        _vendor.Answer = (_, http) => FakeVendor.Json(http, "{}", 401);

        Assert.Equal("unauthenticated", (await sut.FailureAsync("things.get", new { id = "7" })).Code);
        Assert.Equal((1, 2), (source.Renewals, _vendor.Requests.Count));
    }

    private sealed class Rotating : ICredentialSource
    {
        private int _generation = 1;

        public int Renewals { get; private set; }

        public ValueTask<Credential?> GetAsync(string? userId, CancellationToken cancellationToken) =>
            new(new Credential(_generation, new Dictionary<string, SecretText> { ["token"] = new($"token-{_generation}") }));

        public ValueTask<Credential?> RenewAsync(string? userId, long refusedGeneration, CancellationToken cancellationToken)
        {
            Renewals++;
            _generation++;
            return GetAsync(userId, cancellationToken);
        }
    }
}
